"""A replay.toml and what it names → a page of the site's sources, with captions, data and notebook beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from jaxstudy.build.built import BuiltLecture
from jaxstudy.errors import InputError
from jaxstudy.recording import read_recording
from jaxstudy.replay.chapters import Chapter, read_chapters, youtube
from jaxstudy.replay.player import Output, Timeline, rehearsed_timeline, timeline_of
from jaxstudy.replay.published import Media, Replay
from jaxstudy.replay.reading import read_transcript
from jaxstudy.replay.transcript import Segment, Transcript, short_clock
from jaxstudy.replay.writing import paragraphs, vtt
from jaxstudy.site.files import Content, PageFiles
from jaxstudy.site.head import Link
from jaxstudy.site.replay_data import as_script, replay_data
from jaxstudy.site.replay_notebook import notebook_at, notebook_parts
from jaxstudy.site.replay_outputs import built_outputs

_PARAGRAPH = 40.0
"""Seconds after which a paragraph ends at the next full stop: each begins with a time."""
_ASSETS = Path(__file__).parents[1] / "assets" / "replay"


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter as it stands on the page."""

    id: str
    title: str
    start: float
    section: str
    """Step id of its slide; empty where the talk left the lecture."""
    paragraphs: list[list[Segment]]


@dataclass(slots=True)
class ReplayPage:
    """One page of the site's sources, and the files beside it."""

    replay: Replay
    transcript: Transcript
    seconds: float = 0.0
    text: str = ""
    files: dict[str, Content] = field(default_factory=dict)
    """Path beside the page → content."""

    @property
    def tree(self) -> dict[str, Content]:
        """Path in the docs folder → what it holds."""
        found: dict[str, Content] = {f"replays/{link}": content for link, content in self.files.items()}
        return {f"replays/{self.replay.name}.md": self.text.encode(), **found}

    @property
    def facts(self) -> list[str]:
        """Date, length and words."""
        date, words = self.replay.date, self.transcript.words
        said = [f"{words:,} words"] if words else []
        return [*([f"{date.day} {date:%B %Y}"] if date else []), f"{short_clock(self.seconds)} long", *said]

    @property
    def page(self) -> str:
        """Path in the docs folder."""
        return f"replays/{self.replay.name}.md"

    def link(self, up: str) -> Link:
        """A button that leads to the page; `up` leads to the site's top."""
        return Link("Replay", f"{up}{self.page}", f"{self.replay.title}: the talk, its words and its code")


def replay_page(replay: Replay, built: BuiltLecture | None) -> ReplayPage:
    """The page of one talk.

    Raises:
        InputError: a transcript, a recording or chapters that can't be read.
    """
    said = read_transcript(replay.transcript) if replay.transcript else Transcript(replay.path, ())
    page = ReplayPage(replay, _plainly(said))
    chapters = read_chapters(replay.chapters).chapters if replay.chapters else ()
    files = PageFiles(replay.name, built.lecture.path if built else replay.path)
    timeline, figures = _timeline(replay, built, chapters, files)
    data = replay_data(
        page.transcript, chapters, timeline, built.lecture if built else None, files,
        lambda output: figures.link(output),
    )  # fmt: skip
    page.seconds = data["seconds"]
    page.files = {
        **files.found,
        f"{replay.name}/timeline.js": as_script("jaxstudyReplay", data).encode(),
        **_media(replay),
    }
    if said.segments:
        page.files[f"{replay.name}/captions.vtt"] = vtt(page.transcript).encode()
    if built and timeline.runs:
        page.files |= _notebooks(replay, built, timeline, figures)
    text = _youtube_text(replay)
    if text:
        page.files[f"{replay.name}/youtube.txt"] = text.encode()
    page.text = _text(page, built, timeline, chapters, text)
    return page


def _plainly(transcript: Transcript) -> Transcript:
    """Without what the recogniser heard wrong: that is for who corrects, not for who reads."""
    return transcript.saying(replace(segment, heard="") for segment in transcript.segments)


@dataclass(slots=True)
class _Figures:
    """Where the figures of outputs are: links for the page, bytes for the notebook."""

    files: PageFiles
    folder: Path | None
    """Of the recording; None: figures are links already."""

    def link(self, output: Output) -> str:
        """The link beside the page; empty when there is no such file."""
        if self.folder is None:
            return output.figure
        path = self.folder / output.figure
        name = path.name
        link = f"{self.files.folder}/{name}"
        if not path.is_file():
            return ""
        self.files.found.setdefault(link, path)
        return link

    def content(self, output: Output) -> bytes | None:
        """The file's bytes."""
        found = self.files.found.get(self.link(output))
        return found.read_bytes() if isinstance(found, Path) else found


def _timeline(
    replay: Replay, built: BuiltLecture | None, chapters: Sequence[Chapter], files: PageFiles
) -> tuple[Timeline, _Figures]:
    if built is None:
        return Timeline(), _Figures(files, None)
    if replay.recording is None:
        return rehearsed_timeline(chapters, built.lecture, built_outputs(built, files)), _Figures(files, None)
    events = read_recording(replay.recording).events
    return timeline_of(events, built.lecture, replay.offset), _Figures(files, replay.recording.parent)


def _media(replay: Replay) -> Mapping[str, Content]:
    if replay.media is None or replay.media.path is None:
        return {}
    return {f"{replay.name}/{_media_name(replay.media)}": replay.media.path}


def _media_name(media: Media) -> str:
    """A name that needs no quoting in an address."""
    path = media.path or Path("talk")
    return re.sub(r"[^\w.-]+", "-", path.name, flags=re.ASCII) if path.name else "talk"


def _notebooks(replay: Replay, built: BuiltLecture, timeline: Timeline, figures: _Figures) -> Mapping[str, Content]:
    """The whole as a file, for readers without JavaScript; its parts with their seconds, for the page."""
    import nbformat

    parts = notebook_parts(timeline, built.lecture, nbformat.read(built.plain, as_version=4), figures.content)
    whole = json.dumps(notebook_at(parts, float("inf")), ensure_ascii=False, indent=1)
    return {
        f"{replay.name}/{replay.name}.ipynb": (whole + "\n").encode(),
        f"{replay.name}/notebook.js": as_script("jaxstudyNotebook", parts).encode(),
    }


def _youtube_text(replay: Replay) -> str:
    """Chapters for a video's description; empty where YouTube would not take them (`replay new` says why)."""
    if not replay.chapters:
        return ""
    try:
        return youtube(read_chapters(replay.chapters), replay.chapters)
    except InputError:
        return ""


def _text(
    page: ReplayPage, built: BuiltLecture | None, timeline: Timeline, chapters: Sequence[Chapter], youtube_text: str
) -> str:
    replay, lecture = page.replay, built.lecture if built else None
    about = replay.about or f"{replay.title}: what was said, shown and run, second by second."
    slides = {slide.id for slide in lecture.slides} if lecture else set()
    return _environment().get_template("page.html.j2").render(
        replay=replay,
        front=json.dumps(replay.title, ensure_ascii=False), description=json.dumps(about, ensure_ascii=False),
        about=about, facts=page.facts,
        lecture=lecture, deck=built.deck.name if built and built.deck else "",
        captions=bool(page.transcript.segments),
        media=_media_name(replay.media) if replay.media and replay.media.path else "",
        parts=_parts(page.transcript, chapters), slides=slides, timeline=timeline, youtube_text=youtube_text,
        ids=_ids(page.transcript),
    )  # fmt: skip


def _ids(transcript: Transcript) -> Callable[[Segment], Markup]:
    """Segment → ` id="t=754"`, for the first segment of each second: the same address works without JavaScript."""
    first: dict[int, Segment] = {}
    for segment in transcript.segments:
        first.setdefault(int(segment.start), segment)
    return lambda segment: Markup(f' id="t={int(segment.start)}"' if first[int(segment.start)] is segment else "")


def _parts(transcript: Transcript, chapters: Sequence[Chapter]) -> list[Part]:
    """The words in chapters and paragraphs. A sentence belongs to the chapter in which most of it is said."""
    starts = list(chapters)
    first = transcript.segments[0].start if transcript.segments else 0.0
    if not starts or starts[0].start > first + 1:
        starts.insert(0, Chapter(0.0, "", "Before we start" if starts else "The talk"))
    found: list[list[Segment]] = [[] for _ in starts]
    at = 0
    for segment in transcript.segments:
        while at + 1 < len(starts) and starts[at + 1].start < (segment.start + segment.end) / 2:
            at += 1
        found[at].append(segment)
    return [
        Part(f"chapter-{number}", one.title, one.start, one.section, paragraphs(segments, _PARAGRAPH))
        for number, (one, segments) in enumerate(zip(starts, found, strict=True), 1)
    ]


@cache
def _environment() -> Environment:
    # What people said is hostile input: everything is escaped, unlike in the templates of Markdown.
    environment = Environment(
        loader=FileSystemLoader(_ASSETS), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["clock"] = short_clock
    environment.filters["seen"] = _seen
    return environment


def _seen(text: Any) -> str:
    """One line, without the marks that Markdown looks for before it looks for HTML."""
    return " ".join(str(text).split())
