"""Where an answer stands that no check can find: in a text cell, in a comment, above a starter that was copied again.

A student's text is searched by lines here, never parsed: it may be hostile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from jaxstudy.errors import near
from jaxstudy.homework.sources import Source, cells_of_source

_MARKER = re.compile(r"^#\s*%%")
_PROSE = ("[markdown]", "[md]", "[raw]")
_TOP = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_STARTER = "your turn"
_QUOTES = ('"""', "'''")


def why_not_found(source: Source, name: str) -> str:
    """In words for the student, where an answer with this name stands instead; empty: nowhere."""
    found = next(_places(source, name), "")
    if found:
        return found
    names = {known for cell in cells_of_source(source) for known in _TOP.findall(cell.source)}
    hint = near(name, sorted(names))
    return f"the file defines another name{hint}" if hint else ""


def why_untouched(source: Source, name: str) -> str:
    """In words for the student, which answer is undone by a starter that stands below it; empty: none."""
    defined = re.compile(rf"^(?:async\s+def|def|class)\s+{re.escape(name)}\b", re.MULTILINE)
    places = []
    for cell in cells_of_source(source):
        starts = [found.start() for found in defined.finditer(cell.source)]
        for start, end in pairwise([*starts, len(cell.source)]):
            body = re.split(r"\n(?=[^\s#)\]}])", cell.source[start:end], maxsplit=1)[0]
            places.append((cell.name, _STARTER not in body))
    if not places or places[-1][1]:
        return ""
    answered = next((where for where, written in reversed(places) if written), "")
    if not answered:
        return ""
    return f"{answered} answers it, and the starter in {places[-1][0]}, below it, takes its place: remove that one"


def _places(source: Source, name: str) -> Iterator[str]:
    anywhere = re.compile(rf"^\s*(?:#\s*)*(?:async\s+def|def|class)\s+{re.escape(name)}\b", re.MULTILINE)
    for number, text in enumerate(source.prose, 1):
        if anywhere.search(text):
            yield f"it stands in a Markdown (text) cell, the {_ordinal(number)} of the notebook: make that a code cell"
    removed = re.compile(rf"^\s*del\s+.*\b{re.escape(name)}\b", re.MULTILINE)
    for cell in cells_of_source(source):
        if (found := anywhere.search(cell.source)) is None:
            continue
        lines = cell.source.split("\n")
        number = cell.source.count("\n", 0, found.end())
        line, where = lines[number], f"{cell.name}, line {number + 1}"
        if any(_MARKER.match(head) and any(word in head for word in _PROSE) for head in lines[:1]):
            yield f"it stands in a Markdown (text) cell, {cell.name}: make that a code cell"
        elif line.lstrip().startswith("#"):
            yield f"it stands in a comment ({where}): remove the #"
        elif any(cell.source[: found.start()].count(quotes) % 2 for quotes in _QUOTES):
            yield f"it stands in a text between quotes ({where})"
        elif line[:1] in (" ", "\t"):
            yield f"it is indented, inside of something else ({where}): begin it at the margin"
        elif removed.search(cell.source, found.end()):
            yield f"it is deleted again ({where})"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} text cell"
