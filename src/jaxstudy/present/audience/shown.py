"""What cells gave that were run otherwise than rehearsed, cut to what a follower's page shows.

Of a cell that was run as rehearsed the page has the output already.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST_TEXT, MOST_FIGURES, LARGEST_FIGURE = 4000, 4, 1_500_000
"""Characters; pictures of a cell; bytes of one."""
_TOGETHER_SECONDS = 0.3
"""What is printed within that time is told at once: a progress bar must not flood three hundred pages."""
Later = Callable[[float, Callable[[], None]], object]


@dataclass
class _Cell:
    step: str
    text: str = ""
    figures: list[str] = field(default_factory=list)
    unsaid: bool = False


class Shown:
    """Takes what the recorder recorded; `send` is told of the whole of a cell's output, each time there is more."""

    def __init__(self, recording: Path, later: Later, send: Callable[[Mapping[str, Any]], None]) -> None:
        """`recording` is the folder that holds the figures."""
        self._folder, self._later, self._send = recording, later, send
        self._cells: dict[int, _Cell] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        """One recorded event: its data, and its kind as `event`."""
        if event.get("event") == "run" and event.get("edited"):
            self._cells[int(event["n"])] = _Cell(str(event.get("step", "")))
        cell = self._cells.get(int(event.get("parent", 0)))
        if event.get("event") != "output" or cell is None:
            return
        self._add(cell, event)
        if not cell.unsaid:
            cell.unsaid = True
            self._later(_TOGETHER_SECONDS, lambda: self._tell(cell))

    def _add(self, cell: _Cell, output: Mapping[str, Any]) -> None:
        if output.get("type") == "clear":
            cell.text, cell.figures = "", []
        elif output.get("type") == "error":
            cell.text += f"{output.get('ename')}: {output.get('evalue')}\n"
        elif figure := output.get("figure"):
            cell.figures = [*cell.figures, str(figure)][:MOST_FIGURES]
        elif text := str(output.get("text") or ""):
            cell.text += text if output.get("type") == "stream" else text + "\n"
        if len(cell.text) > LONGEST_TEXT:
            cell.text = cell.text[:LONGEST_TEXT] + "\n…"

    def _tell(self, cell: _Cell) -> None:
        cell.unsaid = False
        figures = {name: data for name in cell.figures if (data := self._figure(name))}
        self._send({"step": cell.step, "text": cell.text, "figures": figures})

    def _figure(self, name: str) -> str:
        try:
            data = (self._folder / name).read_bytes()
        except OSError:
            return ""
        return base64.b64encode(data).decode() if len(data) <= LARGEST_FIGURE else ""
