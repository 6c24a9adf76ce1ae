"""Words that say nothing about a subject."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).parents[1] / "assets" / "replay" / "common_words.txt"


@cache
def common_words() -> frozenset[str]:
    """English words, in small letters, that come in every talk."""
    return frozenset(_FILE.read_text(encoding="utf-8").split())
