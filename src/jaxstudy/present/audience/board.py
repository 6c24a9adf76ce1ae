"""Questions of an audience: who may ask how much, who voted for what. Knows no network; times come from a clock."""

from __future__ import annotations

import secrets
import time
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jaxstudy.present.companion.asked import LONGEST_NAME, LONGEST_TEXT

MOST_QUESTIONS = 1000
"""Kept of one talk; more are refused."""
VOTES_PER_ADDRESS = 40
"""On one question from one network address: people behind one router still count, a single client does not win."""
_REMEMBERED = 20_000  # clients and addresses

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_JOINERS = "\u200c\u200d"  # parts of words in Persian and Hindi, and of emoji


class Refused(Exception):
    """A question or vote that is not taken; the text says why, in words for the one who asked."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


@dataclass(slots=True)
class _Bucket:
    """Allows `size` at once, and one more every `every` seconds."""

    size: float
    every: float
    since: float
    left: float = field(default=-1.0)

    def take(self, now: float) -> bool:
        left = self.size if self.left < 0 else self.left
        left = min(self.size, left + (now - self.since) / self.every)
        self.since, self.left = now, left - 1 if left >= 1 else left
        return left >= 1


_LIMITS = {
    "newcomer": (60, 1.0),  # ids given to one address
    "asker": (3, 15.0),  # questions of one id
    "askers": (40, 2.0),  # questions of one address
    "all": (100, 0.5),  # questions of everybody
    "voter": (30, 1.0),  # votes of one id
    "voters": (200, 0.1),  # votes of one address
}
"""Kind → how many at once, and seconds until one more."""


class Board:
    """The questions of one talk.

    A client's id is random and ours; it is kept nowhere but in memory, and says nothing about a person.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()
        self._clients: OrderedDict[str, str] = OrderedDict()
        self._voted: dict[str, set[str]] = {}
        self._from: dict[str, Counter[str]] = {}
        self.questions: dict[str, dict[str, Any]] = {}
        self.unsaid: set[str] = set()
        """Questions whose votes changed since they were last told; see `changed`."""

    def resume(self, question: Mapping[str, Any]) -> None:
        """Take over what was said of a question in the same talk before a restart."""
        self.questions.setdefault(str(question["id"]), {"text": "", "votes": 0}).update(question)

    def newcomer(self, address: str) -> str:
        """A new id for a client at `address`. Raises `Refused` when too many were given there."""
        self._allow("newcomer", address)
        client = secrets.token_urlsafe(12)
        self._clients[client] = address
        _forget(self._clients)
        return client

    def ask(self, client: str, address: str, text: object, by: object, step: str) -> dict[str, Any]:
        """Take a question; raises `Refused`."""
        self._known(client, address)
        words, name = tidy(text, LONGEST_TEXT), tidy(by, LONGEST_NAME, cut=True)
        if len(words) < 3:
            raise Refused("Write a few words more.")
        if len(self.questions) >= MOST_QUESTIONS:
            raise Refused("No more questions are taken in this talk.", 429)
        for kind, who in (("asker", client), ("askers", address), ("all", "")):
            self._allow(kind, who)
        number = f"q{len(self.questions) + 1}"
        question = {"id": number, "text": words, "by": name, "step": step, "votes": 0, "state": "asked"}
        self.questions[number] = question
        return question

    def vote(self, client: str, address: str, number: object) -> dict[str, Any]:
        """Count one vote of this client; a second one changes nothing. Raises `Refused`."""
        self._known(client, address)
        question = self.questions.get(number) if isinstance(number, str) else None
        if question is None or question["state"] == "hidden":
            raise Refused("This question is gone.", 404)
        self._allow("voter", client)
        self._allow("voters", address)
        voted, from_here = (
            self._voted.setdefault(question["id"], set()),
            self._from.setdefault(question["id"], Counter()),
        )
        if client not in voted and from_here[address] < VOTES_PER_ADDRESS:
            voted.add(client)
            from_here[address] += 1
            question["votes"] += 1
            if question["state"] == "asked":
                question["state"] = "voted"
            self.unsaid.add(question["id"])
        return question

    def changed(self) -> list[dict[str, Any]]:
        """The questions that got votes since this was last asked: told together, a hundred votes are one event."""
        changed = [self.questions[number] for number in sorted(self.unsaid)]
        self.unsaid.clear()
        return changed

    def settle(self, number: str, state: str) -> dict[str, Any] | None:
        """What the presenter made of a question; None when there is no such, or nothing changed."""
        question = self.questions.get(number)
        if question is None or question["state"] == state or {question["state"], state} == {"asked", "voted"}:
            return None
        question["state"] = state
        return question

    def _known(self, client: str, address: str) -> None:
        # An id is good where it was given: one that was copied to another machine is a new client there.
        if self._clients.get(client) != address:
            raise Refused("Unknown client.", 401)

    def _allow(self, kind: str, who: str) -> None:
        size, every = _LIMITS[kind]
        now = self._clock()
        bucket = self._buckets.setdefault((kind, who), _Bucket(size, every, now))
        self._buckets.move_to_end((kind, who))
        _forget(self._buckets)
        if not bucket.take(now):
            raise Refused("That was a lot at once. Try again in a moment.", 429)


def tidy(text: object, longest: int, *, cut: bool = False) -> str:
    """One line of plain text: no control, no direction-changing and no invisible characters, no run of blanks.

    Raises `Refused` when it is longer than `longest` characters, unless it may be `cut`.
    """
    if not isinstance(text, str):
        return ""
    plain = unicodedata.normalize("NFC", text[: 20 * longest])
    kept = "".join(" " if unicodedata.category(one) in _UNSEEN and one not in _JOINERS else one for one in plain)
    words = " ".join(kept.split())
    if len(words) > longest and not cut:
        raise Refused(f"Shorter, please: {longest} characters at most.")
    return words[:longest]


def _forget(known: OrderedDict[Any, Any]) -> None:
    while len(known) > _REMEMBERED:
        known.popitem(last=False)
