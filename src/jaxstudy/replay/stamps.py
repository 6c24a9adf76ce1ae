"""Times as people and files write them → seconds."""

from __future__ import annotations

import math
import re

_STAMP = re.compile(r"^(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,6}))?$")
LONGEST = 100 * 3600.0
"""Seconds; a time past this is a mistake."""


def seconds_of(text: str) -> float | None:
    """Seconds of `1:02:03.5`, `00:01:02,500`, `62:03`; None for anything else."""
    found = _STAMP.match(text.strip())
    if found is None or int(found[3]) > 59:
        return None
    hours, minutes = int(found[1] or 0), int(found[2])
    if found[1] is not None and minutes > 59:
        return None
    value = hours * 3600 + minutes * 60 + int(found[3]) + float(f"0.{found[4] or 0}")
    return value if value <= LONGEST else None


def number_of(value: object, scale: float = 1.0) -> float | None:
    """Seconds of a JSON or XML number, in seconds times `scale`; None where it is no time."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value) * scale
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and 0 <= seconds <= LONGEST else None
