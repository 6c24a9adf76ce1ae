"""What an audience would see wrongly: a deck looked at in a real browser, slide by slide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jaxstudy.build.chromium import Chromium
from jaxstudy.course import Lecture
from jaxstudy.errors import InputError, Problem

SIZE = (1280, 720)
_SCRIPT = Path(__file__).resolve().parents[1] / "assets" / "deck" / "screen.js"

_TOO_MUCH = "shorten it, split the slide, or tag code hide-input"
# Kind of finding → expected, got, do; `what` is the place in words, `much` the number measured.
_WORDS = {
    "tall": ("slide {title!r} to fit 1280 × 720", "{much} px too much below", _TOO_MUCH),
    "wide": ("text and figures to stay in their column", "{what!r} {much} px too wide", "break or narrow it"),
    "cut": ("every line to be seen whole", "{what!r} {much} px too wide", "break the line"),
    "below": ("every line to be seen", "{what!r} with {much} px hidden below", _TOO_MUCH),
    "alt": ("a figure with words for those who cannot see it", "none", 'give the figure a title, or the cell alt="…"'),
    "broken": ("a picture that can be drawn", "picture {what!r}", "save the picture again"),
    "maths": ("maths that KaTeX can set", "{what}", "correct the formula"),
    "contrast": ("a contrast of 4.5 : 1 (3 : 1 for large text)", "{much} : 1 in {what}", "use the theme's colours"),
}


def check_screen(lecture: Lecture, deck: Path) -> list[Problem]:
    """All that is wrong to the eye in a lecture's deck, in the order of its lines; nothing when all is well.

    Looked at with all fragments shown at 1280 × 720: what does not fit, lines that are cut, pictures without words,
    contrast in light and dark, maths that is not understood, console errors, requests to other hosts. A slide that
    is too tall is named by its first line, everything else by its own cell's.

    Raises:
        InputError: there is no deck.
        ToolMissing: there is no Chromium.
    """
    if not deck.is_file():
        raise InputError(Problem("a deck", "no such file", "build it first: `jaxstudy build`", deck))
    with Chromium(SIZE) as browser:
        browser.open(deck)
        findings = browser.evaluate(_SCRIPT.read_text(encoding="utf-8"))
        problems = [_problem(lecture, finding) for finding in findings]
        problems += _console(lecture, browser)
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0)


def _problem(lecture: Lecture, finding: Mapping[str, Any]) -> Problem:
    titles = {slide.id: slide.title for slide in lecture.slides}
    values = {**finding, "title": titles.get(finding["slide"]) or finding["slide"]}
    expected, got, do = (part.format(**values) for part in _WORDS[finding["kind"]])
    return Problem(expected, got, do, lecture.path, lecture.step(finding["step"]).line)


def _console(lecture: Lecture, browser: Chromium) -> Iterator[Problem]:
    for address in browser.requests:
        do = "put the picture or script beside the lecture, or leave it out"
        yield Problem("a deck that needs no network", f"a request for {address}", do, lecture.path, 1)
    for error in browser.errors:
        do = "look for the HTML output or the HTML in Markdown that it comes from"
        yield Problem("no error in the browser's console", error.splitlines()[0], do, lecture.path, 1)
