"""Files that were not written for jaxstudy: they build, or fail in one clear line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from jaxstudy.build.chromium import Chromium
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.lectures import Options, Targets, build_one
from jaxstudy.course import Course
from jaxstudy.errors import KernelLost, StepFailed

Build = Callable[[Path], Targets]


@pytest.fixture
def build(course: Course, kernels: Kernels) -> Build:
    def build_it(path: Path) -> Targets:
        build_one(course, path, Options(), "", kernels, lambda _: None)
        return Targets.of(course, path)

    return build_it


def kaggle_style(cells: list[tuple[str, str]], **metadata: Any) -> str:
    """A notebook as Kaggle saves them: nbformat 4.4, no cell ids, its own metadata, old outputs, sources as lists."""
    made = []
    for kind, source in cells:
        cell: dict[str, Any] = {"cell_type": kind, "metadata": {"_uuid": "d6", "trusted": True}}
        if kind == "code":
            old = {"output_type": "stream", "name": "stdout", "text": ["stale output\n"]}
            cell |= {"execution_count": 7, "outputs": [old]}
        made.append({**cell, "source": source.splitlines(keepends=True)})
    spec = {"language": "python", "display_name": "Python 3", "name": "conda-env-old-py"}
    about = {"kernelspec": spec, "language_info": {"name": "python", "version": "3.6.6"}, **metadata}
    return json.dumps({"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 4})


def test_a_kaggle_style_notebook_becomes_notebook_deck_and_page_input(course: Course, build: Build) -> None:
    path = course.root / "titanic-eda.ipynb"
    cells = [
        ("markdown", '<h1 style="color:teal">Who survived?</h1>\n\n# Load\n$x^2$ and | a |\n'),
        (
            "code",
            "%matplotlib inline\nimport os\nimport matplotlib.pyplot as plt\n!echo from the shell\nprint(os.listdir('.'))",
        ),
        ("code", "plt.plot([1, 3, 2])\nplt.title('three points')\nplt.show()"),
        ("markdown", "# Load\nThe same heading again."),
        ("code", "%%time\nsum(range(10))"),
        ("code", ""),
        ("raw", "raw *text* <script>alert(1)</script>"),
        ("code", "from IPython.display import HTML\nHTML('<table><tr><td>1</td></tr></table>')"),
    ]
    path.write_text(kaggle_style(cells))
    made = build(path)
    deck = made.deck.read_text(encoding="utf-8")
    assert "from the shell" in deck and 'alt="three points"' in deck and "stale output" not in deck
    whole = nbformat.read(made.whole, as_version=4)
    assert [cell.cell_type for cell in whole.cells] == [kind for kind, _ in cells]
    nbformat.validate(whole)


def test_a_script_with_300_cells_builds(course: Course, build: Build) -> None:
    path = course.root / "long.py"
    cells = [f"# %% [markdown]\n# ## Part {n}\n\n# %%\nx{n} = {n}\nprint(x{n})\n" for n in range(150)]
    path.write_text("\n".join(cells))
    deck = build(path).deck.read_text(encoding="utf-8")
    assert "Part 149" in deck and deck.count("data-step") >= 300


def test_a_slide_that_is_too_tall_scrolls_and_space_walks_down_it(course: Course, build: Build) -> None:
    path = course.root / "tall.py"
    paragraphs = "\n#\n".join(f"# Paragraph {n} of a long page." for n in range(40))
    path.write_text(f"# %% [markdown]\n# # Long\n#\n{paragraphs}\n\n# %% [markdown]\n# # Next\n")
    where = "[Reveal.getIndices().h, Reveal.getCurrentSlide().scrollTop > 0]"
    with Chromium() as browser:
        browser.open(build(path).deck)
        browser.evaluate("new Promise((go) => (Reveal.isReady() ? go() : Reveal.on('ready', go)))")
        assert browser.evaluate(where) == [0, False]
        browser.press(" ")
        assert browser.evaluate(where) == [0, True]
        for _ in range(8):
            browser.press(" ")
        assert browser.evaluate("Reveal.getIndices().h") == 1


def test_a_missing_package_is_named_with_what_to_install(course: Course, build: Build) -> None:
    path = course.root / "needs.py"
    path.write_text("# %%\nimport nowhere_to_be_found.at_all\n")
    with pytest.raises(StepFailed, match=r"needs\.py:2: .*pip install nowhere_to_be_found"):
        build(path)
    path.write_text("# %%\nimport umap\n")  # a module whose package has another name
    with pytest.raises(StepFailed, match=r"needs\.py:2: .*pip install umap-learn"):
        build(path)


def test_an_r_notebook_is_refused_in_one_line(course: Course, build: Build) -> None:
    path = course.root / "stats.ipynb"
    spec = {"language": "R", "display_name": "R", "name": "ir"}
    path.write_text(kaggle_style([("code", "x <- 1")], kernelspec=spec))
    with pytest.raises(KernelLost, match="expected a Python lecture, got a R kernel"):
        build(path)
