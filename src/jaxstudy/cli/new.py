"""`jaxstudy new course` and `jaxstudy new lecture`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import App, Argument, Option

app = App(help="Start something new from a template.")


@app.command("course")
def course(
    name: Annotated[Path, Argument(help="A folder, made if need be; . for this one.", metavar="NAME")],
    title: Annotated[str, Option(help="The course's title; default: the folder's name.")] = "",
) -> None:
    """Write a course that builds as it is: settings, a lecture, its homework, a workflow that publishes the site."""
    from rich.markup import escape

    from jaxstudy.cli.show import console, relative
    from jaxstudy.homework.new_course import new_course
    from jaxstudy.installing import called

    for path in new_course(name, title):
        console.print(f"[green]✓[/] {escape(relative(path))}")
    console.print("  next, in this order:")
    steps = _next_steps(name, called(name))
    width = max(len(words) for words, _ in steps)
    for words, why in steps:
        console.print(f"    [bold]{escape(words)}[/]{'':{width - len(words)}}   {why}")


def _next_steps(folder: Path, jaxstudy: str) -> list[tuple[str, str]]:
    import shlex

    from jaxstudy.build.webparts import installed

    here = folder.resolve() == Path.cwd()
    return [
        *([] if here else [(f"cd {shlex.quote(str(folder))}", "the course")]),
        *([] if installed() else [(f"{jaxstudy} doctor --install", "brings reveal.js, KaTeX and Mermaid")]),
        (f"{jaxstudy} build", "runs the lecture; makes deck, notebook and site"),
        (f"{jaxstudy} serve --open", "shows the site; edit lectures/01_start.py and course.toml, and it reloads"),
        (f"{jaxstudy} present 01", "gives the lecture live"),
        ("git init -b main && git add .", "README.md says how to publish"),
    ]


@app.command("lecture")
def lecture(
    name: Annotated[str, Argument(help="Two digits and a topic: 03_trees.")],
    title: Annotated[str, Option(help="The lecture's title; default: the topic.")] = "",
) -> None:
    """Write lectures/NAME.py: a short lecture that builds and passes the checks."""
    from jaxstudy.cli.show import console, relative
    from jaxstudy.course import load_course
    from jaxstudy.course.starting import new_lecture

    path = new_lecture(load_course(), name, title)
    console.print(f"[green]✓[/] {relative(path)}")
    console.print(f"  next: edit it, then [bold]jaxstudy check {name}[/] and [bold]jaxstudy present {name}[/]")
