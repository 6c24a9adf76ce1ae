"""Code → fingerprints that stay the same when names, comments, layout, strings and numbers are changed.

Source: Schleimer, Wilkerson, Aiken, "Winnowing: Local Algorithms for Document Fingerprinting" (2003): of every `WINDOW`
neighbouring hashes of `GRAM` tokens the smallest is kept, so that a copied run of GRAM + WINDOW - 1 tokens is always
found.
"""

from __future__ import annotations

import builtins
import io
import json
import keyword
import re
import token
import tokenize
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

GRAM, WINDOW = 10, 6
_KEPT_NAMES = frozenset(dir(builtins)) | {"jax", "jnp", "np", "lax", "nn", "optax", "torch", "self"}
_LAYOUT = {token.NL, token.NEWLINE, token.INDENT, token.DEDENT, token.COMMENT, token.ENDMARKER, token.ENCODING}
_ROUGHLY = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|[^\s\w]")
_MAGIC = re.compile(r"^\s*[%!?]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its name, number or text made the same for all."""

    word: str
    line: int


def code_of(source: str, suffix: str) -> str:
    """The code that is compared: a notebook's code cells one after the other, a script without its prose."""
    if suffix != ".ipynb":
        return source
    cells = [cell for cell in json.loads(source)["cells"] if cell.get("cell_type") == "code"]
    texts = [text if isinstance(text := cell["source"], str) else "".join(text) for cell in cells]
    return "\n\n".join(_MAGIC.sub("# ", text) for text in texts)


def tokens_of(code: str) -> list[Token]:
    """The code's tokens; what Python can't tokenize is taken apart roughly, so that a broken copy is found too."""
    found: list[Token] = []
    try:
        for item in tokenize.generate_tokens(io.StringIO(code).readline):
            if item.type not in _LAYOUT:
                found.append(Token(item.string, item.start[0]))
    except (tokenize.TokenError, SyntaxError, IndentationError, RecursionError, ValueError):
        done = found[-1].line if found else 0
        rest = list(enumerate(code.splitlines(), 1))[done:]
        found += [Token(word, line) for line, text in rest for word in _ROUGHLY.findall(text.split("#")[0])]
    return list(_made_alike(found))


def _made_alike(tokens: list[Token]) -> Iterator[Token]:
    before = ""
    for item in tokens:
        word = item.word
        if word[0].isdigit():
            word = "0"
        elif word[-1] in "\"'":
            # A docstring or a message: the first thing after a colon or a statement's start says nothing about code.
            word = "s"
        elif word.isidentifier() and not keyword.iskeyword(word) and before != "." and word not in _KEPT_NAMES:
            word = "v"
        before = item.word
        yield Token(word, item.line)


def fingerprints_of(tokens: list[Token]) -> dict[int, frozenset[int]]:
    """Fingerprint → the lines of its tokens."""
    hashes = [
        zlib.crc32("\0".join(item.word for item in tokens[place : place + GRAM]).encode())
        for place in range(len(tokens) - GRAM + 1)
    ]
    kept: dict[int, frozenset[int]] = {}
    last = -1
    for start in range(max(1, len(hashes) - WINDOW + 1)) if hashes else ():
        window = hashes[start : start + WINDOW]
        smallest = min(window)
        place = start + len(window) - 1 - window[::-1].index(smallest)
        if place != last:
            last = place
            lines = frozenset(item.line for item in tokens[place : place + GRAM])
            kept[smallest] = kept.get(smallest, frozenset()) | lines
    return kept
