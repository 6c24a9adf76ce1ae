"""`jaxstudy homework similarity`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def similarity(
    homework: Annotated[str, Argument(help="Number, name or folder of the homework: 02.")],
    out: Annotated[Path | None, Option(help="Where the grades lie; default: build/grades/NN_topic.")] = None,
) -> None:
    """Rank pairs of graded submissions that are alike, and show them side by side."""
    from jaxstudy.cli.homework.place import find, grades_of
    from jaxstudy.cli.show import console, relative
    from jaxstudy.homework.many import Records
    from jaxstudy.homework.script import read_script
    from jaxstudy.homework.similarity import read_works, similar_pairs, write_similarity

    assignment = find(homework)
    folder = out or grades_of(assignment)
    works = read_works(Records(folder), read_script(assignment.script).starter)
    pairs = similar_pairs(works)
    page = write_similarity(pairs, assignment.title, folder)
    console.print(f"[green]✓[/] {len(works)} submissions compared, {len(pairs)} pairs to look at")
    console.print(f"  ranking  {relative(page)}\nA high share is a reason to look, not a verdict.")
