"""Surveys in a shop told by hand: who was asked, what they answered, and what was changed afterwards."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from tests.kpi.shop import LONG_AGO, Shop

SURVEY = UUID(int=7)


@dataclass
class Pollster:
    """Writes into the tables of a shop, as the survey's verbs do."""

    shop: Shop

    async def asks(self, customer: UUID, at: str, *, member: bool = False) -> UUID:
        """Send an invitation; names it."""
        owner, program, invitation = self.shop.owner, self.shop.program.program_id, uuid4()
        for table, columns, values in (
            ("survey", "draft, edition, version, actor, made_at, changed_at, state", "'{}', 1, 1, '', $3, $3, 'open'"),
            ("survey_edition", "edition, content, actor, published_at", "1, '{}', '', $3"),
        ):
            await owner.execute(
                f"INSERT INTO {table} (program_id, survey_id, {columns}) VALUES ($1, $2, {values})"
                " ON CONFLICT DO NOTHING",
                program,
                SURVEY,
                LONG_AGO,
            )
        await owner.execute(
            "INSERT INTO survey_invitation (program_id, invitation_id, survey_id, edition, customer_id, respondent_id,"
            " occasion, channel, state, member, due_at, next_at, planned_at, sent_at, ends_at)"
            " VALUES ($1, $2, $3, 1, $4, $4, gen_random_uuid()::text, 'mail', 'sent', $5, $6, $6, $6, $6,"
            " $6::timestamptz + interval '30 days')",
            program,
            invitation,
            SURVEY,
            customer,
            member,
            self.shop.at(at),
        )
        return invitation

    async def holds_out(self, customer: UUID, at: str) -> UUID:
        """Have somebody not asked, by lot; names the invitation."""
        invitation = await self.asks(customer, at)
        await self.shop.owner.execute(
            "UPDATE survey_invitation SET state = 'skipped', reason = 'held_out', sent_at = NULL, ends_at = NULL"
            " WHERE program_id = $1 AND invitation_id = $2",
            self.shop.program.program_id,
            invitation,
        )
        return invitation

    async def answers(self, invitation: UUID, score: int, at: str, *, member: bool = False) -> UUID:
        """Have an invitation answered."""
        await self.shop.owner.execute(
            "INSERT INTO survey_response (program_id, invitation_id, score, first_scored_at, score_at, member,"
            " language) VALUES ($1, $2, $3, $4, $4, $5, 'fr')",
            self.shop.program.program_id,
            invitation,
            score,
            self.shop.at(at),
            member,
        )
        await self._log(invitation, "scored", score, at)
        return invitation

    async def says(self, customer: UUID, score: int, at: str, *, member: bool = False) -> UUID:
        """Have somebody asked who answers at once; names the invitation."""
        return await self.answers(await self.asks(customer, at, member=member), score, at, member=member)

    async def changes(self, invitation: UUID, score: int, at: str) -> None:
        """Have an answer changed."""
        await self._update(invitation, "score = $3", score)
        await self._log(invitation, "rescored", score, at)

    async def excludes(self, invitation: UUID, at: str, *, again: bool = False) -> None:
        """Have staff take an answer out, or (`again`) put it back in."""
        await self._update(invitation, "excluded_because = $3, excluded_by = $3", None if again else "ours")
        await self._log(invitation, "included" if again else "excluded", None, at)

    async def rewards(self, invitation: UUID) -> None:
        """Have it be one for which something was promised."""
        await self._update(invitation, "rewarded = $3", value=True)

    async def forgets(self, *customers: UUID) -> None:
        """Take whose answers they are; one id of nobody for all of a person's."""
        await self.shop.owner.execute(
            "UPDATE survey_invitation SET customer_id = NULL, respondent_id = $3"
            " WHERE program_id = $1 AND customer_id = ANY($2)",
            self.shop.program.program_id,
            list(customers),
            uuid4(),
        )

    async def _update(self, invitation: UUID, what: str, value: object) -> None:
        await self.shop.owner.execute(
            f"UPDATE survey_response SET {what} WHERE program_id = $1 AND invitation_id = $2",
            self.shop.program.program_id,
            invitation,
            value,
        )

    async def _log(self, invitation: UUID, kind: str, score: int | None, at: str) -> None:
        await self.shop.owner.execute(
            "INSERT INTO survey_change (program_id, change_id, invitation_id, kind, score, actor, recorded_at)"
            " VALUES ($1, $2, $3, $4, $5, '', $6)",
            self.shop.program.program_id,
            uuid4(),
            invitation,
            kind,
            score,
            self.shop.at(at),
        )
