"""Which days and months are needed, and getting them: from what this process has unpacked before, else from the tables.

First everything is wanted, then loaded at once; after that it is all there, whatever the cache throws away meanwhile.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from kpi import periods
from kpi.facts import NOBODY, Customers
from kpi.periods import Days
from kpi.rollup import store
from kpi.rollup.cache import Cache
from kpi.rollup.fold import GAPS, KINDS, NEWCOMERS, STATUS, Fold, fold_of, folded
from kpi.rollup.serving import Serving
from kpi.rollup.store import Piece
from loyalty.database import Connection

# A million customers and two years have about half of it.
CACHE = Cache(128 * 1024 * 1024)
# What anything kept takes beside its sets.
_OVERHEAD_BYTES = 200
# Two tuples of numbers, most of them small.
_GAPS_BYTES = 6000
_BUYERS = ("member.buyers", "other.buyers")
_SUMS = "sums"
# Of fewer pieces it is made as quickly as it is found.
_WORTH_KEEPING = 3
_NO_SETS = frozenset({GAPS, NEWCOMERS})


@dataclass(frozen=True, slots=True)
class Before:
    """Who had bought, who was a member, how many points were held, and how many owed, when a day began."""

    known: Customers = NOBODY
    members: Customers = NOBODY
    held: int = 0
    debt: int = 0

    def then(self, fold: Fold) -> "Before":
        """Go on to the end of a stretch."""
        held, debt = self.held + fold.points.held, self.debt + fold.points.debt
        return Before(self.known | fold.first, fold.members_after(self.members), held, debt)

    @property
    def size(self) -> int:
        """How many bytes it takes, about."""
        return len(self.known.serialize()) + len(self.members.serialize()) + _OVERHEAD_BYTES


class Loading:
    """What one reading needs of a build."""

    def __init__(self, found: Serving) -> None:
        """Begin with the versions that there are."""
        self.versions = found.versions
        self._build = found.build_id
        self._months = sorted(piece for piece in found.versions if piece.grain == "month")
        self._wanted: dict[Piece, set[str]] = defaultdict(set)
        self._parts: dict[tuple[Piece, str], Any] = {}
        self._befores: dict[date, Before] = {}
        # By the first day of a month: who had bought before, as far as somebody asked earlier.
        self._bases: dict[date, tuple[int, Before]] = {}

    def want_range(self, days: Days, kinds: Sequence[str] = KINDS) -> None:
        """Have these days, all of them or these kinds; gaps and newcomers only when they are named."""
        self._want(pieces(*days), kinds)

    def want_buyers(self, days: Days) -> None:
        """Have who bought in these days."""
        self._want(pieces(*days), _BUYERS)

    def want_before(self, starts: Iterable[date]) -> None:
        """Have who had bought and who was a member when these days began."""
        done = 0
        for start in sorted(starts):
            month = periods.month_of(start).start
            at = upto = self._months_before(month)
            while at > done:
                kept: Before | None = CACHE.find(self._key_before(at))
                if kept is not None:
                    self._bases[month] = (at, kept)
                    break
                at -= 1
            self._want(self._months[at:upto], STATUS)
            self._want(pieces(month, start), STATUS)
            self._befores[start] = Before()
            done = upto

    async def load(self, connection: Connection, program_id: int) -> bool:
        """Get everything that is wanted; False when it changed meanwhile, and the versions must be read anew."""
        missing: dict[frozenset[str], list[Piece]] = defaultdict(list)
        for piece, kinds in self._wanted.items():
            for kind in (*kinds, _SUMS):
                self._parts[piece, kind] = CACHE.find((self._build, piece, self.versions[piece], kind))
            lacking = frozenset(kind for kind in (*kinds, _SUMS) if self._parts[piece, kind] is None)
            if lacking:
                missing[lacking].append(piece)
        for lacking, which in missing.items():
            read = await store.read_spans(connection, program_id, which, lacking)
            for piece in which:
                if piece not in read or read[piece].version != self.versions[piece]:
                    return False
                self._unpack(piece, read[piece], lacking)
        self._go_through_months()
        return True

    def range(self, days: Days, kinds: Sequence[str] = KINDS) -> Fold:
        """Give these days laid behind each other, with what was wanted of them."""
        found: Fold = self._kept(days, tuple(kinds), lambda which: folded(self._folds(which, kinds)))
        return found

    def buyers(self, days: Days) -> Customers:
        """Give who bought in these days."""
        found: Customers = self._kept(days, _BUYERS, lambda which: _buyers(self._folds(which, _BUYERS)))
        return found

    def before(self, start: date) -> Before:
        """Give who had bought and who was a member when this day began."""
        return self._befores[start]

    def _want(self, which: Iterable[Piece], kinds: Iterable[str]) -> None:
        for piece in which:
            if piece in self.versions:
                self._wanted[piece].update(kinds)

    def _unpack(self, piece: Piece, stored: store.Stored, kinds: Iterable[str]) -> None:
        for kind in kinds:
            packed = stored.sets.get(kind, b"")
            value: Any = stored.gaps() if kind == GAPS else stored.sums
            if kind == NEWCOMERS:
                value = packed = stored.newcomers
            elif kind not in {_SUMS, GAPS}:
                value = Customers.deserialize(packed) if packed else NOBODY
            self._parts[piece, kind] = value
            size = len(packed) + _OVERHEAD_BYTES + (_GAPS_BYTES if kind == GAPS else 0)
            CACHE.keep((self._build, piece, stored.version, kind), value, size)

    def _kept(self, days: Days, kinds: tuple[str, ...], make: Callable[[Sequence[Piece]], Any]) -> Any:  # noqa: ANN401
        """Make it of the pieces of these days, or find what was made of them while they were of these versions."""
        which = [piece for piece in pieces(*days) if piece in self.versions]
        if len(which) < _WORTH_KEEPING:
            return make(which)
        # Any change of one of them is a version higher than all before.
        key = (self._build, "range", days, kinds, len(which), max(self.versions[piece] for piece in which))
        found = CACHE.find(key)
        if found is None:
            found = make(which)
            CACHE.keep(key, found, _size(found))
        return found

    def _folds(self, which: Iterable[Piece], kinds: Sequence[str]) -> Iterator[Fold]:
        for piece in which:
            if piece in self.versions:
                sets = {kind: self._parts[piece, kind] for kind in kinds if kind not in _NO_SETS}
                gaps = self._parts[piece, GAPS] if GAPS in kinds else ((), ())
                newcomers = self._parts[piece, NEWCOMERS] if NEWCOMERS in kinds else b""
                yield fold_of(self._parts[piece, _SUMS], sets, gaps, newcomers)

    def _go_through_months(self) -> None:
        """Put together who had bought before each start, each from the start before it or from what was kept."""
        at, reached = 0, Before()
        before, since, within = reached, date.min, None
        for start in sorted(self._befores):
            month = periods.month_of(start).start
            if month != within:
                at, reached = self._bases.pop(month, (at, reached))
                upto = self._months_before(month)
                if at < upto:
                    for fold in self._folds(self._months[at:upto], STATUS):
                        reached = reached.then(fold)
                    at = upto
                    CACHE.keep(self._key_before(at), reached, reached.size)
                before, since, within = reached, month, month
            for fold in self._folds(pieces(since, start), STATUS):
                before = before.then(fold)
            self._befores[start], since = before, start

    def _months_before(self, month: date) -> int:
        return sum(piece.first_on < month for piece in self._months)

    def _key_before(self, count: int) -> tuple[Any, ...]:
        """Name what these first months came to: any change of one of them is a version higher than all before."""
        these: Sequence[Piece] = self._months[:count]
        return (self._build, "before", these[-1].first_on, max(self.versions[piece] for piece in these))


def _buyers(folds: Iterable[Fold]) -> Customers:
    return NOBODY.union(*(side.buyers for fold in folds for side in (fold.member, fold.other)))


def _size(found: Fold | Customers) -> int:
    """Tell about how many bytes it takes."""
    if isinstance(found, Fold):
        return sum(map(_size, found.sets().values())) + len(found.newcomers) + _GAPS_BYTES + _OVERHEAD_BYTES
    return len(found.serialize()) + _OVERHEAD_BYTES


# Asked hundreds of times for a page, of the same days.
@lru_cache(maxsize=4096)
def pieces(start: date, end: date) -> Sequence[Piece]:
    """Cut days into whole months, and single days before and after them."""
    found: list[Piece] = []
    while start < end:
        month = periods.month_of(start)
        whole = month.start == start and month.end <= end
        found.append(Piece("month" if whole else "day", start))
        start = month.end if whole else start + timedelta(days=1)
    return tuple(found)


def version_of(days: Days, versions: Mapping[Piece, int]) -> int:
    """Give the highest version of the days of a period and of the one before; 0 when nothing ever happened in them."""
    both = (*pieces(*periods.previous(days)), *pieces(*days))
    return max(versions.get(piece, 0) for piece in both)
