"""A transcript and a lecture → chapters; what somebody has settled before is kept."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jaxstudy.course import Lecture
from jaxstudy.recording import Event
from jaxstudy.replay.alignment import Placed, align
from jaxstudy.replay.chapters import Chapter, Chapters, StepStart
from jaxstudy.replay.clock import Offset, find_offset, section_changes, step_times
from jaxstudy.replay.sections import Section, sections_of
from jaxstudy.replay.transcript import Segment, Transcript

STEP = 4.0
"""Seconds below which a step counts as not spoken of."""
_RENAMED = 85.0
_FLICK = 5.0
"""Seconds below which a slide was only passed."""


@dataclass(frozen=True, slots=True)
class Charted:
    """Chapters, and what a person should know about them."""

    chapters: Chapters
    kept: int = 0
    """How many came from the file that was there."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Chapters whose section has another name in the lecture now: (title there, title here)."""
    gone: tuple[str, ...] = ()
    """Titles of chapters whose section the lecture has no more; the chapters are kept."""
    offset: Offset | None = None
    """With a recording and no offset settled: what is proposed."""


def chart(transcript: Transcript, lecture: Lecture, before: Chapters | None = None) -> Charted:
    """Chapters from the words alone.

    Starts that stand in `before` are kept: by section id, else by a title that is nearly the same; sections listed
    there as not taught stay so. Only what is new is aligned, between its settled neighbours.
    """
    sections = sections_of(lecture)
    found = _Settled.of(before, sections)
    left_out = set(before.not_taught) if before else set()
    kept = {at: chapter.start for at, chapter in found.pinned.items()}
    ordered = _ascending(kept)
    tried = [at for at in range(len(sections)) if at in ordered or (at not in kept and sections[at].id not in left_out)]
    pins = {tried.index(at): second for at, second in ordered.items()}
    placed = align(transcript.segments, [sections[at] for at in tried], pins)
    placed = [replace(one, index=tried[one.index]) for one in placed]
    fresh = [_chapter(sections[one.index], one) for one in placed if one.index not in kept]
    chapters = sorted([*found.pinned.values(), *found.own, *fresh], key=lambda chapter: chapter.start)
    chapters = _with_steps(transcript.segments, {section.id: section for section in sections}, _one_a_second(chapters))
    return _charted(transcript, lecture, sections, chapters, found)


def chart_recording(
    transcript: Transcript,
    lecture: Lecture,
    events: Sequence[Event],
    offset: float | None = None,
    before: Chapters | None = None,
) -> Charted:
    """Chapters from a recording: slides and runs say what was when; only the offset of the clocks is looked for.

    Args:
        offset: Seconds to add to the transcript's time to get the recording's; None to take that of `before`, or to
            have it proposed.
        before: Its chapters are kept while the offset is the same; with another one all starts are others.
    """
    settled = offset if offset is not None else before.offset if before else None
    sections = sections_of(lecture)
    proposed = find_offset(transcript.segments, sections, events) if settled is None else None
    if settled is None and proposed is None:
        return chart(transcript, lecture, before)
    ahead = round(settled if settled is not None else proposed.seconds if proposed else 0.0, 2)
    same = before is not None and before.offset == ahead
    found = _Settled.of(before if same else None, sections)
    known = {chapter.section for chapter in (*found.pinned.values(), *found.own)}
    fresh = [one for one in _recorded(events, sections, ahead, transcript.seconds) if one.section not in known]
    chapters = sorted([*found.pinned.values(), *found.own, *fresh], key=lambda chapter: chapter.start)
    result = _charted(transcript, lecture, sections, _one_a_second(chapters), found)
    return replace(result, chapters=replace(result.chapters, offset=ahead), offset=proposed)


def _recorded(events: Sequence[Event], sections: Sequence[Section], ahead: float, end: float) -> Iterator[Chapter]:
    times = step_times(events, ahead)
    for start, at in _without_flicks(section_changes(events, sections), ahead, end):
        steps = tuple(StepStart(step.id, times[step.id]) for step in sections[at].steps if step.id in times)
        inside = tuple(sorted((one for one in steps if one.start >= start - 1), key=lambda one: one.start))
        yield Chapter(start, sections[at].id, sections[at].title, 1.0, inside)


def _charted(
    transcript: Transcript,
    lecture: Lecture,
    sections: Sequence[Section],
    chapters: Sequence[Chapter],
    found: _Settled,
) -> Charted:
    there = {chapter.section for chapter in chapters}
    skipped = tuple(section.id for section in sections if section.id not in there)
    result = Chapters(lecture.name, transcript.path.name, tuple(chapters), skipped)
    return Charted(result, len(found.pinned) + len(found.own), tuple(found.renamed), tuple(found.gone))


def _without_flicks(changes: list[tuple[float, int]], ahead: float, end: float) -> list[tuple[float, int]]:
    """(transcript second, section) for slides that stayed; what was shown before second 0 starts at 0."""
    starts = [(time - ahead, at) for time, at in changes]
    ends = [start for start, _ in starts[1:]] + [end]
    stayed = [
        (max(start, 0.0), at)
        for (start, at), until in zip(starts, ends, strict=True)
        if until - max(start, 0.0) >= _FLICK
    ]
    return [one for number, one in enumerate(stayed) if number == 0 or one[1] != stayed[number - 1][1]]


@dataclass(slots=True)
class _Settled:
    """What a chapters file says, in terms of the lecture as it is now."""

    pinned: dict[int, Chapter]
    own: list[Chapter]
    """Chapters that belong to no section: a person's, or of a section that is gone."""
    renamed: list[tuple[str, str]]
    gone: list[str]

    @classmethod
    def of(cls, before: Chapters | None, sections: Sequence[Section]) -> _Settled:
        settled = cls({}, [], [], [])
        ids = {section.id: at for at, section in enumerate(sections)}
        for chapter in before.chapters if before else ():
            at = ids.get(chapter.section)
            if at is None and chapter.section:
                at = _nearest(chapter.title, sections, taken=settled.pinned)
                if at is not None:
                    settled.renamed.append((chapter.title, sections[at].title))
                    chapter = replace(chapter, section=sections[at].id, title=sections[at].title)
            if at is not None and at not in settled.pinned:
                settled.pinned[at] = chapter
            else:
                settled.own.append(replace(chapter, steps=()) if at is None else chapter)
                if at is None and chapter.section:
                    settled.gone.append(chapter.title)
        return settled


def _nearest(title: str, sections: Sequence[Section], taken: Mapping[int, Chapter]) -> int | None:
    from rapidfuzz import fuzz, process, utils

    free = {at: section.title for at, section in enumerate(sections) if at not in taken}
    best = process.extractOne(title, free, scorer=fuzz.WRatio, processor=utils.default_process, score_cutoff=_RENAMED)
    return int(best[2]) if best else None


def _ascending(pins: Mapping[int, float]) -> dict[int, float]:
    """The most pins that are in the lecture's order; those of parts that were moved can guide no alignment."""
    tails: list[float] = []
    ends: list[int] = []
    came: dict[int, int | None] = {}
    for at in sorted(pins):
        place = bisect.bisect_left(tails, pins[at])
        came[at] = ends[place - 1] if place else None
        tails[place : place + 1] = [pins[at]]
        ends[place : place + 1] = [at]
    chain: dict[int, float] = {}
    last = ends[-1] if ends else None
    while last is not None:
        chain[last] = pins[last]
        last = came[last]
    return dict(sorted(chain.items()))


def _one_a_second(chapters: Sequence[Chapter]) -> list[Chapter]:
    """A settled chapter wins over one that was found for the same second."""
    kept: list[Chapter] = []
    for chapter in chapters:
        if not kept or chapter.start > kept[-1].start:
            kept.append(chapter)
    return kept


def _chapter(section: Section, placed: Placed) -> Chapter:
    return Chapter(placed.start, section.id, section.title, round(placed.confidence, 2))


def _with_steps(
    segments: Sequence[Segment], sections: Mapping[str, Section], chapters: Sequence[Chapter]
) -> list[Chapter]:
    """The chapters with the seconds of their steps, looked for within each; steps that a file gave are kept."""
    result = []
    for chapter, following in itertools.zip_longest(chapters, chapters[1:]):
        section = sections.get(chapter.section)
        known = {one.step for one in chapter.steps}
        if section is None or (known and known <= {step.id for step in section.steps}):
            result.append(chapter)
            continue
        end = following.start if following else float("inf")
        inside = [segment for segment in segments if chapter.start <= segment.start < end]
        placed = align(inside, section.steps, shortest=STEP) if len(section.steps) > 1 else []
        steps = tuple(StepStart(section.steps[one.index].id, max(one.start, chapter.start)) for one in placed)
        result.append(replace(chapter, steps=steps))
    return result
