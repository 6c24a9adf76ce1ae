"""A deck on paper: one page a slide, all fragments shown, light colours."""

from __future__ import annotations

import re
from pathlib import Path

from jaxstudy.build.chromium import Chromium
from jaxstudy.atomic import write_atomically
from jaxstudy.errors import FoundWanting, InputError, Problem

_SCRIPTS = Path(__file__).resolve().parents[1] / "assets" / "deck"
_PAGE = re.compile(rb"/Type\s*/Page\b")


def print_deck(deck: Path, destination: Path) -> int:
    """Print a deck to a PDF at `destination`, with pages of 1280 × 720; returns the number of pages, one a slide.

    Raises:
        InputError: there is no deck.
        ToolMissing: there is no Chromium.
        FoundWanting: the deck does not open, or a slide took more than its page.
    """
    with Chromium() as browser:
        browser.open(f"{_address(deck)}?print-pdf")
        slides = int(browser.evaluate((_SCRIPTS / "printed.js").read_text(encoding="utf-8")))
        data = browser.pdf()
    pages = len(_PAGE.findall(data))
    if pages != slides:
        do = "run `jaxstudy check`: a slide that overflows is the likely cause"
        raise FoundWanting(Problem(f"{slides} pages, one a slide", f"{pages}", do, deck))
    write_atomically(destination, data)
    return pages


def _address(deck: Path) -> str:
    if not deck.is_file():
        raise InputError(Problem("a deck", "no such file", "build it first: `jaxstudy build`", deck))
    return deck.resolve().as_uri()
