"""Seals kept elsewhere: a file of them, and of every account as it was at the last one.

Whoever owns the database can make every hash and every seal anew; against a file that lies elsewhere, that is found.
A line is a JSON array; the seals stand first, then the accounts in the order of programmes and ids, then how many lines
there are. docs/decisions/0010-seals.md describes them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from loyalty.errors import Invalid
from loyalty.verify.canonical import since_1970
from loyalty.verify.facts import Fault, Report, SealRow
from loyalty.verify.histories import AccountHistory

SEALS, ACCOUNTS = "seals_are_those_of_the_file", "accounts_are_those_of_the_file"
PROMISES = {
    SEALS: "Every seal of the file is in the database as it was.",
    ACCOUNTS: "Every account has the entries and awards that it had when the file was written.",
}
_FORM = "seals/1"


class NotASealsFile(Invalid):
    """The file was not written by `--seals-to`, or not to its end."""

    code = "not_a_seals_file"


# An account as of a cut: its last entry's number and hash, how many awards it had, and their digest.
State = tuple[int, str, int, str]


def state_at(history: AccountHistory, cut: int) -> State:
    """Tell an account as of a cut: its last entry's number and hash, how many awards it had, and their digest."""
    known = [entry for entry in history.entries if since_1970(entry.recorded_at) <= cut]
    seq, head = (known[-1].seq, known[-1].hash.hex()) if known else (0, "")
    awards = [award for award in history.awards if since_1970(award.recorded_at) <= cut]
    digest = sha256("".join(history.digest(award) for award in awards).encode()).hexdigest()
    return seq, head, len(awards), digest


class SealsWriter:
    """Writes the file beside its place, and puts it there when everything is in it."""

    def __init__(self, path: Path) -> None:
        """Open the file to be."""
        self._path, self._aside = path, path.with_name(f"{path.name}.part")
        self._file: TextIO = self._aside.open("w", encoding="utf-8")
        self.cuts: dict[int, int] = {}
        self._lines = 0
        self._line([_FORM])

    def seals(self, program_id: int, seals: list[SealRow]) -> None:
        """Write a programme's seals; those of all programmes come before any account."""
        for seal in seals:
            cut, hashes = since_1970(seal.cut_at), (seal.root.hex(), seal.hash.hex())
            self._line(["seal", program_id, seal.number, cut, seal.accounts, seal.awards, *hashes])
            self.cuts[program_id] = cut

    def account(self, program_id: int, customer_id: str, state: State) -> None:
        """Write an account as of its programme's last seal, if it was there by then."""
        if state[2]:
            self._line(["account", program_id, customer_id, *state])

    def finish(self) -> None:
        """Put the file in its place."""
        self._line(["end", self._lines])
        self._file.close()
        self._aside.replace(self._path)

    def give_up(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._aside.unlink(missing_ok=True)

    def _line(self, fields: list[Any]) -> None:
        self._lines += 1
        self._file.write(json.dumps(fields, separators=(",", ":")) + "\n")


@dataclass
class Kept:
    """A file that is compared with. `whole`: every account passes by, so that one which does not is gone."""

    path: Path
    whole: bool = True
    seals: dict[int, dict[int, tuple[int, str]]] = field(default_factory=dict)
    _lines: Iterator[list[Any]] = field(default_factory=lambda: iter([]))
    _line: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the seals, and stop before the first account."""
        self._lines = _read(self.path)
        for line in self._lines:
            self._line = line
            if line[0] != "seal":
                break
            self.seals.setdefault(line[1], {})[line[2]] = (line[3], line[7])

    def check_seals(self, program_id: int, found: list[SealRow], report: Report) -> None:
        """Compare a programme's seals with the file's."""
        stored = {seal.number: seal.hash.hex() for seal in found}
        for number, (_, sealed) in self.seals.get(program_id, {}).items():
            report.checked[SEALS] += 1
            if stored.get(number) != sealed:
                told = "is not in the database" if number not in stored else f"is now {stored[number]}"
                where = f"program {program_id}, seal {number}"
                report.add(Fault(SEALS, where, f"the file's, {sealed}, {told}"))

    def cut(self, program_id: int) -> int | None:
        """Tell the cut at which a programme's accounts are compared, if it was sealed."""
        seals = self.seals.get(program_id)
        return seals[max(seals)][0] if seals else None

    def account(self, program_id: int, customer_id: str, now: State, report: Report) -> None:
        """Compare an account as it is now at the cut; they come in the order of programmes and ids."""
        self.pass_by(program_id, customer_id, report)
        then: State = (0, "", 0, sha256().hexdigest())
        if self._line[:3] == ["account", program_id, customer_id]:
            then = (self._line[3], self._line[4], self._line[5], self._line[6])
            self._line = next(self._lines)
        report.checked[ACCOUNTS] += 1
        if now != then:
            where = f"program {program_id}, account {UUID(customer_id)}"
            report.add(Fault(ACCOUNTS, where, _difference(max(self.seals[program_id]), then, now)))

    def pass_by(self, program_id: int, customer_id: str | None, report: Report) -> None:
        """Name the file's accounts before this one, which nobody asked for; None: all of the programme's."""
        while self._line[0] == "account" and (
            self._line[1] < program_id
            or (self._line[1] == program_id and (customer_id is None or self._line[2] < customer_id))
        ):
            if self.whole and self._line[1] == program_id:
                where = f"program {program_id}, account {UUID(self._line[2])}"
                report.add(Fault(ACCOUNTS, where, f"it was sealed with {self._line[3]} entries, and it is not there"))
            self._line = next(self._lines)


def _difference(number: int, then: State, now: State) -> str:
    if then[0] != now[0]:
        return f"it had {then[0]} entries at seal {number}, of which {now[0]} are recorded now"
    if then[1] != now[1]:
        return f"its entry {then[0]} or one before it is not what it was at seal {number}"
    if then[2] != now[2]:
        return f"it had {then[2]} awards at seal {number}, of which {now[2]} are recorded now"
    return f"one of its {then[2]} awards is not what it was at seal {number}"


def _read(path: Path) -> Iterator[list[Any]]:
    """Give the lines between the first and the last; `NotASealsFile` where they are not whole."""
    lines, last = 0, [None]
    with path.open(encoding="utf-8") as file:
        try:
            for lines, text in enumerate(file):
                last = json.loads(text)
                if lines == 0 and last != [_FORM]:
                    break
                if lines:
                    yield last
        except (ValueError, IndexError):
            last = [None]
    if last != ["end", lines]:
        msg = f"{path} is not a file of seals, or not whole. `loyalty verify --seals-to FILE` writes one."
        raise NotASealsFile(msg)
