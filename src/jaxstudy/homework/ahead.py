"""Grading processes, and one of them started before it is known what there is to grade.

Importing JAX takes longer than reading a command line and looking through a folder: a process that is started first
has done it by the time that the rest is ready. This module is imported before most others, and so imports little.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from jaxstudy.homework.sandbox.spawning import Spawned


class Started(NamedTuple):
    """A grading process that waits for its setup."""

    process: subprocess.Popen[bytes]
    ours: socket.socket
    """Our end of the connection. It ends when this is closed, also by our own end."""
    child: int = 0
    """What forks its workers, where that is ours to wait for once this one has ended. 0: it is not."""


_waiting: list[Started] = []


def start_ahead(spawned: Spawned | None = None) -> None:
    """Start one now, for the first that calls `take`.

    Args:
        spawned: what forks its workers, if that has been started; from here on its own.
    """
    _waiting.append(_start(None, spawned))


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


def _start(log: Path | None, spawned: Spawned | None = None) -> Started:
    ours, theirs = socket.socketpair()
    handed_on = (theirs.fileno(), *(spawned.descriptors if spawned else ()))
    command = [sys.executable, "-m", "jaxstudy.homework.serving", *map(str, handed_on)]
    with theirs, (log or Path(os.devnull)).open("ab") as errors:
        # A session of its own: Ctrl-C on the terminal is for the parent, which then ends this one in order.
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            pass_fds=handed_on,
            start_new_session=True,
        )
    if spawned:
        spawned.let_go()
    return Started(process, ours, spawned.pid if spawned else 0)
