"""Addresses as pictures for a phone's camera."""

from __future__ import annotations

import io


def qr_svg(address: str) -> bytes:
    """The address as a QR code, black on white with its quiet zone, as an SVG that scales."""
    import segno  # only where there is an audience

    out = io.BytesIO()
    code = segno.make(address, micro=False, error="m")
    code.save(out, kind="svg", border=4, dark="#000", light="#fff", omitsize=True, xmldecl=False, nl=False)
    return out.getvalue()
