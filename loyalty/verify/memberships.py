"""The promises about memberships: intervals that stand do not overlap, and what was believed before is kept."""

from collections import defaultdict
from uuid import UUID

from loyalty.verify.checks import Found, memberships, of_account
from loyalty.verify.histories import AccountHistory
from loyalty.verify.told import told_memberships


@of_account(memberships)
def memberships_do_not_overlap(history: AccountHistory) -> Found:
    """The intervals that stand do not overlap, and end after they begin."""
    standing = sorted((m for m in history.memberships if not m.superseded_at), key=lambda m: m.joined_at)
    for number, membership in enumerate(standing):
        if membership.left_at and membership.left_at <= membership.joined_at:
            yield f"membership {membership.membership_id}", f"it ends at {membership.left_at}, before it begins"
        for other in standing[number + 1 :]:
            if membership.left_at and membership.left_at <= other.joined_at:
                break
            yield f"membership {other.membership_id}", f"it overlaps membership {membership.membership_id}"


@of_account(memberships)
def memberships_are_corrected_by_adding(history: AccountHistory) -> Found:
    """Every membership has the one award that recorded it; a superseded one has its successor."""
    causes: dict[UUID | None, int] = defaultdict(int)
    for award in history.awards:
        if award.cause in {"joined", "left"}:
            causes[award.membership_id] += 1
        # Merging and erasing may record several, or none.
        for membership_id in told_memberships(award):
            causes[membership_id] += 1
    # The union of both may begin elsewhere, and belongs to who is left.
    merged_at = {award.recorded_at for award in history.awards if award.cause == "merged"}
    for membership in history.memberships:
        recorded_by = causes.pop(membership.membership_id, 0)
        if recorded_by != 1:
            yield f"membership {membership.membership_id}", f"{recorded_by} awards recorded it"
        successors = [
            other
            for other in history.memberships
            if (other.joined_at, other.recorded_at) == (membership.joined_at, membership.superseded_at)
            and other.membership_id != membership.membership_id
        ]
        if membership.superseded_at and not successors and membership.superseded_at not in merged_at:
            yield f"membership {membership.membership_id}", "it is superseded, and nothing came in its place"
    for missing in causes:
        yield f"membership {missing}", "an award recorded it, and it is not there"
