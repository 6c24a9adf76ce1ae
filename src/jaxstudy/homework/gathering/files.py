"""A folder of submissions, listed and read without trusting what lies in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from jaxstudy.homework.gathering.handed import CLASS_ENTRIES, DEPTH, ENTRIES, Entry
from jaxstudy.homework.sources import Unreadable

_LINK = "is a link; hand in the file itself"
_KINDS = (
    (stat.S_ISLNK, _LINK),
    (stat.S_ISFIFO, "is a pipe, not a file"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (stat.S_ISBLK, "is a device, not a file"),
    (stat.S_ISCHR, "is a device, not a file"),
)
GIT = ".git"
"""Listed as one entry; its files are not."""


def kind_problem(mode: int) -> str:
    """Why something with this mode is no file to read, or nothing."""
    return next((words for is_kind, words in _KINDS if is_kind(mode)), "")


def list_folder(root: Path) -> list[Entry]:
    """Every file below a folder, by name. Links are listed and never followed."""
    entries: list[Entry] = []
    for item in sorted(os.scandir(root), key=lambda item: item.name):
        below = list(_below(Path(item.path), (item.name,)))
        entries += below
        if len(entries) > CLASS_ENTRIES:
            raise Unreadable(f"holds more than {CLASS_ENTRIES} files")
    return entries


def _below(top: Path, parts: tuple[str, ...]) -> Iterator[Entry]:
    """What lies below one name of the submissions' folder; at most ENTRIES of it."""
    waiting, count = [(top, parts)], 0
    while waiting:
        path, parts = waiting.pop()
        try:
            status = path.lstat()
            names = sorted(os.listdir(path), reverse=True) if stat.S_ISDIR(status.st_mode) else None  # noqa: PTH208
        except OSError as error:
            yield Entry(parts, None, _refuse, f"cannot be read: {error.strerror}")
            continue
        when = datetime.fromtimestamp(min(max(status.st_mtime, 0), 4e9), UTC)
        if names is None or parts[-1] == GIT:
            count += 1
            yield Entry(parts, when, partial(read_file, path), kind_problem(status.st_mode))
        elif len(parts) >= DEPTH:
            yield Entry(parts, when, _refuse, f"has folders in folders, more than {DEPTH} deep")
        else:
            waiting += [(path / name, (*parts, name)) for name in names[: ENTRIES + 1]]
        if count > ENTRIES or len(waiting) > 2 * ENTRIES:
            yield Entry(parts, when, _refuse, f"holds more than {ENTRIES} files")
            return


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a plain file. Never follows a link, never waits for a pipe.

    Raises:
        Unreadable: it is no plain file, too large, or the system says no.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    try:
        # Looked at before it is opened, since opening a device can do things; and after, for what changed between.
        if problem := kind_problem(path.lstat().st_mode):
            raise Unreadable(problem)
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable("is not a file")
            data = file.read(most + 1) if status.st_size <= most else b"\0" * (most + 1)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise Unreadable(f"is larger than {most // 1_000_000} MB")
    return data


def _refuse(_most: int) -> bytes:
    raise Unreadable("cannot be read")
