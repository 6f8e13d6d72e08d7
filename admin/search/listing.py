"""What was found, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from unicodedata import combining, normalize

from admin.format import Format
from admin.members.addresses import with_query
from admin.members.listing import name_of, status_of
from admin.rewards.listing import make_row as reward_row
from admin.rules.addresses import version_address
from admin.rules.listing import make_lines
from admin.search.places import places
from admin.surveys.listing import make_row as survey_row
from loyalty.i18n import LANGUAGES
from loyalty.members.looking import Looked
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.finding import OrderFound
from loyalty.purchases.staff import RulesSeen
from loyalty.rewards.staff import RewardSeen
from loyalty.segments.facts import SegmentFacts
from surveys.staff.facts import SurveySeen

_MOST = 6


@dataclass(frozen=True)
class Hit:
    """Something found. `note` says what it is beyond its name."""

    address: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Group:
    """What was found of one sort; `more` leads to all of it."""

    title: str
    image: str
    hits: Sequence[Hit]
    more: str = ""


@dataclass(frozen=True)
class Offered:
    """What a programme has so few of that all of it is looked through."""

    rewards: Sequence[RewardSeen] = ()
    rules: RulesSeen | None = None
    surveys: Sequence[SurveySeen] = ()
    segments: Sequence[SegmentFacts] = ()


@dataclass(frozen=True)
class SearchPage:
    """The page."""

    action: str
    text: str
    groups: Sequence[Group]


def make_page(
    program: ProgramFacts, text: str, role: str, looked: Looked | None, offered: Offered, f: Format
) -> SearchPage:
    """Put it into words, sort by sort; sorts of which nothing was found are left out."""
    base = f"/admin/p/{program.program_id}"
    groups = [] if looked is None else [
        _places(program, text, role, f),
        _people(program, text, looked, f),
        Group(f.words.gettext("Orders"), "receipt", [_order(base, one, role, program, f) for one in looked.orders]),
        Group(f.words.gettext("Referral codes"), "link", _codes(base, looked, f)),
        *_offered(program, text, offered, f),
    ]  # fmt: skip
    return SearchPage(f"{base}/search", text, [group for group in groups if group.hits])


def matches(text: str, *names: str) -> bool:
    """Tell whether every word of a text begins a word of some names; accents and case do not matter."""
    there = _plain(" ".join(names)).split()
    return all(any(word.startswith(asked) for word in there) for asked in _plain(text).split())


def _plain(text: str) -> str:
    letters = "".join(sign for sign in normalize("NFKD", text.casefold()) if not combining(sign))
    return "".join(sign if sign.isalnum() else " " for sign in letters)


def _places(program: ProgramFacts, text: str, role: str, f: Format) -> Group:
    """Find pages by their names in every language: who reads one may have learned the service in another."""
    spoken = [places(program, Format(language, program.currency)) for language in LANGUAGES]
    names = [" ".join(f"{place.name} {place.also}" for place in tongues) for tongues in zip(*spoken, strict=True)]
    hits = [
        Hit(place.address, place.name)
        for place, told in zip(places(program, f), names, strict=True)
        if role in place.roles and matches(text, told)
    ]
    return Group(f.words.gettext("Pages"), "arrow-right", hits)


def _people(program: ProgramFacts, text: str, looked: Looked, f: Format) -> Group:
    folder = f"/admin/p/{program.program_id}/members"
    hits = [
        Hit(
            f"{folder}/{one.customer_id}",
            name_of(one.name, one.email, one.ids, f),
            _noted(one.email if one.name else None, one.ids[0] if one.ids else None, status_of(one, f, program.zone)),
        )
        for one in looked.people
    ]
    more = with_query(folder, {"q": text, "state": "all"}) if looked.more_people else ""
    return Group(f.words.gettext("Members and customers"), "users", hits, more)


def _order(base: str, one: OrderFound, role: str, program: ProgramFacts, f: Format) -> Hit:
    """Lead to the purchase; who sees members only, to whom it is of."""
    address = f"{base}/purchases/{one.purchase_id}"
    if role == "support":
        address = f"{base}/members/{one.customer_id}" if one.customer_id else ""
    at = f.instant(one.placed_at, program.timezone) if one.placed_at else None
    return Hit(address, one.order_id, _noted(one.storefront, at, f.money(one.goods_minor)))


def _codes(base: str, looked: Looked, f: Format) -> list[Hit]:
    return [
        Hit(f"{base}/members/{one.customer_id}", one.code, name_of(one.name, one.email, (), f)) for one in looked.codes
    ]


def _offered(program: ProgramFacts, text: str, offered: Offered, f: Format) -> Iterable[Group]:
    words, base = f.words, f"/admin/p/{program.program_id}"
    rewards = [Hit(row.address, row.name) for row in (reward_row(program, one, f) for one in offered.rewards)]
    surveys = [
        Hit(row.address, row.name, row.state) for row in (survey_row(program, one, f) for one in offered.surveys)
    ]
    segments = [Hit(f"{base}/segments/{one.key}", one.name, one.key) for one in offered.segments]
    yield Group(words.pgettext("page", "Rewards"), "gift", _named(text, rewards))
    yield Group(words.pgettext("page", "Rules"), "adjustments-horizontal", _named(text, _rules(program, offered, f)))
    yield Group(words.pgettext("page", "Surveys"), "message", _named(text, surveys))
    yield Group(words.pgettext("page", "Segments"), "users-group", _named(text, segments))


def _rules(program: ProgramFacts, offered: Offered, f: Format) -> list[Hit]:
    """Give the rules in force, which stand on the page of their version."""
    if offered.rules is None:
        return []
    current = next((one for one in offered.rules.versions if one.state == "in_force"), None)
    if current is None:
        return []
    lines = make_lines(program, offered.rules, current.rules, f)
    return [Hit(version_address(program, current.version), line.title, line.sentence) for line in lines]


def _named(text: str, hits: Iterable[Hit]) -> list[Hit]:
    return [hit for hit in hits if matches(text, hit.name, hit.note)][:_MOST]


def _noted(*notes: str | None) -> str:
    return " · ".join(note for note in notes if note)
