"""What the programme brought against what it cost, line by line; or why nobody can say. Never from a gap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from admin.costs.addresses import CameFrom, costs_address, place_of
from admin.format import Format
from admin.impact.sources import said
from kpi.impact.accounting import Account
from kpi.impact.returns import Return
from kpi.impact.staff import Effects
from loyalty.programs.facts import ProgramFacts

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """A line of the sum. `sums`: what stands above is added up here."""

    name: str
    about: str
    amount: str
    sums: bool = False


@dataclass(frozen=True)
class ReturnCard:
    """The card. Without lines there is none, and `about` says why; `missing` are (what to enter, where or "")."""

    head: str
    about: str
    lines: Sequence[Line] = ()
    notes: Sequence[str] = ()
    missing: Sequence[tuple[str, str]] = ()


def make_return(seen: Effects, account: Account | None, program: ProgramFacts, f: Format) -> ReturnCard:
    """Put the return into words."""
    words, unknown = f.words, f.words.gettext("No return can be told yet.")
    if account is None:
        return ReturnCard(unknown, _why_none(seen, f))
    if account.told is None:
        about = words.gettext("There is an effect to tell, but not everything is known that the sum is made of.")
        costs = costs_address(program.program_id, CameFrom())
        missing = [(said(one.text, f), _place(costs, place_of(one))) for one in account.missing]
        return ReturnCard(unknown, about, missing=missing)
    return _told(account.told, f)


def _place(costs: str, place: str) -> str:
    return f"{costs}#{place}" if place else ""


def _why_none(seen: Effects, f: Format) -> str:
    words = f.words
    if seen.measurement is not None and seen.measurement.state == "running":
        return words.gettext("The effect is being measured; the return is told once it was.")
    if seen.estimate is None or seen.estimate.result is None:
        return words.gettext("It needs an estimated or a measured effect.")
    if seen.estimate.result.comparison.outcomes["spend"].effect is None:
        return words.gettext("There are too few data for an estimate.")
    return words.gettext(
        "The estimate is inconclusive. From the observed gap the programme would be paid for what its members would"
        " have bought anyway, so no return is worked out from it."
    )


def _told(told: Return, f: Format) -> ReturnCard:
    words, gain = f.words, told.gain
    if told.value is None or told.ci95 is None:
        return ReturnCard(
            words.gettext("No return can be told yet."),
            words.gettext("The programme cost nothing on these days, so there is nothing to hold its effect against."),
        )
    low, high = told.ci95
    value = f.signed(f.percent(told.value, 0), told.value)
    between = f.between(f.signed(f.number(low * 100), low), f.signed(f.percent(high, 0), high))
    if gain.level == "measured":
        head = words.gettext("A return of %(value)s (%(interval)s), measured.", value=value, interval=between)
    else:
        head = words.gettext("Probably a return of %(value)s (%(interval)s), estimated.", value=value, interval=between)
    about = words.gettext(
        "From %(first)s to %(last)s the programme brought %(won)s of margin and cost %(cost)s.",
        first=f.date(gain.days.start),
        last=f.date(gain.days.end - _DAY),
        won=f.money(told.won(gain.value), 0),
        cost=f.money(told.costs.total, 0),
    )
    if low < 0 < high:
        unsure = words.gettext("It may also have cost more than it brought: the interval contains zero.")
        about = f"{about} {unsure}"
    return ReturnCard(head, about, _lines(told, f), _notes(told, f))


def _lines(told: Return, f: Format) -> list[Line]:
    words, gain, costs = f.words, told.gain, told.costs
    each = f.signed(f.money(gain.value), gain.value)
    if gain.level == "measured":
        who = words.gettext("%(each)s × %(n)s customers who were offered it", each=each, n=f.number(told.customers))
    else:
        who = words.gettext("%(each)s × %(n)s members at the start", each=each, n=f.number(told.customers))
    margin = words.gettext("%(share)s of it, after the cost of goods", share=f.percent(told.sales.margin))
    rows = [
        (words.gettext("Spent more"), who, gain.value * told.customers, False),
        (words.gettext("Paid with rewards"), words.gettext("bought too, though not paid"), told.sales.rewards, False),
        (words.gettext("Margin on both"), margin, told.won(gain.value), True),
        (words.gettext("Rewards"), words.gettext("discounts and what was handed over"), -costs.rewards, False),
        (words.gettext("Points liability"), words.gettext("by how much it changed"), -costs.liability, False),
        *([(words.gettext("Enrolling members"), "", -costs.enrolment, False)] if costs.enrolment else []),
        (words.gettext("Running the programme"), "", -costs.running, False),
        (words.gettext("What is left"), "", told.won(gain.value) - costs.total, True),
    ]
    return [Line(name, about, f.signed(f.money(minor, 0), minor), sums) for name, about, minor, sums in rows]


def _notes(told: Return, f: Format) -> list[str]:
    words = f.words
    notes = [words.gettext("The interval is that of the effect; everything else is counted.")]
    if told.gain.level == "measured":
        notes.append(
            words.gettext(
                "The costs are the whole programme’s, those of earlier members too; what these bring was not measured"
                " and is not counted."
            )
        )
    else:
        notes.append(
            words.gettext(
                "It takes for granted that every member gains as much in these days as the estimate found in the 90"
                " days after joining."
            )
        )
    return notes
