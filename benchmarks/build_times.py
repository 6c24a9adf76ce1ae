"""Building the same six notebooks: jaxstudy beside what people use today, in one run.

Peers get the notebooks converted beforehand, not counted. Each makes slides (and a page) of every notebook.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import Run, measure
from notebooks import edit_last_cell, edit_prose, write_course

PYTHON = sys.executable
JAXSTUDY = [PYTHON, "-m", "jaxstudy", "build", "--no-site"]
NBCLIENT = Path(__file__).with_name("peer_nbclient.py")


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    run: Run
    cells: str


def main(folder: Path) -> list[Row]:
    shutil.rmtree(folder, ignore_errors=True)
    scripts = write_course(folder / "ours")
    total = sum(script.read_text().count("\n# %%\n") + script.read_text().count("# %% tags") for script in scripts)
    notebooks = _converted(scripts, folder / "theirs")
    rows = list(_peers(folder / "theirs", notebooks, total))
    rows += _ours(folder / "ours", scripts)
    return rows


def _converted(scripts: list[Path], folder: Path) -> list[Path]:
    folder.mkdir(parents=True)
    import jupytext

    for script in scripts:
        jupytext.write(jupytext.read(script), folder / f"{script.stem}.ipynb")
    return sorted(folder.glob("*.ipynb"))


def _peers(folder: Path, notebooks: list[Path], total: int) -> list[Row]:
    names = [notebook.name for notebook in notebooks]
    one_by_one = " && ".join(f"{PYTHON} -m jupyter nbconvert --execute --to slides {name}" for name in names)
    rows = [
        Row("nbconvert --execute --to slides, one by one", measure(["bash", "-c", one_by_one], folder), str(total)),
        Row("nbclient in two processes, slides + page", measure([PYTHON, str(NBCLIENT), *names], folder), str(total)),
    ]
    return [*rows, *_jupyter_cache(folder, names, total), *_jupyter_book(folder)]


def _jupyter_cache(folder: Path, names: list[str], total: int) -> list[Row]:
    """Where it can be installed; into a folder of its own, so that our environment stays as users have it."""
    place = folder.parent / "jupyter-cache"
    packages = ["jupyter-cache", "sqlalchemy", "tabulate", "click"]
    if not _installed(place, packages):
        return []
    script = Path(__file__).with_name("peer_jupyter_cache.py")
    command = [PYTHON, str(script), str(place), *names]
    cold, warm = measure(command, folder), measure(command, folder)
    if cold.returncode:
        return []
    return [
        Row("jupyter-cache, local-parallel, execution only", cold, str(total)),
        Row("jupyter-cache, unchanged", warm, "0"),
    ]


def _jupyter_book(folder: Path) -> list[Row]:
    """Jupyter Book 2 fetches its page template at build time; without a network the row says so."""
    place = folder.parent / "jupyter-book"
    if not _installed(place, ["jupyter-book"]):
        return []
    (folder / "myst.yml").write_text("version: 1\nproject: {title: Benchmark}\nsite: {template: book-theme}\n")
    import os

    environment = {**os.environ, "PYTHONPATH": str(place), "PATH": f"{place / 'bin'}:{os.environ['PATH']}"}
    run = measure([str(place / "bin" / "jupyter-book"), "build", "--html", "--execute"], folder, environment)
    built = run.returncode == 0 and (folder / "_build" / "html").is_dir()
    return [Row("Jupyter Book 2" if built else "Jupyter Book 2 (failed: needs the network for its theme)", run, "?")]


def _installed(place: Path, packages: list[str]) -> bool:
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), *packages]
    deps = pip if "jupyter-cache" in packages else [word for word in pip if word != "--no-deps"]
    return subprocess.run(deps, capture_output=True).returncode == 0


def _ours(root: Path, scripts: list[Path]) -> list[Row]:
    rows = [_row("jaxstudy, plain kernels, cold", [*JAXSTUDY, "--kernel", "plain"], root)]
    shutil.rmtree(root / "build")
    rows.append(_row("jaxstudy, cold", JAXSTUDY, root))
    rows.append(_row("jaxstudy, unchanged", JAXSTUDY, root))
    edit_prose(scripts[-1])
    rows.append(_row("jaxstudy, prose edited", JAXSTUDY, root))
    edit_last_cell(scripts[-1])
    rows.append(_row("jaxstudy, last cell edited (training not run again)", JAXSTUDY, root))
    return rows


def _row(what: str, command: list[str], root: Path) -> Row:
    run = measure(command, root)
    if run.returncode:
        sys.exit(run.output)
    ran = sum(int(count) for count in re.findall(r"(\d+) of \d+ steps run", run.output))
    return Row(what, run, str(ran))
