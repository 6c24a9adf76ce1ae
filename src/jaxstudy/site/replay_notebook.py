"""What had been run by a second of a talk, as a notebook: the cells in their order, with what they gave."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jaxstudy.course import Lecture
from jaxstudy.replay.player import Output, Run, Timeline
from jaxstudy.replay.transcript import short_clock

FigureBytes = Callable[[Output], bytes | None]
_BROUGHT = ("install", "brought-along")
"""Ids of the cells that make an attendee's notebook run anywhere; they come first here too."""
_MIME = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml"}


def notebook_parts(timeline: Timeline, lecture: Lecture, attendee: Any, figure: FigureBytes) -> dict[str, Any]:
    """`cells`: each with the second from which it is in the notebook, its outputs with those in which they stand.

    Args:
        attendee: the lecture's notebook for attendees, whose first cells bring what the code needs.
    """
    brought = [dict(cell) for cell in attendee.cells if str(cell.id).startswith(_BROUGHT)]
    cells = [{"t": 0.0, "cell": cell} for cell in brought]
    titles = {slide.id: slide.title for slide in lecture.slides}
    for number, (before, run) in enumerate(zip((None, *timeline.runs), timeline.runs, strict=False), 1):
        cells += list(_between(before, run, timeline.restarts))
        if before is None or before.slide != run.slide:
            heading = f"## {titles.get(run.slide) or run.slide}\n\n{short_clock(run.start)} into the talk."
            cells.append({"t": run.start, "cell": _markdown(f"slide-{number}", heading)})
        cells.append(_code(number, run, figure))
    return {"cells": cells, "metadata": dict(attendee.metadata), "nbformat": 4, "nbformat_minor": 5}


def notebook_at(parts: dict[str, Any], second: float) -> dict[str, Any]:
    """The notebook as of a second. The page's script does the same."""
    cells = []
    for part in parts["cells"]:
        if part["t"] > second:
            continue
        cell = dict(part["cell"])
        if cell["cell_type"] == "code":
            given = part.get("outputs", ())
            cell["outputs"] = [one for start, end, one in given if start <= second and (end is None or second < end)]
        cells.append(cell)
    return {**parts, "cells": cells}


def _between(before: Run | None, run: Run, restarts: Sequence[float]) -> Iterator[dict[str, Any]]:
    since = before.start if before else -1.0
    for time in restarts:
        if since < time <= run.start:
            said = f"*Here, {short_clock(time)} into the talk, the kernel began anew: nothing above is known below.*"
            yield {"t": time, "cell": _markdown(f"restart-{round(time * 100)}", said)}


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def _code(number: int, run: Run, figure: FigureBytes) -> dict[str, Any]:
    about = {"jaxstudy": {"step": run.step, "seconds": run.start}}
    cell = {
        "cell_type": "code", "id": f"run-{number}", "metadata": about, "execution_count": number,
        "source": run.source, "outputs": [],
    }  # fmt: skip
    outputs = [[out.start, out.end, shown] for out in run.outputs if (shown := _output(out, figure))]
    return {"t": run.start, "cell": cell, "outputs": outputs}


def _output(output: Output, figure: FigureBytes) -> dict[str, Any] | None:
    text = output.text + (f"\n… {output.cut} characters left out" if output.cut else "")
    if output.kind in ("stdout", "stderr"):
        return {"output_type": "stream", "name": output.kind, "text": text}
    if output.kind == "error":
        name, _, message = output.text.partition(": ")
        return {"output_type": "error", "ename": name, "evalue": message, "traceback": output.trace.split("\n")}
    data: dict[str, Any] = {"text/plain": text}
    content = figure(output) if output.kind == "figure" else None
    if content is not None:
        mime = _MIME[output.figure.rpartition(".")[2]]
        data = {mime: content.decode() if mime.endswith("xml") else base64.b64encode(content).decode()}
        data["text/plain"] = output.alt or "Figure"
    return {"output_type": "display_data", "data": data, "metadata": {}}
