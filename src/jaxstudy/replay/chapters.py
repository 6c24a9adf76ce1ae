"""`talk.chapters.toml`: which section starts at which second. Made by `align`, mended by a person, then kept."""

from __future__ import annotations

import itertools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxstudy.atomic import write_atomically
from jaxstudy.errors import InputError, Problem, near
from jaxstudy.replay.stamps import LONGEST, seconds_of
from jaxstudy.replay.transcript import clock

VERSION = 1
ENDING = "chapters.toml"
_KEYS = ("version", "lecture", "transcript", "offset", "not-taught", "chapter")
_CHAPTER_KEYS = ("start", "section", "title", "confidence", "steps")
_LEAST, _SHORTEST, _TITLE = 3, 10.0, 100


@dataclass(frozen=True, slots=True)
class StepStart:
    """A step of a section, and the second at which it comes up."""

    step: str
    start: float


@dataclass(frozen=True, slots=True)
class Chapter:
    """A section that was taught."""

    start: float
    """Seconds into the recording."""
    section: str
    """The id of the section's first step; empty where the talk left the lecture."""
    title: str
    confidence: float = 1.0
    """0…1, as `align` judged it; 1 where a recording or a person says so."""
    steps: tuple[StepStart, ...] = ()

    def __str__(self) -> str:
        return f"{clock(self.start)} {self.title}"


@dataclass(frozen=True, slots=True)
class Chapters:
    """A whole file."""

    lecture: str
    transcript: str
    """File name of the transcript that the seconds belong to."""
    chapters: tuple[Chapter, ...]
    not_taught: tuple[str, ...] = ()
    """Ids of sections that were left out."""
    offset: float | None = None
    """Seconds to add to a transcript's time to get the recording's; None without a recording."""


def read_chapters(path: Path) -> Chapters:
    """The chapters in the file.

    Raises:
        InputError: no such file, no TOML, unknown keys, times that can't be read or don't ascend: all of them.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except OSError as error:
        do = "make it with `jaxstudy replay align`"
        raise InputError(Problem("a chapters file", error.strerror or str(error), do, path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"line (\d+)", str(error))
        problem = Problem("TOML", str(error), "see toml.io", path, int(line[1]) if line else None)
        raise InputError(problem) from error
    reader = _Reader(path, text)
    chapters = reader.chapters(raw)
    if reader.problems:
        raise InputError(*reader.problems)
    return chapters


class _Reader:
    """Checks one value at a time and writes down what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.problems, self.at = path, list[Problem](), 1
        lines = text.splitlines()
        self.starts = [number for number, line in enumerate(lines, 1) if line.strip() == "[[chapter]]"]

    def wrong(self, expected: str, got: str, do: str) -> None:
        self.problems.append(Problem(expected, got, do, self.path, self.at))

    def chapters(self, raw: dict[str, Any]) -> Chapters:
        self.known(raw, _KEYS)
        if raw.get("version") != VERSION:
            self.wrong(f"version = {VERSION}", repr(raw.get("version")), "make the file again with `align --afresh`")
        entries = raw.get("chapter", [])
        found = [self.chapter(number, entry) for number, entry in enumerate(entries)] if self.list(entries) else []
        for before, after in itertools.pairwise(found):
            if after.start <= before.start:
                self.at = self.starts[found.index(after)] if len(self.starts) == len(found) else 1
                got = f"{after} after {before}"
                self.wrong("starts that ascend", got, "put the chapters in order of time")
        offset, skipped = raw.get("offset"), raw.get("not-taught", [])
        if offset is not None and (isinstance(offset, bool) or not isinstance(offset, int | float)):
            self.wrong("offset in seconds", repr(offset), "write offset = 12.5, say")
            offset = None
        skipped = [str(one) for one in skipped] if self.list(skipped) else []
        return Chapters(
            str(raw.get("lecture", "")), str(raw.get("transcript", "")), tuple(found), tuple(skipped), offset
        )

    def chapter(self, number: int, entry: Any) -> Chapter:
        self.at = self.starts[number] if number < len(self.starts) else 1
        if not isinstance(entry, dict):
            self.wrong("a [[chapter]]", repr(entry)[:60], "write start and title under [[chapter]]")
            return Chapter(0.0, "", "")
        self.known(entry, _CHAPTER_KEYS)
        title, sure = entry.get("title"), entry.get("confidence", 1.0)
        if not isinstance(title, str) or not title.strip():
            self.wrong('title = "…"', repr(title), "name the chapter")
        if isinstance(sure, bool) or not isinstance(sure, int | float):
            self.wrong("confidence between 0 and 1", repr(sure), "remove it")
            sure = 1.0
        steps = entry.get("steps", [])
        pairs = [one for one in steps if isinstance(one, dict)] if self.list(steps) else []
        found = tuple(StepStart(str(one.get("step", "")), self.time(one.get("start"))) for one in pairs)
        section = str(entry.get("section", ""))
        return Chapter(self.time(entry.get("start")), section, str(title).strip(), float(sure), found)

    def time(self, value: Any) -> float:
        seconds = seconds_of(value) if isinstance(value, str) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST:
            seconds = float(value)
        if seconds is None:
            self.wrong('a time like "0:12:34"', repr(value), "write hours:minutes:seconds in quotes")
        return seconds or 0.0

    def list(self, value: Any) -> bool:
        if not isinstance(value, list):
            self.wrong("a list", repr(value)[:60], "put it in [ ]")
        return isinstance(value, list)

    def known(self, table: dict[str, Any], keys: tuple[str, ...]) -> None:
        for key in sorted(set(table) - set(keys)):
            self.wrong(f"one of {', '.join(keys)}", repr(key) + near(key, keys), "rename or remove the key")


def write_chapters(chapters: Chapters, path: Path) -> Path:
    """The file, with a word on how to edit it."""
    import tomlkit

    document = tomlkit.document()
    document.add(
        tomlkit.comment("Made by `jaxstudy replay align`. Edit it: starts and titles that stand here are kept")
    )
    document.add(tomlkit.comment("when the lecture changes and it is aligned again; a removed chapter is found again."))
    document["version"] = VERSION
    document["lecture"] = chapters.lecture
    document["transcript"] = chapters.transcript
    if chapters.offset is not None:
        document["offset"] = round(chapters.offset, 2)
    document["not-taught"] = list(chapters.not_taught)
    tables = tomlkit.aot()
    for chapter in chapters.chapters:
        table = tomlkit.table()
        table.update({"start": clock(chapter.start), "section": chapter.section, "title": chapter.title})
        table["confidence"] = round(chapter.confidence, 2)
        if chapter.steps:
            table["steps"] = _steps(chapter.steps)
        tables.append(table)
    document["chapter"] = tables
    write_atomically(path, tomlkit.dumps(document))
    return path


def _steps(steps: tuple[StepStart, ...]) -> Any:
    import tomlkit

    array = tomlkit.array().multiline(True)
    for one in steps:
        array.append(tomlkit.inline_table().add("start", clock(one.start)).add("step", one.step))
    return array


def youtube(chapters: Chapters, path: Path) -> str:
    """The chapters as YouTube takes them in a description: a line each, the first at 0:00.

    Raises:
        InputError: what YouTube would refuse without a word: fewer than three, one of less than ten seconds.
    """
    found = list(chapters.chapters)
    problems = []
    if found and found[0].start > 0:
        if found[0].start >= _SHORTEST:
            found.insert(0, Chapter(0.0, "", "Before we start"))
        else:
            found[0] = Chapter(0.0, found[0].section, found[0].title)
    if len(found) < _LEAST:
        do = "split a chapter, or leave YouTube without"
        problems.append(Problem(f"{_LEAST} chapters or more", str(len(found)), do, path))
    for before, after in itertools.pairwise(found):
        # YouTube counts whole seconds.
        if int(after.start) - int(before.start) < _SHORTEST:
            got = f"{int(after.start) - int(before.start)} s for {before.title!r} at {clock(before.start)}"
            problems.append(Problem(f"{_SHORTEST:.0f} s a chapter or more", got, "join it with a neighbour", path))
    if problems:
        raise InputError(*problems)
    return "".join(f"{_minutes(one.start, found[-1].start)} {_one_line(one.title)}\n" for one in found)


def _minutes(seconds: float, last: float) -> str:
    whole = int(seconds)
    return (
        f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if last >= 3600 else f"{whole // 60}:{whole % 60:02}"
    )


def _one_line(title: str) -> str:
    # YouTube refuses angle brackets in a description.
    return " ".join(title.replace("<", "‹").replace(">", "›").split())[:_TITLE]
