"""`jaxstudy recording trim`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option
from jaxstudy.cli.recording.showing import NAMED


def trim(
    recording: Annotated[str, Argument(help=NAMED)] = "",
    start: Annotated[str, Option("--from", help="What comes before goes: 90, 1:30, 1:02:03.5.")] = "0",
    end: Annotated[str, Option("--to", help="What comes later goes; default: to the end.")] = "",
    out: Annotated[Path | None, Option(help="Folder for the new recording; default: beside the old.")] = None,
) -> None:
    """Keep a part of a talk. Cells that ran before it stay, at second 0: the notebook as it stood."""
    import math

    from jaxstudy.cli.recording.showing import recording_named, seconds_given, show_line, show_next
    from jaxstudy.cli.show import relative
    from jaxstudy.errors import InputError, Problem
    from jaxstudy.recording import read_recording, trimmed
    from jaxstudy.replay.recorded.copying import beside, moved, write_copy
    from jaxstudy.replay.recorded.summary import summary_of

    found = recording_named(recording)
    first = seconds_given(start, "--from")
    last = seconds_given(end, "--to") if end else math.inf
    if not 0 <= first < last:
        raise InputError(Problem("--from before --to, both from the start", f"{start} and {end}", "correct the times"))
    header = moved(found.header, -first)
    target = write_copy(found.path, out or beside(found.path, "trimmed"), header, trimmed(found.events, first, last))
    show_line(target, summary_of(read_recording(target)))
    show_next(f"jaxstudy recording redact {relative(target.parent)}")
