"""Formats that are trees: JSON of Whisper and its relatives, YouTube's timed text as XML and as json3."""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jaxstudy.errors import InputError, Problem
from jaxstudy.replay.stamps import number_of
from jaxstudy.replay.transcript import Segment

LONGEST_TEXT = 20_000
"""Characters of one entry: a caption has a few hundred."""
_LISTS = "`segments` (Whisper), `transcription` (whisper.cpp), `chunks` (Transformers) or `events` (YouTube json3)"


def read_json(text: str, path: Path, problems: list[Problem]) -> tuple[str, Iterator[Segment]]:
    """The name of the format, and its segments.

    Raises:
        InputError: no JSON, or JSON of something else.
    """
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        got = str(error) if not isinstance(error, RecursionError) else "brackets nested without end"
        do = "export the transcript again; a download may have been cut off"
        raise InputError(Problem("JSON", got, do, path, line)) from error
    if isinstance(tree, list):
        tree = {"segments": tree}
    readers = {"segments": _whisper, "transcription": _whisper_cpp, "chunks": _chunks, "events": _json3}
    for key, reader in readers.items():
        if isinstance(tree, dict) and isinstance(tree.get(key), list):
            return ("YouTube json3" if key == "events" else "Whisper JSON"), _checked(reader(tree[key]), path, problems)
    got = f"the keys {', '.join(sorted(map(str, tree))[:8])}" if isinstance(tree, dict) else type(tree).__name__
    raise InputError(Problem(f"a list under {_LISTS}", got, "give it a transcript with times", path))


Found = tuple[float | None, float | None, Any]


def _checked(found: Iterable[Found], path: Path, problems: list[Problem]) -> Iterator[Segment]:
    for number, (start, end, text) in enumerate(found, 1):
        if start is None or end is None or not isinstance(text, str):
            got = f"entry {number} with {start!r}, {end!r} and {type(text).__name__}"
            problems.append(Problem("a start and an end in seconds, and a text", got, "mend or remove it", path))
        elif len(text) > LONGEST_TEXT:
            got = f"entry {number} with {len(text):,}"
            do = "export the transcript again, with a time for every sentence"
            problems.append(Problem(f"texts of up to {LONGEST_TEXT:,} characters", got, do, path))
        else:
            yield Segment(start, end, text)


def _whisper(entries: list[Any]) -> Iterator[Found]:
    for entry in _dicts(entries):
        yield number_of(entry.get("start")), number_of(entry.get("end")), entry.get("text")


def _whisper_cpp(entries: list[Any]) -> Iterator[Found]:
    for entry in _dicts(entries):
        (times,) = _dicts([entry.get("offsets")])
        yield number_of(times.get("from"), 1e-3), number_of(times.get("to"), 1e-3), entry.get("text")


def _chunks(entries: list[Any]) -> Iterator[Found]:
    for entry in _dicts(entries):
        times = entry.get("timestamp")
        pair = times if isinstance(times, list) and len(times) == 2 else (None, None)
        start = number_of(pair[0])
        # The last chunk of a file has no end.
        yield start, start if pair[1] is None else number_of(pair[1]), entry.get("text")


def _json3(entries: list[Any]) -> Iterator[Found]:
    for entry in _dicts(entries):
        if not isinstance(entry.get("segs"), list):
            continue  # where a caption stands on the screen
        text = "".join(str(part.get("utf8", "")) for part in _dicts(entry["segs"]))
        start, length = number_of(entry.get("tStartMs"), 1e-3), number_of(entry.get("dDurationMs", 0), 1e-3)
        yield start, None if start is None or length is None else start + length, text


def _dicts(entries: list[Any]) -> Iterator[dict[str, Any]]:
    yield from (entry if isinstance(entry, dict) else {} for entry in entries)


def read_xml(text: str, path: Path, problems: list[Problem]) -> Iterator[Segment]:
    """The segments of YouTube's timed text, old (`<text start= dur=>`) and new (`<p t= d=>`, milliseconds).

    Raises:
        InputError: no XML, or XML of something else.
    """
    if re.search(r"<!(DOCTYPE|ENTITY)", text[:10_000], re.IGNORECASE):
        do = "remove the declaration: timed text has none, and entities can be made to fill the memory"
        raise InputError(Problem("XML without a document type", "a <!DOCTYPE>", do, path, 1))
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        do = "export the transcript again; a download may have been cut off"
        raise InputError(Problem("XML", str(error), do, path, error.position[0])) from error
    texts = list(root.iter("text")) or list(root.iter("p"))
    if not texts:
        got = f"<{root.tag}> without any"
        raise InputError(Problem("<text> or <p> elements of timed text", got, "give it a transcript with times", path))
    yield from _checked(map(_timed, texts), path, problems)


def _timed(element: ET.Element) -> Found:
    old = element.tag == "text"
    scale = 1.0 if old else 1e-3
    start = number_of(element.get("start" if old else "t"), scale)
    length = number_of(element.get("dur" if old else "d", "0"), scale)
    # Escaped twice on the way here: once for XML, once for the player.
    text = html.unescape("".join(element.itertext()))
    return start, None if start is None or length is None else start + length, text
