"""Grade one submission: its code in a sandbox, expected values and hidden checks here.

    with Grader(assignment) as grader:
        result = grader.grade(Path("submissions/ada.ipynb"), "ada")

Three processes. This one holds checks, expected values and results; it never runs a student's code, and unpacks what
comes from there with suspicion. One that imported JAX forks workers and knows no secret. A worker holds one student's
code, can do nothing but calculate, and is thrown away.
"""

from __future__ import annotations

import contextlib
import platform
import secrets
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Self

from jaxstudy.errors import FoundWanting, Problem, ToolMissing
from jaxstudy.homework.asked_remotely import Reference, Submission
from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.checks.running import Check, load_checks, run_check
from jaxstudy.homework.files_beside import copy_given
from jaxstudy.homework.imports import imports_of
from jaxstudy.homework.programs import borrow, keep, programs_key
from jaxstudy.homework.results import CheckResult, Sandbox, SubmissionResult
from jaxstudy.homework.sandbox.held import Refused
from jaxstudy.homework.sandbox.nursery import Nursery
from jaxstudy.homework.sandbox.terms import TIERS, Terms
from jaxstudy.homework.sandbox.view import libraries
from jaxstudy.homework.sources import Source, Unreadable, read_source

_REFERENCES = 2  # workers that rehearse: programs are compiled on as many cores
_VERSIONS = ("jax", "jaxlib", "flax", "optax", "numpy", "torch")


class Grader:
    """Grades submissions of one assignment. Thread-safe: several threads may call `grade` at once.

    Entering it starts the process that forks workers, runs the reference through every check (which fills the cache
    of compiled programs and fixes the expected values), and so finds out how well a worker can be held here.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        seed: int | None = None,
        allow_weak_sandbox: bool = False,
        strongest: str = "namespaces",
        programs: Path | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        """Load the checks.

        Args:
            assignment: what was to be done.
            seed: of all random inputs; the same seed gives the same inputs. None: a fresh one.
            allow_weak_sandbox: grade even where the file system and the network can't be taken away.
            strongest: the tier to begin with; for tests of the others.
            programs: folder that keeps what the reference compiled for the next grader; None: nothing is kept.
            nursery: a process that forks workers, already starting; the caller ends it. None: one of its own.

        Raises:
            InputError: checks that can't be loaded.
        """
        self.assignment = assignment
        self.seed = secrets.randbelow(2**31) if seed is None else seed
        self._weak, self._tiers = allow_weak_sandbox, TIERS[TIERS.index(strongest) :]
        self.checks: tuple[Check, ...] = (*load_checks(assignment.checks), *_hidden(assignment.hidden))
        self.sandbox: Sandbox | None = None  # how workers are held, known once the grader has been entered
        self._programs, self._given = programs, nursery
        self._references: list[Reference] = []
        self._asked_of: dict[Check, Reference] = {}
        """Which of the references each check asks. What a reference keeps, only that one has."""
        self._beside: Path | None = None  # what students have beside their file
        self._open = contextlib.ExitStack()
        self._environment = _environment(assignment)

    def __enter__(self) -> Self:
        """Start.

        Raises:
            ToolMissing: workers can't be held well enough here, and `allow_weak_sandbox` was not said.
            FoundWanting: the reference does not earn all points.
        """
        with contextlib.ExitStack() as started:
            self._nursery = self._given or started.enter_context(_nursery_for(self.assignment))
            scratch = self._nursery.scratch
            started.callback(self._close_references)
            self._cache = scratch / "programs"
            self._cache.mkdir()
            self._beside = copy_given(self.assignment, scratch / "beside")
            key = programs_key(self._environment)
            borrowed = self._programs is not None and borrow(self._programs, key, self._cache)
            self._cache.chmod(0o777)  # a worker of root's is another user; the folder around it is ours alone
            self._rehearse(self._start_reference())
            self._environment |= {"without": self._nursery.without} if self._nursery.without else {}
            if self._programs is not None and not borrowed:
                keeping = threading.Thread(target=keep, args=(self._programs, key, self._cache))
                keeping.start()  # nobody who is graded waits for it
                started.callback(keeping.join)
            self._open = started.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _start_reference(self) -> Reference:
        refused = []
        for tier in self._tiers:
            if tier != "namespaces" and not self._weak:
                break
            submission = self._as_reference(tier)
            try:
                submission.start()
            except Refused as error:
                refused.append(f"{tier}: {error}")
                continue
            self.sandbox = Sandbox(tier, submission.layers)
            return Reference(submission)
        if self._weak:
            raise ToolMissing(Problem("a process held by limits at least", "; ".join(refused), "use another machine"))
        do = "allow user namespaces (or grade as root), or say --allow-weak-sandbox if you trust the students' code"
        raise ToolMissing(Problem("a sandbox with namespaces of its own", "; ".join(refused) or "none", do))

    def _as_reference(self, tier: str) -> Submission:
        source = read_source(self.assignment.script.read_text(encoding="utf-8-sig"))
        # Its worker lives as long as the grader, and nothing in it hangs.
        generous = replace(self.assignment.limits, call_seconds=300.0, submission_seconds=1e9)
        return Submission(self._nursery, self._terms(tier, fills_cache=True), generous, source)

    def _terms(self, tier: str, *, fills_cache: bool = False) -> Terms:
        limits = self.assignment.limits
        return Terms(
            tier=tier,
            visible=(*libraries(), *([str(self._beside)] if self._beside else [])),
            beside=str(self._beside or ""),
            cache=str(self._cache),
            fills_cache=fills_cache,
            memory_mb=int(limits.memory_mb),
            cpu_seconds=10**6 if fills_cache else max(1, round(limits.cpu_seconds)),
            processes=int(limits.processes),
            open_files=int(limits.open_files),
            file_mb=max(1, round(limits.file_mb)),
        )

    def _close_references(self) -> None:
        for reference in self._references:
            reference.close()

    def _rehearse(self, first: Reference) -> None:
        """The reference through every check: in a few workers at once, since most of it is compiling."""
        assert self.sandbox is not None
        others = (Reference(self._as_reference(self.sandbox.tier)) for _ in self.checks[1:_REFERENCES])
        self._references = [first, *others]
        waiting = deque(self.checks)
        with ThreadPoolExecutor(_REFERENCES) as threads:
            try:
                found = list(threads.map(lambda one: dict(self._rehearsed(one, waiting)), self._references))
            except BaseException:
                self._nursery.close()  # else the other thread would go on, and be waited for
                raise
        problems = {check: problem for some in found for check, problem in some.items()}
        if problems:  # what trains something may have had too little time beside the others: once more, alone
            self._references.append(Reference(self._as_reference(self.sandbox.tier)))
            failed = deque(check for check in self.checks if check in problems)
            problems = dict(self._rehearsed(self._references[-1], failed))
        if problems:
            raise FoundWanting(*(problems[check] for check in self.checks if check in problems))

    def _rehearsed(self, reference: Reference, waiting: deque[Check]) -> Iterator[tuple[Check, Problem]]:
        """One reference through checks that no other has taken; those that it fails."""
        while True:
            try:
                check = waiting.popleft()
            except IndexError:
                return
            self._asked_of[check] = reference
            try:
                result = run_check(check, reference, reference, self.seed)
            except FoundWanting as error:
                yield check, error.problems[0]
                continue
            if result.earned < result.points:
                yield check, _fails_itself(result)

    def grade(self, source: Path | str | Source, student: str = "") -> SubmissionResult:
        """The marks of one submission, whatever its code does.

        Args:
            source: the file (`.py` or `.ipynb`), the text of a script, or what was read of either.
            student: whose it is, for the result.
        """
        started = time.perf_counter()
        name = source.name if isinstance(source, Path) else ""
        try:
            read = source if isinstance(source, Source) else read_source(source)
        except Unreadable as error:
            blank = [_not_asked(check) for check in self.checks]
            return self._result(Source(""), name, student, blank, unreadable=f"{name} {error}".strip())
        submission = Submission(self._nursery, self._student_terms(), self.assignment.limits, read)
        try:
            checks = list(self._run(submission))
        finally:
            submission.close()
        return self._result(read, name, student, checks, submission, time.perf_counter() - started)

    def _student_terms(self) -> Terms:
        if self.sandbox is None:
            raise RuntimeError("a Grader grades inside its `with` block")
        return self._terms(self.sandbox.tier)

    def _run(self, submission: Submission) -> Iterator[CheckResult]:
        for check in self.checks:  # the shown ones first: what a hidden one asks can't be printed in a shown one
            submission.next_check(check.hidden)
            try:
                yield run_check(check, submission, self._asked_of[check], self.seed)
            except Refused as error:
                submission.incidents.append(f"no worker could be started: {error}")
                yield _not_asked(check, f"not asked: no worker could be started ({error})")

    def _result(
        self,
        read: Source,
        name: str,
        student: str,
        checks: list[CheckResult],
        submission: Submission | None = None,
        seconds: float = 0.0,
        unreadable: str = "",
    ) -> SubmissionResult:
        return SubmissionResult(
            homework=self.assignment.name,
            student=student,
            source=name,
            digest=read.digest,
            seed=self.seed,
            checks=tuple(checks),
            total=sum(check.points for check in checks if not check.bonus),
            earned=round(sum(check.earned for check in checks), 6),
            unreadable=unreadable,
            incidents=tuple(submission.incidents) if submission else (),
            output=submission.printed.text if submission else "",
            sandbox=self.sandbox,
            seconds=round(seconds, 4),
            cpu_seconds=round(submission.cpu_seconds, 4) if submission else 0.0,
            peak_mb=round(submission.peak_mb, 1) if submission else 0.0,
            environment=self._environment,
        )


@contextlib.contextmanager
def _nursery_for(assignment: Assignment) -> Iterator[Nursery]:
    with (
        tempfile.TemporaryDirectory(prefix="jaxstudy-grading-") as scratch,
        Nursery(Path(scratch), imports_of(assignment)) as nursery,
    ):
        yield nursery


def _hidden(path: Path) -> list[Check]:
    return load_checks(path, hidden=True) if path.is_file() else []


def _not_asked(check: Check, message: str = "") -> CheckResult:
    worth = check.worth
    status = "not_answered"
    return CheckResult(
        check.id, check.title, check.functions, check.hidden, worth.points, 0.0, worth.bonus, status, message
    )


def _fails_itself(result: CheckResult) -> Problem:
    do = "run `jaxstudy homework verify`; mend the check or the solution"
    name = f"{result.points:g} points for the reference in {result.id}"
    return Problem(name, f"{result.earned:g}: {result.message}", do)


def _environment(assignment: Assignment) -> dict[str, str]:
    found = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for name in _VERSIONS:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    digest = sha256()
    for path in (assignment.script, assignment.checks, assignment.hidden):
        digest.update(path.read_bytes() if path.is_file() else b"")
    return {**found, "assignment": digest.hexdigest()}
