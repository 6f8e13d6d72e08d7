"""The promises about holds: they take points at once, and end once, in capture, release or time-out."""

from collections import defaultdict
from dataclasses import dataclass, field
from json import loads
from uuid import UUID

from loyalty.verify.checks import Found, of_account, one
from loyalty.verify.facts import AwardRow, EntryRow, HoldRow
from loyalty.verify.histories import AccountHistory
from loyalty.verify.told import named_hold, restored_of, timed_out

_ENDS = {"captured": "captured", "released": "released", "erased": "released", "settled": "timed_out"}


@dataclass
class Course:
    """What happened to a hold, by the awards of its account and of whoever that was merged into."""

    made: list[AwardRow] = field(default_factory=list)
    ended: list[AwardRow] = field(default_factory=list)
    reversed: list[AwardRow] = field(default_factory=list)
    returned: int = 0


def _holds(history: AccountHistory) -> int:
    return len(history.holds)


@of_account(one)
def held_points_are_in_open_holds(history: AccountHistory) -> Found:
    """Held is the sum of the open holds."""
    held = sum(hold.points for hold in history.holds if hold.state == "open")
    if held != history.account.held:
        yield "", f"open holds have {held}, the account says {history.account.held}"


@of_account(_holds)
def holds_end_once(history: AccountHistory) -> Found:
    """A hold was made by its award, and ended by one capture, release or time-out, or is open."""
    if not history.holds:
        return
    courses = _courses(history)
    for hold in history.holds:
        place, course = f"hold {hold.hold_id}", courses[hold.hold_id]
        if len(course.made) != 1 or course.made[0].recorded_at != hold.opened_at:
            yield place, f"{len(course.made)} awards made it, or not at {hold.opened_at}"
        ends = [_ENDS[award.cause] for award in course.ended]
        if ends != ([] if hold.state == "open" else [hold.state]):
            yield place, f"it is {hold.state}, its awards say: {', '.join(ends) or 'open'}"
        elif [hold.end_award_id, hold.reverse_award_id] != [_only(course.ended), _only(course.reversed)]:
            yield place, f"it names awards {hold.end_award_id} and {hold.reverse_award_id}, which do not name it"
        elif course.ended and hold.ended_at != _ended_at(hold, course.ended[0]):
            yield place, f"it ended at {hold.ended_at}, its award says {_ended_at(hold, course.ended[0])}"


def _only(awards: list[AwardRow]) -> UUID | None:
    return awards[0].award_id if len(awards) == 1 else None


def _ended_at(hold: HoldRow, award: AwardRow) -> object:
    return hold.expires_at if award.cause == "settled" else award.recorded_at


@of_account(_holds)
def holds_count_their_points(history: AccountHistory) -> Found:
    """What a hold says it took, captured and gave back is what the entries of its awards moved."""
    if not history.holds:
        return
    courses, entries_of = _courses(history), _entries_of(history)
    for hold in history.holds:
        place, course = f"hold {hold.hold_id}", courses[hold.hold_id]
        took = _sum(course.made, entries_of, "hold")
        captured = _sum([award for award in course.ended if award.cause == "captured"], entries_of, "capture")
        if (hold.points, hold.captured, hold.returned) != (took, captured, course.returned):
            told = f"{hold.points} held, {hold.captured} captured, {hold.returned} returned"
            yield place, f"{told}; its entries moved {took}, {captured} and {course.returned}"
        out = {"open": hold.points, "captured": hold.captured - hold.returned}.get(hold.state, 0)
        taken = loads(hold.taken)
        if sum(points for _, _, points in taken) != out:
            yield place, f"it lists {sum(points for _, _, points in taken)} points as taken, and {out} are out"


@of_account(_holds)
def holds_know_their_lots(history: AccountHistory) -> Found:
    """The lots that a hold lists are those that its entry took from, less what came back, last taken first."""
    if not history.holds:
        return
    courses, entries_of, uses = _courses(history), _entries_of(history), _uses(history)
    for hold in history.holds:
        made = {
            (entry.customer_id.hex, lot): points
            for award in courses[hold.hold_id].made
            for entry in entries_of[award.award_id]
            for lot, points in uses[entry.customer_id, entry.seq]
        }
        listed = [(UUID(customer).hex, lot, points) for customer, lot, points in loads(hold.taken)]
        for number, (customer, lot, points) in enumerate(listed, 1):
            first = made.get((customer, lot), 0)
            # What came back filled the lots spent last: all but the last one listed are still wholly out.
            if not 0 < points <= first or (points < first and number < len(listed)):
                yield f"hold {hold.hold_id}", f"it lists {points} of lot {lot}, of which its entry took {first}"


def _courses(history: AccountHistory) -> dict[UUID, Course]:
    """Find the awards of every hold of the account."""
    courses = {hold.hold_id: Course() for hold in history.holds}
    made_by = {hold.award_id: hold.hold_id for hold in history.holds}
    # Erasing releases whatever was held, and does not list it.
    erased_by = {(hold.end_award_id, hold.hold_id) for hold in history.holds}
    entries_of = _entries_of(history)
    for member in history.household or [history]:
        for award in member.awards:
            if award.award_id in made_by:
                courses[made_by[award.award_id]].made.append(award)
            named: list[UUID | None] = [*timed_out(award)]
            if award.cause in {"captured", "released", "reversed"}:
                named.append(named_hold(award))
            elif award.cause == "erased":
                named += [hold_id for end, hold_id in erased_by if end == award.award_id]
            for hold_id in named:
                if hold_id in courses:
                    _follow(courses[hold_id], award, entries_of)
            for hold_id, points in restored_of(award).items():
                if hold_id in courses:
                    courses[hold_id].returned += points
    return courses


def _follow(course: Course, award: AwardRow, entries_of: dict[UUID, list[EntryRow]]) -> None:
    if award.cause == "reversed":
        course.reversed.append(award)
        course.returned += _sum([award], entries_of, "reverse")
    else:
        course.ended.append(award)


def _entries_of(history: AccountHistory) -> dict[UUID, list[EntryRow]]:
    found: dict[UUID, list[EntryRow]] = defaultdict(list)
    for member in history.household or [history]:
        for award_id, own in member.entries_of.items():
            found[award_id] += own
    return found


def _uses(history: AccountHistory) -> dict[tuple[UUID, int], list[tuple[int, int]]]:
    found: dict[tuple[UUID, int], list[tuple[int, int]]] = defaultdict(list)
    for member in history.household or [history]:
        for use in member.uses:
            if use.amount > 0:
                found[use.customer_id, use.seq].append((use.lot_seq, use.amount))
    return found


def _sum(awards: list[AwardRow], entries_of: dict[UUID, list[EntryRow]], kind: str) -> int:
    return sum(entry.amount for award in awards for entry in entries_of.get(award.award_id, ()) if entry.kind == kind)
