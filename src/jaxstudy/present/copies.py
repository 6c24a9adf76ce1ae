"""A lecture as the front ends need it: a percent script, or a notebook, in which every slide type stands."""

from __future__ import annotations

import json
import re
from typing import Any

from jaxstudy.course import Lecture, Step
from jaxstudy.course.exercises import MARKER, without_markers
from jaxstudy.course.notebook_format import fitting_cell_metadata, fitting_notebook_metadata, read_ipynb
from jaxstudy.course.percent import write_percent

_AUTOLAUNCH = re.compile(r"^(#?\s*(?:rise:\s*\{.*?)?\bautolaunch:\s*)true\b", re.MULTILINE)
_COMMENT_MAGICS = re.compile(r"(\bcomment_magics:\s*)true\b")
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
"""The kernel a session starts; a file from elsewhere may name one of its author's machine."""


def working_text(lecture: Lecture) -> str:
    """The text of the working copy: of the same format as the lecture's file, with plain line ends.

    A script is written anew, for the front ends read it with jupytext: in the copy it takes no comment for a command
    and finds tags and slide types behind every title. A file from elsewhere may have no slide types: those that
    jaxstudy gives it are written down, for RISE would make one endless slide of it.
    """
    if lecture.path.suffix == ".ipynb":
        return _notebook(lecture)
    if lecture.path.suffix == ".py":
        return write_percent(_cells(lecture))
    return _plain(lecture.text) if lecture.native and "slideshow" in lecture.text else _markdown(lecture)


def _plain(text: str) -> str:
    # jupytext takes a byte-order mark for the first cell's text.
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    # Slides are entered by our custom.js. RISE's own launch is not always in time, and in the frames of the speaker
    # window it enters twice, which leaves again.
    text = _AUTOLAUNCH.sub(r"\1false", text, count=1)
    text = _COMMENT_MAGICS.sub(r"\1false", text, count=1)
    return MARKER.sub("", text)


def _markdown(lecture: Lecture) -> str:
    import jupytext

    text: str = jupytext.writes(_cells(lecture), fmt="md")
    return text


def _cells(lecture: Lecture) -> Any:
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

    make: dict[str, Any] = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
    cells = [make[step.kind](_shown(step), metadata=_cell_metadata(step)) for step in lecture]
    kernel = lecture.metadata["kernelspec"] if lecture.native else _KERNEL
    metadata = {"kernelspec": kernel, "rise": _settings(lecture), "jupytext": {"notebook_metadata_filter": "rise"}}
    return new_notebook(cells=cells, metadata=metadata)


def _shown(step: Step) -> str:
    """A solution's markers are for the toolkit: `edits` puts them back."""
    return without_markers(step.source) if step.kind == "code" else step.source


def _cell_metadata(step: Step) -> dict[str, object]:
    """Without the title: jupytext, saving, would write one with braces such that it can't read it."""
    kept = {key: value for key, value in step.metadata.items() if key != "title"} if step.kind == "raw" else {}
    shown = {"slideshow": {"slide_type": step.slide_type}, **({"tags": list(step.tags)} if step.tags else {})}
    return {**kept, **shown}


def _notebook(lecture: Lecture) -> str:
    """The notebook with slide types and without outputs: cells are to be run, not to have been run."""
    given = read_ipynb(lecture.text.removeprefix("\ufeff"))
    made = _cells(lecture)
    made.metadata = {**fitting_notebook_metadata(given.metadata), "kernelspec": _KERNEL, "rise": _settings(lecture)}
    for cell, was, step in zip(made.cells, given.cells, lecture, strict=True):
        cell.metadata = {**fitting_cell_metadata(was.metadata), **_cell_metadata(step)}
        if not step.tags:
            cell.metadata.pop("tags", None)
        if was.get("attachments"):
            cell.attachments = was.attachments
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _settings(lecture: Lecture) -> dict[str, object]:
    return {**(lecture.metadata.get("rise") or {}), "autolaunch": False}
