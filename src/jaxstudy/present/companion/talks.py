"""What talks took: one JSON line a talk in `build/talks/NN_topic.jsonl`, to rehearse against and to recap from."""

from __future__ import annotations

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
    def skipped(self) -> tuple[str, ...]:
        """Sections passed by in a talk that went past its middle; none where it was broken off."""
        titles = list(self.sections)
        shown = [n for n, title in enumerate(titles) if self.sections[title] >= _VISITED_SECONDS]
        if not shown or shown[-1] < len(titles) / 2:
            return ()
        return tuple(title for title in titles if self.sections[title] < _VISITED_SECONDS)


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
    """The latest talk of a lecture; None when there was none. A torn line is passed over."""
    try:
        lines = (folder / f"{lecture}.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        try:
            return Talk(**json.loads(line))
        except (ValueError, TypeError):
            continue
    return None
