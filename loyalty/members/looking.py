"""Looking for anything by what somebody types: people, orders, members' codes."""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from loyalty.database import Database
from loyalty.members.people import Found, Search, find_people
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.finding import OrderFound, find_orders
from loyalty.referrals.finding import CodeFound, find_codes

MOST = 6


class Looked(Struct, frozen=True):
    """The first few of each; `more_people`: there are others."""

    people: list[Found]
    more_people: bool
    orders: list[OrderFound]
    codes: list[CodeFound]


@dataclass(frozen=True, slots=True)
class StaffLooking:
    """The verb behind the panel's search, over this process's pools."""

    database: Callable[[], Database]

    async def look(self, program: ProgramFacts, text: str) -> Looked:
        """Find the first few of everything that begins so."""
        async with self.database().reader() as connection:
            people = await find_people(connection, program, Search(text, "all"), MOST)
            orders = await find_orders(connection, program.program_id, text, MOST)
            codes = await find_codes(connection, program.program_id, text, MOST)
        return Looked(people.people, people.more, orders, codes)
