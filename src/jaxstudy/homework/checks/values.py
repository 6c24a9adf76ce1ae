"""Checks of an answer: its numbers, its form, the error it should be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from jaxstudy.homework.answering.data import KeyArray, NotAnswered, NotRecorded, Raised
from jaxstudy.homework.checks.arguments import call_text
from jaxstudy.homework.checks.asking import Asked
from jaxstudy.homework.checks.comparing import described, difference, leaves
from jaxstudy.homework.checks.findings import Finding, note, report


def value(
    asked: Asked,
    *args: Any,
    like: Any = None,
    expected: str = "",
    tolerance: float | None = None,
    **kwargs: Any,
) -> bool:
    """The function's answer to these arguments is the reference's: same tree, shapes, kinds of dtype, numbers.

    Args:
        asked: the student's function, `student.softmax`, or one under a transform: `jit(student.softmax)`.
        *args: its arguments; so are keyword arguments that are not named here.
        like: another function to compare with (`reference.other`, asked with the same arguments), or the right answer
            as plain data. By default the reference's function of the same name.
        expected: what is expected, in words for the student.
        tolerance: relative to the largest expected number; by default as the dtype allows.

    Returns whether it held.
    """
    call = partial(call_text, asked._name, args, kwargs)
    try:
        wanted = expected_value(asked, args, kwargs, like)
    except NotRecorded:
        note(NotRecorded(f"the value of {asked._name}"))
        wanted = NotRecorded
    try:
        got = asked(*args, **kwargs)
    except NotAnswered as error:
        note(error, call())
        return False
    if wanted is NotRecorded:
        return True
    return same(asked._name, call, got, wanted, expected, tolerance)


def same(
    name: str, call: Callable[[], str], got: Any, wanted: Any, expected: str, tolerance: float | None = None
) -> bool:
    """Whether an answer is the one that was wanted; if not, it is reported, and only then the call is written out."""
    found = difference(got, wanted, tolerance=tolerance)
    if found is None:
        return True
    what, told = found
    words = f"\nExpected in words: {expected}" if expected else ""
    return report(
        Finding(f"{name}: {what}" + (f"; expected: {expected}" if expected else ""), f"{call()}: {told}{words}")
    )


def expected_value(asked: Asked, args: tuple[Any, ...], kwargs: dict[str, Any], like: Any) -> Any:
    """The right answer: `like` itself, or what the reference (or `like`, a function) answers."""
    if like is not None and not isinstance(like, Asked):
        return like
    right = like if like is not None else asked._reference
    if right is None:
        raise TypeError(f"`{asked._name}` has no reference to compare with: say like=")
    return right(*args, **kwargs)


def shape(asked: Asked, *args: Any, like: Any = None, expected: str = "", **kwargs: Any) -> bool:
    """The answer has the reference's tree, shapes and dtypes exactly; its numbers don't matter.

    `like` may be plain data of the right form, or another function.
    """
    call = partial(call_text, asked._name, args, kwargs)
    try:
        wanted = expected_value(asked, args, kwargs, like)
        got = asked(*args, **kwargs)
    except NotAnswered as error:
        note(error, call())
        return isinstance(error, NotRecorded)
    ours, theirs = dict(_forms(wanted)), dict(_forms(got))
    wrong = [path for path in {**ours, **theirs} if ours.get(path) != theirs.get(path)]
    if not wrong:
        return True
    path = wrong[0]
    where = f" at {path}" if path else ""
    words = f"\nExpected in words: {expected}" if expected else ""
    told = f"{call()}: expected {ours.get(path, 'nothing')}{where}, got {theirs.get(path, 'nothing')}"
    return report(Finding(f"{asked._name}: the wrong tree, shape or dtype{where}", told + words))


def _forms(tree: Any) -> list[tuple[str, str]]:
    forms = []
    for path, leaf in leaves(tree):
        if isinstance(leaf, (np.ndarray, np.generic, KeyArray)):
            forms.append((path, described(leaf)))
        else:
            forms.append((path, "None" if leaf is None else f"a {type(leaf).__name__}"))
    return forms


def raises(asked: Asked, *args: Any, error: str = "", expected: str = "", **kwargs: Any) -> bool:
    """The call raises; with `error`, an error of that type: `"ValueError"`."""
    call = partial(call_text, asked._name, args, kwargs)
    wanted = error or "an error"
    try:
        got = asked(*args, **kwargs)
    except Raised as raised:
        if not error or raised.kind == error:
            return True
        return report(
            Finding(f"{asked._name} raised {raised.kind}, not {wanted}", f"{call()} raised {raised}, not {wanted}")
        )
    except NotAnswered as other:
        note(other, call())
        return False
    words = f"\nExpected in words: {expected}" if expected else ""
    told = f"{call()} answered {described(got)}; expected {wanted}{words}"
    return report(Finding(f"{asked._name} did not raise {wanted}", told))
