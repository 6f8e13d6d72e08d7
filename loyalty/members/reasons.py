"""The reasons of adjustments: kept beside the award, exported with the person, blanked with the erasure."""

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.members import tables
from loyalty.points.facts import RecordedAward
from loyalty.statements import Part, insert

_FORGET = "UPDATE adjustment SET reason = NULL WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) RETURNING 1"


def new_adjustment(award: RecordedAward, points: int, reason: str) -> Part:
    """Keep the reason of an adjustment beside its award."""
    row = (award.award_id, award.customer_id, points, reason, award.recorded_at)
    return insert(tables.Adjustment, ["award_id", "customer_id", "points", "reason", "recorded_at"], [row])


@forgetter
def _forget_reasons(person: Person) -> list[Part]:
    return [Part("blanked_adjustment", _FORGET, [person.customer_ids])]


exporter(
    "adjustments",
    "SELECT json_agg(json_build_object('points', points, 'reason', reason, 'recorded_at', recorded_at)"
    " ORDER BY recorded_at) FROM adjustment WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
