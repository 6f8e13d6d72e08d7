"""Who is known, by which names, and when they were members."""

from datetime import UTC, datetime, timedelta

from tests.model.accounts import Account, Hold
from tests.model.periods import Policy

AHEAD = timedelta(minutes=15)
Interval = tuple[datetime, datetime | None]


class People:
    """Customers with their accounts and memberships. `into`: who turned out to be whom."""

    def __init__(self, policy: Policy) -> None:
        """Begin with nobody."""
        self.policy = policy
        self.now = datetime.min.replace(tzinfo=UTC)
        self.accounts: dict[str, Account] = {}
        self.holds: dict[str, Hold] = {}
        self.into: dict[str, str] = {}
        self.erased: set[str] = set()
        self.memberships: dict[str, list[Interval]] = {}
        self.joins: set[tuple[str, datetime, datetime | None]] = set()

    def root(self, customer: str) -> str:
        """Give the customer that somebody turned out to be."""
        while customer in self.into:
            customer = self.into[customer]
        return customer

    def known(self, customer: str) -> Account | None:
        """Find an account."""
        return self.accounts.get(self.root(customer))

    def _account(self, customer: str) -> Account:
        """Find an account or open it; settled to now."""
        root = self.root(customer)
        account = self.accounts.setdefault(root, Account(root, self.policy, self.now))
        account.settle(self.now)
        return account

    def joins_of(self, customer: str) -> list[tuple[str, datetime, datetime | None]]:
        """Give what was told of somebody's memberships, by whatever name."""
        return [told for told in self.joins if self.root(told[0]) == self.root(customer)]

    def unite(self, intervals: list[Interval]) -> list[Interval]:
        """Join intervals that overlap or touch."""
        united: list[Interval] = []
        for joined, left in sorted(intervals, key=lambda interval: interval[0]):
            before = united[-1] if united else None
            if before is None or (before[1] is not None and before[1] < joined):
                united.append((joined, left))
            else:
                united[-1] = (before[0], None if None in {before[1], left} else max(before[1], left))  # type: ignore[type-var]
        return united

    def covers(self, customer: str, at: datetime) -> bool:
        """Tell whether a membership covers an instant."""
        own = self.memberships.get(self.root(customer), [])
        return any(joined <= at and (left is None or at < left) for joined, left in own)

    def _ahead(self, *instants: datetime | None) -> bool:
        return any(at is not None and at > self.now + AHEAD for at in instants)
