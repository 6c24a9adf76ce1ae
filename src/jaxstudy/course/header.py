"""The `jaxstudy:` block of a lecture's YAML header → Header, with every problem and its line."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from jaxstudy.course.lecture import Header, Resource
from jaxstudy.errors import Problem, near

KEYS = tuple(field.name for field in fields(Header))
_RESOURCE_KEYS = ("title", "url", "release")
_WORD_LISTS = ("outcomes", "introduces", "revisits", "data")


def read_header(block: Any, path: Path, text: str) -> tuple[Header, list[Problem]]:
    """The header as data, and all that is wrong with it; wrong parts are left at their defaults."""
    reader = _Reader(path, text)
    if not isinstance(block, Mapping):
        reader.wrong("jaxstudy", "a block of keys under `jaxstudy:`", repr(block), "write one `key: value` a line")
        return Header(), reader.problems
    for key in block:
        if key not in KEYS:
            hint = near(str(key), KEYS)
            reader.wrong(str(key), f"one of {', '.join(KEYS)}", repr(key) + hint, "rename or remove the key")
    words: dict[str, Any] = {key: reader.words(key, block[key]) for key in _WORD_LISTS if key in block}
    values: dict[str, Any] = {
        "title": reader.text_of("title", block.get("title", "")),
        "week": reader.count("week", block.get("week")),
        "minutes": reader.count("minutes", block.get("minutes")),
        "terms": reader.terms(block.get("terms", {})),
        "resources": reader.resources(block.get("resources", [])),
    }
    return Header(**values, **words), reader.problems


class _Reader:
    """Checks one value at a time and writes down what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.lines, self.problems = path, text.splitlines(), list[Problem]()

    def wrong(self, key: str, expected: str, got: str, do: str) -> None:
        self.problems.append(Problem(expected, got, do, self.path, self.line_of(key)))

    def line_of(self, key: str) -> int:
        """The header line that holds `key:`; the first line when it can't be found (a notebook's metadata)."""
        for number, line in enumerate(self.lines, 1):
            if line.lstrip("# -").startswith((f"{key}:", f'"{key}"', f"{key} :")):
                return number
        return 1

    def text_of(self, key: str, value: Any) -> str:
        if isinstance(value, str):
            return value
        self.wrong(key, f"`{key}` as text", repr(value), "put it in quotes")
        return ""

    def count(self, key: str, value: Any) -> int | None:
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        self.wrong(key, f"`{key}` as a whole number", repr(value), f"write `{key}: 1`, say")
        return None

    def words(self, key: str, value: Any) -> tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self.wrong(key, f"`{key}` as a list of words", repr(value), f"write `{key}: [first, second]`")
        return ()

    def terms(self, value: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, Mapping):
            self.wrong("terms", "`terms` as section title → list", repr(value), "write `Section title: [word, word]`")
            return {}
        return {str(section): self.words(str(section), words) for section, words in value.items()}

    def resources(self, value: Any) -> tuple[Resource, ...]:
        if not isinstance(value, list):
            self.wrong("resources", "`resources` as a list", repr(value), "start each with `- title:`")
            return ()
        return tuple(found for item in value if (found := self.resource(item)))

    def resource(self, item: Any) -> Resource | None:
        if not isinstance(item, Mapping) or not {"title", "url"} <= set(item):
            self.wrong("resources", "a resource with title and url", repr(item), "give each a `title:` and a `url:`")
            return None
        for key in set(item) - set(_RESOURCE_KEYS):
            got = repr(key) + near(str(key), _RESOURCE_KEYS)
            self.wrong(str(key), f"one of {', '.join(_RESOURCE_KEYS)}", got, "rename or remove the key")
        release = item.get("release", "before")
        if release not in ("before", "after"):
            self.wrong("release", "`release: before` or `release: after`", repr(release), "say when it may be seen")
            release = "after"
        return Resource(str(item["title"]), str(item["url"]), release)


def as_date(value: Any) -> datetime.date | None:
    """The date of a TOML or YAML value, or None when it is no date."""
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
