"""The size switch: how large a run is, in one place and under one name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

from jaxstudy.errors import InputError, Problem, near

SIZES = ("smoke", "full")
SIZE_VARIABLE = "JAXSTUDY_SIZE"

T = TypeVar("T")


def size_from(environment: Mapping[str, str] = os.environ) -> str:
    """`smoke` or `full`, as JAXSTUDY_SIZE says; `smoke` when it is unset.

    Raises:
        InputError: it says something else.
    """
    size = environment.get(SIZE_VARIABLE, "smoke")
    if size not in SIZES:
        raise InputError(Problem("smoke or full", f"{SIZE_VARIABLE}={size}{near(size, SIZES)}", "set one of the two"))
    return size


def by_size(*, smoke: T, full: T) -> T:
    """The value for this run: `smoke` (small, for checks: seconds) or `full` (what the study page shows).

    Raises:
        InputError: JAXSTUDY_SIZE is neither.
    """
    return full if size_from() == "full" else smoke
