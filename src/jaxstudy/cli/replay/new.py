"""`jaxstudy replay new`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from jaxstudy.cli.commands import Argument, Option

if TYPE_CHECKING:
    from jaxstudy.replay.starting import Started


def new(
    files: Annotated[list[Path], Argument(help="A recording (or its folder), a transcript, or both.")],
    lecture: Annotated[str, Option(help="Number or name; default: the recording's.")] = "",
    video: Annotated[str, Option(help="A video or audio file, or a YouTube address.")] = "",
    name: Annotated[str, Option(help="Of the folder and the page; default: lecture and date.")] = "",
    title: Annotated[str, Option(help="Default: the lecture's.")] = "",
    offset: Annotated[
        float | None, Option(help="Seconds the recording is ahead of the video; default: proposed.")
    ] = None,
) -> None:
    """Make a talk ready for the study site: replays/NAME with words, chapters and what was run, to edit."""
    from jaxstudy.cli.replay.showing import show_written
    from jaxstudy.course import load_course
    from jaxstudy.replay.starting import Wishes, start_replay

    started = start_replay(load_course(), files, Wishes(lecture, name, title, video, offset))
    show_written(sorted(path for path in started.path.parent.iterdir() if path.is_file()))
    _show(started)


def _show(started: Started) -> None:
    from jaxstudy.cli.replay.showing import show_next
    from jaxstudy.cli.show import console, relative

    chapters = started.charted.chapters.chapters if started.charted else ()
    doubtful = sum(one.confidence < 0.8 for one in chapters)
    said = [f"{len(chapters)} chapters" + (f", {doubtful} to look at" if doubtful else "")] if chapters else []
    said += [f"{started.events} events"] if started.events else []
    said += [f"{started.edits} places corrected by the glossary"] if started.edits else []
    said += [f"{started.mended} things mended in the transcript"] if started.mended else []
    console.print(f"  {'; '.join(said) or 'words only: without a lecture there are no chapters'}")
    for note in started.notes:
        console.print(f"  [yellow]note[/] {note.got}: expected {note.expected}; {note.do}", style=None)
    where = relative(started.path)
    if started.charted and started.charted.offset:
        found = started.charted.offset
        console.print(
            f"  [yellow]proposed[/] the recording is {found.seconds:.0f} s ahead of the video "
            f"(sure to {found.confidence:.0%}); confirm or mend offset in {where}"
        )
    if started.events:
        show_next("all of recording.jsonl is published: read it; jaxstudy recording redact takes out what is private")
    show_next(
        f"look at {where} and chapters.toml, then jaxstudy serve: the page is replays/{started.path.parent.name}.html"
    )
