"""The promises about awards and what they did: every effect has one cause, every cause its effect."""

from collections import defaultdict
from uuid import UUID

from loyalty.verify.accounts import moved
from loyalty.verify.checks import Found, awards, entries, of_account
from loyalty.verify.facts import AwardRow, Balances
from loyalty.verify.histories import AccountHistory
from loyalty.verify.told import restored_of


@of_account(entries)
def entries_name_their_cause(history: AccountHistory) -> Found:
    """Every entry has its award, and names the actor, the request and the time of it."""
    by_id = history.award_of
    for entry in history.entries:
        award = by_id.get(entry.award_id)
        if award is None:
            yield f"entry {entry.seq}", f"award {entry.award_id} is not one of this account"
        elif entry[11:13] != award[18:20] or entry.recorded_at != award.recorded_at:
            yield f"entry {entry.seq}", f"actor, request or time are not those of award {award.award_id}"


@of_account(awards)
def awards_have_their_entries(history: AccountHistory) -> Found:
    """What an award says it gave is what its entries did; it gave what was due, less what it says was clamped."""
    effects: dict[UUID, int] = defaultdict(int)
    for entry in history.entries:
        # What a repayment or an expiry moves, the award has given all the same.
        if entry.debit_code == "issued":
            effects[entry.award_id] += entry.amount
        elif entry.credit_code == "clawed_back":
            effects[entry.award_id] -= entry.amount
    for award in history.awards:
        effect = effects.get(award.award_id, 0)
        if award.given != effect or (award.due != effect and award.due + _clamped(award) != effect):
            yield f"award {award.award_id}", f"due {award.due}, given {award.given}, and its entries did {effect}"


def _clamped(award: AwardRow) -> int:
    """Count what was not taken back, for want of points, where nobody gets into debt."""
    clamped: int = award.told_facts.get("clamped", 0) if '"clamped"' in award.facts else 0
    return max(0, clamped)


_EARNING = frozenset({"issue", "claw_back", "repay", "expire", "reverse"})
_ENDING = frozenset({"expire", "repay"})
# Which kinds of entries a cause may bring about; what is over expires at once, and what comes repays debt.
_KINDS = {
    "purchase": _EARNING,
    "refund": _EARNING,
    "cancellation": _EARNING,
    "edit": _EARNING | {"mature"},
    "claim": _EARNING,
    "membership": _EARNING,
    "joined": frozenset(),
    "left": frozenset({"forfeit"}),
    "merged": frozenset({"merge", "repay", "expire"}),
    "held": frozenset({"hold"}),
    "captured": frozenset({"hold", "capture", "release"}) | _ENDING,
    "released": frozenset({"release"}) | _ENDING,
    "reversed": frozenset({"reverse"}) | _ENDING,
    "adjusted": frozenset({"adjust"}) | _ENDING,
    "settled": frozenset({"mature", "release"}) | _ENDING,
    "erased": frozenset({"release", "erase"}) | _ENDING,
    "referral": frozenset({"issue", "claw_back"}) | _ENDING,
    "action": frozenset({"issue"}) | _ENDING,
}
# These are about earning and clawback; the others have nothing due.
_DUE = frozenset({"purchase", "refund", "cancellation", "edit", "claim", "joined", "membership", "referral", "action"})
# Of these, the ones that are about no purchase.
_OF_NO_PURCHASE = frozenset({"referral", "action"})


@of_account(awards)
def awards_move_what_their_cause_says(history: AccountHistory) -> Found:
    """A hold only holds, a settling moves what time brings about, and so on; only earning and clawback are due."""
    entries_of = history.entries_of
    for award in history.awards:
        allowed = _KINDS.get(award.cause, frozenset())
        for entry in entries_of.get(award.award_id, ()):
            if entry.kind not in allowed:
                yield f"entry {entry.seq}", f"{entry.kind!r} is nothing that {award.cause!r} brings about"
        if award.cause not in _DUE and (award.target, award.due, award.given) != (0, 0, 0):
            yield f"award {award.award_id}", f"{award.cause!r} has {award.due} points due"


@of_account(awards)
def restored_points_were_spent(history: AccountHistory) -> Found:
    """What a refund brings back of spent points is what its entries reversed, and what it says of every redemption."""
    for award in history.awards:
        if award.cause in {"reversed", "held", "captured", "released", "settled"}:
            continue
        reversed_now = sum(e.amount for e in history.entries_of.get(award.award_id, ()) if e.kind == "reverse")
        told = award.told_facts.get("restored", 0) if '"restored"' in award.facts else 0
        if reversed_now != told or sum(restored_of(award).values()) != told:
            message = f"it says {told} came back, of redemptions {sum(restored_of(award).values())}"
            yield f"award {award.award_id}", f"{message}; its entries brought back {reversed_now}"


@of_account(awards)
def awards_tell_the_balances_after(history: AccountHistory) -> Found:
    """The balances that an award tells are the account's, after its own entries."""
    versions: dict[int, list[AwardRow]] = defaultdict(list)
    version_of: dict[UUID, int] = {}
    for award in history.awards:
        version = version_of[award.award_id] = award.account_version or 0
        versions[version].append(award)
    queue = list(reversed(history.entries))
    state = Balances()
    for version in sorted(versions):
        own: dict[UUID, Balances] = {}
        before = state
        while queue and version_of.get(queue[-1].award_id, version) <= version:
            entry = queue.pop()
            state = own[entry.award_id] = moved(state, entry)
        for award in versions[version]:
            mine = own.get(award.award_id)
            # Awards of one version that moved nothing stand before, between or after those that did.
            if award[14:18] != mine and award.after not in ({before, *own.values()} if mine is None else {mine}):
                yield f"award {award.award_id}", f"it tells {award.after}, the entries by then make {state}"


@of_account(awards)
def awards_count_the_account_on(history: AccountHistory) -> Found:
    """No award is of a version that the account has not reached, and entries follow the versions of their awards."""
    for award in history.awards:
        version = award.account_version or 0
        if not 1 <= version <= history.account.version:
            yield f"award {award.award_id}", f"version {version} of an account at {history.account.version}"
    version_of = {award.award_id: award.account_version or 0 for award in history.awards}
    reached = 0
    for entry in history.entries:
        version = version_of.get(entry.award_id, reached)
        if version < reached:
            yield f"entry {entry.seq}", f"it comes after entries of version {reached}, its award is of {version}"
        reached = max(reached, version)


@of_account(awards)
def awards_belong_to_their_purchases(history: AccountHistory) -> Found:
    """An award is of a purchase of the same customer, or of a membership, or of neither, as its cause says."""
    bought = {p.purchase.purchase_id for member in history.household or [history] for p in member.purchases}
    for award in history.awards:
        if award.cause in {"joined", "left"}:
            if award.purchase_id or award.due or not award.membership_id:
                yield f"award {award.award_id}", f"{award.cause!r} is of a membership, without purchase or points"
        elif award.cause not in _DUE or award.cause in _OF_NO_PURCHASE:
            if award.purchase_id:
                yield f"award {award.award_id}", f"{award.cause!r} is of no purchase"
        elif award.purchase_id not in bought:
            yield f"award {award.award_id}", f"purchase {award.purchase_id} is not one of this customer"


@of_account(awards)
def awards_have_their_event(history: AccountHistory) -> Found:
    """Every award younger than the window of events was told by one, and with it every entry."""
    for award in history.awards:
        if (
            not award.told
            and award.recorded_at > history.programme.events_since
            and not _told_by_survivor(history, award)
        ):
            yield f"award {award.award_id}", "no event tells of it"


def _told_by_survivor(history: AccountHistory, award: AwardRow) -> bool:
    """Tell whether it emptied an account that was merged: one event tells of both sides, that of who is left."""
    return award.cause == "merged" and any(
        other.told
        for member in history.household
        if member is not history
        for other in member.awards
        if (other.cause, other.recorded_at) == ("merged", award.recorded_at)
    )
