"""A file → Transcript, whatever made it."""

from __future__ import annotations

from pathlib import Path

from jaxstudy.errors import InputError, Problem
from jaxstudy.replay.captions import has_cues, is_log, read_cues, read_log, without_places
from jaxstudy.replay.cleaning import clean
from jaxstudy.replay.decoding import read_text
from jaxstudy.replay.structured import read_json, read_xml
from jaxstudy.replay.transcript import Segment, Transcript

FORMATS = "Whisper's console log or JSON, SubRip, WebVTT, YouTube's timed text (XML, json3)"


def read_transcript(path: Path) -> Transcript:
    """The transcript in the file; its content says which format it is, not its name.

    Raises:
        InputError: no such file, not one of FORMATS, or times that can't be read (all of them, by line).
    """
    path = Path(path)
    text, mended = read_text(path)
    problems: list[Problem] = []
    form, segments = _segments(text, path, problems)
    if problems:
        raise InputError(*sorted(problems, key=lambda problem: problem.line or 0))
    cleaned, more = clean(segments)
    if not cleaned:
        raise InputError(Problem("words with times", "none", "check that the export is complete", path))
    by_line = sorted([*mended, *more], key=lambda one: one.line or 0)
    return Transcript(path, cleaned, tuple(by_line), form)


def _segments(text: str, path: Path, problems: list[Problem]) -> tuple[str, list[Segment]]:
    body = text.lstrip()
    if body.startswith("<"):
        return "YouTube timed text", list(read_xml(body, path, problems))
    if body.startswith("WEBVTT"):
        return "WebVTT", list(read_cues(text, path, problems))
    if is_log(text):
        return "Whisper log", list(read_log(text, path, problems))
    if body.startswith(("{", "[")):
        form, segments = read_json(text, path, problems)
        return form, list(segments)
    if has_cues(text):
        return "SubRip", list(read_cues(without_places(text), path, problems))
    got = f"a file that starts with {body[:40]!r}" if body else "an empty file"
    raise InputError(Problem(FORMATS, got, "export the transcript with times", path, 1))
