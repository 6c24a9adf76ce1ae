"""The same 20 submissions through nbgrader, otter-grader and jaxstudy, each as its users run it."""

from __future__ import annotations

import compileall
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_raw_cell

import jaxstudy
from grading_class import CHECKS, FUNCTIONS, IMPORTS, RIGHT, our_check, peer_check, submissions
from measure import Run, measure

PEERS = ("nbgrader==0.9.6", "otter-grader==7.0.0", "ipykernel", "jax")
OTTER_PATIENCE = 60
HANGS = "s16_loop"
HONEST = "s01"
_RUNS = 3


@dataclass
class Row:
    what: str
    honest: Run
    """The class without the one that hangs."""
    hanging: Run
    """That one alone."""
    again: Run | None = None
    """The class once more by somebody who has graded this assignment before, where that makes a difference."""
    single: Run | None = None
    """One honest submission alone: mostly the start."""
    spread: tuple[float, ...] = ()
    """Seconds of each run, where there were several."""
    marks: dict[str, float | None] = field(default_factory=dict)


def main(folder: Path) -> list[Row]:
    """Grade with each; ours last.

    The peers take minutes, ours seconds, in which any other program shows: ours is run before, between and after them,
    a few times each, and the time in the middle counts. nbgrader and ours grade the class once before the time is
    taken: after a minute or two in which nobody read them, some systems have libraries no longer in memory, and the
    first who needs them waits for the disk, ten seconds for JAX. (otter starts afresh for each submission: only its
    first one waits.)
    """
    peers = peers_in(folder / "graders")
    with tempfile.TemporaryDirectory(prefix="jaxstudy-grading-") as name:
        work = Path(name)
        made = Ours(work / "ours")
        times = made.honest()
        rows = [nbgrader(work / "nbgrader", peers)]
        times += made.honest()
        rows.append(otter(work / "otter", peers))
        return [*rows, made.row([*times, *made.honest()])]


def peers_in(venv: Path) -> Path:
    """An environment with the peers, made on first use; gives its `bin`."""
    if not (venv / "bin" / "otter").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "-q", *PEERS], check=True)
    return (venv / "bin").absolute()


def environment(peers: Path) -> dict[str, str]:
    return {**os.environ, "PATH": f"{peers}:{os.environ['PATH']}", "JAX_PLATFORMS": "cpu"}


def sum_of(runs: list[Run]) -> Run:
    seconds, cpu = sum(run.seconds for run in runs), sum(run.cpu_seconds for run in runs)
    return Run(seconds, cpu, max(run.peak_mb for run in runs), 0, "")


def timed(command: list[str], cwd: Path, env: dict[str, str]) -> Run:
    """Twice: once for the memory, and once for the time, with nothing beside it and all files read before."""
    peak = measure(command, cwd, env).peak_mb
    return replace(measure(command, cwd, env, memory=False), peak_mb=peak)


# ---- nbgrader ----


def nbgrader(work: Path, peers: Path) -> Row:
    env = environment(peers)
    source = work / "source" / "hw1"
    source.mkdir(parents=True)
    (work / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'b'\n")
    nbformat.write(_nbgrader_source(), source / "hw1.ipynb")
    subprocess.run(
        [str(peers / "nbgrader"), "generate_assignment", "hw1", "--force"],
        cwd=work,
        env=env,
        check=True,
        capture_output=True,
    )
    released = nbformat.read(work / "release" / "hw1" / "hw1.ipynb", 4)

    def hand_in(student: str, cells: dict[str, str]) -> None:
        path = work / "submitted" / student / "hw1"
        path.mkdir(parents=True)
        book = nbformat.from_dict(json.loads(json.dumps(released)))
        for cell in book.cells:
            if (name := cell.metadata.get("nbgrader", {}).get("grade_id")) in cells:
                cell.source = cells[name]
        nbformat.write(book, path / "hw1.ipynb")

    everyone = submissions()
    for student, (cells, _) in everyone.items():
        if student != HANGS:
            hand_in(student, cells)
    command = [str(peers / "nbgrader"), "autograde", "hw1", "--force"]
    honest = timed(command, work, env)
    single = measure([*command, f"--student={HONEST}"], work, env, memory=False)
    hand_in(HANGS, everyone[HANGS][0])
    hanging = measure([*command, f"--student={HANGS}"], work, env)
    subprocess.run([str(peers / "nbgrader"), "export"], cwd=work, env=env, check=True, capture_output=True)
    with (work / "grades.csv").open() as file:
        marks = {row["student_id"]: float(row["raw_score"] or 0) for row in csv.DictReader(file)}
    return Row("nbgrader autograde", honest, hanging, marks=dict(marks), single=single)


def _nbgrader_source() -> nbformat.NotebookNode:
    cells = [new_code_cell(IMPORTS)]
    for name in FUNCTIONS:
        head, body = RIGHT[name].split("\n", 1)
        meta = {"grade": False, "solution": True, "locked": False, "task": False, "schema_version": 3, "grade_id": name}
        text = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        cells.append(new_code_cell(text, metadata={"nbgrader": meta}))
        for place in range(len(CHECKS[name])):
            test = peer_check(name, place, place)
            if place:
                test = f"### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
            meta = {"grade": True, "solution": False, "locked": True, "task": False, "schema_version": 3}
            meta |= {"grade_id": f"{name}_{place}", "points": 1}
            cells.append(new_code_cell(test, metadata={"nbgrader": meta}))
    return _book(cells)


def _book(cells: list[nbformat.NotebookNode]) -> nbformat.NotebookNode:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


# ---- otter ----


def otter(work: Path, peers: Path) -> Row:
    env = environment(peers)
    work.mkdir(parents=True)
    nbformat.write(_otter_source(), work / "hw1.ipynb")
    subprocess.run(
        [str(peers / "otter"), "assign", "hw1.ipynb", "dist"], cwd=work, env=env, check=True, capture_output=True
    )
    (autograder,) = (work / "dist" / "autograder").glob("*.zip")
    student_book = nbformat.read(work / "dist" / "student" / "hw1.ipynb", 4)
    runs, marks = {}, {}
    for student, (cells, _) in submissions().items():
        place = work / student
        place.mkdir()
        book = nbformat.from_dict(json.loads(json.dumps(student_book)))
        for cell in book.cells:
            name = next(
                (name for name in cells if cell.cell_type == "code" and cell.source.startswith(f"def {name}(")), None
            )
            cell.source = cells[name] if name else cell.source
        nbformat.write(book, place / "hw1.ipynb")
        command = ["timeout", "-k", "2", str(OTTER_PATIENCE), str(peers / "otter"), "run", "hw1.ipynb"]
        runs[student] = measure([*command, "-a", str(autograder), "-o", ".", "--no-logo"], place, env)
        results = place / "results.json"
        tests = json.loads(results.read_text())["tests"] if results.exists() else None
        marks[student] = sum(float(test.get("score", 0)) for test in tests) if tests is not None else None
    hanging = runs.pop(HANGS)
    return Row("otter run", sum_of(list(runs.values())), hanging, marks=marks)


def _otter_source() -> nbformat.NotebookNode:
    cells = [
        new_raw_cell("# ASSIGNMENT CONFIG\ninit_cell: true\nexport_cell: false\nrun_tests: false"),
        new_code_cell(IMPORTS),
    ]
    for name in FUNCTIONS:
        head, body = RIGHT[name].split("\n", 1)
        cells += [
            new_raw_cell(f"# BEGIN QUESTION\nname: {name}\npoints: 2"),
            new_raw_cell("# BEGIN SOLUTION"),
            new_code_cell(f"{head}\n    # BEGIN SOLUTION\n{body}\n    # END SOLUTION"),
            new_raw_cell("# END SOLUTION"),
            new_raw_cell("# BEGIN TESTS"),
            new_code_cell(peer_check(name, 0, 0)),
            new_code_cell("# HIDDEN\n" + peer_check(name, 1, 1)),
            new_raw_cell("# END TESTS"),
            new_raw_cell("# END QUESTION"),
        ]
    return _book(cells)


# ---- ours ----


class Ours:
    """The homework and the class as ours takes them, and the runs of it."""

    def __init__(self, work: Path) -> None:
        # The peers were compiled when pip copied them; ours is taken from its sources, whose edits nobody compiled yet.
        compileall.compile_dir(str(Path(jaxstudy.__file__).parent), quiet=2)
        self.work, self.homework = work, work / "01_bench"
        self.homework.mkdir(parents=True)
        (self.homework / "assignment.toml").write_text('title = "Benchmark"\n')
        cells = [IMPORTS]
        for name in FUNCTIONS:
            head, body = RIGHT[name].split("\n", 1)
            cells.append(f"{head}\n    # BEGIN SOLUTION\n{body}\n    # END SOLUTION")
        (self.homework / "assignment.py").write_text("".join(f"# %%\n{cell}\n\n" for cell in cells))
        for file, place in (("checks.py", 0), ("hidden.py", 1)):
            tests = "\n\n".join(our_check(name, place) for name in FUNCTIONS)
            (self.homework / file).write_text(f"from jaxstudy.homework.checks import normal, value\n\n\n{tests}")
        for student, (functions, _) in submissions().items():
            folder = work / ("hanging" if student == HANGS else "honest")
            folder.mkdir(exist_ok=True)
            book = _book([new_code_cell(IMPORTS), *map(new_code_cell, functions.values())])
            nbformat.write(book, folder / f"{student}.ipynb")

    def grade(self, kind: str, *, new_here: bool = False, memory: bool = False) -> Run:
        """Grade one folder; `new_here`: as one who has graded nothing yet."""
        out, cache = self._grades(kind), self.work / "cache"
        for folder in (out, cache) if new_here else (out,):
            shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, "-m", "jaxstudy", "homework", "grade", str(self.homework), str(self.work / kind)]
        env = {**os.environ, "XDG_CACHE_HOME": str(cache)}
        run = measure([*command, "--out", str(out)], self.work, env, memory=memory)
        if run.returncode:
            raise RuntimeError(run.output)
        return run

    def honest(self) -> list[Run]:
        """The class without the one that hangs, by one who has graded nothing yet; as `timed`, but a few times."""
        peak = self.grade("honest", new_here=True, memory=True).peak_mb
        return [replace(self.grade("honest", new_here=True), peak_mb=peak) for _ in range(_RUNS)]

    def row(self, times: Sequence[Run]) -> Row:
        """The middle of `times`, and what else there is to measure."""
        honest = sorted(times, key=lambda run: run.seconds)[len(times) // 2]
        again = sorted((self.grade("honest") for _ in range(_RUNS)), key=lambda run: run.seconds)[_RUNS // 2]
        hanging = self.grade("hanging", memory=True)
        marks = {}
        for kind in ("honest", "hanging"):
            text = (self._grades(kind) / "marks.csv").read_text(encoding="utf-8-sig")
            marks |= {row["student"]: float(row["mark"]) for row in csv.DictReader(text.splitlines())}
        spread = tuple(run.seconds for run in times)
        return Row("jaxstudy homework grade", honest, hanging, again, marks=dict(marks), spread=spread)

    def _grades(self, kind: str) -> Path:
        return self.work / f"{kind}-grades"


def at_scale(count: int) -> Run:
    """Ours on a class of so many, made of every kind but the hanging one: starting matters less."""
    with tempfile.TemporaryDirectory(prefix="jaxstudy-grading-") as name:
        made = Ours(Path(name) / "ours")
        kinds = sorted((made.work / "honest").iterdir())
        (made.work / "crowd").mkdir()
        for number in range(count):
            path = kinds[number % len(kinds)]
            shutil.copy(path, made.work / "crowd" / f"{path.stem}_{number}.ipynb")
        return made.grade("crowd", new_here=True)


if __name__ == "__main__":
    started = time.perf_counter()
    for row in main(Path(__file__).parents[1] / "build" / "bench"):
        print(row.what, row.honest.seconds, row.honest.cpu_seconds, row.honest.peak_mb, row.hanging.seconds, row.marks)
    print(f"{time.perf_counter() - started:.0f} s")
