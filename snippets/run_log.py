"""A training run's diary: one JSON object a line, on the disk as soon as it is written."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class RunLog:
    """Appends lines to a file: `with RunLog("run.jsonl") as log: log(epoch=1, loss=0.3)`.

    Several runs may follow each other in one file. After a crash all lines but the last one are whole.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        torn = self.path.exists() and not self.path.read_bytes().endswith(b"\n") and self.path.stat().st_size > 0
        self._file = self.path.open("a", encoding="utf-8")
        if torn:
            self._file.write("\n")  # what a crash left unfinished must not swallow our first line

    def __call__(self, **entries: Any) -> None:
        """One line. Arrays of one number are written as that number; NaN and infinity as null."""
        self._file.write(json.dumps({name: _plain(value) for name, value in entries.items()}) + "\n")
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._file.close()


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
