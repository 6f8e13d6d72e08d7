"""The team, one's own way in and the journal without a database, for the panel over a fake desk."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import msgspec

from loyalty.auth.actions import NewSession
from loyalty.auth.journal import ActionFacts, Asked, Journal, NewAction
from loyalty.auth.own import Changed, OwnSession, OwnWayIn
from loyalty.auth.signing_in import Attempt
from loyalty.auth.team import Colleague, Invited
from tests.admin.fake_people import NOW

MAYA, NOAH = UUID(int=1), UUID(int=2)
HERE, THERE = UUID(int=60), UUID(int=61)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class FakeTeam:
    """The verbs, over a list. `refusal`: what each verb answers."""

    people: list[Colleague] = field(
        default_factory=lambda: [
            Colleague(MAYA, "maya@example.com", "owner", True, True, NOW, NOW, 2),  # noqa: FBT003
            Colleague(NOAH, "noah@example.com", "analyst", False, False, NOW, None, 0),  # noqa: FBT003
        ]
    )
    refusal: str = ""
    done: list[tuple[str, ...]] = field(default_factory=list)

    async def seen(self) -> list[Colleague]:
        """List them."""
        return self.people

    async def invite(self, email: str, role: str) -> Invited:
        """Write it down."""
        self.done.append(("invite", email, role))
        return Invited("", self.refusal) if self.refusal else Invited("/admin/sign-in/new-link")

    async def link(self, user_id: UUID) -> Invited:
        """Write it down."""
        self.done.append(("link", str(user_id)))
        return Invited("", self.refusal) if self.refusal else Invited("/admin/sign-in/new-link")

    async def set_role(self, user_id: UUID, role: str) -> str:
        """Write it down."""
        self.done.append(("role", str(user_id), role))
        return self.refusal

    async def let_go(self, user_id: UUID) -> str:
        """Write it down."""
        self.done.append(("end", str(user_id)))
        return self.refusal


@dataclass
class FakeOwn:
    """The verbs. `refusal`: what each verb answers."""

    way_in: OwnWayIn = field(
        default_factory=lambda: OwnWayIn(
            "maya@example.com",
            has_password=True,
            has_codes=False,
            offered="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
            sessions=[
                OwnSession(HERE, NOW, NOW, FIREFOX, mine=True),
                OwnSession(THERE, NOW - timedelta(days=1), NOW, None, mine=False),
            ],
        )
    )
    refusal: str = ""
    done: list[tuple[str, ...]] = field(default_factory=list)

    async def seen(self, user_id: UUID, secret: str) -> OwnWayIn:
        """Give it."""
        assert user_id
        assert secret
        return self.way_in

    async def set_password(self, user_id: UUID, secret: str, current: str, new: str) -> Changed:
        """Write it down."""
        assert user_id
        assert secret
        self.done.append(("password", current, new))
        fresh = NewSession("another-secret", NOW + timedelta(days=1))
        return Changed(None, self.refusal) if self.refusal else Changed(fresh)

    async def offer_codes(self, user_id: UUID) -> None:
        """Write it down."""
        assert user_id
        self.done.append(("offer",))

    async def ask_codes(self, user_id: UUID, secret: str, current: str, code: str) -> str:
        """Write it down."""
        assert user_id
        assert secret
        self.done.append(("ask", current, code))
        return self.refusal

    async def ask_no_codes(self, user_id: UUID, code: str) -> str:
        """Write it down."""
        assert user_id
        self.done.append(("ask no more", code))
        return self.refusal

    async def end_session(self, user_id: UUID, session_id: UUID) -> str:
        """End it, if it is there."""
        assert user_id
        self.done.append(("end", str(session_id)))
        return "" if session_id == THERE else "not_found"

    async def end_others(self, user_id: UUID, secret: str) -> None:
        """Write it down."""
        assert user_id
        assert secret
        self.done.append(("end others",))


@dataclass
class FakeJournal:
    """The verbs, over a list. `asked` notes what was looked for."""

    written: list[ActionFacts] = field(default_factory=list)
    emails: dict[UUID, str] = field(default_factory=lambda: {MAYA: "maya@example.com"})
    asked: list[tuple[int, Asked, bool]] = field(default_factory=list)
    more: bool = False

    async def write(self, new: NewAction) -> UUID:
        """Write it down."""
        action_id = UUID(int=1000 + len(self.written))
        who = self.emails.get(new.user_id, "somebody@example.com")
        facts = ActionFacts(action_id, NOW, who, new.name, new.address, dict(new.details), None, new.request_id)
        self.written.append(facts)
        return action_id

    async def came(self, action_id: UUID, status: int) -> None:
        """Add it."""
        self.written = [
            msgspec.structs.replace(one, status=status) if one.action_id == action_id else one for one in self.written
        ]

    async def read(self, program_id: int, asked: Asked, *, whole: bool = False) -> Journal:
        """Give all there is."""
        self.asked.append((program_id, asked, whole))
        return Journal(self.written, self.more, list(self.emails.values()))


@dataclass
class FakeDoor:
    """Passwords: one person's. `wait_seconds`: what everybody is told."""

    email: str = "maya@example.com"
    password: str = "correct horse battery"
    wait_seconds: int = 0
    agents: list[str] = field(default_factory=list)

    def tried(self, email: str, password: str, code: str, agent: str, session: NewSession) -> Attempt:
        """Compare."""
        assert code is not None
        self.agents.append(agent)
        if self.wait_seconds:
            return Attempt(wait_seconds=self.wait_seconds)
        return Attempt(session if (email, password) == (self.email, self.password) else None)
