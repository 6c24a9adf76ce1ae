"""Is this a Python file or a notebook that can be graded? If not: why, in words for its author."""

from __future__ import annotations

import json
import re

from jaxstudy.homework.gathering.handed import SUFFIXES, Unreadable, clean

_HAND_IN = "hand in the .py or .ipynb file"
_YOUR_TURN = re.compile(rb"raise\s+NotImplementedError")


def check_suffix(suffix: str) -> None:
    """Raises `Unreadable` for a file that is neither Python nor a notebook."""
    if suffix not in SUFFIXES:
        kind = f"is a {clean(suffix, 12)} file" if suffix else "has no .py or .ipynb at the end of its name"
        raise Unreadable(f"{kind}; {_HAND_IN}")


def check_source(data: bytes, suffix: str) -> None:
    """Raises `Unreadable` for what cannot be graded. That its code does not run is another matter."""
    check_suffix(suffix)
    if not data.strip():
        raise Unreadable("is empty")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Unreadable("is UTF-16; save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 (byte {error.start + 1}); save it as UTF-8") from error
    if suffix == ".ipynb":
        _check_notebook(text)
    elif "\0" in text:
        raise Unreadable("holds NUL bytes: it is not text")


def your_turns(data: bytes) -> int:
    """How many functions are still as they were released."""
    return len(_YOUR_TURN.findall(data))


def _check_notebook(text: str) -> None:
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        raise Unreadable(f"is a broken notebook: {error.msg} in line {error.lineno}; save it again") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable("is a broken notebook; save it again") from error
    if not isinstance(notebook, dict):
        raise Unreadable("is not a notebook, though its name says so")
    if notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        version = clean(repr(notebook.get("nbformat", "unknown")), 12)
        raise Unreadable(f"is a notebook of format {version}, not 4; open it in Jupyter and save it again")
    cells = notebook["cells"]
    if not all(isinstance(cell, dict) and _is_text(cell.get("source")) for cell in cells):
        raise Unreadable("is a broken notebook: a cell has no source; save it again")
    if not any(cell.get("cell_type") == "code" and "".join(cell["source"]).strip() for cell in cells):
        raise Unreadable("is a notebook without code")


def _is_text(source: object) -> bool:
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))
