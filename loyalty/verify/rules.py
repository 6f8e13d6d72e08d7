"""Everything that is asked of one account or one purchase. Pure: rows in, faults out; tested without a database."""

from loyalty.verify import accounts, awards, caps, holds, lots, memberships, purchases, settling, tiers
from loyalty.verify.checks import ACCOUNT_CHECKS, PURCHASE_CHECKS
from loyalty.verify.facts import Report
from loyalty.verify.histories import AccountHistory, PurchaseHistory
from loyalty.verify.worth import unknown_kind

# Importing them is what registers their checks.
CHECKED_BY = (accounts, awards, caps, lots, settling, holds, memberships, purchases, tiers)
PROMISES = {c.name: c.promise for c in ACCOUNT_CHECKS} | {c.name: c.promise for c in PURCHASE_CHECKS}


def blank_report() -> Report:
    """Give a report in which every check stands with nothing checked."""
    return Report(checked=dict.fromkeys(PROMISES, 0))


def check_accounts(histories: list[AccountHistory], report: Report) -> None:
    """Check accounts and every purchase of their customers."""
    for check in ACCOUNT_CHECKS:
        check.run(histories, report)
    check_purchases([purchase for history in histories for purchase in history.purchases], report)


def check_purchases(histories: list[PurchaseHistory], report: Report) -> None:
    """Check purchases; those that it knows no arithmetic for are counted apart."""
    for check in PURCHASE_CHECKS:
        check.run(histories, report)
    for history in histories:
        kind = unknown_kind(history.rules)
        if kind:
            report.not_checkable[kind] = report.not_checkable.get(kind, 0) + 1
