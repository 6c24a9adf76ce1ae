"""Where everything about a running talk meets: the stage reports, whoever listens is told."""

from __future__ import annotations

import datetime
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jaxstudy.atomic import write_atomically
from jaxstudy.present.companion.asked import Questions
from jaxstudy.present.companion.pacing import Pacing
from jaxstudy.present.companion.plan import Plan
from jaxstudy.present.companion.talks import Talk, last_talk, log_talk, talk_of

Listener = Callable[[Mapping[str, Any]], None]
Reader = Callable[[str, Mapping[str, Any]], None]
COMMANDS = ("next", "previous")
"""What a speaker's window may ask of the stage."""
_AT_A_STEP = ("slide", "run", "typing", "ran", "goto", "rehearsed")
_READ = ("slide", "run", "question", "mark", "ran", "goto", "rehearsed", "stay")
"""Reports that readers hear of. `ran`, `goto`, `rehearsed` and `stay` are the rescue's: see `standby.keeper`."""
_MOST_WORDS = 500
_SETTLED = {"answered": "answered", "hide": "hidden", "reopen": "asked"}
_log = logging.getLogger(__name__)


class Hub:
    """The state of one talk. Single-threaded: all calls come from the server's loop.

    `clock` gives seconds since the epoch. The talk's times are kept in `talks` as it goes, so that a killed server
    loses the present section's minutes and no more.
    """

    def __init__(self, plan: Plan, talks: Path, clock: Callable[[], float] = time.time) -> None:
        self.plan, self._talks, self._clock = plan, talks, clock
        self._unfinished = talks / f".{plan.lecture}.unfinished.json"
        self._adopt_unfinished()
        self.last = last_talk(talks, plan.lecture)
        self.pacing = Pacing(plan.sections)
        self.slide, self.fragment = 0, -1
        self._ran: set[str] = set()
        self._typed: dict[str, int] = {}
        self.questions = Questions()
        self.audience: dict[str, Any] = {}
        """Address and number of those who follow; empty when nobody can."""
        self._readers: list[Reader] = []
        self._stages: list[Listener] = []
        self._speakers: list[Listener] = []
        self.notices: dict[str, str] = {}
        """Who warns → of what; a quiet line in the speaker's windows."""
        self.step = plan.slides[0].id if plan.slides else ""
        """The step that the stage showed last."""

    def join(self, listener: Listener, *, stage: bool) -> Callable[[], None]:
        """Tell `listener` from now on; the function returned ends that. A speaker is told the state at once."""
        group = self._stages if stage else self._speakers
        group.append(listener)
        if stage:
            if self.audience:
                listener({"do": "invite", "address": self.audience["address"], "qr": self.audience["qr"]})
            self._publish("stage", {})
            self._tell_speakers()
        else:
            listener(self.state())

        def leave() -> None:
            group.remove(listener)
            self._tell_speakers()

        return leave

    def subscribe(self, reader: Reader) -> Callable[[], None]:
        """Tell `reader` the kind and the data of every report once the hub has taken it; the function returned ends
        that. One that raises is dropped, and the log says so: a talk never breaks on who listens."""
        self._readers.append(reader)
        return lambda: self._readers.remove(reader) if reader in self._readers else None

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """Tell all readers what a part of the server has to say, as if the stage had reported it."""
        self._publish(kind, data)

    def say(self, words: str) -> None:
        """Show words on the stage for a moment: an answer to the presenter, small enough for an audience to see."""
        self.tell_stages({"say": words})

    def tell_stages(self, message: Mapping[str, Any]) -> None:
        """Send something to the page with the slides."""
        for listener in list(self._stages):
            listener(message)

    def warn(self, who: str, words: str) -> None:
        """Keep a notice in the speaker's windows, and show it on the stage once."""
        self.notices[who] = words
        self.say(words)
        self._tell_speakers()

    def hear(self, message: object) -> None:
        """What the stage or the audience reports. Anything that is no such report is passed over."""
        if not isinstance(message, dict):
            return
        kind = message.get("kind")
        data: dict[str, Any] | None = {key: value for key, value in message.items() if key != "kind"}
        if kind == "question":
            data = self.questions.take(message)
        elif kind == "mark":
            data = {"step": self.step, "text": str(message.get("text") or "")[:_MOST_WORDS]}
        elif kind == "followers" and self.audience:
            self.audience["followers"] = message.get("count", 0)
        elif kind != "stay" and (kind not in _AT_A_STEP or not self._at_step(message)):
            return
        if data is None:
            return
        if kind in _READ:
            self._publish(str(kind), data)
        self._tell_speakers()

    def asked(self, command: object, question: object = None) -> None:
        """What a speaker's window asks: a step of the stage, the clock from zero, what becomes of a question."""
        if command in COMMANDS:
            self.tell_stages({"do": command})
        elif command == "restart":
            self.pacing.start(self._clock())
            self._tell_speakers()
        elif isinstance(command, str) and command in _SETTLED:
            settled = self.questions.settle(question, _SETTLED[command])
            if settled is not None:
                self._publish("question", settled)
                self._tell_speakers()

    def tick(self) -> None:
        """Tell the speakers how time goes."""
        self._tell_speakers()

    def state(self) -> dict[str, Any]:
        """All that a speaker's window shows, as JSON takes it."""
        slide, status = self.plan.slides[self.slide], self.pacing.status(self._clock())
        following = self.plan.slides[self.slide + 1] if self.slide + 1 < len(self.plan.slides) else None
        section = self.plan.sections[slide.section]
        code = [
            {**asdict(step), "ran": step.id in self._ran, "typed": self._typed.get(step.id)}
            for step in slide.steps
            if step.code
        ]
        return {
            "lecture": self.plan.title,
            "stage": bool(self._stages),
            "slide": {"number": self.slide + 1, "of": len(self.plan.slides), "title": slide.title, "code": code},
            "notes": slide.notes,
            "next": following.title if following else "",
            "section": {
                "title": section.title,
                "seconds": section.seconds,
                "last": self.last.sections.get(section.title, 0.0) if self.last else 0.0,
            },
            "pace": {**asdict(status), "word": status.word},
            "notices": list(self.notices.values()),
            "questions": self.questions.waiting(),
            "audience": {key: value for key, value in self.audience.items() if key != "qr"},
        }

    def close(self) -> Talk | None:
        """End the talk and put it into the log; None when its clock never started."""
        if self.pacing.started is None:
            return None
        talk = self._talk()
        log_talk(self._talks, self.plan.lecture, talk)
        self._unfinished.unlink(missing_ok=True)
        self.pacing = Pacing(self.plan.sections)
        return talk

    def _at_step(self, message: Mapping[str, Any]) -> bool:
        """Take a report about one step; False when there is no such step."""
        step = message.get("step")
        number = self.plan.slide_of(step) if isinstance(step, str) else None
        if number is None:
            return False
        if message["kind"] == "slide":
            fragment = message.get("fragment")
            self.slide, self.fragment = number, fragment if isinstance(fragment, int) else -1
            self.step = str(step)
            self._enter(self.plan.slides[number].section)
        elif message["kind"] == "run":
            self._ran.add(str(step))
        elif message["kind"] == "typing" and isinstance(typed := message.get("typed"), int):
            self._typed[str(step)] = typed
        return True

    def _publish(self, kind: str, data: Mapping[str, Any]) -> None:
        for reader in list(self._readers):
            try:
                reader(kind, data)
            except Exception:
                _log.exception("A listener of the talk was dropped")
                self._readers.remove(reader)

    def _enter(self, section: int) -> None:
        before = self.pacing.section
        self.pacing.enter(section, self._clock())
        if section != before:
            write_atomically(self._unfinished, json.dumps(asdict(self._talk())))

    def _talk(self) -> Talk:
        started = datetime.datetime.fromtimestamp(self.pacing.started or 0).astimezone()
        return talk_of(self.plan, started.isoformat(timespec="seconds"), self.pacing.times(self._clock()))

    def _adopt_unfinished(self) -> None:
        """A talk whose server was killed counts like any other."""
        try:
            talk = Talk(**json.loads(self._unfinished.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return
        log_talk(self._talks, self.plan.lecture, talk)
        self._unfinished.unlink(missing_ok=True)

    def _tell_speakers(self) -> None:
        if self._speakers:
            state = self.state()
            for listener in list(self._speakers):
                listener(state)
