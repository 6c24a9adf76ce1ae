"""Pages without what nobody sees: marks that colour nothing, white space between tags.

A long lecture has some ten thousand highlighted tokens, most of them in the colour of plain text. Without
their marks its page is half as large and has a third of the nodes, which phones feel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

# Names, white space, operators, punctuation: jaxstudy.css gives them the colour of the text around them.
COLOURLESS = re.compile(r'<span class="(?:n|w|o|p)">([^<]*)</span>|<span></span>')
_KEPT = re.compile(r"(<(pre|script|style|textarea)\b.*?</\2>)", re.DOTALL)
_SPACE = re.compile(r"\s*\n\s*")


def lighten(site: Path, ready_made: str = "slides", only: Sequence[str] | None = None) -> None:
    """Rewrite the site's pages in place, but for those in `ready_made`, which were not made by MkDocs.

    Args:
        only: pages to rewrite, by their path in the site; default: all.
    """
    for path in site.rglob("*.html") if only is None else [site / name for name in only]:
        if path.relative_to(site).parts[0] != ready_made and path.is_file():
            path.write_text(lighter(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def lighter(page: str) -> str:
    """The same page in fewer bytes."""
    pieces = _KEPT.split(page)
    # split gives: text, kept element, its name, text, …
    for place in range(0, len(pieces), 3):
        pieces[place] = _SPACE.sub("\n", pieces[place])
    for place in range(1, len(pieces), 3):
        pieces[place] = COLOURLESS.sub(r"\1", pieces[place]) if pieces[place].startswith("<pre") else pieces[place]
        pieces[place + 1] = ""
    return "".join(pieces)
