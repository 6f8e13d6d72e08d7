"""Reading and publishing the versions of a programme's earning rules."""

from typing import TYPE_CHECKING

import msgspec

from loyalty.earning.rules import RulesVersion, StoredRules

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

    async def versions(self, connection: "Connection", program_id: int, newest: int) -> list[RulesVersion]:
        """Give every version up to at least `newest`, loading them if that one is not known yet."""
        known = self._known.get(program_id, [])
        if not known or known[-1].version < newest:
            stored = await connection.fetchval(VERSIONS, program_id)
            known = self._known[program_id] = [RulesVersion(version) for version in _decode(stored)]
        return known
