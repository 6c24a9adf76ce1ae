"""Files that cells open, and displays that later cells replace: what is shown is what a run from the top would show."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat

from jaxstudy.course import Course

Script = Callable[..., Path]


def build(*options: str) -> str:
    """`jaxstudy build` in the working directory; what it printed."""
    command = [sys.executable, "-m", "jaxstudy", "build", "--no-site", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def outputs(course: Course, name: str = "01_small") -> list[str]:
    """Of each code cell of the executed notebook, what it shows."""
    notebook = nbformat.read(course.build / "made" / f"{name}.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return ["|".join(o.get("text") or str(o["data"].get("text/plain")) for o in cell.outputs) for cell in cells]


READS = """
# %%
%run helper_run.py

# %%
from pathlib import Path
import glob, importlib
print(Path("d.csv").read_text(), sorted(glob.glob("data/*")))

# %%
print(importlib.import_module("helper_mod").VALUE)

# %%
from by_name import read
print(read())

# %%
Path("log.txt").open("a").write("run")
print(Path("log.txt").read_text())
"""


def test_what_a_cell_opened_is_looked_at_again_before_its_output_is_taken_for_known(
    course: Course, script: Script
) -> None:
    path = script(READS)
    beside = path.parent
    (beside / "data").mkdir()
    (beside / "helper_run.py").write_text('print("old run")')
    (beside / "helper_mod.py").write_text('VALUE = "old module"')
    (beside / "by_name.py").write_text('def read(name="deep.txt"):\n    return open(name).read()\n')
    for name in ("d.csv", "deep.txt", "data/one"):
        (beside / name).write_text(f"old {name}")
    assert "5 of 5 steps run" in build()
    # log.txt is read by the step that writes it: no input, or nothing would ever be unchanged.
    assert "nothing to run" in build()
    first = outputs(course)
    assert "old run" in first[0] and "old d.csv" in first[1] and "old module" in first[2] and "old deep.txt" in first[3]

    (beside / "deep.txt").write_text("new deep.txt")
    assert re.search(r"[45] of 5 steps run", build()) and "new deep.txt" in outputs(course)[3]
    for name in ("helper_run.py", "helper_mod.py", "d.csv"):
        (beside / name).write_text((beside / name).read_text().replace("old", "new"))
    (beside / "data" / "two").write_text("")
    assert "5 of 5 steps run" in build()
    last = outputs(course)
    assert "new run" in last[0] and "new d.csv" in last[1] and "data/two" in last[1] and "new module" in last[2]
    assert "nothing to run" in build()
    assert "5 of 5 steps run" in build("--fresh")


def test_a_file_of_the_same_name_beside_another_lecture_is_not_taken_for_it(course: Course, script: Script) -> None:
    (course.root / "lectures" / "d.txt").write_text("first")
    script("# %%\nprint(open('d.txt').read())\n")
    build()
    folder = course.root / "elsewhere"
    folder.mkdir()
    (folder / "d.txt").write_text("second")
    other = folder / "02_other.py"
    other.write_text((course.root / "lectures" / "01_small.py").read_text())
    build("elsewhere/02_other.py")
    assert outputs(course, "02_other") == ["second\n"]


SHOWS = """
# %%
from IPython.display import display, HTML, Pretty
print("before")
display(Pretty("still"))
print("after")
h = display(Pretty("step 0"), display_id=True)
display(Pretty("end"))

# %% tags=["expensive"]
import numpy as np
kept = np.ones(2)
bar = display(Pretty("0 %"), display_id="bar")

# %%
h.update(Pretty("step 3"))

# %%
display(Pretty("done"), display_id="bar", update=True)
"""


def test_a_display_shows_what_a_later_cell_put_there_and_nothing_else_moves(course: Course, script: Script) -> None:
    path = script(SHOWS)
    build()
    assert outputs(course)[:2] == ["before\nafter\n|still|step 3|end", "done"]
    # The last cell edited: what it replaces follows, also among outputs of steps that are known or put back.
    path.write_text(path.read_text().replace('"done"', '"100 %"'))
    build()
    assert outputs(course)[:2] == ["before\nafter\n|still|step 3|end", "100 %"]
    # The cell that replaced it is gone: the display is as it was made.
    path.write_text(path.read_text().replace('h.update(Pretty("step 3"))', "None"))
    build()
    assert outputs(course)[:2] == ["before\nafter\n|still|step 0|end", "100 %"]
