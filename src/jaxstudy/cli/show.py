"""How results, progress and errors look in a terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from jaxstudy.errors import FoundWanting, Problem, StudyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jaxstudy.build.doctor import Check
    from jaxstudy.build.execute import StepEvent
    from jaxstudy.build.lectures import Result

# Soft wrap: the terminal breaks lines, so that paths and addresses stay whole when copied or piped.
# No words for pictures (:rocket:): a student's name may hold such a word, and their table takes a while to load.
console = Console(highlight=False, soft_wrap=True, emoji=False)
stderr = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def show_error(error: StudyError) -> int:
    """Print what was found and return the exit code: 1 for work found wanting, 2 for bad input."""
    for detail in error.details:
        stderr.print(Text(detail, style="dim"))
        stderr.print()
    show_problems(error.problems)
    if len(error.problems) > 1:
        stderr.print(f"[bold red]{len(error.problems)} problems[/]")
    return 1 if isinstance(error, FoundWanting) else 2


def show_problems(problems: Sequence[Problem]) -> None:
    """One problem a paragraph: where, what, and what to do."""
    for problem in problems:
        where = f"[bold]{escape(problem.where)}[/]: " if problem.where else ""
        stderr.print(
            f"{where}[red]expected[/] {escape(problem.expected)}, [red]got[/] {escape(problem.got)}; "
            f"[green]{escape(problem.do)}[/]"
        )


def relative(path: Path) -> str:
    """The path as short as it can be said from here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


@contextmanager
def building() -> Iterator[Callable[[StepEvent], None]]:
    """A live line a lecture: steps done, what runs, seconds. On a plain stream: a line when a lecture is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:24}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, TextColumn("[dim]{task.fields[now]}"), console=console, transient=True)
    tasks: dict[str, object] = {}
    lock = threading.Lock()

    def on_event(event: StepEvent) -> None:
        if event.how == "unchanged":
            return  # nothing to wait for
        with lock:
            if event.lecture not in tasks:
                tasks[event.lecture] = progress.add_task(event.lecture, total=max(event.total, 1), now="")
            now = event.step and f"{event.step} {event.how} {event.seconds:.1f} s"
            now = now or {"writing": "writing deck and notebooks"}.get(event.how, "")
            progress.update(tasks[event.lecture], completed=event.done, total=max(event.total, 1), now=now)  # type: ignore[arg-type]

    with progress:
        yield on_event


def show_results(results: Sequence[Result]) -> None:
    """What a build did, one line a lecture, notes below."""
    for result in results:
        restored = f", {result.restored} restored" if result.restored else ""
        done = f"{result.ran} of {result.steps} steps run{restored}" if result.ran else "nothing to run"
        console.print(f"[green]✓[/] {result.lecture.stem:24} {done:40} {result.seconds:6.1f} s")
        for note in result.notes:
            console.print(f"  [yellow]{escape(note)}[/]")


def show_checks(checks: Sequence[Check]) -> bool:
    """One line each, cures below what is missing; whether all that is needed is there."""
    for check in checks:
        mark = "[green]✓[/]" if check.ok else "[red]✗[/]" if check.needed else "[yellow]–[/]"
        console.print(f"{mark} {check.name:16} {escape(check.detail)}")
        if not check.ok:
            console.print(f"    [green]{escape(check.cure)}[/]")
    return all(check.ok or not check.needed for check in checks)
