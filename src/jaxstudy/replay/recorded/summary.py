"""What is in a recording, for a person to see at a glance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jaxstudy.recording import Event, Recording

_NUMBER = re.compile(r"-\d+$")


@dataclass(slots=True)
class Visit:
    """A section, from when it was shown until another one was."""

    title: str
    start: float
    slides: int = 0
    runs: int = 0
    edited: int = 0
    errors: int = 0
    marks: int = 0
    questions: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """Something to jump to."""

    time: float
    what: str
    """`mark`, `question`, `error`, `kernel`."""
    text: str
    step: str = ""


@dataclass(slots=True)
class Summary:
    """A whole recording."""

    lecture: str
    title: str
    started: str
    seconds: float = 0.0
    ended: bool = False
    """Whether the presenter ended it; False for a talk that was broken off."""
    runs: int = 0
    edited: int = 0
    errors: int = 0
    rehearsed: int = 0
    """Cells whose recorded output was shown."""
    marks: int = 0
    questions: int = 0
    figures: int = 0
    cut: int = 0
    """Bytes of output that were left out."""
    torn: bool = False
    visits: list[Visit] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)


def summary_of(recording: Recording, titles: Mapping[str, str] | None = None) -> Summary:
    """The summary; `titles` gives the section of a step, where the lecture is at hand."""
    teller = _Teller(recording, titles or {})
    for event in recording.events:
        teller.hear(event)
    return teller.done()


class _Teller:
    def __init__(self, recording: Recording, titles: Mapping[str, str]) -> None:
        header = recording.header
        title = str(header.more.get("title") or header.lecture)
        self.summary = Summary(header.lecture, title, header.started, torn=bool(recording.torn))
        self.titles = titles
        self.questions: dict[str, tuple[float, str, str]] = {}
        self.figures: set[str] = set()
        self.raised: dict[object, str] = {}
        self.sources: dict[object, Event] = {}

    def hear(self, event: Event) -> None:
        self.summary.seconds = max(self.summary.seconds, event.time)
        tell = getattr(self, f"_{event.kind}", None)
        if tell is not None:
            tell(event)

    def done(self) -> Summary:
        summary = self.summary
        for time, text, step in self.questions.values():
            summary.questions += 1
            summary.moments.append(Moment(time, "question", text, step))
            before = [visit for visit in summary.visits if visit.start <= time]
            if before:
                before[-1].questions += 1
        summary.moments.sort(key=lambda moment: moment.time)
        summary.figures = len(self.figures)
        return summary

    def _visit(self, event: Event) -> Visit:
        visits = self.summary.visits
        if not visits:
            visits.append(Visit("", event.time))
        return visits[-1]

    def _slide(self, event: Event) -> None:
        step = event.step or ""
        title = self.titles.get(step) or _NUMBER.sub("", step).replace("-", " ")
        if not self.summary.visits or self.summary.visits[-1].title != title:
            self.summary.visits.append(Visit(title, event.time))
        self.summary.visits[-1].slides += event.data.get("fragment", -1) in (-1, None)

    def _run(self, event: Event) -> None:
        visit, edited = self._visit(event), bool(event.data.get("edited"))
        self.summary.runs += 1
        visit.runs += 1
        self.summary.edited += edited
        visit.edited += edited
        self.sources[event.data.get("n")] = event

    def _output(self, event: Event) -> None:
        if figure := event.data.get("figure"):
            self.figures.add(str(figure))
        cut = event.data.get("cut", 0)
        self.summary.cut += cut if isinstance(cut, int) else 0
        if event.data.get("type") == "error":
            said = f"{event.data.get('ename', '')}: {event.data.get('evalue', '')}".split("\n")[0]
            self.raised[event.data.get("parent")] = said

    def _done(self, event: Event) -> None:
        status, parent = event.data.get("status"), event.data.get("parent")
        self.summary.rehearsed += status == "rehearsed"
        if status == "error":
            self.summary.errors += 1
            self._visit(event).errors += 1
            run = self.sources.get(parent)
            text = self.raised.get(parent, "a cell raised")
            self.summary.moments.append(Moment(event.time, "error", text, (run and run.step) or ""))

    def _mark(self, event: Event) -> None:
        self.summary.marks += 1
        self._visit(event).marks += 1
        self.summary.moments.append(Moment(event.time, "mark", str(event.data.get("text", "")), event.step or ""))

    def _question(self, event: Event) -> None:
        id = str(event.data.get("id", f"at {event.time}"))
        first, text, step = self.questions.get(id, (event.time, "", ""))
        self.questions[id] = first, str(event.data.get("text") or text), event.step or step

    def _kernel(self, event: Event) -> None:
        state = str(event.data.get("state", ""))
        if state in ("dead", "restarted", "swapped"):
            self.summary.moments.append(Moment(event.time, "kernel", f"kernel {state}", event.step or ""))

    def _end(self, _: Event) -> None:
        self.summary.ended = True


def sources_of(events: Sequence[Event]) -> dict[int, Event]:
    """The runs by their number."""
    return {event.data["n"]: event for event in events if event.kind == "run" and isinstance(event.data.get("n"), int)}
