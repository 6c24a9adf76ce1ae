"""Minutes against the clock: where the talk should be, how late it is, and what its author says to skip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from jaxstudy.present.companion.plan import Section

TOLERATED_SECONDS = 60.0
"""Less than that early or late is on time."""
_HINTS = 3


@dataclass(frozen=True, slots=True)
class Status:
    """How the talk stands at one moment. All times in seconds."""

    running: bool
    elapsed: float
    """Since the clock started."""
    planned: float
    """The whole talk's budget; 0 when the lecture has none."""
    late: float
    """Behind the plan; negative when ahead of it."""
    section: int
    spent: float
    """In this section so far, earlier visits included."""
    skip: tuple[str, ...]
    """What to leave out in this and later sections, by the notes, when late; nearest first."""

    @property
    def word(self) -> str:
        """`on time`, `+3 min`, `-2 min`; `not started` before the first step."""
        if not self.running:
            return "not started"
        if abs(self.late) < TOLERATED_SECONDS or not self.planned:
            return "on time"
        return f"{self.late / 60:+.0f} min"


@dataclass
class Pacing:
    """The clock of one talk. It starts when the first section is left, or by hand."""

    sections: Sequence[Section]
    started: float | None = None
    """Clock time; None before the start."""
    section: int = 0
    taken: dict[int, float] = field(default_factory=dict)
    """Section → seconds spent there, without the visit that is under way."""
    _since: float = 0.0

    def enter(self, section: int, now: float) -> None:
        """A slide of `section` is shown."""
        if self.started is None:
            if section == self.section:
                return
            self.start(now)
        if section != self.section:
            self.taken[self.section] = self.spent(now)
            self.section, self._since = section, now

    def start(self, now: float) -> None:
        """Start the clock, or start it again."""
        self.started, self._since = now, now
        self.taken.clear()

    def spent(self, now: float) -> float:
        """Seconds in the present section, earlier visits included."""
        visit = now - self._since if self.started is not None else 0.0
        return self.taken.get(self.section, 0.0) + visit

    def status(self, now: float) -> Status:
        """How the talk stands."""
        elapsed = now - self.started if self.started is not None else 0.0
        spent = self.spent(now)
        # What is shown counts as reached to the share of its minutes that were spent on it, and never more.
        due = sum(section.seconds for section in self.sections[: self.section])
        due += min(spent, self.sections[self.section].seconds) if self.sections else 0.0
        late = elapsed - due if self.started is not None else 0.0
        planned = sum(section.seconds for section in self.sections)
        skip = self._hints() if planned and late >= TOLERATED_SECONDS else ()
        return Status(self.started is not None, elapsed, planned, late, self.section, spent, skip)

    def times(self, now: float) -> dict[int, float]:
        """Section → seconds spent there until now."""
        return {**self.taken, self.section: self.spent(now)} if self.started is not None else {}

    def _hints(self) -> tuple[str, ...]:
        later = [section for section in self.sections[self.section :] if section.late]
        return tuple(f"{section.title}: {section.late}" for section in later[:_HINTS])
