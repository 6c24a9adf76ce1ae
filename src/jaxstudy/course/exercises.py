"""The solution region of an exercise: `# BEGIN SOLUTION` … `# END SOLUTION`."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

MARKER = re.compile(r"^[ \t]*# (BEGIN|END) SOLUTION[ \t]*(?:\n|$)", re.MULTILINE)
"""A marker's line, its end included."""


def starter(source: str) -> str:
    """What stands before the solution: what an exercise shows before it is solved; empty where there is no solution."""
    found = next((found for found in MARKER.finditer(source) if found[1] == "BEGIN"), None)
    return source[: found.start()].rstrip() if found else ""


def with_markers(marked: str, now: str) -> str:
    """`now`, an edited `without_markers(marked)`, with the marker lines put back between the lines they stood between.

    Where a line beside a marker is gone, the marker goes to the nearest that is left.
    """
    lines = marked.split("\n")
    plain = [line for line in lines if not MARKER.match(line)]
    new = now.split("\n")
    place = _places(plain, new)
    out, at, seen = list[str](), 0, 0
    for line in lines:
        if not MARKER.match(line):
            seen += 1
            continue
        upto = place[seen] if line.strip() == "# BEGIN SOLUTION" else max(place[seen], at)
        out += [*new[at:upto], line]
        at = upto
    return "\n".join([*out, *new[at:]])


def _places(before: list[str], now: list[str]) -> list[int]:
    """For each gap between lines (0: above the first), where it is in the new text."""
    places = [0] * (len(before) + 1)
    for _, i, i_end, j, j_end in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        for gap in range(i + 1, i_end + 1):
            places[gap] = j_end if gap == i_end else min(j + gap - i, j_end)
    places[-1] = len(now)
    return places


def without_markers(source: str) -> str:
    """The code with its solution, as slides and pages show it: the marker lines gone."""
    return MARKER.sub("", source).rstrip("\n")
