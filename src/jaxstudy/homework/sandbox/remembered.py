"""Programs that the reference has compiled, found again by what they calculate: without lowering them first.

JAX's own cache is asked with a program's text, and writing that text takes as long as all the rest. Here a program is
named by the SHA-256 of its operations, their parameters, its constants and its types. Whatever could mean something
else than it says (a function among the parameters, an operation or a rule that is not JAX's own, an effect, a mesh, a
layout) is lowered and compiled as ever.

Only the reference writes; a student's worker can read only. All of it hangs on private functions of JAX: it is used
only where a trial shows that what is found again gives the same numbers.
"""

from __future__ import annotations

import contextlib
import enum
import os
import tempfile
import weakref
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

Find = Callable[[str], bytes | None]
Write = Callable[[str, bytes], None]


class Folder:
    """Compiled programs as files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, name: str) -> bytes | None:
        """The program, if it is there."""
        try:
            return (self._folder / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, program: bytes) -> None:
        """Write it, whole or not at all."""
        with contextlib.suppress(OSError):
            descriptor, beside = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(descriptor, "wb") as file:
                file.write(program)
            os.chmod(beside, 0o644)  # noqa: PTH101 - students' workers are other users
            os.replace(beside, self._folder / name)  # noqa: PTH105


class Unnamed(Exception):
    """This program can't be named."""


class Found:
    """Stands for the text of a program that is compiled already; asked for more, it is lowered after all."""

    def __init__(self, program: bytes, lower: Callable[[], Any]) -> None:
        self.program, self._lower = program, lower

    def __getattr__(self, name: str) -> Any:
        return getattr(self.text, name)

    def __str__(self) -> str:
        return str(self.text)

    @property
    def text(self) -> Any:
        """The MLIR module."""
        if "_text" not in self.__dict__:
            self.__dict__["_text"] = self._lower()
        return self.__dict__["_text"]


class Memory:
    """Wraps JAX's lowering and compiling. One a process."""

    def __init__(self, plain: Callable[[str], bool]) -> None:
        """Take note of JAX's own operations, before any code of a student's runs.

        Args:
            plain: whether a program, as StableHLO text, is one to be remembered.
        """
        from jax._src import compiler, config
        from jax._src.interpreters import mlir, pxla

        self._context, self._plain = config.trace_context, plain
        self._compiler: Any = compiler
        self._compile_afresh = compiler.backend_compile_and_load
        self._look_up = getattr(compiler, "_resolve_compilation_strategy", None)
        self._fresh: list[bool] = []
        self._pxla, self._mlir = pxla, mlir
        self._lower, self._compile = pxla._cached_lowering_to_hlo, pxla._cached_compilation
        self._rules = {**mlir._lowerings}
        self._special = dict(mlir._platform_specific_lowerings["cpu"])
        self._names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._options: dict[Any, Any] = {}
        self._types: dict[Any, Any] = {}
        self._usual = mlir.LoweringParameters()
        self._generators = _generators()

    def use(self, find: Find, write: Write | None) -> None:
        """From here on, look for programs; with `write`, hand over those that are compiled."""
        self._find, self._write = find, write
        pxla: Any = self._pxla
        if write is not None:
            self._compiler.backend_compile_and_load = self._afresh
            if self._look_up is not None:
                self._compiler._resolve_compilation_strategy = self._looked_up
        pxla._cached_lowering_to_hlo, pxla._cached_compilation = self._lowered, self._compiled

    def _lowered(self, closed: Any, *rest: Any, **named: Any) -> Any:
        try:
            name = self._name(closed, *rest, **named)
        except Exception:  # whatever is odd goes the usual way
            return self._lower(closed, *rest, **named)
        if (program := self._find(name)) is not None:
            found = Found(program, lambda: self._lower(closed, *rest, **named)[0])
            return found, [], [], [], [], False, None
        lowered = self._lower(closed, *rest, **named)
        # Lowering has effects: it makes LAPACK ready, say. What calls other libraries must be lowered in each process.
        if self._write is not None and not any(lowered[1:6]) and self._plain(str(lowered[0])):
            self._names[lowered[0]] = name
        return lowered

    def _compiled(self, module: Any, name: Any, tupled: Any, into: Any, out: Any, *rest: Any) -> Any:
        callbacks, backend, devices, options, profiler = rest
        if isinstance(module, Found):
            if not options and profiler is None:
                with contextlib.suppress(Exception):
                    settings = self._settings(backend, devices, tuple(into), tuple(out))
                    return backend.deserialize_executable(module.program, devices, settings)
            module = module.text
        self._fresh.clear()
        if callbacks or options:
            self._names.pop(module, None)
        executable = self._compile(module, name, tupled, into, out, *rest)
        # One that came from JAX's own cache does not survive being written again: functions are missing then.
        if self._write is not None and self._fresh and module in self._names:
            self._write(self._names[module], backend.serialize_executable(executable))
        return executable

    def _looked_up(self, module: Any, devices: Any, options: Any, *rest: Any, **named: Any) -> tuple[Any, Any]:
        """What to ask JAX's own cache for, and the options: nothing, where it would only keep ours a second time."""
        if module in self._names:
            return None, options
        assert self._look_up is not None
        found: tuple[Any, Any] = self._look_up(module, devices, options, *rest, **named)
        return found

    def _afresh(self, *given: Any, **named: Any) -> Any:
        executable = self._compile_afresh(*given, **named)
        self._fresh.append(True)
        return executable

    def _settings(self, backend: Any, devices: Any, into: tuple[bool, ...], out: tuple[bool, ...]) -> Any:
        from jax._src import compiler

        if (into, out) not in self._options:
            given: Any = {"num_replicas": 1, "num_partitions": 1, "env_options_overrides": {}, "backend": backend}
            assigned = np.array([[devices[0]]])
            made = compiler.get_compile_options(**given, device_assignment=assigned, detailed_logging=False)
            made.executable_build_options.allow_spmd_sharding_propagation_to_parameters = list(into)
            made.executable_build_options.allow_spmd_sharding_propagation_to_output = list(out)
            self._options[into, out] = made
        return self._options[into, out]

    def _name(self, closed: Any, *given: Any, lowering_parameters: Any, abstract_mesh: Any) -> str:
        """What the program calculates, as a digest.

        Raises:
            Unnamed: there is more to it than can be told.
        """
        if len(given) == 16:  # since JAX 0.12: the types of what comes out, which its operations tell
            given = (*given[:4], *given[5:])
        _, _, constants, types, into, out, in_layouts, out_layouts, devices, assignment, *rest = given
        donated, usual_memory, aliases, memories, platforms = rest
        odd = (constants, assignment, any(donated), not usual_memory, aliases, abstract_mesh, devices - 1)
        if any(odd) or any(x is not None for some in (in_layouts, out_layouts, memories) for x in some):
            raise Unnamed
        if platforms != ("cpu",) or lowering_parameters != self._usual or closed.consts:
            raise Unnamed
        placed = [self._placed(one) for one in (*into.shardings, "to", *out.shardings)]
        parts = [self._parameter(self._context()), placed]
        told = repr((parts, list(self._tokens(closed.jaxpr)), [self._type(one) for one in types]))
        return f"known-{sha256(told.encode()).hexdigest()}"

    @staticmethod
    def _placed(sharding: Any) -> str:
        kind = type(sharding).__name__
        if kind not in ("UnspecifiedValue", "SingleDeviceSharding", "str"):
            raise Unnamed
        return f"{kind} {getattr(sharding, 'memory_kind', sharding if kind == 'str' else '')}"

    def _type(self, aval: Any) -> Any:
        if aval not in self._types:
            self._types[aval] = self._told(aval)
        return self._types[aval]

    @staticmethod
    def _told(aval: Any) -> Any:
        if type(aval).__name__ != "ShapedArray" or not aval.sharding.mesh.empty:
            raise Unnamed
        shape = tuple(int(size) for size in aval.shape)
        return shape, str(aval.dtype), bool(aval.weak_type), str(aval.memory_space)

    def _tokens(self, jaxpr: Any) -> Iterator[Any]:
        """Its variables by number and type, its operations in order."""
        if jaxpr.effects or jaxpr.constvars:
            raise Unnamed
        numbers: dict[Any, int] = {}

        def atom(one: Any) -> Any:
            if type(one).__name__ == "Literal":
                value = np.asarray(one.val)
                return "literal", self._type(one.aval), str(value.dtype), value.shape, value.tobytes()
            return numbers.setdefault(one, len(numbers)), self._type(one.aval)

        yield [atom(one) for one in jaxpr.invars]
        for equation in jaxpr.eqns:
            operation, context = equation.primitive, equation.ctx
            rule = self._special.get(operation) or self._rules[operation]  # not JAX's own: KeyError, and no name
            held = self._mlir._platform_specific_lowerings["cpu"].get(operation) or self._mlir._lowerings[operation]
            if rule is not held or equation.effects or context.compute_type or context.xla_metadata:
                raise Unnamed
            if not context.cur_abstract_mesh.empty:
                raise Unnamed
            yield operation.name, bool(context.threefry_partitionable), [atom(one) for one in equation.invars]
            yield [(key, self._parameter(value)) for key, value in sorted(equation.params.items())]
            yield [atom(one) for one in equation.outvars]
        yield [atom(one) for one in jaxpr.outvars]

    def _parameter(self, value: Any) -> Any:
        kind = type(value)
        if value is None or kind in (bool, int, float, complex, str):
            return value
        if name := self._generators.get(id(value)):
            return "generator", name
        if isinstance(value, (tuple, list)):
            return kind.__name__, [self._parameter(item) for item in value]
        if isinstance(value, (np.dtype, np.generic, enum.Enum)):
            return kind.__name__, str(value), value.tobytes() if isinstance(value, np.generic) else b""
        if kind.__name__ == "ClosedJaxpr" and not value.consts:
            return list(self._tokens(value.jaxpr))
        if kind.__name__ == "Jaxpr":
            return list(self._tokens(value))
        if kind.__name__ == "UnspecifiedValue" or (kind.__name__ in ("AbstractMesh", "Mesh") and value.empty):
            return kind.__name__
        if (kind.__name__ == "AxisEnv" and not value.axis_sizes) or (kind is frozenset and not value):
            return kind.__name__
        if kind is type and issubclass(value, np.generic):
            return value.__name__
        if kind.__name__.startswith("FT"):  # since JAX 0.12: how a loop's values are grouped
            return kind.__name__, *self._grouped(value, kind.__name__)
        raise Unnamed

    def _grouped(self, value: Any, kind: str) -> list[Any]:
        if kind == "FTTuple":
            return [self._parameter(item) for item in value.elts]
        if kind == "FTPyTree":
            return [str(value.tree), *(self._parameter(item) for item in value.vals)]
        if kind == "FTSingleton":
            return [self._parameter(value.val)]
        raise Unnamed


def _generators() -> dict[int, str]:
    """JAX's own generators of random numbers, by their place in memory: they are tuples of functions."""
    for module in ("jax._src.prng", "jax._src.random.prng"):  # before and since JAX 0.12
        with contextlib.suppress(ImportError, AttributeError):
            return {id(one): name for name, one in import_module(module).prngs.items()}
    return {}


def the_same(memory: Memory) -> bool:
    """Whether programs that were found again give the numbers that they gave when they were compiled."""
    import jax
    import jax.numpy as jnp

    x = np.linspace(-2, 3, 15, dtype=np.float32).reshape(3, 5)
    kept: dict[str, bytes] = {}
    asked: list[str] = []

    def find(name: str) -> bytes | None:
        asked.append(name)
        return kept.get(name)

    memory.use(find, kept.__setitem__)
    told = []
    for shift in (2.0, 2.0, 3.0):

        def several(x: Any, shift: float = shift) -> Any:
            return jnp.where(x > 0, x, -x).sum(-1) * shift, jax.nn.softmax(x) @ x.T

        told.append([np.asarray(leaf) for leaf in jax.jit(several)(x)])
    again = all(np.array_equal(a, b) for a, b in zip(told[0], told[1], strict=True))
    return again and np.allclose(told[0][0] * 1.5, told[2][0]) and len(kept) == 2 and len(asked) == 3
