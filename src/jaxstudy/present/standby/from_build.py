"""The rehearsal of a lecture, taken out of its build: the owner's side."""

from __future__ import annotations

from pathlib import Path

from jaxstudy.build.cache import StepCache
from jaxstudy.build.keys import step_keys
from jaxstudy.build.names import names_of
from jaxstudy.course import Lecture, Step
from jaxstudy.course.exercises import without_markers
from jaxstudy.present.standby.rehearsal import Rehearsal, RehearsedStep

LEAST_BUDGET_SECONDS = 10.0
TIMES_REHEARSED = 5.0


def rehearsal_of(lecture: Lecture, root: Path, build: Path, size: str) -> Rehearsal:
    """What the execution cache in `build` holds for a lecture of the course in `root`.

    Raises:
        InputError: a declared data file is missing.
    """
    keys = step_keys(lecture, root, size)
    cache = StepCache(build / "cache")
    return Rehearsal(tuple(_rehearsed(step, keys[step.id], cache) for step in lecture if step.runs))


def _rehearsed(step: Step, key: str, cache: StepCache) -> RehearsedStep:
    entry = cache.get(key)
    kept = cache.values(key) if "expensive" in step.tags else None
    return RehearsedStep(
        step.id,
        without_markers(step.source),
        step.must_raise,
        _budget(step, entry.seconds if entry else None),
        entry.seconds if entry else None,
        entry.outputs if entry else None,
        str(kept or ""),
        names_of(step.source).definitions if kept else "",
    )


def _budget(step: Step, seconds: float | None) -> float:
    own = step.metadata.get("budget")
    if isinstance(own, int | float) and not isinstance(own, bool):
        return float(own)
    return max(LEAST_BUDGET_SECONDS, TIMES_REHEARSED * (seconds or 0.0))
