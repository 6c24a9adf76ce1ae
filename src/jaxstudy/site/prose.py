"""A Markdown cell → Markdown that MkDocs reads the same way.

Notebooks are written in CommonMark, MkDocs reads Python-Markdown. They differ in what needs a blank line
before it (lists, tables, fences), in how far list items are indented (any, 4), in setext headings inside
maths. So each block is found by a CommonMark parser and set again, apart from its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from jaxstudy.build.maths import DISPLAYED_PLACE, Formula, set_aside
from jaxstudy.site.html_blocks import mended

# What only slides need: column and wide marks, steps of a code highlight, empty fragments.
_MARKERS = re.compile(r'<span\s+class="[^"]*\b(?:jx-[\w-]+|hl-\d+|fragment)\b[^"]*"\s*>\s*</span>')
_ITEM = re.compile(r"^(\s*)([-+*]|\d{1,9}[.)])(\s+|$)")
_CODE = re.compile(r"(?P<tick>`+)(?!`)\s?(?P<said>.+?)\s?(?<!`)(?P=tick)(?!`)", re.DOTALL)
_HEADING = re.compile(r"^#{1,6} .*&#123;.*$", re.MULTILINE)
_BREAK = re.compile(r"(?<!\\)\\\n")  # CommonMark's hard line break
_PARSER = MarkdownIt("commonmark").enable("table")

Levels = Callable[[int], int]
"""Heading level as written → level on the page."""


def without_slide_markers(source: str) -> str:
    """The source without the empty `<span>`s that steer slides."""
    return _MARKERS.sub("", source).strip()


def portable(source: str, levels: Levels = lambda level: level, anchor: str = "") -> str:
    """The same text for Python-Markdown, headings moved to `levels`; the first heading gets the id `anchor`."""
    found = set_aside(source)
    shown = found.put_back(_portable(found.text, levels, anchor), _on_page)
    # A heading's text goes into tables of contents too, where an entity would be read aloud.
    return _HEADING.sub(lambda line: line[0].replace("&#123;", "\\{"), shown)


def latex_on_page(source: str) -> str:
    """A LaTeX output for Python-Markdown: words with formulas among them, or a formula alone, displayed."""
    text = source.strip()
    found = set_aside(text)
    alone = len(found.formulas) == 1 and found.formulas[0].text == text
    if not alone and any(not formula.literal for formula in found.formulas):
        return portable(text)
    body = found.formulas[0].body if alone else text
    return _on_page(Formula(body.removeprefix("\\displaystyle").strip(), True, text))


def _on_page(formula: Formula) -> str:
    """In HTML of which Python-Markdown understands nothing: to it each character is an entity."""
    if formula.literal:
        return f"&#{ord(formula.body)};"
    left, right, tag = ("\\[", "\\]", "div") if formula.displayed else ("\\(", "\\)", "span")
    return f'<{tag} class="arithmatex">{_entities(f"{left}{formula.body}{right}")}</{tag}>'


def _entities(text: str) -> str:
    return "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in text)


def _portable(source: str, levels: Levels, anchor: str = "") -> str:
    lines = source.splitlines()
    tokens = _PARSER.parse(source)
    blocks: list[str] = []
    markup: list[int] = []  # which of the blocks are raw HTML
    position = 0
    for token, inner in _top_blocks(tokens):
        start, end = token.map or (position, position)
        blocks += _unparsed(lines[position:start])
        if token.type == "html_block":
            markup.append(len(blocks))
        if token.type == "heading_open":
            blocks.append(_heading(inner, levels(int(token.tag[1])), anchor))
            anchor = ""
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            blocks.append(_list(tokens, token, lines, levels))
        elif token.type == "blockquote_open":
            blocks.append(_quote(lines[start:end], levels))
        else:
            text = "\n".join(lines[start:end]).rstrip()
            blocks.append(_paragraph(text) if token.type == "paragraph_open" else text)
        position = max(position, end)
    blocks += _unparsed(lines[position:])
    for place, text in zip(markup, mended([blocks[place] for place in markup]), strict=True):
        blocks[place] = text
    return "\n\n".join(block for block in blocks if block.strip())


def _top_blocks(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """Outermost blocks, each with the inline text that follows it."""
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting >= 0 and token.map:
            yield token, tokens[index + 1].content if index + 1 < len(tokens) else ""


def _paragraph(text: str) -> str:
    """Hard breaks as two spaces; maths that is displayed stands apart, wherever in the text it was written."""
    text = DISPLAYED_PLACE.sub(r"\n\n\g<0>\n\n", text)
    pieces = (piece.strip() for piece in text.split("\n\n"))
    return "\n\n".join(_BREAK.sub("  \n", piece) for piece in pieces if piece.strip())


def _unparsed(lines: list[str]) -> list[str]:
    """Lines that give no block: link definitions."""
    text = "\n".join(lines).strip("\n")
    return [text] if text.strip() else []


def _heading(text: str, level: int, anchor: str) -> str:
    # In code, too, a brace behind a blank would be taken for the start of attributes.
    text = _CODE.sub(lambda code: f"<code>{_entities(code['said'])}</code>" if "{" in code[0] else code[0], text)
    return f"{'#' * level} {' '.join(text.split())}" + (f" {{ #{anchor} }}" if anchor else "")


def _list(tokens: list[Token], opening: Token, lines: list[str], levels: Levels) -> str:
    """Items indented by 4; a loose list keeps its blank lines."""
    start, end = opening.map or (0, 0)
    items = [
        token.map
        for token in tokens
        if token.type == "list_item_open" and token.level == 1 and token.map and start <= token.map[0] < end
    ]
    shown = [_item(lines[first:last], levels) for first, last in items]
    loose = any("" in lines[first:last][:-1] and _is_loose(lines[first:last]) for first, last in items)
    return ("\n\n" if loose else "\n").join(shown)


def _is_loose(lines: list[str]) -> bool:
    """Whether a blank line stands inside the item, outside a fence."""
    fenced = False
    for line in lines[:-1]:
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if not line.strip() and not fenced:
            return True
    return False


def _item(lines: list[str], levels: Levels) -> str:
    found = _ITEM.match(lines[0])
    if found is None:
        return "\n".join(lines)
    indent = found.end() if found.group(3) and len(found.group(3)) <= 4 else found.end(2) + 1
    marker = found.group(2) if found.group(2) in "-+*" else found.group(2)[:-1] + "."
    rest = [line[indent:] if not line[:indent].strip() else line.lstrip() for line in lines[1:]]
    text = _portable("\n".join([lines[0][indent:], *rest]).rstrip(), levels)
    # A nested list may follow its item's text at once; anything else needs the blank line.
    text = re.sub(r"\n\n(?=(?:-|1\.) )", "\n", text, count=1) if not _is_loose(lines) else text
    first, *others = text.split("\n")
    return "\n".join([marker.ljust(4) + first, *(f"    {line}" if line.strip() else "" for line in others)]).rstrip()


def _quote(lines: list[str], levels: Levels) -> str:
    inner = _portable("\n".join(re.sub(r"^ {0,3}> ?", "", line) for line in lines), levels)
    return "\n".join(f"> {line}".rstrip() for line in inner.split("\n"))
