"""`jaxstudy homework grade`"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from jaxstudy.cli.commands import Argument, Exit, Option

if TYPE_CHECKING:
    from jaxstudy.homework.assignment import Assignment
    from jaxstudy.homework.many import Graded, Options


def grade(
    homework: Annotated[str, Argument(help="Number, name or folder of the homework: 02.")],
    submissions: Annotated[
        Path,
        Argument(help="A folder of files, folders or zips, or the zip from Gradescope, Canvas, Moodle, GitHub."),
    ],
    out: Annotated[Path | None, Option(help="Where marks and pages go; default: build/grades/NN_topic.")] = None,
    jobs: Annotated[int, Option(min=0, help="Submissions at once; 0: as many as keep the cores busy.")] = 0,
    seed: Annotated[int | None, Option(min=0, help="Of the checks' random inputs; default: recorded.")] = None,
    resume: Annotated[bool, Option("--resume", help="Keep results that still hold; grade the rest.")] = False,
    late: Annotated[bool, Option(help="Take points off for lateness; --no-late where dates are wrong.")] = True,
    scheduler: Annotated[str, Option(help="Grade on a dask cluster: tcp://HOST:PORT.")] = "",
    allow_weak_sandbox: Annotated[
        bool, Option("--allow-weak-sandbox", help="Grade although students' code can't be held well here.")
    ] = False,
) -> None:
    """Grade a class: marks as CSV, an overview page, feedback for each student.

    Example: jaxstudy homework grade 02 submissions/ , then open build/grades/02_functions/overview.html.
    """
    from jaxstudy.cli.homework.place import find, grades_of
    from jaxstudy.homework.many import Options

    assignment = find(homework)
    options = Options(seed, jobs, resume, late, allow_weak_sandbox, scheduler)
    _grade(assignment, submissions, out or grades_of(assignment), options)


def _grade(assignment: Assignment, submissions: Path, folder: Path, options: Options) -> None:
    from jaxstudy.cli.homework.grading import grading, show_graded
    from jaxstudy.cli.show import stderr
    from jaxstudy.homework.many import grade_class
    from jaxstudy.homework.reports import make_ready

    try:
        with ExitStack() as processes:  # they take as long to end as the reports to be written
            with grading() as on_progress:
                graded: Graded = grade_class(
                    assignment, submissions, folder, options, on_progress, make_ready, processes
                )
            show_graded(assignment, graded, folder)
    except KeyboardInterrupt:
        stderr.print("\nStopped. What is graded is kept: run the same command with --resume to go on.")
        raise Exit(130) from None
