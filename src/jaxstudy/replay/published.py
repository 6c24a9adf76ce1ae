"""`replays/<name>/replay.toml`: what the study site shows of a talk. Nothing that does not stand there is published."""

from __future__ import annotations

import datetime
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxstudy.atomic import write_atomically
from jaxstudy.course.header import as_date
from jaxstudy.errors import InputError, Problem, near

FOLDER = "replays"
FILE = "replay.toml"
VERSION = 1
KEYS = (
    "version", "title", "about", "date", "lecture", "transcript", "chapters", "recording", "video", "offset",
    "offset-confirmed",
)  # fmt: skip
_FILES = ("transcript", "chapters", "recording")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_YOUTUBE = re.compile(
    r"https?://(?:www\.|m\.)?(?:youtube\.com/(?:watch\?(?:\S*&)?v=|live/|embed/|shorts/)|youtu\.be/)([\w-]{11})(?![\w-])"
)
_MEDIA = {
    ".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg", ".mov": "video/mp4",
    ".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".opus": "audio/ogg",
    ".wav": "audio/wav", ".flac": "audio/flac",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Media:
    """What plays: a file beside replay.toml, or a YouTube video."""

    path: Path | None = None
    kind: str = ""
    """Its mime type, `video/mp4` or `audio/ogg`; `youtube`."""
    youtube: str = ""
    """The video's id of eleven letters."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One talk to show: the paths are files that are there."""

    path: Path
    """The replay.toml."""
    title: str
    transcript: Path | None = None
    """None: only with a recording."""
    chapters: Path | None = None
    recording: Path | None = None
    lecture: str = ""
    """Name of the lecture that was given, `02_functions`; empty: only words are shown."""
    about: str = ""
    date: datetime.date | None = None
    media: Media | None = None
    offset: float = 0.0
    """Seconds that the recording's clock is ahead of the video's and the transcript's."""
    confirmed: bool = True
    """Whether a person has looked at the offset."""

    @property
    def name(self) -> str:
        """The folder's name: that of the page."""
        return self.path.parent.name


def replay_files(root: Path) -> list[Path]:
    """Every replay.toml of a course, by name."""
    return sorted((root / FOLDER).glob(f"*/{FILE}"))


def read_replay(path: Path, lectures: tuple[str, ...] = ()) -> Replay:
    """What the file says; its files are looked for beside it.

    Args:
        lectures: names of the course's lectures.

    Raises:
        InputError: no TOML, unknown keys, files that are not there, no such lecture: all of them, with their lines.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except OSError as error:
        do = "make it with `jaxstudy replay new`"
        raise InputError(Problem("a replay.toml", error.strerror or str(error), do, path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"line (\d+)", str(error))
        problem = Problem("TOML", str(error), "see toml.io", path, int(line[1]) if line else None)
        raise InputError(problem) from error
    reader = _Reader(path, text, raw)
    replay = reader.replay(lectures)
    if reader.problems:
        raise InputError(*reader.problems)
    return replay


class _Reader:
    """Takes one key after the other, and writes down what is wrong."""

    def __init__(self, path: Path, text: str, raw: dict[str, Any]) -> None:
        self.path, self.raw, self.problems = path, raw, list[Problem]()
        self.lines = {
            found[1]: number
            for number, line in enumerate(text.splitlines(), 1)
            if (found := re.match(r"\s*([\w-]+)\s*=", line))
        }

    def wrong(self, key: str, expected: str, got: str, do: str) -> None:
        self.problems.append(Problem(expected, got, do, self.path, self.lines.get(key, 1)))

    def replay(self, lectures: tuple[str, ...]) -> Replay:
        for key in sorted(set(self.raw) - set(KEYS)):
            self.wrong(key, f"one of {', '.join(KEYS)}", f"{key!r}{near(key, KEYS)}", "rename or remove the key")
        if self.raw.get("version") != VERSION:
            self.wrong("version", f"version = {VERSION}", repr(self.raw.get("version")), "write it, or update jaxstudy")
        if not _NAME.fullmatch(self.path.parent.name):
            do = "rename the folder: it becomes the page's address"
            self.wrong("title", "a folder of small letters, digits, - and _", repr(self.path.parent.name), do)
        files = {key: self.file(key) for key in _FILES}
        if not self.raw.get("transcript") and not self.raw.get("recording"):
            self.wrong("transcript", 'transcript = "…"', "none", "name the file with what was said, or a recording")
        title, lecture = self.text("title"), self.text("lecture")
        if not title:
            self.wrong("title", 'title = "…"', repr(self.raw.get("title")), "name the talk")
        if lecture and lecture not in lectures:
            known = ", ".join(lectures) or "no lecture"
            self.wrong("lecture", f"one of {known}", f"{lecture!r}{near(lecture, lectures)}", "correct the name")
        if self.raw.get("recording") and not lecture:
            self.wrong("recording", "the lecture of the recording", "none", 'write lecture = "02_functions", say')
        return Replay(
            self.path, title, files["transcript"], files["chapters"], files["recording"], lecture,
            self.text("about"), self.date(), self.media(), self.number("offset"), self.confirmed(),
        )  # fmt: skip

    def text(self, key: str) -> str:
        value = self.raw.get(key, "")
        if not isinstance(value, str):
            self.wrong(key, "words in quotes", repr(value)[:60], f'write {key} = "…"')
        return " ".join(value.split()) if isinstance(value, str) else ""

    def file(self, key: str, name: str = "") -> Path | None:
        name = name or self.text(key)
        if not name:
            return None
        found = (self.path.parent / name).resolve()
        if not found.is_file():
            self.wrong(
                key, f"a file beside {self.path.name}", f"{name!r}, and none there", "correct the path, or add it"
            )
            return None
        return found

    def date(self) -> datetime.date | None:
        if "date" not in self.raw:
            return None
        date = as_date(self.raw["date"])
        if date is None:
            self.wrong("date", "a date", repr(self.raw["date"])[:60], "write date = 2026-01-12, say")
        return date

    def number(self, key: str) -> float:
        value = self.raw.get(key, 0.0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e6:
            self.wrong(key, "seconds", repr(value)[:60], f"write {key} = 12.5, say")
            return 0.0
        return float(value)

    def confirmed(self) -> bool:
        value = self.raw.get("offset-confirmed", True)
        if not isinstance(value, bool):
            self.wrong("offset-confirmed", "true or false", repr(value)[:60], "write offset-confirmed = true")
        return value is True

    def media(self) -> Media | None:
        said = self.text("video")
        if not said:
            return None
        if "//" in said:
            found = youtube_id(said)
            if found is None:
                self.wrong("video", "a file, or the address of a YouTube video", repr(said), "correct the address")
            return Media(kind="youtube", youtube=found) if found else None
        kind = media_kind(said)
        if kind is None:
            endings = ", ".join(_MEDIA)
            self.wrong("video", f"a video or audio file ({endings})", repr(said), "convert it: browsers play these")
        path = self.file("video", said)
        return Media(path, kind) if kind and path else None


def youtube_id(address: str) -> str | None:
    """The id in a YouTube address, or None where it is none."""
    found = _YOUTUBE.match(address)
    return found[1] if found else None


def media_kind(name: str) -> str | None:
    """The mime type of a media file that browsers play, or None."""
    return _MEDIA.get(Path(name).suffix.lower())


def write_replay(replay: Replay, path: Path, confidence: float | None = None) -> None:
    """The file, with a word on what each key is for.

    Args:
        confidence: 0…1, of an offset that is only proposed.
    """
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment("A talk on the study site. Written by `jaxstudy replay new`; edit it, then build."))
    document["version"] = VERSION
    document["title"] = replay.title
    document["about"] = replay.about
    if replay.date:
        document["date"] = replay.date
    document["lecture"] = replay.lecture
    for key, file in (
        ("transcript", replay.transcript),
        ("chapters", replay.chapters),
        ("recording", replay.recording),
    ):
        if file:
            document[key] = file.name
    document.add(tomlkit.comment("A file beside this one, or a YouTube address; empty: a plain clock plays."))
    document["video"] = _said(replay.media, path)
    if replay.recording:
        sure = "" if confidence is None else f" Proposed from the words, sure to {confidence:.0%}."
        document.add(tomlkit.comment(f"Seconds that the recording is ahead of the video.{sure}"))
        document["offset"] = replay.offset
        document.add(tomlkit.comment("Play a change of slides; when it comes at the right word, write true."))
        document["offset-confirmed"] = replay.confirmed
    write_atomically(path, tomlkit.dumps(document))


def _said(media: Media | None, path: Path) -> str:
    if media is None:
        return ""
    if media.youtube:
        return f"https://www.youtube.com/watch?v={media.youtube}"
    return media.path.name if media.path and media.path.parent == path.parent else str(media.path)
