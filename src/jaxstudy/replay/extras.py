"""Whether the packages of the extra `replay` are here."""

from __future__ import annotations

import importlib.util

from jaxstudy.errors import Problem, ToolMissing
from jaxstudy.installing import extra_words

_PACKAGES = ("jellyfish", "rapidfuzz", "tomlkit", "webvtt")


def check_installed() -> None:
    """Nothing, where all that transcripts need is installed.

    Raises:
        ToolMissing: what is not, and how to get it.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ToolMissing(
            Problem("the packages of the extra `replay`", f"no {', '.join(missing)}", f"run: {extra_words('replay')}")
        )
