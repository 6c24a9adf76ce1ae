"""Grade one student again, with the seed of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from jaxstudy.errors import InputError, Problem, near
from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.gathering import Submission
from jaxstudy.homework.many.hand import Setup, Unit
from jaxstudy.homework.many.marking import blank_checks, given_up, unreadable
from jaxstudy.homework.many.pool import Pool
from jaxstudy.homework.many.records import Records, Run, digest_of, finished
from jaxstudy.homework.programs import programs_home
from jaxstudy.homework.results import SubmissionResult


def regrade(
    assignment: Assignment, folder: Path, student: str, allow_weak_sandbox: bool = False
) -> tuple[SubmissionResult, SubmissionResult]:
    """Grade one student's work again, as it was handed in; gives the earlier result and the new one.

    Args:
        student: the name as the reports say it, or a part that only one name has.

    Raises:
        InputError: nobody was graded in `folder`, or no one or several are named so.
    """
    records = Records(folder)
    earlier = records.read_all()
    run = records.read_run()
    if run is None:
        raise InputError(Problem("run.json of an earlier run", "none", "grade the class first", folder))
    key = find_student(earlier, student)
    run = replace(
        run, assignment=digest_of(assignment), allow_weak_sandbox=allow_weak_sandbox or run.allow_weak_sandbox
    )
    submission = _as_handed_in(records, key, earlier[key])
    unit = Unit(key, submission.student, str(submission.file or ""), submission.unreadable)
    result = finished(_grade(unit, assignment, records, run), submission, assignment, run)
    records.write(key, result)
    return earlier[key], result


def _grade(unit: Unit, assignment: Assignment, records: Records, run: Run) -> SubmissionResult:
    checks = blank_checks(assignment)
    if unit.unreadable:
        return unreadable(unit, checks, run)
    setup = Setup(str(assignment.folder), run.seed, run.allow_weak_sandbox, str(programs_home()))
    with Pool(setup, assignment.limits, records.log, 1) as pool:
        outcome = next(pool.run([unit]))[1]
    return given_up(unit, outcome, checks, run) if isinstance(outcome, str) else outcome


def _as_handed_in(records: Records, key: str, old: SubmissionResult) -> Submission:
    """The submission that this result was made of."""
    files = [path for path in sorted(records.sources.glob(f"{key}.*")) if path.suffix in (".py", ".ipynb")]
    if not files and not old.unreadable:
        do = "grade the class again: jaxstudy homework grade … --resume"
        raise InputError(Problem(f"the source of {old.student}", "none", do, records.sources))
    return Submission(
        student=old.student,
        source=old.source,
        suffix=files[0].suffix if files else "",
        file=files[0] if files else None,
        digest=old.digest,
        when=datetime.fromisoformat(old.submitted) if old.submitted else None,
        marked_late=not old.submitted and old.late_seconds > 0,
        unreadable=old.unreadable,
        other_files=old.other_files,
    )


def find_student(results: Mapping[str, SubmissionResult], word: str) -> str:
    """The file name of the one student whose name is, or holds, this word.

    Raises:
        InputError: there is none, or there are several.
    """
    names = {key: result.student for key, result in results.items()}
    plain = word.casefold()
    for found in (
        [key for key, name in names.items() if word in (key, name)],
        [key for key, name in names.items() if name.casefold() == plain],
        [key for key, name in names.items() if plain in name.casefold()],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            got = f"{word!r}, which is in {len(found)}: {', '.join(names[key] for key in found[:8])}"
            raise InputError(Problem("the name of one student", got, "write more of it"))
    got = f"{word!r}{near(word, names.values())}"
    raise InputError(Problem("the name of a student who was graded", got, "see the names in marks.csv"))
