"""What a check is: a promise about one account or one purchase, and the places where it is broken.

A check is a generator over a history. Its name is the function's, its promise the first line of the docstring; both are
printed by `loyalty verify`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from loyalty.verify.facts import Fault, Report
from loyalty.verify.histories import AccountHistory, PurchaseHistory

H = TypeVar("H", AccountHistory, PurchaseHistory)
# Where inside the account or purchase ("entry 3"), and what is wrong.
Found = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Check(Generic[H]):
    """One promise, and how many subjects of it a history has."""

    name: str
    promise: str
    find: Callable[[H], Found]
    subjects: Callable[[H], int]

    def run(self, histories: Sequence[H], report: Report) -> None:
        """Check some histories."""
        find = self.find
        for history in histories:
            for place, message in find(history):
                report.add(Fault(self.name, f"{history.where}, {place}" if place else history.where, message))
        report.checked[self.name] = report.checked.get(self.name, 0) + sum(map(self.subjects, histories))


ACCOUNT_CHECKS: list[Check[AccountHistory]] = []
PURCHASE_CHECKS: list[Check[PurchaseHistory]] = []


def of_account(
    subjects: Callable[[AccountHistory], int],
) -> Callable[[Callable[[AccountHistory], Found]], Callable[[AccountHistory], Found]]:
    """Register the decorated generator as a check of accounts."""

    def keep(find: Callable[[AccountHistory], Found]) -> Callable[[AccountHistory], Found]:
        ACCOUNT_CHECKS.append(Check(find.__name__, (find.__doc__ or "").splitlines()[0], find, subjects))
        return find

    return keep


def of_purchase(
    subjects: Callable[[PurchaseHistory], int],
) -> Callable[[Callable[[PurchaseHistory], Found]], Callable[[PurchaseHistory], Found]]:
    """Register the decorated generator as a check of purchases, anonymous ones too."""

    def keep(find: Callable[[PurchaseHistory], Found]) -> Callable[[PurchaseHistory], Found]:
        PURCHASE_CHECKS.append(Check(find.__name__, (find.__doc__ or "").splitlines()[0], find, subjects))
        return find

    return keep


def one(_history: AccountHistory | PurchaseHistory) -> int:
    """Count the history itself as the subject."""
    return 1


def entries(history: AccountHistory) -> int:
    """Count the entries."""
    return len(history.entries)


def awards(history: AccountHistory | PurchaseHistory) -> int:
    """Count the awards."""
    return len(history.awards)


def memberships(history: AccountHistory) -> int:
    """Count the memberships, superseded ones too."""
    return len(history.memberships)
