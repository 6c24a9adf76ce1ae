"""Formats made of lines: Whisper's console log, SubRip and WebVTT.

webvtt-py, which writes our captions, is not used to read them: it drops a cue it can't read without a word, and keeps
no line numbers.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from jaxstudy.errors import Problem
from jaxstudy.replay.stamps import seconds_of
from jaxstudy.replay.transcript import Segment

LONGEST_LINE = 20_000
"""Characters. A longer one is another kind of file: a caption has a few hundred."""
_LOG = re.compile(r"^\s*\[\s*([\d:.,]+)\s*-->\s*([\d:.,]+)\s*\]\s?(.*)$")
_CUE = re.compile(r"^\s*(\S+)\s+-->\s+(\S+)")
_TIMED = re.compile(r"^\s*[\d:.,]*\d[^\s>]*\s*-->")  # an arrow among words is a word
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|<[A-Za-z/!][^<>]*$")
_PLACE = re.compile(r"\{\\[^{}\n]*\}")  # SubRip's `{\an8}`
_HEARD = "NOTE heard: "
_STAMP_SHAPE = "a time like 00:01:02.000 --> 00:01:04.500"


def is_log(text: str) -> bool:
    """Whether the text is what Whisper prints while it listens."""
    return any(_LOG.match(line) for line in _head(text))


def has_cues(text: str) -> bool:
    """Whether the text has SubRip or WebVTT time lines."""
    return any("-->" in line for line in _head(text))


def _head(text: str) -> list[str]:
    return [line[:200] for line in text[:200_000].split("\n")]


def read_log(text: str, path: Path, problems: list[Problem]) -> Iterator[Segment]:
    """The segments of a Whisper console log; lines without a time go on with the sentence above."""
    last: Segment | None = None
    for number, line in _lines(text, path, problems):
        found = _LOG.match(line)
        if found is None and "-->" in line[:60] and line.lstrip().startswith("["):
            problems.append(_bad_stamp(line, path, number))
        elif found is None:
            if last is not None and line.strip():
                last = Segment(last.start, last.end, f"{last.text} {line.strip()}", line=last.line)
        else:
            start, end = seconds_of(found[1]), seconds_of(found[2])
            if start is None or end is None:
                problems.append(_bad_stamp(line, path, number))
                continue
            if last is not None:
                yield last
            last = Segment(start, end, found[3].strip(), line=number)
    if last is not None:
        yield last


def read_cues(text: str, path: Path, problems: list[Problem]) -> Iterator[Segment]:
    """The cues of a WebVTT or SubRip file; a `NOTE heard:` above one, which our writer leaves, is its `heard`."""
    heard, cue, words = "", None, list[str]()
    for number, line in [*_lines(text, path, problems), (0, "")]:
        if "-->" in line and not line.startswith("NOTE") and (cue is None or _TIMED.match(line)):
            if cue is not None:  # the blank line between two cues is missing
                yield _spoken(cue, words[:-1] if words and words[-1].strip().isdigit() else words, heard)
                heard = ""
            cue, words = _cue(line, path, number, problems), []
        elif not line:  # WebVTT: a line of one blank belongs to the caption, as YouTube writes them
            if cue is not None:
                yield _spoken(cue, words, heard)
                heard, cue, words = "", None, []
        elif cue is not None:
            if line.strip():
                words.append(line)
        elif line.startswith(_HEARD):
            heard = html.unescape(line.removeprefix(_HEARD))


def _cue(line: str, path: Path, number: int, problems: list[Problem]) -> tuple[float, float, int] | None:
    found = _CUE.match(line)
    start, end = (seconds_of(found[1]), seconds_of(found[2])) if found else (None, None)
    if start is None or end is None:
        problems.append(_bad_stamp(line, path, number))
        return None
    return start, end, number


def _spoken(cue: tuple[float, float, int], words: list[str], heard: str) -> Segment:
    text = "\n".join(plain(line) for line in words)
    return Segment(cue[0], cue[1], text, heard=heard, line=cue[2])


def plain(text: str) -> str:
    """Caption text without its markup: `<i>there</i> &amp; here` → `there & here`."""
    return html.unescape(_TAG.sub("", text))


def without_places(text: str) -> str:
    """SubRip without the braces that say where on the screen a caption stands."""
    return _PLACE.sub("", text)


def _lines(text: str, path: Path, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            do = "export the transcript again, with a time for every sentence"
            problems.append(Problem(f"lines of up to {LONGEST_LINE:,} characters", f"{len(line):,}", do, path, number))
        else:
            yield number, line


def _bad_stamp(line: str, path: Path, number: int) -> Problem:
    return Problem(_STAMP_SHAPE, repr(line[:60].strip()), "mend the time, or remove the lines", path, number)
