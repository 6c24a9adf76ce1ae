"""Writing a recording so that a kill loses nothing that was written."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from jaxstudy.recording.events import Event, Header


class Writer:
    """Writes a recording event by event; each has left this process before `write` returns.

    Opened on a file that is there already, it goes on with it, after its last whole line. One writer a file: a second
    one, in whatever process, is refused.

    Raises:
        OSError: no room, no right to write, another writer (BlockingIOError); the file ends with a whole line then too.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._size = _cut_torn_line(path)
            if not self._size:
                self._put(str(header))
        except BaseException:
            os.close(self._file)
            raise

    def write(self, event: Event) -> None:
        """Append the event."""
        self._put(str(event))

    def close(self) -> None:
        """Make sure that all is on the disk."""
        if self._file >= 0:
            with contextlib.suppress(OSError):  # a pipe, a disk that is full: what could be done was done
                os.fsync(self._file)
            os.close(self._file)
            self._file = -1

    def _put(self, line: str) -> None:
        # Past all buffers: a kill can tear the last line, never change the order, and loses nothing written before.
        data = memoryview((line + "\n").encode("utf-8", errors="replace"))
        try:
            left = data
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def in_use(path: Path) -> bool:
    """Whether somebody writes the recording now."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _cut_torn_line(path: Path) -> int:
    """Take away what follows the last line end; how many bytes are left."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("r+b") as file:
            file.truncate(whole)
    return whole
