"""`jaxstudy recording shift`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option
from jaxstudy.cli.recording.showing import NAMED


def shift(
    recording: Annotated[str, Argument(help=NAMED)] = "",
    by: Annotated[str, Option(help="Later by so much (90, 1:30); earlier with a minus: --by=-90.")] = "0",
    out: Annotated[Path | None, Option(help="Folder for the new recording; default: beside the old.")] = None,
) -> None:
    """Move all of a recording in time, so that its second 0 is that of a video. Nothing goes before 0."""
    from jaxstudy.cli.recording.showing import recording_named, seconds_given, show_line, show_next
    from jaxstudy.cli.show import relative
    from jaxstudy.recording import read_recording, shifted
    from jaxstudy.replay.recorded.copying import beside, moved, write_copy
    from jaxstudy.replay.recorded.summary import summary_of

    found = recording_named(recording)
    seconds = seconds_given(by, "--by")
    folder = out or beside(found.path, "shifted")
    target = write_copy(found.path, folder, moved(found.header, seconds), shifted(found.events, seconds))
    show_line(target, summary_of(read_recording(target)))
    show_next(f"jaxstudy recording redact {relative(target.parent)}")
