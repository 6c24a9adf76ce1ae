"""One homework verified, with a progress line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxstudy.homework.assignment import Assignment
    from jaxstudy.homework.verify import Event, Verified


def verified(assignment: Assignment, *, rounds: int, seed: int | None, sandbox: bool) -> Verified:
    """See `jaxstudy.homework.verify.verify`; the release is made too, to find leaks."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from jaxstudy.cli.show import console
    from jaxstudy.homework.release import student_files
    from jaxstudy.homework.trying import OwnProcess, Sandboxed
    from jaxstudy.homework.verify import verify

    student_files(assignment)
    columns = (TextColumn("{task.description:16}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
    progress = Progress(*columns, TextColumn("[dim]{task.fields[now]}"), console=console, transient=True)
    task = progress.add_task(assignment.name, total=None, now="starting")

    def on_event(event: Event) -> None:
        progress.update(task, completed=event.done, total=event.total, now=event.what)

    with progress, (Sandboxed if sandbox else OwnProcess)(assignment) as runner:
        checks = [(check.id, check.functions) for check in runner.checks]
        return verify(assignment, runner, checks, seed=seed, rounds=rounds, on_event=on_event)
