"""Gives the sample talk in a real browser, records it, and writes `replays/sample/`: run by `make sample`.

What is said stands in `sample_talk.toml`. Where espeak-ng and opusenc are installed, the words are spoken and
`narration.ogg` comes with them; where not, sentences last as long as it takes to say them, and a plain clock plays.
The talk takes its three minutes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from jaxstudy.atomic import write_atomically
from jaxstudy.build.chromium import find_chromium
from jaxstudy.course import Lecture, load_course, read_lecture
from jaxstudy.present.session import PresentSession
from jaxstudy.recording import Writer, read_recording, redacted, trimmed
from jaxstudy.replay.starting import Wishes, start_replay
from jaxstudy.replay.transcript import Segment, Transcript
from jaxstudy.replay.writing import write_vtt

HERE = Path(__file__).resolve().parent
NAME = "sample"
WORDS_A_SECOND = 2.4
LEAD = 0.5
"""Seconds before the first word: the first slide comes a little before it."""
BREATH = 0.7
"""Seconds between beats."""
FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
SHOW = """step => {
  const section = Jupyter.notebook.get_cells()[step].element.closest('section')[0];
  const { h, v } = Reveal.getIndices(section);
  Reveal.slide(h, v);
}"""
RUN = """([step, source]) => {
  const cell = Jupyter.notebook.get_cells()[step];
  cell.set_text(source);
  cell.execute();
}"""
DONE = "step => !Jupyter.notebook.get_cells()[step].element.hasClass('running')"


@dataclass(frozen=True)
class Spoken:
    """One beat, and the sound of it."""

    beat: dict[str, Any]
    sentences: list[str]
    seconds: float
    sound: Path | None


def main() -> None:
    """Speak, give, record, cut, write."""
    talk = tomllib.loads((HERE / "sample_talk.toml").read_text(encoding="utf-8"))
    course = load_course(HERE)
    lecture = read_lecture(course.find(talk["lecture"]))
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        spoken = [speak(beat, work / f"{number}.wav") for number, beat in enumerate(talk["beat"])]
        length = sum(one.seconds + BREATH for one in spoken)
        print(f"giving the talk: {length / 60:.1f} minutes", flush=True)
        recording, begins = give(course.root, course.theme, lecture, spoken)
        transcript = work / "sample.vtt"
        write_vtt(Transcript(transcript, tuple(segments(spoken, begins))), transcript)
        events = list(redacted(trimmed(recording.events, begins[0] - LEAD), str(Path.home()), str(course.root)))
        cut = recording.path.with_name("sample.jsonl")
        cut.unlink(missing_ok=True)
        with Writer(cut, recording.header) as writer:
            for event in events:
                writer.write(event)
        sound = narration(spoken, begins, work)
        shutil.rmtree(HERE / NAME, ignore_errors=True)
        wishes = Wishes(talk["lecture"], NAME, talk["title"], str(sound) if sound else "", 0.0)
        path = start_replay(course, [cut, transcript], wishes).path
        shutil.rmtree(recording.path.parent)  # nobody's talk: the sample can be given again
    text = path.read_text(encoding="utf-8")
    write_atomically(path, text.replace('about = ""', f'about = "{talk["about"]}"'))
    print(f"{path.parent.relative_to(Path.cwd())} is written; jaxstudy serve shows it as replays/{NAME}.html")


def speak(beat: dict[str, Any], sound: Path) -> Spoken:
    """The beat's sentences; spoken where a voice is installed."""
    words = " ".join(beat["say"].split())
    sentences = re.split(r"(?<=[.?!:]) ", words)
    if not (shutil.which("espeak-ng") and shutil.which("opusenc")):
        return Spoken(beat, sentences, len(words.split()) / WORDS_A_SECOND, None)
    said = words.replace("stop_gradient", "stop gradient").replace("JAX", "jacks").replace(" 01", " one")
    subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "150", "-w", str(sound), said], check=True)
    with wave.open(str(sound)) as file:
        return Spoken(beat, sentences, file.getnframes() / file.getframerate(), sound)


def give(root: Path, theme: Path, lecture: Lecture, spoken: list[Spoken]) -> tuple[Any, list[float]]:
    """The recording, and the second in it at which each beat began."""
    places = {step.id: place for place, step in enumerate(lecture)}
    walls: list[float] = []
    with PresentSession(lecture, root, theme, record=True) as session, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(60_000)
        page.goto(session.url, wait_until="commit")
        page.wait_for_selector("html[data-jaxstudy=slides]", state="attached")
        session.wait_until_warm()
        for one in spoken:
            if "slide" in one.beat:
                page.evaluate(SHOW, places[one.beat["slide"]])
            walls.append(time.time())  # the words begin when the slide is there
            perform(page, one, lecture, places)
            time.sleep(max(one.seconds + BREATH - (time.time() - walls[-1]), 0.0))
        time.sleep(1.0)
        assert session.recording is not None
        path = session.recording.path
        browser.close()
    session.discard()
    recording = read_recording(path)
    start = started(recording)
    return recording, [wall - start for wall in walls]


def started(recording: Any) -> float:
    """Seconds since the epoch at the recording's second 0."""
    import datetime

    return datetime.datetime.fromisoformat(recording.header.started).timestamp()


def perform(page: Page, one: Spoken, lecture: Lecture, places: dict[str, int]) -> None:
    """Run the beat's cell, as a presenter would while speaking."""
    beat = one.beat
    if "run" in beat:
        time.sleep(min(one.seconds / 3, 3.0) if "slide" in beat else 0.8)
        source = lecture.step(beat["run"]).source
        if "replace" in beat:
            before, after = beat["replace"]
            assert before in source, f"{beat['run']} has no {before}"
            source = source.replace(before, after)
        page.evaluate(RUN, [places[beat["run"]], source])
        page.wait_for_function(DONE, arg=places[beat["run"]])


def segments(spoken: list[Spoken], begins: list[float]) -> Iterator[Segment]:
    """The sentences with their times: within a beat, by their length."""
    for one, begin in zip(spoken, begins, strict=True):
        at, letters = begin - begins[0] + LEAD, sum(len(sentence) for sentence in one.sentences)
        for sentence in one.sentences:
            end = at + one.seconds * len(sentence) / letters
            yield Segment(round(at, 2), round(end, 2), sentence)
            at = end


def narration(spoken: list[Spoken], begins: list[float], work: Path) -> Path | None:
    """All beats in one small file, each at its second; None without a voice."""
    if spoken[0].sound is None:
        return None
    whole = work / "narration.wav"
    with wave.open(str(whole), "wb") as out:
        for one, begin in zip(spoken, begins, strict=True):
            with wave.open(str(one.sound)) as file:
                if one is spoken[0]:
                    out.setparams(file.getparams())
                silence = round((begin - begins[0] + LEAD) * file.getframerate()) - out.getnframes()
                out.writeframes(b"\0\0" * max(silence, 0))
                out.writeframes(file.readframes(file.getnframes()))
    small = work / "narration.ogg"
    subprocess.run(["opusenc", "--quiet", "--bitrate", "12", "--speech", str(whole), str(small)], check=True)
    return small


if __name__ == "__main__":
    sys.exit(main())
