"""What stands behind a cell's `# %%`: a title, and metadata as `key=value` or as one JSON object at the end.

jupytext finds the metadata by the first `{` or `=` of the line, so that a title with braces or an equals sign takes
tags and slide type with it, without a word. Here the title ends where metadata begin that reach the end of the line.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

KNOWN = ("slideshow", "tags", "id", "minutes", "alt", "budget", "active", "language", "name", "title", "cell_type")
"""Keys whose `key=` is metadata wherever it stands: a value that can't be read is no part of a title."""
_KEY = re.compile(r"(?:(?<=\s)|^)([A-Za-z0-9_.@/-]+)(\s*)=(?!=)\s*")
_WORD = re.compile(r"(?:\.?[A-Za-z_][A-Za-z0-9_.]*)(?=\s|$)")
_LOST_KEY = re.compile(r"[{,]\s*[\"'](?:tags|slideshow)[\"']\s*:")
_DECODER = json.JSONDecoder()
_TYPES: dict[str, tuple[tuple[type, ...], str, str]] = {
    "tags": ((list, str), "tags as a list of words", 'tags=["hide-input"]'),
    "slideshow": ((dict,), "slideshow as an object", 'slideshow={"slide_type": "slide"}'),
    "active": ((str,), "active as text", 'active="ipynb"'),
    "language": ((str,), "language as text", 'language="bash"'),
    "run_control": ((dict,), "run_control as an object", 'run_control={"frozen": true}'),
}


class MarkerError(Exception):
    """What stands behind a marker can't be read: what was expected, the word that stood there, what to do."""

    def __init__(self, expected: str, got: str, do: str) -> None:
        self.expected, self.got, self.do = expected, got, do
        super().__init__(f"expected {expected}, got {got}; {do}")


def parse_marker(text: str) -> tuple[str, dict[str, Any], bool]:
    """Title, metadata, and whether the metadata are one JSON object.

    A key without a value has the value None.

    Raises:
        MarkerError: metadata that can't be read, or a key twice.
    """
    text = text.strip()
    for start in _object_starts(text):
        found = _object(text[start:])
        if found is not None and (start == 0 or any(key in KNOWN for key in found)):
            return text[:start].strip(), _checked(found), True
    for match in _KEY.finditer(text):
        if match.group(2) and match.group(1) not in KNOWN:
            continue  # `loss = 0.1` is a title
        pairs = _pairs(text[match.start() :])
        if pairs is not None:
            _refuse_lost(text[: match.start()])
            return text[: match.start()].strip(), _checked(_unique(pairs)), False
    _refuse_lost(text)
    title, words = _classes(text)
    return title, dict.fromkeys(words), False


def _object_starts(text: str) -> list[int]:
    if not text.endswith("}"):
        return []
    return [i for i, char in enumerate(text) if char == "{" and (i == 0 or text[i - 1].isspace())]


def _object(text: str) -> dict[str, Any] | None:
    try:
        value, end = _value(text)
    except ValueError:
        return None
    return (
        value if isinstance(value, dict) and end == len(text) and all(isinstance(key, str) for key in value) else None
    )


def _pairs(text: str) -> list[tuple[str, Any]] | None:
    """All of the text as `key=value` and single words, or None."""
    at, pairs = 0, list[tuple[str, Any]]()
    while at < len(text):
        if key := _KEY.match(text, at):
            try:
                value, used = _value(text[key.end() :])
            except ValueError:
                return None
            pairs.append((key.group(1), value))
            at = key.end() + used
            if at < len(text) and not text[at].isspace():
                return None
        elif text[at] == "#":
            break  # jupytext, too, takes the rest for a comment
        elif word := _WORD.match(text, at):
            pairs.append((word.group(), None))
            at = word.end()
        else:
            return None
        at += len(text[at:]) - len(text[at:].lstrip())
    return pairs


def _value(text: str) -> tuple[Any, int]:
    """The JSON or Python literal that the text begins with, and its length."""
    try:
        return _DECODER.raw_decode(text)
    except ValueError:
        pass
    for end in _ends(text):
        try:
            return ast.literal_eval(text[:end]), end
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    raise ValueError("no literal")


def _ends(text: str) -> list[int]:
    """Where a literal may end: before a blank, or with the text."""
    return [*(match.start() for match in re.finditer(r"\s", text)), len(text)]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise MarkerError("every key once behind a cell's marker", f"{key!r} twice", "keep one of the two")
        found[key] = value
    return found


def _checked(found: dict[str, Any]) -> dict[str, Any]:
    if isinstance(found.get("tags"), tuple):
        found["tags"] = list(found["tags"])
    for key, (types, expected, example) in _TYPES.items():
        value = found.get(key, types[0]())
        words = value if isinstance(value, list) else []
        if not isinstance(value, types) or not all(isinstance(word, str) for word in words):
            raise MarkerError(expected, repr(f"{key}={json.dumps(value, default=str)}"), f"write {example}")
    return found


def _refuse_lost(text: str) -> None:
    """Raise on a key that tags or slide types are known by, whose value can't be read."""
    for match in _KEY.finditer(text):
        if match.group(1) not in KNOWN:
            continue
        try:
            _, used = _value(text[match.end() :])
        except ValueError:
            raise _unread(match.group(1), text[match.start() :]) from None
        after = text[match.end() + used :].split(" #")[0].strip()
        if key := _KEY.match(after):
            if _pairs(after) is None:
                raise _unread(key.group(1), after)
        elif after:
            do = "put a cell's title before its keys, and blanks between them"
            raise MarkerError("key=value to the end of the line", repr(after), do)
    if found := _LOST_KEY.search(text):
        do = 'close its brackets, as in {"tags": ["live"]}, or write tags=["live"]'
        raise MarkerError("metadata as one JSON object to the end of the line", repr(text[found.start() :]), do)


def _unread(key: str, text: str) -> MarkerError:
    do = 'quote words and close brackets, as in tags=["live"] slideshow={"slide_type": "slide"}'
    return MarkerError(f"{key}= with a JSON value", repr(text.strip()), do)


def _classes(text: str) -> tuple[str, list[str]]:
    """A title and the words behind it that begin with a point, which jupytext takes for keys."""
    words = text.split()
    classes: list[str] = []
    while words and re.fullmatch(r"\.[A-Za-z_][A-Za-z0-9_.]*", words[-1]):
        classes.insert(0, words.pop())
    return (" ".join(words), classes) if classes else (text, [])
