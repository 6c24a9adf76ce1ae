"""The drift guard: every lecture against other versions of JAX, in an environment that is thrown away afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class Comparison:
    """One lecture, as far as it has been compared."""

    lecture: Lecture
    done: int = 0
    """Steps that were compared."""
    settled: bool = False
    """Whether all were, and what differs at every run was taken out of the findings."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def steps(self) -> int:
        """How many steps there are to compare."""
        return sum(step.runs for step in self.lecture)


class Stopped(KeyboardInterrupt):
    """Somebody stopped the comparison: no kernel is left, and `comparisons` say how far it came, one a lecture."""

    def __init__(self, comparisons: Sequence[Comparison]) -> None:
        super().__init__()
        self.comparisons = tuple(comparisons)


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
        Stopped: by Ctrl-C.
    """
    comparisons = [Comparison(lecture) for lecture in lectures]
    other = ThrowawayKernels(course.root, folder, size, python)
    try:
        with Kernels(course.root, course.build, size) as here, other as there:
            for comparison in comparisons:
                lecture, cache = comparison.lecture, StepCache(course.build / "cache")
                keys = step_keys(lecture, course.root, size)
                before = execute(lecture, keys, cache, here, on_event, cell_timeout).outputs
                asyncio.run(_compare(comparison, before, there, on_event, cell_timeout))
                _settle(comparison, before, here, on_event, cell_timeout)
    except KeyboardInterrupt:
        raise Stopped(comparisons) from None
    return [finding for comparison in comparisons for finding in comparison.findings]


def _settle(
    comparison: Comparison, before: dict[str, Entry], here: Kernels, on_event: OnEvent, cell_timeout: int
) -> None:
    """Take out what differs at every run, timings and figures of timings: a second run here tells them from drift."""
    if any(not finding.broke for finding in comparison.findings):
        again = Comparison(comparison.lecture)
        asyncio.run(_compare(again, before, here, on_event, cell_timeout))
        restless = {finding.step for finding in again.findings}
        kept = [finding for finding in comparison.findings if finding.broke or finding.step not in restless]
        comparison.findings = kept
    comparison.settled = True


async def _compare(
    comparison: Comparison, before: dict[str, Entry], kernels: Kernels, on_event: OnEvent, cell_timeout: int
) -> None:
    """Every step runs, also behind one that broke: what follows from it is a finding of its own."""
    lecture, findings = comparison.lecture, comparison.findings
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
            comparison.done = number
            on_event(StepEvent(lecture.name, step.id, number, len(steps), entry.seconds, "there"))


def _finding(lecture: Lecture, step: Step, before: Entry, after: Entry) -> Finding | None:
    error = next((output for output in after.outputs if output["output_type"] == "error"), None)
    if (error is not None) != step.must_raise:
        what = f"{error['ename']}: {error['evalue'].strip().splitlines()[0][:200]}" if error else "no error"
        return Finding(lecture.path, step.line, step.id, True, what)
    words = difference(before.outputs, after.outputs)
    return Finding(lecture.path, step.line, step.id, False, words) if words else None
