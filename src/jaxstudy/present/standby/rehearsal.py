"""What is known of a lecture's cells from its build: code, times, outputs, kept values. Written for server and page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class RehearsedStep:
    """One cell that runs, as the script has it."""

    id: str
    source: str
    must_raise: bool
    budget: float
    """Seconds after which the rehearsed output is offered."""
    seconds: float | None = None
    """What it took when it was built; None when it was not."""
    outputs: tuple[dict[str, Any], ...] | None = None
    """nbformat outputs; None when it was not built."""
    kept: str = ""
    """File with the values of an `expensive` step (see `build.keep`); empty when there is none."""
    definitions: str = ""
    """Code to run before those values are put back."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All cells that run, in order."""

    steps: tuple[RehearsedStep, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Steps of which no output is known."""
        return tuple(step.id for step in self.steps if step.outputs is None)

    def to_json(self) -> str:
        """As `rehearsal_from` reads it."""
        return json.dumps(asdict(self), ensure_ascii=False)


def rehearsal_from(text: str) -> Rehearsal:
    """The rehearsal that `Rehearsal.to_json` wrote."""
    steps = json.loads(text)["steps"]
    outputs = [None if step["outputs"] is None else tuple(step["outputs"]) for step in steps]
    return Rehearsal(tuple(RehearsedStep(**{**step, "outputs": out}) for step, out in zip(steps, outputs, strict=True)))


def outputs_at(file: Path, step: str) -> tuple[dict[str, Any], ...]:
    """The outputs that the rehearsal in a file has for a step; none where it has none, or is not there."""
    try:
        steps = rehearsal_from(file.read_text(encoding="utf-8")).steps
    except OSError:
        return ()
    return next((each.outputs or () for each in steps if each.id == step), ())
