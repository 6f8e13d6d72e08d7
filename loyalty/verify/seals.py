"""The promises about seals: each covers exactly what was recorded between two cuts, and stands on the one before."""

from bisect import bisect_left
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from loyalty.verify.canonical import NOTHING_BEFORE, award_digest, head_line, seal_hash
from loyalty.verify.facts import AwardRow, EntryRow, Fault, Report, SealRow
from loyalty.verify.histories import AccountHistory

COVER, CHAIN = "seals_cover_what_was_recorded", "seals_form_a_chain"
PROMISES = {
    COVER: "Every seal covers exactly the heads and awards that were recorded between the cut before it and its own.",
    CHAIN: "Seals are numbered without a gap, and every one's hash covers the one before it and itself.",
}


class Covered(NamedTuple):
    """What a seal covers of a range: how many accounts and awards, and their bytes."""

    accounts: int
    awards: int
    data: bytes


class Covering:
    """What every seal should cover of one range, in the order in which it passes by."""

    def __init__(self, program_id: int, cuts: list[datetime]) -> None:
        """Start with nothing seen."""
        self._program_id = program_id
        self._cuts = cuts
        self._accounts: dict[int, int] = {}
        self._awards: dict[int, int] = {}
        self._data: dict[int, list[str]] = {}

    def account(self, history: AccountHistory) -> None:
        """See an account; they come in the order of their ids."""
        if not self._cuts:
            return
        heads: dict[int, EntryRow] = {}
        for entry in history.entries:
            heads[bisect_left(self._cuts, entry.recorded_at)] = entry
        heads.pop(len(self._cuts), None)
        for place, entry in heads.items():
            self._accounts[place] = self._accounts.get(place, 0) + 1
            self._data.setdefault(place, []).append(head_line(entry.customer_id, entry.seq, entry.hash))
        for award in history.awards:
            place = bisect_left(self._cuts, award.recorded_at)
            if place < len(self._cuts):
                self._add(place, history.digest(award))

    def anonymous(self, award: AwardRow) -> None:
        """See an award of nobody; they come after all accounts, in the order of their purchases."""
        place = bisect_left(self._cuts, award.recorded_at)
        if place < len(self._cuts):
            self._add(place, award_digest(self._program_id, award))

    def _add(self, place: int, digest: str) -> None:
        self._awards[place] = self._awards.get(place, 0) + 1
        self._data.setdefault(place, []).append(f'"{digest}"')

    def found(self) -> dict[int, Covered]:
        """Give what was seen, by the place of the seal."""
        return {
            place: Covered(self._accounts.get(place, 0), self._awards.get(place, 0), "".join(data).encode())
            for place, data in self._data.items()
        }


class Sealed:
    """What every seal of a programme should cover, hashed again range by range."""

    def __init__(self, program_id: int, seals: list[SealRow]) -> None:
        """Start with nothing seen."""
        self._program_id = program_id
        self._seals = seals
        self.cuts = [seal.cut_at for seal in seals]
        self._roots = [sha256() for _ in seals]
        self._accounts = [0] * len(seals)
        self._awards = [0] * len(seals)

    def add(self, covered: dict[int, Covered]) -> None:
        """Add a range; they come in their order."""
        for place, (accounts, awards, data) in covered.items():
            self._accounts[place] += accounts
            self._awards[place] += awards
            self._roots[place].update(data)

    def found(self) -> list[tuple[int, int, bytes]]:
        """Give what was seen for every seal: how many accounts moved, how many awards, and the root."""
        roots = [root.digest() for root in self._roots]
        return list(zip(self._accounts, self._awards, roots, strict=True))

    def check_cover(self, report: Report) -> None:
        """Compare what was seen with what was sealed; all accounts must have passed."""
        for seal, (accounts, awards, root) in zip(self._seals, self.found(), strict=True):
            report.checked[COVER] += 1
            if (accounts, awards, root) != (seal.accounts, seal.awards, seal.root):
                found = f"{accounts} moved accounts and {awards} awards"
                message = f"it covers {seal.accounts} moved accounts and {seal.awards} awards, recorded are {found}"
                if (accounts, awards) == (seal.accounts, seal.awards):
                    message = f"what was recorded up to {seal.cut_at} was changed since it was sealed"
                report.add(Fault(COVER, self._where(seal), message))

    def check_chain(self, report: Report) -> None:
        """Check every seal's own hash, number and place in time."""
        before, last = NOTHING_BEFORE, None
        for number, seal in enumerate(self._seals, 1):
            report.checked[CHAIN] += 1
            told = (seal.number, seal.cut_at, seal.accounts, seal.awards, seal.root)
            if seal.number != number:
                report.add(Fault(CHAIN, self._where(seal), f"seal {number} is missing before it"))
                return
            if seal.previous != before or seal.hash != seal_hash(self._program_id, before, *told):
                report.add(Fault(CHAIN, self._where(seal), "it, or the seal before it, is not what was sealed"))
            if last and seal.cut_at <= last:
                report.add(Fault(CHAIN, self._where(seal), f"cut at {seal.cut_at}, not after the one before it"))
            before, last = seal.hash, seal.cut_at

    def _where(self, seal: SealRow) -> str:
        return f"program {self._program_id}, seal {seal.number}"
