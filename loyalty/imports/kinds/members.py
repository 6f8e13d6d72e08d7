"""Members: when somebody joined, and perhaps left."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct

from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import Column, email, instant, language, person_name, reason, shop_id
from loyalty.imports.kind import KINDS
from loyalty.members.actions import record_memberships
from loyalty.members.decisions import Joined, NewMembership
from loyalty.programs.facts import ProgramFacts, Source

_PROFILE = ("email", "name", "language")


@KINDS.register("members")
class Members:
    """One row a membership `[joined_at, left_at)`; several rows of one customer are several memberships."""

    summary: ClassVar[str] = "Members: customer_id, joined_at[, left_at, email, name, language, override_reason]."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("customer_id", "external_id", shop_id, required=True, empty=False),
        Column("joined_at", "joined_at", instant, required=True, empty=False),
        Column("left_at", "left_at", instant),
        Column("email", "email", email),
        Column("name", "name", person_name),
        Column("language", "language", language),
        Column("override_reason", "override_reason", reason),
    )
    ids: ClassVar[tuple[str, ...]] = ("customer_id",)
    happened: ClassVar[str] = "joined_at"
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "members:write"
    keeps_unknown: ClassVar[bool] = False
    # A joining reads everything that the customer ever bought.
    batch_size: ClassVar[int] = 50
    shape: ClassVar[type[Struct]] = NewMembership

    @staticmethod
    def told(values: dict[str, Any], _program: ProgramFacts) -> dict[str, Any]:
        """Put what is told about the person into a profile of its own."""
        profile = {name: values.pop(name) for name in _PROFILE if name in values}
        return {**values, "profile": profile} if profile else values

    @staticmethod
    async def record(
        tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewMembership]
    ) -> Sequence[Joined | LoyaltyError]:
        """Join or leave, with the awards and clawbacks of what was bought."""
        return await record_memberships(tx, source, rules, items)
