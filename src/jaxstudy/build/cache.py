"""Outputs and kept values on disk: whole or not there, checked when read, dropped when damaged.

One file a step under `build/cache/steps/`, named by its key. The first line is the SHA-256 of the
rest, so that a torn or tampered file is noticed; it is then removed and the step runs again.
Every write goes beside and is renamed, so two builds at once can't damage each other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jaxstudy.atomic import write_atomically


@dataclass(frozen=True, slots=True)
class Entry:
    """What one run of a step gave."""

    outputs: tuple[dict[str, Any], ...]
    """nbformat outputs, execution counts left out."""
    seconds: float
    reads: Mapping[str, str] = field(default_factory=dict)
    """Files of the course that it read, by their path relative to the lecture's folder → digest."""
    displays: Mapping[int, str] = field(default_factory=dict)
    """Place of an output → the display id under which a later step may replace it."""
    updates: Mapping[int, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    """Number of an earlier step (of those that run) → its outputs, of which this one replaced some."""


class StepCache:
    """Entries by key, values by key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[Path] = []
        """Files that were found damaged and dropped."""

    def get(self, key: str) -> Entry | None:
        """The entry of a key, or None when there is none that can be trusted."""
        body = self._checked(self._path(key, "json"))
        if body is None:
            return None
        raw = json.loads(body)
        return Entry(
            tuple(raw["outputs"]),
            raw["seconds"],
            raw.get("reads", {}),
            {int(at): name for at, name in raw.get("displays", {}).items()},
            {int(number): tuple(outputs) for number, outputs in raw.get("updates", {}).items()},
        )

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry."""
        about = {name: value for name in ("reads", "displays", "updates") if (value := dict(getattr(entry, name)))}
        whole = {"outputs": entry.outputs, "seconds": entry.seconds, **about}
        self._write(self._path(key, "json"), json.dumps(whole, ensure_ascii=False).encode())

    def values(self, key: str) -> Path | None:
        """The file with an expensive step's values, its checksum verified; None when there is none."""
        path = self._path(key, "pickle")
        return path if self._checked(path) is not None else None

    def values_path(self, key: str) -> Path:
        """Where the kernel writes an expensive step's values (see `keep.store`)."""
        path = self._path(key, "pickle")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _path(self, key: str, kind: str) -> Path:
        return self.folder / "steps" / key[:2] / f"{key}.{kind}"

    def _write(self, path: Path, body: bytes) -> None:
        write_atomically(path, sealed(body))

    def _checked(self, path: Path) -> bytes | None:
        try:
            data = path.read_bytes()
        except OSError:
            return None
        body = unsealed(data)
        if body is None:
            self.damaged.append(path)
            path.unlink(missing_ok=True)
        return body


def sealed(body: bytes) -> bytes:
    """`body` under a line with its SHA-256."""
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def unsealed(data: bytes) -> bytes | None:
    """What was sealed, or None when it is not what was written."""
    seal, _, body = data.partition(b"\n")
    return body if seal == hashlib.sha256(body).hexdigest().encode() else None
