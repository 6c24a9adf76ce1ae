"""`jaxstudy homework new`"""

from __future__ import annotations

from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def new(
    name: Annotated[str, Argument(help="Two digits and a topic, as the lecture's: 02_functions.")],
    title: Annotated[str, Option(help="The homework's title; default: the topic.")] = "",
) -> None:
    """Write homework/NAME/: assignment, checks, hidden checks and wrong answers that verify as they are."""
    from jaxstudy.cli.show import console, relative
    from jaxstudy.course import load_course
    from jaxstudy.homework.starting import new_homework

    folder = new_homework(load_course().root, name, title)
    console.print(f"[green]✓[/] {relative(folder)}/")
    console.print(f"  next: edit its files, then [bold]jaxstudy homework verify {name}[/]")
