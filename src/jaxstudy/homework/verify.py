"""Does an assignment do what its author thinks? Reference, bare release and wrong answers through every check."""

from __future__ import annotations

import ast
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jaxstudy.course.percent import read_percent
from jaxstudy.errors import FoundWanting, Problem
from jaxstudy.homework.assignment import Assignment
from jaxstudy.homework.results import CheckResult
from jaxstudy.homework.script import Script, read_script
from jaxstudy.homework.sources import Source, read_source
from jaxstudy.homework.wrong import WrongAnswer, wrong_answers

ROUNDS = 3
_KIND = ("missing", "failed")
"""How a check may end that meets nothing but the starter."""


class Runner(Protocol):
    """Whoever puts a source through checks."""

    def run(self, source: Source, seed: int, only: frozenset[str] | None = None) -> Sequence[CheckResult]:
        """The results of all checks, or of those whose names are in `only`."""
        ...


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found to hold."""

    checks: int
    points: float
    """Of all checks that are no bonus."""
    wrong: tuple[WrongAnswer, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that verifying has done."""

    what: str
    """`reference`, `bare release`, or the name of a wrong answer."""
    done: int
    total: int


def verify(
    assignment: Assignment,
    runner: Runner,
    checks: Sequence[tuple[str, tuple[str, ...]]],
    *,
    seed: int | None = None,
    rounds: int = ROUNDS,
    on_event: Callable[[Event], None] = lambda _: None,
) -> Verified:
    """Put the reference, the bare release and every wrong answer through the checks, on fresh seeds.

    Args:
        assignment: what is verified.
        runner: runs sources: `InProcess`, or one that holds them in a sandbox.
        checks: name and functions asked for, of each check, shown and hidden.
        seed: of the first round; default: a fresh one.
        rounds: how often, each on another seed.
        on_event: told after each run.

    Raises:
        InputError: the script or `wrong.py` is not what it should be.
        FoundWanting: the reference loses points, the bare release earns some or fails unkindly, a wrong answer gets
            away with it or fails more checks than it names (all that was found).
    """
    script = read_script(assignment.script)
    names = [name for name, _ in checks]
    wrong = wrong_answers(assignment.wrong, script, names)
    first = secrets.randbelow(2**31) if seed is None else seed
    work = _Work(assignment, script, runner, checks, on_event, (2 + len(wrong)) * rounds + 1)
    seeds = tuple(first + number for number in range(rounds))
    points = 0.0
    work.notebook(first)
    for number in seeds:
        points = work.reference(number)
        work.bare(number)
        for answer in wrong:
            work.wrong(answer, number)
    if work.problems:
        # Messages tell inputs, which differ from round to round; one of each kind is enough.
        kinds = {(problem.path, problem.line, problem.expected): problem for problem in work.problems}
        raise FoundWanting(*kinds.values())
    return Verified(len(names), points, wrong, seeds)


class _Work:
    """One verification: runs sources and writes down what does not hold."""

    def __init__(
        self,
        assignment: Assignment,
        script: Script,
        runner: Runner,
        checks: Sequence[tuple[str, tuple[str, ...]]],
        on_event: Callable[[Event], None],
        total: int,
    ) -> None:
        self.assignment, self.script, self.runner, self.checks = assignment, script, runner, checks
        self.on_event, self.total, self.done = on_event, total, 0
        self.problems: list[Problem] = []

    def run(
        self, what: str, source: Source | str, seed: int, only: frozenset[str] | None = None
    ) -> Sequence[CheckResult]:
        results = self.runner.run(read_source(source) if isinstance(source, str) else source, seed, only)
        self.done += 1
        self.on_event(Event(what, self.done, self.total))
        return results

    def reference(self, seed: int) -> float:
        """The solutions must earn everything."""
        results = self.run("reference", self.script.reference, seed)
        self._must_earn_all(results, "the solution", seed)
        return sum(result.points for result in results if not result.bonus)

    def notebook(self, seed: int) -> None:
        """The solutions must earn as much in the notebook that students get, which is made of the script."""
        notebook = read_percent(self.script.reference, self.assignment.script)
        cells = tuple(cell.source for cell in notebook.cells if cell.cell_type == "code")
        results = self.run("as a notebook", Source("", cells=cells), seed)
        self._must_earn_all(results, "the solution as a notebook", seed)

    def _must_earn_all(self, results: Sequence[CheckResult], what: str, seed: int) -> None:
        for result in results:
            if result.earned < result.points:
                got = f"{result.earned:g}: {result.message}"
                do = f"mend the check or the solution; again: --seed {seed}"
                self.problems.append(Problem(f"{result.points:g} points for {what}", got, do, *self._place(result)))

    def bare(self, seed: int) -> None:
        """What students start from must earn nothing, and be told so kindly."""
        for result in self.run("bare release", self.script.starter, seed):
            if result.earned > 0:
                do = f"let the check ask for something that the starter does not do; again: --seed {seed}"
                got = f"{result.earned:g}"
                self.problems.append(Problem("0 points for the bare release", got, do, *self._place(result)))
            elif result.status not in _KIND or not result.message:
                got = f"{result.status}: {result.message or 'no message'}"
                do = 'let the starter raise NotImplementedError("…: your turn"), or give a wrong but harmless answer'
                self.problems.append(Problem("a kind word for the bare release", got, do, *self._place(result)))

    def wrong(self, answer: WrongAnswer, seed: int) -> None:
        """A wrong answer must lose points on exactly the checks that name it."""
        touched = affected(self.script.text, answer.functions)
        asked = {name for name, functions in self.checks if not functions or touched & set(functions)}
        only = frozenset(asked - set(answer.perhaps))
        results = self.run(answer.name, f"{self.script.text}\n\n# %%\n{answer.source}", seed, only)
        lost = {result.id: result for result in results if result.earned < result.points}
        for name in answer.caught_by:
            if name not in lost:
                do = f"sharpen {name}, or correct `caught by:`; again: --seed {seed}"
                got = "all its points"
                self.problems.append(Problem(f"{name} to catch this answer", got, do, answer.path, answer.line))
        for name, result in lost.items():
            if name not in answer.caught_by:
                do = f"add {name} to `caught by:`, or let it ask for less; again: --seed {seed}"
                got = f"{name} too: {result.message}"
                expected = f"only {', '.join(answer.caught_by)} to catch this answer"
                self.problems.append(Problem(expected, got, do, answer.path, answer.line))

    def _place(self, result: CheckResult) -> tuple[Path, int]:
        path = self.assignment.hidden if result.hidden else self.assignment.checks
        return path, _line_of(path, result.id)


def affected(text: str, functions: Sequence[str]) -> set[str]:
    """The top-level names of a script whose value may change when these functions do: they, and whoever uses them."""
    uses = dict(_uses(text))
    found = set(functions)
    while more := {name for name, used in uses.items() if name not in found and used & found}:
        found |= more
    return found


def _uses(text: str) -> Iterator[tuple[str, set[str]]]:
    for node in ast.parse(text).body:
        names = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, names
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, names


def _line_of(path: Path, check: str) -> int:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"def {check}(")), 1)
