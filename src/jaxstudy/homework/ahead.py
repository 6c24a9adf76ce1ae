"""Grading processes, and one of them started before it is known what there is to grade.

Importing JAX takes longer than reading a command line and looking through a folder: a process that is started first
has done it by the time that the rest is ready. This module is imported before all others, and so imports little.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Started(NamedTuple):
    """A grading process that waits for its setup."""

    process: subprocess.Popen[bytes]
    ours: socket.socket
    """Our end of the connection. It ends when this is closed, also by our own end."""


_waiting: list[Started] = []


def start_ahead() -> None:
    """Start one now, for the first that calls `take`."""
    _waiting.append(_start(None))


def take(log: Path) -> Started:
    """The one that was started ahead, or a new one.

    Args:
        log: where it writes what goes wrong. One that was started ahead does so once it has its setup.
    """
    while _waiting:
        started = _waiting.pop()
        if started.process.poll() is None:
            return started
        started.ours.close()
    return _start(log)


def _start(log: Path | None) -> Started:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "jaxstudy.homework.serving", str(theirs.fileno())]
    with theirs, (log or Path(os.devnull)).open("ab") as errors:
        # A session of its own: Ctrl-C on the terminal is for the parent, which then ends this one in order.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return Started(process, ours)
