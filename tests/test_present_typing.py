"""Cells tagged `live`: empty at first, typed before the audience, never lost. A real server, kernel and Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from jaxstudy.build.chromium import find_chromium
from jaxstudy.course import load_course, read_lecture
from jaxstudy.present.session import PresentSession
from test_present import FLAGS, go, in_slides, output, until

TEXTS = "Jupyter.notebook.get_cells().map(cell => cell.get_text())"
FUNCTION = "def twice(x):\n    y = x + x\n\n    return y\n\nprint('twice', twice(21))"
LECTURE = f"""\
# ---
# jupyter:
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
#   jaxstudy:
#     title: Typed
# ---

# %% [markdown] slideshow={{"slide_type": "slide"}}
# # Typed

# %% [markdown] slideshow={{"slide_type": "slide"}}
# ## A function

# %% slideshow={{"slide_type": "-"}} tags=["live"]
{FUNCTION}

# %% [markdown] slideshow={{"slide_type": "slide"}}
# ## Another

# %% slideshow={{"slide_type": "-"}} tags=["live"]
answer = 6 * 7
print("answer", answer)
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PresentSession]:
    root = tmp_path_factory.mktemp("typed")
    (root / "course.toml").write_text("")
    for name in ("lectures", "theme"):
        (root / name).mkdir()
    (root / "lectures" / "01_typed.py").write_text(LECTURE)
    theme = Path(__file__).resolve().parents[1] / "slides" / "theme"
    for sheet in theme.glob("*.css"):
        (root / "theme" / sheet.name).write_text(sheet.read_text())
    with PresentSession(read_lecture(root / "lectures" / "01_typed.py"), load_course(root).root, theme) as session:
        yield session


@pytest.fixture(scope="module")
def window(session: PresentSession) -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        page = chromium.new_page(viewport={"width": 1280, "height": 720})
        page.goto(session.url, wait_until="commit")
        session.wait_until_warm()
        yield page
        chromium.close()


@pytest.fixture
def page(window: Page) -> Page:
    """The slides as after the start: nothing typed, nothing run."""
    window.evaluate("window.sessionStorage.clear()")
    window.reload(wait_until="commit")
    in_slides(window)
    window.wait_for_function("window.jaxstudyTyping && window.jaxstudyTyping.waiting() === 2")
    go(window, 1)
    return window


def text(page: Page) -> str:
    return page.evaluate("Jupyter.notebook.get_selected_cell().get_text()")


def test_a_live_cell_starts_empty_and_fills_as_any_keys_are_hammered(page: Page) -> None:
    assert text(page) == ""
    page.keyboard.press("h")
    page.keyboard.type("jj")
    assert text(page) == FUNCTION[:6]
    page.keyboard.press("Tab")
    assert text(page) == "def twice(x):"
    page.keyboard.press("Enter")
    assert text(page) == "def twice(x):\n    "  # indented as an editor would, once
    page.keyboard.type("q" * 60)
    assert text(page) == FUNCTION  # and not a character more, however long one hammers
    page.keyboard.press("Shift+Enter")
    output(page, "twice 42")


def test_hammering_asks_the_kernel_for_no_completion_whose_answer_would_be_typed_too(page: Page) -> None:
    page.evaluate("""() => {
        window.asked = 0;
        Jupyter.notebook.kernel.complete = () => (window.asked += 1);
    }""")
    page.keyboard.press("h")
    page.keyboard.type("jj")
    page.keyboard.press("Tab")
    assert text(page) == "def twice(x):"
    assert page.evaluate("window.asked") == 0
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+End")
    page.keyboard.type(" pr")
    page.keyboard.press("Tab")
    assert page.evaluate("window.asked") == 1  # as ever where one types oneself


def test_lines_come_one_by_one_and_the_rest_at_once(page: Page) -> None:
    for lines in range(1, 4):
        page.keyboard.press("l")
        assert text(page) == "\n".join(FUNCTION.split("\n")[:lines])
    page.keyboard.press("a")
    assert text(page) == FUNCTION


def test_an_empty_live_cell_that_is_run_is_typed_first(page: Page) -> None:
    page.keyboard.press("Shift+Enter")
    output(page, "twice 42")
    assert text(page) == FUNCTION


def test_what_is_typed_otherwise_is_marked_and_one_key_brings_the_rehearsed_text_back(page: Page) -> None:
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+End")
    page.keyboard.type("  # mine")
    page.wait_for_selector(".jx-differs .jx-strange", state="attached")
    assert page.locator(".jx-strange").count() == 1
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.keyboard.type("zzz")
    assert text(page) == f"{FUNCTION}  # mine"  # hammering adds nothing to what is not the script
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    assert text(page) == FUNCTION
    assert page.locator(".jx-differs").count() == 0


def test_what_was_not_typed_yet_is_no_edit_and_what_was_typed_otherwise_is_one(
    page: Page, session: PresentSession
) -> None:
    page.keyboard.press("h")
    page.keyboard.type("j")
    go(page, 2)  # as a clicker does: without leaving the cell first
    page.keyboard.press("Enter")
    page.keyboard.type("answer = 54")
    page.keyboard.press("Shift+Enter")
    until(lambda: "answer = 54" in session.workplace.copy.read_text())
    assert FUNCTION in session.workplace.copy.read_text()
    diff = session.edits()
    assert "+answer = 54" in diff and "-answer = 6 * 7" in diff
    assert "twice" not in "".join(line for line in diff.splitlines() if line[:1] in "+-")


def test_after_a_reload_what_was_run_stands_and_what_was_rehearsed_is_not_forgotten(page: Page) -> None:
    page.keyboard.press("Enter")
    page.keyboard.type("print('ad hoc')")
    page.keyboard.press("Shift+Enter")
    output(page, "ad hoc")
    page.evaluate("Jupyter.notebook.save_notebook()")
    page.wait_for_function("!Jupyter.notebook.dirty")
    page.reload(wait_until="commit")
    in_slides(page)
    page.wait_for_function("window.jaxstudyTyping && window.jaxstudyTyping.waiting() === 1")
    go(page, 1)
    assert text(page) == "print('ad hoc')"
    page.keyboard.press("z")
    assert text(page) == FUNCTION


def test_the_speaker_window_shows_what_comes(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.keyboard.press("t")
    window = opened.value
    try:
        window.wait_for_selector(".speaker-controls-notes", state="attached")
        until(lambda: window.wait_for_timeout(50) or any("/nbclassic/" in frame.url for frame in window.frames))
        frame = next(frame for frame in window.frames if "/nbclassic/notebooks/" in frame.url)
        in_slides(frame)
        assert "" in page.evaluate(TEXTS)
        assert "" not in frame.evaluate(TEXTS)
    finally:
        window.close()
