"""All that `jaxstudy check` looks at, in one report."""

from __future__ import annotations

from pathlib import Path

from jaxstudy.build.lectures import Options, Targets, build_lectures
from jaxstudy.build.lint import lint
from jaxstudy.build.versions import size_from
from jaxstudy.cli.show import building
from jaxstudy.course import Course, Lecture, read_lecture
from jaxstudy.course.concepts import check_concepts
from jaxstudy.errors import FoundWanting, InputError, Problem


def check_lectures(course: Course, paths: list[Path], screen: bool) -> int:
    """How many lectures passed.

    Raises:
        InputError: files that can't be read as lectures (all problems of all of them).
        FoundWanting: every finding.
    """
    lectures = read_all(paths)
    found = [problem for lecture in lectures for problem in lint(lecture)]
    if len(paths) == len(course.lectures):
        found += check_concepts(lectures)
    if screen:
        found += _on_screen(course, lectures)
    if found:
        raise FoundWanting(*found)
    return len(lectures)


def read_all(paths: list[Path]) -> list[Lecture]:
    """Every lecture, or every problem of every one."""
    lectures: list[Lecture] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            lectures.append(read_lecture(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    return lectures


def _on_screen(course: Course, lectures: list[Lecture]) -> list[Problem]:
    from jaxstudy.build.screen import check_screen

    with building() as on_event:
        build_lectures(course, [lecture.path for lecture in lectures], Options(size_from()), on_event)
    decks = ((lecture, Targets.of(course, lecture.path).deck) for lecture in lectures)
    return [problem for lecture, deck in decks for problem in check_screen(lecture, deck)]
