"""`student.softmax(x)`: names and answers of a file that lives here or in another process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from jaxstudy.homework.answering.data import Kept, Request, Target, TimedOut

_deadline: ContextVar[tuple[float, float] | None] = ContextVar("deadline", default=None)


@contextmanager
def time_for_calls(seconds: float | None) -> Iterator[None]:
    """All calls in this block together may take so many seconds; None leaves the limit as it is."""
    if seconds is None:
        yield
        return
    token = _deadline.set((time.monotonic() + seconds, seconds))
    try:
        yield
    finally:
        _deadline.reset(token)


def _time_left() -> float | None:
    if (until := _deadline.get()) is None:
        return None
    if (left := until[0] - time.monotonic()) <= 0:
        raise TimedOut(until[1])
    return left


class Answers(Protocol):
    """Whoever answers questions: this process, a worker in a sandbox, a record."""

    def ask(self, request: Request, seconds: float | None = None) -> Any:
        """The answer as plain data, `Kept` for what is none.

        Args:
            request: the question.
            seconds: the limit for this one, if it is not the usual one.

        Raises:
            NotAnswered: there is none; the subclass says why.
        """
        ...


class File:
    """A student's file, or the reference: each attribute is something in it. Nothing is asked before a call."""

    def __init__(self, answers: Answers, reference: File | None = None) -> None:
        self._answers, self._reference = answers, reference

    def __getattr__(self, name: str) -> Asked:
        if name.startswith("__"):
            raise AttributeError(name)
        reference = getattr(self._reference, name) if self._reference is not None else None
        return Asked(self._answers, Target(name), name, reference)


class Asked:
    """A function (or another object) on the other side. Calling it gives its answer as plain data.

    Attributes are found there too: `model.apply(params, x)`. `fetch` gives the object itself.
    """

    def __init__(self, answers: Answers, target: Target, name: str, reference: Asked | None = None) -> None:
        self._answers, self._target = answers, target
        self._name = name
        """As messages call it."""
        self._reference = reference
        """The same of the reference, if this is the student's."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there. Raises `NotAnswered` when no value comes back."""
        return ask(self, "call", args, kwargs)

    def __getattr__(self, name: str) -> Asked:
        if name.startswith("_"):
            raise AttributeError(name)
        target = Target(self._target.root, (*self._target.attributes, name))
        reference = getattr(self._reference, name) if self._reference is not None else None
        return Asked(self._answers, target, f"{self._name}.{name}", reference)

    def __repr__(self) -> str:
        return f"<{self._name}>"


def ask(
    asked: Asked,
    operation: str,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Put one question; what is kept over there comes back as something that can be called."""
    sent = Request(operation, asked._target, _outgoing(args), _outgoing(dict(kwargs or {})), options)
    return _incoming(asked._answers.ask(sent, _time_left()), asked)


def fetch(asked: Asked) -> Any:
    """The object itself as plain data: `fetch(state.params)`, `fetch(student.LEARNING_RATE)`."""
    return ask(asked, "fetch")


def listed(asked: Asked, at_most: int = 1000) -> list[Any]:
    """What a generator or another iterable that was answered gives, up to so many items."""
    return list(ask(asked, "list", at_most=at_most))


def jit(asked: Asked, **settings: Any) -> Asked:
    """The function under `jax.jit`, over there; settings as `jax.jit` takes them, if they are numbers and strings."""
    return _through(asked, "jit", settings)


def vmap(asked: Asked, **settings: Any) -> Asked:
    """The function under `jax.vmap`, over there."""
    return _through(asked, "vmap", settings)


def grad(asked: Asked, **settings: Any) -> Asked:
    """Its gradient by `jax.grad`, over there."""
    return _through(asked, "grad", settings)


def value_and_grad(asked: Asked, **settings: Any) -> Asked:
    """Its value and gradient by `jax.value_and_grad`, over there."""
    return _through(asked, "value_and_grad", settings)


def _through(asked: Asked, transform: str, settings: Mapping[str, Any]) -> Asked:
    target = asked._target
    through = (*target.through, (transform, dict(settings)))
    reference = _through(asked._reference, transform, settings) if asked._reference is not None else None
    name = f"{transform}({asked._name})"
    return Asked(asked._answers, Target(target.root, target.attributes, through), name, reference)


def _outgoing(value: Any) -> Any:
    if isinstance(value, Asked):
        return value._target
    if isinstance(value, KeptAnswer):
        return value._kept
    if type(value) in (list, tuple):
        return type(value)(_outgoing(item) for item in value)
    if isinstance(value, dict):
        return {key: _outgoing(item) for key, item in value.items()}
    return value


class KeptAnswer(Asked):
    """An answer that is no data: it stays over there; this stands for it."""

    def __init__(self, answers: Answers, kept: Kept) -> None:
        super().__init__(answers, Target(kept.number), kept.kind)
        self._kept = kept

    @property
    def leaves(self) -> Mapping[str, Any]:
        """Its arrays and numbers by path, if JAX knows its type as a tree: `{".params['w']": …}`."""
        return self._kept.leaves


def _incoming(value: Any, asked: Asked) -> Any:
    if isinstance(value, Kept):
        return KeptAnswer(asked._answers, value)
    if type(value) in (list, tuple):
        return type(value)(_incoming(item, asked) for item in value)
    if isinstance(value, dict):
        return {key: _incoming(item, asked) for key, item in value.items()}
    return value
