"""A key while it is asked for: the fields of the form, and what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from admin.format import Format
from admin.forms import Said
from loyalty.auth.scopes import EVERY, SCOPES
from loyalty.clock import utc_now
from loyalty.programs.staff import NewKey, StorefrontFacts

LONGEST_NAME = 64
LONGEST_STOREFRONT = 128
LIVES_DAYS = (30, 90, 180, 365)
NEVER = "never"
# For how many days an old key may go on beside the one that takes over from it.
OLD_LIVES_DAYS = (1, 7, 30)
_FEW = "some"


@dataclass(frozen=True)
class Draft:
    """The fields as they were filled in; `errors` by field, `""` for the whole. `wanted`: what to make of them."""

    name: str = ""
    storefront: str = ""
    new_storefront: str = ""
    every: bool = False
    scopes: Sequence[str] = ()
    lives: str = NEVER
    errors: Mapping[str, str] = field(default_factory=dict)
    wanted: NewKey | None = None

    @property
    def first_wrong(self) -> str:
        """The first field that is wrong, in the order of the form."""
        return next((name for name in ("name", "new_storefront", "scopes") if name in self.errors), "")


def opening(storefronts: Sequence[StorefrontFacts]) -> Draft:
    """Begin with the first storefront there is, and nothing allowed."""
    return Draft(storefront=storefronts[0].name if storefronts else "")


def draft_from(said: Said, storefronts: Sequence[StorefrontFacts], f: Format) -> Draft:
    """Read the form, and tell what is wrong with it."""
    words, errors = f.words, dict[str, str]()
    name, made = " ".join(_last(said, "name").split()), " ".join(_last(said, "new_storefront").split())
    chosen = next((one.name for one in storefronts if one.name == _last(said, "storefront")), "")
    every, lives = _last(said, "reach") != _FEW, _last(said, "lives")
    scopes = [scope for scope in SCOPES if scope in said.get("scopes", [])]
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        errors["name"] = words.gettext("Write a name of at most %(most)s characters.", most=f.number(LONGEST_NAME))
    if len(made) > LONGEST_STOREFRONT or not made.isprintable():
        most = f.number(LONGEST_STOREFRONT)
        errors["new_storefront"] = words.gettext("Write a name of at most %(most)s characters.", most=most)
    elif not (made or chosen):
        errors["new_storefront"] = words.gettext("Name the web shop or till that will use the key.")
    if not (every or scopes):
        errors["scopes"] = words.gettext("Choose at least one thing that the key may do.")
    days = next((days for days in LIVES_DAYS if str(days) == lives), None)
    draft = Draft(name, chosen, made, every, scopes, lives if days else NEVER, errors)
    if errors:
        return draft
    expires_at = utc_now() + timedelta(days=days) if days else None
    wanted = NewKey(made or chosen, name, [EVERY] if every else scopes, expires_at)
    return Draft(name, chosen, made, every, scopes, draft.lives, wanted=wanted)


def old_lives_of(said: Said) -> timedelta | None:
    """Read for how long an old key goes on; None: until somebody revokes it."""
    days = next((days for days in OLD_LIVES_DAYS if str(days) == _last(said, "old_lives")), None)
    return timedelta(days=days) if days else None


def _last(said: Said, name: str) -> str:
    return (said.get(name) or [""])[-1]
