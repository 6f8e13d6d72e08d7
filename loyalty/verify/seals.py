"""The promises about seals: each covers exactly what was recorded between two cuts, and stands on the one before."""

from bisect import bisect_left
from hashlib import sha256

from loyalty.verify.canonical import NOTHING_BEFORE, award_digest, head_bytes, seal_hash
from loyalty.verify.facts import AwardRow, EntryRow, Fault, Report, SealRow
from loyalty.verify.histories import AccountHistory

COVER, CHAIN = "seals_cover_what_was_recorded", "seals_form_a_chain"
PROMISES = {
    COVER: "Every seal covers exactly the heads and awards that were recorded between the cut before it and its own.",
    CHAIN: "Seals are numbered without a gap, and every one's hash covers the one before it and itself.",
}


class Sealed:
    """What every seal of a programme should cover, hashed again while all that was recorded passes by."""

    def __init__(self, program_id: int, seals: list[SealRow]) -> None:
        """Start with nothing seen."""
        self._program_id = program_id
        self._seals = seals
        self._cuts = [seal.cut_at for seal in seals]
        self._roots = [sha256() for _ in seals]
        self._accounts = [0] * len(seals)
        self._awards = [0] * len(seals)

    def account(self, history: AccountHistory) -> None:
        """See an account; they come in the order of their ids."""
        if not self._seals:
            return
        heads: dict[int, EntryRow] = {}
        for entry in history.entries:
            heads[bisect_left(self._cuts, entry.recorded_at)] = entry
        heads.pop(len(self._seals), None)
        for place, entry in heads.items():
            self._accounts[place] += 1
            self._roots[place].update(head_bytes(entry.customer_id, entry.seq, entry.hash))
        for award in history.awards:
            place = bisect_left(self._cuts, award.recorded_at)
            if place < len(self._seals):
                self._add(place, history.digest(award))

    def anonymous(self, award: AwardRow) -> None:
        """See an award of nobody; they come after all accounts, in the order of their purchases."""
        place = bisect_left(self._cuts, award.recorded_at)
        if place < len(self._seals):
            self._add(place, award_digest(self._program_id, award))

    def _add(self, place: int, digest: str) -> None:
        self._awards[place] += 1
        self._roots[place].update(f'"{digest}"'.encode())

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
