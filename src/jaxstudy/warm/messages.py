"""What the two ends of a warm socket say to each other: lines of JSON.

One connection is one kernel. The asking end sends a `Request`, with its stdout and stderr as file descriptors;
the parent answers `{"pid": 1234}` or `{"refused": "why"}`, and later `{"exit": status}`. Closing the connection
is how the asking end says, even by dying, that the kernel must end.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    """The start of one kernel."""

    argv: tuple[str, ...]
    """The command a plain kernel would be started with."""
    cwd: str
    """Absolute path of the kernel's working directory."""
    env: dict[str, str]
    """The kernel's whole environment."""

    def encode(self) -> bytes:
        """One line; bytes that are not UTF-8 in the environment survive, as JSON escapes of lone surrogates."""
        return _line(asdict(self))

    @classmethod
    def decode(cls, line: bytes) -> Self:
        """The request in `line`.

        Raises `ValueError`, `KeyError` or `TypeError` on anything else.
        """
        fields = json.loads(line)
        return cls(tuple(fields["argv"]), fields["cwd"], dict(fields["env"]))


def started(pid: int) -> bytes:
    """The kernel runs as process `pid`."""
    return _line({"pid": pid})


def refused(reason: str) -> bytes:
    """No kernel was forked."""
    return _line({"refused": reason})


def ended(status: int) -> bytes:
    """The kernel is gone: its exit status, or minus the number of the signal that ended it."""
    return _line({"exit": status})


def _line(message: dict[str, object]) -> bytes:
    return json.dumps(message).encode() + b"\n"
