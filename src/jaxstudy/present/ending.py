"""Ending a server that this process owns: it stops when its stdin closes."""

from __future__ import annotations

import contextlib
import subprocess


def end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Close its stdin and wait until it is gone; after so many seconds, kill it."""
    assert process.stdin is not None
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
