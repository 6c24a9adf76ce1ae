"""A file that somebody handed in → its code. The only reader: what the own check takes, a bundle and the grader take.

Nothing of it is parsed as Python here, where expected values are: that is left to the sandbox.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from jaxstudy.homework.answering.cells import Cell, cells_of

FILE_BYTES = 10_000_000
"""A work may have so many; a notebook with its figures rarely has a tenth."""
CODE_BYTES = 3_000_000
"""Its code alone, without outputs and pictures: what a worker is told in one message."""
SUFFIXES = (".py", ".ipynb")
_HAND_IN = "hand in the .py or .ipynb file"
_YOUR_TURN = re.compile(rb"raise\s+NotImplementedError")
_WIDE = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(Exception):
    """Why a file cannot be graded, in words for its author that go on from the file's name: `is empty`."""


@dataclass(frozen=True, slots=True)
class Source:
    """A student's code."""

    digest: str
    """SHA-256 of the file."""
    text: str = ""
    """Of a script."""
    cells: tuple[str, ...] | None = None
    """Of a notebook: its code cells."""
    prose: tuple[str, ...] = ()
    """Of a notebook: its text cells, in which an answer may have ended up."""

    @property
    def question(self) -> dict[str, Any]:
        """What a worker is told to load."""
        return {"text": self.text} if self.cells is None else {"cells": list(self.cells)}


def read_source(source: Path | str) -> Source:
    """The code of a file, or of a string that is the text of a script.

    Raises:
        Unreadable: no regular file, too large, no text, or a notebook that is none.
    """
    if isinstance(source, str):
        data = source.encode("utf-8", "replace")
        return Source(sha256(data).hexdigest(), _lines(source.replace("\0", "")))
    check_suffix(source.suffix.lower())
    return parse_source(_bytes(source), source.suffix.lower())


def parse_source(data: bytes, suffix: str) -> Source:
    """The code in the bytes of a file with this suffix. That it does not run is another matter.

    Raises:
        Unreadable: it can't be graded.
    """
    check_suffix(suffix)
    if not data.strip():
        raise Unreadable("is empty")
    text, digest = _text(data, suffix), sha256(data).hexdigest()
    if suffix == ".py" and text.count("\0") * 10 > len(text):
        raise Unreadable("holds NUL bytes: it is not text")
    source = _notebook(text, digest) if suffix == ".ipynb" else Source(digest, _lines(text.replace("\0", "")))
    if len(json.dumps(source.question)) > CODE_BYTES:
        raise Unreadable(f"holds more than {CODE_BYTES // 1_000_000} MB of code; keep data in files")
    return source


def check_suffix(suffix: str) -> None:
    """Raises `Unreadable` for a file that is neither Python nor a notebook."""
    if suffix not in SUFFIXES:
        shown = suffix[:12].encode("ascii", "replace").decode()
        kind = f"is a {shown} file" if suffix else "has no .py or .ipynb at the end of its name"
        raise Unreadable(f"{kind}; {_HAND_IN}")


def your_turns(data: bytes) -> int:
    """How many functions are still as they were released."""
    return len(_YOUR_TURN.findall(data))


def cells_of_source(source: Source) -> list[Cell]:
    """The pieces that are run one by one."""
    if source.cells is None:
        return cells_of(source.text)
    return [Cell(f"cell {number}", text) for number, text in enumerate(source.cells, 1)]


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Run code as if started in this folder: it finds files beside it, and modules."""
    with contextlib.chdir(folder):
        sys.path.insert(0, str(folder))
        try:
            yield
        finally:
            sys.path.remove(str(folder))


def _bytes(path: Path) -> bytes:
    try:
        # Neither a link is followed nor a FIFO waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise Unreadable(f"can't be opened ({getattr(error, 'strerror', None) or error})") from error
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise Unreadable("is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        if about.st_size > FILE_BYTES:
            raise Unreadable(f"is larger than {FILE_BYTES // 1_000_000} MB; clear the outputs and save it again")
        return file.read(FILE_BYTES + 1)


def _text(data: bytes, suffix: str) -> str:
    try:
        return data.decode("utf-16" if data.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError as error:
        if suffix == ".py" and not data.startswith(_WIDE):
            return data.decode("cp1252", "replace")  # an editor's old habit; names and numbers are the same in it
        name = "UTF-16" if data.startswith(_WIDE) else "UTF-8"
        raise Unreadable(f"is not {name} (byte {error.start + 1}); save it as UTF-8") from error


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _notebook(text: str, digest: str) -> Source:
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"is a broken notebook: {error.msg} in line {error.lineno}; save it again") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable("is a broken notebook; save it again") from error
    if not isinstance(notebook, dict):
        raise Unreadable("is not a notebook, though its name says so")
    if notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        version = repr(notebook.get("nbformat", "unknown"))[:12].encode("ascii", "replace").decode()
        raise Unreadable(f"is a notebook of format {version}, not 4; open it in Jupyter and save it again")
    cells = notebook["cells"]
    if not all(isinstance(cell, dict) and _is_source(cell.get("source")) for cell in cells):
        raise Unreadable("is a broken notebook: a cell has no source; save it again")
    code = tuple(_joined(cell["source"]) for cell in cells if cell.get("cell_type") == "code")
    prose = tuple(_joined(cell["source"]) for cell in cells if cell.get("cell_type") != "code")
    if not any(source.strip() for source in code):
        raise Unreadable("is a notebook without code")
    return Source(digest, cells=code, prose=prose)


def _is_source(source: object) -> bool:
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))


def _joined(source: str | list[str]) -> str:
    text = source if isinstance(source, str) else "".join(source)
    return _lines(text.replace("\0", "")).encode("utf-8", "replace").decode()
