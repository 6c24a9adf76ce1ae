"""What should not leave the presenter's machine: home folders, names, addresses, keys."""

from __future__ import annotations

import getpass
import re
import socket
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jaxstudy.errors import InputError, Problem
from jaxstudy.recording import Event, Recording, replaced
from jaxstudy.replay.recorded.copying import figures_of

KEEP = frozenset({"step", "figure", "message", "type", "state", "status", "display", "id"})
"""Keys whose values the recorder itself made up."""
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[@-~]")
_HOME = re.compile(r"(?:(?<![\w.])(?:/home|/Users)/|[A-Za-z]:(?:\\\\|\\|/)Users(?:\\\\|\\|/))([^/\\\s:\"'<>|,;()\]&]+)")
_EVERYDAY = frozenset(
    {
        *(
            "root",
            "user",
            "users",
            "home",
            "admin",
            "ubuntu",
            "debian",
            "fedora",
            "runner",
            "jovyan",
            "student",
            "teacher",
        ),
        *(
            "guest",
            "test",
            "data",
            "shared",
            "public",
            "local",
            "localhost",
            "default",
            "python",
            "jax",
            "flax",
            "optax",
        ),
        *("host", "build", "work", "code"),
    }
)
_TLD = r"(?:com|org|net|edu|gov|info|dev|app|[a-z]{2})"


@dataclass(frozen=True, slots=True)
class Secret:
    """A kind of thing, how it is found, and what stands there instead."""

    name: str
    pattern: re.Pattern[str]
    by: str = "…"


SECRETS = (
    # In a traceback: where the packages lie says how a machine is set up, and often who uses it.
    Secret(
        "place of packages",
        re.compile(r"(?:~|[A-Za-z]:)?[/\\][^\s:\"'<>]*[/\\](?=(?:site|dist)-packages[/\\]|lib[/\\]python3)"),
        "…/",
    ),
    Secret("home folder", _HOME, "~"),
    Secret("home folder", re.compile(r"(?<![\w./~-])/root(?=[/\s:\"')\],]|$)"), "~"),
    Secret("private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL)),
    # A matrix product may look like an address: `w@x.at[0]`, `a@b.sum()`. None follows an address.
    Secret("e-mail address", re.compile(rf"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+{_TLD}(?![\w(\[]|\.\w)")),
    Secret("login in an address", re.compile(r"(?<=://)[^/\s:@\"']+:[^/\s@\"']+(?=@)")),
    Secret("token", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),
    Secret(
        "token",
        re.compile(
            r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_[A-Za-z0-9]{20,}|sk-[\w-]{16,}|AKIA[0-9A-Z]{16}"
            r"|xox[abposr]-[\w-]{10,}|AIza[\w-]{30,}|pypi-[\w-]{20,}|npm_\w{20,})"
        ),
    ),
    Secret("token", re.compile(r"(?i)(?<=[?&]token=)[\w.~%+/-]{6,}")),
    Secret("token", re.compile(r"(?i)(?<=\bbearer )[\w.~+/=-]{8,}")),
    Secret(
        "password",
        re.compile(
            r"""(?ix)\b[\w-]*(?:password|passwd|passphrase|secret|api[_-]?key|access[_-]?key|auth[_-]?token|token)["']?
            \s*[=:]\s*(?:b|r|f|u)?(["'])(?:(?!\1).){4,}\1"""
        ),
        "…",
    ),
    Secret("password", re.compile(r"\b[A-Z][A-Z0-9_]*(?:PASSWORD|SECRET|TOKEN|API_KEY|ACCESS_KEY)=[^\s\"']{4,}")),
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A recording without secrets."""

    events: tuple[Event, ...]
    more: Mapping[str, Any]
    """What the header says beside lecture and start."""
    found: Mapping[str, int]
    """Kind of secret → how often it was found."""
    figures: tuple[str, ...]
    """Pictures: nobody looked into them."""


def redact(recording: Recording, patterns: Sequence[str] = (), course: Path | None = None) -> Redacted:
    """Take out home folders, users, host names, e-mail addresses, tokens, passwords, and what the patterns find.

    Of paths in the course's folder, what is above that folder goes too.

    Names are those in home folders anywhere in the recording, and this machine's user and host, where they are no
    everyday words.

    Raises:
        InputError: a pattern is no regular expression.
    """
    own = [Secret(f"--pattern {pattern}", _compiled(pattern)) for pattern in patterns]
    names = _names(recording.events)
    called = [
        Secret("user or host name", re.compile(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])"))
        for name in names
    ]
    here = [] if course is None else [Secret("place of the course", re.compile(re.escape(f"{course}/")), "")]
    pen = _Pen([*here, *SECRETS, *called, *own])
    events = tuple(replace(event, data=pen.over(event.data)) for event in recording.events)
    more = pen.over(recording.header.more)
    return Redacted(events, more, dict(pen.found), tuple(figures_of(events)))


class _Pen:
    def __init__(self, secrets: Sequence[Secret]) -> None:
        self.secrets = secrets
        self.found: Counter[str] = Counter()

    def over(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value if key in KEEP else self._clean(value) for key, value in data.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {key: self._clean(one) for key, one in value.items()}
        return [self._clean(one) for one in value] if isinstance(value, list | tuple) else value

    def _text(self, text: str) -> str:
        for secret in self.secrets:
            count = sum(1 for _ in secret.pattern.finditer(_ESCAPE.sub("", text)))
            if count:
                self.found[secret.name] += count
                text = replaced(secret.pattern, text, secret.by)
        return text


def _names(events: Iterable[Event]) -> list[str]:
    found = {getpass.getuser(), Path.home().name, socket.gethostname()}
    for event in events:
        found.update(name for text in _texts(event.data) for name in _HOME.findall(_ESCAPE.sub("", text)))
    return sorted(name for name in found if len(name) >= 3 and name.lower() not in _EVERYDAY)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise InputError(Problem("a regular expression", f"{pattern!r}: {error}", "correct --pattern")) from error
