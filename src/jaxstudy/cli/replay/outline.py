"""`jaxstudy replay outline`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def outline(
    file: Annotated[Path, Argument(help="A transcript in any format that `replay transcript` reads.")],
    sections: Annotated[int | None, Option(min=1, help="How many; default: one for every 3½ minutes.")] = None,
    glossary: Annotated[Path | None, Option(help="Default: the course's glossary.toml, if there is one.")] = None,
    out: Annotated[Path | None, Option(help="Folder for what is written; default: beside the file.")] = None,
) -> None:
    """Draft from a bare transcript: sections and their minutes, questions, homework, terms to check."""
    from jaxstudy.cli.replay.showing import course_terms, glossary_if_any, show_next, show_summary, show_written
    from jaxstudy.cli.show import console
    from jaxstudy.replay.correcting import correct
    from jaxstudy.replay.outline import outline as draft
    from jaxstudy.replay.outline_page import write_outline
    from jaxstudy.replay.reading import read_transcript
    from jaxstudy.replay.suggesting import suggest
    from jaxstudy.replay.transcript import clock

    heard = read_transcript(file)
    words = glossary_if_any(glossary)
    if words is not None:
        heard, _ = correct(heard, words)
    found = draft(heard, sections)
    show_summary(heard)
    for part in found.parts:
        console.print(f"{clock(part.start):>9} {(part.end - part.start) / 60:5.1f} min  {part.title}", markup=False)
    asked, tasks = len(found.questions), len(found.homework)
    console.print(f"  {asked} questions, {tasks} places with something to do, {len(found.terms)} terms to check")
    terms = course_terms()
    suggested = suggest(heard, words, terms) if words or terms else []
    show_written([write_outline(heard, found, suggested, heard.beside("outline.md", out))])
    show_next("rename the sections in it, then: jaxstudy new lecture 05_topic, one heading a section")
