"""MkDocs' messages → problems that name the file a person edits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from jaxstudy.course import Course
from jaxstudy.errors import Problem
from jaxstudy.site.guides import FOLDER

_MESSAGE = re.compile(r"^(?:WARNING|ERROR)\s+-\s+(?P<text>.+)$")
_LINK = re.compile(r"^Doc file '(?P<page>[^']+)' contains (?:a link|an \w+ link|an absolute link) '(?P<target>[^']*)'")
_ANCHOR = re.compile(r"does not contain an anchor|there is no such anchor")
_TAIL_LINES = 6


def problems_in(log: str, course: Course) -> list[Problem]:
    """Every complaint in MkDocs' log; its last lines when none is understood."""
    messages = [match["text"].strip() for line in log.splitlines() if (match := _MESSAGE.match(line))]
    problems = [_problem(message, course) for message in dict.fromkeys(messages)]
    return problems or [_whole(log)]


def _problem(message: str, course: Course) -> Problem:
    link = _LINK.match(message)
    if link is None:
        return Problem("a site that builds strictly", message, "correct what it names", *_place_in(message, course))
    target = link["target"]
    path = source_of(link["page"], course)
    line = line_of(target, path) if path else None
    if _ANCHOR.search(message):
        do = "correct what stands behind the #: a step's id, or a heading in lower case with dashes"
        return Problem("a link to a place on a page", f"{target!r}, and no such place", do, path, line)
    do = "correct the link, or add the file beside the source"
    return Problem("a link to a file that is there", f"{target!r}", do, path, line)


def _place_in(message: str, course: Course) -> tuple[Path | None, int | None]:
    """The source of the first page that a message names."""
    for name in re.findall(r"'([^']+\.md)'", message):
        if path := source_of(name, course):
            return path, None
    return None, None


def source_of(page: str, course: Course) -> Path | None:
    """The lecture or the guide that a page of `build/docs` is made from."""
    folder, _, name = page.rpartition("/")
    if folder == "guides":
        return course.root / FOLDER / name
    if folder == "lectures":
        return next((path for path in course.lectures if path.stem == name.removesuffix(".md")), None)
    return None


def line_of(target: str, path: Path) -> int | None:
    """The first line that holds the link. On a page a lecture's link says `.md`, and files lie elsewhere."""
    text = path.read_text(encoding="utf-8-sig", errors="replace") if path.is_file() else ""
    place, _, anchor = target.partition("#")
    name = place.rpartition("/")[2]
    for wanted in _wordings(target, name, anchor):
        for number, line in enumerate(text.splitlines(), 1):
            if wanted in line:
                return number
    return None


def _wordings(target: str, name: str, anchor: str) -> Iterator[str]:
    yield f"]({target}"
    if anchor:
        yield f"#{anchor})"
    yield target
    if name:
        yield name
        yield f"({name.rpartition('.')[0]}."


def _whole(log: str) -> Problem:
    lines = [line for line in log.splitlines() if line.strip()]
    got = "\n".join(lines[-_TAIL_LINES:]) or "an exit without a word"
    return Problem("a site that builds", got, "run `mkdocs build --strict` to see it all")
