"""Building lectures: in parallel over the cores, each skipped when nothing it depends on has changed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxstudy.build.cache import StepCache
from jaxstudy.build.datasets import fingerprints, sets_of, sources
from jaxstudy.build.execute import DEFAULT_CELL_TIMEOUT_SECONDS, Execution, StepEvent, execute, executed_notebook
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.keys import search_roots, step_keys
from jaxstudy.build.made import Made, digest_of, record_path, surroundings, up_to_date, write_record
from jaxstudy.build.modules import project_modules
from jaxstudy.build.names import imported_modules
from jaxstudy.build.provenance import provenance
from jaxstudy.build.versions import versions
from jaxstudy.course import Course, Lecture, read_lecture
from jaxstudy.atomic import write_atomically
from jaxstudy.course.notebook_format import import_quickly
from jaxstudy.errors import FoundWanting, InputError, Problem, StudyError

_IMAGE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)|<img[^>]+src=[\"']([^\"']+)")


@dataclass(frozen=True, slots=True)
class Targets:
    """The files that are made of one lecture."""

    plain: Path
    """The attendee's notebook, no outputs."""
    executed: Path
    """The attendee's notebook with outputs."""
    whole: Path
    """All steps with outputs, notes included: what the site's pages and the checks are made from."""
    deck: Path
    pdf: Path

    @classmethod
    def of(cls, course: Course, lecture: Path) -> Targets:
        """Where the files of a lecture go."""
        notebooks, name = course.build / "notebooks", lecture.stem
        return cls(
            notebooks / f"{name}.ipynb",
            notebooks / f"{name}.executed.ipynb",
            course.build / "made" / f"{name}.ipynb",
            course.decks / f"{name}.html",
            course.decks / f"{name}.pdf",
        )

    def wanted(self, pdf: bool) -> list[Path]:
        """The files a build must leave behind."""
        return [self.plain, self.executed, self.whole, self.deck, *([self.pdf] if pdf else [])]


@dataclass(frozen=True, slots=True)
class Result:
    """What a build did with one lecture."""

    lecture: Path
    steps: int
    """How many steps a kernel would run."""
    ran: int
    """How many it did run."""
    restored: int
    """How many expensive steps got their stored values back."""
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How to build."""

    size: str = "smoke"
    pdf: bool = False
    warm: bool | None = None
    """None: warm kernels where they can be had."""
    jobs: int = 0
    """Lectures at once; 0: one more than cores."""
    cell_timeout: int = DEFAULT_CELL_TIMEOUT_SECONDS
    """Seconds."""
    fresh: bool = False
    """Run every cell, whatever is known."""


def build_lectures(
    course: Course,
    lectures: Sequence[Path],
    options: Options = Options(),
    on_event: Callable[[StepEvent], None] = lambda _: None,
) -> list[Result]:
    """Build notebooks, decks and (if asked) PDFs of these lectures, in their order.

    A lecture that fails does not stop the others; all failures are raised together at the end.

    Raises:
        InputError: two files of one name, whose outputs would be the same files.
        StudyError: with every problem of every lecture.
    """
    lectures = list(dict.fromkeys(lectures))
    _refuse_equal_names(course, lectures)
    around = surroundings(course, options.size)
    results: dict[Path, Result] = {}
    stale: list[Path] = []
    for path in lectures:
        started = time.perf_counter()
        targets = Targets.of(course, path).wanted(options.pdf)
        record = None if options.fresh else up_to_date(course, path, around, targets)
        if record is None:
            stale.append(path)
        else:
            results[path] = Result(path, record.steps, 0, 0, time.perf_counter() - started)
            on_event(StepEvent(path.stem, "", record.steps, record.steps, 0.0, "unchanged"))
    if stale:
        results |= _build_stale(course, stale, options, around, on_event)
    return [results[path] for path in lectures]


def _refuse_equal_names(course: Course, lectures: Sequence[Path]) -> None:
    first = {path.stem: path for path in course.lectures}
    problems: list[Problem] = []
    for path in lectures:
        other = first.setdefault(path.stem, path)
        if other.resolve() != path.resolve():
            do = "rename one of the two: what is built of a file is called as it is"
            problems.append(Problem("a name that no other lecture has", f"that of {other}", do, path))
    if problems:
        raise InputError(*problems)


def _build_stale(
    course: Course, stale: list[Path], options: Options, around: str, on_event: Callable[[StepEvent], None]
) -> dict[Path, Result]:
    # One more than cores: a kernel's start and end are mostly waiting.
    jobs = min(options.jobs or (os.cpu_count() or 1) + 1, len(stale))
    failures: list[StudyError] = []
    results: dict[Path, Result] = {}
    with Kernels(course.root, course.build, options.size, warm=options.warm) as kernels:
        if not all(record_path(course, path).is_file() for path in stale):
            kernels.prepare()  # never built: cells will run, so the parent imports JAX while we import Jupyter
        if len(stale) > 1:
            _import_jupyter()
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="lecture")
        try:
            work: dict[Future[Result], Path] = {
                pool.submit(build_one, course, path, options, around, kernels, on_event): path for path in stale
            }
            for done in as_completed(work):
                try:
                    results[work[done]] = done.result()
                except StudyError as error:
                    failures.append(error)
        except BaseException:
            kernels.close()  # Ctrl-C: the kernels die, so the threads that wait for them end
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if failures:
        raise _together(failures)
    return results


def _import_jupyter() -> None:
    """Import in one thread what the workers use: Jupyter's packages import in circles, where threads deadlock."""
    import_quickly()
    import jupytext  # noqa: F401
    import nbclient  # noqa: F401
    from jupyter_client import kernelspec, manager, provisioning  # noqa: F401

    from jaxstudy.build import deck_exporter, kernel_client  # noqa: F401
    from jaxstudy.warm import provisioner  # noqa: F401


def _together(failures: list[StudyError]) -> StudyError:
    """One error with all problems; of the common kind, or of the graver one."""
    kinds = {type(failure) for failure in failures}
    kind = kinds.pop() if len(kinds) == 1 else FoundWanting
    problems = [problem for failure in failures for problem in failure.problems]
    return kind(*problems, details=[detail for failure in failures for detail in failure.details])


def build_one(
    course: Course,
    path: Path,
    options: Options,
    around: str,
    kernels: Kernels,
    on_event: Callable[[StepEvent], None],
) -> Result:
    """Build one lecture, whatever its record says."""
    started = time.perf_counter()
    lecture = read_lecture(path)
    inputs = {str(file): digest_of(file) for file in _inputs(course, lecture)}
    sets = sets_of(lecture, search_roots(path, course.root))
    data = fingerprints(sets)  # before it runs: what a lecture downloads is another place the next time
    keys = step_keys(lecture, course.root, options.size)
    cache = StepCache(course.build / "cache")
    execution = execute(lecture, keys, cache, kernels, on_event, options.cell_timeout, options.fresh)
    inputs |= {str(file): digest_of(file) for file in (_beside(path, name) for name in execution.reads)}
    on_event(StepEvent(lecture.name, "", len(keys), len(keys), 0.0, "writing"))
    targets = Targets.of(course, path)
    origins = sources(sets)
    _write(course, lecture, execution, targets, options, origins)
    outputs = {str(file): digest_of(file) for file in targets.wanted(options.pdf)}
    seconds = time.perf_counter() - started
    write_record(course, path, Made(around, inputs, outputs, len(keys), seconds, data, origins))
    on_event(StepEvent(lecture.name, "", len(keys), len(keys), seconds, "built"))
    counts = (len(keys), len(execution.ran), len(execution.restored))
    doubts = map(str, lecture.doubts)
    return Result(path, *counts, seconds, (*doubts, *lecture.notes, *execution.notes))


def _write(
    course: Course,
    lecture: Lecture,
    execution: Execution,
    targets: Targets,
    options: Options,
    origins: dict[str, str],
) -> None:
    from jaxstudy.build.deck import write_deck
    from jaxstudy.build.notebook import attendee_notebook

    whole = executed_notebook(lecture, execution.outputs)
    made = provenance(options.size, versions(), origins)
    write_deck(lecture, whole, targets.deck, theme=course.theme, made=made)
    write_notebook(whole, targets.whole)
    write_notebook(attendee_notebook(course, lecture, execution.outputs), targets.executed)
    write_notebook(attendee_notebook(course, lecture, None), targets.plain)
    if options.pdf:
        from jaxstudy.build.pdf import print_deck

        print_deck(targets.deck, targets.pdf)


def write_notebook(notebook: Any, path: Path) -> None:
    """Write a notebook, whole or not at all."""
    import nbformat

    write_atomically(path, nbformat.writes(notebook) + "\n")


def _beside(lecture: Path, name: str) -> Path:
    return Path(os.path.normpath(lecture.parent / name))


def _inputs(course: Course, lecture: Lecture) -> list[Path]:
    """Every file of the course that the lecture's outputs depend on."""
    imports = {name for step in lecture if step.runs for name in imported_modules(step.source)}
    modules = project_modules(imports, search_roots(lecture.path, course.root))
    prose = "\n".join(step.source for step in lecture if step.kind == "markdown")
    linked = [lecture.path.parent / (a or b) for a, b in _IMAGE.findall(prose) if "//" not in (a or b)]
    data = [lecture.path.parent / name for name in lecture.header.data]
    return [lecture.path, *modules.values(), *linked, *data]
