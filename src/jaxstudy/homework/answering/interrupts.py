"""Ctrl-C, where whatever a student's code raises is an answer."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def heeding_ctrl_c() -> Iterator[None]:
    """Raise `KeyboardInterrupt` after this block if somebody pressed Ctrl-C in it, even if code in it caught that.

    A `KeyboardInterrupt` that a student's code raises by itself is not meant.
    """
    ignored = signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None)
    if ignored or threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = []

    def note(_number: int, _frame: FrameType | None) -> None:
        pressed.append(True)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            raise KeyboardInterrupt
