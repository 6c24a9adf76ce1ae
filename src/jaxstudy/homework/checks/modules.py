"""Checks of modules: Flax Linen's init and apply, the number of parameters, PyTorch's modules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxstudy.homework.answering.data import NotAnswered, NotRecorded
from jaxstudy.homework.checks.arguments import call_text, key, shown, tensor
from jaxstudy.homework.checks.asking import Asked
from jaxstudy.homework.checks.comparing import described, leaves
from jaxstudy.homework.checks.findings import Finding, no_answer, note, report
from jaxstudy.homework.checks.values import same


def flax_module(
    asked: Asked,
    *inputs: Any,
    make: Mapping[str, Any] | None = None,
    same_names: bool = True,
    apply: Mapping[str, Any] | None = None,
    expected: str = "",
) -> bool:
    """A Linen module of the student's has the reference's parameters, and calculates what the reference does.

    `init` is asked with one key on both sides: the trees must have the same paths and shapes. Then the reference's
    variables are put into the student's module: the answers must be the same.

    Args:
        asked: the module's class, or a function that makes one.
        *inputs: what `__call__` takes.
        make: arguments of the class: `{"features": 8}`.
        same_names: False: parameters may have other names; then only the answer's shape is compared.
        apply: keyword arguments of `__call__`, and `rngs` or `mutable` for `apply`.
        expected: in words.
    """
    if asked._reference is None:
        raise TypeError("flax_module compares with the reference: ask for the student's module")
    extra, settings = dict(apply or {}), dict(make or {})
    called = {name: item for name, item in extra.items() if name not in ("rngs", "mutable")}
    name = asked._name
    try:
        right = asked._reference(**settings)
        variables = right.init(key(0), *inputs, **called)
        wanted = right.apply(variables, *inputs, **extra)
    except NotRecorded as error:
        note(error)
        return True
    try:
        model = asked(**settings)
        own = model.init(key(0), *inputs, **called)
        if same_names and not _same_tree(name, own, variables):
            return False
        got = model.apply(variables if same_names else own, *inputs, **extra)
    except NotAnswered as error:
        note(error, call_text(name, (), settings))
        return False
    call = f"{call_text(name, (), settings)}.apply(variables, {', '.join(map(shown, inputs))})"
    if same_names:
        return same(name, lambda: call, got, wanted, expected)
    return _same_form(name, call, got, wanted)


def _same_tree(name: str, own: Any, right: Any) -> bool:
    ours, theirs = _shapes(right), _shapes(own)
    if ours == theirs:
        return True
    missing = [f"{path} {shape}" for path, shape in ours.items() if theirs.get(path) != shape]
    extra = [f"{path} {shape}" for path, shape in theirs.items() if ours.get(path) != shape]
    told = f"{name}.init: expected {', '.join(missing[:6]) or 'nothing more'}; got {', '.join(extra[:6]) or 'none'}"
    return report(Finding(f"{name}.init makes other parameters than expected", told))


def _shapes(tree: Any) -> dict[str, tuple[int, ...]]:
    return {path: np.shape(leaf) for path, leaf in leaves(tree) if isinstance(leaf, (np.ndarray, np.generic))}


def _same_form(name: str, call: str, got: Any, wanted: Any) -> bool:
    if _shapes(got) == _shapes(wanted):
        return True
    return report(Finding(f"{name}: the wrong shape", f"{call}: expected {described(wanted)}, got {described(got)}"))


def parameters(asked: Asked, *args: Any, count: int | None = None, make: Mapping[str, Any] | None = None) -> bool:
    """The number of parameters: as `count` says, or the reference's.

    Args:
        asked: a function that answers a tree of parameters, or with `make` a Linen module's class.
        *args: the function's arguments, or what the module's `__call__` takes.
        count: how many numbers there should be.
        make: arguments of the module's class; `{}` for none.
    """
    name = asked._name if make is None else f"{asked._name}.init"
    try:
        if count is None:
            if asked._reference is None:
                raise TypeError("say count=, or ask for the student's function")
            count = _number_of_parameters(asked._reference, args, make)
        got = _number_of_parameters(asked, args, make)
    except NotAnswered as error:
        note(error, call_text(name, args, {}))
        return isinstance(error, NotRecorded)
    if got == count:
        return True
    return report(Finding(f"{name}: not {count} parameters", f"{name} makes {got} parameters; expected {count}"))


def _number_of_parameters(asked: Asked, args: tuple[Any, ...], make: Mapping[str, Any] | None) -> int:
    tree = asked(*args) if make is None else asked(**make).init(key(0), *args)
    if make is not None and isinstance(tree, dict):
        tree = tree.get("params", tree)
    return sum(math.prod(shape) for shape in _shapes(tree).values())


def torch_module(
    asked: Asked,
    *inputs: Any,
    make: Mapping[str, Any] | None = None,
    expected: str = "",
    tolerance: float | None = None,
) -> bool:
    """A `torch.nn.Module` of the student's has the reference's parameters in their order, and calculates what it does.

    Args are as for `flax_module`; inputs are NumPy arrays and arrive as tensors.
    """
    if asked._reference is None:
        raise TypeError("torch_module compares with the reference: ask for the student's module")
    settings, tensors = dict(make or {}), [tensor(item) for item in inputs]
    call = call_text(call_text(asked._name, (), settings), tuple(tensors), {})
    try:
        right = asked._reference(**settings)
        weights = {name: tensor(item) for name, item in right.state_dict().items()}
        right.eval()
        wanted = right(*tensors)
    except NotRecorded as error:
        note(error)
        return True
    try:
        model = asked(**settings)
        own = {name: np.shape(item) for name, item in model.state_dict().items()}
        shapes = {name: np.shape(item.array) for name, item in weights.items()}
        if own != shapes:
            told = f"{asked._name}: expected the parameters {shown(shapes)}; got {shown(own)}"
            return report(Finding(f"{asked._name} has other parameters than expected", told))
        model.load_state_dict(weights)
        model.eval()
        got = model(*tensors)
    except NotAnswered as error:
        return report(no_answer(error, call))
    return same(asked._name, lambda: call, got, wanted, expected, tolerance)
