"""The desk's verbs that rooms have gathered for staff, one property a room."""

from dataclasses import dataclass

from litestar.datastructures import State

from kpi.impact.staff import StaffEffects
from loyalty.account_page.staff import StaffLinks
from loyalty.auth.journal import StaffJournal
from loyalty.auth.own import StaffOwn
from loyalty.auth.team import StaffTeam
from loyalty.auth.views import StaffViews
from loyalty.backtests.staff import StaffBacktests
from loyalty.database import Database
from loyalty.exports.staff import StaffExports
from loyalty.imports.staff import StaffImports
from loyalty.members.looking import StaffLooking
from loyalty.members.rights import StaffRights
from loyalty.outbox.reading import StaffEvents
from loyalty.programs.staff import StaffKeys, StaffSettings
from loyalty.purchases.inbox import StaffPurchases
from loyalty.purchases.staff import StaffRules
from loyalty.referrals.staff import StaffReferrals
from loyalty.refusals.actions import StaffRefusals
from loyalty.rewards.staff import StaffRewards
from loyalty.segments.staff import StaffSegments
from loyalty.tiers.staff import StaffTiers
from surveys.staff.desk import StaffSurveys


@dataclass(frozen=True, slots=True)
class DeskRooms:
    """The rooms, over this process's pools."""

    state: State
    public_url: str

    @property
    def _database(self) -> Database:
        database: Database = self.state.database
        return database

    @property
    def looking(self) -> StaffLooking:
        """The verb behind the search."""
        return StaffLooking(lambda: self._database)

    @property
    def purchases(self) -> StaffPurchases:
        """The verbs about purchases that arrived."""
        return StaffPurchases(lambda: self._database)

    @property
    def refusals(self) -> StaffRefusals:
        """The verbs about calls that were refused."""
        return StaffRefusals(lambda: self._database, lambda: self.state.rules, self.state.doorbell.ring_soon)

    @property
    def events(self) -> StaffEvents:
        """The verb about events."""
        return StaffEvents(lambda: self._database)

    @property
    def views(self) -> StaffViews:
        """The verbs about saved views."""
        return StaffViews(lambda: self._database)

    @property
    def rewards(self) -> StaffRewards:
        """The verbs about rewards."""
        return StaffRewards(lambda: self._database)

    @property
    def rules(self) -> StaffRules:
        """The verbs about earning rules."""
        return StaffRules(lambda: self._database, lambda: self.state.rules)

    @property
    def backtests(self) -> StaffBacktests:
        """The verbs about back-tests."""
        return StaffBacktests(lambda: self._database, self.state.doorbell.ring_soon)

    @property
    def imports(self) -> StaffImports:
        """The verbs about imports."""
        return StaffImports(lambda: self._database, self.state.doorbell.ring_soon)

    @property
    def exports(self) -> StaffExports:
        """The verbs about exports."""
        return StaffExports(lambda: self._database, self.state.doorbell.ring_soon)

    @property
    def segments(self) -> StaffSegments:
        """The verbs about segments."""
        return StaffSegments(lambda: self._database)

    @property
    def page_links(self) -> StaffLinks:
        """The verbs about members' own pages."""
        return StaffLinks(lambda: self._database, self.public_url)

    @property
    def rights(self) -> StaffRights:
        """The verbs about a person's rights."""
        return StaffRights(lambda: self._database, lambda: self.state.rules)

    @property
    def tiers(self) -> StaffTiers:
        """The verbs about tiers."""
        return StaffTiers(lambda: self._database)

    @property
    def surveys(self) -> StaffSurveys:
        """The verbs about surveys."""
        return StaffSurveys(lambda: self._database)

    @property
    def referrals(self) -> StaffReferrals:
        """The verbs about referrals."""
        return StaffReferrals(lambda: self._database)

    @property
    def effects(self) -> StaffEffects:
        """The verbs about the programme's effect."""
        return StaffEffects(lambda: self._database, self.state.doorbell.ring_soon)

    @property
    def keys(self) -> StaffKeys:
        """The verbs about storefronts' keys."""
        return StaffKeys(lambda: self._database)

    @property
    def settings(self) -> StaffSettings:
        """The verb about a programme's settings."""
        return StaffSettings(lambda: self._database)

    @property
    def team(self) -> StaffTeam:
        """The verbs about the team."""
        return StaffTeam(lambda: self._database)

    @property
    def own(self) -> StaffOwn:
        """The verbs about one's own way in."""
        return StaffOwn(lambda: self._database)

    @property
    def journal(self) -> StaffJournal:
        """The verbs about what staff did."""
        return StaffJournal(lambda: self._database)
