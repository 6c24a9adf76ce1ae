"""Marks by which other tools know solutions and hidden tests: here they cut nothing, so a release stops at them.

What they look like is taken from the documentation of nbgrader ("Creating and grading assignments"), otter-grader
("Notebook format"), PrairieLearn, Quarto and MyST. Ordinary words (`hidden = 128  # hidden units`, "the solution of
the equation") are none: a mark stands alone on its line, in capitals, or among a cell's metadata.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jaxstudy.course.marker import MarkerError, parse_marker
from jaxstudy.course.percent import MARKER
from jaxstudy.errors import Problem

_FRAME = re.compile(r"^[\s#=*_~<>!\-\"'`:/|]+|[\s#=*_~<>!\-\"'`:/|]+$")
"""What may stand around a mark: comment signs, rules, emphasis, quotes."""
_NAMES = r"(?:solutions?|hidden(?: tests?)?|tests?|mark scheme|questions?|prompt|answers?|autotest|hashed autotest)"
_CAPITALS = r"SOLUTIONS?|HIDDEN(?: TESTS?)?|MARK SCHEME|ASSIGNMENT CONFIG|OTTER ASSIGN"
_ALONE = (
    re.compile(rf"^(?:begin|end) {_NAMES}$", re.IGNORECASE),
    re.compile(r"^(?:BEGIN|END) [A-Z][A-Z ]+$"),
    re.compile(rf"^(?:{_CAPITALS})\b(?![a-z ]*[a-z])"),
    re.compile(r"^(?:HASHED )?AUTOTEST\b"),
    re.compile(r"^(?:hidden tests?|mark scheme)$", re.IGNORECASE),
    re.compile(r"^(?:hidden|solution|is_hidden)\s*[:=]\s*true$", re.IGNORECASE),
)
_BESIDE_CODE = re.compile(r"#\s*(?:SOLUTIONS?|HIDDEN)\b(?: [A-Z ]+)?\s*:?\s*$|#\s*(?:BEGIN|END) (?:[A-Z]+ ?)+$")
_BLOCK = re.compile(
    r"\{\s*[.#:]?(?:solution|hidden)(?:-start|-end)?\b|:class:.*\bsolution|</?solution\b|"
    r"\b(?:class|id)=[\"'][^\"']*\b(?:solution|hidden-tests?)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:#+\s*)?(?:[*_]{1,3})?(?:(?:sample|model|reference|official)\s+)?solutions?(?:[*_]{1,3})?\s*"
    r"(?::|\.?$)",
    re.IGNORECASE,
)
_GRADE = re.compile(r"^\s*#\s?grade(?:\s*\(.*\))?\s*$")
_TAG = re.compile(r"solution|hidden|answer|instructor|teacher|grader|rubric|mark.?scheme|^remove[-_]", re.IGNORECASE)


def foreign_marks(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[Problem]:
    """A problem for every line that looks like a mark of a solution or of hidden tests.

    Args:
        path: of the script.
        lines: number and text of each line that students would get.
    """
    prose = False
    for number, line in lines:
        if MARKER.match(line):
            prose = any(word in line for word in ("[markdown]", "[md]"))
            found = _in_metadata(line)
        else:
            found = _in_line(line, prose)
        if found:
            do = (
                "put what students must not get between # BEGIN SOLUTION and # END SOLUTION, or into hidden.py; "
                "or word the line differently"
            )
            yield Problem(
                "no mark of a solution or of hidden tests in what students get", repr(found), do, path, number
            )


def _in_line(line: str, prose: bool) -> str:
    text = line.strip()
    bare = _FRAME.sub("", text)
    if text and any(mark.match(bare) for mark in _ALONE):
        return text
    if _GRADE.match(line) or (found := _BESIDE_CODE.search(line)):
        return text if _GRADE.match(line) or found is None else found[0]
    if text.startswith(("#", '"', "'")) or prose:
        said = text.removeprefix("#").strip()
        if (block := _BLOCK.search(said)) and (prose or said.startswith(("|", ":", "`", "<", "{"))):
            return block[0]
        if prose and _LABEL.match(said):
            return said[:60]
    return ""


def _in_metadata(line: str) -> str:
    try:
        _, metadata, _ = parse_marker(line.split("%%", 1)[1]) if "%%" in line else ("", {}, False)
    except MarkerError:
        return ""  # whoever reads the script says so
    tags = metadata.get("tags") or ()
    for tag in (tags,) if isinstance(tags, str) else tags:
        if _TAG.search(str(tag)):
            return f"tag {tag}"
    return _in_grading(metadata)


def _in_grading(metadata: dict[str, Any]) -> str:
    """nbgrader's own metadata: a cell that is a solution, a test that is graded, a task with its marks."""
    said = metadata.get("nbgrader")
    if isinstance(said, dict):
        told = [key for key in ("solution", "grade", "task") if said.get(key)]
        return f"nbgrader={json.dumps({key: said[key] for key in told})}" if told else ""
    for key, value in metadata.items():
        if re.search(r"solution|hidden", key, re.IGNORECASE) and value not in (False, 0, ""):
            return f"{key}={value!r}"
    return ""
