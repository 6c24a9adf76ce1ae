"""The recorder of one talk, in the notebook server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jaxstudy.present.companion.hub import Hub
from jaxstudy.present.recorder.places import Place
from jaxstudy.present.recorder.runs import Runs
from jaxstudy.present.recorder.tap import Tap
from jaxstudy.present.recorder.tape import Later, Tape, monotonic, new_header
from jaxstudy.recording import read_recording

UNRECORDED = "no mark set: nothing is recorded"
"""Said on the stage when somebody marks a place in a talk without a recording."""
_NAME = "recorder"


class Recorder:
    """Writes down what the hub hears and what the kernels say.

    Nothing raised in here reaches the talk, and nothing is written once the file could not be: then the hub's windows,
    and the owner through `warn`, are told once.
    """

    def __init__(
        self,
        hub: Hub,
        path: Path,
        later: Later,
        warn: Callable[[str], None],
        kept: Callable[[str], Sequence[Mapping[str, Any]]] = lambda _: (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`path` is gone on with where it is there; `kept` gives a step's outputs at the rehearsal."""
        self._hub, self._warn, self._kept = hub, warn, kept
        place = Place(path, read_recording(path) if path.exists() else None)
        header = new_header(hub.plan.lecture, hub.plan.title)
        self.tape = Tape(place, header, later, self._stopped, clock)
        self.tape.told = lambda kind, data: hub.tell("recorded", {**data, "event": kind})
        self._runs = Runs(hub.plan, self.tape, later)
        self.tap = Tap(self._message)
        self._first = ""
        self._dead: set[str] = set()
        self._fresh: set[str] = set()
        self._slide: tuple[object, object] = ("", -1)
        self._leave = hub.subscribe(self._report)

    def attach(self, id: str, kernel: Any) -> None:
        """Listen to a kernel: the talk's own, if it is the first."""
        self.tap.attach(id, kernel)
        if not self._first:
            self._first = id
            self._runs.follow(id)
            self.tape.put("kernel", {"state": "started"})

    def died(self, id: str) -> None:
        """A kernel ended by itself."""
        if id not in self._dead and id in self._runs.kernels:
            self._dead.add(id)
            self._runs.abandon(lambda kernel: kernel == id)
            self.tape.put("kernel", {"state": "dead"})

    def restarted(self, id: str) -> None:
        """The presenter had a kernel started anew, or it was after it had died."""
        self._dead.discard(id)
        if id in self._runs.kernels and id not in self._fresh:  # told by more than one
            self._fresh.add(id)
            self._runs.abandon(lambda kernel: kernel == id)
            self.tape.put("kernel", {"state": "restarted"})

    def close(self) -> None:
        """The server ends. Whether the talk did, only the presenter knows: see `places.end_recording`."""
        self._leave()
        self.tape.close()

    def _message(self, kernel: str, kind: str, parent: str, content: Mapping[str, Any]) -> None:
        if kernel in self._dead:
            self.restarted(kernel)
        if kind == "execute_input":
            self._fresh.discard(kernel)
        self._runs.take(kernel, kind, parent, content)

    def _report(self, kind: str, data: Mapping[str, Any]) -> None:
        try:
            self._hear(kind, data)
        except Exception:  # one report that is not what it should be must not be the last one heard
            logging.getLogger(__name__).exception("A report of the stage was not recorded")

    def _hear(self, kind: str, data: Mapping[str, Any]) -> None:
        step = str(data.get("step", ""))
        if kind == "slide":
            self._show_slide(step, data.get("fragment", -1))
        elif kind == "run":
            self._runs.reported(str(data.get("message", "")), step)
        elif kind == "mark":
            self._mark(step, str(data.get("text", "")))
        elif kind == "question":
            self.tape.put("question", {key: value for key, value in data.items() if value not in (None, "")})
        elif kind == "rehearsed":
            self._runs.rehearsed(str(data.get("message", "")), step, self._kept(step))
        elif kind == "kernel":
            self._kernel(str(data.get("state", "")), str(data.get("kernel", "")), step)

    def _show_slide(self, step: str, fragment: object) -> None:
        if self._slide != (step, fragment):
            self._slide = step, fragment
            self.tape.put("slide", {"step": step, "fragment": fragment})

    def _mark(self, step: str, text: str) -> None:
        self.tape.put("mark", {"step": step, "text": text})
        if self.tape.broken:
            self._hub.say(UNRECORDED)
        else:
            minutes, seconds = divmod(int(self.tape.now), 60)
            self._hub.say(f"mark set at {minutes}:{seconds:02}")

    def _kernel(self, state: str, kernel: str, step: str) -> None:
        """What the keeper of the standby does."""
        if state == "dead":
            self.died(kernel)
        elif state == "restarted":
            self.restarted(kernel)
        elif state == "swapped":
            self._runs.follow(kernel)
            self._runs.abandon(lambda other: other != kernel)
            self.tape.put("kernel", {"state": state, **({"step": step} if step else {})})

    def _stopped(self, words: str) -> None:
        self._hub.warn(_NAME, words)
        self._warn(words)
