"""What talks took: one JSON line a talk in `build/talks/NN_topic.jsonl`, to rehearse against and to recap from."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from jaxstudy.present.companion.plan import Plan

_VISITED_SECONDS = 5.0
"""Shorter than that, a section was passed by."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One talk or rehearsal."""

    started: str
    """ISO 8601."""
    seconds: float
    sections: Mapping[str, float]
    """Title → seconds, in the order of the lecture; 0 for one that was never shown."""

    @property
    def given(self) -> bool:
        """Whether it was shown past its middle: a talk or a rehearsal, and not a look at some slides."""
        spent = list(self.sections.values())
        shown = [n for n, seconds in enumerate(spent) if seconds >= _VISITED_SECONDS]
        return bool(shown) and shown[-1] >= len(spent) / 2

    @property
    def skipped(self) -> tuple[str, ...]:
        """Sections passed by in a talk that went past its middle; none where it was broken off."""
        return tuple(t for t, seconds in self.sections.items() if seconds < _VISITED_SECONDS) if self.given else ()


def talk_of(plan: Plan, started: str, times: Mapping[int, float]) -> Talk:
    """The talk, from seconds by section number."""
    sections = {section.title: round(times.get(n, 0.0), 1) for n, section in enumerate(plan.sections)}
    return Talk(started, round(sum(times.values()), 1), sections)


def log_talk(folder: Path, lecture: str, talk: Talk) -> None:
    """Add the talk to the lecture's log."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{lecture}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(talk), ensure_ascii=False) + "\n")


def last_talk(folder: Path, lecture: str) -> Talk | None:
    """The latest talk of a lecture; None when there was none."""
    return next(reversed(talks(folder, lecture)), None)


def talks(folder: Path, lecture: str) -> list[Talk]:
    """All talks of a lecture, oldest first. A torn line is passed over."""
    try:
        lines = (folder / f"{lecture}.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found: list[Talk] = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):
            found.append(Talk(**json.loads(line)))
    return found
