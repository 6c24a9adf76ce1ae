"""What happens in a forked process, from the fork to the kernel's main loop."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import os
import random
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from jaxstudy.warm.messages import Request
from jaxstudy.warm.ties import die_with

_WRITERS = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)  # text first: it hands on to its buffer
_status = 0


@dataclass(frozen=True, slots=True)
class Birth:
    """What a fresh fork is to become."""

    request: Request
    streams: tuple[int, ...]
    """File descriptors for its stdout and stderr, in this order; ours to close."""
    parent: int
    """The process id of the warm parent."""


def leave_quickly_at_exit() -> None:
    """End the interpreter once every exit handler registered after this call has run.

    To be called first of all, as exit handlers run last to first. Saved is the taking apart of a thousand imported
    modules, 0.07 s a kernel. By then threads are joined, and IPython has emptied the user's namespace; what is left
    to do is to write out what modules hold in files they never closed.
    """

    def leave() -> None:
        held = [thing for thing in gc.get_objects() if type(thing) in _WRITERS]  # none from before the fork
        held.sort(key=lambda file: _WRITERS.index(type(file)))
        for file in (*held, sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                file.flush()
        os._exit(_status)

    atexit.register(leave)


def become_kernel(birth: Birth, added: Mapping[str, str]) -> None:
    """Turn this process into the kernel that `birth` asks for; returns when the kernel is shut down.

    `added` holds the variables that the imports put into the environment (JAX sets one), as they would have there.
    """
    global _status
    _status = 1  # until the kernel has come to its end in order
    die_with(birth.parent)
    os.setsid()
    _take_signals_back()
    _take_streams(birth.streams)
    _take_environment({**added, **birth.request.env}, birth.request.cwd)
    _take_arguments(birth.request.argv)
    _forget_this_package()
    _start_afresh()
    _run(birth.parent)
    _status = 0


def _take_signals_back() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    # SIGINT stays ignored, as the parent had it: ipykernel ignores it too, except while a cell runs.


def _take_streams(streams: tuple[int, ...]) -> None:
    nothing, writer = os.pipe()  # closed at the other end, as stdin is for a plain kernel
    os.close(writer)
    for target, source in enumerate((nothing, *streams)):
        os.dup2(source, target)
    for source in (nothing, *streams):
        os.close(source)


def _take_environment(environment: dict[str, str], cwd: str) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    time.tzset()


def _take_arguments(argv: tuple[str, ...]) -> None:
    launcher = find_spec("ipykernel_launcher")
    sys.argv = [launcher.origin if launcher and launcher.origin else argv[2], *argv[3:]]
    sys.orig_argv = list(argv)


def _forget_this_package() -> None:
    """Leave the kernel free to import the package by itself; the code that runs now keeps what it needs."""
    for name in [name for name in sys.modules if name == "jaxstudy" or name.startswith("jaxstudy.")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def _start_afresh() -> None:
    random.seed()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()
    gc.enable()


def _run(parent: int) -> None:
    from ipykernel.kernelapp import IPKernelApp

    # The class read its default from the parent's environment. The process to watch is the one that forked us.
    IPKernelApp.launch_instance(parent_handle=parent)
