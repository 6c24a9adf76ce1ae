"""Where recordings lie, and which one a new session goes on with.

recordings/02_functions/2026-11-24-180000/
    recording.jsonl
    figures/ab12….png
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.errors import InputError
from jaxstudy.recording import FILE, Event, Header, Recording, Writer, in_use, read_recording

FOLDER = "recordings"
"""At the course's root, git-ignored: they are the presenter's."""
CONTINUED_SECONDS = 3 * 3600.0
"""A talk that broke off no longer ago than that is gone on with."""
_STAMP = re.compile(r"\d{4}-\d\d-\d\d-\d{6}(-\d+)?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session records."""

    path: Path
    """The recording's file; it comes into being with the first thing worth keeping."""
    continued: Recording | None = None
    """What is in it already: the talk was broken off."""


def place_for(recordings: Path, lecture: str, now: datetime.datetime) -> Place:
    """The place of a talk that starts now: that of the last one when it was broken off lately, else a new one."""
    folder = recordings / lecture
    earlier = sorted(path for path in _files(folder) if _STAMP.fullmatch(path.parent.name))
    if earlier and now.timestamp() - earlier[-1].stat().st_mtime < CONTINUED_SECONDS and not in_use(earlier[-1]):
        recording = _read(earlier[-1])
        if recording is not None and not any(event.kind == "end" for event in recording.events):
            return Place(earlier[-1], recording)
    stamp = f"{now:%Y-%m-%d-%H%M%S}"
    names = (stamp, *(f"{stamp}-{number}" for number in range(2, 1000)))
    return Place(next(folder / name / FILE for name in names if not (folder / name).exists()))


def end_recording(path: Path) -> None:
    """Say in the recording that the presenter ended the talk; nothing where there is none.

    Raises:
        OSError: it cannot be written to.
    """
    recording = _read(path)
    if recording is None:
        return
    last = recording.events[-1].time if recording.events else 0.0
    with Writer(path, Header()) as writer:
        writer.write(Event(max(last, seconds_since(recording.header)), "end"))


def seconds_since(header: Header) -> float:
    """Seconds of wall clock from the start of a recording until now; 0 when it does not say when that was."""
    try:
        started = datetime.datetime.fromisoformat(header.started)
        return max(0.0, (datetime.datetime.now(datetime.UTC) - started).total_seconds())
    except (ValueError, TypeError):  # no time, or one without its zone
        return 0.0


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.glob(f"*/{FILE}") if path.is_file()] if folder.is_dir() else []


def _read(path: Path) -> Recording | None:
    try:
        return read_recording(path)
    except InputError:  # none there, or broken by hand: never a reason not to start a talk
        return None
