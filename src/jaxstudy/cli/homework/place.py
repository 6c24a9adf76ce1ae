"""Which homework, and where its grades lie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxstudy.homework.assignment import Assignment


def find(word: str) -> Assignment:
    """The homework that the word names, in the course here; a path needs no course.

    Raises:
        InputError: no homework is named so, or it can't be read.
    """
    from jaxstudy.course.config import load_course
    from jaxstudy.homework.assignment import SETTINGS, find_homework, load_assignment

    root = Path.cwd() if (Path(word) / SETTINGS).is_file() else load_course().root
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
