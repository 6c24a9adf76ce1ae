"""What `jaxstudy present` says of the recording of its talk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.markup import escape

from jaxstudy.cli.recording.showing import minutes, show_line, show_next
from jaxstudy.cli.show import console, relative

if TYPE_CHECKING:
    from jaxstudy.present.session import PresentSession

_LOOK_SECONDS = 0.3


def say_where(session: PresentSession) -> None:
    """Before the talk: that it is recorded, and whether that goes on with a talk that was broken off."""
    if session.recording is None:
        return
    before = session.recording.continued
    folder = escape(relative(session.recording.path.parent))
    if before is None:
        console.print(f"  recording to {folder} (m sets a mark; --no-record records nothing)")
    else:
        so_far = minutes(before.events[-1].time if before.events else 0.0)
        console.print(f"  [bold]goes on with the recording of the talk that broke off[/] at {so_far}: {folder}")


def watch(session: PresentSession) -> None:
    """Return when the server has ended. Says once that the recording stopped, should it."""
    told = False
    while session.serving.alive:
        if not told and session.serving.wait_for("unrecorded", timeout=_LOOK_SECONDS):
            told = True
            console.print(f"[yellow]{escape(session.serving.events['unrecorded']['why'])}[/]")
        elif told:
            time.sleep(_LOOK_SECONDS)
        else:
            time.sleep(0.01)  # a server that is ending closed its line, and `wait_for` returns at once


def say_recorded(session: PresentSession, ended: bool) -> None:
    """After the talk: where the recording is, how much is in it, what to do with it."""
    from jaxstudy.errors import StudyError
    from jaxstudy.recording import read_recording
    from jaxstudy.replay.recorded.summary import summary_of

    if session.recording is None:
        return
    path = session.recording.path
    if not path.is_file():
        console.print("  nothing was recorded: no cell was run, no other slide shown")
        return
    try:
        show_line(path, summary_of(read_recording(path)))
    except StudyError as error:
        console.print(f"[yellow]the recording can't be read: {escape(str(error))}[/]")
        return
    show_next(f"jaxstudy recording show {relative(path.parent)}" if ended else "present again: the recording goes on")
