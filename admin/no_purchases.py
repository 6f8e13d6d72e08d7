"""What stands where the figures of a programme will be, as long as it has no purchases."""

from collections.abc import Sequence
from typing import Literal

from litestar import Response

from admin.desk import Desk
from admin.pages import AnyRequest, page, reader_of
from admin.session import Visitor
from loyalty.clock import utc_now
from loyalty.programs.facts import ProgramFacts


def no_purchases(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    programs: Sequence[ProgramFacts],
    section: Literal["impact", "kpis", "liability"],
) -> Response[str]:
    """Say how purchases are brought in, on the page that needs them."""
    values = {
        "section": section,
        "origin": (program.data_origin or {}).get(reader_of(request).language, ""),
        "public_url": desk.public_url.rstrip("/"),
        "now": utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "no_purchases.html", {**shell, **values})
