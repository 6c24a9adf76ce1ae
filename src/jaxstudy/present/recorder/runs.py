"""What kernels say and what the stage reports, joined by the message's id into runs, outputs and their ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jaxstudy.present.companion.plan import Plan
from jaxstudy.present.recorder import outputs
from jaxstudy.present.recorder.limits import Printed, Shown
from jaxstudy.present.recorder.tape import Tape

_GRACE_SECONDS = 0.2
"""How long a run waits for the stage to say which step it is. That is nearly always here before the kernel's word."""
_REMEMBERED = 500
Value = TypeVar("Value")
_SHOWN = ("display_data", "execute_result", "update_display_data")


@dataclass
class Run:
    """One execution."""

    kernel: str
    message: str
    source: str
    at: float
    number: int = 0
    """0 until it is written."""
    step: str = ""
    edited: bool = False
    failed: bool = False
    done: bool = False
    waiting: list[tuple[float, str, Mapping[str, Any]]] = field(default_factory=list)
    """What came before it was clear which step it is."""
    printed: dict[str, Printed] = field(default_factory=dict)
    shown: Shown = field(default_factory=Shown)


class Runs:
    """The runs of a talk. Everything comes from one loop; `later` calls a function there in so many seconds."""

    def __init__(self, plan: Plan, tape: Tape, later: Callable[[float, Callable[[], None]], object]) -> None:
        self._tape, self._later = tape, later
        self._scripts = {step.id: step for slide in plan.slides for step in slide.steps if step.code}
        self._reports: dict[str, str] = {}
        self._nameless: list[Run] = []
        """Those that wait for a report, in order."""
        self._runs: dict[str, Run] = {}
        self.kernels: set[str] = set()
        """Those whose runs are recorded."""
        before = tape.place.continued
        numbers = [event.data.get("n") for event in (before.events if before else ()) if event.kind == "run"]
        self.last = max((number for number in numbers if isinstance(number, int)), default=0)
        """The number of the last run."""

    def follow(self, kernel: str) -> None:
        """Record what runs in this kernel. In others, only what the stage reports: a standby's cells are no part."""
        self.kernels.add(kernel)

    def reported(self, message: str, step: str) -> None:
        """The stage asked for a run of that step."""
        run = self._runs.get(message)
        if run is None:
            _remember(self._reports, message, step)
        elif not run.number:
            self._begin(run, step)

    def take(self, kernel: str, kind: str, parent: str, content: Mapping[str, Any]) -> None:
        """A message of a kernel. What belongs to no run (silent ones tell nobody that they begin) is passed over."""
        if kind == "execute_input":
            self._enter(kernel, parent, str(content.get("code", "")))
            return
        run = self._runs.get(parent)
        if run is None:
            return
        if run.number:
            self._add(run, kind, content, self._tape.now)
        else:
            run.waiting.append((self._tape.now, kind, content))

    def abandon(self, kernels: Callable[[str], bool]) -> None:
        """Those kernels are gone: nothing comes of what runs in them."""
        for run in self._runs.values():
            if run.number and not run.done and kernels(run.kernel):
                self._end(run, "aborted")

    def rehearsed(self, message: str, step: str, kept: Sequence[Mapping[str, Any]]) -> None:
        """The presenter showed what the rehearsal gave in the place of a step's output."""
        run = self._runs.get(message)
        if run is None or run.step != step or run.done:
            source = self._scripts[step].source if step in self._scripts else ""
            run = Run("", f"rehearsed {self.last + 1}", source, self._tape.now)
            self._begin(run, step)
        else:
            self._put(run, {"type": "clear", "wait": False}, recorded=True)
        for output in kept:
            self._put(run, outputs.from_notebook(output, self._tape.figure), recorded=True)
        self._end(run, "rehearsed")

    def _enter(self, kernel: str, message: str, source: str) -> None:
        if message in self._runs:
            return
        step = self._reports.pop(message, None)
        if step is None and kernel not in self.kernels:
            return
        run = Run(kernel, message, source, self._tape.now)
        _remember(self._runs, message, run)
        if step is not None:
            self.kernels.add(kernel)
            self._begin(run, step)
        else:
            self._nameless.append(run)
            self._later(_GRACE_SECONDS, lambda: self._give_up(run))

    def _give_up(self, last: Run) -> None:
        """No report comes for that run, nor for those before it."""
        while last in self._nameless:
            run = self._nameless.pop(0)
            self._write(run, self._step_with(run.source))

    def _step_with(self, source: str) -> str:
        """The step whose script that is, where only one is: for cells run unseen, for front ends without reports."""
        found = [step.id for step in self._scripts.values() if step.source.rstrip() == source.rstrip()]
        return found[0] if len(found) == 1 else ""

    def _begin(self, run: Run, step: str) -> None:
        """Write a run of which the step is known; those before it, of which it is not, come first."""
        if run in self._nameless:
            before = self._nameless[: self._nameless.index(run)]
            self._nameless.remove(run)
        else:
            before = list(self._nameless)
        if before:
            self._give_up(before[-1])
        self._write(run, step)

    def _write(self, run: Run, step: str) -> None:
        self.last += 1
        run.number, run.step = self.last, step
        script = self._scripts.get(step)
        run.edited = script is not None and script.source.rstrip() != run.source.rstrip()
        data = {"n": run.number, "source": run.source, "message": run.message}
        data |= ({"step": step} if step else {}) | ({"edited": True} if run.edited else {})
        self._tape.put("run", data, run.at)
        waiting, run.waiting = run.waiting, []
        for at, kind, content in waiting:
            self._add(run, kind, content, at)

    def _add(self, run: Run, kind: str, content: Mapping[str, Any], at: float) -> None:
        if kind == "stream":
            self._print(run, str(content.get("name", "stdout")), str(content.get("text", "")), at)
        elif kind in _SHOWN:
            self._show(run, kind, content, at)
        elif kind == "error":
            run.failed = True
            self._put(run, outputs.raised(content), at)
        elif kind == "clear_output":
            self._put(run, {"type": "clear", "wait": bool(content.get("wait"))}, at)
        elif kind == "status" and content.get("execution_state") == "idle":
            self._end(run, "error" if run.failed else "ok", at)

    def _print(self, run: Run, name: str, text: str, at: float) -> None:
        kept, lost = run.printed.setdefault(name, Printed()).take(text)
        if lost:
            self._put(run, {"type": "stream", "name": name, "text": kept, "cut": lost}, at)
        elif kept:
            self._tape.stream(run.number, name, kept, at)

    def _show(self, run: Run, kind: str, content: Mapping[str, Any], at: float) -> None:
        size = outputs.size_of(content)
        if run.shown.take(size):
            self._put(run, outputs.shown(kind, content, self._tape.figure), at)
            return
        if run.shown.held is not None:
            run.shown.dropped += outputs.size_of(run.shown.held[1])
        run.shown.held = kind, content

    def _end(self, run: Run, status: str, at: float | None = None) -> None:
        if run.done:
            return
        run.done = True
        for name, printed in run.printed.items():
            text, lost = printed.rest()
            if text or lost:
                more = {"cut": lost} if lost else {}
                self._put(run, {"type": "stream", "name": name, "text": text, **more}, at)
        if run.shown.held is not None:
            last = outputs.shown(*run.shown.held, self._tape.figure)
            lost = run.shown.dropped + int(last.get("cut", 0))
            self._put(run, {**last, **({"cut": lost} if lost else {})}, at)
            run.shown.held = None
        seconds = round(max(0.0, (self._tape.now if at is None else at) - run.at), 3)
        self._tape.put("done", {"parent": run.number, "status": status, "seconds": seconds}, at)

    def _put(self, run: Run, data: dict[str, Any], at: float | None = None, recorded: bool = False) -> None:
        script = self._scripts.get(run.step)
        if "figure" in data and script is not None and script.alt and not run.edited:
            data["alt"] = script.alt
        self._tape.put("output", {"parent": run.number, **data, **({"recorded": True} if recorded else {})}, at)


def _remember(kept: dict[str, Value], key: str, value: Value) -> None:
    kept[key] = value
    if len(kept) > _REMEMBERED:
        del kept[next(iter(kept))]
