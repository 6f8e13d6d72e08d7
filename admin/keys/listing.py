"""The keys in words: those that open something, by storefront, and those that ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from admin.csv_file import Cell
from admin.format import Format
from admin.keys.drafts import LIVES_DAYS, NEVER, OLD_LIVES_DAYS, Draft
from loyalty.auth.scopes import EVERY, SCOPES
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.keys import KeyFacts
from loyalty.programs.staff import KeysSeen


@dataclass(frozen=True)
class Row:
    """A key. `looks`: how it begins and ends. `scopes` are (name, what it lets one do), none of one that may do all.

    `replaced`: another key of this name is live, so this one can be revoked once nobody uses it.
    """

    address: str
    name: str
    looks: str
    reach: str
    scopes: Sequence[tuple[str, str]]
    made: str
    used: str
    ends: str
    rotates: bool
    replaced: bool


@dataclass(frozen=True)
class Shop:
    """A storefront with its live keys."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class KeysPage:
    """The list. `made` is a key just made, shown this once; `notice` what was done, `refusal` why it was not."""

    base: str
    shops: Sequence[Shop]
    ended: Sequence[Row]
    old_lives: Sequence[tuple[str, str]]
    changes: bool
    made: str
    made_said: str
    notice: str
    refusal: str


@dataclass(frozen=True)
class FormPage:
    """The form. `rooms` are the scopes as (room, [(scope, what it lets one do)])."""

    base: str
    draft: Draft
    storefronts: Sequence[str]
    rooms: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    lives: Sequence[tuple[str, str]]


def make_page(
    program: ProgramFacts, seen: KeysSeen, f: Format, *, changes: bool, made: str = "", did: str = "", refusal: str = ""
) -> KeysPage:
    """Put the keys into words."""
    words, live = f.words, [key for key in seen.keys if key.state == "live"]
    shops = [
        Shop(one.name, [_row(program, key, live, f) for key in live if key.storefront == one.name])
        for one in seen.storefronts
    ]
    never = words.gettext("until somebody revokes it")
    return KeysPage(
        base=_base(program),
        shops=shops,
        ended=[_row(program, key, live, f) for key in seen.keys if key.state != "live"],
        old_lives=[*[(str(days), _days(days, f)) for days in OLD_LIVES_DAYS], ("", never)],
        changes=changes,
        made=made,
        made_said=_made_said(program, f) if made else "",
        notice=words.gettext("The key is revoked.") if did == "revoked" else "",
        refusal=_refusal(refusal, f) if refusal else "",
    )


def keys_table(program: ProgramFacts, seen: KeysSeen, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the live keys and those that ended as a table, with the last letters of each, as the page has them."""
    words, live = f.words, [key for key in seen.keys if key.state == "live"]
    header = [
        words.gettext("Storefront"),
        words.gettext("Name"),
        words.gettext("Key"),
        words.gettext("What it may do"),
        words.gettext("Made"),
        words.gettext("Last used"),
        words.gettext("Ends"),
    ]
    rows = [(key.storefront, _row(program, key, live, f)) for key in [*live, *(k for k in seen.keys if k not in live)]]
    return header, [
        [
            storefront,
            row.name,
            row.looks,
            ", ".join(scope for scope, _ in row.scopes) or row.reach,
            row.made,
            row.used,
            row.ends,
        ]
        for storefront, row in rows
    ]


def make_form(program: ProgramFacts, seen: KeysSeen, draft: Draft, f: Format) -> FormPage:
    """Put the form into words."""
    words = f.words
    told = [(scope, words.gettext(text)) for scope, text in SCOPES.items()]
    names = _rooms(f)
    rooms = [(names[room], list(scopes)) for room, scopes in groupby(told, lambda one: one[0].partition(":")[0])]
    return FormPage(
        base=_base(program),
        draft=draft,
        storefronts=[one.name for one in seen.storefronts],
        rooms=rooms,
        lives=[(NEVER, words.gettext("Never")), *[(str(days), _days(days, f)) for days in LIVES_DAYS]],
    )


def refused_draft(code: str, f: Format) -> dict[str, str]:
    """Say why no key was made."""
    if code == "two_keys_live":
        why = f.words.gettext(
            "This storefront has a live key of that name. Rotate that one, also where you sent this form twice and did "
            "not copy the new key; or write another name."
        )
        return {"name": why}
    return {"": _refusal(code, f)}


def _row(program: ProgramFacts, key: KeyFacts, live: Sequence[KeyFacts], f: Format) -> Row:
    words = f.words
    every = EVERY in key.scopes
    told = [] if every else [(scope, words.gettext(SCOPES.get(scope, scope))) for scope in key.scopes]
    alike = [one for one in live if (one.storefront, one.name) == (key.storefront, key.name)]
    newest = max(alike, key=lambda one: one.created_at, default=key)
    used = key.last_used_at
    return Row(
        address=f"{_base(program)}/{key.key_id}",
        name=key.name,
        looks=f"lk_{program.mode}_{program.program_id}_…{key.last4}",
        reach=words.gettext("Everything")
        if every
        else words.ngettext("%(n)s permission", "%(n)s permissions", len(told), n=f.number(len(told))),
        scopes=told,
        made=f.instant(key.created_at, program.timezone),
        used=f.instant(used, program.timezone) if used else words.gettext("Never"),
        ends=_ends(program, key, f),
        rotates=key.state == "live" and len(alike) == 1,
        replaced=key.state == "live" and newest.key_id != key.key_id,
    )


def _ends(program: ProgramFacts, key: KeyFacts, f: Format) -> str:
    words = f.words
    if key.revoked_at is not None:
        return words.gettext("Revoked on %(day)s", day=f.instant(key.revoked_at, program.timezone))
    if key.expires_at is None:
        return words.gettext("When it is revoked")
    said = f.instant(key.expires_at, program.timezone)
    return said if key.state == "live" else words.gettext("Expired on %(day)s", day=said)


def _made_said(program: ProgramFacts, f: Format) -> str:
    words = f.words
    once = words.gettext("It is shown this once, and kept nowhere in clear. Whoever has it may do what it may do.")
    if program.mode == "test":
        return once + " " + words.gettext("It is a key of test mode: nothing that it does touches the live programme.")
    return once


def _refusal(code: str, f: Format) -> str:
    words = f.words
    if code == "two_keys_live":
        return words.gettext(
            "Another key has taken over from this one already. Where you sent this form twice and did not copy the new "
            "key, revoke that one, and rotate this one again."
        )
    return words.gettext("This key is not live any more. Make a new one.")


def _days(days: int, f: Format) -> str:
    return f.words.ngettext("%(n)s day", "%(n)s days", days, n=f.number(days))


def _rooms(f: Format) -> dict[str, str]:
    words = f.words
    return {
        "purchases": words.gettext("Purchases"),
        "refunds": words.gettext("Refunds"),
        "members": words.pgettext("page", "Members"),
        "page_links": words.gettext("Members’ own pages"),
        "points": words.gettext("Points"),
        "customers": words.gettext("Customers"),
        "rewards": words.pgettext("page", "Rewards"),
        "redemptions": words.gettext("Redemptions"),
        "referrals": words.pgettext("page", "Referrals"),
        "rules": words.pgettext("page", "Rules"),
        "segments": words.pgettext("page", "Segments"),
        "tiers": words.pgettext("page", "Tiers"),
        "surveys": words.pgettext("page", "Surveys"),
        "kpis": words.pgettext("page", "KPIs"),
        "holdouts": words.gettext("Holdouts"),
        "imports": words.gettext("Imports"),
        "exports": words.gettext("Exports"),
        "clock": words.gettext("Clock of test mode"),
    }


def _base(program: ProgramFacts) -> str:
    return f"/admin/p/{program.program_id}/keys"
