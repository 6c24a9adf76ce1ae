"""What a replay shows at which second: slides, cells as they were run, their outputs as they came, questions.

All times here are seconds of the video (and of the transcript, whose clock is the same), not of the recording.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jaxstudy.course import Lecture
from jaxstudy.recording import Event
from jaxstudy.replay.chapters import Chapter

LONGEST_TEXT = 20_000
"""Characters of text that one run shows; what is more is in the notebook."""
_TOGETHER = 0.25
"""Seconds within which pieces of one stream count as one."""
_RETURNS = re.compile(r"[^\n]*\r(?!\n)(?=[^\n]*\S)")
"""What a progress bar has written over."""
_FIGURE = re.compile(r"figures/[0-9a-f]{8,64}\.(?:png|svg|jpg|gif|webp)")


@dataclass(slots=True)
class Output:
    """One thing that a cell gave."""

    start: float
    kind: str
    """`stdout`, `stderr`, `result`, `error` or `figure`."""
    text: str = ""
    figure: str = ""
    """Path beside the recording, `figures/….png`."""
    alt: str = ""
    trace: str = ""
    """Of an error: the traceback."""
    cut: int = 0
    """How many bytes or characters are left out."""
    end: float | None = None
    """When it was cleared or replaced; None: it stayed."""
    display: str = ""
    """The id under which it can be replaced."""


@dataclass(slots=True)
class Run:
    """One execution of a cell."""

    start: float
    number: int
    """As the recorder counts."""
    step: str
    """Id of the script's step; empty for a cell of the presenter's own."""
    slide: str
    """Id of the slide it belongs to."""
    source: str
    edited: bool
    """Whether the code differs from the script's."""
    outputs: list[Output] = field(default_factory=list)
    status: str = ""
    """`ok`, `error`, `aborted` or `rehearsed`; empty while it runs."""
    seconds: float | None = None
    rehearsed: bool = False
    """Whether the outputs are those of the built lecture, not of this talk."""


@dataclass(slots=True)
class Question:
    """Something that was asked. Who asked stays with the recording."""

    id: str
    start: float
    text: str
    votes: int = 0
    answered: float | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything but the words."""

    slides: tuple[tuple[float, str], ...] = ()
    """(second, slide id), in order."""
    runs: tuple[Run, ...] = ()
    questions: tuple[Question, ...] = ()
    marks: tuple[tuple[float, str], ...] = ()
    restarts: tuple[float, ...] = ()
    """Seconds at which the kernel began anew."""

    @property
    def seconds(self) -> float:
        """When the last thing happens."""
        ends = [start for start, _ in self.slides] + [run.start for run in self.runs]
        return max([0.0, *ends, *(output.start for run in self.runs for output in run.outputs)])


def timeline_of(events: Iterable[Event], lecture: Lecture, offset: float = 0.0) -> Timeline:
    """What a recording holds; what happened before the video's second 0 stands at 0."""
    teller = _Teller(lecture, offset)
    for event in sorted(events, key=lambda event: event.time):
        teller.hear(event)
    for run in teller.runs:
        _shorten(run)
    questions = [one for one in teller.questions.values() if one.text and not one.hidden]
    slides = _without_repeats(teller.slides)
    return Timeline(slides, tuple(teller.runs), tuple(questions), tuple(teller.marks), tuple(teller.restarts))


def figures_of(events: Iterable[Event]) -> set[str]:
    """Paths beside the recording of all figures that its outputs name."""
    named = (event.data.get("figure") for event in events if event.kind == "output")
    return {figure for figure in named if isinstance(figure, str) and _FIGURE.fullmatch(figure)}


def rehearsed_timeline(
    chapters: Sequence[Chapter], lecture: Lecture, outputs: Mapping[str, Sequence[Output]]
) -> Timeline:
    """Without a recording: slides when they were spoken of, cells with the outputs of the built lecture.

    Args:
        outputs: by step id; their times are set here.
    """
    home, steps = _homes(lecture), {step.id: step for step in lecture}
    slides: list[tuple[float, str]] = []
    runs: list[Run] = []
    for chapter in chapters:
        slides += [(chapter.start, home[chapter.section])] if chapter.section in home else []
        for one in chapter.steps:
            if one.step not in home:
                continue
            slides.append((one.start, home[one.step]))
            step = steps[one.step]
            if step.runs:
                given = [Output(one.start, out.kind, out.text, out.figure, out.alt, out.trace, out.cut)
                         for out in outputs.get(step.id, ())]  # fmt: skip
                run = Run(one.start, len(runs) + 1, step.id, home[step.id], step.source, False, given)
                run.status, run.rehearsed = "rehearsed", True
                runs.append(run)
    return Timeline(_without_repeats(sorted(slides, key=lambda pair: pair[0])), tuple(runs))


def _homes(lecture: Lecture) -> dict[str, str]:
    """Step id → slide id."""
    return {step.id: slide.id for slide in lecture.slides for step in slide.steps}


def _without_repeats(slides: Sequence[tuple[float, str]]) -> tuple[tuple[float, str], ...]:
    return tuple(one for at, one in enumerate(slides) if at == 0 or slides[at - 1][1] != one[1])


class _Teller:
    """Takes events in order. What is not as agreed is passed over: a replay shows what it can."""

    def __init__(self, lecture: Lecture, offset: float) -> None:
        self.home, self.offset = _homes(lecture), offset
        self.scripts = {step.id: step.source for step in lecture}
        self.slides: list[tuple[float, str]] = []
        self.runs: list[Run] = []
        self.by_number: dict[int, Run] = {}
        self.shown: dict[str, tuple[Run, Output]] = {}
        self.questions: dict[str, Question] = {}
        self.marks: list[tuple[float, str]] = []
        self.restarts: list[float] = []

    def hear(self, event: Event) -> None:
        time = round(max(event.time - self.offset, 0.0), 2)
        take = {
            "slide": self.slide, "run": self.run, "output": self.output, "done": self.done, "question": self.question,
            "mark": self.mark, "kernel": self.kernel,
        }.get(event.kind)  # fmt: skip
        if take:
            take(time, event.data)

    def slide(self, time: float, data: Mapping[str, Any]) -> None:
        if (slide := self.home.get(_text(data, "step"))) is not None:
            self.slides.append((time, slide))

    def run(self, time: float, data: Mapping[str, Any]) -> None:
        step, source = _text(data, "step"), _text(data, "source")
        here = self.slides[-1][1] if self.slides else ""
        script = self.scripts.get(step)
        number = _number(data, "n") or len(self.runs) + 1
        edited = script is None or source.rstrip() != script.rstrip()
        run = Run(time, number, step if script is not None else "", self.home.get(step, here), source, edited)
        self.runs.append(run)
        self.by_number[number] = run

    def output(self, time: float, data: Mapping[str, Any]) -> None:
        run = self.by_number.get(_number(data, "parent"))
        if run is None:
            return
        if data.get("type") == "clear":
            for output in run.outputs:
                output.end = time if output.end is None else output.end
            return
        run.rehearsed |= data.get("recorded") is True
        output = _output(time, data)
        if output.display and data.get("update") is True:
            self.replace(run, output)
        elif not _joined(run, output):
            run.outputs.append(output)
        if output.display:
            self.shown[output.display] = (run, output)

    def replace(self, run: Run, output: Output) -> None:
        """In the place of what the display showed; that one ends now."""
        where, before = self.shown.get(output.display, (run, None))
        if before is None:
            run.outputs.append(output)
            return
        before.end = output.start if before.end is None else before.end
        place = next((at for at, one in enumerate(where.outputs) if one is before), len(where.outputs) - 1)
        where.outputs.insert(place + 1, output)
        self.shown[output.display] = (where, output)

    def done(self, _: float, data: Mapping[str, Any]) -> None:
        run = self.by_number.get(_number(data, "parent"))
        if run is not None:
            run.status = _text(data, "status")
            seconds = data.get("seconds")
            run.seconds = seconds if isinstance(seconds, float) and math.isfinite(seconds) else None
            run.rehearsed |= run.status == "rehearsed"

    def question(self, time: float, data: Mapping[str, Any]) -> None:
        name = str(data.get("id", f"at {time}"))
        one = self.questions.setdefault(name, Question(name, time, ""))
        one.text = _text(data, "text") or one.text
        state = data.get("state")
        one.votes = _number(data, "votes") or one.votes
        one.hidden = state == "hidden" or (one.hidden and state == "voted")
        if state == "answered":
            one.answered = time

    def mark(self, time: float, data: Mapping[str, Any]) -> None:
        self.marks.append((time, _text(data, "text")))

    def kernel(self, time: float, data: Mapping[str, Any]) -> None:
        if data.get("state") in ("restarted", "dead", "swapped"):
            self.restarts.append(time)


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _number(data: Mapping[str, Any], key: str) -> int:
    """0 for what is no number, or none that a recorder would write."""
    value = data.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def _output(time: float, data: Mapping[str, Any]) -> Output:
    kind, figure = _text(data, "type"), _text(data, "figure")
    output = Output(time, "result", _text(data, "text"), cut=_number(data, "cut"))
    output.display = _text(data, "display")
    if kind == "error":
        trace = data.get("traceback")
        lines = [line for line in trace if isinstance(line, str)] if isinstance(trace, list) else []
        output.kind, output.trace = "error", "\n".join(lines)
        output.text = f"{_text(data, 'ename')}: {_text(data, 'evalue')}".removesuffix(": ")
    elif kind == "stream":
        output.kind = "stderr" if data.get("name") == "stderr" else "stdout"
    elif _FIGURE.fullmatch(figure):  # nothing else is ever opened, whatever a recording says
        output.kind, output.figure, output.alt = "figure", figure, _text(data, "alt")
    return output


def _joined(run: Run, output: Output) -> bool:
    """Whether the output went on with the stream before it, a moment ago."""
    last = run.outputs[-1] if run.outputs else None
    if last is None or output.kind not in ("stdout", "stderr") or last.kind != output.kind or last.end is not None:
        return False
    if output.start - last.start > _TOGETHER:
        return False
    last.text += output.text
    last.cut += output.cut
    return True


def _shorten(run: Run) -> None:
    """No run shows more text than a reader reads."""
    room = LONGEST_TEXT
    for output in run.outputs:
        output.text = _RETURNS.sub("\r", output.text)
        if len(output.text) > room:
            output.cut += len(output.text) - room
            output.text = output.text[:room]
        if len(output.trace) > LONGEST_TEXT:
            output.trace = output.trace[:LONGEST_TEXT]
        room = max(room - len(output.text), 0) if output.end is None else room
