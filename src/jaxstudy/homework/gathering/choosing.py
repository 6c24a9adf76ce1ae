"""Of all that a student handed in: the one file that is graded."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.homework.gathering.archives import list_zip
from jaxstudy.homework.gathering.commits import commit_time
from jaxstudy.homework.gathering.files import GIT
from jaxstudy.homework.gathering.handed import (
    ENTRIES,
    ZIP_BYTES,
    Entry,
    Piece,
    Submission,
    clean,
    file_name,
    name_order,
)
from jaxstudy.homework.gathering.layouts import Class, is_junk
from jaxstudy.homework.sources import FILE_BYTES, SUFFIXES, Unreadable, check_suffix, parse_source, your_turns

_NOT_THE_WORK = re.compile(r"(checks?|hidden|conftest|setup|test_.*|.*_test)\.py", re.IGNORECASE)
_OTHER_FILES = 50
_TRIES = 20
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def choose(handed_in: Class, into: Path, homework: str) -> tuple[Submission, ...]:
    """One submission a student, by name; a checked copy of each source in `into`."""
    by_student: dict[str, list[Piece]] = {}
    for piece in handed_in.pieces:
        by_student.setdefault(piece.student or "?", []).append(piece)
    for student, git in handed_in.repositories.items():
        when = commit_time(git)
        by_student[student] = [replace(piece, when=when) for piece in by_student.get(student, [])]
    names = sorted((name for name in by_student if by_student[name]), key=name_order)
    return tuple(_submission(name, by_student[name], into, homework) for name in names)


def _submission(student: str, pieces: list[Piece], into: Path, homework: str) -> Submission:
    try:
        pieces = _opened(pieces)
        candidates, others = _candidates(pieces, homework)
    except Unreadable as problem:
        candidates, others = [], pieces
        return _nothing(student, pieces[0], f"{pieces[0].entry.shown} {problem}", ())
    first: tuple[Piece, str, bytes] | None = None
    for place, piece in enumerate(candidates[:_TRIES]):
        try:
            data = _read(piece)
        except Unreadable as problem:
            first = first or (piece, str(problem), _raw(piece))
            continue
        if (twin := _less_unfinished(data, candidates[place:])) is not None:
            piece, data = twin
        rest = [other.entry.shown for other in (*candidates, *others) if other is not piece]
        suffix = piece.entry.suffix
        file = into / f"{file_name(student)}{suffix}"
        write_atomically(file, data)
        digest = hashlib.sha256(data).hexdigest()
        source = piece.entry.shown
        return Submission(student, source, suffix, file, digest, piece.when, piece.marked_late, "", _few(rest))
    assert first is not None
    piece, reason, data = first
    rest = [other.entry.shown for other in (*candidates, *others) if other is not piece]
    digest = hashlib.sha256(data).hexdigest() if data else ""
    return replace(_nothing(student, piece, f"{piece.entry.shown} {reason}", _few(rest)), digest=digest)


def _nothing(student: str, piece: Piece, reason: str, others: tuple[str, ...]) -> Submission:
    source = piece.entry.shown
    return Submission(student, source, "", None, "", piece.when, piece.marked_late, clean(reason, 500), others)


def _few(names: Sequence[str]) -> tuple[str, ...]:
    more = len(names) - _OTHER_FILES
    return tuple(names[:_OTHER_FILES]) + ((f"and {more} more",) if more > 0 else ())


def _opened(pieces: list[Piece]) -> list[Piece]:
    """With each zip replaced by what lies in it."""
    opened: list[Piece] = []
    for piece in pieces:
        if piece.entry.suffix != ".zip" or piece.entry.problem:
            opened.append(piece)
            continue
        try:
            inside = list_zip(io.BytesIO(piece.entry.read(ZIP_BYTES)), ENTRIES)
        except Unreadable as problem:
            opened.append(replace(piece, entry=replace(piece.entry, problem=str(problem))))
            continue
        kept = [entry for entry in inside if not any(is_junk(part) or part == GIT for part in entry.parts)]
        where = piece.entry.parts
        opened += [replace(piece, entry=replace(e, parts=(*where, *e.parts), problem=_nested(e))) for e in kept]
        if not kept:
            opened.append(replace(piece, entry=replace(piece.entry, problem="is a zip file without files in it")))
    return opened


def _nested(entry: Entry) -> str:
    return entry.problem or ("is a zip file in a zip file; hand in one only" if entry.suffix == ".zip" else "")


def _candidates(pieces: list[Piece], homework: str) -> tuple[list[Piece], list[Piece]]:
    """Those that may be the work, the best first, and the rest.

    Files named as the homework come before others; then the latest; then what is whole.
    """
    if len(pieces) > ENTRIES:
        raise Unreadable(f"and what came with it are more than {ENTRIES} files")
    own = re.compile(rf".*{re.escape(homework).replace('_', '[-_ ]?')}.*", re.IGNORECASE | re.DOTALL)
    sources = [piece for piece in pieces if piece.entry.suffix in SUFFIXES and not piece.entry.problem]
    work = [piece for piece in sources if not _NOT_THE_WORK.fullmatch(piece.entry.parts[-1])] or sources
    named = [piece for piece in work if own.fullmatch(piece.entry.parts[-1])]
    chosen = named or work or [piece for piece in pieces if piece.entry.suffix in SUFFIXES] or pieces
    ordered = sorted(chosen, key=lambda piece: piece.entry.parts)
    ordered.sort(key=_time, reverse=True)
    ids = {id(piece) for piece in ordered}
    # A broken file of the right name does not hide a whole one of another.
    spare = [piece for piece in work if id(piece) not in ids]
    ids |= {id(piece) for piece in spare}
    return ordered + spare, [piece for piece in pieces if id(piece) not in ids]


def _less_unfinished(data: bytes, candidates: list[Piece]) -> tuple[Piece, bytes] | None:
    """Of two that came at the same time, say a script and a notebook: the one with more functions written."""
    best, fewest = None, your_turns(data)
    chosen = candidates[0]
    for piece in candidates[1:_TRIES]:
        if _time(piece) != _time(chosen) or fewest == 0:
            break
        try:
            other = _read(piece)
        except Unreadable:
            continue
        if your_turns(other) < fewest and _defines_as_much(data, other):
            best, fewest = (piece, other), your_turns(other)
    return best


def _time(piece: Piece) -> tuple[datetime, tuple[int, ...]]:
    """What later means: the time that counts, else the platform's number, else what the file says."""
    known = piece.when or (None if piece.order else piece.entry.when)
    return known or _LONG_AGO, piece.order


def _defines_as_much(one: bytes, other: bytes) -> bool:
    return other.count(b"def ") >= one.count(b"def ")


def _read(piece: Piece) -> bytes:
    if piece.entry.problem:
        raise Unreadable(piece.entry.problem)
    check_suffix(piece.entry.suffix)
    data = piece.entry.read(FILE_BYTES)
    parse_source(data, piece.entry.suffix)
    return data


def _raw(piece: Piece) -> bytes:
    try:
        return b"" if piece.entry.problem else piece.entry.read(FILE_BYTES)
    except Unreadable:
        return b""
