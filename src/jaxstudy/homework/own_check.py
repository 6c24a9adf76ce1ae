"""A student checks their own work: the shown checks, in this process, offline."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jaxstudy.errors import InputError, Problem, near
from jaxstudy.homework.answering.cells import Failed, run_cells
from jaxstudy.homework.assignment import SETTINGS, find_homework
from jaxstudy.homework.checks.asking import Answers
from jaxstudy.homework.checks.here import Here
from jaxstudy.homework.checks.running import Check, functions_asked, load_checks, run_check
from jaxstudy.homework.misplaced import why_not_found, why_untouched
from jaxstudy.homework.recorded import FILE, Recorded
from jaxstudy.homework.results import CheckResult
from jaxstudy.homework.sources import Source, Unreadable, cells_of_source, read_source, working_in

SECONDS = 10.0
"""How long one call may take."""


@dataclass(frozen=True, slots=True)
class Own:
    """A student's file and what is known about it before a check runs."""

    checks: tuple[Check, ...]
    reference: Answers
    seed: int
    failed: tuple[Failed, ...] = ()
    """Cells that did not run."""
    student: Answers | None = None
    source: Source | None = None
    """The student's file; None where a namespace was given."""

    def run(self, on_start: Callable[[Check], None] = lambda _: None) -> Iterator[CheckResult]:
        """One result after the other; those that train something come last, since they take longest.

        Args:
            on_start: told of each check before it runs.
        """
        if self.student is None:
            raise RuntimeError("no file was given")
        for check in sorted(self.checks, key=_trains):
            on_start(check)
            yield self._explained(run_check(check, self.student, self.reference, self.seed))

    def _explained(self, result: CheckResult) -> CheckResult:
        if result.status != "missing":
            return result
        untouched = "still to be written" in result.message
        find = why_untouched if untouched else why_not_found
        why = [find(self.source, name) for name in result.functions if name in result.message] if self.source else []
        if not untouched:
            why += [f"{failed.cell} did not run: {failed.error}" for failed in self.failed[:3]]
        told = "; ".join(filter(None, why))
        return replace(result, message=f"{result.message}\n{told}") if told else result


def _trains(check: Check) -> bool:
    return bool({"reaches", "within"} & set(check.run.__code__.co_names))


def folder_of(file: Path, homework: str | None, root: Path | None) -> Path:
    """The folder with the checks for a file: the one that is named, the file's own, or the course's of the same name.

    Raises:
        InputError: there is none.
    """
    if homework is not None and root is not None:
        return find_homework(root, homework)
    if (file.parent / "checks.py").is_file():
        return file.resolve().parent
    if root is not None:
        return find_homework(root, file.stem)
    do = "run this in the homework's folder, or in the course's with --homework 02"
    raise InputError(Problem(f"checks.py beside {file.name}", "none", do, file))


def own_check(folder: Path, file: Path | Mapping[str, Any], only: Sequence[str] = ()) -> Own:
    """Get a file ready to be checked.

    Args:
        folder: holds `checks.py`, and the recorded answers or the assignment itself.
        file: a script or notebook, or a namespace in which everything is there already.
        only: names of functions; checks that ask for none of them are left out.

    Raises:
        InputError: checks or answers are missing, the file can't be read, no check asks for a name in `only`.
    """
    checks = load_checks(folder / "checks.py")
    if only:
        checks = _asking_for(checks, only, folder)
    reference, seed = _reference(folder)
    own = Own(tuple(checks), reference, seed)
    if isinstance(file, Mapping):
        return replace(own, student=Here(file, SECONDS))
    _remember_programs()
    source = _source(file)
    with working_in(file.resolve().parent):
        module, failed = run_cells(cells_of_source(source))
    return replace(own, student=Here(vars(module), SECONDS), failed=tuple(failed), source=source)


def _remember_programs() -> None:
    """Keep compiled programs between checks: most of the time goes into compiling."""
    import jax

    # A full or read-only home costs time, nothing else: a student has no use for a warning of each program.
    warnings.filterwarnings("ignore", message="Error (?:writing|reading) persistent compilation cache entry")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jaxstudy" / "programs"
    set_option: Any = jax.config.update
    if getattr(jax.config, "jax_compilation_cache_dir", None) is None:
        set_option("jax_compilation_cache_dir", str(cache))
        set_option("jax_persistent_cache_min_compile_time_secs", 0.0)


def _asking_for(checks: list[Check], only: Sequence[str], folder: Path) -> list[Check]:
    known = functions_asked(checks)
    problems = [
        Problem("a function that is checked", repr(name) + near(name, known), f"choose from {', '.join(known)}", folder)
        for name in only
        if name not in known
    ]
    if problems:
        raise InputError(*problems)
    return [check for check in checks if set(check.functions) & set(only)]


def _reference(folder: Path) -> tuple[Answers, int]:
    if (answers := folder / FILE).is_file():
        recorded = Recorded(answers.read_bytes())
        return recorded, secrets.choice(recorded.seeds)
    if (folder / SETTINGS).is_file() and (script := folder / "assignment.py").is_file():
        with working_in(folder):
            module, _ = run_cells(cells_of_source(read_source(script)))
        return Here(vars(module), SECONDS), secrets.randbelow(2**31)
    do = "download the homework again: it has both"
    raise InputError(Problem(f"{FILE} beside checks.py", "none", do, folder))


def _source(file: Path) -> Source:
    try:
        return read_source(file.resolve())
    except Unreadable as error:
        do = "mend the file: the grader would refuse it too"
        raise InputError(Problem("a script or notebook that can be graded", f"one that {error}", do, file)) from error
