"""From a word on the command line to a recording."""

from __future__ import annotations

from pathlib import Path

from jaxstudy.errors import InputError, Problem
from jaxstudy.recording import FILE

FOLDER = "recordings"


def find_recording(word: str, root: Path) -> Path:
    """The recording's file that `word` names: a file, a folder, or a lecture (`02`, `02_functions`: its latest).

    An empty word names the latest of all. A changed one (`…-trimmed`) counts as later than the one it was made from.

    Raises:
        InputError: nothing is named so.
    """
    path = Path(word)
    if word and path.is_file():
        return path
    if word and (path / FILE).is_file():
        return path / FILE
    found = recordings_of(root, word)
    if not found:
        there = sorted({path.parent.parent.name for path in recordings_of(root, "")})
        got = f"{word!r}, while {FOLDER}/ has {'only ' + ', '.join(there) if there else 'none'}"
        do = "give a file or a folder, or record a talk with `jaxstudy present`"
        raise InputError(Problem("a recording, or a lecture that has one", got, do))
    return found[-1]


def recordings_of(root: Path, word: str) -> list[Path]:
    """All recordings of a lecture, given by number or name, oldest first; of all lectures for no word."""

    def named(lecture: str) -> bool:
        return not word or lecture == word or lecture.split("_")[0] == word.zfill(2)

    found = [path for path in (root / FOLDER).glob(f"*/*/{FILE}") if named(path.parent.parent.name)]
    return sorted(found, key=lambda path: path.parent.name)
