"""Which files of the course a cell reads: written down in the kernel as they are opened, and looked at again later.

What a cell imports is found in its code (`modules`); what it opens is not: `%run helper.py`, `np.load(path)` and
`open(name)` in a function of another module all look different, and all end in Python's own `open`.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

_LARGE = 64 * 2**20
"""Bytes from which size and time are taken for the content."""
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MADE = ("build", "slides", "recordings")
"""Folders of the course that commands write."""
_LIST = ("os.listdir", "os.scandir")


def observe(log: str, root: str) -> str:
    """In a kernel: append to `log`, from here on, every file below `root` when it is first read, listed or written."""
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    kit = str(Path(__file__).resolve().parents[1]) + os.sep
    top, seen = root.rstrip(os.sep) + os.sep, set[tuple[str, str]]()

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        # Called for every audited event of the process: whatever is not ours must leave at once.
        if event == "open":
            path, _, flags = arguments
            how = "write" if isinstance(flags, int) and flags & _WRITING else "read"
        elif event in _LIST and arguments and sys._getframe(1).f_code.co_filename.startswith("<frozen"):
            return  # Python looks for modules
        elif event in _LIST:
            path, how = (arguments[0] if arguments else None) or ".", "list"
        else:
            return
        if not isinstance(path, str | bytes | os.PathLike):
            return  # a descriptor
        full = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - no link is followed
        if full.startswith(top) and (how, full) not in seen and not full.startswith(kit):
            seen.add((how, full))
            os.write(out, json.dumps([how, full]).encode() + b"\n")

    sys.addaudithook(note)
    return ""


class ReadLog:
    """What `observe` writes, read step by step."""

    def __init__(self, log: Path, root: Path, folder: Path) -> None:
        self.log, self.root, self.folder = log, root, folder
        self.written: set[str] = set()
        """Files and folders that the cells wrote themselves: no input, whoever reads them later."""
        self._at = 0

    def read_since(self) -> dict[str, str]:
        """Digest of every file that was read since the last call, by its path relative to the lecture's folder."""
        found = []
        for how, full in self._lines():
            if how == "write":
                name = self._name(full)
                self.written |= {name, os.path.dirname(name) or "."}  # noqa: PTH120 - its folder has a new entry
            elif self._counts(full := _source(full)):
                found.append(self._name(full))
        return digests((name for name in found if name not in self.written), self.folder)

    def _lines(self) -> Iterable[tuple[str, str]]:
        try:
            with self.log.open("rb") as file:
                file.seek(self._at)
                data = file.read()
        except OSError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            how, full = json.loads(line)
            yield how, full

    def _name(self, full: str) -> str:
        return os.path.relpath(full, self.folder).replace(os.sep, "/")

    def _counts(self, full: str) -> bool:
        parts = Path(full).relative_to(self.root).parts
        if not parts or parts[0] in _MADE or any(part == "node_modules" or part[0] == "." for part in parts):
            return False
        folders = (self.root.joinpath(*parts[:depth]) for depth in range(1, len(parts)))
        return not any((folder / "pyvenv.cfg").is_file() for folder in folders)


def _source(full: str) -> str:
    """The module whose compiled form was opened."""
    if not full.endswith(".pyc"):
        return full
    try:
        return source_from_cache(full)
    except ValueError:
        return full


def digests(names: Iterable[str], folder: Path) -> dict[str, str]:
    """Digest of each file or folder, named relative to `folder`."""
    return {name: digest_of(folder / name) for name in sorted(set(names))}


def unchanged(kept: Mapping[str, str], folder: Path) -> bool:
    """Whether all of these files are as they were."""
    return all(digest_of(folder / name) == digest for name, digest in kept.items())


def digest_of(path: Path) -> str:
    """SHA-256 of a file's content, of a folder's list of names, of size and time where a file is very large;
    `absent` where nothing is."""
    try:
        if path.is_dir():
            names = sorted(entry for entry in os.listdir(path) if entry[0] != "." and entry != "__pycache__")  # noqa: PTH208
            return hashlib.sha256("\0".join(names).encode(errors="surrogateescape")).hexdigest()
        about = path.stat()
        if about.st_size > _LARGE:
            return f"{about.st_size} {about.st_mtime_ns}"
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "absent"
