"""Times that can't be true, put right by their neighbours: what is said in a row was said in that order.

Whisper's programs now and then write an end far ahead, and the next sentence then begins there; a hand slips in one
cue of a thousand. Sorting by such times would tear a sentence out of its place, and lengthen the talk by hours.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from jaxstudy.replay.transcript import Mended, Segment, clock

_SAME = 0.011
"""Seconds between an end and a start that were written as one time."""
_FAR = 60.0
"""Seconds: a single sentence so far from both its neighbours was not said there."""
_GUESS = 15.0
"""Characters a second."""


def with_plausible_times(segments: Sequence[Segment], mended: list[Mended]) -> list[Segment]:
    """The segments in the order of the file, with times between their neighbours' where their own can't be true."""
    done: list[Segment] = []
    for run in _runs(segments):
        wrong = any(segment.end < segment.start for segment in run)
        done += _in_row(run, mended) if wrong and len(run) > 1 else run
    return [_alone(segment, done, number, mended) for number, segment in enumerate(done)]


def _runs(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Segments of which each begins where the one before ends."""
    runs: list[list[Segment]] = []
    for segment in segments:
        if runs and abs(runs[-1][-1].end - segment.start) < _SAME:
            runs[-1].append(segment)
        else:
            runs.append([segment])
    return runs


def _in_row(run: list[Segment], mended: list[Mended]) -> list[Segment]:
    """Most of the edges are right: those that rise together. The others lie between them, by how much is said."""
    edges = [run[0].start, *(segment.end for segment in run)]
    said = [0]
    for segment in run:
        said.append(said[-1] + len(segment.text) + 1)
    right = _rising(edges)
    sound = set(right)
    new = [edge if place in sound else _between(edges, said, right, place) for place, edge in enumerate(edges)]
    made = []
    for number, segment in enumerate(run):
        start, end = new[number], max(new[number + 1], new[number])
        if (start, end) != (segment.start, segment.end):
            found = f"{clock(segment.start)} to {clock(segment.end)}, which can't be"
            mended.append(Mended("times", found, f"put at {clock(start)}, between its neighbours", segment.line))
        made.append(replace(segment, start=start, end=end))
    return made


def _rising(edges: Sequence[float]) -> list[int]:
    """Places of the longest row of edges that never falls."""
    tails: list[float] = []
    places: list[int] = []
    before: list[int] = []
    for place, edge in enumerate(edges):
        at = bisect_right(tails, edge)
        before.append(places[at - 1] if at else -1)
        tails[at : at + 1], places[at : at + 1] = [edge], [place]
    found, place = [], places[-1]
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


def _between(edges: Sequence[float], said: Sequence[int], right: Sequence[int], place: int) -> float:
    left = max((other for other in right if other < place), default=None)
    after = min((other for other in right if other > place), default=None)
    if left is None and after is not None:
        return max(0.0, edges[after] - (said[after] - said[place]) / _GUESS)
    assert left is not None
    if after is None:
        return edges[left] + (said[place] - said[left]) / _GUESS
    share = (said[place] - said[left]) / (said[after] - said[left])
    return edges[left] + share * (edges[after] - edges[left])


def _alone(segment: Segment, around: Sequence[Segment], number: int, mended: list[Mended]) -> Segment:
    """One segment whose start is far from both its neighbours, which are in order themselves."""
    if not 0 < number < len(around) - 1:
        return segment
    before, after = around[number - 1], around[number + 1]
    far = segment.start > after.start + _FAR or segment.start < before.start - _FAR
    if not far or not before.start <= before.end <= after.start <= after.end or after.start - before.start > _FAR:
        return segment
    end = after.start
    start = max(before.end, end - max(len(segment.text) / _GUESS, 0.5))
    found = f"{clock(segment.start)}, between {clock(before.start)} and {clock(after.start)}"
    mended.append(Mended("times", found, f"put at {clock(start)}, between its neighbours", segment.line))
    return replace(segment, start=min(start, end), end=end)
