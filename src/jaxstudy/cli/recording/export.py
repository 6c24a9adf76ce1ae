"""`jaxstudy recording export`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option
from jaxstudy.cli.recording.showing import NAMED

FORMATS = {"notebook": ".ipynb", "cast": ".cast"}


def export(
    recording: Annotated[str, Argument(help=NAMED)] = "",
    to: Annotated[str, Option(help="notebook, or cast (asciinema's).")] = "notebook",
    out: Annotated[Path | None, Option(help="File to write; default: beside the recording.")] = None,
) -> None:
    """Write a recording as a notebook of what was run with what it gave, or as a terminal session."""
    from rich.markup import escape

    from jaxstudy.atomic import write_atomically
    from jaxstudy.cli.recording.showing import recording_named, show_next, titles_for
    from jaxstudy.cli.show import console, relative
    from jaxstudy.errors import InputError, Problem, near
    from jaxstudy.replay.recorded.casting import cast_of
    from jaxstudy.replay.recorded.notebook import notebook_of

    if to not in FORMATS:
        raise InputError(Problem("notebook or cast", f"{to!r}{near(to, FORMATS)}", "correct --to"))
    found = recording_named(recording)
    make = {"notebook": notebook_of, "cast": cast_of}[to]
    path = out or found.path.parent / f"{found.header.lecture or 'talk'}{FORMATS[to]}"
    write_atomically(path, make(found, titles_for(found)))
    console.print(f"[green]✓[/] {escape(relative(path))}")
    if "redacted" not in found.path.parent.name:
        show_next("jaxstudy recording redact, then export that, before anybody else gets it")
