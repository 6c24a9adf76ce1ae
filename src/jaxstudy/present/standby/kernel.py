"""One kernel that runs a script's cells by itself, out of the presenter's way."""

# Jupyter's classes are half typed: what they inherit and call is not ours to annotate.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import ApiPath

from jaxstudy.present.standby.rehearsal import RehearsedStep

if TYPE_CHECKING:
    from jaxstudy.present.jupyter import LectureKernels

_NICER = 7
"""How much lower the priority of a standby is than that of the kernel in use: a fifth of its processor time."""
_LOOK_SECONDS = 0.5


class StandbyLost(Exception):
    """The standby's kernel died."""


class StandbyKernel:
    """A running kernel, and how far it has come. Make one with `StandbyKernel.start`."""

    def __init__(self, kernels: LectureKernels, id: str, steps: Sequence[RehearsedStep]) -> None:
        self._kernels, self.id, self._steps = kernels, id, steps
        self._client: Any = kernels.get_kernel(id).client()
        self._client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        self.position = 0
        """How many of the steps it has run."""
        self.failed: list[str] = []
        """Steps that raised and should not have."""

    @classmethod
    async def start(cls, kernels: LectureKernels, steps: Sequence[RehearsedStep], beside: str | None) -> StandbyKernel:
        """A warm kernel in the lecture's folder, of lower priority than the kernel `beside`."""
        folder = kernels.orders.lecture.rpartition("/")[0]
        id = await kernels.start_kernel(kernel_name="python3", path=ApiPath(folder))
        _be_nice(_pid(kernels, id), _pid(kernels, beside) if beside and beside in kernels else None)
        await kernels.warm_up(id)
        return cls(kernels, id, steps)

    @property
    def pid(self) -> int | None:
        """The kernel's process id."""
        return _pid(self._kernels, self.id)

    async def run_next(self, skip: bool = False) -> None:
        """Run the next step, or put back what it left; `skip` passes over it.

        Raises:
            StandbyLost: the kernel died in it.
        """
        step = self._steps[self.position]
        if skip:
            self.failed.append(step.id)
        elif not (step.kept and await self._put_back(step)):
            reply = await self._ask(step.source, silent=False, store_history=True, stop_on_error=False)
            if (reply["status"] != "ok") != step.must_raise:
                self.failed.append(step.id)
        self.position += 1

    def hurry(self) -> None:
        """Somebody waits for it: no lower priority than others have."""
        _be_ordinary(self.pid)

    async def promote(self) -> None:
        """Make it an ordinary kernel, for the presenter to use."""
        self._client.stop_channels()
        self.hurry()

    async def close(self) -> None:
        """End it at once."""
        self._client.stop_channels()
        with contextlib.suppress(Exception):  # it died by itself, or the server is ending: gone either way
            await self._kernels.shutdown_kernel(self.id, now=True)

    async def _put_back(self, step: RehearsedStep) -> bool:
        """Give it an expensive step's stored values; whether that worked."""
        if not Path(step.kept).is_file():
            return False
        call = f"__import__('jaxstudy.build.keep', fromlist=['keep']).load{(step.kept, step.definitions)!r}"
        reply = await self._ask("", silent=True, store_history=False, user_expressions={"answer": call})
        answer = reply.get("user_expressions", {}).get("answer", {})
        return bool(answer.get("status") == "ok" and answer.get("data", {}).get("text/plain") == "''")

    async def _ask(self, code: str, **options: Any) -> dict[str, Any]:
        """Execute; the reply's content."""
        asked = self._client.execute(code, allow_stdin=False, **options)
        while True:
            try:
                reply: dict[str, Any] = await self._client.get_shell_msg(timeout=_LOOK_SECONDS)
            except Exception as error:  # Empty, whose home differs between versions of jupyter_client
                if type(error).__name__ not in ("Empty", "TimeoutError"):
                    raise
                if self.id not in self._kernels or not await self._kernels.is_alive(self.id):
                    raise StandbyLost from error
                continue
            if reply["parent_header"].get("msg_id") == asked:
                content: dict[str, Any] = reply["content"]
                return content


def _pid(kernels: LectureKernels, id: str | None) -> int | None:
    pid: int | None = getattr(kernels.get_kernel(id).provisioner, "pid", None) if id is not None else None
    return pid


def _be_nice(pid: int | None, beside: int | None) -> None:
    """Lower a new kernel's priority. The threads that JAX starts later inherit it."""
    with contextlib.suppress(OSError):
        of_other = os.getpriority(os.PRIO_PROCESS, beside) if beside else 0
        _set_priority(pid, min(19, of_other + _NICER))


def _be_ordinary(pid: int | None) -> None:
    """Back to this process's own priority; a system that allows no one to climb leaves it where it is."""
    with contextlib.suppress(OSError):
        _set_priority(pid, os.getpriority(os.PRIO_PROCESS, 0))


def _set_priority(pid: int | None, value: int) -> None:
    if pid is None:
        return
    threads = [int(entry.name) for entry in Path(f"/proc/{pid}/task").glob("*")] or [pid]  # Linux counts by thread
    for thread in threads:
        os.setpriority(os.PRIO_PROCESS, thread, value)


async def wait_or(event: asyncio.Event, task: asyncio.Task[None]) -> bool:
    """Wait until the task is done (True) or the event is set (False)."""
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return task.done()
