"""What stands at the top of a lecture's page, and in its box on the home page: facts and links."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jaxstudy.build.built import BuiltLecture
from jaxstudy.course import Course
from jaxstudy.course.headings import plain

PUBLISHED_BRANCH = "gh-pages"
"""Where `mkdocs gh-deploy` puts the site. Colab opens notebooks from there: `build/` itself is in no repository."""


@dataclass(frozen=True, slots=True)
class Link:
    """One button."""

    words: str
    url: str
    """Relative to the page, or whole."""
    title: str
    download: bool = False


def facts(course: Course, built: BuiltLecture) -> list[str]:
    """Number or week, date and length, as far as they are known."""
    lecture, header = built.lecture, built.lecture.header
    date = course.date_of(lecture)
    return [
        f"Week {header.week}" if header.week else f"Lecture {lecture.number}",
        *([f"{date.day} {date:%B %Y}"] if date else []),
        *([f"{header.minutes} minutes"] if header.minutes else []),
    ]


def description(built: BuiltLecture) -> str:
    """One line for search engines: week, title, outcomes."""
    header = built.lecture.header
    start = f"Week {header.week}: " if header.week else ""
    words = "; ".join(plain(outcome) for outcome in header.outcomes) or "the lecture with its code and outputs"
    return f"{start}{plain(built.lecture.title)}. {words[:1].upper()}{words[1:]}."


def file_links(built: BuiltLecture, up: str) -> list[Link]:
    """Deck, notebooks, PDF and script; `up` leads from the page to the site's top."""
    lecture = built.lecture
    notebook = "without outputs, with everything it needs to run"
    found = [
        _file("Slides", built.deck, f"{up}slides/", "the deck: one file, opens without a network", download=False),
        _file("Notebook", built.plain, f"{up}notebooks/", notebook),
        _file("Notebook with outputs", built.executed, f"{up}notebooks/", "as it ran"),
        _file("PDF", built.pdf, f"{up}slides/", "the slides on paper", download=False),
        Link("Source", f"{up}scripts/{source_name(lecture.path)}", "the file that all of these are made from", True),
    ]
    return [link for link in found if link]


def source_name(lecture: Path) -> str:
    """The name a lecture's file is handed out under: `.md` alone would make a page of it."""
    return f"{lecture.name}.txt" if lecture.suffix == ".md" else lecture.name


def colab(course: Course, built: BuiltLecture) -> Link | None:
    """Opens the notebook on Colab; None when the course names no repository."""
    repository = course.settings.repository
    if not repository:
        return None
    path = f"{repository}/blob/{PUBLISHED_BRANCH}/notebooks/{built.plain.name}"
    url = f"https://colab.research.google.com/github/{path}"
    return Link("Open in Colab", url, "runs in the browser, needs an account")


def _file(words: str, path: Path | None, folder: str, title: str, download: bool = True) -> Link | None:
    return Link(words, folder + path.name, title, download) if path else None
