"""`jaxstudy replay align`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from jaxstudy.cli.commands import Argument, Option

if TYPE_CHECKING:
    from jaxstudy.replay.chapters import Chapters
    from jaxstudy.replay.charting import Charted


def align(
    file: Annotated[Path, Argument(help="A transcript in any format that `replay transcript` reads.")],
    lecture: Annotated[str, Argument(help="Number, name or file of the lecture that was given.")],
    recording: Annotated[Path | None, Option(help="What `present` recorded: slides and runs then rule.")] = None,
    offset: Annotated[float | None, Option(help="Recording's seconds at the video's second 0.")] = None,
    afresh: Annotated[bool, Option("--afresh", help="Forget the chapters file that is there.")] = False,
    out: Annotated[Path | None, Option(help="Folder for what is written; default: beside the file.")] = None,
) -> None:
    """Find which part of the lecture is spoken of when, and write chapters to edit, with a text for YouTube."""
    from jaxstudy.cli.course import course_for
    from jaxstudy.course import read_lecture
    from jaxstudy.recording import read_recording
    from jaxstudy.replay.chapters import ENDING, read_chapters, write_chapters
    from jaxstudy.replay.charting import chart, chart_recording
    from jaxstudy.replay.reading import read_transcript

    heard = read_transcript(file)
    _, paths = course_for([lecture])
    script = read_lecture(paths[0])
    path = heard.beside(ENDING, out)
    before = read_chapters(path) if path.exists() and not afresh else None
    if recording is not None:
        charted = chart_recording(heard, script, read_recording(recording).events, offset, before)
    else:
        charted = chart(heard, script, before)
    _show(charted, {step.id for step in script})
    write_chapters(charted.chapters, path)
    _finish(charted, path, heard.beside("youtube.txt", out))


def _show(charted: Charted, known: set[str]) -> None:
    from jaxstudy.cli.show import console
    from jaxstudy.replay.transcript import clock

    for chapter in charted.chapters.chapters:
        # Below a half, somebody should look; a recording's chapters are sure.
        colour = "green" if chapter.confidence >= 0.8 else "yellow" if chapter.confidence >= 0.5 else "red"
        sure = f"[{colour}]{chapter.confidence:5.0%}[/]"
        mark = "" if not chapter.section or chapter.section in known else "  [dim](not in the lecture)[/]"
        console.print(f"{clock(chapter.start):>9} {sure}  {chapter.title.replace('[', '(')}{mark}")
    levels = [chapter.confidence for chapter in charted.chapters.chapters]
    if levels and sum(levels) < len(levels) / 2:
        console.print("  [red]the talk hardly follows this lecture[/]: is it the right one?")
    for one in charted.chapters.not_taught:
        console.print(f"  [yellow]not taught[/] {one}")
    for old, new in charted.renamed:
        console.print(f"  [yellow]renamed[/] {old!r} is {new!r} now", markup=True)
    for title in charted.gone:
        console.print(f"  [yellow]gone[/] the lecture has no {title!r} any more; the chapter stays")
    if charted.kept:
        console.print(f"  {charted.kept} chapters kept from the file that was there (--afresh forgets it)")


def _finish(charted: Charted, path: Path, youtube: Path) -> None:
    from jaxstudy.cli.replay.showing import show_next, show_written
    from jaxstudy.cli.show import console, relative

    show_written([path, *_for_youtube(charted.chapters, path, youtube)])
    if charted.offset is not None:
        found = charted.offset
        console.print(
            f"  the recording seems {found.seconds:.0f} s ahead of the video (sure to {found.confidence:.0%})"
        )
        show_next(
            f"play a slide change to confirm it; --offset {found.seconds:.0f} settles it, another number mends it"
        )
    else:
        show_next(f"look at what is not green; mend times and titles in {relative(path)} and run this again")


def _for_youtube(chapters: Chapters, path: Path, out: Path) -> list[Path]:
    from jaxstudy.atomic import write_atomically
    from jaxstudy.cli.show import console
    from jaxstudy.errors import InputError
    from jaxstudy.replay.chapters import youtube

    try:
        write_atomically(out, youtube(chapters, path))
    except InputError as error:
        for problem in error.problems:
            console.print(f"  no text for YouTube: expected {problem.expected}, got {problem.got}", markup=False)
        out.unlink(missing_ok=True)  # an older one would be of other chapters
        return []
    return [out]
