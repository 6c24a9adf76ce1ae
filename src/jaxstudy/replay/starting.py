"""A recording, a transcript, or both → `replays/<name>/`, ready to look at and to edit."""

from __future__ import annotations

import datetime
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from jaxstudy.atomic import write_atomically
from jaxstudy.course import Course, Lecture, read_lecture
from jaxstudy.course.header import as_date
from jaxstudy.course.headings import slug
from jaxstudy.errors import InputError, Problem
from jaxstudy.recording import Event, Recording, read_recording
from jaxstudy.replay.chapters import write_chapters, youtube
from jaxstudy.replay.charting import Charted, chart, chart_recording
from jaxstudy.replay.correcting import correct
from jaxstudy.replay.glossary import FILE as GLOSSARY
from jaxstudy.replay.glossary import load_glossary
from jaxstudy.replay.player import figures_of
from jaxstudy.replay.published import FILE, FOLDER, Media, Replay, media_kind, write_replay, youtube_id
from jaxstudy.replay.reading import read_transcript
from jaxstudy.replay.transcript import Segment, Transcript
from jaxstudy.replay.writing import write_vtt

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person said besides the files."""

    lecture: str = ""
    """Number or name; empty: the recording's own, or none."""
    name: str = ""
    title: str = ""
    video: str = ""
    """A file, a YouTube address, or nothing."""
    offset: float | None = None
    """Seconds that the recording is ahead of the video; None: to be proposed."""


@dataclass(slots=True)
class Started:
    """What is there now, and what a person should know about it."""

    path: Path
    """The replay.toml."""
    charted: Charted | None
    edits: int = 0
    """Places that the glossary corrected."""
    mended: int = 0
    """Things that were wrong in the transcript."""
    events: int = 0
    notes: list[Problem] = field(default_factory=list)
    """Why YouTube would not take the chapters; figures that are not there."""


@dataclass(slots=True)
class _Material:
    """What could be read; problems of all that could not."""

    problems: list[Problem] = field(default_factory=list)
    transcript: Transcript | None = None
    recording: Recording | None = None
    lecture: Lecture | None = None
    media: Media | None = None

    def take(self, make: Callable[[], _Found]) -> _Found | None:
        try:
            return make()
        except InputError as error:
            self.problems += error.problems
            return None


def start_replay(course: Course, sources: Sequence[Path], wishes: Wishes = Wishes()) -> Started:
    """Make the folder, whole or not at all.

    Raises:
        InputError: everything that is wrong with the files and the wishes, or the folder is there already.
    """
    material = _read(course, sources, wishes)
    name = _name(material, wishes)
    folder = course.root / FOLDER / name
    if not material.problems and folder.exists():
        do = f"edit {FOLDER}/{name}/{FILE}, or choose another --name"
        material.problems.append(Problem("a replay that is not there yet", name, do, folder))
    if material.problems:
        raise InputError(*material.problems)
    fresh = folder.with_name(f".{name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        started = _write(course, material, wishes, fresh)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    started.path = folder / FILE
    started.notes = [replace(note, path=folder / note.path.name if note.path else None) for note in started.notes]
    return started


def _read(course: Course, sources: Sequence[Path], wishes: Wishes) -> _Material:
    material = _Material()
    for source in sources:
        path = source / "recording.jsonl" if source.is_dir() else source
        if _is_recording(path):
            material.recording = material.take(lambda path=path: read_recording(path))  # type: ignore[misc]
        else:
            material.transcript = material.take(lambda path=path: read_transcript(path))  # type: ignore[misc]
    if len(sources) > 2 or (len(sources) == 2 and not _one_of_each(sources)):
        do = "give one of each, in any order"
        material.problems.append(Problem("a recording, a transcript, or both", f"{len(sources)} files", do))
    said = wishes.lecture or (material.recording.header.lecture if material.recording else "")
    if said:
        material.lecture = material.take(lambda: read_lecture(course.find(said)))
    elif material.recording:
        do = "say which with --lecture 02"
        material.problems.append(Problem("the lecture of the recording", "none", do, material.recording.path, 1))
    if wishes.video:
        material.media = material.take(lambda: _media(wishes.video))
    return material


def _one_of_each(sources: Sequence[Path]) -> bool:
    return len({_is_recording(one / "recording.jsonl" if one.is_dir() else one) for one in sources}) == 2


def _is_recording(path: Path) -> bool:
    """Whether the file begins as recordings do; its name says nothing."""
    try:
        with path.open("rb") as file:
            return b'"jaxstudy-recording"' in file.read(4096).partition(b"\n")[0] or path.suffix == ".jsonl"
    except OSError:
        return path.suffix == ".jsonl"


def _media(said: str) -> Media:
    if "//" in said:
        found = youtube_id(said)
        if found is None:
            raise InputError(Problem("a file, or the address of a YouTube video", repr(said), "correct the address"))
        return Media(kind="youtube", youtube=found)
    kind, path = media_kind(said), Path(said)
    if kind is None:
        do = "convert it: browsers play mp4, webm, mp3, ogg"
        raise InputError(Problem("a video or audio file", repr(path.suffix), do, path))
    if not path.is_file():
        raise InputError(Problem("a video or audio file", "no such file", "check the path", path))
    return Media(path.resolve(), kind)


def _name(material: _Material, wishes: Wishes) -> str:
    if wishes.name and not _NAME.fullmatch(wishes.name):
        do = "choose such a name: it becomes the page's address"
        material.problems.append(Problem("small letters, digits, - and _ for --name", repr(wishes.name), do))
    lecture = material.lecture.name.replace("_", "-") if material.lecture else ""
    heard = slug(material.transcript.name) if material.transcript else ""
    return wishes.name or "-".join(part for part in (lecture, _day(material)) if part) or heard or "talk"


def _day(material: _Material) -> str:
    return material.recording.header.started[:10] if material.recording else ""


def _write(course: Course, material: _Material, wishes: Wishes, folder: Path) -> Started:
    started = Started(folder / FILE, None)
    transcript = _corrected(course, material, started)
    if transcript is not None:
        write_vtt(transcript, folder / "transcript.vtt")
    charted = _chart(material, transcript, wishes)
    if charted is not None:
        chapters = replace(charted.chapters, transcript="transcript.vtt" if transcript else "")
        started.charted = replace(charted, chapters=chapters)
        write_chapters(chapters, folder / "chapters.toml")
        try:
            youtube(chapters, folder / "chapters.toml")
        except InputError as error:
            started.notes += error.problems
    if material.recording is not None:
        started.events = len(material.recording.events)
        _copy_recording(material.recording, folder, started)
    if material.media and material.media.path:
        _link(material.media.path, folder / material.media.path.name)
    write_replay(_replay(material, transcript, started, wishes, folder), folder / FILE, _confidence(charted))
    return started


def _corrected(course: Course, material: _Material, started: Started) -> Transcript | None:
    if material.transcript is None:
        return None
    started.mended = len(material.transcript.mended)
    words = course.root / GLOSSARY
    if not words.is_file():
        return material.transcript
    corrected, edits = correct(material.transcript, load_glossary(words))
    started.edits = len(edits)
    return corrected


def _chart(material: _Material, transcript: Transcript | None, wishes: Wishes) -> Charted | None:
    """Chapters: a recording's slides rule; from the words alone otherwise; none without a lecture."""
    if material.lecture is None:
        return None
    if material.recording is None:
        return chart(transcript, material.lecture) if transcript else None
    events = material.recording.events
    if transcript is None:  # nothing to lay it against: the recording's own clock is the page's
        end = max((event.time for event in events), default=0.0)
        silent = Transcript(material.recording.path, (Segment(0.0, end + 10.0, ""),))
        return chart_recording(silent, material.lecture, events, wishes.offset or 0.0)
    return chart_recording(transcript, material.lecture, events, wishes.offset)


def _confidence(charted: Charted | None) -> float | None:
    return charted.offset.confidence if charted and charted.offset else None


def _copy_recording(recording: Recording, folder: Path, started: Started) -> None:
    """The events, a torn end left out; and those figures that some event shows."""
    lines = [str(recording.header), *(str(event) for event in _for_others(recording.events))]
    write_atomically(folder / "recording.jsonl", "\n".join(lines) + "\n")
    for figure in sorted(figures_of(recording.events)):
        there = recording.path.parent / figure
        if there.is_file():
            write_atomically(folder / figure, there.read_bytes())
        else:
            do = "the page says so in its place; copy it there if you have it"
            started.notes.append(Problem("the figure of an output", f"no {figure}", do, folder / "recording.jsonl"))


def _for_others(events: Sequence[Event]) -> Iterator[Event]:
    """Without who asked what, and without questions that were hidden: the folder is for others to read."""
    state = {str(event.data.get("id")): event.data.get("state") for event in events if event.kind == "question"}
    for event in events:
        if event.kind != "question":
            yield event
        elif state[str(event.data.get("id"))] != "hidden":
            yield replace(event, data={key: value for key, value in event.data.items() if key != "by"})


def _link(source: Path, target: Path) -> None:
    """The same file under another name where the disk can do that, a copy where not: videos are large."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _replay(
    material: _Material, transcript: Transcript | None, started: Started, wishes: Wishes, folder: Path
) -> Replay:
    lecture, charted = material.lecture, started.charted
    day = as_date(_day(material)) if material.recording else None
    offset = charted.chapters.offset if charted and charted.chapters.offset is not None else wishes.offset
    proposed = bool(charted and charted.offset)
    media = material.media
    if media and media.path:
        media = replace(media, path=folder / media.path.name)
    return Replay(
        path=folder / FILE,
        title=wishes.title or (lecture.title if lecture else folder.name.strip(".").removesuffix(".new")),
        transcript=folder / "transcript.vtt" if transcript else None,
        chapters=folder / "chapters.toml" if charted else None,
        recording=folder / "recording.jsonl" if material.recording else None,
        lecture=lecture.name if lecture else "",
        date=day if isinstance(day, datetime.date) else None,
        media=media,
        offset=offset or 0.0,
        confirmed=not proposed,
    )
