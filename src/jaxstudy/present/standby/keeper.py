"""Decides where the standby should stand, and puts it in the place of the presenter's kernel when that is wanted.

It hears of the talk through the hub. Three wishes end in a swap: a jump to a step (`goto`), a kernel that died, and a
recorded output shown in the place of a cell (`rehearsed`), whose values the next cells want.
"""

# Jupyter's classes are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxstudy.present.companion.hub import Hub
from jaxstudy.present.standby.kernel import StandbyKernel, StandbyLost, wait_or
from jaxstudy.present.standby.rehearsal import RehearsedStep, rehearsal_from

if TYPE_CHECKING:
    from jaxstudy.present.jupyter import LectureKernels, OneSession

_LOOK_SECONDS = 0.25
_DWELL_SECONDS = 1.5
"""A slide that is shown for less is passed by, and the standby does not hurry there."""
_OLD_KERNEL_SECONDS = 3.0
"""The kernel that was replaced is ended that much later: first the page lets go of it."""
_TRIES = 3
_log = logging.getLogger("jaxstudy.standby")


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a kernel is wanted, for the presenter to use."""

    step: str
    why: str
    """`goto` (just before the step), `rehearsed` (just after it) or `died` (wherever the talk is)."""


class Keeper:
    """Keeps one standby for the talk. Single-threaded: all of it happens in the server's loop."""

    def __init__(self, hub: Hub, kernels: LectureKernels, sessions: OneSession) -> None:
        self._hub, self._kernels, self._sessions = hub, kernels, sessions
        self._file = Path(kernels.orders.rehearsal)
        self._written = 0.0
        self._steps: tuple[RehearsedStep, ...] = ()
        self._before: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._place = 0
        """How many steps the presenter has behind him."""
        self._done: set[str] = set()
        self._pending: list[str] = []
        """Steps asked of the presenter's kernel and not answered yet, in order."""
        self._goal: Goal | None = None
        self._late_start = kernels.orders.at
        self._standby: StandbyKernel | None = None
        self._deadly: set[str] = set()
        """Steps that killed a standby: never run again."""
        self._gave_up = False
        """Whether there is no standby to be had."""
        self._main = ""
        self._wake, self._staged = asyncio.Event(), asyncio.Event()
        self._dwell: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        hub.subscribe(self.hear)

    def start(self, main: str) -> None:
        """Begin, once the presenter's kernel, of that id, is warm."""
        self._main = main
        self._do(self._keep())
        self._do(self._watch())

    def stop(self) -> None:
        """End; the kernels are the server's to shut down."""
        for task in self._tasks:
            task.cancel()

    def hear(self, kind: str, data: Mapping[str, Any]) -> None:
        """What the hub has taken."""
        step = str(data.get("step", ""))
        if kind == "stage":
            self._greet()
        elif kind == "slide":
            self._settle_on(step)
        elif kind == "run" and step in self._numbers:
            self._pending.append(step)
        elif kind == "ran":
            self._finish(step, data.get("status") == "ok")
        elif kind == "goto":
            self._aim(Goal(step, "goto"))
        elif kind == "stay":
            self._goal = None
        elif kind == "rehearsed" and step in self._numbers and step not in self._done:
            self._aim(Goal(step, "rehearsed"))

    # ------------------------------------------------------------------------------------------- where the talk is

    def _settle_on(self, step: str) -> None:
        if self._dwell is not None:
            self._dwell.cancel()
        number = self._hub.plan.slide_of(step)
        if number is not None:
            first = self._hub.plan.slides[number].id
            self._dwell = asyncio.get_running_loop().call_later(_DWELL_SECONDS, self._reach, first)

    def _reach(self, step: str) -> None:
        self._place = max(self._place, self._before.get(step, 0))
        self._wake.set()

    def _finish(self, step: str, fine: bool) -> None:
        if step in self._pending:
            self._pending.remove(step)
        if fine and step in self._numbers:
            self._done.add(step)
            self._place = max(self._place, self._numbers[step] + 1)
            if self._goal is not None and (self._goal.why, self._goal.step) == ("rehearsed", step):
                self._goal = None  # it came to its end after all
        self._wake.set()

    def _aim(self, goal: Goal) -> None:
        self._goal = None if self._gave_up else goal
        self._tell()
        self._wake.set()

    def _greet(self) -> None:
        """A page is there, perhaps after a time without a connection: it may know of a kernel that is gone."""
        self._staged.set()
        if self._main:
            self._hub.tell_stages({"do": "kernel", "kernel": self._main})
        if self._late_start and self._steps:
            step, self._late_start = self._late_start, ""
            self._aim(Goal(step, "goto"))
        self._tell()

    # ---------------------------------------------------------------------------------------------- where it should be

    @property
    def _wanted(self) -> int:
        """How many of the steps it must have run."""
        if self._goal is None:
            return max(self._place, self._before.get(self._late_start, 0))
        if self._goal.why == "goto":
            return self._before.get(self._goal.step, 0)
        after = self._numbers.get(self._goal.step, -1) + 1 if self._goal.why == "rehearsed" else 0
        return max(self._place, after)

    async def _keep(self) -> None:
        if not self._late_start:
            await self._staged.wait()  # the page's start comes first
        failures = 0
        while True:
            self._wake.clear()
            try:
                worked = await self._advance()
            except StandbyLost:
                self._bury()
                continue
            except Exception:
                failures += 1
                _log.exception("The standby failed")
                await self._drop()
                if failures == _TRIES:
                    self._gave_up, self._goal = True, None
                    self._tell()
                    break
                continue
            if not worked:
                await self._wake.wait()

    async def _advance(self) -> bool:
        """One piece of work; False when there is none."""
        standby, wanted = self._standby, self._wanted
        if not self._steps:
            return False
        if standby is None or (self._goal is not None and standby.position > wanted):
            await self._drop()
            self._standby = await StandbyKernel.start(self._kernels, self._steps, self._main)
        elif standby.position < wanted:
            if self._goal is not None:
                standby.hurry()
            await self._run_one(standby)
        elif self._goal is not None and self._goal.why == "rehearsed" and self._goal.step in standby.failed:
            self._hub.tell_stages({"do": "kept", "step": self._goal.step})  # no better kernel than the one in use
            self._goal = None
        elif self._goal is not None and self._may_swap(self._goal):
            await self._swap(self._goal, standby)
        else:
            return False
        self._tell()
        return True

    async def _run_one(self, standby: StandbyKernel) -> None:
        skip = self._steps[standby.position].id in self._deadly
        task = asyncio.ensure_future(standby.run_next(skip))
        while not await wait_or(self._wake, task):
            self._wake.clear()
            if self._goal is not None and self._wanted <= standby.position:  # it is in a cell that was not to be run
                task.cancel()
                await self._drop()
                return
        await task

    def _bury(self) -> None:
        if self._standby is not None and self._standby.position < len(self._steps):
            self._deadly.add(self._steps[self._standby.position].id)
        self._standby = None

    async def _drop(self) -> None:
        standby, self._standby = self._standby, None
        if standby is not None:
            await standby.close()

    def _may_swap(self, goal: Goal) -> bool:
        """After a recorded output the talk goes on meanwhile: a cell that runs now is not to be torn away."""
        return goal.why != "rehearsed" or not self._pending or self._pending[0] == goal.step

    async def _swap(self, goal: Goal, standby: StandbyKernel) -> None:
        session = await self._sessions.get_session(path=self._kernels.orders.lecture)
        old, self._main, self._standby, self._goal = self._main, standby.id, None, None
        await standby.promote()
        await self._sessions.update_session(session["id"], kernel_id=standby.id)
        self._place = standby.position
        self._done = {step.id for step in self._steps[: standby.position]}
        self._pending.clear()
        told = {"step": goal.step, "why": goal.why, "position": standby.position, "failed": standby.failed}
        self._hub.tell_stages({"do": "swap", "kernel": standby.id, **told})
        self._hub.tell("kernel", {"state": "swapped", "kernel": standby.id, **told})
        self._do(self._end(old))

    async def _end(self, kernel: str) -> None:
        await asyncio.sleep(_OLD_KERNEL_SECONDS)
        with contextlib.suppress(Exception):  # it may be the dead one
            await self._kernels.shutdown_kernel(kernel, now=True)

    # ------------------------------------------------------------------------------------------ the presenter's kernel

    async def _watch(self) -> None:
        while True:
            await self._read_rehearsal()
            if not await self._main_lives():
                await self._replace()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _main_lives(self) -> bool:
        if self._main in self._kernels.restarting or self._main not in self._kernels:
            return True  # somebody is at it
        return bool(await self._kernels.is_alive(self._main))

    async def _replace(self) -> None:
        """The presenter's kernel died."""
        if self._goal is not None:
            return  # a kernel is on its way
        step = self._pending[0] if self._pending else ""
        self._hub.tell_stages({"do": "died", "step": step})
        self._hub.tell("kernel", {"state": "dead", "kernel": self._main, "step": step})
        if self._gave_up:
            await self._kernels.restart_kernel(self._main)  # an empty kernel is better than none
            self._hub.tell("kernel", {"state": "restarted", "kernel": self._main})
            return
        self._aim(Goal(step, "died"))

    async def _read_rehearsal(self) -> None:
        """The owner writes it, and writes it again when the lecture has been built."""
        try:
            written = self._file.stat().st_mtime
        except OSError:
            return
        if written == self._written:
            return
        self._written = written
        self._steps = rehearsal_from(self._file.read_text(encoding="utf-8")).steps
        self._numbers = {step.id: number for number, step in enumerate(self._steps)}
        count = 0
        for slide in self._hub.plan.slides:
            for step in slide.steps:
                self._before[step.id] = count
                count += step.id in self._numbers
        self._hub.tell_stages({"do": "rehearsal"})
        if self._staged.is_set():
            self._greet()
        self._wake.set()

    def _tell(self) -> None:
        """The pages hear how far it is."""
        goal = self._goal and {"step": self._goal.step, "why": self._goal.why, "index": self._wanted}
        position = self._standby.position if self._standby else 0
        told = {"position": position, "ready": self._standby is not None, "goal": goal, "gone": self._gave_up}
        self._hub.tell_stages({"do": "standby", **told})

    def _do(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
