"""The file a talk is recorded in, as long as it can be written."""

from __future__ import annotations

import datetime
import hashlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jaxstudy.atomic import write_atomically
from jaxstudy.present.recorder.places import Place, seconds_since
from jaxstudy.recording import FIGURES, Event, Header, Writer

Later = Callable[[float, Callable[[], None]], object]
"""Calls a function in so many seconds."""
MERGED_SECONDS = 0.05
"""Printed text comes at most that often; what is printed faster is one event."""
_WORTH_A_FILE = ("run", "output", "mark", "question")


class Tape:
    """Takes events, stamps them and writes them at once.

    There is no file until something worth keeping happens: a cell that runs, a mark, a question, another slide than
    the first. The first error ends the recording and calls `warn`, once; nothing is raised.
    """

    def __init__(
        self, place: Place, header: Header, later: Later, warn: Callable[[str], None], clock: Callable[[], float]
    ) -> None:
        """`clock` gives seconds that never go back."""
        self.place, self._later, self._warn, self._clock = place, later, warn, clock
        before = place.continued
        self._header = before.header if before else header
        self._last = before.events[-1].time if before and before.events else 0.0
        # Wall clock between sessions, a clock that nobody sets within one.
        self._start = clock() - (seconds_since(before.header) if before else 0.0)
        self._early: list[Event] = []
        self._held: tuple[int, str, list[str], float] | None = None
        self._printed = -MERGED_SECONDS
        self._writer: Writer | None = None
        self.told: Callable[[str, Mapping[str, Any]], None] = lambda _kind, _data: None
        """Is told of each event that was written, or kept for later."""
        self.broken = ""
        """Why nothing is recorded any more."""
        if why := _hindrance(place.path):
            self._stop(why)

    @property
    def now(self) -> float:
        """Seconds since the recording started."""
        return self._clock() - self._start

    @property
    def started(self) -> bool:
        """Whether there is a file."""
        return self._writer is not None

    def put(self, kind: str, data: Mapping[str, Any], at: float | None = None) -> None:
        """One event, now or (shortly before) `at`."""
        self.flush()
        self._put(kind, data, at)

    def stream(self, parent: int, name: str, text: str, at: float) -> None:
        """Text printed by a run; together with what follows it closely."""
        if self._held and self._held[:2] != (parent, name):
            self.flush()
        if self._held:
            self._held[2].append(text)
            return
        self._held = (parent, name, [text], at)
        if self.now - self._printed >= MERGED_SECONDS:
            self.flush()
        else:
            self._later(MERGED_SECONDS, self.flush)

    def flush(self) -> None:
        """Write the printed text that is held back."""
        if self._held is None:
            return
        parent, name, texts, at = self._held
        self._held, self._printed = None, self.now
        self._put("output", {"parent": parent, "type": "stream", "name": name, "text": "".join(texts)}, at)

    def figure(self, content: bytes, suffix: str) -> str:
        """Keep a picture; its path relative to the recording, or nothing when it can't be kept."""
        name = f"{FIGURES}/{hashlib.sha256(content).hexdigest()[:20]}{suffix}"
        path = self.place.path.parent / name
        if self.broken:
            return ""
        try:
            if not path.exists():
                write_atomically(path, content)
        except OSError as error:
            self._stop(error.strerror or str(error))
            return ""
        return name

    def close(self) -> None:
        """Nothing comes any more."""
        self.flush()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.broken = self.broken or "closed"

    def _put(self, kind: str, data: Mapping[str, Any], at: float | None) -> None:
        if self.broken:
            return
        self._last = max(self._last, self.now if at is None else at)
        event = Event(self._last, kind, data)
        self.told(kind, data)
        if self._writer is None and not self._worth_a_file(event):
            self._early.append(event)
            return
        try:
            if self._writer is None:
                self._writer = Writer(self.place.path, self._header)
            early, self._early = self._early, []
            for one in (*early, event):
                self._writer.write(one)
        except OSError as error:
            self._stop(error.strerror or str(error))

    def _worth_a_file(self, event: Event) -> bool:
        if self.place.continued is not None or event.kind in _WORTH_A_FILE:
            return True
        first = next((one for one in self._early if one.kind == "slide"), None)
        return event.kind == "slide" and first is not None and first.step != event.step

    def _stop(self, why: str) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.broken = why
        self._warn(f"recording stopped: {why.lower()}. The talk goes on; what was recorded is kept")


def new_header(lecture: str, title: str) -> Header:
    """The header of a recording that starts now."""
    now = datetime.datetime.now().astimezone()
    return Header(lecture, now.isoformat(timespec="milliseconds"), more={"title": title})


def monotonic() -> float:
    """Seconds of a clock that goes on while the machine sleeps, as a talk's wall clock does."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _hindrance(path: Path) -> str:
    """Why the recording can't be written; nothing when it seems that it can. Makes no folder."""
    there = next(folder for folder in (path.parent, *path.parents) if folder.exists())
    if not there.is_dir():
        return f"{there.name} is a file, not a folder"
    return "" if os.access(there, os.W_OK | os.X_OK) else f"{there.name} can't be written to"
