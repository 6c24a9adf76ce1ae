"""What was said: segments with times, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Segment:
    """A few seconds of talk."""

    start: float
    """Seconds from the start of the recording."""
    end: float
    text: str
    """What to read: mended, and corrected where a glossary was applied."""
    heard: str = ""
    """What the recogniser wrote, where that differs from `text`; else empty."""
    line: int | None = None
    """1-based line in the transcript's file; None where the format has no lines (JSON, XML)."""

    @property
    def raw(self) -> str:
        """What the recogniser wrote."""
        return self.heard or self.text

    @property
    def seconds(self) -> float:
        """How long it took to say."""
        return self.end - self.start

    def saying(self, text: str) -> Segment:
        """The same seconds with another text; what was heard at first is kept."""
        return replace(self, text=text, heard="" if text == self.raw else self.raw)

    def __str__(self) -> str:
        return f"[{clock(self.start)}] {self.text}"


@dataclass(frozen=True, slots=True)
class Mended:
    """One thing that was wrong in the file, and what was done about it."""

    kind: str
    """A word for things alike: `blank`, `overlap`, `backwards`, `encoding` …"""
    found: str
    done: str
    line: int | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return f"{where}{self.found}: {self.done}"


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole talk. Segments are in order, none overlaps the next, none is empty."""

    path: Path
    segments: tuple[Segment, ...]
    mended: tuple[Mended, ...] = ()
    format: str = ""
    """What the file was: `Whisper log`, `WebVTT` …"""

    @property
    def seconds(self) -> float:
        """The end of the last segment."""
        return self.segments[-1].end if self.segments else 0.0

    @property
    def words(self) -> int:
        """How many words were said."""
        return sum(len(segment.text.split()) for segment in self.segments)

    def saying(self, segments: Iterable[Segment]) -> Transcript:
        """The same talk with other segments."""
        return replace(self, segments=tuple(segments))

    @property
    def name(self) -> str:
        """`talk` of `talk.txt`, `talk.transcript.vtt` and `talk.corrected.vtt`: what files made from it start with."""
        return self.path.name.split(".", 1)[0] or self.path.stem

    def beside(self, ending: str, folder: Path | None = None) -> Path:
        """Where a file made from this transcript belongs: `talk.<ending>` beside it, or in `folder`."""
        return (folder or self.path.parent) / f"{self.name}.{ending}"


def clock(seconds: float) -> str:
    """`1:02:03` of 3723 s; tenths only where they count (`0:00:01.5`)."""
    tenths = round(max(seconds, 0.0) * 10)
    whole, rest = divmod(tenths, 10)
    shown = f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{shown}.{rest}" if rest else shown


def short_clock(seconds: float) -> str:
    """`12:34`, and `1:02:03` from an hour on; whole seconds."""
    whole = int(seconds)
    minutes = f"{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{minutes}" if whole >= 3600 else minutes
