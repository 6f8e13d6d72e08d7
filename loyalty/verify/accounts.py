"""The promises about an account's entries: sums, sequence, chain of balances, chain of hashes, order of time."""

from collections import defaultdict
from itertools import pairwise

from loyalty.verify.canonical import NOTHING_BEFORE, entry_hash
from loyalty.verify.checks import Found, awards, entries, of_account, one
from loyalty.verify.facts import CODES, Balances, EntryRow
from loyalty.verify.histories import AccountHistory

# docs/decisions/0008-how-points-move.md: debit → credit.
_KINDS = {
    "issue": {("issued", "available"), ("issued", "pending")},
    "mature": {("pending", "available")},
    "expire": {("available", "expired")},
    "repay": {("available", "debt")},
    "claw_back": {("pending", "clawed_back"), ("available", "clawed_back"), ("debt", "clawed_back")},
    "hold": {("available", "held")},
    "capture": {("held", "redeemed")},
    "release": {("held", "available")},
    "reverse": {("redeemed", "available")},
    "adjust": {("adjusted", "available"), ("available", "adjusted")},
    "forfeit": {("available", "expired"), ("pending", "expired")},
    "erase": {("available", "adjusted"), ("pending", "adjusted"), ("adjusted", "debt")},
    "merge": {
        ("available", "adjusted"),
        ("pending", "adjusted"),
        ("adjusted", "available"),
        ("adjusted", "pending"),
        ("adjusted", "debt"),
        ("debt", "adjusted"),
    },
}
_MOVES = {(kind, *codes) for kind, pairs in _KINDS.items() for codes in pairs}
# What a code's balance gains when it gets; debt is owed, so it counts the other way round.
_GAINS = {"available": (1, 0, 0, 0), "pending": (0, 1, 0, 0), "held": (0, 0, 1, 0), "debt": (0, 0, 0, -1)}
_NOTHING = (0, 0, 0, 0)
CHANGES = {
    (debit, credit): tuple(
        got - given for got, given in zip(_GAINS.get(credit, _NOTHING), _GAINS.get(debit, _NOTHING), strict=True)
    )
    for debit in CODES
    for credit in CODES
}


def moved(before: Balances, entry: EntryRow) -> Balances:
    """Replay one entry: the debit code gives, the credit code gets."""
    # By place: this is done twice for every entry there is.
    available, pending, held, debt = CHANGES[entry[4:6]]
    amount = entry[6]
    changed = (
        before[0] + available * amount,
        before[1] + pending * amount,
        before[2] + held * amount,
        before[3] + debt * amount,
    )
    return tuple.__new__(Balances, changed)


@of_account(one)
def balances_are_the_sums_of_entries(history: AccountHistory) -> Found:
    """Available, pending, held and debt are the sums of the entries by code."""
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    for entry in history.entries:
        amounts[entry.debit_code, entry.credit_code] += entry.amount
    sums = [0, 0, 0, 0]
    for codes, amount in amounts.items():
        sums = [so_far + change * amount for so_far, change in zip(sums, CHANGES[codes], strict=True)]
    summed = Balances(*sums)
    if summed != history.account.balances:
        yield "", f"the entries sum to {_told(summed)}, the account says {_told(history.account.balances)}"


@of_account(entries)
def balances_after_form_a_chain(history: AccountHistory) -> Found:
    """Every entry leaves the balances of the one before it, moved by its amount."""
    before = Balances()
    for entry in history.entries:
        after = moved(before, entry)
        # From what is stored: one wrong row is named once, not with every row behind it.
        if after != entry[7:11]:
            yield f"entry {entry.seq}", f"{_told(before)} moved to {_told(after)}, the entry says {_told(entry.after)}"
            after = entry.after
        before = after


@of_account(entries)
def sequence_has_no_gap(history: AccountHistory) -> Found:
    """Entries are numbered from 1 without a gap, and the account knows the last number."""
    expected = 0
    for entry in history.entries:
        expected += 1
        if entry.seq != expected:
            yield f"entry {entry.seq}", f"entry {expected} is missing before it"
            expected = entry.seq
    if history.account.seq != expected:
        yield "", f"the last entry is {expected}, the account says {history.account.seq}"


@of_account(awards)
def balances_are_possible(history: AccountHistory) -> Found:
    """No balance is below zero, and nobody has available points while he owes some."""
    account = history.account.balances
    if min(account) < 0 or (account.available and account.debt):
        yield "", f"the balances are {_told(account)}"
    for award in history.awards:
        available, pending, held, debt = award[14:18]
        if (available and debt) or min(available or 0, pending or 0, held or 0, debt or 0) < 0:
            yield f"award {award.award_id}", f"the balances are {_told(award.after or Balances())}"


@of_account(entries)
def entries_move_what_their_kind_says(history: AccountHistory) -> Found:
    """An issue goes from issued to available or pending, a hold from available to held, and so on for every kind."""
    for entry in history.entries:
        if entry.amount <= 0 or entry[3:6] not in _MOVES:
            yield (
                f"entry {entry.seq}",
                f"{entry.kind!r} moves {entry.amount} from {entry.debit_code} to {entry.credit_code}",
            )


@of_account(entries)
def hash_chain_is_whole(history: AccountHistory) -> Found:
    """Every entry's hash covers the one before it, its award and itself; the account knows the last one."""
    program_id = history.programme.program_id
    awards = history.award_of
    before = NOTHING_BEFORE
    for entry in history.entries:
        award = awards.get(entry.award_id)
        if award and entry_hash(program_id, before, history.digest(award), entry) != entry.hash:
            yield (
                f"entry {entry.seq}",
                f"it, award {award.award_id} or the entry before it is not what was recorded: the hash differs",
            )
        before = entry.hash
    if history.account.head_hash != before:
        yield "", f"the chain ends in {before.hex()}, the account says {history.account.head_hash.hex()}"


@of_account(awards)
def recorded_time_is_monotone(history: AccountHistory) -> Found:
    """Whatever comes later was recorded later; the account was settled when the last of it was."""
    for earlier, later in pairwise(history.awards):
        if later.recorded_at < earlier.recorded_at:
            yield f"award {later.award_id}", f"recorded at {later.recorded_at}, after one of {earlier.recorded_at}"
    for before, after in pairwise(history.entries):
        if after.recorded_at < before.recorded_at:
            yield f"entry {after.seq}", f"recorded at {after.recorded_at}, after one of {before.recorded_at}"
    last = max((award.recorded_at for award in history.awards), default=history.account.settled_at)
    if history.account.settled_at < last:
        yield "", f"settled at {history.account.settled_at}, before its last award of {last}"


def _told(balances: Balances) -> str:
    return ", ".join(f"{code} {points}" for code, points in balances._asdict().items())
