"""The promises about awards and what they did: every effect has one cause, every cause its effect."""

from collections import defaultdict
from uuid import UUID

from loyalty.verify.accounts import moved
from loyalty.verify.checks import Found, awards, entries, memberships, of_account
from loyalty.verify.facts import AccountHistory, AwardRow, Balances, EntryRow


@of_account(entries)
def entries_name_their_cause(history: AccountHistory) -> Found:
    """Every entry has its award, and names the actor, the request and the time of it."""
    by_id = {award.award_id: award for award in history.awards}
    for entry in history.entries:
        award = by_id.get(entry.award_id)
        if award is None:
            yield f"entry {entry.seq}", f"award {entry.award_id} is not one of this account"
        elif (entry.actor, entry.request_id, entry.recorded_at) != (award.actor, award.request_id, award.recorded_at):
            yield f"entry {entry.seq}", f"actor, request or time are not those of award {award.award_id}"


@of_account(awards)
def awards_have_their_entries(history: AccountHistory) -> Found:
    """What an award says it gave is what its entries did, and it gave what was due."""
    effects: dict[UUID, int] = defaultdict(int)
    for entry in history.entries:
        effects[entry.award_id] += _effect(entry)
    for award in history.awards:
        effect = effects.get(award.award_id, 0)
        if not award.due == award.given == effect:
            yield f"award {award.award_id}", f"due {award.due}, given {award.given}, and its entries did {effect}"


def _effect(entry: EntryRow) -> int:
    """Count what an entry gave or took. A repayment only moves points of the same account."""
    return entry.amount * ((entry.debit_code == "issued") - (entry.credit_code == "clawed_back"))


@of_account(awards)
def awards_tell_the_balances_after(history: AccountHistory) -> Found:
    """The balances that an award tells are the account's, after its own entries."""
    versions: dict[int, list[AwardRow]] = defaultdict(list)
    for award in history.awards:
        versions[award.account_version or 0].append(award)
    version_of = {award.award_id: award.account_version or 0 for award in history.awards}
    queue = list(reversed(history.entries))
    state = Balances()
    for version in sorted(versions):
        own: dict[UUID, Balances] = {}
        before = state
        while queue and version_of.get(queue[-1].award_id, version) <= version:
            entry = queue.pop()
            state = own[entry.award_id] = moved(state, entry)
        # Awards of one version that moved nothing stand before, between or after those that did.
        between = {before, *own.values()}
        for award in versions[version]:
            if award.after not in ({own[award.award_id]} if award.award_id in own else between):
                yield f"award {award.award_id}", f"it tells {award.after}, the entries by then make {state}"


@of_account(awards)
def awards_count_the_account_on(history: AccountHistory) -> Found:
    """No award is of a version that the account has not reached, and entries follow the versions of their awards."""
    for award in history.awards:
        if not 1 <= (award.account_version or 0) <= history.account.version:
            message = f"version {award.account_version} of an account at {history.account.version}"
            yield f"award {award.award_id}", message
    version_of = {award.award_id: award.account_version or 0 for award in history.awards}
    reached = 0
    for entry in history.entries:
        version = version_of.get(entry.award_id, reached)
        if version < reached:
            yield f"entry {entry.seq}", f"it comes after entries of version {reached}, its award is of {version}"
        reached = max(reached, version)


@of_account(awards)
def awards_belong_to_their_purchases(history: AccountHistory) -> Found:
    """An award is of a purchase of the same customer, or of a membership."""
    bought = {purchase.purchase.purchase_id for purchase in history.purchases}
    for award in history.awards:
        if award.cause in {"joined", "left"}:
            if award.purchase_id or award.due or not award.membership_id:
                yield f"award {award.award_id}", f"{award.cause!r} is of a membership, without purchase or points"
        elif award.purchase_id not in bought:
            yield f"award {award.award_id}", f"purchase {award.purchase_id} is not one of this customer"


@of_account(awards)
def awards_have_their_event(history: AccountHistory) -> Found:
    """Every award younger than the window of events was told by one, and with it every entry."""
    for award in history.awards:
        if not award.told and award.recorded_at > history.programme.events_since:
            yield f"award {award.award_id}", "no event tells of it"


@of_account(memberships)
def memberships_do_not_overlap(history: AccountHistory) -> Found:
    """The intervals that stand do not overlap, and end after they begin."""
    standing = sorted((m for m in history.memberships if not m.superseded_at), key=lambda m: m.joined_at)
    for number, membership in enumerate(standing):
        if membership.left_at and membership.left_at <= membership.joined_at:
            yield f"membership {membership.membership_id}", f"it ends at {membership.left_at}, before it begins"
        for other in standing[number + 1 :]:
            if membership.left_at and membership.left_at <= other.joined_at:
                break
            yield f"membership {other.membership_id}", f"it overlaps membership {membership.membership_id}"


@of_account(memberships)
def memberships_are_corrected_by_adding(history: AccountHistory) -> Found:
    """Every membership has the one award that recorded it; a superseded one has its successor."""
    causes: dict[UUID | None, int] = defaultdict(int)
    for award in history.awards:
        if award.cause in {"joined", "left"}:
            causes[award.membership_id] += 1
    for membership in history.memberships:
        recorded_by = causes.pop(membership.membership_id, 0)
        if recorded_by != 1:
            yield f"membership {membership.membership_id}", f"{recorded_by} awards recorded it"
        successors = [
            other
            for other in history.memberships
            if (other.joined_at, other.recorded_at) == (membership.joined_at, membership.superseded_at)
            and other.membership_id != membership.membership_id
        ]
        if membership.superseded_at and not successors:
            yield f"membership {membership.membership_id}", "it is superseded, and nothing came in its place"
    for membership_id in causes:
        yield f"membership {membership_id}", "an award recorded it, and it is not there"
