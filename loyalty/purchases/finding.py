"""Looking for purchases by how the shop's number begins."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection

# One range of the unique index a storefront; U+10FFFF comes after whatever begins so. Where the database sorts by
# words instead of bytes, a number in full is found all the same.
_ORDERS = """
SELECT p.purchase_id, p.order_id, s.name AS storefront, p.placed_at, p.goods_minor,
  coalesce(c.merged_into, c.customer_id) AS customer_id
FROM storefront s
CROSS JOIN LATERAL (
  SELECT * FROM (
    SELECT purchase_id, order_id, customer_id, placed_at, goods_minor FROM purchase
    WHERE program_id = $1 AND storefront_id = s.storefront_id AND order_id = $2 AND ($4::bool OR state = 'recorded')
    UNION
    SELECT * FROM (SELECT purchase_id, order_id, customer_id, placed_at, goods_minor FROM purchase
      WHERE program_id = $1 AND storefront_id = s.storefront_id AND ($4::bool OR state = 'recorded')
        AND order_id >= $2 AND order_id < $2 || chr(1114111) AND starts_with(order_id, $2)
      ORDER BY order_id LIMIT $3) r) o OFFSET 0) p
LEFT JOIN customer c ON c.program_id = $1 AND c.customer_id = p.customer_id
WHERE s.program_id = $1 ORDER BY p.order_id <> $2, p.order_id, s.name LIMIT $3
"""


class OrderFound(Struct, frozen=True):
    """A purchase that was found; `customer_id` None: of nobody. Money in minor units of the programme's currency.

    Of one that only refunds told of yet there is neither time nor money.
    """

    purchase_id: UUID
    order_id: str
    storefront: str
    placed_at: datetime | None
    goods_minor: int | None
    customer_id: UUID | None


async def find_orders(
    connection: Connection, program_id: int, text: str, most: int, *, every_state: bool = False
) -> list[OrderFound]:
    """Find purchases whose number is the text, then those whose number begins so."""
    rows = await connection.fetch(_ORDERS, program_id, text, most, every_state)
    return [OrderFound(**dict(row)) for row in rows]
