"""Segments as they come from a file → segments in order, without blanks, overlaps and loops; each change is told."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from jaxstudy.replay.plausible import with_plausible_times
from jaxstudy.replay.transcript import Mended, Segment, clock

_BLANK = re.compile(
    r"^[\W_]*(blank[ _]audio|silence|music( playing)?|applause|laughter|no speech|noise)[\W_]*$", re.IGNORECASE
)
_BRACKETED = re.compile(r"^\s*[\[(*♪].*[\])*♪]\s*$")
_LOOP = 3
"""The same words this often in a row: a recogniser's loop, not a speaker."""
_BLINK = 0.1
"""Seconds: YouTube writes a cue of a hundredth between two lines."""
_GUESS = 15.0
"""Characters a second, to guess how long a segment without an end took."""
_FASTEST = 30.0
"""Characters a second: nobody speaks that fast, so the times are doubtful."""
_LONGEST = 60.0
"""Seconds: a segment longer than this is hard to find one's place in."""


def clean(segments: Iterable[Segment]) -> tuple[tuple[Segment, ...], list[Mended]]:
    """Segments in order, none empty, none overlapping the next; and all that had to be done for it."""
    mended: list[Mended] = []
    kept = _ordered(with_plausible_times(list(_without_blanks(segments, mended)), mended), mended)
    kept = list(_without_loops(_without_rolling(kept, mended), mended))
    kept = list(_without_overlaps(kept, mended))
    mended += list(_doubtful(kept))
    return tuple(kept), mended


def _without_blanks(segments: Iterable[Segment], mended: list[Mended]) -> Iterator[Segment]:
    for segment in segments:
        text = "\n".join(line for line in (" ".join(part.split()) for part in segment.text.split("\n")) if line)
        if not text or (_BRACKETED.match(text) and _BLANK.match(text)) or not re.search(r"\w", text):
            mended.append(Mended("blank", f"{text[:40]!r} at {clock(segment.start)}", "left out", segment.line))
        else:
            yield replace(segment, text=text)


def _ordered(segments: list[Segment], mended: list[Mended]) -> list[Segment]:
    latest = 0.0
    for segment in segments:
        if segment.start < latest:
            found = f"{clock(segment.start)} after {clock(latest)}"
            mended.append(Mended("backwards", found, "put in its place by time", segment.line))
        latest = max(latest, segment.start)
    return sorted(segments, key=lambda segment: segment.start)


def _without_rolling(segments: list[Segment], mended: list[Mended]) -> Iterator[Segment]:
    """Automatic captions roll: each cue shows the line before once more. Lines that were just shown are taken out."""
    shown: list[str] = []
    for segment in segments:
        lines = segment.text.split("\n")
        fresh = lines
        for size in range(min(len(shown), len(lines)), 0, -1):
            # One line said twice is a loop's or a speaker's doing; rolling cues have two, or last no time at all.
            rolling = max(len(shown), len(lines)) > 1 or segment.seconds < _BLINK
            if rolling and shown[-size:] == lines[:size]:
                fresh = lines[size:]
                break
        shown = lines
        if fresh != lines:
            found = f"{lines[0][:40]!r} shown again at {clock(segment.start)}"
            mended.append(Mended("rolling", found, "kept once", segment.line))
        if fresh:
            yield replace(segment, text=" ".join(fresh))


def _without_loops(segments: Iterable[Segment], mended: list[Mended]) -> Iterator[Segment]:
    run: list[Segment] = []
    for segment in [*segments, None]:
        if run and segment is not None and segment.text == run[0].text and len(segment.text) > 3:
            run.append(segment)
            continue
        if len(run) >= _LOOP:
            found = f"{run[0].text[:40]!r} {len(run)} times in a row from {clock(run[0].start)}"
            mended.append(Mended("loop", found, "kept once", run[0].line))
            yield replace(run[0], end=run[-1].end)
        else:
            yield from run
        run = [segment] if segment is not None else []


def _without_overlaps(segments: list[Segment], mended: list[Mended]) -> Iterator[Segment]:
    for segment, following in itertools.zip_longest(segments, segments[1:]):
        end = segment.end
        if end <= segment.start:
            end = segment.start + max(len(segment.text) / _GUESS, 0.5)
            found = f"{clock(segment.start)} with no time to say it in"
            mended.append(Mended("no length", found, "an end was guessed from its words", segment.line))
        if following is not None and end > following.start:
            if segment.end > following.start and segment.end > segment.start:
                found = f"{clock(segment.start)} runs into {clock(following.start)}"
                mended.append(Mended("overlap", found, "ended where the next begins", segment.line))
            # Two at the same second: the first keeps a breath, since a cue without length is never shown.
            end = max(following.start, segment.start + 1e-3)
        yield replace(segment, end=end)


def _doubtful(segments: list[Segment]) -> Iterator[Mended]:
    for segment in segments:
        if len(segment.text) > 20 and len(segment.text) > _FASTEST * segment.seconds:
            found = f"{len(segment.text)} characters in {segment.seconds:.1f} s at {clock(segment.start)}"
            yield Mended("too fast", found, "kept; its times may be wrong", segment.line)
        if segment.seconds > _LONGEST:
            found = f"{segment.seconds:.0f} s without a break at {clock(segment.start)}"
            yield Mended("long", found, "kept; a link into it lands at its start", segment.line)
