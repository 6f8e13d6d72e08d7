"""What a check of whole tables is: one query, which gives the places where its promise is broken."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty.verify.facts import Fault, Report

if TYPE_CHECKING:
    from loyalty.database import Connection


@dataclass(frozen=True, slots=True)
class SetCheck:
    """One promise: how many subjects it has, and the query of (where, message) for each that breaks it."""

    name: str
    promise: str
    subjects: str
    faults: str

    async def run(self, connection: "Connection", report: Report, where: str, *args: object) -> None:
        """Ask the database."""
        report.checked[self.name] += await connection.fetchval(self.subjects, *args)
        for place, message in await connection.fetch(self.faults, *args):
            report.add(Fault(self.name, f"{where}, {place}" if place else where, message))
