"""Which part of the lecture is spoken of at which second: the best path through it that never goes back.

Every segment of the transcript is compared with every section (`similarity`); dynamic programming then finds the order-
respecting assignment with the largest sum of similarity times seconds. Sections may be left out. Entering a section
where a sentence goes on costs a little, entering where somebody says "so", "next" or "let's" gains a little.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaxstudy.replay.sections import Section
from jaxstudy.replay.similarity import Scores, similarities
from jaxstudy.replay.transcript import Segment

SMOOTHING = 15.0
"""Seconds (sigma): one sentence says little about where a talk is, its neighbours tell."""
SHARP = 0.3
"""The share of a segment's own score beside the smoothed one: it places boundaries to the sentence."""
OPENING = 0.5
"""What a sentence that opens something gains, and one that goes on loses, in similarity times seconds."""
SHORTEST = 20.0
"""Seconds: a section with less was not taught; its few seconds belong to its neighbours."""
NEAR = 15.0
"""Seconds to each side within which a boundary counts as the same when its confidence is judged."""
_TEMPERATURE = 0.5
"""Similarity times seconds; set so that, on the talk it was tried on, starts said to be 80 % sure mostly were right."""
_NEVER = -1e18
_OPENS = re.compile(
    r"(so|now|next|okay|ok|alright|all right|awesome|great|let's|let me|let us|moving on|from here|finally|"
    r"first of all|here's|here is|another|any (other )?questions?|to recap|to wrap up|what (is|are)|"
    r"there('s| is) (also )?(a|another) question|the (next|second|third|last))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A section and the seconds in which it is spoken of."""

    index: int
    """Of the section."""
    start: float
    end: float
    confidence: float
    """0…1: how much of the evidence for this start lies within NEAR of it."""


def align(
    segments: Sequence[Segment],
    sections: Sequence[Section],
    pins: Mapping[int, float] | None = None,
    shortest: float = SHORTEST,
) -> list[Placed]:
    """The sections that were taught, in order, without gaps between them; sections that are not there were not taught.

    Args:
        pins: Section index → second at which it starts, because somebody or a recording says so.
        shortest: Seconds below which a section counts as not taught (pinned ones are kept).
    """
    if not segments or not sections:
        return []
    scores = scored(segments, [section.text for section in sections])
    pins = dict(pins or {})
    kept = list(range(len(sections)))
    while True:
        placed = _path(segments, scores[:, kept], {kept.index(at): second for at, second in pins.items()})
        placed = [Placed(kept[one.index], one.start, one.end, one.confidence) for one in placed]
        short = [one for one in placed if one.end - one.start < shortest and one.index not in pins]
        if not short or len(placed) == 1:
            return placed
        # One at a time: without the shortest, its neighbour may grow long enough to count.
        kept.remove(min(short, key=lambda one: one.end - one.start).index)


def scored(segments: Sequence[Segment], texts: Sequence[str]) -> Scores:
    """Similarity times seconds, smoothed over time, shape (segments, texts)."""
    raw = _levelled(similarities([segment.text for segment in segments], texts))
    seconds = np.array([segment.seconds for segment in segments])
    middle = np.array([(segment.start + segment.end) / 2 for segment in segments])
    smooth = np.empty_like(raw)
    first, last = np.searchsorted(middle, middle - 4 * SMOOTHING), np.searchsorted(middle, middle + 4 * SMOOTHING)
    for at in range(len(segments)):
        window = slice(first[at], last[at] + 1)
        weight = np.exp(-0.5 * ((middle[window] - middle[at]) / SMOOTHING) ** 2) * seconds[window]
        smooth[at] = weight @ raw[window] / max(weight.sum(), 1e-9)
    mixed: Scores = ((1 - SHARP) * smooth + SHARP * raw) * seconds[:, None]
    return mixed


def _levelled(scores: Scores) -> Scores:
    """Each section against its own average over the talk: a title slide is a bit like everything, and must not win."""
    spread = scores.std(axis=0)
    level: Scores = (scores - scores.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0) * scores.std()
    return level


def opening(segments: Sequence[Segment]) -> NDArray[np.float64]:
    """What each segment gains or loses as the first of a section, shape (segments,)."""
    gain = np.zeros(len(segments))
    for at, segment in enumerate(segments):
        gain[at] += OPENING if _OPENS.match(segment.text) else 0.0
        gain[at] -= OPENING if at and not re.search(r"[.?!…]['\"”)]?$", segments[at - 1].text) else 0.0
    # Captions without full stops: then every segment goes on, and that says nothing.
    return gain if (gain < 0).mean() < 0.5 else np.maximum(gain, 0.0)


def _path(segments: Sequence[Segment], scores: Scores, pins: Mapping[int, float]) -> list[Placed]:
    """The best assignment, as runs of segments."""
    scores = _pinned(segments, scores, pins)
    gain = opening(segments)
    forward, came = _forward(scores, gain)
    backward = _backward(scores, gain)
    at = int(forward[-1].argmax())
    path = [at]
    for row in range(len(segments) - 1, 0, -1):
        at = int(came[row, at])
        path.append(at)
    path.reverse()
    firsts = [row for row in range(len(path)) if row == 0 or path[row] != path[row - 1]]
    starts = np.array([segment.start for segment in segments])
    placed = []
    for row, following in zip(firsts, [*firsts[1:], len(path)], strict=True):
        end = starts[following] if following < len(path) else segments[-1].end
        sure = _confidence(starts, row, path[row], forward, backward, gain) if row else 1.0
        placed.append(Placed(path[row], float(starts[row]), float(end), sure))
    return placed


def _pinned(segments: Sequence[Segment], scores: Scores, pins: Mapping[int, float]) -> Scores:
    if not pins:
        return scores
    starts = np.array([segment.start for segment in segments])
    result = scores.copy()
    for column, second in pins.items():
        # The segment that begins nearest to the pin: a person writes 0:03:33 for a segment that starts at 213.4.
        row = int(np.abs(starts - second).argmin())
        result[:row, column:] = _NEVER
        result[row:, :column] = _NEVER
        result[row, column + 1 :] = _NEVER
    return result


def _forward(scores: Scores, gain: NDArray[np.float64]) -> tuple[Scores, NDArray[np.intp]]:
    """Best sum up to each segment in each section, and the section the segment before was in."""
    rows, columns = scores.shape
    best, came = np.empty_like(scores), np.zeros(scores.shape, dtype=np.intp)
    best[0] = scores[0]
    stay = np.arange(columns)
    for row in range(1, rows):
        before = best[row - 1]
        highest = np.maximum.accumulate(before)
        source = np.maximum.accumulate(np.where(before >= highest, stay, 0))
        enter = np.concatenate(([_NEVER], highest[:-1] + gain[row]))
        fresh = enter > before
        best[row] = np.where(fresh, enter, before) + scores[row]
        came[row] = np.where(fresh, np.concatenate(([0], source[:-1])), stay)
    return best, came


def _backward(scores: Scores, gain: NDArray[np.float64]) -> Scores:
    """Best sum from each segment on, its own score included, given the section it is in."""
    rows = len(scores)
    best = np.empty_like(scores)
    best[-1] = scores[-1]
    for row in range(rows - 2, -1, -1):
        after = best[row + 1]
        highest = np.maximum.accumulate(after[::-1])[::-1]
        leave = np.concatenate((highest[1:] + gain[row + 1], [_NEVER]))
        best[row] = np.maximum(after, leave) + scores[row]
    return best


def _confidence(
    starts: NDArray[np.float64],
    row: int,
    column: int,
    forward: Scores,
    backward: Scores,
    gain: NDArray[np.float64],
) -> float:
    """The share of evidence within NEAR seconds, over all places where the section could be entered."""
    if column == 0:
        return 1.0
    totals = forward[:-1, :column].max(axis=1) + gain[1:] + backward[1:, column]
    weight = np.exp((totals - totals.max()) / _TEMPERATURE)
    near = np.abs(starts[1:] - starts[row]) <= NEAR
    return float(weight[near].sum() / weight.sum())
