"""What was found in a folder or a zip of submissions, as plain data."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

ZIP_BYTES = 50_000_000
"""A student's zip may have so many, packed."""
ENTRIES = 2_000
"""One student may hand in so many files."""
CLASS_ENTRIES = 200_000
"""All students together may hand in so many files."""
DEPTH = 12
NAME = 120
"""A student's name is cut after so many characters."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LETTERS = str.maketrans({"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "æ": "ae", "Æ": "ae", "œ": "oe",
                          "Œ": "oe", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i"})  # fmt: skip
"""Letters that Unicode does not take for others with a mark."""
_PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a folder or an archive. Nothing of it is read before it is asked for."""

    parts: tuple[str, ...]
    """Its path below the submissions' folder."""
    when: datetime | None
    """As the file system or the archive says."""
    read: Callable[[int], bytes]
    """Its bytes, at most so many; raises `Unreadable`."""
    problem: str = ""
    """Why it must not be read: a link, a device, a name that leads elsewhere."""
    listed: str = ""
    """The name it was found under, where `parts` says what the student called it."""

    @property
    def suffix(self) -> str:
        """The last part's suffix, in lower case."""
        return Path(self.parts[-1]).suffix.lower()

    @property
    def shown(self) -> str:
        """Its path as one printable line."""
        return clean(self.listed or "/".join(self.parts), 300)


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that somebody handed in."""

    entry: Entry
    student: str
    when: datetime | None
    """The time that counts; None when nothing tells it."""
    order: tuple[int, ...] = ()
    """Which attempt, where the platform numbers them but tells no time."""
    marked_late: bool = False
    """The platform says that it came late, without saying when."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's work, ready to be graded, or the reason why it cannot be."""

    student: str
    """One printable line; unique among the submissions."""
    source: str
    """The file it came from, relative to the submissions' folder; printable."""
    suffix: str
    """`.py`, `.ipynb`, or nothing."""
    file: Path | None
    """A checked copy of the source, in a folder of ours; None: unreadable."""
    digest: str
    """SHA-256 of the source; empty: it could not be read at all."""
    when: datetime | None = None
    marked_late: bool = False
    unreadable: str = ""
    other_files: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name of this student's files: safe in every file system, in links, and unique."""
        return file_name(self.student)


@dataclass(frozen=True, slots=True)
class Gathered:
    """All submissions, by name, and what was left out."""

    submissions: tuple[Submission, ...]
    ignored: tuple[str, ...] = ()
    """Files that are nobody's submission: a README, a roster, the platform's own."""


def clean(text: str, length: int = NAME) -> str:
    """Text from outside as one printable line: control, direction and undecodable characters become `�`."""
    kinds = ((letter, unicodedata.category(letter)) for letter in text[: length + 1])
    shown = "".join("�" if kind in _HIDDEN else " " if kind == "Zs" else letter for letter, kind in kinds)
    return shown if len(shown) <= length else shown[: length - 1] + "…"


def name_order(student: str) -> tuple[list[Any], str, str]:
    """A key that sorts names as a person would look for them: `émile` beside `Emile`, `group 9` before `group 10`.

    Case and accents decide only between names that are the same without them, so that the order is always the same.
    """
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", student.translate(_LETTERS)) if not unicodedata.combining(c)
    )
    pieces = re.split(r"(\d+)", bare.casefold())  # text, number, text, …: a number never meets a text
    # A number as its length and its digits: it may have more of them than Python turns into one.
    natural = [(len(p.lstrip("0")), p.lstrip("0")) if at % 2 else p for at, p in enumerate(pieces)]
    return natural, student.casefold(), student


def file_name(student: str) -> str:
    """A file name for a student: as it is where it is plain, else made plain and kept apart by a digest."""
    if _PLAIN_NAME.fullmatch(student):
        return student
    plain = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:60] or "student"
    return f"{plain}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"
