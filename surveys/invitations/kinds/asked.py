"""Whom to ask, by a file."""

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct

from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import Column, email, flag, instant, language, person_name, shop_id, word
from loyalty.imports.kind import KINDS
from loyalty.programs.facts import ProgramFacts, Source
from surveys.invitations.files import NewAsking, Planned, ask_by_file


@KINDS.register("survey_invitations")
class SurveyInvitations:
    """One row one asking of one customer; the same customer, survey and instant again change nothing."""

    summary: ClassVar[str] = "Whom to survey: customer_id, survey_id, ask_at[, consent, email, name, language]."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("customer_id", "external_id", shop_id, required=True, empty=False),
        Column("survey_id", "survey_id", word, required=True, empty=False),
        Column("ask_at", "ask_at", instant, required=True, empty=False),
        Column("consent", "consent", flag),
        Column("email", "email", email),
        Column("name", "name", person_name),
        Column("language", "language", language),
    )
    ids: ClassVar[tuple[str, ...]] = ("customer_id",)
    happened: ClassVar[str] = "ask_at"
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "surveys:write"
    keeps_unknown: ClassVar[bool] = False
    batch_size: ClassVar[int] = 500
    shape: ClassVar[type[Struct]] = NewAsking

    @staticmethod
    def told(values: dict[str, Any], _program: ProgramFacts) -> dict[str, Any]:
        """Take the cells as they are."""
        return values

    @staticmethod
    async def record(
        tx: Tx, source: Source, _rules: RulesCache, items: Sequence[NewAsking]
    ) -> Sequence[Planned | LoyaltyError]:
        """Plan to ask them."""
        return await ask_by_file(tx, source, items)
