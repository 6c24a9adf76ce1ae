"""The course's guides: `docs/guides/*.md`, shown as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.course import Course
from jaxstudy.course.headings import first_heading

FOLDER = "docs/guides"
_FIRST = ("attendee", "student", "presenter", "author", "replay", "grader", "commands")
_ABOUT = re.compile(r"^description:\s*(.+)$", re.MULTILINE)
_PICTURES = ("*.png", "*.svg", "*.jpg", "*.gif")


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide."""

    path: Path
    title: str
    about: str
    """Its `description:`, for the list on the home page."""
    pictures: tuple[Path, ...]

    @property
    def name(self) -> str:
        """The file's stem."""
        return self.path.stem


def read_guides(course: Course) -> dict[str, Guide]:
    """Name → guide: those for people first, the rest by name."""
    folder = course.root / FOLDER
    pictures = tuple(path for pattern in _PICTURES for path in sorted(folder.glob(pattern)))
    found = {path.stem: _read(path, pictures) for path in sorted(folder.glob("*.md"))}
    order = [name for name in _FIRST if name in found] + [name for name in found if name not in _FIRST]
    return {name: found[name] for name in order}


def _read(path: Path, pictures: tuple[Path, ...]) -> Guide:
    text = path.read_text(encoding="utf-8")
    heading = first_heading(text)
    about = _ABOUT.search(text)
    return Guide(path, heading[1] if heading else path.stem.capitalize(), about[1].strip() if about else "", pictures)
