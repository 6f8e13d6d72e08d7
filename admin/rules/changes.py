"""What a list of rules changes against another: added, removed, changed, by the ids of the rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin.format import Format
from admin.rules.listing import RuleLine, make_line, speaker_of
from admin.rules.sentences import Settings, id_of_rule
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.staff import RulesSeen


@dataclass(frozen=True)
class Changes:
    """Both lists, each rule with its `change`, and the same in three lists. `changed` are (before, after)."""

    before: Sequence[RuleLine]
    after: Sequence[RuleLine]
    added: Sequence[RuleLine]
    removed: Sequence[RuleLine]
    changed: Sequence[tuple[RuleLine, RuleLine]]
    reordered: bool

    @property
    def none(self) -> bool:
        """Whether both are the same."""
        return not (self.added or self.removed or self.changed or self.reordered)


def compare(
    before: Sequence[Settings], after: Sequence[Settings], seen: RulesSeen, program: ProgramFacts, f: Format
) -> Changes:
    """Compare two lists of rules."""
    old = {id_of_rule(rule, place): rule for place, rule in enumerate(before)}
    new = {id_of_rule(rule, place): rule for place, rule in enumerate(after)}
    was, will = speaker_of(program, seen, before, f), speaker_of(program, seen, after, f)

    def change(key: str, one_sided: str) -> str:
        if key not in old or key not in new:
            return one_sided
        return "" if _alike(old[key], new[key]) else "changed"

    lines_before = [
        make_line(was, rule, place, change(key, "removed")) for place, (key, rule) in enumerate(old.items())
    ]
    lines_after = [make_line(will, rule, place, change(key, "added")) for place, (key, rule) in enumerate(new.items())]
    by_id = {line.id: line for line in lines_before}
    kept = [key for key in new if key in old]
    return Changes(
        before=lines_before,
        after=lines_after,
        added=[line for line in lines_after if line.change == "added"],
        removed=[line for line in lines_before if line.change == "removed"],
        changed=[(by_id[line.id], line) for line in lines_after if line.change == "changed"],
        reordered=kept != [key for key in old if key in new],
    )


def _alike(one: Settings, other: Settings) -> bool:
    """Tell whether two rules say the same; the id of one without is its place."""
    return {**one, "id": None} == {**other, "id": None}
