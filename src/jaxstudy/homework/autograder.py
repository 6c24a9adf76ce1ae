"""The same grading on other people's platforms: a Gradescope autograder, a GitHub Classroom template, one submission.

Source: Gradescope, "Autograder Specifications": a zip with `setup.sh` and `run_autograder`; submissions in
`/autograder/submission`, the answer in `/autograder/results/results.json`.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.gathering import gather_one
from jaxstudy.homework.many.hand import Unit
from jaxstudy.homework.many.marking import blank_checks, unreadable
from jaxstudy.homework.many.records import Run, digest_of, files_of, finished, seed_of
from jaxstudy.homework.own_wheel import own_wheel, packed
from jaxstudy.homework.release import student_files
from jaxstudy.homework.results import SubmissionResult

_ASSETS = Path(__file__).parents[1] / "assets" / "homework" / "autograder"


@dataclass(frozen=True, slots=True)
class Autograders:
    """What `write_autograders` wrote."""

    gradescope: Path
    classroom: Path


def write_autograders(assignment: Assignment, folder: Path) -> Autograders:
    """Write the autograder for Gradescope (with the hidden checks) and the template for GitHub Classroom (without).

    Raises:
        InputError: the homework can't be released.
    """
    wheel, data = own_wheel()
    homework = {f"homework/{assignment.name}/{name}": content for name, content in files_of(assignment).items()}
    scripts = {
        "setup.sh": _filled("setup.sh.txt"),
        "run_autograder": _filled("run_autograder.txt", NAME=assignment.name),
    }
    gradescope = folder / f"{assignment.name}-gradescope.zip"
    write_atomically(gradescope, packed({**scripts, wheel: data, **homework}, tuple(scripts)))
    students = student_files(assignment)
    slug = f"homework-{assignment.number}"
    script = next((name for name in students if name.endswith(".ipynb")), f"{assignment.name}.py")
    files = {
        ".github/workflows/checks.yml": _filled("classroom.yml.txt", FILE=script),
        "CLASSROOM.md": _filled("CLASSROOM.md.txt", SLUG=slug, NUMBER=assignment.number),
    }
    classroom = folder / f"{assignment.name}-classroom.zip"
    write_atomically(classroom, packed({**students, **files, wheel: data}))
    return Autograders(gradescope, classroom)


def grade_one(assignment: Assignment, submission: Path, allow_weak_sandbox: bool = False) -> SubmissionResult:
    """Grade one file, zip or folder: everything in it is one student's. Lateness costs nothing here.

    Raises:
        ToolMissing: the sandbox would be weaker than it must be, and `allow_weak_sandbox` was not said.
    """
    digest = digest_of(assignment)
    run = Run(assignment.name, digest, seed_of(digest), str(submission), False, allow_weak_sandbox)
    with tempfile.TemporaryDirectory(prefix="jaxstudy-one-") as folder:
        found = gather_one(submission, Path(folder), assignment.name)
        if found.file is None:
            unit = Unit(found.key, found.student, "", found.unreadable)
            return finished(unreadable(unit, blank_checks(assignment), run), found, assignment, run)
        from jaxstudy.homework.grading import Grader

        with Grader(assignment, seed=run.seed, allow_weak_sandbox=allow_weak_sandbox) as grader:
            return finished(grader.grade(found.file, found.student), found, assignment, run)


def _filled(asset: str, **values: str) -> bytes:
    text = (_ASSETS / asset).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text.encode()
