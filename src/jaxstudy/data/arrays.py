"""What `load` gives: a data set in two parts, arrays beside arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Split(NamedTuple):
    """One part of a data set; `inputs[i]` belongs to `targets[i]`. It unpacks, and JAX takes it for a pytree."""

    inputs: NDArray[np.generic]
    """(N, …): images are (N, height, width, channels) float32 in [0, 1]."""
    targets: NDArray[np.generic]
    """(N,) int32 classes, or (N, height, width, 1) float32 masks of 0 and 1."""

    def __repr__(self) -> str:
        return f"Split(inputs: {_described(self.inputs)}, targets: {_described(self.targets)})"


@dataclass(frozen=True, slots=True, repr=False)
class DataSet:
    """A data set, and where it came from. `print` it: nobody should mistake a subset for the whole."""

    name: str
    source: str
    """One sentence: whole or subset, and from where."""
    train: Split
    test: Split
    classes: tuple[str, ...] = ()
    """What the numbers in `targets` stand for; empty for masks."""

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.source}"]
        for part, split in (("train", self.train), ("test", self.test)):
            for what, array in zip(("inputs", "targets"), split, strict=True):
                lines.append(f"  {part:5} {what:7} {_described(array)}")
        return "\n".join(lines)

    __repr__ = __str__


def _described(array: Any) -> str:
    """`(60000, 28, 28, 1) float32 in [0, 1]`."""
    span = f" in [{array.min():g}, {array.max():g}]" if array.size else ""
    return f"{tuple(array.shape)} {array.dtype}{span}"
