"""One's own way in, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from admin.format import Format
from loyalty.auth.own import OwnWayIn
from loyalty.auth.passwords import LONGEST, SHORTEST
from loyalty.programs.facts import ProgramFacts

# In this order: each names itself as those after it, too.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Row:
    """A browser that is in."""

    address: str
    name: str
    since: str
    seen: str
    mine: bool


@dataclass(frozen=True)
class AccountPage:
    """The page. `secret`: of codes, to be entered into an app, in groups of four. `wrong` is by field."""

    base: str
    email: str
    has_password: bool
    has_codes: bool
    secret: str
    rows: Sequence[Row]
    password_said: str
    notice: str
    wrong: dict[str, str]


def make_page(
    program: ProgramFacts, seen: OwnWayIn, f: Format, *, did: str = "", refusal: tuple[str, str] = ("", "")
) -> AccountPage:
    """Put it into words; `refusal` is (field, lasting code)."""
    words = f.words
    done = {
        "password": words.gettext("The password is set. Every other session has ended."),
        "codes": words.gettext("From now on, signing in by password asks for a code."),
        "no-codes": words.gettext("Codes are asked for no more."),
        "ended": words.gettext("The session has ended."),
    }
    base = f"/admin/p/{program.program_id}/account"
    return AccountPage(
        base=base,
        email=seen.email,
        has_password=seen.has_password,
        has_codes=seen.has_codes,
        secret=" ".join(re.findall(".{1,4}", seen.offered or "")),
        rows=[
            Row(
                address=f"{base}/sessions/{one.session_id}",
                name=browser_name(one.agent or "", f),
                since=f.instant(one.created_at, program.timezone),
                seen=f.instant(one.seen_at, program.timezone),
                mine=one.mine,
            )
            for one in seen.sessions
        ],
        password_said=_lengths(f),
        notice=done.get(did, ""),
        wrong={refusal[0]: _refusal(refusal[1], f)} if refusal[1] else {},
    )


def browser_name(agent: str, f: Format) -> str:
    """Name a browser by what it tells of itself, well enough to know one's own again."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    if browser and system:
        return f.words.gettext("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or f.words.gettext("Another program")


def _lengths(f: Format) -> str:
    return f.words.gettext(
        "%(shortest)s to %(longest)s characters. Four or five words that belong together for nobody else are good.",
        shortest=f.number(SHORTEST),
        longest=f.number(LONGEST),
    )


def _refusal(code: str, f: Format) -> str:
    words = f.words
    return {
        "wrong_password": words.gettext("That is not your password."),
        "bad_password": _lengths(f),
        "wait": words.gettext("Too many tries. Wait for a while, a quarter of an hour at most."),
        "not_alike": words.gettext("The two are not alike."),
        "come_in_anew": words.gettext("This session is too old to set a first password. Come in by a new link."),
    }.get(code, words.gettext("This code is not right, or was used already. Wait for the next one."))
