"""Seconds and peak memory of a command and everything it starts."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.1
_LEFT_BEHIND_SECONDS = 5
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    cpu_seconds: float
    peak_mb: float
    """Proportional set size of the whole process tree: shared pages count once."""
    returncode: int
    output: str


def measure(command: list[str], cwd: Path, environment: dict[str, str] | None = None, *, memory: bool = True) -> Run:
    """Run the command to its end; sample the memory of its process tree meanwhile.

    Adding up a tree's memory takes tens of milliseconds of a core: without `memory`, nothing runs beside the command.
    """
    # What the command starts and does not wait for is ours then, and its processor time is counted too.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = os.times()
    started = time.perf_counter()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=cwd, env=environment, **pipes)  # type: ignore[call-overload]
    peak = _Peak(process.pid) if memory else None
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    _reap()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(seconds, cpu, peak.stop() / 1e6 if peak else 0.0, process.returncode, output)


def _reap() -> None:
    """Wait for what the command has left behind; what does not end is ended, or it would run beside the next."""
    until = time.monotonic() + _LEFT_BEHIND_SECONDS
    with contextlib.suppress(ChildProcessError):
        while True:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
            if time.monotonic() > until:
                for process in _tree(os.getpid())[1:]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
            time.sleep(0.01)


class _Peak:
    def __init__(self, root: int) -> None:
        self.root, self.peak, self.running = root, 0, True
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while self.running:
            self.peak = max(self.peak, sum(_pss(process) for process in _tree(self.root)))
            time.sleep(_SAMPLE_SECONDS)

    def stop(self) -> int:
        self.running = False
        self.thread.join()
        return self.peak


def _tree(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(folder.name))
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += parents.get(process, [])
    return found


def _pss(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
