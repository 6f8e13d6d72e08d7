"""Reading and publishing the versions of a programme's earning rules."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import msgspec

from loyalty.earning.rules import NOTHING, Needs, RulesVersion, StoredRules

if TYPE_CHECKING:
    from loyalty.database import Connection

VERSIONS = """
SELECT jsonb_agg(jsonb_build_object('version', version, 'in_force_from', in_force_from, 'rules', rules)
  ORDER BY version)
FROM earning_rules WHERE program_id = $1
"""
_decode = msgspec.json.Decoder(list[StoredRules]).decode


class RulesCache:
    """The rules of each programme, as of the newest version seen. Published versions never change, so it cannot lie."""

    def __init__(self) -> None:
        """Start empty."""
        self._known: dict[int, list[RulesVersion]] = {}
        self._needs: dict[int, Needs] = {}

    async def versions(self, connection: "Connection", program_id: int, newest: int) -> list[RulesVersion]:
        """Give every version up to at least `newest`, loading them if that one is not known yet."""
        known = self._known.get(program_id, [])
        if not known or known[-1].version < newest:
            stored = await connection.fetchval(VERSIONS, program_id)
            known = self._known[program_id] = [RulesVersion(version) for version in _decode(stored)]
            self._needs[program_id] = reduce(or_, (version.needs for version in known), NOTHING)
        return known

    def needs(self, program_id: int) -> Needs:
        """Tell what the known versions must know of customers."""
        return self._needs.get(program_id, NOTHING)
