"""`jaxstudy replay glossary`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from jaxstudy.cli.commands import Argument, Option

if TYPE_CHECKING:
    from jaxstudy.replay.transcript import Transcript


def glossary(
    file: Annotated[Path, Argument(help="A transcript in any format that `replay transcript` reads.")],
    glossary: Annotated[Path | None, Option(help="Default: the course's glossary.toml.")] = None,
    suggest: Annotated[bool, Option("--suggest", help="Propose forms that the glossary lacks.")] = False,
    accept: Annotated[list[str] | None, Option(help='"heard=term": write it into the glossary first.')] = None,
    out: Annotated[Path | None, Option(help="Folder for what is written; default: beside the file.")] = None,
) -> None:
    """Write misheard terms right: captions, text and a diff to review; the raw words are kept."""
    from jaxstudy.atomic import write_atomically
    from jaxstudy.cli.replay.showing import glossary_path, show_next, show_written
    from jaxstudy.cli.show import console, relative
    from jaxstudy.replay.correcting import correct, diff
    from jaxstudy.replay.glossary import load_glossary
    from jaxstudy.replay.reading import read_transcript
    from jaxstudy.replay.suggesting import accept as write_forms
    from jaxstudy.replay.suggesting import pair_of
    from jaxstudy.replay.writing import write_plain, write_vtt

    path = glossary_path(glossary)
    heard = read_transcript(file)
    if accept:
        show_written([write_forms(path, [pair_of(word) for word in accept])])
    corrected, edits = correct(heard, load_glossary(path))
    if suggest:
        _suggest(corrected, path, file)
        return
    console.print(f"[green]✓[/] {len(edits)} {'place' if len(edits) == 1 else 'places'} corrected by {relative(path)}")
    review = heard.beside("glossary.diff", out)
    captions = write_vtt(corrected, heard.beside("corrected.vtt", out))
    text = write_plain(corrected, heard.beside("corrected.txt", out))
    write_atomically(review, diff(corrected))
    show_written([captions, text, review])
    show_next(f"look through {relative(review)}; stop a wrong edit with not-when under its term in {relative(path)}")
    show_next(
        f"jaxstudy replay glossary {relative(file)} --suggest, then jaxstudy replay align {relative(captions)} 02"
    )


def _suggest(corrected: Transcript, path: Path, file: Path) -> None:
    from jaxstudy.cli.replay.showing import course_terms, show_next
    from jaxstudy.cli.show import console, relative
    from jaxstudy.replay.glossary import load_glossary
    from jaxstudy.replay.suggesting import suggest
    from jaxstudy.replay.transcript import clock

    found = suggest(corrected, load_glossary(path), course_terms())
    for one in found:
        where = f"{one.count:3} × from {clock(one.start)}"
        console.print(f'  "{one.heard}={one.term}"  {where}  … {one.around} …', markup=False)
    if found:
        first = f"{found[0].heard}={found[0].term}"
        show_next(f'jaxstudy replay glossary {relative(file)} --accept "{first}", for each that is right; then guards')
    else:
        console.print("[green]✓[/] nothing that sounds like a term of the course and is not in the glossary")
        show_next(f"jaxstudy replay glossary {relative(file)}")
