"""What a kernel sends, or a notebook keeps, as a recording has it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from jaxstudy.present.recorder.limits import FIGURE_BYTES, HTML_BYTES, TEXT_BYTES, cut

Keep = Callable[[bytes, str], str]
"""Keeps a picture, given with its suffix; where it lies, or nothing."""
# As a notebook chooses what to show.
_FIGURES = (("image/svg+xml", ".svg"), ("image/png", ".png"), ("image/jpeg", ".jpg"), ("image/gif", ".gif"))
_TEXTS = {"text/plain": "text", "text/html": "html", "text/markdown": "markdown", "text/latex": "latex"}
_TRACEBACK_LINES = 60


def size_of(content: Mapping[str, Any]) -> int:
    """About how many bytes a shown output has."""
    return sum(len(value) if isinstance(value, str | list) else 100 for value in content.get("data", {}).values())


def shown(kind: str, content: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
    """A `display_data`, `execute_result` or `update_display_data`."""
    update = kind == "update_display_data"
    found: dict[str, Any] = {"type": "display_data" if update else kind}
    if display := content.get("transient", {}).get("display_id"):
        found["display"] = str(display)
    if update:
        found["update"] = True
    lost = 0
    data = {name: _joined(value) for name, value in content.get("data", {}).items()}
    for name, key in _TEXTS.items():
        if name in data:
            found[key], more = cut(str(data[name]), HTML_BYTES if key == "html" else TEXT_BYTES)
            lost += more
    figure, more = _figure(data, keep)
    found |= {"figure": figure} if figure else {}
    return found | ({"cut": lost + more} if lost + more else {})


def raised(content: Mapping[str, Any]) -> dict[str, Any]:
    """An `error`; of a long traceback, the beginning and the end."""
    trace, lost = [str(line) for line in content.get("traceback") or ()], 0
    if len(trace) > _TRACEBACK_LINES:
        half = _TRACEBACK_LINES // 2
        lost += sum(map(len, trace[half:-half]))
        trace = [*trace[:half], "…", *trace[-half:]]
    kept = []
    for line in trace:
        line, more = cut(line, TEXT_BYTES // 10)
        kept.append(line)
        lost += more
    evalue, more = cut(str(content.get("evalue", "")), TEXT_BYTES)
    found = {"type": "error", "ename": str(content.get("ename", "")), "evalue": evalue, "traceback": kept}
    return found | ({"cut": lost + more} if lost + more else {})


def from_notebook(output: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
    """An output as a notebook's file has it."""
    kind = str(output.get("output_type", ""))
    if kind == "stream":
        text, lost = cut(str(_joined(output.get("text", ""))), TEXT_BYTES)
        found = {"type": "stream", "name": str(output.get("name", "stdout")), "text": text}
        return found | ({"cut": lost} if lost else {})
    return raised(output) if kind == "error" else shown(kind, output, keep)


def _joined(value: Any) -> Any:
    """Notebooks keep long texts as lists of lines; what is no text is written as JSON."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else json.dumps(value)


def _figure(data: Mapping[str, Any], keep: Keep) -> tuple[str, int]:
    """Where the picture lies, and how many bytes were too many."""
    for name, suffix in _FIGURES:
        if name not in data:
            continue
        try:
            content = data[name].encode() if suffix == ".svg" else base64.b64decode(data[name])
        except (binascii.Error, ValueError):
            continue
        return ("", len(content)) if len(content) > FIGURE_BYTES else (keep(content, suffix), 0)
    return "", 0
