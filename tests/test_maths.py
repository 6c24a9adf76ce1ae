"""One lecture full of maths, dollars and braces: deck and page show the same formulas, and nothing else as one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY
from jaxstudy.build.chromium import Chromium
from jaxstudy.build.maths import latex, set_aside

LECTURE = r"""
# %% [markdown]
# # Maths $\alpha$ in a title
#
# $\newcommand{\Ex}[1]{\mathbb{E}\left[#1\right]} \DeclareMathOperator*{\argmin}{arg\,min}$
#
# $$\def\RR{\mathbb{R}} \newcommand{\norm}[2][2]{\lVert #2 \rVert_{#1}}$$

# %% [markdown]
# ## Leaves of {"a": 1}
#
# Spaced $ a + b $, in words $\Ex{X}$, *em*$_1$ and $x_1$ *em* $y_1$, $v = \begin{pmatrix} 1 \\ 2 \end{pmatrix}$ here.
#
# It costs \$3 or \$4. A set {1, 2}
# {3, 4}
#
# | norm | code |
# |------|------|
# | $|x| < 2$ | `a|b` |
#
# \begin{align} \norm{a} &= \norm[1]{b} \\ c &= \argmin_x f \end{align}
#
# 1. one
#
#    $$
#    x \in \RR
#    $$
# 2. two with `$code$`, `` `$tick$` `` and <span title="$5 and $6">an attribute</span>
#
# > quoted $$q
# > = 1$$
#
# ```bash
# me ~$ pip install jax
# me ~$ python
# ```

# %% [markdown]
# $\newcommand{\Ex}[1]{\mathrm{E}(#1)}$
#
# ## Again
#
# $\Ex{Y}$
"""
DRAWN = """
new Promise((go, fail) => {
  const look = (left) => {
    const waiting = [...document.querySelectorAll(".jx-math, .arithmatex")].some((e) => !e.querySelector(".katex"));
    const some = document.querySelector(".katex");
    if (some && !waiting) go();
    else if (left) setTimeout(look, 100, left - 1);
    else fail(new Error("no maths was drawn"));
  };
  look(200);
})
"""
LOOK = r"""
(() => {
  const all = document.querySelector(".slides, article");
  const shown = (e) => e.closest(".jx-math[hidden], .arithmatex[hidden], p[hidden]") === null; // reveal.js hides slides
  const katex = [...all.querySelectorAll(".katex")].filter(shown);
  return {
    formulas: katex.map((e) => e.querySelector("annotation").textContent.replace(/\s+/g, " ").trim()),
    wrong: [...all.querySelectorAll(".katex-error, .katex [style*='204, 0, 0'], .katex [style*='cc0000']")].map((e) => e.textContent),
    code: [...all.querySelectorAll("code")].map((e) => e.textContent.trim()).filter((t) => /\$|[|]/.test(t) && !t.includes("\n")),
    cells: [...all.querySelectorAll("td")].length,
    items: [...all.querySelectorAll("ol")].map((e) => e.children.length),
    prose: [...all.querySelectorAll("p")].filter(shown).map((e) => e.textContent.replace(/\s+/g, " ").trim()).filter((t) => /costs|set/.test(t)),
    titles: [...all.querySelectorAll("[title]")].map((e) => e.title).filter((t) => t.includes("$")),
    heading: [...all.querySelectorAll("h2")].map((e) => e.firstChild.textContent.trim()).filter((t) => t.startsWith("Leaves")),
  };
})()
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a browser shows of the lecture's deck and of its page."""
    root = tmp_path_factory.mktemp("maths")
    (root / "course.toml").write_text('title = "Maths"\n')
    (root / "lectures").mkdir()
    (root / "lectures" / "01_maths.py").write_text(LECTURE)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("JAXSTUDY_WEB", str(REPOSITORY / "node_modules"))
        subprocess.run(
            [sys.executable, "-m", "jaxstudy", "build"], cwd=root, check=True, capture_output=True, timeout=120
        )
    found = {}
    for name, file in (("deck", "slides/01_maths.html"), ("page", "build/site/lectures/01_maths.html")):
        with Chromium() as browser:
            browser.open(root / file)
            browser.evaluate(DRAWN)
            found[name] = browser.evaluate(LOOK)
    yield found


def test_deck_and_page_show_the_same_and_no_formula_is_red(seen: dict[str, Any]) -> None:
    deck, page = seen["deck"], seen["page"]
    assert deck["wrong"] == page["wrong"] == []
    # The page's own title stands in its head; the deck sets the formula in it.
    assert [one for one in deck["formulas"] if one != r"\alpha"] == [
        one for one in page["formulas"] if one != r"\alpha"
    ]
    for part in ("code", "cells", "items", "prose", "titles", "heading"):
        assert deck[part] == page[part], part


def test_what_is_maths_is_set_and_what_is_none_is_left(seen: dict[str, Any]) -> None:
    page = seen["page"]
    formulas = page["formulas"]
    assert r"\Ex{X}" in formulas and r"|x| < 2" in formulas and "a + b" in formulas and r"x \in \RR" in formulas
    assert any("pmatrix" in one for one in formulas) and "q = 1" in formulas and len(formulas) == 12
    assert page["prose"] == ["It costs $3 or $4. A set {1, 2} {3, 4}"]
    assert page["titles"] == ["$5 and $6"] and page["items"] == [2] and page["cells"] == 2
    assert page["heading"] == ['Leaves of {"a": 1}']
    assert "a|b" in page["code"] and "$code$" in page["code"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("$5 a month, or $50", [r"5 a month, or"]),
        ("costs $5", []),
        ("a\\$b$c$", ["$", "c"]),
        ("$a\n\nb$", []),
        ("$a\nb$", ["a\nb"]),
        ("`$a$` $b$", ["b"]),
        ("~~~\n$a$\n~~~\n$b$", ["b"]),
        ("- x\n\n  ```\n  $a$\n  ```\n\n  $b$", ["b"]),
        ("<pre>$a$</pre> <b>$b$</b>", ["b"]),
        ("\\\\(a\\\\) and \\\\[b\\\\]", ["a", "b"]),
        ("$$a$$$b$", ["a", "b"]),
        ("$a {b$", []),
        ("$\\frac{a$", ["\\frac{a"]),
    ],
)
def test_formulas_are_found_as_jupyter_finds_them(source: str, found: list[str]) -> None:
    aside = set_aside(source)
    assert [formula.body for formula in aside.formulas if formula.body != "{"] == found
    assert aside.put_back(aside.text, lambda formula: formula.text) == source


def test_latex_that_katex_lacks_is_written_otherwise() -> None:
    assert latex(r"\DeclareMathOperator{\sg}{sgn}") == r"\def\sg{\operatorname{sgn}}"
    assert latex(r"\newcommand{\n}[2][k]{#2_{#1}}").startswith(
        r"\def\n{\@ifnextchar[{\n@with}{\n@with[k]}}\def\n@with[#1]#2{"
    )


def test_a_command_that_nobody_defined_is_named_by_check(tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('title = "Maths"\n')
    command = [sys.executable, "-m", "jaxstudy"]
    options: dict[str, Any] = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 120}
    (tmp_path / "lectures").mkdir()
    subprocess.run([*command, "new", "lecture", "01_sums"], check=True, **options)
    lecture = tmp_path / "lectures" / "01_sums.py"
    lines = lecture.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("# %% [markdown]")) + 3
    lines[place:place] = ["#", r"# $\undefinedhere{x}$"]
    lecture.write_text("\n".join(lines) + "\n")
    done = subprocess.run([*command, "check", "01"], env=_with_web(), **options)
    assert done.returncode == 1 and r"\undefinedhere" in done.stdout + done.stderr, done.stdout + done.stderr


def _with_web() -> dict[str, str]:
    import os

    return {**os.environ, "JAXSTUDY_WEB": str(REPOSITORY / "node_modules")}
