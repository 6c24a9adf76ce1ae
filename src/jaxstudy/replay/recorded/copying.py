"""A changed recording is a new one beside the old: whole or not there, with the figures it shows and no others."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.errors import InputError, Problem
from jaxstudy.recording import FIGURES, FILE, Event, Header

_FIGURE = re.compile(rf"{FIGURES}/[0-9a-f]{{8,64}}\.(?:png|svg|jpg|gif)")


def beside(recording: Path, word: str) -> Path:
    """A folder for what is made of a recording: `…/2026-11-24-180000-trimmed`, or the next that is free."""
    folder = recording.parent if recording.name == FILE else recording.with_suffix("")
    name = f"{folder.name}-{word}"
    names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
    return next(folder.parent / each for each in names if not (folder.parent / each).exists())


def write_copy(source: Path, folder: Path, header: Header, events: Iterable[Event]) -> Path:
    """Write a recording made from `source` into a new folder, and copy its figures; returns the file.

    A figure that is not beside the source is left out, as it was there.

    Raises:
        InputError: there is a recording in the folder already, or the folder can't be written.
    """
    target = folder / FILE
    if target.exists():
        do = "give another --out, or remove it"
        raise InputError(Problem("a folder without a recording", f"one in {folder}", do, folder))
    events = list(events)
    try:
        for name in figures_of(events):
            picture = source.parent / name
            if picture.is_file():
                write_atomically(folder / name, picture.read_bytes())
        write_atomically(target, "".join(f"{line}\n" for line in (header, *events)))
    except OSError as error:
        raise InputError(
            Problem("room to write in", error.strerror or str(error), "give another --out", folder)
        ) from error
    return target


def figures_of(events: Iterable[Event]) -> list[str]:
    """The figures that the events show, each once. Names that are none of the recorder's are passed over."""
    named = (event.data.get("figure") for event in events)
    return list(dict.fromkeys(name for name in named if isinstance(name, str) and _FIGURE.fullmatch(name)))


def moved(header: Header, seconds: float) -> Header:
    """The header of events that were shifted by so much: second 0 is another moment of the wall clock now."""
    try:
        started = datetime.datetime.fromisoformat(header.started) - datetime.timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return header
    return Header(header.lecture, started.isoformat(timespec="milliseconds"), header.version, header.more)
