"""`jaxstudy new lecture`"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Start something new from a template.")


@app.callback()
def new() -> None:
    """Start something new from a template that works as it is."""


@app.command("lecture")
def lecture(
    name: Annotated[str, typer.Argument(help="Two digits and a topic: 03_trees.")],
    title: Annotated[str, typer.Option(help="The lecture's title; default: the topic.")] = "",
) -> None:
    """Write lectures/NAME.py: a short lecture that builds and passes the checks."""
    from jaxstudy.cli.show import console, relative
    from jaxstudy.course import load_course
    from jaxstudy.course.starting import new_lecture

    path = new_lecture(load_course(), name, title)
    console.print(f"[green]✓[/] {relative(path)}")
    console.print(f"  next: edit it, then [bold]jaxstudy check {name}[/] and [bold]jaxstudy present {name}[/]")
