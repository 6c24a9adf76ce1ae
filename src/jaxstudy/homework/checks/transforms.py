"""Checks that a function lives under JAX's transforms: jit, vmap, grad."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from jaxstudy.homework.answering.data import NotAnswered, NotRecorded, Raised
from jaxstudy.homework.checks.arguments import call_text, shown
from jaxstudy.homework.checks.asking import Asked, grad, jit, vmap
from jaxstudy.homework.checks.comparing import leaves
from jaxstudy.homework.checks.findings import Finding, no_answer, note, report
from jaxstudy.homework.checks.values import expected_value, same

# What JAX's errors mean for somebody who meets them the first time.
_HINTS = {
    "TracerBoolConversionError": "an `if`, `while` or `and` looks at a value: under jit only shapes are known. "
    "jnp.where or jax.lax.cond choose between values",
    "ConcretizationTypeError": "something needs a value where under jit only shapes are known",
    "TracerIntegerConversionError": "an index or a size is taken from a value: under jit only shapes are known",
    "TracerArrayConversionError": "a NumPy function was called on a traced array: use the one of jax.numpy",
    "NonConcreteBooleanIndexError": "x[mask] has a shape that depends on values: jnp.where(mask, x, 0) keeps it",
    "UnexpectedTracerError": "a traced value was kept in a global or a list: return it instead",
    "TracerLeakError": "a traced value was kept in a global or a list: return it instead",
}


def under_jit(
    asked: Asked,
    *args: Any,
    static_argnums: Sequence[int] = (),
    like: Any = None,
    expected: str = "",
    tolerance: float | None = None,
    **kwargs: Any,
) -> bool:
    """`jax.jit` of the function gives what the reference gives without it.

    Args are as for `value`; `static_argnums` as for `jax.jit`.
    """
    settings = {"static_argnums": tuple(static_argnums)} if static_argnums else {}
    return _transformed(jit(asked, **settings), asked, args, kwargs, like, expected, tolerance)


def under_vmap(
    asked: Asked,
    *args: Any,
    in_axes: Any = 0,
    like: Any = None,
    expected: str = "",
    tolerance: float | None = None,
    **kwargs: Any,
) -> bool:
    """`jax.vmap` of the function gives what `jax.vmap` of the reference gives; `in_axes` as for `jax.vmap`.

    The arguments have the batch axis. `like`: the right answer, or a function that takes the whole batch.
    """
    mapped = vmap(asked, in_axes=in_axes)
    return _transformed(mapped, mapped, args, kwargs, like, expected, tolerance)


def _transformed(
    transformed: Asked,
    plain: Asked,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    like: Any,
    expected: str,
    tolerance: float | None,
) -> bool:
    call = partial(call_text, transformed._name, args, kwargs)
    try:
        wanted = expected_value(plain, args, kwargs, like)
    except NotRecorded:
        note(NotRecorded(f"the value of {transformed._name}"))
        wanted = NotRecorded
    try:
        got = transformed(*args, **kwargs)
    except NotAnswered as error:
        return _no_answer(error, call())
    return wanted is NotRecorded or same(transformed._name, call, got, wanted, expected, tolerance)


def _no_answer(error: NotAnswered, call: str) -> bool:
    finding = no_answer(error, call)
    hint = _HINTS.get(error.kind, "") if isinstance(error, Raised) else ""
    if not hint:
        return report(finding)
    where = f" (line {error.line})" if isinstance(error, Raised) and error.line else ""
    code = f"\n    {error.code}" if isinstance(error, Raised) and error.code else ""
    what = f"{call.split('(', 1)[0]}: {hint}{where}"
    return report(Finding(f"{finding.what}: {hint}", f"{call}: {hint}{where}{code}" if code else what, error))


def gradient(
    asked: Asked,
    *args: Any,
    argnums: int | tuple[int, ...] = 0,
    of: Asked | None = None,
    finite_differences: bool = True,
    expected: str = "",
    tolerance: float | None = None,
    **kwargs: Any,
) -> bool:
    """The gradient is right.

    Without `of`, the student's function is differentiated by `jax.grad` and compared with the reference's gradient and
    with finite differences of the student's function itself (a wrong `custom_vjp` or a `stop_gradient` shows there).
    With `of=reference.loss`, the student's function is itself a gradient: its answer is compared with
    `jax.grad(reference.loss)`.

    Args:
        asked: the student's function; scalar, unless `of` is given.
        *args: floating point arrays or trees of them, and others that are not differentiated.
        argnums: which of them to differentiate by.
        of: the function whose gradient the student's function is.
        finite_differences: False where the function has kinks that a step of 0.01 would cross.
        expected: in words.
        tolerance: as for `value`.
    """
    if of is not None:
        return _transformed(asked, asked, args, kwargs, grad(of, argnums=argnums), expected, tolerance)
    differentiated = grad(asked, argnums=argnums)
    held = _transformed(differentiated, differentiated, args, kwargs, None, expected, tolerance)
    return held and (not finite_differences or _like_slopes(asked, differentiated, args, kwargs, argnums))


def _like_slopes(
    asked: Asked, differentiated: Asked, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: int | tuple[int, ...]
) -> bool:
    """Whether the gradient, along one random direction, is the slope of the student's function."""
    by = (argnums,) if isinstance(argnums, int) else argnums
    generator, step = np.random.default_rng(0), 1e-2
    directions = [_direction(args[i], generator) for i in by]
    ahead, behind = list(args), list(args)
    for i, direction in zip(by, directions, strict=True):
        ahead[i], behind[i] = _moved(args[i], direction, step), _moved(args[i], direction, -step)
    call = partial(call_text, differentiated._name, args, kwargs)
    try:
        gradients = differentiated(*args, **kwargs)
        slope = (_number(asked(*ahead, **kwargs)) - _number(asked(*behind, **kwargs))) / (2 * step)
    except NotAnswered as error:
        return _no_answer(error, call())
    gradients = (gradients,) if isinstance(argnums, int) else gradients
    along, size = _product(gradients, directions)
    if abs(along - slope) <= 5e-2 * max(abs(slope), size, 1e-3):
        return True
    what = f"{asked._name}: its gradient is not its slope"
    told = f"{call()}: along one direction it rises by {shown(slope)} a unit, its gradient says {shown(along)}"
    return report(Finding(what, told + "\nIs there a stop_gradient, a round, or a custom derivative in it?"))


def _direction(value: Any, generator: np.random.Generator) -> Any:
    if isinstance(value, dict):
        return {key: _direction(item, generator) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_direction(item, generator) for item in value)
    return generator.choice([-1.0, 1.0], np.shape(value))


def _moved(value: Any, direction: Any, step: float) -> Any:
    if isinstance(value, dict):
        return {key: _moved(item, direction[key], step) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_moved(item, d, step) for item, d in zip(value, direction, strict=True))
    moved = np.asarray(value + step * direction, getattr(value, "dtype", None))
    return moved if isinstance(value, np.ndarray) else float(moved)


def _number(value: Any) -> float:
    return float(np.asarray(value, np.float64).reshape(()))


def _product(gradients: Any, directions: Any) -> tuple[float, float]:
    by_path = dict(leaves(tuple(directions)))  # JAX sorts a dictionary's keys: never pair two trees by position
    pairs = [(np.asarray(g, np.float64), np.asarray(by_path[path], np.float64)) for path, g in leaves(tuple(gradients))]
    along = sum(float((g * d).sum()) for g, d in pairs)
    return along, float(np.sqrt(sum(float((g * g).sum()) for g, _ in pairs)))
