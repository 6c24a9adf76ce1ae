"""A small course with talks to watch again: recorded, with words alone, with sound, on YouTube."""

from __future__ import annotations

import base64
import io
import json
import wave
from pathlib import Path
from typing import Any

from jaxstudy.course import Course
from sites import write_course

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FIGURE = "figures/0123456789abcdef0123.png"
SAID = (
    (0, 6, "Welcome to the first things."),
    (6, 12, "We have <b>one</b> of each, & not more."),
    (12, 20, "Now code and text: the quokka counts to forty-two."),
    (20, 31, "I change the line, and it counts to forty-nine."),
    (33, 40, "Statistics refuses an empty list."),
    (40, 52, "Nobody has seen the stop gradient yet,"),
    (52, 60, "but a stop_gradient is what comes next."),
    (60, 75, "And these are the figures, drawn live."),
)
EVENTS: tuple[tuple[float, str, dict[str, Any]], ...] = (
    (0.0, "slide", {"step": "first-things-1", "fragment": -1}),
    (22.0, "slide", {"step": "code-and-text-1", "fragment": -1}),
    (24.0, "run", {"n": 1, "step": "code-and-text-2", "source": 'import sys\n\nfrom snippets.boxes import table\nprint("quokka", 6 * 7)\nprint("careful", file=sys.stderr)', "message": "a"}),
    (24.5, "output", {"parent": 1, "type": "stream", "name": "stdout", "text": "quokka 42\n"}),
    (25.5, "output", {"parent": 1, "type": "stream", "name": "stderr", "text": "careful\n"}),
    (25.6, "done", {"parent": 1, "status": "ok", "seconds": 1.6}),
    (31.0, "run", {"n": 2, "step": "code-and-text-2", "source": 'import sys\n\nfrom snippets.boxes import table\nprint("quokka", 7 * 7)\nprint("careful", file=sys.stderr)', "edited": True, "message": "b"}),
    (31.2, "output", {"parent": 2, "type": "stream", "name": "stdout", "text": "\x1b[31mquokka 49\x1b[0m\n"}),
    (36.0, "run", {"n": 3, "source": 'print("<script>window.stolen = 1</script>")', "message": "c"}),
    (36.1, "output", {"parent": 3, "type": "stream", "name": "stdout", "text": "<script>window.stolen = 1</script>\n"}),
    (43.0, "slide", {"step": "it-refuses-1", "fragment": -1}),
    (45.0, "run", {"n": 4, "step": "it-refuses-2", "source": "import statistics\nstatistics.mean([])", "message": "d"}),
    (45.2, "output", {"parent": 4, "type": "error", "ename": "StatisticsError", "evalue": "mean requires at least one data point", "traceback": ["frame <img src=x onerror=stolen()>"]}),
    (45.3, "done", {"parent": 4, "status": "error", "seconds": 0.3}),
    (55.0, "question", {"id": "q1", "text": "What is <i>stop_gradient</i> for?", "by": "Kim", "step": "it-refuses-1", "votes": 0, "state": "asked"}),
    (58.0, "question", {"id": "q1", "votes": 4, "state": "voted"}),
    (62.0, "question", {"id": "q1", "votes": 4, "state": "answered"}),
    (63.0, "question", {"id": "q2", "text": "RUDEWORDS", "state": "asked"}),
    (64.0, "question", {"id": "q2", "state": "hidden"}),
    (70.0, "slide", {"step": "figures-1", "fragment": -1}),
    (72.0, "run", {"n": 5, "step": "figures-2", "source": "plot()", "edited": True, "message": "e"}),
    (73.0, "output", {"parent": 5, "type": "display_data", "figure": FIGURE, "alt": "A dot", "display": "one"}),
    (78.0, "output", {"parent": 5, "type": "display_data", "text": "replaced", "display": "one", "update": True}),
    (80.0, "kernel", {"state": "restarted"}),
    (82.0, "wonder", {"of": "a later version"}),
)  # fmt: skip
OFFSET = 10.0
CHAPTERS = """\
version = 1
lecture = "01_first"
transcript = "transcript.vtt"
offset = 10.0
not-taught = []

[[chapter]]
start = "0:00:00"
section = "first-things-1"
title = "First things"

[[chapter]]
start = "0:00:12"
section = "code-and-text-1"
title = "Code & <em>text</em>"
steps = [{start = "0:00:14", step = "code-and-text-2"}]

[[chapter]]
start = "0:00:33"
section = "it-refuses-1"
title = "It refuses"
steps = [{start = "0:00:35", step = "it-refuses-2"}]

[[chapter]]
start = "0:01:00"
section = "figures-1"
title = "Figures"
steps = [{start = "0:01:02", step = "figures-2"}]
"""


def recording_text(lecture: str = "01_first", events: Any = EVENTS) -> str:
    """A recording's file."""
    header = {"jaxstudy-recording": 1, "lecture": lecture, "started": "2026-11-24T18:00:00+00:00"}
    return "".join(json.dumps(line) + "\n" for line in (header, *([time, kind, data] for time, kind, data in events)))


def captions_text(said: Any = SAID) -> str:
    """A transcript as WebVTT, its words escaped as they must be."""
    cues = []
    for start, end, words in said:
        words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        cues.append(f"{_stamp(start)} --> {_stamp(end)}\n{words}\n")
    return "\n".join(["WEBVTT\n", *cues])


def _stamp(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{seconds % 60:06.3f}"


def write_talk(root: Path, name: str, more: str = "", files: dict[str, str | bytes] | None = None) -> Path:
    """`replays/<name>/` with transcript, chapters and recording; its replay.toml."""
    folder = root / "replays" / name
    (folder / "figures").mkdir(parents=True)
    given: dict[str, str | bytes] = {
        "transcript.vtt": captions_text(), "chapters.toml": CHAPTERS, "recording.jsonl": recording_text(),
        FIGURE: PIXEL, **(files or {}),
    }  # fmt: skip
    for file, content in given.items():
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)
    path = folder / "replay.toml"
    path.write_text(more or toml(recording='"recording.jsonl"', offset=f"{OFFSET}"))
    return path


def toml(**keys: str) -> str:
    """A replay.toml; values as TOML writes them, None to leave a key out."""
    said = {
        "version": "1", "title": '"First things & <last>"', "lecture": '"01_first"', "transcript": '"transcript.vtt"',
        "chapters": '"chapters.toml"', **keys,
    }  # fmt: skip
    return "".join(f"{key.replace('_', '-')} = {value}\n" for key, value in said.items() if value is not None)


def write_replay_course(root: Path) -> Course:
    """The course of `sites`, with a recorded talk and one with words alone."""
    course = write_course(root)
    write_talk(root, "recorded")
    write_talk(root, "words", toml(title='"Words alone"'))
    write_talk(root, "tube", toml(title='"On YouTube"', video='"https://youtu.be/abcdefghijk"'))
    write_talk(root, "sound", toml(title='"With sound"', video='"my talk.wav"'), {"my talk.wav": silence(80)})
    return course


def silence(seconds: int) -> bytes:
    """A sound file in which nothing is heard."""
    memory = io.BytesIO()
    with wave.open(memory, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80" * 8000 * seconds)
    return memory.getvalue()
