"""What of a live session goes back into the lecture, and what is looked at before one. No server, no browser."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import jupytext
import pytest

from jaxstudy.course import Lecture, read_lecture
from jaxstudy.errors import FoundWanting, Problem, StepFailed
from jaxstudy.installing import install_words
from jaxstudy.present.edits import keep_edits, live_edits
from jaxstudy.present.preflight import preflight
from jaxstudy.present.references import missing_modules, missing_references
from jaxstudy.present.warming import warm_up_code
from jaxstudy.present.workplace import Workplace, workplaces

Lectures = Callable[..., Lecture]
BODY = """
    # %% [markdown] slideshow={"slide_type": "slide"} minutes=2
    # # First

    # %% tags=["live"] slideshow={"slide_type": "-"}
    x = 1  # keep   these   spaces

    # %% [markdown] slideshow={"slide_type": "fragment"}
    # Words.

    # %% slideshow={"slide_type": "-"}
    %matplotlib inline
    y = 2
"""


@pytest.fixture
def place(lecture: Lectures, tmp_path: Path) -> Workplace:
    return made(lecture(BODY), tmp_path)


def made(lecture: Lecture, root: Path) -> Workplace:
    (root / "theme").mkdir(exist_ok=True)
    (root / "theme" / "jaxstudy.css").write_text("h1 { color: teal }\n")
    return Workplace.make(lecture, root, root / "theme", root / "build" / "live")


def edit(place: Workplace, change: Callable[[list], object]) -> None:
    """Save the working copy as a front end would, after `change` has had its cells."""
    notebook = jupytext.read(place.copy)
    change(notebook.cells)
    notebook.metadata["language_info"] = {"name": "python", "version": "3"}
    for cell in notebook.cells:
        cell.metadata.setdefault("trusted", True)
    jupytext.write(notebook, place.copy, fmt=None if place.copy.suffix == ".ipynb" else "py:percent")


def changes(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def cell(kind: str, source: str, **metadata: object) -> object:
    from nbformat.v4 import new_code_cell, new_markdown_cell

    return {"code": new_code_cell, "markdown": new_markdown_cell}[kind](source, metadata=metadata)


def test_a_copy_that_a_front_end_rewrote_unchanged_has_no_edits(place: Workplace) -> None:
    edit(place, lambda cells: cells[0].metadata.update(editable=True))
    assert place.copy.read_bytes() != place.start.read_bytes()
    assert live_edits(place) == ""


def test_a_changed_cell_is_the_only_thing_in_the_diff(place: Workplace) -> None:
    edit(place, lambda cells: cells[1].update(source="x = 10\nx"))
    assert changes(live_edits(place)) == ["-x = 1  # keep   these   spaces", "+x = 10", "+x"]


def test_a_new_a_dropped_and_a_converted_cell_come_back(place: Workplace) -> None:
    def change(cells: list) -> None:
        del cells[2]
        cells.insert(1, cell("code", "%timeit x", slideshow={"slide_type": "-"}))
        cells.append(cell("markdown", "Said live."))

    edit(place, change)
    keep_edits(place)
    steps = read_lecture(place.lecture).steps
    assert [(step.kind, step.source) for step in steps] == [
        ("markdown", "# First"),
        ("code", "%timeit x"),
        ("code", "x = 1  # keep   these   spaces"),
        ("code", "%matplotlib inline\ny = 2"),
        ("markdown", "Said live."),
    ]
    assert place.lecture.read_text().startswith(place.original.read_text()[:200])  # the header is untouched


def test_a_slide_type_changed_live_comes_back_and_the_cell_keeps_its_other_metadata(place: Workplace) -> None:
    edit(place, lambda cells: cells[0].metadata.update(slideshow={"slide_type": "subslide"}))
    _, added = changes(live_edits(place))
    assert "subslide" in added
    assert "minutes=2" in added


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_and_byte_order_mark_survive_and_patch_takes_the_diff(
    script: Callable[..., Path], tmp_path: Path, newline: str, mark: str
) -> None:
    path = script(BODY)
    path.write_bytes((mark + path.read_text().rstrip("\n").replace("\n", newline)).encode())  # no newline at the end
    place = made(read_lecture(path), tmp_path)
    edit(place, lambda cells: [cells[0].update(source="# Erste Ühre"), cells[3].update(source="y = 3")])
    diff = live_edits(place)
    assert len(changes(diff)) == 5  # two lines replaced, one (the magic) dropped
    subprocess.run(["patch", "-p1", "--binary", "--quiet"], cwd=tmp_path, input=diff.encode(), check=True)
    patched = path.read_bytes()
    path.write_bytes(place.original.read_bytes())
    keep_edits(place)
    assert path.read_bytes() == patched
    assert patched.startswith(mark.encode())
    assert patched.count(b"\r\n") == (patched.count(b"\n") if newline == "\r\n" else 0)
    assert not patched.endswith(b"\n")


def test_edits_are_not_kept_over_a_lecture_that_changed_meanwhile_but_in_a_patch(place: Workplace) -> None:
    edit(place, lambda cells: cells[1].update(source="x = 10"))
    place.lecture.write_text(place.lecture.read_text() + "\n# %%\nz = 3\n")
    with pytest.raises(FoundWanting, match=r"as it was when the session began.*patch -p1"):
        keep_edits(place)
    assert "z = 3" in place.lecture.read_text()
    assert "+x = 10" in place.patch.read_text()


def test_kept_edits_leave_the_files_permissions_as_they_were(place: Workplace) -> None:
    place.lecture.chmod(0o640)
    edit(place, lambda cells: cells[1].update(source="x = 10"))
    keep_edits(place)
    assert place.lecture.stat().st_mode & 0o777 == 0o640


def test_a_notebook_from_elsewhere_gets_slides_in_its_copy_and_takes_edits_back(course: object, tmp_path: Path) -> None:
    path = tmp_path / "lectures" / "03_other.ipynb"
    output = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Title"]},
        *(
            {
                "cell_type": "code",
                "id": name,
                "metadata": {},
                "execution_count": 1,
                "outputs": [output],
                "source": [name],
            }
            for name in ("b", "c")
        ),
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n")
    place = made(read_lecture(path), tmp_path)
    copy = json.loads(place.copy.read_text())
    assert [cell["metadata"]["slideshow"]["slide_type"] for cell in copy["cells"]] == ["slide", "-", "-"]
    assert [cell.get("outputs") for cell in copy["cells"]] == [None, [], []]
    edit(place, lambda cells: cells[1].update(source="bb"))
    keep_edits(place)
    kept = json.loads(path.read_text())["cells"]
    assert [(cell["id"], cell["source"], cell["metadata"]) for cell in kept] == [
        ("a", ["# Title"], {}),
        ("b", ["bb"], {}),
        ("c", ["c"], {}),
    ]
    assert kept[1]["outputs"] == []  # they were those of another source
    assert kept[2]["outputs"] == [output]


def test_a_script_from_elsewhere_is_one_slide_a_heading_and_its_file_stays_without_them(
    script: Callable[..., Path], tmp_path: Path
) -> None:
    path = script("# %% [markdown]\n# # One\n\n# %%\na = 1\n\n# %% [markdown]\n# # Two\n", header="")
    place = made(read_lecture(path), tmp_path)
    assert place.copy.read_text().count('slide_type": "slide"') == 2
    edit(place, lambda cells: cells[1].update(source="a = 2"))
    assert changes(live_edits(place)) == ["-a = 1", "+a = 2"]


def test_two_sessions_at_once_have_two_folders_and_each_is_known_to_be_in_use(
    lecture: Lectures, tmp_path: Path
) -> None:
    first, second = made(lecture(BODY), tmp_path), made(lecture(BODY), tmp_path)
    assert first.folder != second.folder
    with first.taken():
        assert [place.in_use for place in workplaces(tmp_path / "build" / "live")] == [True, False]
    assert not first.in_use


def test_preflight_tells_every_problem_at_once_with_its_cure(lecture: Lectures, tmp_path: Path) -> None:
    body = """
        # %% [markdown]
        # # Pictures
        # ![gone](img/gone.png) and `![code](no.png)`, [here](01_small.py#x), [web](https://example.org), [me](#x)

        # %%
        import json, numpy, nosuchthing.part
        try:
            import optional_thing
        except ImportError:
            pass
    """
    here = lecture(body)

    def fails() -> None:
        raise StepFailed(Problem("a step that runs", "NameError", "define it first", here.path, 7))

    with socket.create_server(("127.0.0.1", 0)) as taken:
        checks = preflight(here, tmp_path, execute=fails, port=taken.getsockname()[1])
    wrong = {check.name: check for check in checks if not check.ok}
    assert set(wrong) == {"port", "modules", "links", "lecture runs"}
    assert "img/gone.png" in wrong["links"].detail
    assert "nosuchthing (line" in wrong["modules"].detail
    assert wrong["modules"].cure == f"run `{install_words('nosuchthing')}`"
    assert "01_small.py:7" in wrong["lecture runs"].detail
    assert all(check.cure for check in wrong.values())
    assert all(not check.cure for check in checks if check.ok)


def test_a_missing_data_file_of_the_header_is_told(script: Callable[..., Path], tmp_path: Path) -> None:
    path = script("# %%\n1\n")
    path.write_text(path.read_text().replace("#     title: Small", "#     title: Small\n#     data: [d/a.csv, b.csv]"))
    (path.parent / "b.csv").touch()
    found = [(check.detail, check.ok) for check in preflight(read_lecture(path), tmp_path) if check.name == "data"]
    assert found == [("d/a.csv is missing", False), ("b.csv", True)]


def test_references_carry_the_line_they_stand_on(lecture: Lectures) -> None:
    found = lecture('# %% [markdown]\n# # A\n#\n# text <img src="no.png"> text\n')
    ((target, line),) = missing_references(found)
    assert target == "no.png"
    assert found.text.splitlines()[line - 1] == '# text <img src="no.png"> text'


def test_modules_of_the_course_are_found_and_cells_that_must_raise_are_not_asked(
    lecture: Lectures, tmp_path: Path
) -> None:
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "__init__.py").touch()
    assert missing_modules(lecture("# %%\nimport helpers.x, os.path\n"), tmp_path) == {}
    assert missing_modules(lecture('# %% tags=["raises-exception"]\nimport nowhere\n'), tmp_path) == {}


def test_warming_leaves_jaxs_settings_as_they_were_and_goes_not_past_those_for_devices(lecture: Lectures) -> None:
    import jax

    code = warm_up_code(lecture('# %%\nimport jax\njax.config.update("jax_numpy_rank_promotion", "raise")\n'))
    assert "jax_numpy_rank_promotion" in code
    names: dict[str, object] = {}
    exec(code.replace("except Exception:\n    pass", "except ZeroDivisionError:\n    pass"), names)
    assert names.keys() == {"__builtins__"}
    assert jax.config.jax_numpy_rank_promotion == "allow"
    flags = lecture('# %%\nos.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"\n')
    assert "jax.random" not in warm_up_code(flags)
