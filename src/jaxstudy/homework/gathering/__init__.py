"""A folder or a zip of submissions → who handed in what, and when. Nothing found there is trusted.

    gathered = gather(Path("submissions"), into=Path("build/grades/02/sources"), homework="02_functions")

Files are opened without following links or waiting for pipes, and read within limits; a zip is never unpacked by the
names in it. What cannot be graded is a submission with a reason, and never stops the others.
"""

from __future__ import annotations

from pathlib import Path

from jaxstudy.errors import InputError, Problem
from jaxstudy.homework.gathering.archives import list_zip
from jaxstudy.homework.gathering.choosing import choose
from jaxstudy.homework.gathering.files import list_folder
from jaxstudy.homework.gathering.handed import (
    CLASS_ENTRIES,
    Entry,
    Gathered,
    Piece,
    Submission,
    clean,
    file_name,
    name_order,
)
from jaxstudy.homework.gathering.layouts import Class, assign, is_junk, is_of_a_class, unwrap
from jaxstudy.homework.sources import SUFFIXES, Unreadable

__all__ = ["Gathered", "Submission", "clean", "file_name", "gather", "gather_one", "name_order"]


def gather(submissions: Path, into: Path, homework: str) -> Gathered:
    """Everyone's submission, by name.

    Args:
        submissions: a folder of files, folders or zips; a zip of a class or of one student; one file.
        into: where checked copies of the sources go, one a student. Other files there that look like such copies are
            removed.
        homework: the assignment's name, `02_functions`: a file of that name is preferred to others of the student.

    Raises:
        InputError: there is nothing to grade there.
    """
    submissions = Path(submissions).expanduser()
    entries = _list(submissions)
    handed_in = assign(unwrap(entries), homework)
    if not handed_in.pieces:
        do = "name a folder with a file, folder or zip for each student, or the zip that your platform gives"
        raise InputError(Problem("submissions", "none", do, submissions))
    into.mkdir(parents=True, exist_ok=True)
    chosen = choose(handed_in, into, homework)
    kept = {submission.file for submission in chosen}
    for path in into.iterdir():
        if path.suffix in SUFFIXES and path not in kept:
            path.unlink()
    return Gathered(chosen, handed_in.ignored)


def gather_one(submission: Path, into: Path, homework: str) -> Submission:
    """One student's work: a file, a zip, or a folder of which everything is theirs. Arguments as for `gather`.

    Raises:
        InputError: there is no such file or folder.
    """
    entries = [entry for entry in _list(submission) if not any(is_junk(part) for part in entry.parts)]
    pieces = tuple(Piece(entry, "submission", entry.when) for entry in entries)
    if not pieces:
        return Submission("submission", "", "", None, "", unreadable="nothing was handed in")
    into.mkdir(parents=True, exist_ok=True)
    return choose(Class(pieces), into, homework)[0]


def _list(submissions: Path) -> list[Entry]:
    try:
        if submissions.is_dir():
            return _inside(list_folder(submissions.resolve()), submissions)
        if submissions.suffix.lower() == ".zip":
            entries = list_zip(submissions, CLASS_ENTRIES)
            student = (submissions.stem,)
            whole = is_of_a_class(unwrap(entries)) or len({entry.parts[0] for entry in unwrap(entries)}) > 1
            return entries if whole else [Entry((*student, *e.parts), e.when, e.read, e.problem) for e in entries]
        if submissions.is_file():
            return [entry for entry in list_folder(submissions.resolve().parent) if entry.parts == (submissions.name,)]
    except Unreadable as problem:
        do = "download it again from your platform, or name a folder"
        raise InputError(Problem("a folder or a zip of submissions", f"one that {problem}", do, submissions)) from None
    except OSError as error:
        raise InputError(Problem("submissions", str(error.strerror), "make it readable", submissions)) from error
    raise InputError(Problem("a folder or a zip of submissions", "no such file", "check the path", submissions))


def _inside(entries: list[Entry], folder: Path) -> list[Entry]:
    """A folder that holds nothing but a class's zip stands for that zip."""
    kept = [entry for entry in entries if not is_junk(entry.parts[0])]
    if len(kept) == 1 and kept[0].suffix == ".zip" and not kept[0].problem:
        inside = list_zip(folder.resolve() / kept[0].parts[0], CLASS_ENTRIES)
        if is_of_a_class(unwrap(inside)):
            return inside
    return entries
