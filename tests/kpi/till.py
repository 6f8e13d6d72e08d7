"""What the shop told by hand does not tell: points that move, lines, and what is entered for the key figures."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from tests.kpi.shop import LONG_AGO, Shop

MOVES = {
    "issue": ("issued", "available"),
    "wait": ("issued", "pending"),
    "mature": ("pending", "available"),
    "hold": ("available", "held"),
    "capture": ("held", "redeemed"),
    "release": ("held", "available"),
    "reverse": ("redeemed", "available"),
    "expire": ("available", "expired"),
    "forfeit": ("available", "expired"),
    "claw_back": ("available", "clawed_back"),
    "owe": ("debt", "clawed_back"),
    "repay": ("available", "debt"),
}
_KINDS = {"wait": "issue", "owe": "claw_back"}


@dataclass
class Till:
    """Writes into the tables of a shop, as the ledger and the room of inputs do."""

    shop: Shop

    async def climbs(self, customer: UUID, seq: int, tier: str | None, at: str, *, recorded: str) -> None:
        """Let a customer hold another tier from an instant on; accounts are there already."""
        times = (self.shop.at(at), self.shop.at(recorded))
        await self.shop.owner.execute(
            "INSERT INTO tier_change (program_id, customer_id, seq, tier_from, tier_to, effective_at, recorded_at,"
            " cause, scheme_version) VALUES ($1, $2, $3, 'before', $4, $5, $6, 'reached', 1)",
            self.shop.program.program_id,
            customer,
            seq,
            tier,
            *times,
        )

    async def moves(
        self,
        customer: UUID,
        kind: str,
        points: int,
        at: str,
        *,
        recorded: str | None = None,
        facts: dict[str, Any] | None = None,
    ) -> UUID:
        """Move points of an account, and name the award; balances and hashes are nobody's business here."""
        owner, program = self.shop.owner, self.shop.program.program_id
        recorded_at = self.shop.at(recorded) if recorded else LONG_AGO
        await owner.execute(
            "INSERT INTO account (program_id, customer_id, version, settled_at, head_hash) VALUES ($1, $2, 1, $3, '')"
            " ON CONFLICT DO NOTHING",
            program,
            customer,
            LONG_AGO,
        )
        award = uuid4()
        await owner.execute(
            "INSERT INTO award (program_id, award_id, cause, customer_id, account_version, breakdown, facts, target,"
            " due, given, actor, request_id, recorded_at) VALUES ($1, $2, 'adjusted', $3, 1, '[]', $5, 0,"
            " 0, 0, '', '', $4)",
            program,
            award,
            customer,
            recorded_at,
            json.dumps(facts or {}),
        )
        await owner.execute(
            "INSERT INTO entry (program_id, customer_id, seq, award_id, kind, debit_code, credit_code, amount,"
            " available_after, pending_after, held_after, debt_after, actor, request_id, effective_at, recorded_at,"
            " hash)"
            " SELECT $1, $2, count(*) + 1, $3, $4, $5, $6, $7, 0, 0, 0, 0, '', '', $8, $9, sha256('') FROM entry"
            " WHERE program_id = $1 AND customer_id = $2",
            program,
            customer,
            award,
            _KINDS.get(kind, kind),
            *MOVES[kind],
            points,
            self.shop.at(at),
            recorded_at,
        )
        return award

    async def offers(self, kind: str, price: int, **settings: object) -> UUID:
        """Offer a reward."""
        program, reward = self.shop.program.program_id, uuid4()
        await self.shop.owner.execute(
            "INSERT INTO reward (program_id, reward_id, kind, name, price_points, settings, active)"
            " VALUES ($1, $2, $3, '', $4, $5, true)",
            program,
            reward,
            kind,
            price,
            json.dumps(settings),
        )
        await self.says(reward, **settings)
        return reward

    async def says(self, reward: UUID, *, recorded: str | None = None, **settings: object) -> None:
        """Have another edition of a reward; what was redeemed keeps its own."""
        await self.shop.owner.execute(
            "INSERT INTO reward_edition (program_id, reward_id, edition, offer, actor, request_id, recorded_at)"
            " SELECT $1, $2, count(*) + 1, $3, '', '', $4 FROM reward_edition WHERE program_id = $1 AND reward_id = $2",
            self.shop.program.program_id,
            reward,
            json.dumps({"settings": settings}),
            self.shop.at(recorded) if recorded else LONG_AGO,
        )

    async def hands_over(
        self, customer: UUID, reward: UUID, at: str, *, captured: int | None = None, recorded: str | None = None
    ) -> UUID:
        """Have a reward redeemed, or `captured` points of its price; names the redemption."""
        owner, program, redemption = self.shop.owner, self.shop.program.program_id, uuid4()
        offered = await owner.fetchrow("SELECT kind, price_points, settings FROM reward WHERE reward_id = $1", reward)
        assert offered is not None
        points = captured or offered["price_points"]
        facts = {"hold": str(redemption), "captured": points}
        award = await self.moves(customer, "capture", points, at, recorded=recorded, facts=facts)
        recorded_at = self.shop.at(recorded) if recorded else LONG_AGO
        await owner.execute(
            "INSERT INTO hold (program_id, hold_id, customer_id, points, captured, taken, state, award_id,"
            " end_award_id, opened_at, expires_at, ended_at) VALUES ($1, $2, $3, $4, $4, '[]', 'captured', $5,"
            " $5, $6, $6, $6)",
            program,
            redemption,
            customer,
            points,
            award,
            recorded_at,
        )
        await owner.execute(
            "INSERT INTO redemption (program_id, redemption_id, customer_id, storefront_id, reward_id, reward,"
            " price_points, request_id, recorded_at) VALUES ($1, $2, $3, 1, $4, $5, $6, '', $7)",
            program,
            redemption,
            customer,
            reward,
            json.dumps({"kind": offered["kind"], "settings": json.loads(offered["settings"])}),
            offered["price_points"],
            recorded_at,
        )
        return redemption

    async def takes_reward_back(
        self,
        customer: UUID,
        redemption: UUID,
        points: int,
        at: str,
        *,
        refund: bool = False,
        recorded: str | None = None,
    ) -> None:
        """Have points of a redemption come back: by the storefront's word, or with a refund."""
        facts = {"restored_of": {str(redemption): points}, "restored": points}
        told = facts if refund else {"hold": str(redemption), "returned": points}
        await self.moves(customer, "reverse", points, at, recorded=recorded, facts=told)

    async def redeems(self, customer: UUID, points: int, at: str, *, recorded: str | None = None) -> None:
        """Spend points at once."""
        await self.moves(customer, "hold", points, at, recorded=recorded)
        await self.moves(customer, "capture", points, at, recorded=recorded)

    async def lines(self, purchase: UUID, *lines: dict[str, Any]) -> UUID:
        """Have a purchase tell its lines; numbered, one unit of goods each, unless they say otherwise."""
        told = [{"line_id": str(n), "kind": "goods", "quantity": 1, "sku": None} | line for n, line in enumerate(lines)]
        await self.shop.owner.execute(
            "UPDATE purchase SET lines = $3 WHERE program_id = $1 AND purchase_id = $2",
            self.shop.program.program_id,
            purchase,
            json.dumps(told),
        )
        return purchase

    async def takes_back(
        self, purchase: UUID, goods: int, at: str, *lines: dict[str, Any], recorded: str | None = None
    ) -> None:
        """Refund goods on a day, with or without saying which lines."""
        told = [{"kind": "goods", "quantity": 1} | line for line in lines]
        await self.shop.owner.execute(
            "INSERT INTO refund (program_id, purchase_id, kind, refund_id, refunded_at, goods_minor, lines,"
            " fingerprint, request_id, recorded_at) VALUES ($1, $2, 'refund', $3, $4, $5, $6, '', '', $7)",
            self.shop.program.program_id,
            purchase,
            uuid4().hex,
            self.shop.at(at),
            goods,
            json.dumps(told) if told else None,
            self.shop.at(recorded or at),
        )

    async def enters(self, table: str, *, recorded: str | None = None, withdrawn: bool = False, **row: object) -> None:
        """Add a version of something entered; the key decides which version it is."""
        keys = {"kpi_spend": ("spend_id",), "kpi_lead": ("lead_id",), "kpi_unit_cost": ("sku", "from_on")}
        own = keys.get(table, ("from_on",))
        where = " AND ".join(f"{key} = ${n}" for n, key in enumerate(own, 2))
        version = await self.shop.owner.fetchval(
            f"SELECT coalesce(max(version), 0) + 1 FROM {table} WHERE program_id = $1 AND {where}",
            self.shop.program.program_id,
            *(row[key] for key in own),
        )
        told = {
            "program_id": self.shop.program.program_id,
            "version": version,
            "actor": "",
            "withdrawn": withdrawn,
            "recorded_at": self.shop.at(recorded) if recorded else LONG_AGO,
            **row,
        }
        places = ", ".join(f"${n}" for n in range(1, len(told) + 1))
        await self.shop.owner.execute(f"INSERT INTO {table} ({', '.join(told)}) VALUES ({places})", *told.values())

    async def spends(self, kind: str, day: str, minor: int, **told: Any) -> None:  # noqa: ANN401 - columns
        """Book money spent; under its day, unless it has another name."""
        name = told.pop("name", f"{kind} {day}")
        booked = date.fromisoformat(day)
        await self.enters("kpi_spend", spend_id=name, kind=kind, booked_on=booked, amount_minor=minor, **told)

    async def costs(self, sku: str, day: str, minor: int, **told: Any) -> None:  # noqa: ANN401 - columns
        """Enter a unit cost."""
        await self.enters("kpi_unit_cost", sku=sku, from_on=date.fromisoformat(day), unit_cost_minor=minor, **told)

    async def leads(self, name: str, at: str, **told: Any) -> None:  # noqa: ANN401 - columns
        """Enter a lead; qualified, unless it says otherwise."""
        row = {"qualified": True, "namespace": "default", **told}
        await self.enters("kpi_lead", lead_id=name, created_at=self.shop.at(at), **row)

    async def shares(self, customer: UUID, at: str, *, recorded: str | None = None) -> None:
        """Have a member share the code."""
        await self.shop.owner.execute(
            "INSERT INTO referral_share (program_id, share_id, customer_id, channel, shared_at, request_id,"
            " recorded_at) VALUES ($1, $2, $3, 'mail', $4, '', $5)",
            self.shop.program.program_id,
            uuid4(),
            customer,
            self.shop.at(at),
            self.shop.at(recorded) if recorded else LONG_AGO,
        )

    async def claims(
        self,
        friend: UUID,
        referrer: UUID | None,
        at: str,
        *,
        refused: str | None = None,
        ended: str | None = None,
        recorded: str | None = None,
    ) -> None:
        """Have a friend claim a code; `ended`: when it was refused, if not at once."""
        program = self.shop.program.program_id
        accounts = [(program, customer, LONG_AGO) for customer in (friend, referrer) if customer]
        await self.shop.owner.executemany(
            "INSERT INTO account (program_id, customer_id, version, settled_at, head_hash) VALUES ($1, $2, 1, $3, '')"
            " ON CONFLICT DO NOTHING",
            accounts,
        )
        await self.shop.owner.execute(
            "INSERT INTO referral (program_id, referral_id, friend_id, referrer_id, state, reason, version,"
            " terms_version, claimed_at, ended_at, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, 1, 1, $7, $8, $9)",
            program,
            uuid4(),
            friend,
            referrer,
            "refused" if refused else "claimed",
            refused,
            self.shop.at(at),
            self.shop.at(ended) if ended else None,
            self.shop.at(recorded) if recorded else LONG_AGO,
        )

    async def called(self, customer: UUID, external_id: str, email: str | None = None) -> None:
        """Give a customer the shop's id, and an e-mail address."""
        program = self.shop.program.program_id
        await self.shop.owner.execute(
            "INSERT INTO customer_alias (program_id, namespace, external_id, customer_id)"
            " VALUES ($1, 'default', $2, $3)",
            program,
            external_id,
            customer,
        )
        await self.shop.owner.execute(
            "UPDATE customer SET email = $3 WHERE program_id = $1 AND customer_id = $2", program, customer, email
        )
