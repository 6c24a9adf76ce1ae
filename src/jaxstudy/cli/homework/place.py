"""Which homework, and where its grades lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxstudy.course import Course
    from jaxstudy.homework.assignment import Assignment


def find(word: str) -> Assignment:
    """The homework that the word names, in the course here; a path needs no course.

    Raises:
        InputError: no homework is named so, or it can't be read.
    """
    from dataclasses import replace

    from jaxstudy.course.config import load_course
    from jaxstudy.errors import InputError
    from jaxstudy.homework.assignment import SETTINGS, find_homework, load_assignment

    if (Path(word) / SETTINGS).is_file():
        return load_assignment(find_homework(Path.cwd(), word))
    try:
        root = load_course().root
    except InputError as error:
        (first, *others) = error.problems
        raise InputError(
            replace(first, do=f"{first.do}; or give the homework's folder: …/{SETTINGS} lies in it"), *others
        ) from error
    return load_assignment(find_homework(root, word))


def grades_of(assignment: Assignment) -> Path:
    """Where its grades go: `build/grades/NN_topic` of the course here."""
    from jaxstudy.course.config import load_course
    from jaxstudy.errors import InputError

    try:
        build = load_course().build
    except InputError:
        build = Path.cwd() / "build"
    return build / "grades" / assignment.name


def every(words: list[str]) -> tuple[Course, list[Assignment]]:
    """The course here and the homeworks that the words name; all of them for no words.

    Raises:
        InputError: no course here, no homework in it, a word that names none, or one that can't be read.
    """
    from jaxstudy.course.config import load_course
    from jaxstudy.errors import InputError, Problem
    from jaxstudy.homework.assignment import find_homework, homework_folders, load_assignment

    course = load_course()
    if not words and not homework_folders(course.root):
        do = "write one with `jaxstudy homework new 01_topic`"
        raise InputError(Problem("homework", "none", do, course.root / "homework"))
    folders = [find_homework(course.root, word) for word in words] or homework_folders(course.root)
    return course, [load_assignment(folder) for folder in folders]
