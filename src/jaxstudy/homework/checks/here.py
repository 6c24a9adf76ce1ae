"""A file whose functions run in this very process: the student's own check, and the reference beside it."""

from __future__ import annotations

import gc
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from jaxstudy.homework.answering.data import Request, Tensor, TimedOut
from jaxstudy.homework.answering.interrupts import heeding_ctrl_c
from jaxstudy.homework.answering.operations import Answerer

_PATIENCE = 4  # times the limit, for a call that the machine gave no time to calculate


class Here:
    """Answers from a namespace of this process.

    A call that takes too long is stopped by an alarm, where that is possible: in the main thread, and while Python
    runs (a loop inside compiled code can't be stopped so).
    """

    def __init__(self, namespace: Mapping[str, Any], seconds: float = 10.0) -> None:
        self._answerer, self._seconds = Answerer(namespace), seconds

    def ask(self, request: Request, seconds: float | None = None) -> Any:
        """See `Answers.ask`."""
        if any(isinstance(value, Tensor) for value in (*request.args, *request.kwargs.values())):
            _import_torch()
        with heeding_ctrl_c(), alarm(self._seconds if seconds is None else seconds):
            return self._answerer.answer(request)


def _import_torch() -> None:
    """It takes seconds, which are not the student's; stopped in the midst it stays broken."""
    if "torch" not in sys.modules:
        with uncollected():
            import torch  # noqa: F401


@contextmanager
def uncollected(freeze: bool | None = None) -> Iterator[None]:
    """Keep Python's garbage collector from looking through what is made in this block, which is there to stay.

    While thousands of modules are imported it would do so again and again: a third of the time that PyTorch takes.

    Args:
        freeze: nor does it look through it later; by default, if this process has frozen something before. Garbage of
            now stays, too: for a command that ends soon, not for a notebook.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_freeze_count() > 0 if freeze is None else freeze:
            gc.freeze()
        if was_on:
            gc.enable()


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `TimedOut` in this block after so many seconds; where there are no alarms, never.

    On a busy machine a call waits more than it calculates: it has more time, until it has calculated for so long.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    began, calculated = time.monotonic(), time.process_time()

    def ring(*_: object) -> None:
        left = seconds - (time.process_time() - calculated)
        if left > 0 and time.monotonic() - began < _PATIENCE * seconds:
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.05 * seconds))
            return
        raise TimedOut(seconds)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
