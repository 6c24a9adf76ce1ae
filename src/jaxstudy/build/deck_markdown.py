"""Markdown and code → the HTML that stands in a deck. Imports nbconvert, which is slow: import this where needed."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from jaxstudy.build.maths import Formula, is_prose, set_aside

PICTURES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".avif": "image/avif",
}
_FETCHING = re.compile(r"<(img|iframe)\b([^>]*)>(?:\s*</iframe\s*>)?", re.IGNORECASE)
_SRC = re.compile(r"""\bsrc\s*=\s*("([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_ALT = re.compile(r"""\b(?:alt|title)\s*=\s*("([^"]*)"|'([^']*)')""", re.IGNORECASE)
_REMOTE = re.compile(r"^(https?:)?//", re.IGNORECASE)
_RAW_MATHS = re.compile(r">[^<]*(\$[^$<]+\$|\\\(|\\\[)")
_ROW = re.compile(r"^[ ]{0,3}\|.*\|[ \t]*$", re.MULTILINE)
_BAR = "\ue0a3"  # a private character, for as long as the table is read
_TICKED = re.compile(r"(?P<tick>`+)(?!`).+?(?<!`)(?P=tick)(?!`)")
_CODE = re.compile(r"<(code|pre)\b.*?</\1>", re.DOTALL)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_ENDS_BY_ITSELF = frozenset(
    ["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "option", "optgroup", "rp", "rt"]
)


class PictureMissing(Exception):
    """Markdown names a picture that is not there or is no picture; holds the address as written."""


class DeckRenderer(IPythonRenderer):
    """nbconvert's renderer, but maths has been set aside before, and headings keep no ids (steps own the ids)."""

    def block_math(self, body: str) -> str:
        """What we did not take for maths, as it was written."""
        return f"$${html.escape(body)}$$"

    def inline_math(self, body: str) -> str:
        """What we did not take for maths, as it was written."""
        return f"${html.escape(body)}$"

    def _embed_image_or_attachment(self, src: str) -> str:
        if src.startswith("attachment:") and src.removeprefix("attachment:") not in self.attachments:
            raise PictureMissing(src)
        return str(super()._embed_image_or_attachment(src))

    def block_mermaidjs(self, code: str) -> str:
        """A diagram's source: decks carry no Mermaid."""
        return f"<pre><code>{html.escape(code)}</code></pre>"


def markdown_html(source: str, folder: Path | None, attachments: Mapping[str, Any] | None = None) -> str:
    """The HTML of a Markdown cell: closed in itself, asking for nothing from another host.

    Raises:
        PictureMissing: a local picture that is not in `folder` (with None, local pictures are left alone).
    """
    renderer = DeckRenderer(escape=False, attachments=dict(attachments or {}), exclude_anchor_links=True)
    found = set_aside(source)
    rendered = MarkdownWithMath(renderer=renderer).render(_ROW.sub(_kept_whole, found.text)).replace(_BAR, "|")
    rendered = re.sub(r'<(h[1-6]) id="[^"]*"', r"<\1", rendered)
    rendered = found.put_back(rendered, _marked, lambda text: html.escape(text))
    return balanced(offline(rendered, folder))


def _kept_whole(row: re.Match[str]) -> str:
    """A table's row in which a `|` within code ends no cell, escaped or not."""
    return _TICKED.sub(lambda code: re.sub(r"\\?\|", _BAR, code[0]), row[0])


def latex_html(source: str) -> str:
    """The HTML of a LaTeX output: words with formulas among them, or a formula alone."""
    return markdown_html(source if is_prose(source) else f"$${source.strip()}$$", None)


def _marked(formula: Formula) -> str:
    if formula.literal:
        # A dollar apart from others, or two of them would make maths.
        return '<span class="jx-dollar">$</span>' if formula.body == "$" else formula.body
    return f'<span class="jx-math{" jx-display" if formula.displayed else ""}">{html.escape(formula.body)}</span>'


def has_maths(rendered: str) -> bool:
    """Whether rendered Markdown holds maths: marked by the renderer, or in HTML that the author wrote."""
    return 'class="jx-math' in rendered or bool(_RAW_MATHS.search(_CODE.sub("", rendered)))


def code_html(source: str, language: str = "ipython3") -> str:
    """Highlighted code, each line an element of its own, so that it can be stepped through."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", stripnl=False)
    # Pygments closes its spans at each line's end, so lines can be wrapped one by one.
    lines = highlight(source.rstrip("\n"), lexer, HtmlFormatter(nowrap=True)).rstrip("\n").split("\n")
    return "".join(f'<span class="jx-line">{line}\n</span>' for line in lines)


def offline(fragment: str, folder: Path | None) -> str:
    """The HTML with local pictures written in, and a link in place of each picture or frame from another host.

    With `folder` None, local addresses are left alone.
    """

    def carried(found: re.Match[str]) -> str:
        source = _SRC.search(found[2])
        address = html.unescape(next((part for part in source.groups()[1:] if part), "")) if source else ""
        if _REMOTE.match(address):
            return _link(address, found[2])
        if source is None or folder is None or found[1].lower() == "iframe" or re.match(r"[a-z]+:", address):
            return found[0]
        return found[0].replace(source[0], f'src="{picture_uri(address, folder)}"', 1)

    return _FETCHING.sub(carried, fragment)


def picture_uri(address: str, folder: Path) -> str:
    """A local picture as a data address.

    Raises:
        PictureMissing: no such file, or not a picture's ending.
    """
    path = folder / unquote(address.split("?")[0].split("#")[0])
    kind = PICTURES.get(path.suffix.lower())
    if kind is None or not path.is_file():
        raise PictureMissing(address)
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def _link(address: str, attributes: str) -> str:
    described = _ALT.search(attributes)
    words = html.unescape(next((part for part in described.groups()[1:] if part), "")) if described else ""
    target = address if not address.startswith("//") else f"https:{address}"
    shown = html.escape(words or target)
    return f'<a class="jx-elsewhere" href="{html.escape(target)}">{shown}</a>'


def balanced(fragment: str) -> str:
    """The HTML as it is when every element in it is closed in it; else mended, so that no cell can break the deck."""
    check = _Balance()
    check.feed(fragment)
    unfinished = check.rawdata.strip()
    check.close()
    if not check.stray and not unfinished and _ENDS_BY_ITSELF.issuperset(check.open):
        return fragment
    from bs4 import BeautifulSoup

    return str(BeautifulSoup(fragment, features="html.parser"))


class _Balance(HTMLParser):
    """Which elements are left open, and whether an end tag closes what this fragment did not open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.stray = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<path/>` closes itself in SVG; `<div/>` does not, whatever it looks like."""

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in _ENDS_BY_ITSELF:
            self.open.pop()
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag not in _VOID:
            self.stray = True
