"""`jaxstudy homework report`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from jaxstudy.cli.commands import Argument, Option


def report(
    homework: Annotated[str, Argument(help="Number, name or folder of the homework: 02.")],
    out: Annotated[Path | None, Option(help="Where the grades lie; default: build/grades/NN_topic.")] = None,
) -> None:
    """Make marks, overview and feedback anew from the results; nothing is graded."""
    from jaxstudy.cli.homework.grading import show_class
    from jaxstudy.cli.homework.place import find, grades_of
    from jaxstudy.homework.many import Records
    from jaxstudy.homework.reports import write_reports

    assignment = find(homework)
    folder = out or grades_of(assignment)
    results = Records(folder).read_all()
    show_class(list(results.values()), write_reports(results, assignment.title, folder))
