"""The drift guard: every lecture against other versions of JAX, in an environment that is thrown away afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.build.alike import difference
from jaxstudy.build.cache import Entry, StepCache
from jaxstudy.build.execute import StepEvent, execute
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.keys import step_keys
from jaxstudy.build.session import open_session
from jaxstudy.build.throwaway import ThrowawayKernels
from jaxstudy.course import Course, Lecture, Step
from jaxstudy.errors import KernelLost, Problem, StepFailed

OnEvent = Callable[[StepEvent], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """A step that does not give there what it gives here."""

    lecture: Path
    line: int
    step: str
    broke: bool
    """Whether it raised (or no longer raised as it must), not just gave another output."""
    what: str

    def problem(self) -> Problem:
        """The finding as a problem with its next step."""
        expected = f"step {self.step} to {'run' if self.broke else 'give the same output'} there"
        do = "mend the cell so that both versions run" if self.broke else "make it hold in both, or pin the version"
        return Problem(expected, self.what, do, self.lecture, self.line)


def drift(
    course: Course,
    lectures: Sequence[Lecture],
    python: Path,
    folder: Path,
    size: str,
    on_event: OnEvent = lambda _: None,
    cell_timeout: int = 600,
) -> list[Finding]:
    """Run the lectures here (from the cache where it can be) and with another interpreter, and compare step by step.

    Args:
        course: where the lectures stand.
        lectures: which to run.
        python: interpreter of the other environment, which has ipykernel.
        folder: for files of this run; nothing of the course is written but its cache.
        size: `smoke` or `full`.
        on_event: told each step.
        cell_timeout: seconds.

    Raises:
        StepFailed, KernelLost: a lecture does not even run here.
    """
    findings: list[Finding] = []
    with Kernels(course.root, course.build, size) as here, ThrowawayKernels(course.root, folder, size, python) as there:
        for lecture in lectures:
            keys = step_keys(lecture, course.root, size)
            before = execute(lecture, keys, StepCache(course.build / "cache"), here, on_event, cell_timeout).outputs
            found = asyncio.run(_compare(lecture, before, there, on_event, cell_timeout))
            if any(not finding.broke for finding in found):
                # A second run here tells drift from what differs at every run: timings, figures of timings.
                again = asyncio.run(_compare(lecture, before, here, on_event, cell_timeout))
                restless = {finding.step for finding in again}
                found = [finding for finding in found if finding.broke or finding.step not in restless]
            findings += found
    return findings


async def _compare(
    lecture: Lecture, before: dict[str, Entry], kernels: Kernels, on_event: OnEvent, cell_timeout: int
) -> list[Finding]:
    """Every step runs, also behind one that broke: what follows from it is a finding of its own."""
    findings = []
    steps = [step for step in lecture if step.runs]
    async with open_session(lecture, kernels, cell_timeout) as session:
        for number, step in enumerate(steps, 1):
            try:
                entry = await session.run(step)
            except (KernelLost, StepFailed) as error:
                findings.append(Finding(lecture.path, step.line, step.id, True, error.problems[0].got))
                break  # the kernel is gone or busy: nothing behind it can be asked
            if found := _finding(lecture, step, before[step.id], entry):
                findings.append(found)
            on_event(StepEvent(lecture.name, step.id, number, len(steps), entry.seconds, "there"))
    return findings


def _finding(lecture: Lecture, step: Step, before: Entry, after: Entry) -> Finding | None:
    error = next((output for output in after.outputs if output["output_type"] == "error"), None)
    if (error is not None) != step.must_raise:
        what = f"{error['ename']}: {error['evalue'].strip().splitlines()[0][:200]}" if error else "no error"
        return Finding(lecture.path, step.line, step.id, True, what)
    words = difference(before.outputs, after.outputs)
    return Finding(lecture.path, step.line, step.id, False, words) if words else None
