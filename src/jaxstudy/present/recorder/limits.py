"""How much of a run's output is recorded: enough to see what it did, not enough to fill a disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TEXT_BYTES = 100_000
"""Of one output, and of what one print hands over."""
STREAM_BYTES = 1_000_000
"""Of all that a run prints; of the rest, the end is kept."""
TAIL_BYTES = 4_000
HTML_BYTES = 500_000
FIGURE_BYTES = 8_000_000
SHOWN, SHOWN_BYTES = 300, 30_000_000
"""Outputs of a run that are shown, not printed; and their size. Of the rest, the last is kept."""


def cut(text: str, most: int) -> tuple[str, int]:
    """The first `most` bytes of the text, at a whole character, and how many bytes were left out."""
    if len(text) * 4 <= most:
        return text, 0
    data = text.encode("utf-8", errors="replace")
    if len(data) <= most:
        return text, 0
    kept = data[:most].decode("utf-8", errors="ignore")
    return kept, len(data) - len(kept.encode("utf-8"))


@dataclass
class Printed:
    """What a run prints to one stream."""

    _left: int = STREAM_BYTES
    _tail: str = ""
    _cut: int = 0

    def take(self, text: str) -> tuple[str, int]:
        """What to record of the text now, and how many bytes of it are not recorded for good."""
        if self._left <= 0:
            self._drop(text)
            return "", 0
        kept, lost = cut(text, min(self._left, TEXT_BYTES))
        if lost:  # what a cell printed last says most: the end is kept, too
            end, _ = cut(text[-min(TAIL_BYTES, lost) :], lost)
            lost -= len(end.encode("utf-8", errors="replace"))
            kept += ("\n…\n" if lost else "") + end
        self._left -= len(kept)
        return kept, lost

    def rest(self) -> tuple[str, int]:
        """At the end: the last of what was not recorded, and how many bytes before it were left out."""
        tail, lost = self._tail, self._cut
        self._tail, self._cut = "", 0
        return tail, lost

    def _drop(self, text: str) -> None:
        both = self._tail + text
        self._tail = both[-TAIL_BYTES:]
        self._cut += len(both) - len(self._tail)


@dataclass
class Shown:
    """What a run shows: results, figures, tables."""

    count: int = 0
    size: int = 0
    held: tuple[str, Mapping[str, Any]] | None = None
    """The last output beyond the limit, as the kernel sent it: kind and content."""
    dropped: int = 0
    """Bytes of those that are gone."""

    def take(self, size: int) -> bool:
        """Whether an output of so many bytes is recorded."""
        self.count += 1
        self.size += size
        return self.count <= SHOWN and self.size <= SHOWN_BYTES
