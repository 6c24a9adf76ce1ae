"""What makes small programs start sooner in a worker, each used only where a trial shows that it is sound.

One MLIR context for all programs of a worker, instead of a new one for each: 4 ms a program. And little optimisation
for programs that calculate little: most functions of a homework, asked with small inputs, are dozens of operations on
a few numbers, and XLA takes 20 ms to optimise what then runs for microseconds. Loops (but for that of random numbers),
convolutions, calls of other libraries and everything on more than a few thousand numbers are compiled as ever.

And programs that the reference has compiled are found without lowering them (`remembered`).

All of it needs private functions of JAX. The trial, in a process of its own, lowers programs in the shared context
and in contexts of their own, which must give the same text, and compares the numbers of programs compiled and found in
either way. Versions of JAX in which our tests have made the trial are not tried again.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxstudy.homework.sandbox.remembered import Memory, the_same

_TRIED = ("0.10.2", "0.12.0.1")
"""Versions of jax and jaxlib in which `tests/test_homework_hastened.py` has made the trial."""
_SMALL = 1 << 12  # numbers in the largest array of a program that is not worth optimising
_LONG = 1 << 15  # characters of a program that is
_SHAPE = re.compile(r"tensor<((?:\d+x)+)")
_WORTH_IT = re.compile(r"stablehlo\.(?:while|convolution|custom_call|fft|sort|reduce_window|cholesky)|\?x")
_DRAWING = re.compile(r"func\.func private @threefry2x32.*?(?=func\.func |\Z)", re.DOTALL)
_QUICK: list[tuple[str, Any]] = [("xla_backend_optimization_level", 0)]
_WITHOUT_EMITTERS: tuple[str, Any] = ("xla_cpu_use_fusion_emitters", False)
_HAS_EMITTERS = (
    0,
    10,
    2,
)  # the newest jaxlib that we know to take that option; 0.12 refuses it


@dataclass(frozen=True, slots=True)
class Hastened:
    """What of it all is in force."""

    shared_context: bool = False
    quick: bool = False
    memory: Memory | None = None
    """Finds compiled programs, once it is told where."""


def hasten(*, if_tried: bool = False) -> Hastened:
    """Make JAX share one context, and compile small programs quickly, from here on.

    Must be called before a JAX backend has started. Nothing is changed where it can't be done.

    Args:
        if_tried: only for versions of JAX that our tests have tried: a trial takes longer than one check saves.
    """
    try:
        import jax
        from jaxlib.version import __version__ as jaxlib_version

        fit = Fitted()
        known = jax.__version__ in _TRIED and jaxlib_version in _TRIED
        if if_tried and not known:
            return Hastened()
        fit.look_for_no_plugins()
        return fit.use(*((True, True, True) if known else fit.tried()))
    except Exception:  # private names may go, or mean something else
        return Hastened()


class Fitted:
    """The parts, made for the JAX that is here, but not used yet."""

    def __init__(self) -> None:
        from jax._src import compiler
        from jax._src.interpreters import mlir

        self._mlir, self._compiler = mlir, compiler
        context = mlir.make_ir_context()
        self._own, self._shared = mlir.make_ir_context, lambda: context
        self._quick = _quickly(compiler.compile_or_get_cached, _quick_options())
        self._memory = Memory(calculates_little)

    @staticmethod
    def look_for_no_plugins() -> None:
        """A CPU's backend needs none, and each worker would look through all installed packages for them."""
        from jax._src import xla_bridge

        if os.environ.get("JAX_PLATFORMS") == "cpu":
            xla_bridge._plugins_registered = True

    def tried(self) -> list[bool]:
        """Whether each is sound: the context, quick compiling, the memory."""
        return _in_a_trial(
            lambda: _same_programs(self._mlir, self._own, self._shared),
            lambda: _same_numbers(self._compiler, self._quick),
            lambda: the_same(self._memory),
        )

    def use(self, sharing: bool, quickly: bool, remembering: bool) -> Hastened:
        """Make JAX use those that are said."""
        mlir: Any = self._mlir
        if sharing:
            mlir.make_ir_context = self._shared
        if quickly:
            self._compiler.compile_or_get_cached = self._quick
        return Hastened(sharing, quickly, self._memory if remembering else None)


def _quick_options() -> list[tuple[str, Any]]:
    from jaxlib.version import __version_info__

    return [*_QUICK, _WITHOUT_EMITTERS] if tuple(__version_info__[:3]) <= _HAS_EMITTERS else _QUICK


def _quickly(compile_: Callable[..., Any], quick_options: list[tuple[str, Any]]) -> Callable[..., Any]:
    def quick(backend: Any, computation: Any, devices: Any, options: Any, *more: Any, **named: Any) -> Any:
        if not options.env_option_overrides and calculates_little(str(computation)):
            options.env_option_overrides = quick_options  # in the key of the cache too
        return compile_(backend, computation, devices, options, *more, **named)

    return quick


def calculates_little(program: str) -> bool:
    """Whether a program, as StableHLO text, is a few operations on a few numbers."""
    if len(program) > _LONG:
        return False
    if _WORTH_IT.search(_DRAWING.sub("", program)):  # the loop that draws random numbers turns five times
        return False
    return all(_size(shape) <= _SMALL for shape in set(_SHAPE.findall(program)))


def _size(shape: str) -> int:
    size = 1
    for length in shape.split("x"):
        size *= int(length or 1)
    return size


def _in_a_trial(*questions: Callable[[], bool]) -> list[bool]:
    """Ask in a forked process: the questions start a backend, which this process must not have."""
    trial = os.fork()
    if trial == 0:
        os.closerange(0, 3)
        answers = 0
        for number, holds in enumerate(questions):
            with contextlib.suppress(BaseException):
                answers |= holds() << number
        os._exit(answers)
    code = os.waitstatus_to_exitcode(os.waitpid(trial, 0)[1])
    return [code > 0 and bool(code >> number & 1) for number in range(len(questions))]


def _same_programs(mlir: Any, original: Any, shared: Any) -> bool:
    import jax
    import jax.numpy as jnp

    def several(x: Any) -> Any:
        total, rows = jax.lax.scan(lambda carry, row: (carry * row.sum(), jnp.tanh(row)), 1.0, x)
        return total, jax.vmap(lambda row: row @ row + jnp.where(row > 0, row, 1))(rows)

    form: Any = jax.ShapeDtypeStruct
    told = []
    for make in (original, shared, shared):
        mlir.make_ir_context = make
        # A fresh function each time: JAX remembers what it has lowered.
        told.append(jax.jit(lambda x: several(x)).lower(form((2, 3), "float32")).as_text())
    return told[0] == told[1] == told[2]


def _same_numbers(compiler: Any, quick: Any) -> bool:
    import jax
    import jax.numpy as jnp
    import numpy as np

    x = np.linspace(-2, 3, 15, dtype=np.float32).reshape(3, 5)
    told = []
    for compile_ in (compiler.compile_or_get_cached, quick):
        compiler.compile_or_get_cached = compile_
        program = jax.jit(lambda x: (jnp.exp(x - x.max(-1, keepdims=True)), x > 0))
        told.append([np.asarray(leaf) for leaf in program(x)])
    (usual, *exact), (other, *exact_too) = told
    same = all(np.array_equal(a, b) for a, b in zip(exact, exact_too, strict=True))
    return bool(same and np.allclose(usual, other, rtol=1e-5, atol=1e-5))
