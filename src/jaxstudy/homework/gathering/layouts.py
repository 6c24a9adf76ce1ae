"""Whose file is it, and when did it come? By the names that each platform gives.

Gradescope: `submission_1234/…` and a `submission_metadata.yml` beside. Canvas: `name_LATE_123_456_file.ipynb`. Moodle:
`Name_1234_assignsubmission_file_/…`. GitHub Classroom: `homework-02-login/…`, a clone each. nbgrader:
`login/assignment/…` and a `timestamp.txt` beside the work. Otherwise a file, a folder
or a zip a student, named after them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from jaxstudy.homework.gathering.files import GIT
from jaxstudy.homework.gathering.handed import Entry, Piece, clean
from jaxstudy.homework.sources import Unreadable

METADATA = "submission_metadata.yml"
TIMESTAMP = "timestamp.txt"
_METADATA_BYTES = 50_000_000
_TIMESTAMP_BYTES = 1_000
_GRADESCOPE = re.compile(r"submission_\d+")
_CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<attempt>\d+)_(?P<file>.+)", re.DOTALL)
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?", re.DOTALL)
_AGAIN = re.compile(r"-(\d+)(?=\.[^.]+$)")
_JUNK = re.compile(r"\..*|__macosx|__pycache__|thumbs\.db|desktop\.ini|.*\.pyc|.*~", re.IGNORECASE | re.DOTALL)
_NOBODYS = re.compile(
    r"readme(\.(md|txt|rst|html|pdf))?|.*\.(csv|tsv|xlsx?|ya?ml|toml|json|log|xml)", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Class:
    """Everything that was handed in: pieces by student, and what is nobody's."""

    pieces: tuple[Piece, ...]
    repositories: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    """Student → the `.git` of their clone: the folder, or its files where it lies in a zip."""
    ignored: tuple[str, ...] = ()


def is_junk(name: str) -> bool:
    """What operating systems and editors leave behind."""
    return bool(_JUNK.fullmatch(name)) and name != GIT


def is_of_a_class(entries: Iterable[Entry]) -> bool:
    """Do names say that these are the submissions of many students?"""
    tops = {entry.parts[0] for entry in entries}
    return METADATA in tops or any(
        pattern.fullmatch(top) for top in tops for pattern in (_GRADESCOPE, _CANVAS, _MOODLE)
    )


def unwrap(entries: list[Entry]) -> list[Entry]:
    """Without the one folder that everything lies in, where that is the platform's and not a student's."""
    while True:
        kept = [entry for entry in entries if not is_junk(entry.parts[0])]
        tops = {entry.parts[0] for entry in kept}
        inner = [replace(entry, parts=entry.parts[1:]) for entry in kept if len(entry.parts) > 1]
        if len(tops) != 1 or len(inner) < len(kept) or is_of_a_class(kept):
            return entries
        folders = {entry.parts[0] for entry in inner if len(entry.parts) > 1 and not is_junk(entry.parts[0])} - {GIT}
        if not is_of_a_class(inner) and (len(folders) < 2 or GIT in {entry.parts[0] for entry in inner}):
            return entries
        entries = inner


def assign(entries: Sequence[Entry], homework: str) -> Class:
    """Give each file to its student.

    Args:
        homework: the assignment's name, which clones of GitHub Classroom start with.
    """
    submitters = _submitters(entries)
    clones: dict[str, list[Entry]] = {}
    for entry in entries:
        if len(entry.parts) > 1 and entry.parts[1] == GIT:
            clones.setdefault(entry.parts[0], []).append(entry)
    logins = _logins(sorted(clones), homework)
    times, untold = _timestamps(entries)
    pieces: list[Piece] = []
    ignored: list[str] = [*untold]
    for entry in entries:
        name = entry.parts[-1]
        if any(is_junk(part) for part in entry.parts) or GIT in entry.parts or name == METADATA:
            continue
        if len(entry.parts) == 1 and _NOBODYS.fullmatch(name) and not _CANVAS.fullmatch(name):
            ignored.append(entry.shown)
        elif entry.parts[0] in logins:
            pieces.append(Piece(entry, logins[entry.parts[0]], None))
        elif entry.parts[0] in submitters:
            pieces += [Piece(entry, *submitter) for submitter in submitters[entry.parts[0]]]
        elif entry.parts[:2] in times and name == TIMESTAMP:
            continue
        else:
            pieces.append(_by_name(entry, times.get(entry.parts[:2])))
    return Class(tuple(pieces), {logins[top]: tuple(git) for top, git in clones.items()}, tuple(ignored))


def _timestamps(entries: Sequence[Entry]) -> tuple[dict[tuple[str, ...], datetime], list[str]]:
    """nbgrader's own note of when a student handed in: by `(login, assignment)`; and those that tell no time.

    Only two folders deep, where nbgrader's collector puts it: elsewhere a student may have written it.
    """
    times: dict[tuple[str, ...], datetime] = {}
    untold = []
    for entry in entries:
        deep = len(entry.parts) == 3 and entry.parts[2] == TIMESTAMP and not entry.problem
        if not deep or any(known.fullmatch(entry.parts[0]) for known in (_GRADESCOPE, _CANVAS, _MOODLE)):
            continue
        try:
            times[entry.parts[:2]] = _read_time(entry.read(_TIMESTAMP_BYTES).decode("utf-8", "replace"))
        except (Unreadable, ValueError, OverflowError):
            untold.append(f"{entry.shown} (no date and time in it: file times count)")
    return times, untold


def _read_time(text: str) -> datetime:
    """`2015-02-02 15:58:23.948203 UTC`, or ISO 8601; without a zone it is UTC, as nbgrader takes it."""
    words = re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", text.strip())
    when = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", words))
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _by_name(entry: Entry, told: datetime | None = None) -> Piece:
    top = entry.parts[0]
    if found := _MOODLE.fullmatch(top):
        return Piece(_renamed(entry, found["file"]), f"{clean(found['name'])} ({found['id']})", entry.when)
    if found := _CANVAS.fullmatch(top):
        again = _AGAIN.search(found["file"])
        order = (int(found["attempt"]), int(again[1]) if again else 0)
        student = f"{clean(found['name'])} ({found['user']})"
        return Piece(_renamed(entry, found["file"]), student, None, order, bool(found["late"]))
    student = top if len(entry.parts) > 1 else os.path.splitext(top)[0]  # noqa: PTH122 - the name may be no path here
    return Piece(entry, clean(student), told or entry.when)


def _renamed(entry: Entry, file: str | None) -> Entry:
    """The entry under the name that the student gave it; `shown` keeps the platform's."""
    return (
        entry
        if len(entry.parts) > 1 or not file
        else replace(entry, parts=(entry.parts[0], file), listed=entry.parts[0])
    )


def _logins(folders: list[str], homework: str) -> dict[str, str]:
    """Clone's folder → login: without the start that they share, which is the assignment's name on GitHub."""
    slug = re.escape(homework.replace("_", "-"))
    number = re.escape(homework.split("_", 1)[0].lstrip("0") or "0")
    known = re.compile(rf"(?:{slug}|[a-z]+-?0*{number}(?:-{slug.split('-', 1)[-1]})?)-(?=.)", re.IGNORECASE)
    first, last = (folders[0], folders[-1]) if len(folders) > 1 else ("", "")
    same = next((place for place, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    shared = first[:same].rpartition("-")[0]
    logins = {}
    for folder in folders:
        found = known.match(folder)
        cut = found.end() if found else len(shared) + 1 if shared else 0
        logins[folder] = clean(folder[cut:] or folder)
    return logins if len(set(logins.values())) == len(logins) else {folder: clean(folder) for folder in folders}


def _submitters(entries: Sequence[Entry]) -> dict[str, list[tuple[str, datetime | None]]]:
    """Gradescope's folder → its submitters and the time. What is not as expected is left out, never an error."""
    data: Any = {}
    for entry in entries:
        if entry.parts == (METADATA,) and not entry.problem:
            import yaml  # takes 10 ms, and few have such a file

            try:
                loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
                data = yaml.load(entry.read(_METADATA_BYTES), loader)
            except (Unreadable, yaml.YAMLError, ValueError, RecursionError):
                data = {}
    found = {}
    for folder, about in (data if isinstance(data, dict) else {}).items():
        if isinstance(folder, str) and isinstance(about, dict):
            people = [_person(person) for person in _list(about.get(":submitters")) if isinstance(person, dict)]
            when = about.get(":created_at")
            when = when if isinstance(when, datetime) else None
            when = when.replace(tzinfo=UTC) if when and when.tzinfo is None else when
            found[folder] = [(name, when) for name in people if name] or [(clean(folder), when)]
    return found


def _person(person: Mapping[str, Any]) -> str:
    name, number = (str(person.get(key) or "").strip() for key in (":name", ":sid"))
    number = number or str(person.get(":email") or "").strip()
    return clean(f"{name} ({number})" if name and number else name or number)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
