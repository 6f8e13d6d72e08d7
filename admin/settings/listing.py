"""The settings in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin.format import Format
from admin.settings.drafts import CHOICES, NUMBERED, Draft, was_said
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts

# By field and choice.
_WORDS = {
    "maturity immediately": mark("at once"),
    "maturity days": mark("after so many days"),
    "maturity on_delivery": mark("so many days after the delivery"),
    "expiry never": mark("never"),
    "expiry days": mark("after so many days"),
    "expiry months": mark("after so many months"),
    "expiry end_of_month": mark("at the end of the month, so many months later"),
    "expiry end_of_year": mark("at the end of the year, so many years later"),
    "expiry inactivity": mark("after so many days without earning or redeeming"),
    "debt allow": mark("the balance becomes a debt, repaid by later points"),
    "debt clamp": mark("only what is there is taken back"),
    "spent_points prorated": mark("come back in proportion to the refund"),
    "spent_points full": mark("come back when everything is refunded"),
    "spent_points none": mark("do not come back"),
    "on_leaving keep": mark("keeps them"),
    "on_leaving forfeit": mark("loses them"),
    "guest_window none": mark("earn nothing"),
    "guest_window month": mark("earn, when at most a month before joining"),
    "guest_window three_months": mark("earn, when at most three months before joining"),
    "guest_window all": mark("earn, however long ago"),
}


@dataclass(frozen=True)
class SettingsPage:
    """The page. `choices` of each field are (value, words); `was` is what the form was drawn from."""

    base: str
    draft: Draft
    choices: dict[str, Sequence[tuple[str, str]]]
    facts: Sequence[tuple[str, str]]
    was: str
    changes: bool
    notice: str
    refusal: str


def make_page(
    program: ProgramFacts, draft: Draft, f: Format, *, changes: bool, did: str = "", refusal: str = ""
) -> SettingsPage:
    """Put them into words."""
    words = f.words
    fields = {**{name: tuple(kinds) for name, kinds in NUMBERED.items()}, **CHOICES}
    told = words.gettext("Somebody changed the settings since you read them. Look at them again, and try once more.")
    live, tests = words.gettext("live"), words.gettext("test mode, apart from the live programme")
    return SettingsPage(
        base=f"/admin/p/{program.program_id}/settings",
        draft=draft,
        choices={
            name: [(value, words.gettext(_WORDS[f"{name} {value}"])) for value in values]
            for name, values in fields.items()
        },
        facts=[
            (words.gettext("Name"), program.name),
            (words.gettext("Currency"), program.currency),
            (words.gettext("Time zone"), program.timezone),
            (words.gettext("Mode"), tests if program.mode == "test" else live),
            (words.gettext("Since"), f.instant(program.created_at, program.timezone)),
        ],
        was=was_said(program.policies),
        changes=changes,
        notice=words.gettext("The settings are changed. What was decided before stays as it is.") if did else "",
        refusal=told if refusal else "",
    )
