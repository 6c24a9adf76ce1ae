"""`jaxstudy homework autograder` and `jaxstudy homework grade-one`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def autograder(
    homework: Annotated[str, Argument(help="Number, name or folder of the homework: 02.")],
    out: Annotated[Path | None, Option(help="Where the zips go; default: build/autograder.")] = None,
) -> None:
    """Write a Gradescope autograder and a template repository for GitHub Classroom."""
    from jaxstudy.cli.homework.place import find, grades_of
    from jaxstudy.cli.show import console, relative
    from jaxstudy.homework.autograder import write_autograders

    assignment = find(homework)
    made = write_autograders(assignment, out or grades_of(assignment).parents[1] / "autograder")
    console.print(
        f"[green]✓[/] {relative(made.gradescope)}  upload it under Configure Autograder; it holds hidden checks"
    )
    console.print(f"[green]✓[/] {relative(made.classroom)}  a template repository; CLASSROOM.md in it says how")


def grade_one(
    homework: Annotated[str, Argument(help="Number, name or folder of the homework: 02.")],
    submission: Annotated[Path, Argument(help="One student's file, zip or folder.")],
    results: Annotated[Path, Option(help="Where Gradescope's results.json goes.")] = Path("results.json"),
    allow_weak_sandbox: Annotated[
        bool, Option("--allow-weak-sandbox", help="Grade although students' code can't be held well here.")
    ] = False,
) -> None:
    """Grade one student's work and write it as Gradescope's results.json; what an autograder runs."""
    from jaxstudy.atomic import write_atomically
    from jaxstudy.cli.homework.place import find
    from jaxstudy.cli.show import console, relative
    from jaxstudy.homework.autograder import grade_one as grade_submission
    from jaxstudy.homework.reports.gradescope import gradescope_json

    result = grade_submission(find(homework), submission, allow_weak_sandbox)
    write_atomically(results, gradescope_json(result))
    console.print(f"{result.mark:g} of {result.total:g} points; {relative(results)}")
