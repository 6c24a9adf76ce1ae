"""Outputs as an audience can read them: short, calm, without terminal codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

LONGEST = 18
"""Lines of text output that are shown whole; of more, the first and the last ones."""
HEAD, TAIL = 9, 4
WIDEST = 600
"""Characters of one line that are shown."""
MESSAGE = 8
"""Lines of an error's message that are shown; the traceback holds the rest."""
TRACEBACK = 14
"""Last lines of a traceback that are kept, folded away."""

_PRIORITY = (
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "text/latex",
    "image/png",
    "image/jpeg",
    "text/plain",
)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[@-~]|\x1b\][^\x07]*\x07|[\x00-\x08\x0b-\x1f\x7f]")
_TRUE_COLOUR = re.compile(r'(<span(?: class="[^"]*")?) style="[^"]*"')
_PACKAGES = re.compile(r"(?:~|[A-Za-z]:)?[/\\][^\s:\"'<>]*[/\\](?:site|dist)-packages[/\\]")
_CELL_FILE = re.compile(r"[^\s\"'<>]*ipykernel_\d+[/\\]\d+\.py")


class Short(NamedTuple):
    """A text cut in the middle: what is shown before and after, and how many lines are left out."""

    head: str
    left_out: int
    tail: str


class Error(NamedTuple):
    """An error as shown: its kind and message, and the folded end of its traceback."""

    message: str
    traceback: str
    lines: int


def shortened(text: str) -> Short:
    """A text output, cut to what fits on a slide."""
    lines = [line if len(line) <= WIDEST else line[:WIDEST] + " …" for line in text.rstrip("\n").split("\n")]
    if len(lines) <= LONGEST:
        return Short("\n".join(lines), 0, "")
    return Short("\n".join(lines[:HEAD]), len(lines) - HEAD - TAIL, "\n".join(lines[-TAIL:]))


def error_parts(output: Mapping[str, Any]) -> Error:
    """An error output, its message first, the builder's own folders and terminal codes taken out."""
    name, value = output.get("ename", "Error"), plain(output.get("evalue", "")).strip()
    message = (f"{name}: {value}" if value else str(name)).split("\n")
    if len(message) > MESSAGE:
        message = [*message[:MESSAGE], "…"]
    trace = plain("\n".join(output.get("traceback", []))).strip("\n").split("\n")
    return Error("\n".join(message), "\n".join(trace[-TRACEBACK:]), min(len(trace), TRACEBACK))


def plain(text: str) -> str:
    """The text without terminal codes, and without the names of this machine's folders."""
    return _CELL_FILE.sub("<cell>", _PACKAGES.sub("…/", _ESCAPES.sub("", text)))


def coloured(text: str) -> str:
    """Terminal text as HTML, escaped; the sixteen named colours become classes, others are dropped: they are chosen
    for a terminal's background, and would not be legible in both of our themes."""
    from nbconvert.filters.ansi import ansi2html

    return _TRUE_COLOUR.sub(r"\1", str(ansi2html(text)))


def best_type(data: Mapping[str, Any]) -> list[str]:
    """The one mime type of an output that a deck can show best; none for a widget that has nothing else."""
    return [kind for kind in _PRIORITY if kind in data][:1]
