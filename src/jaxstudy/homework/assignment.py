"""`homework/NN_topic/` → Assignment. The keys of `assignment.toml`, their types and meaning are the fields here."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from jaxstudy.errors import InputError, Problem, near

SETTINGS = "assignment.toml"


@dataclass(frozen=True, slots=True)
class LatePolicy:
    """What lateness costs. Without a `[late]` table it costs nothing."""

    grace_minutes: float = 0.0
    """Nobody is late within these."""
    percent_per_day: float = 0.0
    """Of the points earned, for each day begun after the due date."""
    days: float | None = None
    """After so many days the work earns nothing; None: it is taken for ever."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submission may use while it is graded."""

    call_seconds: float = 10.0
    """Wall time of one call of a student's function."""
    submission_seconds: float = 120.0
    """Wall time of all checks of one submission together."""
    cpu_seconds: float = 120.0
    memory_mb: int = 2048
    """JAX itself needs about 400."""
    processes: int = 128
    """Threads count; JAX starts about 17 on two cores."""
    open_files: int = 256
    file_mb: int = 64
    """Of one written file, and of all of them together."""
    output_kb: int = 64
    """Of what is printed; the rest is cut."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A homework as its author wrote it."""

    name: str
    """The folder's name, `02_functions`: the name of everything made of it."""
    folder: Path
    title: str
    lecture: str = ""
    """The lecture it belongs to, `02_functions`; links to steps are relative to it."""
    due: datetime.datetime | None = None
    """With a time zone."""
    released: bool = True
    """False keeps it off the study site."""
    late: LatePolicy = field(default_factory=LatePolicy)
    limits: Limits = field(default_factory=Limits)

    @property
    def script(self) -> Path:
        """Prose, starter code and solutions."""
        return self.folder / "assignment.py"

    @property
    def checks(self) -> Path:
        """The checks that students get."""
        return self.folder / "checks.py"

    @property
    def hidden(self) -> Path:
        """The checks that never leave; the file may be missing."""
        return self.folder / "hidden.py"

    @property
    def wrong(self) -> Path:
        """Wrong answers that must lose points; the file may be missing."""
        return self.folder / "wrong.py"

    @property
    def number(self) -> str:
        """`02` of `02_functions`."""
        return self.name.split("_", 1)[0]


def penalty(policy: LatePolicy, earned: float, late_seconds: float) -> float:
    """The points that lateness takes away: 0 up to `earned`.

    Args:
        earned: points before the penalty.
        late_seconds: seconds after the due date; negative or zero: in time.
    """
    late = late_seconds - policy.grace_minutes * 60
    if late <= 0 or earned <= 0:
        return 0.0
    days = late / 86400
    if policy.days is not None and days > policy.days:
        return earned
    begun = -(-late // 86400)
    return min(earned, earned * policy.percent_per_day / 100 * begun)


def homework_folders(root: Path) -> list[Path]:
    """The homeworks of the course at `root`, in order: folders of `homework/` that hold an `assignment.toml`."""
    return sorted(path.parent for path in (root / "homework").glob(f"*/{SETTINGS}"))


def find_homework(root: Path, word: str) -> Path:
    """The folder that `02`, `02_functions` or a path names.

    Raises:
        InputError: no homework is named so, or several are.
    """
    if (Path(word) / SETTINGS).is_file():
        return Path(word).resolve()
    folders = homework_folders(root)
    found = [path for path in folders if path.name == word or path.name.split("_")[0] == word.zfill(2)]
    if len(found) == 1:
        return found[0]
    names = [path.name for path in folders]
    got = f"{word!r}, which names {len(found)}" if found else f"{word!r}{near(word, names)}"
    do = f"use one of: {', '.join(names)}" if names else "write one with `jaxstudy homework new 01_topic`"
    raise InputError(Problem("the number, name or folder of a homework", got, do))


def load_assignment(folder: Path) -> Assignment:
    """The homework in a folder.

    Raises:
        InputError: files are missing, or `assignment.toml` says what it may not (all problems).
    """
    folder = Path(folder).resolve()
    path = folder / SETTINGS
    problems = [
        Problem(f"{name} in the homework", "none", f"start one with `jaxstudy homework new {folder.name}`", folder)
        for name in (SETTINGS, "assignment.py", "checks.py")
        if not (folder / name).is_file()
    ]
    if problems:
        raise InputError(*problems)
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(Problem("TOML", str(error), "see toml.io for the format", path)) from error
    reader = _Reader(path, text)
    values = reader.settings(raw)
    if reader.problems:
        raise InputError(*reader.problems)
    return Assignment(name=folder.name, folder=folder, **values)


_KEYS = ("title", "lecture", "due", "released", "late", "limits")


class _Reader:
    """Checks one value at a time and writes down what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.lines, self.problems = path, text.splitlines(), list[Problem]()

    def wrong(self, key: str, expected: str, got: str, do: str) -> None:
        self.problems.append(Problem(expected, got, do, self.path, self._line_of(key)))

    def _line_of(self, key: str) -> int:
        for number, line in enumerate(self.lines, 1):
            if line.strip().lstrip("[\"'").startswith(key):
                return number
        return 1

    def settings(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        self._known(raw, _KEYS)
        values: dict[str, Any] = {}
        if not isinstance(raw.get("title"), str) or not raw["title"].strip():
            self.wrong("title", "a title", repr(raw.get("title")), 'write title = "Functions of functions", say')
        else:
            values["title"] = raw["title"]
        if not isinstance(raw.get("lecture", ""), str):
            self.wrong("lecture", "a lecture's name", repr(raw["lecture"]), 'write lecture = "02_functions", say')
        values["lecture"] = raw.get("lecture", "")
        if not isinstance(raw.get("released", True), bool):
            self.wrong("released", "true or false", repr(raw["released"]), "write released = false to hold it back")
        values["released"] = raw.get("released", True)
        values["due"] = self._due(raw.get("due"))
        values["late"] = self._table("late", LatePolicy, raw.get("late", {}))
        values["limits"] = self._table("limits", Limits, raw.get("limits", {}))
        return values

    def _due(self, value: Any) -> datetime.datetime | None:
        if value is None or (isinstance(value, datetime.datetime) and value.tzinfo is not None):
            return value
        do = "write due = 2026-10-05T23:59:00+02:00, say: an hour without its zone is late somewhere"
        self.wrong("due", "a date and time with a time zone", str(value), do)
        return None

    def _known(self, raw: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in raw:
            if key not in known:
                hint = near(key, known)
                self.wrong(key, f"one of {', '.join(known)}", repr(key) + hint, "rename or remove the key")

    def _table(self, name: str, kind: type[Any], raw: Any) -> Any:
        if not isinstance(raw, Mapping):
            self.wrong(name, f"a table [{name}]", repr(raw), f"write [{name}] and its keys below it")
            return kind()
        known = {item.name: item for item in fields(kind)}
        self._known(raw, tuple(known))
        return kind(**dict(self._numbers({key: raw[key] for key in raw if key in known}, name == "limits")))

    def _numbers(self, raw: Mapping[str, Any], positive: bool) -> Iterator[tuple[str, Any]]:
        for key, value in raw.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0 or (positive and value == 0):
                self.wrong(key, "a number above 0" if positive else "a number", repr(value), f"write {key} = 10, say")
            else:
                yield key, value
