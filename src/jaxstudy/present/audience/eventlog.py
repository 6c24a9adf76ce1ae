"""What followers are told, as files that only grow: `state/0.json`, `state/1.json`, …, and a small `state/head.json`.

A chunk is a JSON array of events `[seconds, kind, {…}]`; one with `CHUNK` events never changes again. The head says how
many events there are. So a plain file server, or a CDN, is enough to follow: read the head, then the chunks past
what is known.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jaxstudy.atomic import write_atomically

VERSION = 1
CHUNK = 200
"""Events in a full chunk."""


class EventLog:
    """The events of one talk, in memory as bytes and in `folder` as files.

    Opened on a folder that has events already, it goes on after them.
    """

    def __init__(self, folder: Path, talk: str, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._talk, self._clock = folder, talk, clock
        self.events: list[bytes] = self._found()
        self._started = clock() - self._last_second()
        if not self.events:
            write_atomically(folder / "0.json", self.chunk(0))
        write_atomically(folder / "head.json", self.head())

    def append(self, kind: str, data: Mapping[str, Any]) -> int:
        """Add an event to memory and files; returns how many there are now."""
        seconds = round(self._clock() - self._started, 3)
        self.events.append(json.dumps([seconds, kind, data], separators=(",", ":")).encode())
        last = (len(self.events) - 1) // CHUNK
        write_atomically(self._folder / f"{last}.json", self.chunk(last))
        write_atomically(
            self._folder / "head.json", self.head()
        )  # after the chunk: it never promises what is not there
        return len(self.events)

    def head(self) -> bytes:
        """The small file that followers ask for again and again."""
        head = {"version": VERSION, "talk": self._talk, "events": len(self.events), "chunk": CHUNK}
        return json.dumps(head, separators=(",", ":")).encode()

    def chunk(self, number: int) -> bytes:
        """The chunk's JSON; an empty array past the end."""
        return b"[" + b",\n".join(self.events[number * CHUNK : (number + 1) * CHUNK]) + b"]"

    def has(self, number: int) -> bool:
        """Whether there is such a chunk; the first one there always is."""
        return number * CHUNK < max(1, len(self.events))

    def is_full(self, number: int) -> bool:
        """Whether the chunk will never change again."""
        return len(self.events) >= (number + 1) * CHUNK

    def replayed(self) -> list[tuple[str, dict[str, Any]]]:
        """Kind and data of all events so far."""
        return [(kind, data) for _, kind, data in map(json.loads, self.events)]

    def _found(self) -> list[bytes]:
        events: list[bytes] = []
        while (file := self._folder / f"{len(events) // CHUNK}.json").is_file():
            try:
                found = json.loads(file.read_bytes())
            except ValueError:
                break
            events += [json.dumps(event, separators=(",", ":")).encode() for event in found]
            if len(found) < CHUNK:
                break
        return events

    def _last_second(self) -> float:
        return float(json.loads(self.events[-1])[0]) if self.events else 0.0
