"""A course of a hundred lectures of twenty cells: nothing changed, one sentence edited; an older tree beside this one.

`python benchmarks/hundred_lectures.py [REVISION]` takes the older tree from git into a temporary folder, and runs it in
this environment. Each figure is the middle of five runs; both trees take turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from measure import Run, measure

ROOT = Path(__file__).resolve().parents[1]
LECTURES, PARTS, ROUNDS = 100, 10, 5
_PART = """
# %% [markdown]
# ## Part {part} of {n}
#
# Some prose on part {part}, and a list:
#
# - one
# - two, $x_{part}$
#
# and `code`.

# %%
x{part} = {part} + {n}
print(x{part})
"""


@dataclass
class Tree:
    """A version of the kit, and a course that it builds."""

    name: str
    source: Path
    course: Path
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def build(self, what: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(self.source), "JAXSTUDY_WEB": self._web()}
        run = measure([sys.executable, "-m", "jaxstudy", "build"], self.course, environment, memory=False)
        if run.returncode:
            sys.exit(run.output)
        self.runs.setdefault(what, []).append(run)

    def edit(self, number: int) -> None:
        path = self.course / "lectures" / "50_topic.py"
        first, _, rest = path.read_text().partition("# What it is about")
        path.write_text(f"{first}# What it is about, said anew {number} times.\n{rest.partition(chr(10))[2]}")

    def _web(self) -> str:
        own = self.source.parent / "node_modules"
        return str(own if own.is_dir() else ROOT / "node_modules")


def make_course(root: Path) -> Path:
    """The course."""
    (root / "lectures").mkdir(parents=True)
    (root / "course.toml").write_text('title = "A hundred lectures"\n')
    for n in range(1, LECTURES + 1):
        head = f"# %% [markdown]\n# # Lecture {n}\n#\n# What it is about, in a sentence.\n"
        text = head + "".join(_PART.format(part=part, n=n) for part in range(PARTS))
        (root / "lectures" / f"{n:02}_topic.py").write_text(text)
    return root


def older(revision: str, folder: Path) -> Path:
    """The sources of a revision, with the web parts that it asks for."""
    tree = folder / "older"
    subprocess.run(["git", "worktree", "add", "--detach", "-q", str(tree), revision], cwd=ROOT, check=True)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=tree, check=True, stdout=subprocess.DEVNULL)
    return tree / "src"


def main(revision: str = "") -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="jaxstudy-hundred-") as name:
        folder = Path(name)
        trees = [Tree("this tree", ROOT / "src", make_course(folder / "new"))]
        try:
            if revision:
                trees.append(Tree(revision, older(revision, folder), make_course(folder / "old")))
            run(trees)
        finally:
            if revision:
                subprocess.run(["git", "worktree", "remove", "--force", str(folder / "older")], cwd=ROOT, check=False)
    show(trees)


def run(trees: list[Tree]) -> None:
    """All builds, in turns."""
    with Console().status("building a hundred lectures for the first time (a minute a tree)") as status:
        for tree in trees:
            tree.build("first build")
        for number in range(ROUNDS + 1):
            status.update(f"round {number} of {ROUNDS}")
            for tree in trees:
                tree.build("unchanged")
                tree.edit(number)
                tree.build("one sentence edited" if number else "first edit")


def show(trees: list[Tree]) -> None:
    """Seconds and processor seconds of each, and how they compare."""
    table = Table(title=f"{LECTURES} lectures × {2 * PARTS} cells; middle of {ROUNDS} runs")
    for column in ("", *(f"{tree.name}: {unit}" for tree in trees for unit in ("s", "CPU s")), "CPU ratio"):
        table.add_column(column, justify="left" if column == "" else "right")
    for what in ("first build", "unchanged", "first edit", "one sentence edited"):
        cells, cpu = [], []
        for tree in trees:
            runs = tree.runs[what]
            cpu.append(statistics.median(run.cpu_seconds for run in runs))
            cells += [f"{statistics.median(run.seconds for run in runs):.2f}", f"{cpu[-1]:.2f}"]
        table.add_row(what, *cells, f"{cpu[0] / cpu[-1]:.2f}" if len(trees) > 1 else "")
    Console(width=120).print(table)


if __name__ == "__main__":
    main(*sys.argv[1:2])
