"""Scripts as people write them: comments, magics, markers, prose; read, built in a real kernel, written back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jupytext
import nbformat
import pytest

from conftest import HEADER
from jaxstudy.build.lint import lint
from jaxstudy.course import Course, Lecture, load_course, read_lecture
from jaxstudy.course.cells import read_cells
from jaxstudy.course.percent import read_percent, write_percent
from jaxstudy.course.untaken import untaken
from jaxstudy.course.writing import Edit, spliced_text
from jaxstudy.errors import InputError

Write = Callable[..., Path]
Read = Callable[..., Lecture]
SLIDE = 'slideshow={"slide_type": "slide"}'
WRITTEN_BY_JUPYTEXT = """\
# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent, jupytext_version: 1.19.6}
# ---

"""
COMMENTS = """\
# why?
# !echo ran
x = 1
# copy the tree
if x:
    # ls
    x = 2  # rm?
    # mv a b
# rm old.npz
# %time is money
# cd ..
# ?x
# x?
# # echo
print(f'''
# cat file
# !echo {x}
''')"""
MAGICS = """\
%time y = 1
files = !echo shell
print(files)
!echo hi
y?"""
CELLS = (COMMENTS, MAGICS, "# rm old.npz", "# why?", "%%bash\necho bash\n# ls")
BODY = f"# %% [markdown] {SLIDE}\n# # Commands\n\n" + "\n\n".join(f"# %%\n{cell}" for cell in CELLS) + "\n"


def jaxstudy(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "jaxstudy", *words], capture_output=True, text=True, timeout=120)


def problem_of(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_lecture(path)
    assert len(caught.value.problems) == 1
    return str(caught.value.problems[0])


def test_a_comment_stays_one_and_a_magic_runs_wherever_they_stand(course: Course) -> None:
    for kept in (course.root / "old.npz", course.root / "lectures" / "old.npz"):
        kept.touch()
    (course.root / "lectures" / "01_a.py").write_text(BODY)
    (course.root / "lectures" / "02_jupytext.py").write_text(
        WRITTEN_BY_JUPYTEXT + BODY + "\n# %%\n# %matplotlib inline\n# %time print('stored')\n# !echo no\n# # why?\n"
    )
    done = jaxstudy("build", "--no-site")
    assert done.returncode == 0, done.stderr
    assert "commands in comments stay comments" in done.stdout
    assert all((course.root / folder / "old.npz").exists() for folder in ("", "lectures"))
    stored = "%matplotlib inline\n%time print('stored')\n# !echo no\n# why?"
    for name, more in (("01_a", []), ("02_jupytext", [stored])):
        notebook = nbformat.read(course.build / "notebooks" / f"{name}.executed.ipynb", 4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code" and "jaxstudy" not in cell.source]
        if more:
            assert code[0].source == COMMENTS.replace("# # echo", "# echo")
        assert [cell.source for cell in code][1 if more else 0 :] == [*CELLS[1 if more else 0 :], *more]
        said = ["".join(output.get("text", "") for output in cell.outputs) for cell in code]
        assert said[0] == "\n# cat file\n# !echo 2\n\n"
        assert "['shell']\nhi" in said[1].replace("\r", "")
        assert said[2:4] == ["", ""]
        assert said[4] == "bash\n"
        assert not more or "stored" in said[5]


def test_a_magic_that_jupytext_stored_is_one_only_where_jupytext_wrote_the_file(script: Write) -> None:
    body = "# %% [markdown]\n# # A\n\n# %%\n# %matplotlib inline\n# %load_ext of the hook\n# %%time\n"
    magic, comment = "%matplotlib inline\n# %load_ext of the hook\n%%time", body.split("# %%\n")[-1].strip()
    ours = HEADER.replace("jaxstudy:", "jupytext: {text_representation: {jupytext_version: 1.19.6}}\n#   jaxstudy:")
    asked = HEADER.replace("jaxstudy:", "jupytext: {comment_magics: true}\n#   jaxstudy:")
    for header, source in ((WRITTEN_BY_JUPYTEXT, magic), (asked, magic), (ours, comment), (HEADER, comment)):
        path = script(body, header=header)
        assert read_lecture(path).steps[1].source == source
        found = read_cells(path)
        for typed in ("# %matplotlib inline", "%matplotlib inline", "# why?", "# # why?", "# %pip install x \\\n# y"):
            path.write_text(spliced_text(found, [Edit(1, found.cells[1], replace(found.cells[1], source=typed))]))
            assert read_cells(path).cells[1].source == typed


def test_scripts_without_markers_and_markdown_run_no_comment_either(course: Course) -> None:
    light = course.root / "lectures" / "01_light.py"
    light.write_text('x = 1\n# why?\n# rm old.npz\n\n# ls\n\n%time x\n\n# + The {set} tags=["a"]\ny = 2\n# -\n')
    found = read_lecture(light).steps
    assert [step.source for step in found] == ["x = 1\n# why?\n# rm old.npz", "# ls", "%time x", "y = 2"]
    assert found[-1].tags == ("a",)
    markdown = course.root / "lectures" / "02_text.md"
    markdown.write_text("---\njupyter:\n  jupytext: {comment_magics: true}\n---\n\n```python\n# rm x\n# why?\n```\n")
    assert [step.source for step in read_lecture(markdown)] == ["# rm x\n# why?"]


@pytest.mark.parametrize(
    "text",
    [
        "# ---\n# note: not YAML: at all\n# ---\n\n# %%\nx = 1\n",
        "# + \nx = 1\n# -\n\n# words\n\n\n",
        'text = """\n# %% no marker\n"""\n\ny = 1\n',
        '"""\nTitle\n=====\n"""\nx = 1\n####################\n# Words\n\n####################\n# More\n\ny = 2\n',
        "# region Part\nx = 1\n\ny = 2\n# endregion\n",
        "# In[1]:\n\n\nx = 1\n\n# In[2]:\n\n\ny = 2\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# %%\nx = 1\n\n# %% [markdown]\n# a\n#\n# b\n",
        "",
    ],
)
def test_scripts_are_cut_into_cells_as_jupytext_cuts_them(course: Course, text: str) -> None:
    path = course.root / "lectures" / "01_any.py"
    path.write_text(text)
    theirs = [(cell.cell_type, cell.source) for cell in jupytext.read(path).cells if cell.source.strip()]
    assert [(step.kind, step.source) for step in read_lecture(path) if step.source.strip()] == theirs


def test_what_is_written_reads_back_the_same_here_and_by_jupytext() -> None:
    text = (
        BODY
        + f'''
# %% Plot {{final}} = 1 tags=["live"] {SLIDE}
x = 1

# %% [md] Aside
# words

# %% [markdown]
"""
Quoted
"""

# %%% Sub
1

# %% [raw]
# raw

# %% language="bash"
# ls
'''
    )
    first = read_percent(text)
    written = write_percent(first)
    for again in (read_percent(written), jupytext.reads(written, fmt="py:percent")):
        told = [(cell.cell_type, cell.source, cell.metadata.get("tags")) for cell in again.cells]
        assert told == [(cell.cell_type, cell.source, cell.metadata.get("tags")) for cell in first.cells]
    assert [cell.cell_type for cell in first.cells[-6:]] == ["code", "markdown", "markdown", "code", "raw", "code"]


@pytest.mark.parametrize(
    ("marker", "title"),
    [
        ("Plot {final} TAGS", "Plot {final}"),
        ('Leaves of {"a": 1} TAGS', 'Leaves of {"a": 1}'),
        ("loss = mean(x) TAGS", "loss = mean(x)"),
        ("a == b, f(x) = {1: 2}[x] TAGS", "a == b, f(x) = {1: 2}[x]"),
        ('Don\'t "quote" C# TAGS', 'Don\'t "quote" C#'),
        ("TAGS # and a comment", None),
        ("\tTAGS\t", None),
        ("% Sub TAGS", None),
        ('Title {"tags": ["live"], "slideshow": {"slide_type": "slide"}}', "Title"),
        ("tags=('live',) slideshow={'slide_type': 'slide'}", None),
    ],
)
@pytest.mark.parametrize("start", ["# %%", "#%%"])
def test_no_title_takes_tags_and_slide_type_with_it(lecture: Read, marker: str, title: str | None, start: str) -> None:
    depth = "" if marker.startswith("%") else " "
    marker = marker.replace("TAGS", f'tags=["live"] {SLIDE}')
    _, step = lecture(f"# %% [markdown] {SLIDE}\n# # A\n\n{start}{depth}{marker}\nx = 1\n")
    assert (step.tags, step.slide_type, step.source) == (("live",), "slide", "x = 1")
    assert title is None or step.metadata["title"] == title


@pytest.mark.parametrize("marker", ["The set {1, 2}", "{final}", "x = 1", "[md]", "[markdown]", "% Sub", "%"])
def test_odd_titles_and_kinds_are_read_in_a_lecture_of_ours(lecture: Read, marker: str) -> None:
    found = lecture(f"# %% [markdown] {SLIDE}\n# # A\n\n# %%{'' if marker[0] == '%' else ' '}{marker}\n# 1\n")
    assert len(found.steps) == 2
    assert found.steps[1].kind == ("markdown" if "m" in marker else "code")


@pytest.mark.parametrize("header", [HEADER, ""])
@pytest.mark.parametrize(
    ("marker", "word"),
    [
        ("tags=[live]", "tags=[live]"),
        ("slideshow={slide_type: slide}", "slideshow={slide_type: slide}"),
        ('tags=["live"', 'tags=["live"'),
        (f'tags=["live"] {SLIDE[:-1]}', SLIDE[:-1]),
        (f'tags=["live"], {SLIDE}', ","),
        ('tags=["live"] !!', "!!"),
        ('tags=["live"] tags=["check"]', "tags"),
        ('slideshow="slide"', 'slideshow="slide"'),
        ('{"tags": ["live"]', '{"tags": ["live"]'),
    ],
)
def test_tags_that_can_not_be_read_are_one_problem_with_line_and_word(
    script: Write, header: str, marker: str, word: str
) -> None:
    path = script(f"# %% [markdown] {SLIDE}\n# # A\n\n# %% Title {marker}\nx = 1\n", header=header)
    line = path.read_text().splitlines().index(f"# %% Title {marker}") + 1
    found = problem_of(path)
    assert found.startswith(f"lectures/01_small.py:{line}: expected ")
    assert f"got {word!r}" in found


def test_words_behind_the_keys_are_one_problem_in_a_lecture_of_ours(script: Write) -> None:
    path = script('# %% tags=["live"] Plot of f\nx = 1\n')
    assert "got 'Plot of f'; write a cell's title before its keys" in problem_of(path)


def test_triple_quotes_hold_prose_and_an_edit_stays_in_them(script: Write) -> None:
    path = script(f'# %% [markdown] {SLIDE}\nr"""\n# A $\\alpha$\n"""\n\n# %%\nx = 1\n')
    found = read_cells(path)
    assert read_lecture(path).steps[0].source == "# A $\\alpha$"
    edited = spliced_text(found, [Edit(0, found.cells[0], replace(found.cells[0], source="# B"))])
    assert edited == path.read_text().replace("# A $\\alpha$", "# B")
    quoting = replace(found.cells[0], source='# A """quoted""" word')
    path.write_text(spliced_text(found, [Edit(0, found.cells[0], quoting)]))
    assert [step.source for step in read_lecture(path)] == ['# A """quoted""" word', "x = 1"]


def test_new_and_changed_cells_are_written_as_the_files_format_writes_them(course: Course) -> None:
    light = "# # A\n\nx = 1\n# why?\n"
    myst = "---\nkernelspec:\n  name: python3\n---\n\n# A\n\n```{code-cell}\nx = 1\n```\n"
    bash = '# %% [markdown]\n# # A\n\n# %% language="bash"\n# ls\n'
    for name, text in (("01_light.py", light), ("02_myst.md", myst), ("03_bash.py", bash)):
        path = course.root / "lectures" / name
        path.write_text(text)
        found = read_cells(path)
        code = next(cell for cell in found.cells if cell.kind == "code")
        changed = replace(code, source=f"{code.source}\n# !what")
        new = replace(code, source="z = 3\n\n# copy it", form={})
        path.write_text(spliced_text(found, [Edit(1, code, changed), Edit(2, None, new)]))
        assert [cell.source for cell in read_cells(path).cells if cell.kind == "code"] == [changed.source, new.source]


def test_code_among_prose_and_prose_in_code_are_named_with_their_lines(script: Write) -> None:
    path = script(
        """
        # %% [markdown]
        # # A
        #
        # Words.
        assert 1 + 1 == 3

        # %% [markdown]
        '''
        Quoted
        '''
        x = 1

        # %% [raw]
        y = 2

        # %% [markdown]
        # fine

        # %% active="py"
        z = 3

        # %% [Markdown]
        # not prose
        """,
        header="",
    )
    lines = path.read_text().splitlines()
    found = {lines[(problem.line or 0) - 1]: str(problem) for problem in lint(read_lecture(path))}
    assert list(found) == ["assert 1 + 1 == 3", "x = 1", "y = 2", "# %% [Markdown]"]
    assert "put `# %%` above it if it is code" in found["x = 1"]
    done = jaxstudy("check", "--no-screen")
    assert done.returncode == 1
    assert done.stderr.count("lectures/01_small.py:") == 4
    assert jaxstudy("build", "--no-site").stdout.count("lectures/01_small.py:") == 4


def test_a_homework_with_code_among_prose_is_not_released(course: Course) -> None:
    assert jaxstudy("homework", "new", "01_masks").returncode == 0
    path = course.root / "homework" / "01_masks" / "assignment.py"
    path.write_text(path.read_text() + "\n# %% [markdown]\n# Given:\nleft = 1\n")
    done = jaxstudy("homework", "release", "01")
    assert done.returncode == 2
    assert f"assignment.py:{path.read_text().count(chr(10))}: expected text behind `#`" in done.stderr
    assert not (course.build / "release").exists()


@pytest.mark.parametrize("body", ["", "# %% [markdown]\n# # Words\n", "# %% [raw]\n# <b>\n", f"# %% {SLIDE}\n"])
def test_a_lecture_of_ours_without_code_is_checked(script: Write, body: str) -> None:
    found = {problem.expected for problem in lint(read_lecture(script(body)))}
    assert "claims as asserts" in found


def test_a_kernelspec_without_a_name_to_show_gets_one(course: Course) -> None:
    for name, text in (
        ("01_a.md", "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n# A\n\n```{code-cell}\n1\n```\n"),
        ("02_b.py", "# ---\n# jupyter:\n#   kernelspec: {name: python3}\n# ---\n\n# %%\n1\n"),
    ):
        path = course.root / "lectures" / name
        path.write_text(text)
        assert read_lecture(path).metadata["kernelspec"] == {"name": "python3", "display_name": "python3"}


def test_notebooks_that_other_tools_wrote_incompletely_are_read_and_written_whole(course: Course) -> None:
    from jaxstudy.build.execute import executed_notebook
    from jaxstudy.present.copies import working_text

    code = {"cell_type": "code", "metadata": {"id": "Same1", "tags": "a, b"}, "source": "x = 1", "outputs": []}
    cells = [
        {"cell_type": "heading", "level": 2, "source": "A"},
        code,
        {**code, "metadata": {"id": "Same1", "slideshow": None, "tags": ["c,d", "c,d"], "jupyter": None}},
        {"cell_type": "code", "id": "no good", "metadata": None, "source": ["# why?\r\n", "y"], "vscode": {}},
        {"cell_type": "markdown", "metadata": {"id": "a/b c"}, "source": None},
    ]
    notebook = {"nbformat": "4", "metadata": {"kernelspec": {}, "language_info": {}, "title": 5}, "cells": cells}
    path = course.root / "lectures" / "01_a.ipynb"
    path.write_text(json.dumps(notebook))
    found = read_lecture(path)
    assert [step.id for step in found] == ["a-1", "Same1", "a-3", "a-4", "a-5"]
    assert [step.tags for step in found][1:3] == [("a", "b"), ("c d",)]
    assert found.steps[3].source == "# why?\ny"
    nbformat.validate(executed_notebook(found, None))
    nbformat.validate(nbformat.from_dict(json.loads(working_text(found))))


def test_two_files_of_one_name_are_refused_together_and_told_apart_in_turn(course: Course) -> None:
    for name in ("a", "b"):
        (course.root / name).mkdir()
        (course.root / name / "demo.py").write_text(f"# %% [markdown]\n# # {name}\n\n# %%\nprint('from {name}')\n")
    both = jaxstudy("build", "a/demo.py", "b/demo.py")
    assert both.returncode == 2
    assert "a/demo.py" in both.stderr
    assert "b/demo.py" in both.stderr
    assert not (course.root / "slides").exists()
    for name in ("a", "b"):
        assert jaxstudy("build", f"{name}/demo.py").returncode == 0
        assert f"from {name}" in (course.root / "slides" / "demo.html").read_text()
    (course.root / "lectures" / "demo.py").write_text("# %%\n1\n")
    (course.root / "lectures" / "01_demo.py").write_text("# %%\n1\n")
    (course.root / "a" / "01_demo.py").write_text("# %%\n2\n")
    assert "lectures/01_demo.py" in jaxstudy("build", "a/01_demo.py").stderr


def test_files_in_lectures_that_are_taken_for_none_are_named(course: Course) -> None:
    folder = course.root / "lectures"
    files = {
        "01_a.py": "# %%\nfrom helpers import f\nimport tools.x, cellular\n",
        "01_a.ipynb": "{}",
        "02_b.qmd": "",
        "03_c.Rmd": "",
        "04_d.txt": "# %%\n1\n",
        "05_e.PY": "# %%\n1\n",
        "intro.py": "# %% [markdown]\n# # Intro\n",
        "extra.ipynb": "{}",
        "story.md": "---\njupytext:\n  formats: md:myst\n---\n",
        # no complaint
        "README.md": "# Lectures\n",
        "syllabus.md": "# Weeks\n",
        "helpers.py": "def f(): ...\n",
        "cellular.py": "# %% cells\nx = 1\n",
        "__init__.py": "",
        "_draft.py": "# %%\n",
        ".hidden.py": "# %%\n",
        "data.txt": "1 2 3\n",
        "tree.svg": "<svg/>",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    for name in ("week1/02_x.ipynb", "figures/tree.py", ".ipynb_checkpoints/01_a-checkpoint.ipynb"):
        (folder / name).parent.mkdir()
        (folder / name).write_text("")
    named = [line.split()[0].removeprefix("lectures/") for line in untaken(load_course())]
    assert sorted(named) == sorted([*list(files)[1:9], "week1/"])
    assert "lectures/02_b.qmd is not taken for a lecture" in jaxstudy("check", "--no-screen").stdout
