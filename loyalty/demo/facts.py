"""What the demo programme is, and where its files lie."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from loyalty.programs.facts import ProgramFacts

PROGRAM = "Complete Journey"
STOREFRONT = "Complete Journey shop"
TIMEZONE = "America/New_York"
CURRENCY = "USD"
# The panel opens on the last month of the sample.
DEFAULT_PERIOD = "2017-12"
LAST_DAY = date(2017, 12, 31)
DATA_ORIGIN = {
    "en": (
        "Public 84.51° Complete Journey sample, 2017. Memberships are stand-ins: a household counts as a member from"
        " the first campaign it received."
    ),
    "fr": (
        "Échantillon public 84.51° Complete Journey, 2017. Les adhésions sont des substituts : un foyer compte comme"
        " membre dès la première campagne qu’il a reçue."
    ),
}
# A household of the sample that is a member, for the purchase that the visitor is invited to make.
SOME_MEMBER = "1"

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Chapter:
    """One file of the sample, in the order in which they are loaded: to join is quickest before there are purchases."""

    kind: str
    path: Path
    of_storefront: bool


CHAPTERS = (
    Chapter("members", _DATA / "completejourney_members_A_targeted.csv.gz", of_storefront=False),
    Chapter("purchases", _DATA / "completejourney_orders.csv.gz", of_storefront=True),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo programme and its storefront, as they are in the database."""

    program: ProgramFacts
    storefront_id: int
    namespace: str
