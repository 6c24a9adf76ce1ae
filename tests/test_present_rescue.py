"""Nothing is lost before an audience: jumps with their state, a killed kernel, a cell that fails, a late start.

A real server, real kernels, a real Chromium.
"""

from __future__ import annotations

import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from jaxstudy.build.cache import StepCache
from jaxstudy.build.chromium import find_chromium
from jaxstudy.build.execute import execute
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.keys import step_keys
from jaxstudy.course import Lecture, load_course, read_lecture
from jaxstudy.course.exercises import with_markers, without_markers
from jaxstudy.errors import InputError
from jaxstudy.present.companion.plan import step_at
from jaxstudy.present.edits import live_edits
from jaxstudy.present.session import PresentSession
from jaxstudy.present.standby.from_build import rehearsal_of
from jaxstudy.present.standby.rehearsal import rehearsal_from
from jaxstudy.present.workplace import Workplace
from test_present import FLAGS, asked_of_kernel, go, in_slides, output, slide, until

LECTURE = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: Rescue
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Rescue

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Counting

# %% slideshow={"slide_type": "-"}
trace = ["one"]
n = 1
print("counted to", n)

# %% slideshow={"slide_type": "-"} tags=["remove-cell"]
trace.append("hidden")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Training

# %% slideshow={"slide_type": "-"} tags=["expensive"]
open("trained.txt", "a").write("x")
n, weights = n + 1, [0.5] * 3
print("trained", weights)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Reading

# %% slideshow={"slide_type": "-"} budget=1
import time
time.sleep(wait) if "wait" in globals() else None
text = open("words.txt").read()
n = n + 1
print("read", text)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## After it

# %% slideshow={"slide_type": "-"} tags=["live"]
n = n + 1
print("after", text, n, trace)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Your turn

# %% slideshow={"slide_type": "-"} tags=["exercise"]
def double(x):
    # BEGIN SOLUTION
    return 2 * x
    # END SOLUTION

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The end

# %% slideshow={"slide_type": "-"}
print("the end", n, len(trace), double(4))
"""
CURRENT = "[data-jaxstudy-standby='{}']"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rescue")
    (root / "course.toml").write_text("")
    (root / "lectures").mkdir()
    (root / "lectures" / "01_rescue.py").write_text(LECTURE)
    (root / "lectures" / "words.txt").write_text("words")
    (root / "theme").mkdir()
    theme = Path(__file__).resolve().parents[1] / "slides" / "theme"
    for sheet in theme.glob("*.css"):
        (root / "theme" / sheet.name).write_text(sheet.read_text())
    return root


@pytest.fixture(scope="module")
def lecture(root: Path, kernels: Kernels) -> Lecture:
    """The lecture, built once: its outputs and kept values are in the cache."""
    lecture = read_lecture(root / "lectures" / "01_rescue.py")
    execute(lecture, step_keys(lecture, root, "smoke"), StepCache(root / "build" / "cache"), kernels)
    return lecture


@pytest.fixture(scope="module")
def session(lecture: Lecture, root: Path, kernels: Kernels) -> Iterator[PresentSession]:
    with PresentSession(lecture, load_course(root).root, root / "theme", kernels=kernels) as session:
        yield session


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        yield chromium.new_context(viewport={"width": 1280, "height": 720})
        chromium.close()


def opened(session: PresentSession, browser: BrowserContext) -> Page:
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.goto(session.url, wait_until="commit")
    in_slides(page)
    session.wait_until_warm()
    return page


@pytest.fixture(scope="module")
def stage(session: PresentSession, browser: BrowserContext) -> Page:
    return opened(session, browser)


@pytest.fixture
def page(stage: Page) -> Page:
    """The slides, nothing being edited, the standby ready somewhere."""
    stage.evaluate("Jupyter.notebook.command_mode()")
    stage.wait_for_selector("[data-jaxstudy-standby]:not([data-jaxstudy-standby=''])", state="attached")
    return stage


def jump(page: Page, words: str) -> None:
    """As a presenter does: g, some letters, Enter; until the kernel has been swapped."""
    before = page.evaluate("Jupyter.notebook.kernel.id")
    page.keyboard.press("g")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_function("before => Jupyter.notebook.kernel.id !== before", arg=before)


def value(page: Page, name: str) -> object:
    return eval(asked_of_kernel(page, name))


def bar(page: Page) -> str:
    return page.locator("#jx-rescue").inner_text()


def wait_for_bar(page: Page, words: str) -> None:
    page.wait_for_selector(f"#jx-rescue:has-text('{words}')")


def test_a_jump_ahead_has_the_state_and_the_recorded_outputs_of_what_was_passed_over(page: Page, root: Path) -> None:
    trained = (root / "lectures" / "trained.txt").read_text()
    jump(page, "after")
    assert slide(page) == "After it"
    assert (value(page, "n"), value(page, "trace"), value(page, "text")) == (3, ["one", "hidden"], "words")
    assert (root / "lectures" / "trained.txt").read_text() == trained  # its values were handed out, not trained again
    assert "without your live edits" in bar(page)
    page.evaluate("Reveal.slide(2, 0)")
    assert (
        page.locator("section.present section.present .jx-recorded-label").inner_text() == "recorded at the rehearsal"
    )
    output(page, "trained [0.5, 0.5, 0.5]")
    go(page, 4)
    page.keyboard.press("Shift+Enter")
    output(page, "after words 4")
    assert value(page, "trace") == ["one", "hidden"]  # the hidden cell did not run a second time


def test_a_jump_back_has_the_state_of_that_place_and_not_a_later_one(page: Page) -> None:
    jump(page, "2")
    assert slide(page) == "Counting"
    assert value(page, "'n' in globals()") is False
    page.wait_for_function("Jupyter.notebook.get_selected_cell().cell_type === 'code'")
    go(page, 1)
    page.keyboard.press("Shift+Enter")
    output(page, "counted to 1")
    assert page.locator("section.present section.present .jx-recorded").count() == 0


def test_going_there_without_waiting_is_allowed_and_the_state_follows(page: Page) -> None:
    page.evaluate("Reveal.slide(0, 0)")
    page.keyboard.press("g")
    page.keyboard.type("the end")
    assert "runs" in page.locator("#jx-goto [aria-selected] i").inner_text()
    before = page.evaluate("Jupyter.notebook.kernel.id")
    page.keyboard.press("Enter")
    page.keyboard.press("g")
    assert slide(page) == "The end"
    page.wait_for_function("before => Jupyter.notebook.kernel.id !== before", arg=before)
    go(page, 6)
    page.keyboard.press("Shift+Enter")
    output(page, "the end 4 2 8")


def test_the_list_narrows_down_as_one_types_and_esc_leaves_all_as_it_is(page: Page, tmp_path: Path) -> None:
    before = page.evaluate("Jupyter.notebook.kernel.id")
    page.evaluate("Reveal.slide(2, 0)")
    page.keyboard.press("g")
    rows = page.locator("#jx-goto li")
    assert rows.count() == 7
    assert page.locator("#jx-goto [aria-selected] b").inner_text() == "3"  # where one is
    page.keyboard.type("rea")
    assert rows.all_inner_texts()[0].startswith("4") and rows.count() == 1
    page.keyboard.type("xxx")
    assert rows.count() == 0
    page.keyboard.press("Escape")
    assert page.locator("#jx-goto").count() == 0
    assert slide(page) == "Training"
    assert page.evaluate("Jupyter.notebook.kernel.id") == before


def test_a_cell_that_fails_offers_its_recorded_output_and_the_next_cells_find_its_values(
    page: Page, root: Path, session: PresentSession
) -> None:
    jump(page, "reading")
    go(page, 3)
    page.evaluate("Jupyter.notebook.get_selected_cell().set_text('text = open(\"no such file\")')")
    page.keyboard.press("Shift+Enter")
    wait_for_bar(page, "This cell raised FileNotFoundError.")
    before = page.evaluate("Jupyter.notebook.kernel.id")
    page.keyboard.press("r")
    page.wait_for_selector("section.present section.present .jx-recorded-label >> text=recorded at the rehearsal")
    output(page, "read words")
    assert page.locator("section.present section.present .output_error").count() == 0
    page.wait_for_function("before => Jupyter.notebook.kernel.id !== before", arg=before)
    assert (value(page, "text"), value(page, "n")) == ("words", 3)
    assert "no such file" in page.evaluate("Jupyter.notebook.get_selected_cell().get_text()")  # the edit is not lost


def test_a_cell_past_its_budget_offers_its_recorded_output_and_what_waits_behind_it_is_run(page: Page) -> None:
    jump(page, "reading")
    go(page, 3)
    page.evaluate("Jupyter.notebook.kernel.execute('wait = 100')")
    page.keyboard.press("z")
    page.evaluate(
        "cell => Jupyter.notebook.get_selected_cell().set_text(cell)", LECTURE.split("budget=1\n")[1].split("\n\n")[0]
    )
    page.keyboard.press("Shift+Enter")
    wait_for_bar(page, "Still running after 1 s")
    page.keyboard.press("r")
    output(page, "read words")
    go(page, 4)
    page.keyboard.press("Shift+Enter")
    output(page, "after words 4")


def test_a_killed_kernel_is_replaced_by_one_with_the_state_and_the_talk_goes_on(page: Page) -> None:
    jump(page, "after")
    page.wait_for_selector(CURRENT.format(4), state="attached")
    pid = value(page, "__import__('os').getpid()")
    before = page.evaluate("Jupyter.notebook.kernel.id")
    os.kill(int(str(pid)), signal.SIGKILL)
    page.wait_for_function("before => Jupyter.notebook.kernel.id !== before", arg=before)
    wait_for_bar(page, "The kernel died. Another one is in its place")
    go(page, 4)
    page.keyboard.press("Shift+Enter")
    output(page, "after words 4")


def test_an_exercise_shows_no_markers_and_its_solution_comes_at_a_key(page: Page, session: PresentSession) -> None:
    go(page, 5)
    page.keyboard.press("z")
    assert page.evaluate("Jupyter.notebook.get_selected_cell().get_text()") == "def double(x):\n    return 2 * x"
    assert "SOLUTION" not in session.workplace.copy.read_text()
    assert session.edits() == "" or "SOLUTION" not in session.edits()


def test_what_was_said_of_a_cell_leaves_with_its_slide(page: Page) -> None:
    go(page, 1)
    page.evaluate("Jupyter.notebook.get_selected_cell().set_text('1 / 0')")
    page.keyboard.press("Shift+Enter")
    wait_for_bar(page, "This cell raised ZeroDivisionError.")
    page.keyboard.press("End")
    page.wait_for_selector("#jx-rescue", state="hidden")


def test_an_edit_not_run_yet_is_not_overwritten_by_a_jump(page: Page) -> None:
    go(page, 4)
    page.evaluate("Jupyter.notebook.get_selected_cell().set_text('n = 99  # mine')")
    jump(page, "the end")
    go(page, 4)
    assert page.evaluate("Jupyter.notebook.get_selected_cell().get_text()") == "n = 99  # mine"


def test_d_shows_what_differs_from_the_script(page: Page) -> None:
    go(page, 1)
    page.evaluate('Jupyter.notebook.get_selected_cell().set_text(\'trace = ["one"]\\nn = 2\\nprint("counted to", n)\')')
    page.keyboard.press("d")
    shown = page.locator("section.present section.present .jx-difference")
    assert shown.locator("del").inner_text().strip() == "- n = 1"
    assert shown.locator("ins").inner_text().strip() == "+ n = 2"
    page.keyboard.press("d")
    assert shown.count() == 0
    page.evaluate('Jupyter.notebook.get_selected_cell().set_text(\'trace = ["one"]\\nn = 1\\nprint("counted to", n)\')')
    page.keyboard.press("d")
    assert shown.inner_text() == "as in the script"


# ------------------------------------------------------------------------------------------------------- a late start


def test_a_late_start_opens_at_the_step_with_its_state(
    lecture: Lecture, root: Path, kernels: Kernels, browser: BrowserContext
) -> None:
    with PresentSession(lecture, root, root / "theme", kernels=kernels, build=root / "build", at="5") as late:
        page = opened(late, browser)
        until(lambda: slide(page) == "After it", 30)
        assert (value(page, "n"), value(page, "text")) == (3, "words")
        page.close()


def test_a_place_to_start_at_is_a_step_or_a_slide_and_nothing_else(lecture: Lecture) -> None:
    assert step_at(lecture, "5") == "after-it-1"
    assert step_at(lecture, "after-it-2") == "after-it-2"
    with pytest.raises(InputError, match=r"slide's number from 1 to 7, got 'aftr-it-2' \(did you mean 'after-it-2'"):
        step_at(lecture, "aftr-it-2")
    with pytest.raises(InputError, match="got '8'"):
        step_at(lecture, "8")


# ---------------------------------------------------------------------------------------------- without any browser


def test_a_rehearsal_knows_outputs_times_budgets_and_kept_values(lecture: Lecture, root: Path) -> None:
    found = rehearsal_of(lecture, root, root / "build", "smoke")
    assert rehearsal_from(found.to_json()) == found
    assert found.missing == ()
    steps = {step.id: step for step in found.steps}
    assert steps["reading-2"].budget == 1  # the author's own
    assert steps["training-2"].budget == 10  # a quick cell's
    assert Path(steps["training-2"].kept).is_file() and not steps["reading-2"].kept
    assert steps["reading-2"].outputs[0]["text"] == "read words\n"
    unbuilt = rehearsal_of(lecture, root, root / "nowhere", "smoke")
    assert len(unbuilt.missing) == len(unbuilt.steps) == 7


def test_the_rehearsal_is_for_the_presenter_alone(session: PresentSession, stage: Page) -> None:
    address = f"http://127.0.0.1:{session.port}/jaxstudy/rehearsal"
    with urllib.request.urlopen(address) as answer:
        assert "/login" in answer.url
    ours = stage.evaluate("fetch('/jaxstudy/rehearsal').then(answer => answer.json())")
    assert len(ours["steps"]) == 7


SOLVED = "def f(x):\n    a = x\n    # BEGIN SOLUTION\n    b = a + 1\n    return b\n    # END SOLUTION"
PLAIN = "def f(x):\n    a = x\n    b = a + 1\n    return b"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (PLAIN, SOLVED),
        (PLAIN.replace("a + 1", "a + 2"), SOLVED.replace("a + 1", "a + 2")),
        (PLAIN.replace("    b = a + 1\n    return b", "    return x + 1"), SOLVED.replace("    b = a + 1\n    return b", "    return x + 1")),
        (PLAIN.replace("a = x", "a = 2 * x"), SOLVED.replace("a = x", "a = 2 * x")),
        ("# mine\n" + PLAIN, "# mine\n" + SOLVED),
    ],
)  # fmt: skip
def test_an_edited_solution_keeps_its_markers_where_they_were(now: str, then: str) -> None:
    assert without_markers(SOLVED) == PLAIN
    assert with_markers(SOLVED, now) == then


def test_an_edit_of_an_exercise_comes_back_with_the_markers(lecture: Lecture, root: Path, tmp_path: Path) -> None:
    place = Workplace.make(lecture, root, root / "theme", tmp_path)
    text = place.copy.read_text()
    assert "SOLUTION" not in text
    place.copy.write_text(text.replace("return 2 * x", "return x + x"))
    changed = [line for line in live_edits(place).splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changed == ["-    return 2 * x", "+    return x + x"]


def test_a_budget_is_a_number_of_seconds(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "02_wrong.py"
    path.write_text(LECTURE.replace("budget=1", 'budget="soon"'))
    with pytest.raises(InputError, match="budget as a number of seconds, got 'soon'"):
        read_lecture(path)
