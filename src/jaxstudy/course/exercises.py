"""The solution region of an exercise: `# BEGIN SOLUTION` … `# END SOLUTION`."""

from __future__ import annotations

import re

_MARKER = re.compile(r"^[ \t]*# (BEGIN|END) SOLUTION[ \t]*\n?", re.MULTILINE)


def without_markers(source: str) -> str:
    """The code with its solution, as slides and pages show it: the marker lines gone."""
    return _MARKER.sub("", source).rstrip("\n")
