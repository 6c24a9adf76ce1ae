"""A training run's diary: one JSON object a line, on the disk as soon as it is written."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any


class RunLog:
    """Appends lines to a file: `log = RunLog("run.jsonl")`, then `log(epoch=1, loss=0.3)`.

    The file is open only while a line is written, so after a crash all lines are there and all but the last one are
    whole. Several runs may follow each other in one file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.exists() and self.path.read_bytes()[-1:] not in (b"", b"\n"):
            self._append("\n")  # what a crash left unfinished must not swallow our first line

    def __call__(self, **entries: Any) -> None:
        """One line. Arrays of one number are written as that number; NaN and infinity as null."""
        self._append(json.dumps({name: _plain(value) for name, value in entries.items()}) + "\n")

    def _append(self, text: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could take lines that were written long before it


def read_log(path: str | Path) -> list[dict[str, Any]]:
    """Every whole line of a log, in order; a line that a crash tore is left out."""
    found = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return [entry for entry in found if isinstance(entry, dict)]


def _plain(value: Any) -> Any:
    """Numbers of NumPy and JAX as Python's own."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
