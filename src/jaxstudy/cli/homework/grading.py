"""How grading looks in a terminal: progress, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape

from jaxstudy.cli.homework.place import grades_of
from jaxstudy.cli.show import console, relative

if TYPE_CHECKING:
    from jaxstudy.homework.assignment import Assignment
    from jaxstudy.homework.many import Graded, Progress
    from jaxstudy.homework.reports import Reports
    from jaxstudy.homework.results import SubmissionResult

_MANY_LATE = 0.5


@contextmanager
def grading() -> Iterator[Callable[[Progress], None]]:
    """A live line: how many are graded, how long it takes yet, who was last."""
    from rich import progress

    columns = (progress.BarColumn(30), progress.MofNCompleteColumn(), progress.TimeRemainingColumn())
    quiet = not console.is_terminal
    who = "[dim]{task.fields[who]}"
    shown = progress.Progress("grading", *columns, who, console=console, transient=True, disable=quiet)
    task = shown.add_task("", total=None, who="")

    def on_progress(now: Progress) -> None:
        if quiet and not now.student:  # in a log: that it has begun, and how much there is
            kept = f", {now.kept} of them kept from before" if now.kept else ""
            console.print(f"grading {now.total}{kept} …")
        shown.update(task, completed=now.done, total=now.total, who=escape(now.student[:40]))

    with shown:
        yield on_progress


def show_graded(assignment: Assignment, graded: Graded, folder: Path) -> None:
    """Write the reports; say how it went, where everything is, and what to look at."""
    from jaxstudy.homework.reports import write_reports

    reports = write_reports(graded.results, assignment.title, folder)
    count = len(graded.results)
    kept = f", {graded.kept} kept from before" if graded.kept else ""
    console.print(f"[green]✓[/] {count} {'submission' if count == 1 else 'submissions'} of {assignment.name}{kept}")
    if graded.ignored:
        console.print(f"  [dim]left out, nobody's work: {escape(', '.join(graded.ignored[:5]))}[/]")
    show_class(list(graded.results.values()), reports)
    where = "" if folder == grades_of(assignment) else f" --out {relative(folder)}"
    number = assignment.name.partition("_")[0]
    for command in (f"regrade {number} --student NAME", f"similarity {number}"):
        console.print(f"  [dim]then: jaxstudy homework {escape(command + where)}[/]")


def show_class(results: list[SubmissionResult], reports: Reports) -> None:
    """Mean, what needs a look, and where the reports are."""
    marks = [result.mark for result in results]
    unreadable = sum(bool(result.unreadable) for result in results)
    incidents = sum(bool(result.incidents) for result in results)
    late = sum(result.late_seconds > 0 for result in results)
    total = max(result.total for result in results)
    console.print(f"  mean {sum(marks) / len(marks):.2f} of {total:g} points, {late} late")
    console.print(f"  {unreadable} unreadable (mark 0, with the reason), {incidents} with sandbox incidents")
    tiers = sorted({result.sandbox.tier for result in results if result.sandbox})
    if tiers:
        weak = any(not tier.startswith("namespaces") for tier in tiers)
        warning = " [yellow](weaker than namespaces: only for code that you would run yourself)[/]" if weak else ""
        console.print(f"  sandbox: {', '.join(tiers)}{warning}; seed {results[0].seed}")
        layers = dict.fromkeys(layer for result in results if result.sandbox for layer in result.sandbox.layers)
        console.print(f"  [dim]layers: {', '.join(layers)}[/]")
    for without in sorted({result.environment["without"] for result in results if "without" in result.environment}):
        jax = results[0].environment.get("jax", "")
        console.print(f"  [yellow]slower than it could be with jax {jax}: without {without}; marks are the same[/]")
    console.print(f"  marks     {relative(reports.marks)}")
    console.print(f"  overview  {relative(reports.overview)}")
    console.print(f"  feedback  {relative(reports.feedback)}/")
    if late > _MANY_LATE * len(results):
        console.print("[yellow]Most are late by their files' dates. Were the files copied? Then: --no-late --resume[/]")
    look = " Look at the unreadable and the incidents there first." if unreadable or incidents else ""
    console.print(f"Next: open the overview in a browser.{look}")
