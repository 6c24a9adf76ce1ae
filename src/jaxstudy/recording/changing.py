"""Events made from events: shifted, trimmed, redacted."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jaxstudy.recording.events import Event

_NOTEBOOK = ("run", "output", "done", "kernel")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[@-~]")


def shifted(events: Iterable[Event], seconds: float) -> Iterator[Event]:
    """The events that much later (earlier for a negative number); none before 0."""
    for event in events:
        yield replace(event, time=max(event.time + seconds, 0.0))


def trimmed(events: Iterable[Event], start: float = 0.0, end: float = math.inf) -> Iterator[Event]:
    """The events from `start` to `end`, in seconds, counted from `start`.

    What a viewer must know of the time before comes at second 0: every run with what came of it and every kernel event
    (the notebook as it stood), and the last slide. Marks and questions before `start` are gone.
    """
    slide: Event | None = None
    before = True
    for event in events:
        if event.time < start:
            if event.kind == "slide":
                slide = event
            elif event.kind in _NOTEBOOK:
                yield replace(event, time=0.0)
            continue
        if before and slide is not None:
            yield replace(slide, time=0.0)
        before = False
        if event.time <= end:
            yield replace(event, time=event.time - start)
    if before and slide is not None:
        yield replace(slide, time=0.0)


def redacted(
    events: Iterable[Event], *patterns: str | re.Pattern[str], by: str = "…", keep: Container[str] = ()
) -> Iterator[Event]:
    """The events with whatever the regular expressions find replaced, in every text, keys left alone.

    What stands under the keys in `keep` stays. Terminal colours don't hide anything: they are looked past.
    """
    found = [re.compile(pattern) for pattern in patterns]
    for event in events:
        data = {key: value if key in keep else _without(value, found, by) for key, value in event.data.items()}
        yield replace(event, data=data)


def _without(value: Any, patterns: list[re.Pattern[str]], by: str) -> Any:
    if isinstance(value, str):
        for pattern in patterns:
            value = replaced(pattern, value, by)
        return value
    if isinstance(value, Mapping):
        return {key: _without(one, patterns, by) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without(one, patterns, by) for one in value]
    return value


def replaced(pattern: re.Pattern[str], text: str, by: str) -> str:
    """The text with all matches replaced, matches that terminal colours run through included."""
    if "\x1b" not in text:
        return pattern.sub(lambda _: by, text)
    escapes = list(_ESCAPE.finditer(text))
    places = [(hit.start(), hit.end()) for hit in pattern.finditer(_ESCAPE.sub("", text)) if hit.end() > hit.start()]
    pieces: list[str] = []
    at = 0  # in `text`
    for first, last in places:
        # Colours that begin where a match does stay before it; those that begin where it ends, behind it.
        start, end = _with_escapes(first + 1, escapes) - 1, _with_escapes(last, escapes)
        inside = "".join(escape[0] for escape in escapes if start <= escape.start() < end)
        pieces += [text[at:start], by, inside]
        at = end
    return "".join([*pieces, text[at:]])


def _with_escapes(place: int, escapes: list[re.Match[str]]) -> int:
    """Where a place in the plain text is in the text with its escapes."""
    for escape in escapes:
        if escape.start() >= place:
            break
        place += escape.end() - escape.start()
    return place
