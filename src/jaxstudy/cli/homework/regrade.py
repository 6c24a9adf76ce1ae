"""`jaxstudy homework regrade`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from rich.markup import escape

from jaxstudy.cli.commands import Argument, Option


def regrade(
    homework: Annotated[str, Argument(help="Number, name or folder of the homework: 02.")],
    student: Annotated[str, Option(help="The student's name, or a part that only one name has.")],
    out: Annotated[Path | None, Option(help="Where the grades lie; default: build/grades/NN_topic.")] = None,
    allow_weak_sandbox: Annotated[
        bool, Option("--allow-weak-sandbox", help="Grade although students' code can't be held well here.")
    ] = False,
) -> None:
    """Grade one student's file again, as it was handed in, with the seed of the run; all reports follow."""
    from jaxstudy.cli.homework.place import find, grades_of
    from jaxstudy.cli.show import console, relative
    from jaxstudy.homework.many import Records
    from jaxstudy.homework.many import regrade as regrade_student
    from jaxstudy.homework.reports import write_reports

    assignment = find(homework)
    folder = out or grades_of(assignment)
    before, now = regrade_student(assignment, folder, student, allow_weak_sandbox)
    reports = write_reports(Records(folder).read_all(), assignment.title, folder)
    marks = f"{now.mark:g} of {now.total:g} points, {before.mark:g} before"
    console.print(f"[green]✓[/] {escape(now.student)}: {marks}")
    console.print(f"  marks     {relative(reports.marks)}\n  feedback  {relative(reports.feedback)}/")
