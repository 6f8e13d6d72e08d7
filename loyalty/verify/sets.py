"""The promises that are asked of whole tables, each by one query: it gives the places where the promise is broken."""

from dataclasses import dataclass

from loyalty.database import Connection
from loyalty.verify.facts import Fault, Report


@dataclass(frozen=True, slots=True)
class SetCheck:
    """One promise: how many subjects it has, and the query of (where, message) for each that breaks it."""

    name: str
    promise: str
    subjects: str
    faults: str

    async def run(self, connection: Connection, report: Report, where: str, *args: object) -> None:
        """Ask the database."""
        report.checked[self.name] += await connection.fetchval(self.subjects, *args)
        for place, message in await connection.fetch(self.faults, *args):
            report.add(Fault(self.name, f"{where}, {place}" if place else where, message))


# $1 is the programme. Debit from outside brings points into accounts, credit to outside takes them away.
OF_PROGRAMME = (
    SetCheck(
        "programme_sum_is_zero",
        "Issued less clawed back, redeemed, expired and adjusted is what all accounts have, less what they owe.",
        "SELECT count(*) FROM account WHERE program_id = $1",
        """
        WITH moved AS (SELECT coalesce(sum(amount * (
            (debit_code IN ('issued', 'redeemed', 'expired', 'clawed_back', 'adjusted'))::int
            - (credit_code IN ('issued', 'redeemed', 'expired', 'clawed_back', 'adjusted'))::int)), 0) AS points
          FROM entry WHERE program_id = $1),
        kept AS (SELECT coalesce(sum(available + pending + held - debt), 0) AS points
          FROM account WHERE program_id = $1)
        SELECT '', format('the entries brought %s points into accounts, which have %s', moved.points, kept.points)
        FROM moved, kept WHERE moved.points <> kept.points
        """,
    ),
    SetCheck(
        "customers_have_their_account",
        "Every customer has an account, from first sight on.",
        "SELECT count(*) FROM customer WHERE program_id = $1",
        """
        SELECT format('customer %s', customer_id), 'there is no account' FROM customer c WHERE program_id = $1
        AND NOT EXISTS (SELECT FROM account a WHERE a.program_id = $1 AND a.customer_id = c.customer_id)
        """,
    ),
    SetCheck(
        "events_tell_of_awards_as_they_are",
        "An event that names an award names one that is there, with its customer and version.",
        "SELECT count(*) FROM event WHERE program_id = $1 AND award_id IS NOT NULL",
        """
        SELECT format('event %s', e.event_id),
          format('award %s is not there, or of another account or version', e.award_id)
        FROM event e LEFT JOIN award a ON a.program_id = $1 AND a.award_id = e.award_id
        WHERE e.program_id = $1 AND e.award_id IS NOT NULL AND (a.award_id IS NULL
          OR (a.customer_id, a.account_version) IS DISTINCT FROM (e.customer_id, e.account_version))
        """,
    ),
)
OF_DATABASE = (
    SetCheck(
        "service_only_adds_to_the_ledger",
        "The role of the service may insert and read what was decided, and nothing else.",
        "SELECT 8",
        """
        SELECT format('table %s', t), format('%s has the right to change or delete', rolname)
        FROM unnest('{award,earning_rules,entry,event,lot_use,purchase_former,refund,seal}'::text[]) t
          JOIN pg_roles ON rolname = 'loyalty_app'
        WHERE has_any_column_privilege(rolname, t, 'UPDATE') OR has_table_privilege(rolname, t, 'DELETE, TRUNCATE')
        """,
    ),
    SetCheck(
        "database_keeps_the_promises_too",
        "The keys and checks of the tables are there, valid, and enforced.",
        "SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        """
        SELECT format('constraint %s', name), 'it is missing' FROM unnest('{account_never_below_zero,
          account_debt_is_repaid_first,entry_amount_is_positive,entry_moves_between_codes,entry_pk,refund_pk,
          lot_remaining_is_within_original,lot_use_lot_fk,award_account_fk,purchase_recorded_once}'::text[]) name
        WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conname = name AND connamespace = 'public'::regnamespace)
        UNION ALL SELECT format('constraint %s', conname), 'it is not valid, or not enforced' FROM pg_constraint c
        WHERE connamespace = 'public'::regnamespace
          AND (NOT convalidated OR to_jsonb(c) ->> 'conenforced' = 'false')
        UNION ALL SELECT format('table %s', tgrelid::regclass), 'its triggers are disabled, foreign keys with them'
        FROM pg_trigger JOIN pg_class t ON t.oid = tgrelid
        WHERE relnamespace = 'public'::regnamespace AND tgenabled = 'D' GROUP BY tgrelid
        """,
    ),
)
STRAYS = "rows_belong_together"
PROMISES = {check.name: check.promise for check in (*OF_PROGRAMME, *OF_DATABASE)} | {
    STRAYS: "Every row of the ledger belongs to an account or purchase of the same programme."
}


async def check_programme(connection: Connection, program_id: int, report: Report) -> None:
    """Ask the promises about a programme's tables."""
    for check in OF_PROGRAMME:
        await check.run(connection, report, f"program {program_id}", program_id)


async def check_database(connection: Connection, report: Report) -> None:
    """Ask the promises about the database that holds them all."""
    for check in OF_DATABASE:
        await check.run(connection, report, "database")
