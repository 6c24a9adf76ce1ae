"""`jaxstudy data list` and `jaxstudy data fetch`"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from jaxstudy.cli.commands import App, Argument, Exit, Option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jaxstudy.data.download import Progress

app = App(help="The data sets that lectures load.")


@app.command("list")
def list_sets() -> None:
    """Say for each data set what is here, where it comes from, and how to get more."""
    from jaxstudy.cli.show import console
    from jaxstudy.data.survey import survey

    wrong = False
    for found in survey():
        mark = {"whole": "[green]✓[/]", "part": "[yellow]–[/]", "absent": "[yellow]–[/]", "wrong": "[red]✗[/]"}
        console.print(f"{mark[found.state]} {found.name:14} {found.title}")
        console.print(f"    {found.says}", markup=False)
        if found.cure:
            console.print(f"    [green]{found.cure}[/]")
        wrong = wrong or found.state == "wrong"
    raise Exit(1 if wrong else 0)


@app.command("fetch")
def fetch_sets(
    names: Annotated[list[str], Argument(help="Data sets: mnist, fashion_mnist, shakespeare.")],
    mirror: Annotated[
        str, Option(help="Address of a folder that has a folder for each set, instead of the official ones.")
    ] = "",
) -> None:
    """Download data sets into the user's cache; goes on where it stopped, and checks what came."""
    from jaxstudy.cli.show import console, relative
    from jaxstudy.data.download import MIRRORS_VARIABLE, fetch, mirrors_of
    from jaxstudy.data.sets import recipe_of

    for recipe in [recipe_of(name) for name in names]:
        if not recipe.files:
            console.print(f"[green]✓[/] {recipe.name:14} needs no download: load it as it is")
            continue
        mirrors = mirrors_of(recipe, {MIRRORS_VARIABLE: mirror}) if mirror else ()
        with _fetching(recipe.name) as report:
            folder = fetch(recipe, mirrors=mirrors, report=report)
        console.print(f'[green]✓[/] {recipe.name:14} {relative(folder)}, checked; load it with load("{recipe.name}")')


@contextmanager
def _fetching(name: str) -> Iterator[Callable[[Progress], None]]:
    """A live line for each file that is coming; notes (a mirror that was left, a wait) above them."""
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    from jaxstudy.cli.show import console

    columns = (TextColumn("{task.description:32}"), BarColumn(24), DownloadColumn(), TransferSpeedColumn())
    bars = Bars(*columns, console=console, transient=True, disable=not console.is_terminal)
    tasks: dict[str, TaskID] = {}

    def report(progress: Progress) -> None:
        if progress.note == "waiting":
            console.print(f"[dim]another process fetches {name}; waiting for it[/]")
        elif progress.note and progress.note != "resumed":
            console.print(f"[dim]{escape(progress.file)}: {escape(progress.note)}[/]")
        else:
            if progress.file not in tasks:
                tasks[progress.file] = bars.add_task(progress.file, total=None)
            bars.update(tasks[progress.file], completed=progress.done, total=progress.total or None)

    with bars:
        yield report
