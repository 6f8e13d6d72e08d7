"""Whether the ledger keeps its promises: every invariant of the stored rows, replayed from nothing but the rows.

It shares no code with what writes them. A wrong formula would else agree with itself.
"""

from loyalty.verify.actions import verify
from loyalty.verify.facts import Fault, Report

__all__ = ["Fault", "Report", "verify"]
