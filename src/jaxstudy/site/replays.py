"""The course's replays → pages of the site's sources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jaxstudy.build.built import BuiltLecture
from jaxstudy.course import Course
from jaxstudy.errors import InputError, Problem
from jaxstudy.replay.extras import check_installed
from jaxstudy.replay.published import Replay, read_replay, replay_files
from jaxstudy.site.files import Content
from jaxstudy.site.replay_page import ReplayPage, replay_page

_ASSETS = Path(__file__).parents[1] / "assets" / "replay"


def replay_pages(course: Course, built: Sequence[BuiltLecture]) -> list[ReplayPage]:
    """A page for each `replays/<name>/replay.toml`, by name.

    Raises:
        InputError: whatever is wrong with any of them.
        ToolMissing: the extra `replay` is not installed, and there are replays.
    """
    paths = replay_files(course.root)
    if not paths:
        return []
    check_installed()
    lectures = {item.lecture.name: item for item in built}
    names = tuple(path.stem for path in course.lectures)
    pages: list[ReplayPage] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            replay = read_replay(path, names)
            pages.append(replay_page(replay, _built(replay, lectures)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    return pages


def _built(replay: Replay, lectures: dict[str, BuiltLecture]) -> BuiltLecture | None:
    if not replay.lecture:
        return None
    if replay.lecture not in lectures:
        do = f"run `jaxstudy build {replay.lecture.split('_')[0]}`"
        raise InputError(Problem("the built lecture of the talk", f"no {replay.lecture}", do, replay.path))
    return lectures[replay.lecture]


def replay_assets(pages: Sequence[ReplayPage]) -> dict[str, Content]:
    """Script and style of the pages; none where there are no pages."""
    return {f"assets/{name}": _ASSETS / name for name in ("replay.js", "replay.css")} if pages else {}
