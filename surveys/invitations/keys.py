"""Where the keys come from that make the secrets in links: the operator's, or a file beside the embedded servers."""

import os
from contextlib import suppress
from pathlib import Path
from secrets import token_bytes

from loyalty.settings import Settings
from surveys.invitations.tokens import Keyring

_FILE = "link.key"
_BYTES = 32


def keyring(settings: Settings) -> Keyring:
    """Give the keys of this installation; none where nobody set one, and there is no place to keep one."""
    if settings.link_keys:
        return Keyring([key.get_secret_value().encode() for key in settings.link_keys])
    return Keyring([_kept(settings.home / _FILE)] if settings.home.is_dir() else [])


def _kept(file: Path) -> bytes:
    """Read the key in a file that only we may read; the first who asks makes it, whole or not at all."""
    if not file.exists():
        aside = file.with_name(f"{_FILE}.{os.getpid()}")
        aside.touch(mode=0o600)
        aside.write_bytes(token_bytes(_BYTES))
        with suppress(FileExistsError):
            # Unlike a rename, a link never replaces the key of who was faster.
            os.link(aside, file)
        aside.unlink()
    return file.read_bytes()
