"""Why a key cannot be made, with its lasting code."""

from loyalty.errors import Conflict


class KeysEnough(Conflict):
    """Two keys of that name are live already, which is what a rotation takes."""

    code = "two_keys_live"
