"""Headings of Markdown cells and the slugs made of them."""

from __future__ import annotations

import re
import unicodedata

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_TAG = re.compile(r"<[^>]*>")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


def first_heading(source: str) -> tuple[int, str] | None:
    """Level (1–6) and plain text of the first heading outside code fences, or None."""
    fenced = False
    for line in source.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (found := _HEADING.match(line)):
            return len(found.group(1)), plain(found.group(2))
    return None


def plain(markdown: str) -> str:
    """Inline Markdown without its marks: `**loss** of [JAX](…)` → `loss of JAX`."""
    text = _LINK.sub(r"\1", _TAG.sub("", markdown))
    return re.sub(r"(\*\*|__|`|(?<!\w)[*_]|[*_](?!\w))", "", text).strip()


def slug(text: str) -> str:
    """Lower-case ASCII words joined by `-`: `Élan vital: x²` → `elan-vital-x2`; `section` when nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-") or "section"
