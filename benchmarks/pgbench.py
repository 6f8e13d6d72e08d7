"""The peer: pgbench sends the statements that the service sent, with the values that it sent, and decides nothing.

Each client prepares every text once (`PREPARE`, with the planner settings of the money pool), runs its first unit in a
transaction that it rolls back, waits for the others, and then `EXECUTE`s its own calls one after another, each append
in a commit of its own. The values stand in the script: pgbench can send literals only, so the server reads them as
text, where asyncpg sends them in binary. What the service decided was recorded before on a copy of the same database,
so the rows find the versions that their guards ask for.
"""

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from loyalty.embedded.binaries import Binaries

# The append refuses a `now` of more than five seconds ago; in a replay it is always now.
_NOW = "now()"
_IS_APPEND = "SELECT 1 / (CASE"
_BARRIER_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Call:
    """One statement as asyncpg sent it."""

    sql: str
    args: tuple[object, ...]


# What one client does for one unit, as a purchase: a read and an append.
Unit = list[Call]


def run(url: str, settings: dict[str, str], clients: Sequence[Sequence[Unit]], folder: Path) -> float:
    """Replay each client's units over a connection of its own; tells the units per second of all together."""
    script, log = folder / "peer.sql", folder / "peer_log"
    script.write_text("\n".join(_script(clients)))
    for old in folder.glob("peer_log*"):
        old.unlink()
    # As many seconds as preparing may take; all begin when the last one is ready.
    start = time.time() + _BARRIER_SECONDS + 0.25 * len(clients)
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    done = subprocess.run(
        [
            *(str(Binaries.find().postgres / "pgbench"), "-n", "-c", str(len(clients)), "-j", "1", "-t", "2"),
            *("-l", f"--log-prefix={log}", "-D", f"start={start:.3f}", "-D", "ready=0", "-f", str(script), url),
        ],
        env={**os.environ, "PGOPTIONS": options},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or "actually processed: {0}/{0}".format(2 * len(clients)) not in done.stdout:
        raise AssertionError(done.stderr[:2000] + done.stdout)
    lines = [line.split() for file in folder.glob("peer_log*") for line in file.read_text().splitlines()]
    ends = [float(f"{line[4]}.{int(line[5]):06d}") for line in lines if line[1] == "2"]
    ready = [float(f"{line[4]}.{int(line[5]):06d}") for line in lines if line[1] == "1"]
    return sum(len(units) for units in clients) / (max(ends) - max(ready))


def _script(clients: Sequence[Sequence[Unit]]) -> Iterable[str]:
    for client, units in enumerate(clients):
        texts = dict.fromkeys(call.sql for unit in units for call in unit)
        names = {sql: f"s{number}" for number, sql in enumerate(texts)}
        yield f"\\if :client_id = {client}"
        yield "\\if :ready"
        yield from (_execute(names, call) for unit in units for call in unit)
        yield "\\else"
        yield from (f"PREPARE {name} AS {sql.strip()};" for sql, name in names.items())
        yield "BEGIN;"
        yield from (_execute(names, call) for call in units[0])
        yield "ROLLBACK;"
        yield "\\set ready 1"
        yield "SELECT pg_sleep(greatest(0, :start - extract(epoch FROM clock_timestamp())));"
        yield "\\endif"
        yield "\\endif"


def _execute(names: dict[str, str], call: Call) -> str:
    values = [_literal(value) for value in call.args]
    if _IS_APPEND in call.sql:
        values[1] = _NOW
    return f"EXECUTE {names[call.sql]}({', '.join(values)});"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return _quoted("{" + ",".join("NULL" if one is None else _element(one) for one in value) + "}")
    if isinstance(value, bool | int):
        return str(value).lower()
    return _quoted(_text(value))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _element(value: object) -> str:
    return '"' + _text(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool | int | UUID | str):
        return str(value)
    raise TypeError(value)
