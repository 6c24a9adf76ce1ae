"""What a check can ask of a student's namespace; each question gives plain data."""

from __future__ import annotations

import itertools
import linecache
import types
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jaxstudy.homework.answering.data import Missing, NotAnswered, Raised, Request, Target, Unusable
from jaxstudy.homework.answering.plain import Lively, Plainly, as_array

FILE_PREFIX = "<student "
"""File names of a student's cells begin so: errors are told by the last line that is theirs."""
_STARTER = "your turn"


class Answerer:
    """Answers questions about one namespace; keeps the answers that are no data."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self._kept: dict[int, Any] = {}
        self._numbers = itertools.count(1)
        self._lively = Lively(self._kept, self._find)

    def answer(self, request: Request) -> Any:
        """The answer as plain data.

        Raises:
            Missing: no such name, or it is still the starter.
            Raised: the student's code raised.
            Unusable: the answer is too large.
        """
        try:
            operation = getattr(self, f"_{request.operation}")
            return Plainly(self._keep).of(operation(request))
        except NotAnswered:
            raise
        except NotImplementedError as error:
            if _STARTER in str(error) or not str(error):
                raise Missing(self._named(request.target, str(error)), untouched=True) from None
            raise raised(error) from None
        except MemoryError:
            raise
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: whatever a student raises is an answer
            raise raised(error) from None

    def _named(self, target: Target, said: str) -> str:
        """The name of what is still to be written: as its starter says it, for a target may be an object kept."""
        name, _, rest = said.partition(":")
        if _STARTER in rest and name.isidentifier():
            return name
        return type(self._kept.get(target.root)).__name__ if isinstance(target.root, int) else target.root

    def _keep(self, value: Any) -> int:
        number = next(self._numbers)
        self._kept[number] = value
        return number

    def _find(self, target: Target) -> Any:
        if isinstance(target.root, int):
            if target.root not in self._kept:
                raise Unusable("an object from a worker that has ended")
            value = self._kept[target.root]
        elif target.root in self.namespace:
            value = self.namespace[target.root]
        else:
            raise Missing(target.root, untouched=False)
        for name in target.attributes:
            value = getattr(value, name)
        return _through(value, target.through)

    def _arguments(self, request: Request) -> tuple[list[Any], dict[str, Any]]:
        args = [self._lively.of(value) for value in request.args]
        return args, {name: self._lively.of(value) for name, value in request.kwargs.items()}

    def _call(self, request: Request) -> Any:
        function = self._find(request.target)
        args, kwargs = self._arguments(request)
        if not callable(function):
            raise Unusable(f"`{request.target.root}` is a {type(function).__name__}, not a function")
        return _ready(function(*args, **kwargs))

    def _fetch(self, request: Request) -> Any:
        return _ready(self._find(request.target))

    def _list(self, request: Request) -> Any:
        return _ready(list(itertools.islice(self._find(request.target), int(request.options["at_most"]))))

    def _twice(self, request: Request) -> dict[str, Any]:
        """Both answers to one question, and the arguments as the function left them."""
        function = self._find(request.target)
        args, kwargs = self._arguments(request)
        first = _ready(function(*args, **kwargs))
        fresh, fresh_kwargs = self._arguments(request)
        return {"first": first, "second": _ready(function(*fresh, **fresh_kwargs)), "args": args, "kwargs": kwargs}

    def _traces(self, request: Request) -> dict[str, Any]:
        """How often `jit` traces the function over several sets of arguments of the same shapes."""
        import jax

        function = self._find(request.target)
        count = 0

        def counted(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            return function(*args, **kwargs)

        static = tuple(request.options.get("static_argnums", ()))
        jitted = jax.jit(counted, static_argnums=static)
        for args in request.args:
            _ready(jitted(*[self._lively.of(value) for value in args]))
        own = getattr(function, "_cache_size", None)  # a function that is jitted already counts its own
        return {"traces": max(count, own() if own is not None and not static else 0)}

    def _jaxpr(self, request: Request) -> dict[str, Any]:
        """How many equations of each primitive; a loop's body counts once."""
        import jax

        args, kwargs = self._arguments(request)
        static = tuple(request.options.get("static_argnums", ()))
        closed = jax.make_jaxpr(self._find(request.target), static_argnums=static)(*args, **kwargs)
        counts: Counter[str] = Counter()
        _count(closed.jaxpr, counts)
        return dict(counts)

    def _globals(self, request: Request) -> dict[str, str]:
        """Arrays and mutable things that the function's code takes from, or writes to, the file around it."""
        function = self._find(request.target)
        while hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        found: dict[str, str] = {}
        for code in _codes(getattr(function, "__code__", None)):
            for name in code.co_names:
                value = self.namespace.get(name)
                if as_array(value) is not None and not isinstance(value, (bool, int, float)):
                    found[name] = f"an array of shape {tuple(getattr(value, 'shape', ()))}"
                elif isinstance(value, (list, dict, set)):
                    found[name] = f"a {type(value).__name__}"
        return found


def _through(value: Any, transforms: Iterable[tuple[str, Mapping[str, Any]]]) -> Any:
    import jax

    known: dict[str, Callable[..., Any]] = {
        "jit": jax.jit,
        "vmap": jax.vmap,
        "grad": jax.grad,
        "value_and_grad": jax.value_and_grad,
        "jacobian": jax.jacobian,
        "checkpoint": jax.checkpoint,
    }
    for name, settings in transforms:
        value = known[name](value, **{key: _hashable(item) for key, item in settings.items()})
    return value


def _hashable(value: Any) -> Any:
    return tuple(_hashable(item) for item in value) if isinstance(value, (list, tuple)) else value


def _ready(value: Any) -> Any:
    """Wait for JAX: it answers before it has calculated, and its errors come late."""
    import jax

    if isinstance(value, Iterator):
        return value  # nothing is calculated yet
    wait: Callable[[Any], Any] = jax.block_until_ready
    return wait(value)


def _count(jaxpr: Any, counts: Counter[str]) -> None:
    for equation in jaxpr.eqns:
        counts[equation.primitive.name] += 1
        for inner in equation.params.values():
            for item in inner if isinstance(inner, (list, tuple)) else (inner,):
                item = getattr(item, "jaxpr", item)
                if hasattr(item, "eqns"):
                    _count(item, counts)


def _codes(code: types.CodeType | None) -> list[types.CodeType]:
    if code is None:
        return []
    inner = [found for const in code.co_consts if isinstance(const, types.CodeType) for found in _codes(const)]
    return [code, *inner]


def raised(error: BaseException) -> Raised:
    """The error as data: its type, its message (2000 characters), the last line of the student's that led to it."""
    line, code = 0, ""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith((FILE_PREFIX, "<ipython-input")) or "ipykernel_" in name:
            line, code = trace.tb_lineno, linecache.getline(name, trace.tb_lineno).strip()[:200]
        trace = trace.tb_next
    try:
        message = str(error)
    except BaseException as second:
        message = f"(its message can't be read: {type(second).__name__})"
    return Raised(str(type(error).__name__)[:200], message[:2000], line, code)
