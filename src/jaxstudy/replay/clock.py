"""A recording's slides and runs, and the one thing they don't know: where the video's second 0 lies among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaxstudy.recording import Event
from jaxstudy.replay.alignment import scored
from jaxstudy.replay.sections import Section
from jaxstudy.replay.transcript import Segment

FURTHEST = 900.0
"""Seconds: how far apart the start of the video and of the recording may lie."""
_NEAR = 20.0


@dataclass(frozen=True, slots=True)
class Offset:
    """Transcript time + `seconds` = recording time."""

    seconds: float
    confidence: float
    """0…1: the share of evidence within 20 s. A person confirms it: nothing else in a replay is worth as much."""


def section_changes(events: Iterable[Event], sections: Sequence[Section]) -> list[tuple[float, int]]:
    """When, in the recording's seconds, which section came up: by slides shown and steps run."""
    home = {step.id: at for at, section in enumerate(sections) for step in section.steps}
    home |= {section.id: at for at, section in enumerate(sections)}
    changes: list[tuple[float, int]] = []
    for event in sorted(events, key=lambda event: event.time):
        at = home.get(event.step or "") if event.kind in ("slide", "run") else None
        if at is not None and (not changes or changes[-1][1] != at):
            changes.append((event.time, at))
    return changes


def find_offset(segments: Sequence[Segment], sections: Sequence[Section], events: Iterable[Event]) -> Offset | None:
    """The offset at which what is said fits best with what was shown; None where nothing was shown."""
    changes = section_changes(events, sections)
    if not changes or not segments:
        return None
    scores = scored(segments, [section.text for section in sections])
    # Where nothing is shown, a segment counts as much as it does on average, so that no offset gains by looking away.
    scores = np.column_stack([scores, scores.mean(axis=1)])
    middle = np.array([(segment.start + segment.end) / 2 for segment in segments])
    times, shown = np.array([time for time, _ in changes]), np.array([at for _, at in changes])
    tried = np.arange(-FURTHEST, FURTHEST + 1)
    totals = np.array([_fit(middle + offset, times, shown, scores) for offset in tried])
    weight = np.exp((totals - totals.max()) / 2)
    best = float(tried[totals.argmax()])
    return Offset(best, float(weight[np.abs(tried - best) <= _NEAR].sum() / weight.sum()))


def _fit(
    at: NDArray[np.float64], times: NDArray[np.float64], shown: NDArray[np.intp], scores: NDArray[np.float64]
) -> float:
    place = np.searchsorted(times, at, side="right") - 1
    column = np.where(place >= 0, shown[place], -1)
    return float(scores[np.arange(len(at)), column].sum())


def step_times(events: Iterable[Event], offset: float) -> Mapping[str, float]:
    """Step id → the transcript's second at which it was first shown or run."""
    found: dict[str, float] = {}
    for event in sorted(events, key=lambda event: event.time):
        if event.kind in ("slide", "run") and event.step:
            found.setdefault(event.step, max(event.time - offset, 0.0))
    return found
