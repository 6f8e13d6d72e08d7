"""Looking for persons by how their name, e-mail or the shop's id begins; in a million of them within 100 ms."""

from uuid import UUID

from loyalty.database import Connection

# Of a name every word may begin so: people are looked for by their last names too. What the index finds by words is
# looked at again as it stands: "nora w" means these letters in this order.
BEGINS = """(starts_with(lower(name), lower($2)) OR position(' ' || lower($2) IN lower(name)) > 0
  OR starts_with(lower(email), lower($2)))"""
# As the indexes have it, which PostgreSQL knows by the letter (`tables.py`).
WORDS = (
    "array_to_tsvector(array_remove(string_to_array("
    "lower((COALESCE(name, '') || ' ') || COALESCE(email, '')), ' '), ''))"
)
# The words of a text, of which the last may go on: 'nora' & 'w':*
_ASKED = (
    r"""('''' || replace(replace(replace(lower($2), '\', '\\'), '''', ''''''), ' ', ''' & ''') || ''':*')::tsquery"""
)
# U+10FFFF, the last there is: every id that begins so comes before it. By bytes, whatever the database sorts by.
_IDS = "program_id = $1 AND lower(external_id) ~>=~ lower($2) AND lower(external_id) ~<~ (lower($2) || chr(1114111))"
_FEW = f"""
SELECT customer_id, bool_or(exact) AS exact, max(n) AS n FROM (
  SELECT *, count(*) OVER () AS n FROM (
    SELECT customer_id, external_id = $2 AS exact FROM customer_alias WHERE {_IDS} LIMIT $3) a
  UNION ALL
  SELECT *, count(*) OVER () FROM (
    SELECT customer_id, false FROM customer WHERE program_id = $1 AND {WORDS} @@ {_ASKED} AND {BEGINS} LIMIT $3) c) f
GROUP BY customer_id
"""  # noqa: S608 - constants of this file
# The planner cannot know how few have a word, and would read the whole table where it guesses too many.
_BY_INDEX = "SELECT set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_custom_plan', true)"


async def few(connection: Connection, program_id: int, text: str, most: int) -> dict[UUID, bool] | None:
    """Find customers, and whether an id of theirs is exactly the text; None when more than `most` begin so."""
    async with connection.transaction():
        await connection.execute(_BY_INDEX)
        rows = await connection.fetch(_FEW, program_id, " ".join(text.split()), most + 1)
    if any(row["n"] > most for row in rows):
        return None
    return {row["customer_id"]: row["exact"] for row in rows}
