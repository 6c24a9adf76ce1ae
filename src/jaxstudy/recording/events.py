"""What a recording consists of, and how its file is read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jaxstudy.errors import InputError, Problem
from jaxstudy.installing import update_words

VERSION = 1
KINDS = ("slide", "run", "output", "done", "mark", "question", "kernel", "end")
FILE = "recording.jsonl"
"""What the file is called in a recording's folder."""
FIGURES = "figures"
"""Folder beside it."""
_KEY = "jaxstudy-recording"


@dataclass(frozen=True, slots=True)
class Header:
    """The first line."""

    lecture: str = ""
    """The lecture's name, `02_functions`."""
    started: str = ""
    """Wall clock at second 0, ISO 8601 with its zone."""
    version: int = VERSION
    more: Mapping[str, Any] = field(default_factory=dict)
    """Keys of other programs and later versions, kept."""

    def __str__(self) -> str:
        return json.dumps(
            {_KEY: self.version, "lecture": self.lecture, "started": self.started, **self.more}, ensure_ascii=False
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    time: float
    """Seconds from the recording's start."""
    kind: str
    """One of KINDS, or a word of another program."""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def step(self) -> str | None:
        """The id of the step it is about."""
        step = self.data.get("step")
        return step if isinstance(step, str) else None

    def __str__(self) -> str:
        return json.dumps([round(self.time, 3), self.kind, dict(self.data)], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Recording:
    """A whole file. `torn` is what stood on a last line that was cut off, else empty."""

    path: Path
    header: Header
    events: tuple[Event, ...]
    torn: str = ""


def read_recording(path: Path) -> Recording:
    """The recording in the file, up to its last whole line.

    Raises:
        InputError: no such file, no header of a known version, or broken lines before the last (all of them).
    """
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise InputError(Problem("a recording", error.strerror or str(error), "check the path", path)) from error
    header: Header | None = None
    events: list[Event] = []
    problems: list[Problem] = []
    torn = ""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        if header is None:
            header = _header(line, path, number)
            continue
        event = _event(line)
        if event is not None:
            events.append(event)
        elif number == len(lines):  # no line end behind it: the recorder was killed while it wrote
            torn = line
        else:
            got = repr(line[:60])
            problems.append(Problem("[seconds, kind, {…}]", got, "mend or remove the line", path, number))
    if header is None:
        raise InputError(Problem("a header line", "an empty file", "record the talk again", path))
    if problems:
        raise InputError(*problems)
    return Recording(Path(path), header, tuple(events), torn)


def _header(line: str, path: Path, number: int) -> Header:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    version = found.pop(_KEY, None) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(version, int):
        do = "give it a recording of `jaxstudy present`"
        raise InputError(Problem(f'{{"{_KEY}": {VERSION}, …}}', repr(line[:60]), do, path, number))
    if version > VERSION:
        do = f"update jaxstudy: {update_words()}"
        raise InputError(Problem(f"version {VERSION} or older", f"version {version}", do, path, number))
    lecture, started = str(found.pop("lecture", "")), str(found.pop("started", ""))
    return Header(lecture, started, version, found)


def _event(line: str) -> Event | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match found:
        case [int() | float() as time, str(kind), dict() as data] if not isinstance(time, bool):
            return Event(float(time), kind, data) if math.isfinite(time) else None
    return None
