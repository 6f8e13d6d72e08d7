"""Files of exports are stored as gzip; this unpacks one while it goes out, piece by piece."""

import zlib
from collections.abc import AsyncIterator

_GZIP = 16 + zlib.MAX_WBITS


async def unpacked(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Unpack a file."""
    unpacker = zlib.decompressobj(_GZIP)
    async for piece in pieces:
        yield unpacker.decompress(piece)
    yield unpacker.flush()
