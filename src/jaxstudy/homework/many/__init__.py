"""Grade a class: everyone's submission, in parallel, each result on disk as soon as it is there.

    outcome = grade_class(assignment, Path("submissions"), Path("build/grades/02_functions"), Options(jobs=4))

Killed in the midst, it goes on with `Options(resume=True)`. The same seed gives the same marks, in any order, on any
number of processes or machines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.many.hand import Setup, Unit
from jaxstudy.homework.many.marking import blank_checks, given_up, unreadable
from jaxstudy.homework.many.pool import Outcome, Pool, cores
from jaxstudy.homework.many.records import Records, Run, digest_of, finished, seed_of, still_holds
from jaxstudy.homework.programs import programs_home
from jaxstudy.homework.results import SubmissionResult

if TYPE_CHECKING:
    from jaxstudy.homework.gathering import Gathered, Submission

__all__ = ["Graded", "Options", "Progress", "Records", "grade_class", "regrade"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to grade a class."""

    seed: int | None = None
    """Of all random inputs; None: the one of the run that is resumed, else one made from the assignment."""
    jobs: int = 0
    """Submissions at once; 0: one more than there are cores, since one is always about to start or to end."""
    resume: bool = False
    """Keep the results of an earlier run that still hold."""
    late: bool = True
    """Whether lateness costs points."""
    allow_weak_sandbox: bool = False
    scheduler: str = ""
    """The address of a dask.distributed scheduler; empty: this machine."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come."""

    done: int
    total: int
    kept: int
    """Of those done: results of an earlier run that still hold."""
    student: str = ""


@dataclass(frozen=True, slots=True)
class Graded:
    """What grading a class gave."""

    results: dict[str, SubmissionResult]
    """By file name, in the order of the students' names."""
    kept: int
    run: Run
    ignored: tuple[str, ...] = ()


def grade_class(
    assignment: Assignment,
    submissions: Path,
    folder: Path,
    options: Options,
    on_progress: Callable[[Progress], None] = lambda _: None,
    meanwhile: Callable[[], None] = lambda: None,
    processes: ExitStack | None = None,
) -> Graded:
    """Grade everyone; results lie in `folder` (see `Records`) as they come.

    Args:
        assignment: what was to be done.
        submissions: a folder, or a zip.
        folder: for all that comes of it.
        options: how.
        on_progress: told of each result.
        meanwhile: done while the first process starts, which takes longer than most.
        processes: closing it waits for the end of what grades, which here ends by itself after the last result. None:
            this waits.

    Raises:
        InputError: no submissions, or a homework that can't be read.
        ToolMissing: the sandbox would be weaker than it must be, and `allow_weak_sandbox` was not said.
        FoundWanting: grading processes don't start.
    """
    records = Records(folder)
    records.make()
    run = _run(assignment, submissions, records, options)
    with ExitStack() as own:
        stack = processes or own
        # Where all is to be graded, the processes start while the files are gathered.
        early = None if options.resume else stack.enter_context(_engine(assignment, records, run, options))
        from jaxstudy.homework.gathering import gather

        gathered = gather(Path(submissions), records.sources, assignment.name)
        everyone = {submission.key: submission for submission in gathered.submissions}
        records.forget_others(everyone)
        records.write_run(run)
        results = _kept(records, everyone, assignment, run) if options.resume else {}
        meanwhile()

        def engine() -> Engine:
            return early or stack.enter_context(_engine(assignment, records, run, options))

        return _grade(assignment, records, run, gathered, results, engine, on_progress)


def _run(assignment: Assignment, submissions: Path, records: Records, options: Options) -> Run:
    digest = digest_of(assignment)
    before = records.read_run()
    seed = options.seed
    if seed is None:
        seed = before.seed if options.resume and before and before.assignment == digest else seed_of(digest)
    where = str(Path(submissions).expanduser().absolute())
    return Run(assignment.name, digest, seed, where, options.late, options.allow_weak_sandbox)


def _kept(
    records: Records, everyone: dict[str, Submission], assignment: Assignment, run: Run
) -> dict[str, SubmissionResult]:
    """Results of an earlier run that still hold; when they came and what that costs is worked out anew."""
    results = {}
    for key, submission in everyone.items():
        old = records.read(key)
        if old is not None and still_holds(old, submission, run):
            results[key] = finished(old, submission, assignment, run)
            if results[key] != old:
                records.write(key, results[key])
    return results


def _grade(
    assignment: Assignment,
    records: Records,
    run: Run,
    gathered: Gathered,
    results: dict[str, SubmissionResult],
    engine: Callable[[], Engine],
    on_progress: Callable[[Progress], None],
) -> Graded:
    everyone = {submission.key: submission for submission in gathered.submissions}
    kept, total = len(results), len(everyone)
    checks = cache(lambda: blank_checks(assignment))

    def keep(unit: Unit, result: SubmissionResult) -> None:
        results[unit.key] = finished(result, everyone[unit.key], assignment, run)
        records.write(unit.key, results[unit.key])
        on_progress(Progress(len(results), total, kept, unit.student))

    on_progress(Progress(kept, total, kept))
    units = [
        Unit(key, submission.student, str(submission.file or ""), submission.unreadable)
        for key, submission in everyone.items()
        if key not in results
    ]
    for unit in units:
        if unit.unreadable:
            keep(unit, unreadable(unit, checks(), run))
    readable = [unit for unit in units if not unit.unreadable]
    if readable:
        for unit, outcome in engine()(readable):
            keep(unit, given_up(unit, outcome, checks(), run) if isinstance(outcome, str) else outcome)
    return Graded({key: results[key] for key in everyone}, kept, run, gathered.ignored)


def regrade(
    assignment: Assignment, folder: Path, student: str, allow_weak_sandbox: bool = False
) -> tuple[SubmissionResult, SubmissionResult]:
    """See `again.regrade`."""
    from jaxstudy.homework.many import again

    return again.regrade(assignment, folder, student, allow_weak_sandbox)


Engine = Callable[[Sequence[Unit]], Iterator[Outcome]]


@contextmanager
def _engine(assignment: Assignment, records: Records, run: Run, options: Options) -> Iterator[Engine]:
    """What turns submissions into results: processes here, or a cluster."""
    if options.scheduler:
        from jaxstudy.homework.many.cluster import Cluster

        with Cluster(options.scheduler, assignment, run) as cluster:
            yield cluster.run
    else:
        setup = Setup(str(assignment.folder), run.seed, run.allow_weak_sandbox, str(programs_home()))
        with Pool(setup, assignment.limits, records.log, options.jobs or cores() + 1) as pool:
            pool.start()
            yield pool.run
