"""A recording as a terminal session, for asciinema and its kin: asciicast, version 2."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator, Mapping

from jaxstudy.recording import Event, Recording

WIDTH, HEIGHT = 100, 30
_DIM, _BOLD, _GREEN, _RED, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[0m"


def cast_of(recording: Recording, titles: Mapping[str, str] | None = None) -> str:
    """The lines of a `.cast`: slides as headings, cells with their prompt, outputs as text, marks as markers."""
    header = {
        "version": 2,
        "width": WIDTH,
        "height": HEIGHT,
        "title": str(recording.header.more.get("title") or recording.header.lecture),
        "idle_time_limit": 10.0,
    }
    with contextlib.suppress(ValueError):  # optional there, too
        header["timestamp"] = int(datetime.datetime.fromisoformat(recording.header.started).timestamp())
    lines = [json.dumps(header, ensure_ascii=False)]
    for event in recording.events:
        for code, text in _shown(event, titles or {}):
            lines.append(json.dumps([round(event.time, 3), code, text], ensure_ascii=False))
    return "\n".join(lines) + "\n"


def _shown(event: Event, titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    data = event.data
    if event.kind == "slide" and data.get("fragment", -1) in (-1, None):
        title = titles.get(event.step or "", event.step or "")
        yield "o", _lines(f"\n{_BOLD}── {title} {'─' * max(3, WIDTH - len(title) - 6)}{_PLAIN}\n")
    elif event.kind == "run":
        first, *rest = str(data.get("source", "")).split("\n")
        prompt = f"{_GREEN}In [{data.get('n')}]:{_PLAIN} "
        yield "o", _lines("\n" + "\n".join([prompt + first, *("   " + line for line in rest)]) + "\n")
    elif event.kind == "output":
        yield from _output(data)
    elif event.kind == "mark":
        yield "m", str(data.get("text") or event.step or "")
    elif event.kind == "question" and data.get("state", "asked") == "asked":
        yield "o", _lines(f"{_DIM}question: {data.get('text', '')}{_PLAIN}\n")
    elif event.kind == "kernel":
        yield "o", _lines(f"{_DIM}kernel {data.get('state', '')}{_PLAIN}\n")


def _output(data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if data.get("type") == "stream":
        yield "o", _lines(str(data.get("text", "")))
    elif data.get("type") == "error":
        yield "o", _lines(f"{_RED}{data.get('ename', '')}: {data.get('evalue', '')}{_PLAIN}\n")
    elif "figure" in data:
        yield "o", _lines(f"{_DIM}[{data.get('alt') or data['figure']}]{_PLAIN}\n")
    elif data.get("text"):
        yield "o", _lines(f"{data['text']}\n")


def _lines(text: str) -> str:
    """A terminal wants to be told to go back to the left."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")
