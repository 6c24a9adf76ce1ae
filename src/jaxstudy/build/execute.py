"""A lecture → an executed notebook, running only the steps that must run."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from jaxstudy.build.cache import Entry, StepCache
from jaxstudy.build.files_read import unchanged
from jaxstudy.build.distributions import distribution_of
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.session import Session, open_session
from jaxstudy.course import Lecture, Slide, Step
from jaxstudy.course.exercises import without_markers
from jaxstudy.errors import Problem, StepFailed
from jaxstudy.installing import install_words

DEFAULT_CELL_TIMEOUT_SECONDS = 600
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_CELL_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")


@dataclass(frozen=True, slots=True)
class StepEvent:
    """Progress of one lecture: `done` of `total` steps, the latest of which took `seconds`."""

    lecture: str
    step: str
    done: int
    total: int
    seconds: float
    how: str
    """`cached`, `run`, `again` (run for its state only, its outputs were known) or `restored`."""


@dataclass(slots=True)
class Execution:
    """What happened, and the outputs by step id."""

    outputs: dict[str, Entry] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    """Steps a kernel executed, in order."""
    restored: list[str] = field(default_factory=list)
    """Expensive steps whose stored values were handed back."""
    reads: set[str] = field(default_factory=set)
    """Files that steps read, relative to the lecture's folder."""
    notes: list[str] = field(default_factory=list)
    """What the author should know: values that could not be kept, damaged cache files."""


def execute(
    lecture: Lecture,
    keys: dict[str, str],
    cache: StepCache,
    kernels: Kernels,
    on_event: Callable[[StepEvent], None] = lambda _: None,
    cell_timeout: int = DEFAULT_CELL_TIMEOUT_SECONDS,
    fresh: bool = False,
) -> Execution:
    """Outputs of every step that runs; no kernel starts when all are known.

    A step is known while no file that it read has changed; the steps after it depend on it.

    Args:
        lecture: what to execute.
        keys: by step id, see `step_keys`.
        cache: what is known, and where outputs are kept.
        kernels: start one where a step must run.
        on_event: told each step.
        cell_timeout: seconds.
        fresh: run every step, whatever is known.

    Raises:
        StepFailed: a step raised, or one tagged `raises-exception` did not, or one took too long.
        KernelLost: the kernel died or did not start.
    """
    execution = Execution()
    steps = [step for step in lecture if step.runs]
    folder = lecture.path.parent
    entries = {} if fresh else {step.id: cache.get(keys[step.id]) for step in steps}
    known = {name: entry for name, entry in entries.items() if entry is not None and unchanged(entry.reads, folder)}
    execution.notes += [f"dropped a damaged cache file: {path.name}" for path in cache.damaged]
    missing = [number for number, step in enumerate(steps) if step.id not in known]
    runner = _Runner(lecture, keys, cache, on_event, execution, known)
    if missing:
        asyncio.run(runner.from_kernel(kernels, steps, missing[0], cell_timeout))
    else:
        for step in steps:
            check_outcome(lecture, step, known[step.id])
        execution.outputs = known
        execution.reads = {name for entry in known.values() for name in entry.reads}
        on_event(StepEvent(lecture.name, "", len(steps), len(steps), 0.0, "cached"))
    execution.outputs = _with_updates(steps, execution.outputs)
    return execution


def _with_updates(steps: list[Step], outputs: dict[str, Entry]) -> dict[str, Entry]:
    """The outputs as they stand at the end: displays that later steps replaced show what was last put there."""
    shown = dict(outputs)
    for step in steps:
        for number, replaced in outputs[step.id].updates.items():
            earlier = steps[number].id
            shown[earlier] = replace(shown[earlier], outputs=replaced)
    return shown


@dataclass(slots=True)
class _Runner:
    lecture: Lecture
    keys: dict[str, str]
    cache: StepCache
    on_event: Callable[[StepEvent], None]
    execution: Execution
    known: dict[str, Entry]

    async def from_kernel(self, kernels: Kernels, steps: list[Step], first: int, cell_timeout: int) -> None:
        async with open_session(self.lecture, kernels, cell_timeout) as session:
            for number, step in enumerate(steps):
                how = await self._again(session, step) if number < first else await self._anew(session, step)
                entry = self.execution.outputs[step.id]
                event = StepEvent(self.lecture.name, step.id, number + 1, len(steps), entry.seconds, how)
                self.on_event(event)
            self._forget_written(session, steps)

    def _forget_written(self, session: Session, steps: list[Step]) -> None:
        """What a later step wrote is no input: it would make the step that reads it stale at every build."""
        for step in steps:
            entry = self.execution.outputs[step.id]
            kept = {name: digest for name, digest in entry.reads.items() if name not in session.reads.written}
            if len(kept) < len(entry.reads):
                entry = self.execution.outputs[step.id] = replace(entry, reads=kept)
                self.cache.put(self.keys[step.id], entry)
            self.execution.reads |= set(kept)

    async def _again(self, session: Session, step: Step) -> str:
        """Bring back the state a known step left; its outputs stay as they were."""
        self.execution.outputs[step.id] = self.known[step.id]
        check_outcome(self.lecture, step, self.known[step.id])
        kept = self.cache.values(self.keys[step.id]) if "expensive" in step.tags else None
        if kept is not None:
            trouble = await session.put_back(step, kept)
            if not trouble:
                session.show(step, self.known[step.id])
                self.execution.restored.append(step.id)
                return "restored"
            self.execution.notes.append(f"{step.id}: stored values could not be put back ({trouble}); it ran again")
        entry = await session.run(step)
        self.execution.ran.append(step.id)
        check_outcome(self.lecture, step, entry)
        return "again"

    async def _anew(self, session: Session, step: Step) -> str:
        key = self.keys[step.id]
        if "expensive" in step.tags:
            entry, trouble = await session.run_and_keep(step, self.cache.values_path(key))
            if trouble:
                self.execution.notes.append(f"{step.id}: its values can't be kept ({trouble}); it will run again")
        else:
            entry = await session.run(step)
        self.execution.ran.append(step.id)
        check_outcome(self.lecture, step, entry)
        self.cache.put(key, entry)
        self.execution.outputs[step.id] = entry
        return "run"


def check_outcome(lecture: Lecture, step: Step, entry: Entry) -> None:
    """Raise when the step raised and must not, or did not raise and must.

    Raises:
        StepFailed: with lecture:line, the slide's title, the cell and the traceback.
    """
    error = next((output for output in entry.outputs if output["output_type"] == "error"), None)
    if (error is not None) == step.must_raise:
        return
    slide = next(slide for slide in lecture.slides if step in slide.steps)
    if error is None:
        do = "remove the tag, or mend the example"
        problem = Problem("the error that the tag raises-exception announces", "none", do, lecture.path, step.line)
        raise StepFailed(problem, details=[_detail(slide, step, "")])
    traceback = _ANSI.sub("", "\n".join(error["traceback"]))
    found = _CELL_LINE.search(traceback)
    line = step.line + int(found.group(1)) - 1 if found else step.line
    got = f"{error['ename']}: {_first_line(error['evalue'])}"
    problem = Problem("a cell that runs", got, _cure(error), lecture.path, line)
    raise StepFailed(problem, details=[_detail(slide, step, traceback)])


def _cure(error: dict[str, Any]) -> str:
    missing = re.search(r"No module named '([^'.]+)", error["evalue"])
    if error["ename"] == "ModuleNotFoundError" and missing:
        package = distribution_of(missing.group(1))
        return f"install it where jaxstudy runs ({install_words(package)}), or tag the cell skip-execution"
    return "mend the cell, or tag it raises-exception if it is meant to fail"


def _detail(slide: Slide, step: Step, traceback: str) -> str:
    title = slide.title or "(no title)"
    return "\n".join(filter(None, [f"On the slide {title!r}, step {step.id}:", "", step.source, "", traceback]))


def _first_line(text: str) -> str:
    lines = _ANSI.sub("", text).strip().splitlines()
    return lines[0] if lines else "(no message)"


def executed_notebook(lecture: Lecture, outputs: dict[str, Entry] | None) -> Any:
    """The lecture as a notebook (nbformat 4.5): one cell a step, `cell.id == step.id`; no outputs for None."""
    from nbformat import from_dict
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

    notebook = new_notebook(metadata=dict(lecture.metadata))
    count = 0
    makers: dict[str, Any] = {"markdown": new_markdown_cell, "raw": new_raw_cell, "code": new_code_cell}
    for step in lecture:
        cell = makers[step.kind](without_markers(step.source), id=step.id, metadata=_cell_metadata(step))
        if step.kind == "code" and outputs is not None and step.id in outputs:
            count += 1
            cell.execution_count = count
            cell.outputs = [_numbered(output, count) for output in outputs[step.id].outputs]
        if step.attachments:
            cell.attachments = from_dict(dict(step.attachments))
        notebook.cells.append(cell)
    return notebook


def _cell_metadata(step: Step) -> dict[str, Any]:
    kept: dict[str, Any] = {**step.metadata, "jaxstudy": {"line": step.line}}
    kept["slideshow"] = {"slide_type": step.slide_type}
    if step.tags:
        kept["tags"] = list(step.tags)
    return kept


def _numbered(output: dict[str, Any], count: int) -> Any:
    from nbformat import from_dict

    numbered = {**output, "execution_count": count} if output["output_type"] == "execute_result" else dict(output)
    return from_dict(numbered)
