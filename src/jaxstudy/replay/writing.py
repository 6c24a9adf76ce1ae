"""Transcript → WebVTT and plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.replay.transcript import Segment, Transcript, clock

_PAUSE = 2.0
"""Seconds of silence that start a new paragraph in plain text."""
_PARAGRAPH = 90.0
"""Seconds after which a paragraph ends at the next full stop."""


def write_vtt(transcript: Transcript, path: Path) -> Path:
    """Captions for a player. Markup in the words is escaped; what was heard stands in a NOTE above a corrected cue."""
    write_atomically(path, vtt(transcript))
    return path


def vtt(transcript: Transcript) -> str:
    """The transcript as WebVTT."""
    from webvtt import Caption, WebVTT

    captions = WebVTT()
    # A NOTE above the first cue is the file's, not the cue's; this one takes that place.
    captions.header_comments.append(f"made by jaxstudy from {escaped(transcript.path.name)}")
    for segment in transcript.segments:
        caption = Caption(_stamp(segment.start), _stamp(segment.end), escaped(segment.text))
        if segment.heard:
            caption.comments.append(f"heard: {escaped(segment.heard)}")
        captions.captions.append(caption)
    return str(captions.content).rstrip("\n") + "\n"


def escaped(text: str) -> str:
    """The text as a WebVTT cue may carry it: no markup, no arrow, one line."""
    words = " ".join(text.split())
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    hours, rest = divmod(thousandths, 3_600_000)
    return f"{hours:02}:{rest // 60_000:02}:{rest // 1000 % 60:02}.{rest % 1000:03}"


def write_plain(transcript: Transcript, path: Path) -> Path:
    """The words alone, in paragraphs, each with the time it starts at."""
    write_atomically(path, plain_text(transcript))
    return path


def plain_text(transcript: Transcript) -> str:
    """Paragraphs with their times, broken at pauses and, in long stretches, at full stops."""
    found = paragraphs(transcript.segments)
    return "\n".join(f"[{clock(part[0].start)}] {' '.join(one.text for one in part)}\n" for part in found)


def paragraphs(segments: Iterable[Segment], longest: float = _PARAGRAPH) -> list[list[Segment]]:
    """Segments that are read together; after `longest` seconds a paragraph ends at the next full stop."""
    found: list[list[Segment]] = []
    for segment in segments:
        last = found[-1] if found else []
        pause = bool(last) and segment.start - last[-1].end >= _PAUSE
        long = bool(last) and segment.end - last[0].start > longest and bool(re.search(r"[.?!]$", last[-1].text))
        if last and not pause and not long:
            last.append(segment)
        else:
            found.append([segment])
    return found
