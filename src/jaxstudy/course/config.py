"""`course.toml` → Course. The keys, their types and their meaning are the fields of `Settings`."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from jaxstudy.course.cells import SUFFIXES
from jaxstudy.course.header import as_date
from jaxstudy.course.lecture import Lecture
from jaxstudy.errors import InputError, Problem, near

FILE = "course.toml"
GENERATORS = ("mkdocs", "zensical")
_ADDRESS = re.compile(r"https?://[\w.-]+(:\d+)?(/[^\s?#\"'<>]*)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """What `course.toml` may say."""

    title: str = "A course"
    about: str = ""
    """One or two sentences for the home page."""
    repository: str = ""
    """`owner/name` on GitHub: pages then offer Colab, which opens the notebooks that `mkdocs gh-deploy` publishes."""
    site_url: str = ""
    """Where the study site is published: pages then have canonical addresses, previews (og:) and a sitemap."""
    generator: str = "mkdocs"
    """What makes the study site of its sources: `mkdocs` (with Material), or `zensical` where it is installed."""
    start: datetime.date | None = None
    """The day of week 1; a lecture's date is this plus seven days a week."""
    dates: Mapping[str, datetime.date] = field(default_factory=dict)
    """Lecture name → its own date, where the weekly rhythm does not hold."""


@dataclass(frozen=True, slots=True)
class Course:
    """A folder with a `course.toml`: its lectures, and where what is made of them goes."""

    root: Path
    settings: Settings
    lectures: tuple[Path, ...]

    @property
    def title(self) -> str:
        """The course's name."""
        return self.settings.title

    @property
    def build(self) -> Path:
        """Where everything that is built goes, but for the decks."""
        return self.root / "build"

    @property
    def decks(self) -> Path:
        """Where decks and their PDFs go."""
        return self.root / "slides"

    @property
    def theme(self) -> Path:
        """The folder with the course's stylesheet; the one that jaxstudy ships where the course has none."""
        own = self.root / "slides" / "theme"
        return own if own.is_dir() else shipped("theme", "slides/theme")

    def date_of(self, lecture: Lecture) -> datetime.date | None:
        """The day the lecture is given, or None when the course sets no dates."""
        if lecture.name in self.settings.dates:
            return self.settings.dates[lecture.name]
        if self.settings.start is None or lecture.header.week is None:
            return None
        return self.settings.start + datetime.timedelta(weeks=lecture.header.week - 1)

    def find(self, word: str) -> Path:
        """The lecture that `02`, `02_functions` or a path names.

        Raises:
            InputError: no lecture is named so, or several are.
        """
        if Path(word).suffix in SUFFIXES and Path(word).is_file():
            return Path(word).resolve()
        found = [path for path in self.lectures if path.stem == word or path.stem.split("_")[0] == word.zfill(2)]
        if len(found) == 1:
            return found[0]
        names = [path.stem for path in self.lectures]
        got = f"{word!r}, which names {len(found)}" if found else f"{word!r}{near(word, names)}"
        do = f"use one of: {', '.join(names)}" if names else "write one with `jaxstudy new lecture 01_topic`"
        raise InputError(Problem("the number, name or path of a lecture", got, do))


def shipped(name: str, in_repository: str) -> Path:
    """A folder that travels in the wheel as `assets/<name>`, and in the repository stands at its top level."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "assets" / name
    return installed if installed.exists() else package.parents[1] / in_repository


def load_course(start: Path | None = None) -> Course:
    """The course that `start` (default: the working directory) lies in.

    Raises:
        InputError: no `course.toml` in the folder or above it, or problems in it (all of them).
    """
    start = Path(start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return Course(folder, _read_settings(folder / FILE), _lectures_in(folder / "lectures"))
    do = "go to a course's folder, or make one with `jaxstudy new course NAME`"
    raise InputError(Problem(f"a {FILE} here or above", f"none in {start}", do))


def _lectures_in(folder: Path) -> tuple[Path, ...]:
    """Files whose names start with a number; one lecture per number and name, the script before its notebook."""
    numbered = [path for path in sorted(folder.glob("[0-9]*")) if path.suffix in SUFFIXES]
    order = {suffix: place for place, suffix in enumerate(SUFFIXES)}
    chosen: dict[str, Path] = {}
    for path in sorted(numbered, key=lambda path: (path.stem, order[path.suffix])):
        chosen.setdefault(path.stem, path)
    return tuple(chosen.values())


def _read_settings(path: Path) -> Settings:
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(Problem("TOML", str(error), "see toml.io for the format", path)) from error
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for key, value in raw.items():
        try:
            values[key] = _checked(key, value)
        except ValueError as error:
            expected, got, do = error.args
            problems.append(Problem(expected, got, do, path, _line_of(key, text)))
    if problems:
        raise InputError(*problems)
    return Settings(**values)


def _checked(key: str, value: Any) -> Any:
    known = [item.name for item in fields(Settings)]
    if key not in known:
        raise ValueError(f"one of {', '.join(known)}", f"{key!r}{near(key, known)}", "rename or remove the key")
    if key == "start":
        if (date := as_date(value)) is None:
            raise ValueError("a date", repr(value), "write start = 2026-01-12, say")
        return date
    if key == "dates":
        dates = {name: as_date(day) for name, day in value.items()} if isinstance(value, dict) else {"": None}
        if None in dates.values():
            raise ValueError("lecture names with dates", repr(value), 'write "01_arrays" = 2026-01-12 under [dates]')
        return dates
    if not isinstance(value, str):
        raise ValueError(f"{key} as text", repr(value), "put it in quotes")
    if key == "site_url" and value and not _ADDRESS.fullmatch(value):
        do = 'write site_url = "https://owner.github.io/name/", say'
        raise ValueError("the http or https address of the published site", repr(value), do)
    if key == "generator" and value not in GENERATORS:
        raise ValueError(f"one of {', '.join(GENERATORS)}", f"{value!r}{near(value, GENERATORS)}", "correct the name")
    return value


def _line_of(key: str, text: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().lstrip("[\"'").startswith(key):
            return number
    return 1
