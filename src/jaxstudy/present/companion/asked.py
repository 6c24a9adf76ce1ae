"""What the audience asked, as the presenter sees it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STATES = ("asked", "voted", "answered", "hidden")
LONGEST_TEXT, LONGEST_NAME = 500, 40
"""Characters of a question, and of a nickname."""
_SHOWN = 40
_MOST = 2000


class Questions:
    """Questions by id, the newest report of each."""

    def __init__(self) -> None:
        self._all: dict[str, dict[str, Any]] = {}

    def take(self, report: Mapping[str, Any]) -> dict[str, Any] | None:
        """Keep what was reported, cut to what a question may be; the question, or None for no such report.

        What was hidden or answered stays so: a late vote does not bring it back.
        """
        number, text, state = report.get("id"), report.get("text"), report.get("state")
        if not isinstance(number, str) or not isinstance(text, str) or state not in STATES:
            return None
        number, votes = number[:LONGEST_NAME], report.get("votes")
        if number not in self._all and len(self._all) >= _MOST:
            return None
        before = self._all.get(number, {}).get("state")
        settled = state == "voted" and before in ("answered", "hidden")
        question: dict[str, Any] = {
            "id": number,
            "text": text[:LONGEST_TEXT],
            "by": str(report.get("by") or "")[:LONGEST_NAME],
            "step": str(report.get("step") or ""),
            "votes": votes if isinstance(votes, int) else 0,
            "state": before if settled else state,
        }
        self._all[number] = question
        return question

    def settle(self, number: object, state: str) -> dict[str, Any] | None:
        """Mark a question `answered`, `hidden`, or `asked` again; None when there is none of that id."""
        question = self._all.get(number) if isinstance(number, str) else None
        if question is None:
            return None
        question["state"] = state
        return question

    def waiting(self) -> list[dict[str, Any]]:
        """Those that wait for an answer: most votes first, then the oldest."""
        open_ones = [one for one in self._all.values() if one["state"] in ("asked", "voted")]
        return sorted(open_ones, key=lambda one: -one["votes"])[:_SHOWN]

    def count(self, state: str) -> int:
        """How many are in that state."""
        return sum(one["state"] == state for one in self._all.values())
