"""Ties between processes: how one notices that another is gone, and how none is left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with(parent: int) -> None:
    """Have the system kill this process the moment its parent process ends, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


def exit_of(pid: int) -> int | None:
    """A file descriptor that turns readable when process `pid` ends; None where the system has none to give.

    A closed pipe or socket says the same, but not while a forked sibling of the dead still holds a copy of it.

    Raises `ProcessLookupError` when it is gone already.
    """
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except OSError:  # a kernel before 5.3, or a sandbox that forbids the call
        return None


def peer_of(connection: socket.socket) -> int | None:
    """The process that opened the other end of a unix socket; None where that cannot be told."""
    if sys.platform != "linux":
        return None
    credentials = struct.Struct("3i")  # pid, uid, gid
    pid, _, _ = credentials.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size))
    return pid or None  # 0: it lives in a pid namespace that this process cannot see


def kill_group(pid: int) -> None:
    """Kill process `pid` and its process group; silent when they are gone.

    Both, because a process killed in the instant between its fork and its setsid has no group of its own yet.
    """
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
