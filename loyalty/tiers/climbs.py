"""Where the customers of a batch stand while it is decided: item n sees what item n - 1 did. No I/O.

A customer is brought up to the day when read, and that is written with the first item that counts something: who only
looks, or is refused, changes nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from loyalty.points.dates import local_day, midnight_after
from loyalty.tiers.facts import Change, Floor, Standing, Sums, TierRead
from loyalty.tiers.rules import brought_up, reassessed
from loyalty.tiers.scheme import Scheme, StoredScheme, Tier

_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class Climb:
    """One customer's days, standing and changes. `seen`: the standing as stored; None: nothing is stored yet."""

    seen: Standing | None
    standing: Standing
    days: dict[date, Sums] = field(default_factory=dict)
    # Every change, oldest first; the last `fresh` of them are not stored yet, the last `untold` not told of.
    changes: list[Change] = field(default_factory=list)
    fresh: int = 0
    untold: int = 0
    # The days whose sums are to be written: those that changed, or all that were counted anew.
    dirty: set[date] = field(default_factory=set)
    gone: bool = False

    @property
    def stands(self) -> bool:
        """Whether a standing was found, stored or not; before that nothing is written of it."""
        return self.standing.scheme_version > 0

    def held_at(self, at: datetime) -> str | None:
        """Give the tier held at an instant, as known now."""
        known = [change for change in self.changes if change.effective_at <= at]
        return known[-1].tier_to if known else None


class Climbs:
    """The climbs of the customers of a batch. Without a scheme nothing is counted."""

    def __init__(self, zone: ZoneInfo, now: datetime, read: TierRead | None = None) -> None:
        """Open what was read, each brought up to now."""
        self._stored = read.scheme if read else None
        self._now, self._zone = now, zone
        self._climbs: dict[UUID, Climb] = {}
        self._closed = set(read.closed) if read else set[UUID]()
        if read:
            self._open(read)

    @cached_property
    def today(self) -> date:
        """The local day that it is."""
        return local_day(self._now, self._zone)

    def _open(self, read: TierRead) -> None:
        days: dict[UUID, dict[date, Sums]] = defaultdict(dict)
        changes: dict[UUID, list[Change]] = defaultdict(list)
        for one in read.days:
            days[one.customer_id][one.day] = Sums(one.points, one.spent_minor)
        for known in read.changes:
            changes[known.customer_id].append(known.change)
        standings = {found.customer_id: found.standing for found in read.standings}
        for customer_id in (days.keys() | changes.keys() | standings.keys()) - self._closed:
            seen = standings.get(customer_id)
            climb = Climb(seen, seen or Standing(), days[customer_id], changes[customer_id])
            if seen is None:
                climb.dirty = set(climb.days)
            self._climbs[customer_id] = climb
            self._bring_up(climb)

    @property
    def scheme(self) -> StoredScheme | None:
        """The scheme in force, if there is one."""
        return self._stored

    @property
    def all(self) -> dict[UUID, Climb]:
        """Every climb that was opened."""
        return self._climbs

    def climb(self, customer_id: UUID) -> Climb:
        """Give a customer's climb; it begins at first sight."""
        return self._climbs.setdefault(customer_id, Climb(None, Standing()))

    def tier_at(self, customer_id: UUID, at: datetime) -> Tier | None:
        """Give the tier that somebody held at an instant, as known now; None where the scheme knows it no more."""
        if self._stored is None or customer_id not in self._climbs:
            return None
        scheme = self._stored.scheme
        rank = scheme.rank(self._climbs[customer_id].held_at(at))
        return scheme.tiers[rank - 1] if rank else None

    def count(self, customer_id: UUID, day: date, points: int, spent_minor: int) -> None:
        """Add to the sums of somebody's day."""
        if self._stored is None or customer_id in self._closed or not (points or spent_minor):
            return
        climb = self.climb(customer_id)
        before = climb.days.get(day, Sums())
        climb.days[day] = Sums(before.points + points, before.spent_minor + spent_minor)
        climb.dirty.add(day)

    def reassess(
        self, customer_id: UUID, at: datetime | None = None, award_id: UUID | None = None, cause: str = "reached"
    ) -> list[Change]:
        """Decide where somebody stands after a write; gives the changes that were not told of yet.

        `at`: when the purchase was placed that did it. If that was today the tier is held from then on, else from now.
        """
        if self._stored is None or customer_id in self._closed:
            return []
        climb, scheme = self.climb(customer_id), self._stored.scheme
        if climb.standing.scheme_version != self._stored.version:
            cause = "scheme" if climb.seen is not None else cause
            climb.standing = replace(climb.standing, scheme_version=self._stored.version)
        after = reassessed(scheme, climb.days, climb.standing, self.today)
        self._become(climb, after, self._since(at), cause, award_id)
        told = climb.changes[len(climb.changes) - climb.untold :]
        climb.untold = 0
        return told

    def hold_at_least(self, customer_id: UUID, floor: Floor | None) -> list[Change]:
        """Put a floor under what somebody holds, or take it away."""
        climb = self.climb(customer_id)
        climb.standing = replace(climb.standing, floor=floor)
        return self.reassess(customer_id, cause="floor" if floor else "floor_ended")

    def merge(self, old_id: UUID, new_id: UUID) -> None:
        """Let everything that one customer's days count be the other's."""
        if self._stored is None:
            return
        old, new = self.climb(old_id), self.climb(new_id)
        for day, sums in old.days.items():
            self.count(new_id, day, *sums)
        self._become(old, replace(old.standing, tier=None), self._now, "merged", None)
        old.days, old.dirty, old.gone = {}, set(), True
        new.standing = replace(new.standing, floor=_better(self._stored.scheme, old.standing.floor, new.standing.floor))

    def forget(self, customer_id: UUID) -> None:
        """Take somebody's tier away for good."""
        if self._stored is not None and customer_id in self._climbs:
            climb = self._climbs[customer_id]
            self._become(climb, replace(climb.standing, tier=None), self._now, "erased", None)
            climb.gone = True
            self._closed.add(customer_id)

    def _bring_up(self, climb: Climb) -> None:
        # Under a scheme that is newer than the standing, midnights are decided from its first day on.
        if self._stored is None or climb.standing.scheme_version != self._stored.version:
            return
        standing, turns = brought_up(self._stored.scheme, climb.days, climb.standing, self.today)
        for turn in turns:
            at = midnight_after(turn.on - _A_DAY, self._zone)
            self._become(climb, replace(climb.standing, tier=turn.tier_to), at, turn.cause, None)
        climb.standing = replace(
            standing, tier=climb.standing.tier, since=climb.standing.since, changes=climb.standing.changes
        )

    def _become(self, climb: Climb, after: Standing, at: datetime, cause: str, award_id: UUID | None) -> None:
        """Let a climb have another standing; where the tier is another one, note the change."""
        before = climb.standing
        if after.tier != before.tier:
            # Never before the change before it: history goes one way.
            at = max([at, *(change.effective_at for change in climb.changes[-1:])])
            seq, version = before.changes + 1, self._stored.version if self._stored else 0
            climb.changes.append(
                Change(seq, before.tier, after.tier, min(at, self._now), self._now, cause, version, award_id)
            )
            climb.fresh += 1
            climb.untold += 1
            after = replace(after, since=at if after.tier else None, changes=seq)
        climb.standing = after

    def _since(self, at: datetime | None) -> datetime:
        if at is None or local_day(at, self._zone) != self.today:
            return self._now
        return min(at, self._now)


def _better(scheme: Scheme, one: Floor | None, other: Floor | None) -> Floor | None:
    """Choose of two floors the higher one; of equals that which lasts longer."""

    def order(floor: Floor) -> tuple[int, date]:
        return scheme.rank(floor.tier), floor.until or date.max

    return max((floor for floor in (one, other) if floor), key=order, default=None)
