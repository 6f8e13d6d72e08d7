"""A link as a picture that a phone's camera reads. Pure."""

from io import BytesIO

import segno

# Quiet zone and scale in modules: what ISO/IEC 18004 asks for, and large enough to print.
_BORDER, _SCALE = 4, 8


def qr_svg(text: str) -> bytes:
    """Draw a text as a QR code: an SVG of its own, dark on white, error correction M or better."""
    written = BytesIO()
    segno.make(text, error="m", micro=False).save(
        written, kind="svg", scale=_SCALE, border=_BORDER, light="#fff", xmldecl=False, svgclass=None, lineclass=None
    )
    return written.getvalue()
