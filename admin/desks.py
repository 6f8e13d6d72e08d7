"""What the pages of each room need from the rooms below; `Desk` gives them out."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from loyalty.account_page.staff import StaffLink
from loyalty.auth.journal import Asked, Journal, NewAction
from loyalty.auth.own import Changed, OwnWayIn
from loyalty.auth.team import Colleague, Invited
from loyalty.exports.facts import ExportFacts, NewExport
from loyalty.imports.facts import Refused, Sent
from loyalty.imports.sending import NewSending, Received
from loyalty.members.looking import Looked
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.policies import Policies
from loyalty.programs.staff import KeysSeen, Made, NewKey, StorefrontFacts
from loyalty.referrals.staff import ReferralsSeen
from loyalty.referrals.terms import Terms
from loyalty.rewards.offers import NewOffer
from loyalty.rewards.staff import ByForm, Done, RewardSeen, Takers
from loyalty.segments.facts import SegmentFacts
from loyalty.segments.staff import SegmentSeen, Tried, Wanted
from loyalty.tiers.foreseeing import Moves, Uncounted
from loyalty.tiers.scheme import Scheme
from loyalty.tiers.staff import FloorByStaff, Published, TiersSeen


class SegmentsDesk(Protocol):
    """The verbs about segments. A refusal is told by its lasting code; "" is none."""

    async def listed(self, program: ProgramFacts) -> list[SegmentFacts]:
        """List the segments by key."""

    async def seen(
        self, program: ProgramFacts, key: str, after: UUID | None = None, *, whole: bool = False
    ) -> SegmentSeen | None:
        """Read a segment and a page of those in it, or all; None when there is none."""

    async def tried(self, program: ProgramFacts, conditions: list[dict[str, Any]]) -> Tried:
        """Count for whom conditions hold now."""

    async def save(self, program: ProgramFacts, wanted: Wanted) -> str:
        """Define a segment, or change one."""

    async def refresh(self, program: ProgramFacts, key: str) -> str:
        """Have a segment counted anew, soon."""

    async def delete(self, program: ProgramFacts, key: str) -> str:
        """Delete a segment that nothing names."""


class LookingDesk(Protocol):
    """The verb behind the search."""

    async def look(self, program: ProgramFacts, text: str) -> Looked:
        """Find the first few of everything that begins so."""


class RewardsDesk(Protocol):
    """The verbs about rewards. A form sent twice does it once; a refusal is told by its lasting code."""

    async def listed(self, program: ProgramFacts, *, counted: bool = True) -> list[RewardSeen]:
        """List the rewards in the order of the catalogue, retired ones last; uncounted for who needs their names."""

    async def seen(
        self, program: ProgramFacts, reward_id: UUID, after: UUID | None = None, *, whole: bool = False
    ) -> Takers | None:
        """Read a reward and a page of those who asked for it, or all; None when there is none."""

    async def offer(self, program: ProgramFacts, form: ByForm, new: NewOffer) -> Done:
        """Offer a reward."""

    async def edit(self, program: ProgramFacts, form: ByForm, reward_id: UUID, edition: int, new: NewOffer) -> Done:
        """Offer a reward otherwise from now on."""

    async def set_offered(self, program: ProgramFacts, form: ByForm, reward_id: UUID, *, offered: bool) -> Done:
        """Retire a reward, or offer it again."""

    async def add_codes(self, program: ProgramFacts, form: ByForm, reward_id: UUID, codes: list[str]) -> Done:
        """Put codes into the pool of a reward."""


class LinksDesk(Protocol):
    """The verbs about members' own pages."""

    async def make(self, program: ProgramFacts, customer_id: UUID, user_id: UUID, request_id: str) -> StaffLink | None:
        """Make a link to a member's own page; None when the customer is no member now."""


class RightsDesk(Protocol):
    """The verbs about a person's rights. A refusal is told by its lasting code; "" is none."""

    async def export(self, program: ProgramFacts, customer_id: UUID, user_id: UUID) -> bytes | None:
        """Gather everything that is known of a person; None when there is nobody any more."""

    async def erase(self, program: ProgramFacts, customer_id: UUID, user_id: UUID, request_id: str) -> str:
        """Forget a person for ever."""

    async def release(self, program: ProgramFacts, hold_id: UUID, user_id: UUID, request_id: str) -> str:
        """Let go of points that are held for a reward."""


class TiersDesk(Protocol):
    """The verbs about tiers. A refusal is told by its lasting code; "" is none."""

    async def seen(self, program: ProgramFacts, *, counted: bool = True) -> TiersSeen:
        """Read the tiers, and how many members hold each; uncounted for who needs the tiers only."""

    async def foreseen(self, program: ProgramFacts, scheme: Scheme) -> Moves | Uncounted:
        """Tell who would move under other tiers, or why that is not counted."""

    async def publish(
        self, program: ProgramFacts, scheme: Scheme, user_id: UUID, version: int | None = None
    ) -> Published:
        """Publish the next version after `version`."""

    async def hold(self, program: ProgramFacts, asked: FloorByStaff) -> str:
        """Hold a member at a tier at least, or no more."""


class ReferralsDesk(Protocol):
    """The verbs about referrals. A refusal is told by its lasting code; "" is none."""

    async def seen(self, program: ProgramFacts, state: str | None = None, after: UUID | None = None) -> ReferralsSeen:
        """Read a page of referrals, newest first, and those that wait for staff."""

    async def decide(
        self, program: ProgramFacts, user_id: UUID, request_id: str, referral_id: UUID, *, let_through: bool
    ) -> str:
        """Release a suspicious referral, or refuse it."""

    async def publish(self, program: ProgramFacts, terms: Terms, user_id: UUID, version: int | None = None) -> str:
        """Publish the next version after `version` of the terms."""


class KeysDesk(Protocol):
    """The verbs about storefronts' keys. A refusal is told by its lasting code; "" is none."""

    async def seen(self, program: ProgramFacts) -> KeysSeen:
        """Read the storefronts and the keys."""

    async def storefronts(self, program: ProgramFacts) -> list[StorefrontFacts]:
        """List the storefronts by name."""

    async def create(self, program: ProgramFacts, new: NewKey) -> Made:
        """Make a key, where none of that name is live."""

    async def rotate(self, program: ProgramFacts, key_id: UUID, old_lives: timedelta | None) -> Made:
        """Let a new key take over from one."""

    async def revoke(self, program: ProgramFacts, key_id: UUID) -> str:
        """End a key for good."""


class ImportsDesk(Protocol):
    """The verbs about imports. What is not there is raised as `NotFound`."""

    async def send(self, source: Source, new: NewSending, content: AsyncIterator[bytes]) -> Received:
        """Keep a file and have it brought in; `Invalid` or `Malformed` for what can be told at once."""

    async def latest(self, program: ProgramFacts) -> list[Sent]:
        """List the newest ones, of all storefronts."""

    async def find(self, program: ProgramFacts, import_id: UUID) -> Sent:
        """Find an import as it stands."""

    async def refused(self, program: ProgramFacts, import_id: UUID, after: int = 0) -> tuple[list[Refused], int | None]:
        """List refused rows; with where the next page begins."""

    def refused_file(self, program: ProgramFacts, import_id: UUID) -> AsyncIterator[str]:
        """Write the refused rows as CSV, to be put right and sent again."""

    async def cancel(self, program: ProgramFacts, import_id: UUID) -> Sent:
        """Stop one; one that has ended stays as it is."""


class ExportsDesk(Protocol):
    """The verbs about exports. What is not there is raised as `NotFound`."""

    async def start(self, source: Source, new: NewExport) -> ExportFacts:
        """Ask for a file; `Invalid` for what can be told at once."""

    async def latest(self, program: ProgramFacts) -> list[ExportFacts]:
        """List the newest ones, of all storefronts."""

    async def find(self, program: ProgramFacts, export_id: UUID) -> ExportFacts:
        """Find an export as it stands."""

    async def file(self, program: ProgramFacts, export_id: UUID) -> AsyncIterator[bytes]:
        """Give the file, packed by gzip, piece by piece; `Gone` when it is no more."""

    async def cancel(self, program: ProgramFacts, export_id: UUID) -> ExportFacts:
        """Stop one; one that has ended stays as it is."""


class SettingsDesk(Protocol):
    """The verb about a programme's settings. A refusal is told by its lasting code; "" is none."""

    async def set_policies(self, program: ProgramFacts, was: Policies, wanted: Policies) -> str:
        """Decide otherwise from now on; nothing where somebody else has since the form was drawn."""


class TeamDesk(Protocol):
    """The verbs about the team. A refusal is told by its lasting code; "" is none."""

    async def seen(self) -> list[Colleague]:
        """List who may come in."""

    async def invite(self, email: str, role: str) -> Invited:
        """Let somebody in, or in again."""

    async def link(self, user_id: UUID) -> Invited:
        """Make another link for somebody."""

    async def set_role(self, user_id: UUID, role: str) -> str:
        """Change what somebody may do; their sessions end."""

    async def let_go(self, user_id: UUID) -> str:
        """End somebody's way in."""


class OwnDesk(Protocol):
    """The verbs about one's own way in; `secret` is the session's. A refusal is told by its code; "" is none."""

    async def seen(self, user_id: UUID, secret: str) -> OwnWayIn:
        """Read how somebody comes in, and where they are in."""

    async def set_password(self, user_id: UUID, secret: str, current: str, new: str) -> Changed:
        """Set a password, or change it; this session goes on under a new secret, and the others end."""

    async def offer_codes(self, user_id: UUID) -> None:
        """Make a secret for an app."""

    async def ask_codes(self, user_id: UUID, secret: str, current: str, code: str) -> str:
        """Ask for codes from now on; the password says that it is the person."""

    async def ask_no_codes(self, user_id: UUID, code: str) -> str:
        """Ask for codes no more."""

    async def end_session(self, user_id: UUID, session_id: UUID) -> str:
        """End one of one's own sessions."""

    async def end_others(self, user_id: UUID, secret: str) -> None:
        """End all of one's sessions but this."""


class JournalDesk(Protocol):
    """The verbs about what staff did."""

    async def write(self, new: NewAction) -> UUID:
        """Write down what somebody sets out to do."""

    async def came(self, action_id: UUID, status: int) -> None:
        """Add what came of it."""

    async def read(self, program_id: int, asked: Asked, *, whole: bool = False) -> Journal:
        """Read a page of it, or all."""
