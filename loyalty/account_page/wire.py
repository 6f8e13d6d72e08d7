"""What goes over the wire about members' own pages."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from loyalty.web.bounds import ShopId


class PageLinkMade(Struct):
    """A link to a member's own page. It is shown once: keep it from everybody but the member."""

    customer_id: ShopId
    url: Annotated[
        str, Meta(examples=["https://loyalty.shop.example/me/1.q8Lb3yTqf0pZ2Zk8gGvWm1u5nE7hXsKcR4aYdJtBoIw"])
    ]
    made_at: datetime
    expires_at: datetime
    request_id: str
