"""What the presenter changed, told against the lecture's own file and nothing else.

A front end rewrites the whole working copy when it saves: header keys sorted, metadata of its own added. So texts are
never compared; cells are, as they were at the start and as they are now, and only what differs is put into the
original's text: its header, line ends and byte-order mark stay as they are.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.course.cells import Cell, Cells, read_cells
from jaxstudy.course.exercises import MARKER, with_markers
from jaxstudy.course.writing import Edit, spliced_notebook, spliced_text
from jaxstudy.errors import FoundWanting, InputError, Problem
from jaxstudy.present.workplace import Workplace


def live_edits(place: Workplace) -> str:
    """The presenter's edits as a unified diff of the lecture's file, for `patch -p1` in the course's folder.

    Empty when nothing was changed. Line ends are those of the file.
    """
    before, after = _texts(place)
    name = place.copy.relative_to(place.files).as_posix()
    return unified(before, after, name)


def keep_edits(place: Workplace) -> Path:
    """Write the presenter's edits into the lecture's file, at once or not at all; returns its path.

    Raises:
        FoundWanting: the file is not what it was when the session began. The edits are then in a patch file, which
            the error names, and the lecture is left as it is.
    """
    before, after = _texts(place)
    if place.lecture.exists() and place.lecture.read_bytes() == before.encode():
        mode = place.lecture.stat().st_mode
        write_atomically(place.lecture, after)
        place.lecture.chmod(mode)
        return place.lecture
    patch = save_patch(place)
    got = "another text" if place.lecture.exists() else "no file"
    do = f"merge by hand, or run `patch -p1 < {patch}` in the course's folder"
    raise FoundWanting(Problem("the lecture as it was when the session began", got, do, place.lecture))


def save_patch(place: Workplace) -> Path:
    """Write the edits to `place.patch`; returns that path."""
    write_atomically(place.patch, live_edits(place))
    return place.patch


def unified(before: str, after: str, name: str) -> str:
    """A unified diff that `patch` and `git apply` take, whatever the line ends."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def edits_between(start: Sequence[Cell], now: Sequence[Cell]) -> Iterator[Edit]:
    """The edits that turn one row of cells into another, in order."""
    matcher = difflib.SequenceMatcher(None, [_key(c) for c in start], [_key(c) for c in now], autojunk=False)
    for kind, i, i_end, j, j_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        for number in range(max(i_end - i, j_end - j)):
            old = start[i + number] if i + number < i_end else None
            new = now[j + number] if j + number < j_end else None
            yield Edit(min(i + number, i_end), old, new)


def _texts(place: Workplace) -> tuple[str, str]:
    """The original's text, without and with the edits."""
    original = read_cells(place.original)
    if place.copy.read_bytes() == place.start.read_bytes():
        return original.text, original.text
    start, now = _read(place.start), _read(place.copy)
    if len(start.cells) != len(original.cells):  # a format whose cells do not survive the way there
        start = original
    edits = [_marked(edit, original.cells) for edit in edits_between(start.cells, now.cells)]
    if not edits:
        return original.text, original.text
    splice = spliced_notebook if place.original.suffix == ".ipynb" else spliced_text
    return original.text, splice(original, edits)


def _marked(edit: Edit, original: Sequence[Cell]) -> Edit:
    """An edit of an exercise with its solution's markers, which the working copy does not show."""
    if edit.old is None or edit.new is None or not MARKER.search(original[edit.at].source):
        return edit
    return replace(edit, new=replace(edit.new, source=with_markers(original[edit.at].source, edit.new.source)))


def _read(path: Path) -> Cells:
    try:
        return read_cells(path)
    except InputError as error:
        raise FoundWanting(*error.problems) from error


def _key(cell: Cell) -> str:
    """What counts as the cell: all else in its metadata is the front end's own business."""
    slideshow, tags = cell.metadata.get("slideshow"), cell.metadata.get("tags")
    slide_type = slideshow.get("slide_type") if isinstance(slideshow, dict) else None
    words = [tags] if isinstance(tags, str) else list(tags or ())
    return json.dumps([cell.kind, cell.source.rstrip("\n"), slide_type or "-", words])


def _lines(text: str) -> list[str]:
    """The text split at newlines only: to `patch`, a form feed or a Unicode separator ends no line."""
    *whole, rest = text.split("\n")
    return [line + "\n" for line in whole] + ([rest] if rest else [])
