"""One lecture in one real kernel, cell by cell, driven by nbclient."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from jaxstudy.build.cache import Entry
from jaxstudy.build.files_read import ReadLog
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.names import names_of
from jaxstudy.build.tidy import tidy
from jaxstudy.course import Lecture, Step
from jaxstudy.errors import KernelLost, Problem, StepFailed

# JAX reads these when it is imported, which a warm kernel has done before the first cell runs.
_SETS_JAX_UP = re.compile(r"environ\b.*\bJAX_|^\s*%(set_)?env\s+JAX_", re.MULTILINE)
_HELPER_TIMEOUT_SECONDS = 120


class Session:
    """A running kernel and the lecture whose cells it runs."""

    def __init__(self, lecture: Lecture, client: Any, cell_timeout: int, root: Path, reads: ReadLog) -> None:
        self.lecture, self.client, self.cell_timeout, self.root, self.reads = lecture, client, cell_timeout, root, reads
        self._as_sent: list[Any] = []
        client.on_cell_executed = self._note_outputs
        self._shown: dict[int, list[dict[str, Any]]] = {}
        self._number = {step.id: number for number, step in enumerate(step for step in lecture if step.runs)}

    async def run(self, step: Step) -> Entry:
        """Execute the step; errors it raises are among its outputs.

        Raises:
            KernelLost: the kernel died in this step.
            StepFailed: it took longer than the time limit.
            asyncio.CancelledError: this task was cancelled, as Ctrl-C does.
        """
        from nbclient.exceptions import CellTimeoutError, DeadKernelError

        number = self._number[step.id]
        cell = self.client.nb.cells[number]
        started = time.perf_counter()
        try:
            await self.client.async_execute_cell(cell, number, store_history=True)
        except CellTimeoutError as error:
            do = "make the step smaller, or raise the limit with --timeout"
            expected = f"the step done in {self.cell_timeout} s"
            raise StepFailed(Problem(expected, "still running", do, self.lecture.path, step.line)) from error
        except DeadKernelError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # nbclient takes its own cancelling for the kernel's death
                raise asyncio.CancelledError from error
            do = "look for a crash or too much memory in this step"
            raise KernelLost(Problem("a living kernel", "it died", do, self.lecture.path, step.line)) from error
        seconds = time.perf_counter() - started
        displays = self._place_displays(number)
        return Entry(self._outputs(number), seconds, self.reads.read_since(), displays, self._updates(number))

    def show(self, step: Step, entry: Entry) -> None:
        """Take the step's known outputs for given, without running it: later steps may replace displays among them."""
        from nbformat import from_dict

        number = self._number[step.id]
        self.client.nb.cells[number].outputs = [from_dict(dict(output)) for output in entry.outputs]
        self._shown[number] = list(map(_plain, self.client.nb.cells[number].outputs))
        for at, name in entry.displays.items():
            self.client._display_id_map.setdefault(name, {}).setdefault(number, []).append(at)

    def _outputs(self, number: int) -> tuple[dict[str, Any], ...]:
        return tuple(tidy(_plain(output), self.root) for output in self.client.nb.cells[number].outputs)

    def _note_outputs(self, cell: Any, cell_index: int, execute_reply: Any) -> None:  # noqa: ARG002 - nbclient's names
        self._as_sent = list(cell.outputs)

    def _place_displays(self, number: int) -> dict[int, str]:
        """Where displays with an id stand in a cell: nbclient merges its streams, and keeps the places from before."""
        sent, outputs = self._as_sent, self.client.nb.cells[number].outputs
        place = {id(output): at for at, output in enumerate(outputs)}
        found: dict[int, str] = {}
        for name, cells in self.client._display_id_map.items():
            kept = [place[id(sent[at])] for at in cells.get(number, ()) if at < len(sent) and id(sent[at]) in place]
            if number in cells:
                cells[number] = kept
            found |= dict.fromkeys(kept, name)
        self._shown[number] = list(map(_plain, outputs)) if found else []
        return found

    def _updates(self, number: int) -> dict[int, tuple[dict[str, Any], ...]]:
        """Earlier cells of which this one has replaced a display."""
        changed: dict[int, tuple[dict[str, Any], ...]] = {}
        for earlier in sorted({at for cells in self.client._display_id_map.values() for at in cells if at < number}):
            now = list(map(_plain, self.client.nb.cells[earlier].outputs))
            if now != self._shown.get(earlier):
                self._shown[earlier], changed[earlier] = now, self._outputs(earlier)
        return changed

    async def run_and_keep(self, step: Step, path: Path) -> tuple[Entry, str]:
        """Execute an expensive step and store what it binds; the text says why that failed, if it did."""
        names = names_of(step.source)
        await self._call("watch", list(names.read))
        entry = await self.run(step)
        return entry, await self._call("store", str(path), list(names.values))

    async def put_back(self, step: Step, path: Path) -> str:
        """Give the kernel an expensive step's stored values instead of running it; "" or why that failed."""
        return await self._call("load", str(path), names_of(step.source).definitions)

    async def observe_reads(self, log: str) -> None:
        """From here on, know which files of the course the cells open."""
        await self._call("observe", log, str(self.root), module="files_read")

    async def _call(self, function: str, *arguments: Any, module: str = "keep") -> str:
        """Call a function of ours in the kernel, leaving no name or history behind."""
        call = f"__import__('jaxstudy.build.{module}', fromlist=['{module}']).{function}{arguments!r}"
        if len(arguments) == 1:
            call = call[:-2] + ")"
        client = self.client.kc
        message = client.execute("", silent=True, store_history=False, user_expressions={"answer": call})
        deadline = time.monotonic() + _HELPER_TIMEOUT_SECONDS
        while (remaining := deadline - time.monotonic()) > 0:
            reply = await client.get_shell_msg(timeout=remaining)
            if reply["parent_header"].get("msg_id") == message:
                return _answer(reply["content"].get("user_expressions", {}).get("answer", {}))
        return "the kernel did not answer"


def _answer(value: dict[str, Any]) -> str:
    if value.get("status") != "ok":
        return f"{value.get('ename')}: {value.get('evalue')}"
    return str(ast.literal_eval(value["data"]["text/plain"]) or "")


@asynccontextmanager
async def open_session(lecture: Lecture, kernels: Kernels, cell_timeout: int) -> AsyncIterator[Session]:
    """A session on a fresh kernel whose working directory is the lecture's folder.

    Raises:
        KernelLost: the kernel did not start.
    """
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell, new_notebook

    language = lecture.metadata["kernelspec"].get("language", "python")
    if str(language).lower() not in ("python", "python3", "ipython"):
        got = f"a {language} kernel"
        raise KernelLost(Problem("a Python lecture", got, "jaxstudy runs Python kernels only", lecture.path))
    manager = kernels.manager(warm=not any(_SETS_JAX_UP.search(step.source) for step in lecture if step.runs))
    limits = {
        "timeout": cell_timeout,
        "startup_timeout": 60,
        "allow_errors": True,
        "record_timing": False,
        "coalesce_streams": True,
    }
    # All cells are there from the start: a cell may update what an earlier one displays.
    cells = [new_code_cell(step.source) for step in lecture if step.runs]
    client = NotebookClient(new_notebook(cells=cells), km=manager, **limits)
    handle, log = tempfile.mkstemp(prefix="jaxstudy-reads-")
    os.close(handle)
    try:  # from before the start on: who stops us while the kernel starts leaves no kernel either
        await _start(client, lecture, kernels)
        session = Session(lecture, client, cell_timeout, kernels.root, ReadLog(Path(log), kernels.root, lecture.path.parent))
        await session.observe_reads(log)
        yield session
    finally:
        Path(log).unlink(missing_ok=True)
        if client.kc is not None:
            client.kc.stop_channels()
        if manager.has_kernel:
            await manager.shutdown_kernel(now=True)  # nothing is left to save: no reason to wait politely


async def _start(client: Any, lecture: Lecture, kernels: Kernels) -> None:
    try:
        await client.async_start_new_kernel(cwd=str(lecture.path.parent), env=kernels.environment())
        await client.async_start_new_kernel_client()
    except (RuntimeError, OSError, TimeoutError) as error:
        do = "run `jaxstudy doctor`; `--kernel plain` starts kernels the ordinary way"
        raise KernelLost(Problem("a kernel", f"{type(error).__name__}: {error}", do, lecture.path)) from error


def _plain(output: Any) -> dict[str, Any]:
    """The output as JSON; execution counts are given anew when a notebook is put together."""
    raw: dict[str, Any] = _thawed(output)
    raw.pop("execution_count", None)
    return raw


def _thawed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _thawed(item) for key, item in value.items()}
    return [_thawed(item) for item in value] if isinstance(value, list) else value
