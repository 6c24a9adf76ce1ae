"""How questions and answers cross: arrays and plain trees in a format of our own, read with suspicion.

    frame   = magic "JSW1", lengths of header (uint32) and payload (uint64), a number (uint64), header, payload
    number  = a question's is random; an answer repeats it, so that none can be sent ahead of its question
    header  = JSON, ASCII: the tree; an array in it is {"a": [dtype, shape]}
    payload = the arrays' bytes in the tree's order, C order, little endian

No pickle, no `np.load`. Nothing is allocated before its size has been checked against what was announced and against
the limit; an announced size is never allocated at once but grows as bytes come.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable, Mapping
from typing import Any

import ml_dtypes
import numpy as np

from jaxstudy.homework.answering.data import (
    Kept,
    Key,
    KeyArray,
    Missing,
    NotAnswered,
    Numpy,
    OutOfMemory,
    Raised,
    Request,
    Source,
    Target,
    Tensor,
    Unusable,
)

HEAD = struct.Struct("<4sIQQ")
MAGIC = b"JSW1"
MAX_HEADER = 4 << 20
MAX_PAYLOAD = 64 << 20
MAX_DEPTH = 80
MAX_NODES = 100_000
MAX_MESSAGE = 2000  # characters of an error's message

_DTYPES: Mapping[str, np.dtype[Any]] = {
    **{name: np.dtype(name) for name in ("bool", "float16", "float32", "float64", "complex64", "complex128")},
    **{f"{sign}int{bits}": np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
}


class Malformed(Exception):
    """What came is no frame: whoever sent it is not to be listened to any more."""


class Writer:
    """Turns one tree into a frame."""

    def __init__(self) -> None:
        self._buffers: list[bytes] = []

    def frame(self, value: Any, number: int) -> bytes:
        """The whole frame.

        Raises:
            Unusable: it is larger than a frame may be.
        """
        header = json.dumps(self._node(value), ensure_ascii=True, separators=(",", ":")).encode()
        payload = b"".join(self._buffers)
        if len(header) > MAX_HEADER or len(payload) > MAX_PAYLOAD:
            raise Unusable(f"an answer of more than {MAX_PAYLOAD >> 20} MB")
        return HEAD.pack(MAGIC, len(header), len(payload), number) + header + payload

    def _node(self, value: Any) -> Any:
        if value is None or type(value) in (bool, int, float, str):
            return value
        if type(value) is list:
            return [self._node(item) for item in value]
        if isinstance(value, dict):
            return {"d": [[key, self._node(item)] for key, item in value.items()]}
        if isinstance(value, (np.ndarray, np.generic)):
            return {"a": self._array(np.asarray(value))}
        return {self._tag(value): self._parts(value)}

    def _array(self, array: np.ndarray) -> list[Any]:
        name = array.dtype.name
        if name not in _DTYPES:
            array = array.astype(np.float32)  # float8 and its kin, which NumPy itself doesn't know
            name = "float32"
        shape = list(array.shape)  # before ascontiguousarray, which makes a 0-d array 1-d
        self._buffers.append(np.ascontiguousarray(array).tobytes())
        return [name, shape]

    @staticmethod
    def _tag(value: Any) -> str:
        kinds: dict[type, str] = {
            tuple: "t",
            bytes: "b",
            complex: "c",
            Key: "key",
            KeyArray: "keys",
            Source: "src",
            Numpy: "np",
            Tensor: "torch",
            Target: "at",
            Kept: "kept",
            Request: "ask",
        }
        if type(value) in kinds:
            return kinds[type(value)]
        if isinstance(value, NotAnswered):
            return "no"
        raise Unusable(f"a {type(value).__name__} does not cross")

    def _parts(self, value: Any) -> list[Any]:
        match value:
            case tuple():
                return [self._node(item) for item in value]
            case bytes():
                return [base64.b64encode(value).decode()]
            case complex():
                return [value.real, value.imag]
            case Key(seed, legacy):
                return [seed, legacy]
            case KeyArray(words, kind):
                return [self._node(words), kind]
            case Source(text):
                return [text]
            case Numpy(array) | Tensor(array):
                return [self._node(array)]
            case Target(root, attributes, through):
                return [root, list(attributes), [[name, self._node(dict(settings))] for name, settings in through]]
            case Kept(number, kind, leaves):
                return [number, kind, self._node(dict(leaves))]
            case Request(operation, target, args, kwargs, options):
                return [operation, *(self._node(part) for part in (target, args, dict(kwargs), dict(options)))]
        return self._refusal(value)

    @staticmethod
    def _refusal(error: NotAnswered) -> list[Any]:
        match error:
            case Raised():
                return ["raised", error.kind, error.message, error.line, error.code]
            case Missing():
                return ["missing", error.name, error.untouched]
            case OutOfMemory():
                return ["memory"]
        return ["unusable", str(error)]


def encode(value: Any, number: int = 0) -> bytes:
    """One frame with this tree. Raises `Unusable` if it is too large."""
    return Writer().frame(value, number)


class Reader:
    """Turns one frame's header and payload back into a tree; whatever is odd is `Malformed`."""

    def __init__(self, payload: memoryview) -> None:
        self._payload, self._at, self._nodes = payload, 0, 0

    def tree(self, header: bytes) -> Any:
        """The tree.

        Raises:
            Malformed: it is none.
        """
        try:
            value = self._value(json.loads(header.decode("ascii")), 0)
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError, AttributeError) as error:
            raise Malformed(f"{type(error).__name__}") from error
        if self._at != len(self._payload):
            raise Malformed("bytes that belong to nothing")
        return value

    def _value(self, node: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise Malformed("too many parts")
        if node is None or type(node) in (bool, int, float):
            return node
        if type(node) is str:
            return node
        if type(node) is list:
            return [self._value(item, depth + 1) for item in node]
        ((tag, parts),) = node.items()
        if type(parts) is not list:
            raise Malformed("no parts")
        return self._tagged(tag, parts, depth + 1)

    def _tagged(self, tag: str, parts: list[Any], depth: int) -> Any:
        if tag == "t":
            return tuple(self._value(item, depth) for item in parts)
        if tag == "d":
            return {_key(key): self._value(item, depth) for key, item in parts}
        if tag == "a":
            return self._array(*parts)
        readers: dict[str, Callable[..., Any]] = {
            "b": lambda text: base64.b64decode(text, validate=True),
            "c": lambda real, imaginary: complex(float(real), float(imaginary)),
            "key": lambda seed, legacy: Key(int(seed), bool(legacy)),
            "keys": lambda words, kind: self._keys(self._value(words, depth), kind),
            "src": lambda text: Source(str(text)),
            "np": lambda array: Numpy(self._value(array, depth)),
            "torch": lambda array: Tensor(self._value(array, depth)),
            "at": lambda root, names, steps: self._target(root, names, steps, depth),
            "kept": lambda number, kind, leaves: Kept(_whole(number), clean(kind, 200), self._leaves(leaves, depth)),
            "ask": lambda kind, *parts: self._request(kind, parts, depth),
            "no": lambda kind, *said: _refusal(kind, *said),
        }
        return readers[tag](*parts)

    def _array(self, name: str, shape: list[int]) -> np.ndarray:
        dtype = _DTYPES[name]
        if len(shape) > 32 or not all(type(size) is int and 0 <= size <= 1 << 40 for size in shape):
            raise Malformed("no shape")
        size = math.prod(shape) * dtype.itemsize
        if size > len(self._payload) - self._at:
            raise Malformed("an array larger than what was sent")
        data = self._payload[self._at : self._at + size]
        self._at += size
        return np.frombuffer(data, dtype).reshape(shape).copy()

    def _keys(self, words: Any, kind: Any) -> KeyArray:
        if not isinstance(words, np.ndarray) or words.dtype != np.uint32 or words.ndim < 1:
            raise Malformed("no keys")
        return KeyArray(words, clean(kind, 20))

    def _leaves(self, node: Any, depth: int) -> dict[str, Any]:
        leaves = self._value(node, depth)
        if not isinstance(leaves, dict):
            raise Malformed("no leaves")
        return {str(path): leaf for path, leaf in leaves.items()}

    def _target(self, root: Any, attributes: list[str], through: list[Any], depth: int) -> Target:
        steps = tuple((str(name), self._value(settings, depth)) for name, settings in through)
        return Target(root if type(root) is int else str(root), tuple(map(str, attributes)), steps)

    def _request(self, operation: str, parts: tuple[Any, ...], depth: int) -> Request:
        target, args, kwargs, options = (self._value(part, depth) for part in parts)
        return Request(operation, target, args, kwargs, options)


def _key(key: Any) -> str | int:
    if type(key) not in (str, int):
        raise Malformed("no key")
    return key if type(key) is int else str(key)[:1000]


def _whole(number: Any) -> int:
    if type(number) is not int or not 0 <= number < 1 << 62:
        raise Malformed("no number")
    return number


def _refusal(kind: str, *said: Any) -> NotAnswered:
    match kind, said:
        case "raised", (error, message, line, code):
            number = line if type(line) is int and 0 <= line < 1 << 31 else 0
            return Raised(clean(error, 200), clean(message, MAX_MESSAGE), number, clean(code, 200))
        case "missing", (name, untouched):
            return Missing(clean(name, 200), bool(untouched))
        case "memory", ():
            return OutOfMemory("its process had no memory left")
        case "unusable", (words,):
            return Unusable(clean(words, 500))
    raise Malformed("no refusal")


def clean(text: Any, length: int) -> str:
    """Text from a student's process, fit to be shown: no control characters but newline, no half surrogates, cut."""
    if type(text) is not str:
        raise Malformed("no text")
    text = text[:length].expandtabs(4).encode("utf-8", "replace").decode()
    return "".join(c for c in text if c == "\n" or (c.isprintable() or c == " "))


def sizes(head: bytes) -> tuple[int, int, int]:
    """The lengths of header and payload that a frame's first 24 bytes announce, and its number.

    Raises:
        Malformed: they are no frame's, or too large.
    """
    magic, header, payload, number = HEAD.unpack(head)
    if magic != MAGIC or header > MAX_HEADER or payload > MAX_PAYLOAD:
        raise Malformed("no frame")
    return header, payload, number


def decode(header: bytes, payload: bytes | bytearray) -> Any:
    """The tree of a frame. Raises `Malformed`."""
    return Reader(memoryview(payload)).tree(header)
