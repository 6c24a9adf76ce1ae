"""What a run leaves on disk, so that it can go on after a kill and be done again for one student.

build/grades/02_functions/
  run.json            seed, digest of the assignment, where the submissions were
  sources/ada.py      a checked copy of what was graded
  results/ada.json    one a student, written whole or not at all
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jaxstudy.atomic import write_atomically
from jaxstudy.errors import InputError, Problem
from jaxstudy.homework.assignment import Assignment, penalty
from jaxstudy.homework.results import SubmissionResult, from_json, to_json

if TYPE_CHECKING:
    from jaxstudy.homework.gathering import Submission

FORMAT = 1
_NOT_GRADED_BY = ("assignment.toml", "wrong.py")


@dataclass(frozen=True, slots=True)
class Run:
    """How a class is graded."""

    homework: str
    assignment: str
    """Digest of what decides the marks: `digest_of`."""
    seed: int
    submissions: str
    """Where they came from."""
    late: bool = True
    """Whether lateness costs points."""
    allow_weak_sandbox: bool = False


class Records:
    """The folder of one homework's grades."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = folder / "sources"
        self.results = folder / "results"
        self.log = folder / "grader.log"

    def make(self) -> None:
        """Make the folder; only its owner may look into what is in it, since marks lie there."""
        if not self.folder.exists():
            self.folder.mkdir(parents=True, mode=0o700)
        for folder in (self.sources, self.results):
            folder.mkdir(exist_ok=True, mode=0o700)

    def write_run(self, run: Run) -> None:
        """Write `run.json`."""
        write_atomically(self.folder / "run.json", json.dumps({"format": FORMAT, **asdict(run)}, indent=1) + "\n")

    def read_run(self) -> Run | None:
        """What `run.json` says; None where there is none, or none that can be read."""
        try:
            data = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
            return Run(**data) if data.pop("format", None) == FORMAT else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def write(self, key: str, result: SubmissionResult) -> None:
        """Write one student's result."""
        write_atomically(self.results / f"{key}.json", to_json(result))

    def read(self, key: str) -> SubmissionResult | None:
        """One student's result; None where there is none, or none that can be read."""
        try:
            return from_json((self.results / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def read_all(self) -> dict[str, SubmissionResult]:
        """Every student's result by file name, by the students' names.

        Raises:
            InputError: there are none, or some cannot be read (all of them).
        """
        found, problems = {}, []
        for path in sorted(self.results.glob("*.json")):
            if (result := self.read(path.stem)) is None:
                problems.append(Problem("a result", "one that cannot be read", "grade again with --resume", path))
            else:
                found[path.stem] = result
        if problems or not found:
            do = "grade the class first: jaxstudy homework grade"
            raise InputError(*(problems or [Problem("results", "none", do, self.results)]))
        return dict(sorted(found.items(), key=lambda item: (item[1].student.casefold(), item[1].student)))

    def forget_others(self, keys: Iterable[str]) -> None:
        """Remove results of students who are not among the submissions."""
        kept = set(keys)
        for path in self.results.glob("*.json"):
            if path.stem not in kept:
                path.unlink()


def digest_of(assignment: Assignment) -> str:
    """SHA-256 of what decides the marks: every file of the homework, and the limits. Titles and dates do not."""
    return digest_of_files(files_of(assignment), assignment)


def files_of(assignment: Assignment) -> dict[str, bytes]:
    """The homework's files by their names: what another machine needs to grade it."""
    paths = sorted(path for path in assignment.folder.rglob("*") if path.is_file())
    names = {path.relative_to(assignment.folder): path for path in paths}
    hidden = {name for name in names if any(part.startswith((".", "__")) for part in name.parts)}
    return {name.as_posix(): path.read_bytes() for name, path in names.items() if name not in hidden}


def digest_of_files(files: Mapping[str, bytes], assignment: Assignment) -> str:
    """`digest_of`, where the files are at hand."""
    total = hashlib.sha256(repr(assignment.limits).encode())
    for name, data in sorted(files.items()):
        if name not in _NOT_GRADED_BY:
            total.update(f"\0{name}\0{len(data)}\0".encode() + data)
    return total.hexdigest()


def seed_of(digest: str) -> int:
    """The seed of a run that names none: by the assignment, hidden checks included, so that no student can tell."""
    return int(digest[:8], 16)


def still_holds(result: SubmissionResult, submission: Submission, run: Run) -> bool:
    """Was this result made from the same source, the same assignment and the same seed?"""
    wanted = (submission.digest, run.seed, run.assignment)
    held = (result.digest, result.seed, result.environment.get("assignment"))
    if submission.unreadable and submission.unreadable != result.unreadable:
        return False
    return wanted == held and not result.environment.get("again")


def finished(result: SubmissionResult, submission: Submission, assignment: Assignment, run: Run) -> SubmissionResult:
    """The result with what only the class knows: whose it is, when it came, and what that costs."""
    late, taken = 0.0, 0.0
    if assignment.due is not None and submission.when is not None:
        late = max(0.0, (submission.when - assignment.due).total_seconds())
    elif submission.marked_late:
        late = assignment.late.grace_minutes * 60 + 1  # the platform says late, not how much: the first day has begun
    if run.late:
        taken = round(penalty(assignment.late, result.earned, late), 4)
    return replace(
        result,
        student=submission.student,
        source=submission.source,
        digest=submission.digest,
        submitted=submission.when.isoformat() if submission.when else "",
        late_seconds=late,
        penalty=taken,
        other_files=submission.other_files,
        environment={**result.environment, "assignment": run.assignment},
    )
