"""Reading courses and lectures, ours and others', and writing them back."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import HEADER, REPOSITORY
from jaxstudy.course import Course, Lecture, load_course, read_lecture
from jaxstudy.course.cells import read_cells
from jaxstudy.course.concepts import check_concepts, concepts
from jaxstudy.course.headings import first_heading, slug
from jaxstudy.course.starting import new_lecture
from jaxstudy.course.writing import Edit, spliced_notebook, spliced_text
from jaxstudy.errors import InputError

Write = Callable[..., Path]
Read = Callable[..., Lecture]


def problems_of(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_lecture(path)
    return [str(problem) for problem in caught.value.problems]


def test_a_lecture_reads_as_slides_of_steps_with_ids_and_lines(lecture: Read) -> None:
    found = lecture(
        """
        # %% [markdown] slideshow={"slide_type": "slide"} minutes=4
        # ## One gradient
        # It has a shape.

        # %% [markdown] slideshow={"slide_type": "notes"}
        # Ask first.

        # %% slideshow={"slide_type": "-"} tags=["live"]
        x = 1

        # %% [markdown] slideshow={"slide_type": "subslide"}
        # ### The *cure* for `it`

        # %% id="my-own"
        y = 2
        """
    )
    assert [slide.title for slide in found.slides] == ["One gradient", "The cure for it"]
    assert [slide.level for slide in found.slides] == ["slide", "subslide"]
    ids = ["one-gradient-1", "one-gradient-2", "one-gradient-3", "the-cure-for-it-1", "my-own"]
    assert [step.id for step in found] == ids
    lines = found.text.splitlines()
    assert [lines[step.line - 1] for step in found] == [
        "# ## One gradient", "# Ask first.", "x = 1", "# ### The *cure* for `it`", "y = 2",
    ]  # fmt: skip
    assert found.slides[0].minutes == 4
    assert [step.id for step in found.slides[0].notes] == ["one-gradient-2"]
    assert found.step("one-gradient-3").tags == ("live",)


def test_all_problems_of_a_lecture_are_reported_at_once_with_their_lines(script: Write) -> None:
    header = HEADER.replace("title: Small", "titel: Small\n#     minutes: soon")
    path = script(
        """
        # %% [markdown] slideshow={"slide_type": "slid"}
        # ## Same words

        # %% tags=["lve"] slidshow="x"
        x = 1

        # %% [markdown] slideshow={"slide_type": "fragment"}
        # ## Same words

        # %% [markdown] slideshow={"slide_type": "notes"}
        # Too late.
        """,
        header=header,
    )
    found = "\n".join(problems_of(path))
    for words in (
        ":5: expected one of title",
        "'titel' (did you mean 'title'?)",
        ":6: expected `minutes` as a whole number, got 'soon'",
        "slide_type 'slid' (did you mean 'slide'?)",
        "tag 'lve' (did you mean 'live'?)",
        "'slidshow' (did you mean 'slideshow'?)",
        "'same-words-1' again (first at line 10); word this heading differently",
        "notes after the fragment",
    ):
        assert words in found


def test_a_missing_kernelspec_is_named(script: Write) -> None:
    path = script("# %%\n1\n", header=HEADER.replace(HEADER.splitlines()[2] + "\n", ""))
    assert "a kernelspec in the header, got none" in problems_of(path)[0]


def test_a_broken_yaml_header_is_reported_where_it_breaks(script: Write) -> None:
    path = script("# %%\n1\n", header="# ---\n# jupyter:\n#   kernelspec: {name: python3\n# ---\n")
    assert problems_of(path)[0].startswith("lectures/01_small.py:3: expected a YAML header")


def test_a_byte_that_is_not_utf8_is_reported_with_its_line(course: Course) -> None:
    path = course.root / "lectures" / "01_small.py"
    path.write_bytes(b"# %%\nx = 1\n# caf\xe9\n")
    assert problems_of(path) == ["lectures/01_small.py:3: expected UTF-8 text, got byte 0xe9; save the file as UTF-8"]


def test_half_a_notebook_is_reported_with_its_line(course: Course) -> None:
    path = course.root / "lectures" / "01_cut.ipynb"
    path.write_text('{\n "nbformat": 4,\n "cells": [')
    assert "a notebook (JSON)" in problems_of(path)[0]


def test_headings_start_slides_in_a_file_from_elsewhere(lecture: Read) -> None:
    found = lecture(
        "# %% [markdown]\n# # Top\n# %%\nx=1\n# %% [markdown]\n# ### Deep\n# %% [markdown]\n# more\n", header=""
    )
    assert [(slide.level, slide.title, len(slide.steps)) for slide in found.slides] == [
        ("slide", "Top", 2),
        ("subslide", "Deep", 2),
    ]
    assert not found.native


def test_without_headings_each_code_cell_is_a_slide_with_its_prose(lecture: Read) -> None:
    found = lecture("# %% [markdown]\n# hello\n# %%\nx=1\n# %%\ny=2\n", header="")
    assert [len(slide.steps) for slide in found.slides] == [2, 1]


def test_equal_headings_are_told_apart_in_a_file_from_elsewhere(lecture: Read) -> None:
    found = lecture("# %% [markdown]\n# ## A\n# %%\n1\n# %% [markdown]\n# ## A\n# %%\n2\n", header="")
    assert [step.id for step in found] == ["a-1", "a-2", "a-2-1", "a-2-2"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_marks_tabs_and_magics_survive_reading_and_writing(course: Course, end: str, mark: str) -> None:
    path = course.root / "lectures" / "01_odd.py"
    body = [
        "# %% [markdown]",
        "# # Größe ≥ 漢字",
        "",
        "# %%",
        "%matplotlib inline",
        "if True:",
        "\tx = 'é'",
        "!ls",
        "",
    ]
    path.write_bytes((mark + end.join(body)).encode())
    found = read_cells(path)
    assert spliced_text(found, []).encode() == path.read_bytes()
    code = found.cells[1]
    assert code.source.splitlines() == ["%matplotlib inline", "if True:", "\tx = 'é'", "!ls"]
    edited = spliced_text(found, [Edit(1, code, replace(code, source="%matplotlib inline\ny = 2"))])
    assert edited == mark + end.join([*body[:5], "y = 2", ""])


def test_a_script_without_markers_is_one_cell(lecture: Read) -> None:
    found = lecture("import jax\n\nx = 1\n", header="")
    assert "".join(step.source for step in found if step.kind == "code").count("import jax") == 1


def test_an_empty_file_is_a_lecture_without_slides(course: Course) -> None:
    path = course.root / "lectures" / "01_empty.py"
    path.write_text("")
    assert read_lecture(path).slides == ()


def test_notebooks_of_old_and_new_formats_are_read_with_the_line_of_each_cell(course: Course) -> None:
    prose = {"cell_type": "markdown", "metadata": {}, "source": ['# "cells": [\n', "more"]}
    code = {"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": [], "execution_count": None}
    for minor in (0, 2, 4, 5):
        ids = [{"id": "a"}, {"id": "b"}] if minor == 5 else [{}, {}]
        cells = [{**prose, **ids[0]}, {**code, **ids[1]}]
        raw = {"nbformat": 4, "nbformat_minor": minor, "metadata": {}, "cells": cells}
        path = course.root / "lectures" / f"0{minor}_nb.ipynb"
        path.write_text(json.dumps(raw, indent=1))
        found = read_lecture(path)
        assert [step.kind for step in found] == ["markdown", "code"]
        lines = path.read_text().splitlines()
        assert all(lines[step.line - 1].strip() == "{" for step in found)
        assert json.loads(spliced_notebook(read_cells(path), [])) == json.loads(path.read_text())


def test_a_notebook_of_nbformat_3_is_upgraded(course: Course) -> None:
    old = {"cell_type": "code", "input": ["x = 1"], "language": "python", "outputs": [], "collapsed": False}
    sheet = {"cells": [old], "metadata": {}}
    path = course.root / "lectures" / "01_old.ipynb"
    path.write_text(json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [sheet]}))
    assert [step.source for step in read_lecture(path)] == ["x = 1"]


@given(st.lists(st.tuples(st.sampled_from(["code", "markdown"]), st.text("abc #%\t=é漢\n", max_size=30)), max_size=8))
def test_every_cell_stands_at_the_line_it_claims(cells: list[tuple[str, str]]) -> None:
    import tempfile

    blocks = []
    for kind, source in cells:
        lines = [line.strip("%# \t") for line in source.split("\n")]
        mark = "# %% [markdown]" if kind == "markdown" else "# %%"
        blocks += [mark, *(f"# {line}".rstrip() if kind == "markdown" else line for line in lines)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.py"
        path.write_text("\n".join(blocks) + "\n" if blocks else "", encoding="utf-8")
        found = read_cells(path)
        on_disk = found.text.split("\n")
        for cell in found.cells:
            first = next((line for line in cell.source.split("\n") if line.strip()), None)
            where = "\n".join(on_disk[cell.line - 1 : cell.end - 1])
            assert first is None or first.strip() in where


def test_the_lectures_of_this_course_write_back_unchanged_cell_by_cell() -> None:
    for path in load_course(REPOSITORY).lectures:
        found = read_cells(path)
        same = [Edit(number, cell, cell) for number, cell in enumerate(found.cells)]
        assert spliced_text(found, same) == path.read_text(encoding="utf-8")


def test_headings_in_code_fences_are_no_headings() -> None:
    assert first_heading("```python\n# not this\n```\n## This `one`") == (2, "This one")
    assert first_heading("#hashtag") is None
    assert slug("Élan vital: x² & more") == "elan-vital-x2-more"
    assert slug("漢字") == "section"


def test_course_toml_reports_unknown_keys_and_wrong_types_together(course: Course) -> None:
    (course.root / "course.toml").write_text('titel = "x"\nstart = "soon"\n')
    with pytest.raises(InputError) as caught:
        load_course()
    assert [str(problem).split(";")[0] for problem in caught.value.problems] == [
        "course.toml:1: expected one of title, about, repository, site_url, generator, start, dates, got 'titel' (did you mean 'title'?)",
        "course.toml:2: expected a date, got 'soon'",
    ]


def test_a_lecture_is_found_by_number_name_and_path(course: Course, script: Write) -> None:
    path = script("# %%\n1\n", name="02_trees.py")
    course = load_course()
    assert course.find("2") == course.find("02") == course.find("02_trees") == course.find(str(path)) == path
    with pytest.raises(InputError, match=r"02_tres.*did you mean '02_trees'"):
        course.find("02_tres")


def test_weeks_give_dates_and_single_dates_win(course: Course, lecture: Read) -> None:
    (course.root / "course.toml").write_text('start = 2026-01-12\n[dates]\n"03_late" = 2026-02-20\n')
    week = HEADER.replace("title: Small", "title: Small\n#     week: 3")
    dated = load_course()
    assert dated.date_of(lecture("# %%\n1\n", header=week)) == datetime.date(2026, 1, 26)
    assert dated.date_of(lecture("# %%\n1\n", header=week, name="03_late.py")) == datetime.date(2026, 2, 20)


def taught(lecture: Read, number: int, introduces: str = "", revisits: str = "") -> Lecture:
    """A lecture with these concepts in its header."""
    keys = f"introduces: [{introduces}]\n#     revisits: [{revisits}]"
    return lecture("# %%\n1\n", name=f"{number:02}_small.py", header=HEADER.replace("title: Small", keys))


def test_concepts_come_back_only_after_they_were_introduced(lecture: Read) -> None:
    one = taught(lecture, 1, introduces="grad, vmap")
    two = taught(lecture, 2, introduces="grad", revisits="grad, vmap, vmpa")
    assert [str(problem).split(": expected ")[1] for problem in check_concepts([one, two])] == [
        "a revisited concept that an earlier lecture introduces, got 'vmpa' (did you mean 'vmap'?); correct it",
        "a concept introduced once, got 'grad' again (first in 01_small); move it to `revisits:`",
    ]
    assert [(c.name, c.introduced, c.revisited) for c in concepts([one, two])] == [
        ("grad", "01_small", ("02_small",)),
        ("vmap", "01_small", ("02_small",)),
    ]


def test_a_concept_comes_back_twice_or_in_every_later_lecture_where_there_are_fewer(lecture: Read) -> None:
    one, two = taught(lecture, 1, introduces="grad"), taught(lecture, 2, introduces="jit", revisits="grad")
    three, four = taught(lecture, 3, introduces="tree", revisits="jit"), taught(lecture, 4, revisits="jit, tree, grad")
    assert list(check_concepts([one])) == []
    assert list(check_concepts([one, two])) == []
    assert list(check_concepts([one, two, three, four])) == []
    found = list(check_concepts([one, two, three]))
    assert [str(problem).split(": expected ")[1] for problem in found] == [
        "the concept 'grad' in the `revisits:` of 2 later lectures, got 02_small; ask for it again in 03_small"
    ]
    assert (found[0].path, one.text.splitlines()[(found[0].line or 0) - 1].split()[1]) == (one.path, "introduces:")
    assert [str(problem).split(": expected ")[1] for problem in check_concepts([two, three, taught(lecture, 5)])] == [
        "a revisited concept that an earlier lecture introduces, got 'grad'; correct it",
        "the concept 'jit' in the `revisits:` of 2 later lectures, got 03_small; ask for it again in 05_small",
        "the concept 'tree' in the `revisits:` of 1 later lecture, got none; ask for it again in 05_small",
    ]


def test_a_file_from_elsewhere_need_not_bring_a_concept_back(lecture: Read) -> None:
    one, elsewhere = taught(lecture, 1, introduces="grad"), lecture("# %%\n1\n", name="02_found.py", header="")
    assert not elsewhere.native
    assert list(check_concepts([one, elsewhere])) == []


def test_a_new_lecture_reads_without_a_problem_and_is_never_overwritten(course: Course) -> None:
    path = new_lecture(course, "03_trees", "Trees everywhere")
    assert read_lecture(path).title == "Trees everywhere"
    with pytest.raises(InputError, match="which is there"):
        new_lecture(course, "03_trees")
    with pytest.raises(InputError, match="two digits"):
        new_lecture(course, "trees")
