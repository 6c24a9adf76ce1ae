"""Start the process that forks workers: before anything else, for its imports take longest.

This module is imported first where a class is graded, and so imports nearly nothing.
"""

from __future__ import annotations

import os
import socket
import sys

HOME = "/student"
"""A worker's working directory; writable, in memory, as large as one file may be."""
_CONTROL = 3  # the descriptor that it has its end of the connection as


class Spawned:
    """A process that imports NumPy and JAX now, and then waits to hear what else; all of it by number, to hand on."""

    def __init__(self, control: int, errors: int, alive: int, pid: int = 0) -> None:
        self.pid = pid
        """For who started it, and is to wait for its end. 0: that is somebody else."""
        self.control = control
        """Our end of the connection, a socket of packets. It ends when the last copy of this is closed."""
        self.errors = errors
        """A file in memory: what it writes to its standard error."""
        self.alive = alive
        """Its pidfd: readable once it has ended, whoever started it."""

    @property
    def descriptors(self) -> tuple[int, int, int]:
        """The three that can be handed on."""
        return self.control, self.errors, self.alive

    def let_go(self) -> None:
        """Close ours, because somebody else has them now, or to end it."""
        for descriptor in self.descriptors:
            os.close(descriptor)


def spawn() -> Spawned:
    """Start one and return at once. For Linux."""
    import fcntl  # not everywhere, where this module is imported too

    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    errors = os.memfd_create("errors")
    nothing = os.open(os.devnull, os.O_RDWR)
    # By numbers that are none of those they shall have there: in a process without standard input, ours are low.
    high = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, _CONTROL + 1) for one in (nothing, nothing, errors, its.fileno())]
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-c", _START_CODE],
            _ENVIRONMENT,  # not ours: nothing of it is the students' business
            file_actions=[(os.POSIX_SPAWN_DUP2, one, number) for number, one in enumerate(high)],
            setsid=True,  # Ctrl-C is for the grader to deal with
        )
    finally:
        its.close()
        for one in (nothing, *high):
            os.close(one)
    return Spawned(ours.detach(), errors, os.pidfd_open(pid), pid)


# -I leaves out the working directory and PYTHON* variables; this package may live outside of site-packages, and is
# taken from where this process has it.
_START_CODE = f"""
import os, sys
os.chdir("/")
os.closerange({_CONTROL + 1}, 1024)
sys.path.insert(0, {os.path.abspath(__file__ + "/../../../..")!r})
from jaxstudy.homework.sandbox.zygote import main
main()
"""  # noqa: PTH100 - pathlib takes milliseconds to import
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": HOME,
    "TMPDIR": HOME,
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": HOME,
    "JAX_PLATFORMS": "cpu",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
