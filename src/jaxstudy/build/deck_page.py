"""What a deck carries with it: reveal.js, KaTeX with its fonts, our styles and scripts, as text to write in."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

from jaxstudy.build.webparts import web_part

ASSETS = Path(__file__).resolve().parents[1] / "assets" / "deck"

# Nothing but the file itself may be loaded: the browser enforces what we promise. Frames are allowed to the deck
# itself (the speaker window shows it twice) and to outputs that bring their page along as data.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; media-src data: blob:; frame-src 'self' file: data: blob:; form-action 'none'; base-uri 'none'"
)
_FACE = re.compile(r"src:url\((fonts/[\w-]+\.woff2)\)[^}]*")
_IMPORT = re.compile(r"@import[^;]*;")


def styles(theme: str, maths: bool) -> list[str]:
    """The style sheets, in the order of the page: reveal.js, KaTeX where there is maths, the theme, the deck's own."""
    reveal = [_part("reveal.js/dist/reset.css"), _part("reveal.js/dist/reveal.css")]
    return [_style(sheet) for sheet in (*reveal, *([_katex_css()] if maths else []), theme, _own("deck.css"))]


def first_script() -> str:
    """What has to run before the page is drawn: dark or light, slides or reading."""
    return _script(_own("first.js"))


def scripts(maths: bool) -> list[str]:
    """The scripts at the page's end."""
    parts = ["reveal.js/dist/reveal.js", "reveal.js/dist/plugin/notes.js"]
    if maths:
        parts += ["katex/dist/katex.min.js", "katex/dist/contrib/auto-render.min.js"]
    return [_script(text) for text in (*map(_part, parts), _own("deck.js"))]


@cache
def _katex_css() -> str:
    """KaTeX's style sheet with its woff2 fonts as data; the older formats are dropped."""

    def carried(found: re.Match[str]) -> str:
        font = base64.b64encode(web_part(f"katex/dist/{found[1]}").read_bytes()).decode()
        return f"src:url(data:font/woff2;base64,{font}) format('woff2')"

    return _FACE.sub(carried, _part("katex/dist/katex.min.css"))


@cache
def _part(name: str) -> str:
    return web_part(name).read_text(encoding="utf-8")


def _own(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _style(sheet: str) -> str:
    # An @import would ask another host; `</style` in a comment would end the element.
    return _IMPORT.sub("", sheet).replace("</style", "<\\/style").strip()


def _script(text: str) -> str:
    # Inside strings and regular expressions, the only places where these can stand, the backslash changes nothing.
    escaped = re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE).replace("<!--", "<\\!--")
    return re.sub(r"^//# sourceMappingURL=.*$", "", escaped, flags=re.MULTILINE).strip()
