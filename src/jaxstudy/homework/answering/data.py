"""What crosses between a check and a student's code: arrays, plain trees, and the few things named here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Key:
    """A JAX random key from a seed; `legacy`: a plain uint32 array as `jax.random.PRNGKey` gives."""

    seed: int
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class KeyArray:
    """Typed keys as they came back: their words."""

    words: np.ndarray
    """uint32, the key's shape and then one axis for its words."""
    kind: str
    """The generator: `fry` is threefry."""


@dataclass(frozen=True, slots=True)
class Source:
    """A function as source text: one expression (`lambda x: …`) or a file of code whose last `def` it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Numpy:
    """An array that is to arrive as a NumPy array, not a JAX one."""

    array: np.ndarray


@dataclass(frozen=True, slots=True)
class Tensor:
    """An array that is to arrive as a `torch.Tensor`."""

    array: np.ndarray


@dataclass(frozen=True, slots=True)
class Target:
    """Something on the other side: a name in the student's file or a kept object, then attributes, then transforms."""

    root: str | int
    """A name, or the number of a kept object."""
    attributes: tuple[str, ...] = ()
    through: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """`jit`, `vmap`, `grad`, `value_and_grad` with their settings, the innermost first."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that is no data (a closure, a module, a train state): it stays where it is; this stands for it."""

    number: int
    kind: str
    """The name of its type."""
    leaves: Mapping[str, Any] = field(default_factory=dict)
    """If JAX knows it as a tree: path (`.params['w']`) → array or number."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a student's code."""

    operation: str
    """`call`, `fetch`, `list`, `jaxpr`, `globals`."""
    target: Target
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class NotAnswered(Exception):
    """A question got no value."""


class Missing(NotAnswered):
    """There is no such name in the student's file, or it is still the starter."""

    def __init__(self, name: str, untouched: bool) -> None:
        self.name, self.untouched = name, untouched
        super().__init__(f"`{name}` is still to be written" if untouched else f"there is no `{name}` in the file")


class Raised(NotAnswered):
    """The student's code raised."""

    def __init__(self, kind: str, message: str, line: int = 0, code: str = "") -> None:
        self.kind, self.message, self.line, self.code = kind, message, line, code
        """`line` and `code`: where, in the student's own file; 0 and "" where that is not known."""
        super().__init__(f"{kind}: {message}" if message else kind)


class Unusable(NotAnswered):
    """There was an answer, but it can't be taken for one: too large, too deep, not what was asked."""


class TimedOut(NotAnswered):
    """The call did not come back within its limit."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"no answer within {seconds:g} s")


class Died(NotAnswered):
    """The process that ran the student's code ended."""


class OutOfMemory(Died):
    """The process that ran the student's code had no memory left."""


class NotAsked(NotAnswered):
    """The question was not put: too many workers died, or time is up, or the function hung before."""


class NotRecorded(NotAnswered):
    """The reference's answer to this is not among those that came with the checks."""
