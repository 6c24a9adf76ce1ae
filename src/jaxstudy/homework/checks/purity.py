"""Checks of how a function calculates: pure, traced once, no loop unrolled, nothing called on the host.

What these look at is told by the process that runs the student's code. A student who tampers with that process could
make it lie; so give the points to values, and to these only what being honest is worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from jaxstudy.homework.answering.data import Key, Missing, NotAnswered, Numpy, Source, Target, Tensor
from jaxstudy.homework.checks.arguments import call_text, shown
from jaxstudy.homework.checks.asking import Asked, ask
from jaxstudy.homework.checks.comparing import difference
from jaxstudy.homework.checks.findings import Finding, note, report
from jaxstudy.homework.checks.transforms import _no_answer

_CALLBACKS = ("pure_callback", "io_callback", "debug_callback", "debug_print", "outside_call", "host_callback_call")


def pure(asked: Asked, *args: Any, allow: Sequence[str] = (), **kwargs: Any) -> bool:
    """Asked twice it answers the same, leaves its arguments alone, and takes no array or list from the file around it.

    Args:
        asked: the student's function.
        *args: its arguments; wrap arrays in `numpy_array` to see whether it writes into them.
        allow: names of the file that it may read.
        **kwargs: its keyword arguments.
    """
    call = partial(call_text, asked._name, args, kwargs)
    try:
        seen = ask(asked, "twice", args, kwargs)
        taken = ask(asked, "globals")
    except NotAnswered as error:
        return _no_answer(error, call())
    held = _same_twice(asked, call, seen) and _left_alone(asked, call, args, kwargs, seen)
    for name, what in taken.items():
        if name not in allow:
            told = f"{asked._name} uses `{name}` of the file around it, {what}: make it an argument"
            held = report(Finding(f"{asked._name} uses `{name}` of the file around it", told))
    return held


def _same_twice(asked: Asked, call: Callable[[], str], seen: dict[str, Any]) -> bool:
    found = difference(seen["second"], seen["first"], tolerance=0.0)
    if found is None or "can't be compared" in found[0]:
        return True
    told = f"{call()} answered {shown(seen['first'])}, and the second time {shown(seen['second'])}"
    words = "the same arguments must give the same answer: is there state, or a random number without a key?"
    return report(Finding(f"{asked._name} answers differently the second time", f"{told}: {words}"))


def _left_alone(asked: Asked, call: Callable[[], str], args: Any, kwargs: Any, seen: dict[str, Any]) -> bool:
    before = [_bare(value) for value in (*args, *kwargs.values())]
    after = [*seen["args"], *seen["kwargs"].values()]
    for index, (was, now) in enumerate(zip(before, after, strict=True)):
        if was is not None and difference(now, was, tolerance=1e-6) is not None:
            told = f"{call()} changed its argument {index + 1}: it is now {shown(now)}. Make a new one instead"
            return report(Finding(f"{asked._name} changes its argument {index + 1}", told))
    return True


def _bare(value: Any) -> Any:
    """The value as it comes back when nothing touched it; None: not to be compared."""
    match value:
        case Numpy(array) | Tensor(array):
            return array
        case Key() | Source() | Target() | Asked():
            return None
        case dict():
            return {key: _bare(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(_bare(item) for item in value)
    return value


def one_trace(asked: Asked, *calls: tuple[Any, ...], static_argnums: Sequence[int] = ()) -> bool:
    """`jax.jit` traces the function once for several calls whose arguments have the same shapes and dtypes.

    Args:
        asked: the student's function.
        *calls: one tuple of arguments a call; other values, the same shapes.
        static_argnums: as for `jax.jit`.
    """
    call = partial(call_text, f"jit({asked._name})", calls[0], {})
    try:
        traces = ask(asked, "traces", calls, static_argnums=tuple(static_argnums))["traces"]
    except NotAnswered as error:
        return _no_answer(error, call())
    if traces == 1:
        return True
    told = f"{call()} and {len(calls) - 1} more of the same shapes were traced {traces} times; once is enough"
    words = "does it take a Python number that changes, or make a new function each time?"
    return report(Finding(f"{asked._name} is traced more than once", f"{told}: {words}"))


def no_unrolled_loop(asked: Asked, small: tuple[Any, ...], large: tuple[Any, ...]) -> bool:
    """The function's jaxpr is as long for large arguments as for small ones: no Python loop is written out.

    Args:
        asked: the student's function.
        small: arguments.
        large: arguments with more rows, steps or whatever the loop might go over.
    """
    few, many = _primitives(asked, small), _primitives(asked, large)
    if few is None or many is None:
        return False
    if sum(many.values()) <= sum(few.values()):
        return True
    told = (
        f"traced with {shown(small)} {asked._name} has {sum(few.values())} steps, with {shown(large)} "
        f"{sum(many.values())}: a Python loop is written out. An array operation, jax.vmap or jax.lax.scan does it"
    )
    return report(Finding(f"{asked._name} unrolls a Python loop", told))


def no_host_callback(asked: Asked, *args: Any, **kwargs: Any) -> bool:
    """The function calls nothing on the host while it runs: no pure_callback, io_callback or debug print."""
    found = _primitives(asked, args, kwargs)
    if found is None:
        return False
    called = [name for name in _CALLBACKS if found.get(name)]
    if not called:
        return True
    told = f"{call_text(asked._name, args, kwargs)} calls back into Python ({', '.join(called)}): let JAX do it all"
    return report(Finding(f"{asked._name} calls back into Python", told))


def uses(asked: Asked, *args: Any, primitive: str, times: int | None = None, **kwargs: Any) -> bool:
    """The function's jaxpr has this primitive (`scan`, `while`, `cond`, `dot_general`), exactly `times` if given."""
    found = _primitives(asked, args, kwargs)
    if found is None:
        return False
    count = found.get(primitive, 0)
    if count == times or (times is None and count):
        return True
    wanted = f"{primitive}" if times is None else f"{times} times {primitive}"
    got = ", ".join(f"{name} ×{number}" for name, number in sorted(found.items())[:12]) or "nothing"
    told = f"{call_text(asked._name, args, kwargs)}: expected {wanted} in its jaxpr; there is {got}"
    return report(Finding(f"{asked._name} is to use {wanted}", told))


def _primitives(asked: Asked, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> dict[str, int] | None:
    try:
        answer = ask(asked, "jaxpr", args, kwargs)
        return {str(name): int(count) for name, count in dict(answer).items()}
    except Missing as error:
        note(error)
    except NotAnswered as error:
        _no_answer(error, call_text(f"make_jaxpr({asked._name})", args, kwargs or {}))
    return None
