"""The form of a survey: its name and plan, its trigger, and what it says in each language; drawn, and read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from admin.format import Format
from admin.forms import KindForm, Said, draw, key_in, read
from admin.surveys.shares import in_percent, share_of, wrong_at
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts
from surveys.plans.content import TONGUES, Content, Name, RewardPoints, Texts, Words
from surveys.plans.trigger import TRIGGERS
from surveys.staff.preview import texts_of

_PLAN, _TRIGGER = "plan-", "trigger-"


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the form whatever triggers the survey, as its fields."""

    name: Annotated[Name, Meta(title=mark("Name"), description=mark("Only you read it."))]
    sample: Annotated[
        Decimal,
        Meta(
            title=mark("Sample in percent"),
            description=mark("Of 100 occasions, so many are asked about, drawn by lot. 100: all."),
        ),
    ] = Decimal(100)
    reminder: Annotated[
        bool,
        Meta(
            title=mark("Remind once after 5 days"),
            description=mark("With the same link; never after an answer or an unsubscribe."),
        ),
    ] = True
    send_at: Annotated[
        int,
        Meta(ge=0, le=23, title=mark("Hour of the day"), description=mark("On the clock of the programme, 0 to 23.")),
    ] = 10
    case_days: Annotated[
        int,
        Meta(
            ge=0,
            le=90,
            title=mark("A detractor’s case is due after so many days"),
        ),
    ] = 3
    reward_points: Annotated[
        RewardPoints | None,
        Meta(
            title=mark("Points for answering"),
            description=mark("For members, the same for every score; such answers are not in the score. Empty: none."),
        ),
    ] = None


class Saying(Struct, frozen=True, forbid_unknown_fields=True):
    """What a survey says in one language, as fields. Empty: the service's own words."""

    question: Annotated[Words | None, Meta(title=mark("Question"))] = None
    promoter: Annotated[Words | None, Meta(title=mark("Then, to promoters (9 and 10)"))] = None
    passive: Annotated[Words | None, Meta(title=mark("Then, to passives (7 and 8)"))] = None
    detractor: Annotated[Words | None, Meta(title=mark("Then, to detractors (0 to 6)"))] = None
    thanks: Annotated[Words | None, Meta(title=mark("On the last page, with the thanks"))] = None
    subject: Annotated[Words | None, Meta(title=mark("Subject of the mail"))] = None


@dataclass(frozen=True)
class Draft:
    """The form as it is filled in. `texts` by language; `key` is new with every form; `error` is about all of it."""

    kind: str
    plan: KindForm
    trigger: KindForm
    texts: Mapping[str, KindForm]
    key: str
    error: str = ""


def kinds(f: Format) -> list[tuple[str, str]]:
    """Name the triggers there are."""
    return [(name, f.words.gettext(kind.title)) for name, kind in TRIGGERS.all().items()]


def new_draft(kind: str, f: Format, program: ProgramFacts) -> Draft:
    """Begin with a blank form of a trigger; of none that there is, the first."""
    known = TRIGGERS.all()
    return _drawn(kind if kind in known else next(iter(known)), {}, {}, {}, f, program)


def draft_of(content: Content, f: Format, program: ProgramFacts, kind: str = "") -> Draft:
    """Begin with a survey as it is; `kind`: with another trigger."""
    settings = dict(content.trigger)
    told = settings.pop("kind")
    if kind in TRIGGERS.all() and kind != told:
        told, settings = kind, {}
    plan = {name: getattr(content, name) for name in ("name", "reminder", "send_at", "case_days", "reward_points")}
    plan["sample"] = in_percent(content.sample_bp)
    texts: dict[str, dict[str, Any]] = {tongue: msgspec.to_builtins(content.texts_in(tongue)) for tongue in TONGUES}
    return _drawn(told, plan, settings, texts, f, program)


def draft_from(said: Said, f: Format, program: ProgramFacts) -> tuple[Draft, Content | None]:
    """Read a form that was posted: as it was written with what is wrong, and the survey when nothing is."""
    kind = (said.get("kind") or [""])[-1]
    blank = new_draft(kind, f, program)
    plan, told = read("plan", Plan, said, f, program, _PLAN)
    plan, sample_bp = share_of(plan, "sample", told, f)
    if sample_bp == 0:
        plan = wrong_at(plan, "sample", f.words.gettext("A sample of 0 asks nobody. Close the survey instead."))
    trigger, settings = read(blank.kind, TRIGGERS.all()[blank.kind], said, f, program, _TRIGGER)
    texts, words = dict[str, KindForm](), dict[str, dict[str, Any] | None]()
    for tongue in TONGUES:
        texts[tongue], words[tongue] = read("texts", Saying, said, f, program, f"{tongue}-")
    draft = Draft(blank.kind, plan, trigger, _with_examples(texts, program), key_in(said))
    if told is None or not sample_bp or settings is None or None in words.values():
        return draft, None
    content = Content(
        name=told["name"],
        trigger={"kind": blank.kind, **settings},
        texts={tongue: Texts(**(words[tongue] or {})) for tongue in TONGUES if words[tongue]},
        sample_bp=sample_bp,
        reminder=told["reminder"],
        send_at=told["send_at"],
        case_days=told["case_days"],
        reward_points=told.get("reward_points"),
    )
    return draft, content


def asks_said(content: Content, f: Format, program: ProgramFacts) -> list[tuple[str, str]]:
    """Say a survey's trigger and plan as (label, value)."""
    draft = draft_of(content, f, program)
    yes, no = f.words.gettext("yes"), f.words.gettext("no")
    asks = [(f.words.gettext("Asks"), draft.trigger.title), *draft.trigger.summary(yes, no)]
    return asks + [(label, value) for label, value in draft.plan.summary(yes, no) if value != content.name]


def _drawn(
    kind: str,
    plan: Mapping[str, Any],
    settings: Mapping[str, Any],
    texts: Mapping[str, Mapping[str, Any]],
    f: Format,
    program: ProgramFacts,
) -> Draft:
    drawn: dict[str, KindForm] = {
        tongue: draw("texts", Saying, texts.get(tongue, {}), f, program, f"{tongue}-") for tongue in TONGUES
    }
    return Draft(
        kind,
        draw("plan", Plan, plan, f, program, _PLAN),
        draw(kind, TRIGGERS.all()[kind], settings, f, program, _TRIGGER),
        _with_examples(drawn, program),
        str(uuid4()),
    )


def _with_examples(texts: Mapping[str, KindForm], program: ProgramFacts) -> dict[str, KindForm]:
    """Show in empty fields what the service says there, in the field's own language."""
    blank = Content("-", {"kind": next(iter(TRIGGERS.all()))})
    found = {}
    for tongue, form in texts.items():
        own = texts_of(program, blank, tongue)
        inputs: Sequence[Any] = [replace(one, example=own[one.name.removeprefix(form.prefix)]) for one in form.inputs]
        found[tongue] = replace(form, inputs=inputs)
    return found
