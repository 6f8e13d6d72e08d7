"""Bringing friends: a member's code and link, what both sides get, and the words to share it with."""

from dataclasses import dataclass

from msgspec import Struct

from loyalty.account_page.actions import Followed
from loyalty.account_page.points_said import points_said
from loyalty.database import Database, one
from loyalty.errors import NotAMember
from loyalty.format import Format
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.members_codes import code_of
from loyalty.referrals.pictures import qr_svg
from loyalty.referrals.queries import terms_of


class Friends(Struct, frozen=True):
    """A member's code, and what is promised now. `minimum_minor`: of the friend's first purchase."""

    code: str
    link: str | None
    referrer_points: int
    friend_points: int
    minimum_minor: int

    def picture(self) -> bytes:
        """Draw the link for a phone's camera."""
        return qr_svg(self.link or self.code)


@dataclass(frozen=True)
class FriendsSaid:
    """The card in words. `words`: what is shared, to be copied too."""

    promise: str
    code: str
    link: str
    words: str


async def find_friends(database: Database, followed: Followed) -> Friends | None:
    """Find a member's code; made at the first look. None: the programme does not reward friends."""
    async with database.reader() as connection:
        terms = (await terms_of(connection, followed.program.program_id)).terms
    if not terms.on:
        return None
    source = followed.source("own-page")
    try:
        code = await one(database, lambda tx: code_of(tx, source, followed.external_id))
    except NotAMember:  # left between two looks
        return None
    return Friends(code.code, code.link, terms.referrer_points, terms.friend_points, terms.minimum_minor)


def make_friends(friends: Friends, program: ProgramFacts, f: Format) -> FriendsSaid:
    """Put the promise into words."""
    return FriendsSaid(_promise(friends, f), friends.code, friends.link or "", share_text(friends, program, f))


def _promise(friends: Friends, f: Format) -> str:
    words, mine, theirs = f.words, friends.referrer_points, friends.friend_points
    if mine == theirs:
        said = words.gettext("You both get %(points)s", points=points_said(mine, f))
    elif mine and theirs:
        said = words.gettext(
            "You get %(mine)s, your friend %(theirs)s", mine=points_said(mine, f), theirs=points_said(theirs, f)
        )
    elif mine:
        said = words.gettext("You get %(points)s", points=points_said(mine, f))
    else:
        said = words.gettext("Your friend gets %(points)s", points=points_said(theirs, f))
    if friends.minimum_minor:
        amount = f.money(friends.minimum_minor)
        return words.gettext(
            "%(gift)s, with your friend’s first purchase of %(amount)s or more.", gift=said, amount=amount
        )
    return words.gettext("%(gift)s, with your friend’s first purchase.", gift=said)


def share_text(friends: Friends, program: ProgramFacts, f: Format) -> str:
    """Write what a member sends to a friend."""
    words, shop = f.words, program.name
    if friends.friend_points:
        said = words.gettext(
            "Try %(shop)s: with my code %(code)s you start with %(points)s.",
            shop=shop,
            code=friends.code,
            points=points_said(friends.friend_points, f),
        )
    else:
        said = words.gettext("Try %(shop)s, and tell them my code %(code)s.", shop=shop, code=friends.code)
    return f"{said} {friends.link}" if friends.link else said
