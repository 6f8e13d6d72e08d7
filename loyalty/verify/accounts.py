"""The promises about an account's entries: sums, sequence, chain of balances, chain of hashes, order of time."""

from itertools import pairwise

from loyalty.verify.canonical import NOTHING_BEFORE, award_digest, entry_hash
from loyalty.verify.checks import Found, awards, entries, of_account, one
from loyalty.verify.facts import AccountHistory, Balances, EntryRow

_KINDS = {
    "issue": {("issued", "available")},
    "claw_back": {("available", "clawed_back"), ("debt", "clawed_back")},
    "repay": {("available", "debt")},
}


def moved(before: Balances, entry: EntryRow) -> Balances:
    """Replay one entry: the debit code gives, the credit code gets. Debt is owed, so it counts the other way round."""
    after = before._asdict()
    for code, change in ((entry.debit_code, -entry.amount), (entry.credit_code, entry.amount)):
        if code in after:
            after[code] += -change if code == "debt" else change
    return Balances(**after)


@of_account(one)
def balances_are_the_sums_of_entries(history: AccountHistory) -> Found:
    """Available, pending, held and debt are the sums of the entries by code."""
    summed = Balances()
    for entry in history.entries:
        summed = moved(summed, entry)
    if summed != history.account.balances:
        yield "", f"the entries sum to {_told(summed)}, the account says {_told(history.account.balances)}"


@of_account(entries)
def balances_after_form_a_chain(history: AccountHistory) -> Found:
    """Every entry leaves the balances of the one before it, moved by its amount."""
    before = Balances()
    for entry in history.entries:
        after = moved(before, entry)
        if after != entry.after:
            yield f"entry {entry.seq}", f"{_told(before)} moved to {_told(after)}, the entry says {_told(entry.after)}"
        # From what is stored: one wrong row is named once, not with every row behind it.
        before = entry.after


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
    told = [("", history.account.balances), *((f"award {award.award_id}", award.after) for award in history.awards)]
    for place, balances in told:
        if balances and (min(balances) < 0 or (balances.available and balances.debt)):
            yield place, f"the balances are {_told(balances)}"


@of_account(entries)
def entries_move_what_their_kind_says(history: AccountHistory) -> Found:
    """An issue goes from issued to available, a clawback to clawed back, a repayment from available to debt."""
    for entry in history.entries:
        if entry.amount <= 0 or (entry.debit_code, entry.credit_code) not in _KINDS.get(entry.kind, ()):
            yield (
                f"entry {entry.seq}",
                f"{entry.kind!r} moves {entry.amount} from {entry.debit_code} to {entry.credit_code}",
            )


@of_account(entries)
def hash_chain_is_whole(history: AccountHistory) -> Found:
    """Every entry's hash covers the one before it, its award and itself; the account knows the last one."""
    program_id = history.programme.program_id
    digests = {award.award_id: award for award in history.awards}
    before = NOTHING_BEFORE
    for entry in history.entries:
        award = digests.get(entry.award_id)
        if award and entry_hash(program_id, before, award_digest(program_id, award), entry) != entry.hash:
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
