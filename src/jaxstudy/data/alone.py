"""One process at a time in a folder; the lock ends with the process that holds it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_in(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the folder's lock; `waiting` is called once when another process has it.

    Without `fcntl` (Windows) nothing is locked: names of unfinished files then carry the process's number.
    """
    try:
        import fcntl
    except ImportError:  # pragma: no cover
        yield
        return
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def tag() -> str:
    """What tells apart unfinished files of processes that can't lock each other out; empty where they can."""
    return f"-{os.getpid()}" if os.name == "nt" else ""
