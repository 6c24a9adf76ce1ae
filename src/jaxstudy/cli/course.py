"""From words on the command line to a course and its lectures."""

from __future__ import annotations

from pathlib import Path

from jaxstudy.course.cells import SUFFIXES
from jaxstudy.course.config import Course, Settings, load_course
from jaxstudy.course.untaken import untaken
from jaxstudy.errors import InputError, Problem


def course_for(words: list[str]) -> tuple[Course, list[Path]]:
    """The course here and the lectures the words name; all of them for no words.

    Files from elsewhere need no course: the working directory then stands in for one.

    Raises:
        InputError: no course here, or a word that names nothing.
    """
    files = [Path(word) for word in words if Path(word).suffix in SUFFIXES]
    try:
        course = load_course()
    except InputError:
        if not words or len(files) < len(words):
            raise
        course = Course(Path.cwd(), Settings(), tuple(path.resolve() for path in files))
    if not words and not course.lectures:
        do = "write one with `jaxstudy new lecture 01_topic`"
        got = "; ".join(["none", *untaken(course)])
        raise InputError(Problem("lectures named 01_topic.py", got, do, course.root / "lectures"))
    return course, [course.find(word) for word in words] or list(course.lectures)


def size_for(full: bool) -> str:
    """`full` where the flag says so, else what JAXSTUDY_SIZE says."""
    from jaxstudy.build.versions import size_from

    return "full" if full else size_from()
