"""A recording of a talk: what was shown and run, second by second.

Newline-delimited JSON: a header line, then one event a line. Times are absolute seconds from the start, so a file that
was cut off is right up to its last whole line. Blank lines and lines that start with `#` are ignored.

    {"jaxstudy-recording": 1, "lecture": "02_functions", "started": "2026-11-24T18:00:00+00:00"}
    [0.0, "slide", {"step": "the-slope-of-a-product-1"}]
    [12.482, "run", {"step": "the-slope-of-a-product-2", "n": 1, "source": "grad(f)(3.0)"}]
    [12.519, "output", {"parent": 1, "type": "execute_result", "text": "6.0"}]

Kinds: `slide` (step), `run` (source, step where it is one of the script's, n), `output` (parent: the n of its run; the
recorder says which message it was), `mark`, `question` (text), `kernel` (state). A reader keeps kinds that it does not
know; a figure is a file beside the recording, named by its digest.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jaxstudy.errors import InputError, Problem

VERSION = 1
KINDS = ("slide", "run", "output", "mark", "question", "kernel")
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
        do = "update jaxstudy: pip install -U jaxstudy"
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


class Writer:
    """Writes a recording event by event; each is on its way to the disk before `write` returns.

    Opened on a file that is there already, it goes on with it, after its last whole line.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not path.exists() or not _cut_torn_line(path)
        self._file = path.open("a", encoding="utf-8")
        if fresh:
            self._put(str(header))

    def write(self, event: Event) -> None:
        """Append the event and flush."""
        self._put(str(event))

    def close(self) -> None:
        """Make sure that all is on the disk."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def _put(self, line: str) -> None:
        # One write call a line: what a kill can tear is the last line, never the order.
        self._file.write(line + "\n")
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def _cut_torn_line(path: Path) -> int:
    """Take away what follows the last line end; how many bytes are left."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("r+b") as file:
            file.truncate(whole)
    return whole


def shifted(events: Iterable[Event], seconds: float) -> Iterator[Event]:
    """The events that much later (earlier for a negative number); none before 0."""
    for event in events:
        yield replace(event, time=max(event.time + seconds, 0.0))


def trimmed(events: Iterable[Event], start: float = 0.0, end: float = math.inf) -> Iterator[Event]:
    """The events from `start` to `end`, in seconds, counted from `start`.

    What a viewer must know of the time before comes at second 0: every run, output and kernel event (the notebook as it
    stood), and the last slide. Marks and questions before `start` are gone.
    """
    slide: Event | None = None
    before = True
    for event in events:
        if event.time < start:
            if event.kind == "slide":
                slide = event
            elif event.kind in ("run", "output", "kernel"):
                yield replace(event, time=0.0)
            continue
        if before and slide is not None:
            yield replace(slide, time=0.0)
        before = False
        if event.time <= end:
            yield replace(event, time=event.time - start)
    if before and slide is not None:
        yield replace(slide, time=0.0)


def redacted(events: Iterable[Event], *patterns: str, by: str = "…") -> Iterator[Event]:
    """The events with whatever the regular expressions find replaced, in every text, keys left alone."""
    found = [re.compile(pattern) for pattern in patterns]
    for event in events:
        yield replace(event, data={key: _without(value, found, by) for key, value in event.data.items()})


def _without(value: Any, patterns: list[re.Pattern[str]], by: str) -> Any:
    if isinstance(value, str):
        for pattern in patterns:
            value = pattern.sub(lambda _: by, value)
        return value
    if isinstance(value, Mapping):
        return {key: _without(one, patterns, by) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without(one, patterns, by) for one in value]
    return value
