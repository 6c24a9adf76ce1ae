"""Raw HTML in a cell, made safe for what follows it on the page.

A browser forgives a tag that is never closed; on a page it would swallow every later cell. And inside
HTML, notebooks go on with Markdown, where MkDocs must be told to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TAG = re.compile(r"<!--.*?-->|<(?P<close>/?)(?P<name>[a-zA-Z][\w-]*)\b[^<>]*?(?P<empty>/?)>", re.DOTALL)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_RAW = frozenset(["pre", "script", "style", "textarea", "svg", "math", "table"])
"""Elements in which Markdown is not looked for."""


@dataclass(frozen=True, slots=True)
class _Tag:
    block: int
    start: int
    end: int
    name: str


def mended(blocks: Sequence[str]) -> list[str]:
    """The HTML blocks of one cell: what is open is closed, what closes nothing is gone.

    An element that begins in one block and ends in a later one holds Markdown, and says so.
    """
    opened: list[_Tag] = []
    edits: list[tuple[int, int, int, str]] = []  # block, start, end, replacement
    for tag, closes in _tags(blocks):
        if not closes:
            opened.append(tag)
        elif not any(one.name == tag.name for one in opened):
            edits.append((tag.block, tag.start, tag.end, ""))
        else:
            while (last := opened.pop()).name != tag.name:
                edits += _closed(last, blocks) if last.block != tag.block else []
            if last.block != tag.block and last.name not in _RAW:
                edits.append((last.block, last.end - 1, last.end - 1, ' markdown="1"'))
    for tag in reversed(opened):
        edits += _closed(tag, blocks)
    return _edited(blocks, edits)


def _tags(blocks: Sequence[str]) -> list[tuple[_Tag, bool]]:
    """Tags that open or close something, in order."""
    return [
        (_Tag(place, found.start(), found.end(), found["name"].lower()), bool(found["close"]))
        for place, block in enumerate(blocks)
        for found in _TAG.finditer(block)
        if found["name"] and not found["empty"] and found["name"].lower() not in _VOID
    ]


def _closed(tag: _Tag, blocks: Sequence[str]) -> list[tuple[int, int, int, str]]:
    end = len(blocks[tag.block])
    return [(tag.block, end, end, f"</{tag.name}>")]


def _edited(blocks: Sequence[str], edits: list[tuple[int, int, int, str]]) -> list[str]:
    done = []
    for place, block in enumerate(blocks):
        mine = [edit for edit in edits if edit[0] == place]
        tail = "".join(text for _, start, _, text in mine if start == len(block) and text.startswith("</"))
        inner = [edit for edit in mine if not (edit[1] == len(block) and edit[3].startswith("</"))]
        for _, start, end, text in sorted(inner, key=lambda edit: edit[1], reverse=True):
            if 'markdown="1"' not in text or "markdown=" not in block[:end].rpartition("<")[2]:
                block = block[:start] + text + block[end:]
        done.append(block + tail)
    return done
