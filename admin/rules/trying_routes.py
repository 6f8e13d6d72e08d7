"""The address that tries rules on a basket. It changes nothing, so all of it is in the address."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import replace

from admin.desk import Desk
from admin.forms import Said
from admin.members.addresses import LONGEST
from admin.pages import AnyRequest
from admin.rules.addresses import RULES
from admin.rules.routes import Opened, last, opened
from admin.rules.trying import Outcome, Tried, make_outcome, make_try, meant, read_basket
from admin.session import Visitor
from loyalty.earning.facts import DraftFacts
from loyalty.errors import Invalid, NotFound
from loyalty.members.people import Found, Search

_MOST_PEOPLE = 8


@get(f"{RULES}/try")
async def trial(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Try rules on a basket: those in force then, or those of a draft; of a customer, or of a new member."""
    at = await opened(request, program_id, desk, visitor)
    said = _said(request)
    draft = at.draft(last(said, "draft")) if last(said, "draft") else None
    tried = read_basket(said, at.program, at.f)
    found = await _people(at, tried)
    outcome, refusal = await _outcome(at, draft, tried, found)
    wrong = tried.asked and outcome is None
    shown = make_try(at.program, at.seen, draft, tried, found if wrong else [], outcome, at.f, refusal=refusal)
    return await at.show("rules_try.html", shown, status=422 if wrong else 200)


async def _outcome(
    at: Opened, draft: DraftFacts | None, tried: Tried, found: list[Found]
) -> tuple[Outcome | None, str]:
    """Give what the basket earns, or what is wrong with it as a whole."""
    words, customer_id = at.f.words, meant(found, tried)
    if not tried.asked:
        return None, ""
    if tried.told is None:
        return None, "" if tried.is_wrong else words.gettext("Write an amount, or a product with its amount.")
    if tried.customer and customer_id is None:
        return None, words.gettext("Choose who is meant.") if found else words.gettext("Nobody is called so.")
    told = replace(tried.told, draft_id=draft.draft_id if draft else None)
    try:
        done = await at.desk.rules.tried(at.program, told, customer_id)
    except (Invalid, NotFound) as refusal:
        return None, _refused(refusal, at)
    someone = next((one for one in found if one.customer_id == customer_id), None)
    return make_outcome(at.program, at.seen, draft, told, done, someone, at.f), ""


def _refused(refusal: Invalid | NotFound, at: Opened) -> str:
    words = at.f.words
    if isinstance(refusal, NotFound):
        return words.gettext("Nobody is called so.")
    if refusal.pointer and refusal.pointer.startswith("/lines"):
        return words.gettext("The products do not add up to the amount. Leave it empty to have them added.")
    return words.gettext("No purchase can be placed then, or of that amount.")


async def _people(at: Opened, tried: Tried) -> list[Found]:
    text = "".join(c for c in tried.customer if c.isprintable()).strip()[:LONGEST]
    if not text:
        return []
    return list((await at.desk.people(at.program, Search(text, "all", None))).people)[:_MOST_PEOPLE]


def _said(request: AnyRequest) -> Said:
    said: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        said.setdefault(name, []).append(str(value).strip())
    return said


ROUTES = [trial]
