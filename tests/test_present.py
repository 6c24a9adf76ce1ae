"""A lecture presented live: a real server, a real kernel, a real Chromium."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, sync_playwright

from jaxstudy.build.chromium import find_chromium
from jaxstudy.course import load_course, read_lecture
from jaxstudy.errors import InputError
from jaxstudy.present.serving import listen
from jaxstudy.present.session import PresentSession

LAUNCHES = int(os.environ.get("JAXSTUDY_LAUNCHES", "5"))
FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
IN_SLIDES = "html[data-jaxstudy=slides]"
LECTURE = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   rise: {autolaunch: true, theme: simple, transition: none, slideNumber: c/t}
#   jaxstudy:
#     title: Small
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # A small lecture
#
# ![a dot](dot.svg)

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask who has seen this before.

# %% [markdown] slideshow={"slide_type": "fragment"}
# Comes later.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Gradients

# %% slideshow={"slide_type": "-"}
# why?
# !echo never
names = [name for name in dir() if not name.startswith("_")]
from pathlib import Path
import snippets.given
import jax
print("slope", jax.grad(lambda x: x**2)(3.0))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Typed live

# %% slideshow={"slide_type": "-"} tags=["live"]
print("as written")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Output only

# %% slideshow={"slide_type": "-"} tags=["remove-cell"]
unseen = "set by a cell nobody sees"

# %% The set {unseen} slideshow={"slide_type": "-"} tags=["hide-input"]
print(unseen)

# %% slideshow={"slide_type": "fragment"} tags=["raises-exception"]
import jax
jax.grad(lambda x: x)(3)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Saved
#
# $$\\frac{d}{dx} x^2 = 2x$$
#
# From \\$3 to \\$4, and $ a $.
#
# | norm | given |
# |---|---|
# | $|x|$ | $p(a | b)$ |

# %% slideshow={"slide_type": "-"}
kept = 1
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("course")
    (root / "course.toml").write_text("")
    for name in ("lectures", "snippets", "theme"):
        (root / name).mkdir()
    (root / "snippets" / "given.py").write_text("HERE = True\n")
    (root / "lectures" / "01_small.py").write_text(LECTURE)
    (root / "lectures" / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    theme = Path(__file__).resolve().parents[1] / "slides" / "theme"
    for sheet in theme.glob("*.css"):
        (root / "theme" / sheet.name).write_text(sheet.read_text())
    return root


@pytest.fixture(scope="module")
def session(root: Path) -> Iterator[PresentSession]:
    lecture = read_lecture(root / "lectures" / "01_small.py")
    with PresentSession(lecture, load_course(root).root, root / "theme") as session:
        yield session


@pytest.fixture(scope="module")
def browser(session: PresentSession) -> Iterator[BrowserContext]:
    """A window of 1280 × 720 that writes down in `.asked` all that it asks for, and `.said` what the console says."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        context = chromium.new_context(viewport={"width": 1280, "height": 720})
        context.asked, context.said = [], []  # type: ignore[attr-defined]
        context.on("request", lambda request: context.asked.append(request.url))  # type: ignore[attr-defined]
        context.on("console", lambda said: context.said.append((said.type, said.text)))  # type: ignore[attr-defined]
        context.on("weberror", lambda error: context.said.append(("error", str(error.error))))  # type: ignore[attr-defined]
        yield context
        chromium.close()


@pytest.fixture(scope="module")
def stage(browser: BrowserContext, session: PresentSession) -> Page:
    page = browser.new_page()
    page.set_default_timeout(20_000)
    page.goto(session.url, wait_until="commit")
    in_slides(page)
    session.wait_until_warm()
    return page


@pytest.fixture
def page(stage: Page) -> Page:
    """The slides, at the first one, nothing being edited."""
    stage.bring_to_front()
    stage.evaluate("Jupyter.notebook.command_mode(); Reveal.slide(0, 0, -1)")
    return stage


def in_slides(page: Page | Frame) -> None:
    """Wait for what custom.js says when all is up."""
    page.wait_for_selector(IN_SLIDES, state="attached", timeout=20_000)


def slide(page: Page) -> str:
    """The title of the slide that is shown."""
    return page.evaluate("Reveal.getCurrentSlide().querySelector('h1, h2').innerText.trim().replace('¶', '')")


def go(page: Page, number: int) -> None:
    """Show a slide and wait until RISE has selected its code cell, as it does for a presenter."""
    page.evaluate(f"Reveal.slide({number}, 0)")
    page.wait_for_function(
        "() => Reveal.getCurrentSlide().contains(Jupyter.notebook.get_selected_cell().element[0])"
        " && Jupyter.notebook.get_selected_cell().cell_type === 'code'"
    )


def output(page: Page, text: str) -> None:
    page.wait_for_selector(f"section.present section.present .output_area:has-text('{text}')")


def test_it_opens_on_the_title_slide_with_picture_and_stylesheet(page: Page) -> None:
    assert slide(page) == "A small lecture"
    assert page.evaluate("document.querySelector('img[alt=\"a dot\"]').naturalWidth") == 9
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--jx-size')")


def test_space_shows_the_fragment_and_then_the_next_slide(page: Page) -> None:
    later = page.locator("section.present .fragment")
    assert "visible" not in (later.get_attribute("class") or "")
    page.keyboard.press("Space")
    page.wait_for_selector("section.present .fragment.visible")
    assert slide(page) == "A small lecture"
    page.keyboard.press("Space")
    assert slide(page) == "Gradients"


def test_shift_enter_runs_jax_live_and_stays_and_warming_left_no_trace(page: Page, session: PresentSession) -> None:
    go(page, 1)
    page.keyboard.press("Shift+Enter")
    output(page, "slope 6.0")
    assert slide(page) == "Gradients"
    page.wait_for_function("Jupyter.notebook.get_selected_cell().input_prompt_number === 1")  # follows the output
    assert asked_of_kernel(page, "names") == repr(["In", "Out", "exit", "get_ipython", "open", "quit"])
    assert asked_of_kernel(page, "str(Path.cwd())") == repr(str(session.workplace.lecture.parent))


def asked_of_kernel(page: Page, expression: str) -> str:
    """The repr of an expression in the lecture's kernel."""
    return page.evaluate(
        """expression => new Promise(answer => Jupyter.notebook.kernel.execute('', {shell: {reply: message => {
             const value = message.content.user_expressions.v; answer(value.data ? value.data['text/plain'] : value)
           }}}, {silent: false, store_history: false, user_expressions: {v: expression}}))""",
        expression,
    )


def test_an_edited_cell_shows_its_new_output(page: Page) -> None:
    go(page, 2)
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)  # RISE selects the cell again meanwhile; the typing must go on in it
    page.keyboard.press("Control+a")
    page.keyboard.type("print('typed ' + 'live')")
    page.keyboard.press("Shift+Enter")
    output(page, "typed live")
    assert slide(page) == "Typed live"


def test_keys_that_miss_the_cell_do_not_cut_or_convert_it(page: Page) -> None:
    go(page, 4)
    before = page.evaluate("Jupyter.notebook.get_cells().map(cell => [cell.cell_type, cell.get_text()])")
    for key in ("x", "d", "d", "m", "r", "1", "p"):
        page.keyboard.press(key)
    assert page.evaluate("Jupyter.notebook.get_cells().map(cell => [cell.cell_type, cell.get_text()])") == before
    assert page.locator(".modal-dialog").count() == 0


def test_maths_is_set_and_code_has_its_colours_on_a_slide_that_was_hidden_until_now(page: Page) -> None:
    page.evaluate("Reveal.slide(4, 0)")
    page.wait_for_selector("section.present section.present .MathJax .mfrac")
    assert page.locator("section.present section.present .CodeMirror .cm-number").count() == 1


def test_dollars_bars_and_blanks_mean_on_live_slides_what_they_mean_in_the_deck(page: Page) -> None:
    page.evaluate("Reveal.slide(4, 0)")
    page.wait_for_selector("section.present section.present td .MathJax")
    formulas = page.locator("section.present section.present").locator("p, td").locator("script[type^='math/tex']")
    assert [text.strip() for text in formulas.all_text_contents()][-3:] == ["a", "|x|", "p(a | b)"]
    assert "From $3 to $4, and" in page.locator("section.present section.present p").last.inner_text()


def test_a_hidden_input_is_not_seen_and_a_removed_cell_runs_unseen(page: Page) -> None:
    go(page, 3)
    page.keyboard.press("Shift+Enter")
    output(page, "set by a cell nobody sees")
    assert page.locator(".celltag_hide-input > .input").is_hidden()
    assert page.locator(".celltag_remove-cell").is_hidden()


def test_an_error_shows_what_it_says_and_folds_its_traceback(page: Page) -> None:
    page.evaluate("Reveal.slide(3, 0, 0)")
    page.evaluate("Jupyter.notebook.get_cells().find(cell => cell.get_text().includes('lambda x: x)(3)')).execute()")
    output(page, "TypeError: grad requires real- or complex-valued inputs")
    shown = page.locator("section.present section.present .output_error")
    assert shown.locator(".jx-error-label").inner_text() == "expected error"
    assert shown.locator("details > pre").is_hidden()
    assert shown.locator("> pre").evaluate("pre => getComputedStyle(pre).wordBreak") == "normal"  # no word cut in two


def test_t_opens_the_speaker_window_with_the_notes(page: Page, browser: BrowserContext) -> None:
    with browser.expect_page() as opened:
        page.keyboard.press("t")
    window = opened.value
    try:
        window.wait_for_selector(".speaker-controls-notes .rendered_html >> text=Ask who has seen this before.")
        frames = [frame for frame in window.frames if "/nbclassic/notebooks/" in frame.url]
        assert len(frames) == 2
        for frame in frames:
            in_slides(frame)
    finally:
        window.close()


def test_comments_and_cells_titled_with_braces_come_to_the_slides_as_they_stand(page: Page) -> None:
    cells = page.evaluate("Jupyter.notebook.get_cells().map((cell) => [cell.get_text(), cell.metadata.tags])")
    assert any(text.startswith("# why?\n# !echo never\nnames") for text, _ in cells)
    assert ["print(unseen)", ["hide-input"]] in cells


def test_saving_by_hand_and_by_itself_leaves_the_lecture_alone(page: Page, session: PresentSession) -> None:
    go(page, 4)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.type("kept = 2")
    page.keyboard.press("Control+s")
    until(lambda: "kept = 2" in session.workplace.copy.read_text())
    page.keyboard.type("3")  # nobody saves this but the page itself
    until(lambda: "kept = 23" in session.workplace.copy.read_text())
    assert session.lecture.path.read_text() == LECTURE


def test_saves_that_come_all_at_once_ask_nobody_anything(page: Page, session: PresentSession) -> None:
    page.evaluate("""async () => {
        Jupyter.notebook.get_cells().slice(-1)[0].set_text('kept = 5');
        await Promise.all(Array.from({length: 12}, () => Jupyter.notebook.save_notebook()));
    }""")
    until(lambda: "kept = 5" in session.workplace.copy.read_text())
    assert page.locator(".modal-dialog").count() == 0


def test_what_is_typed_while_a_save_is_under_way_is_saved_by_the_next(page: Page, session: PresentSession) -> None:
    page.evaluate("""() => {
        Jupyter.notebook.save_notebook();
        setTimeout(() => Jupyter.notebook.get_cells().slice(-1)[0].set_text('kept = 6'));
    }""")
    until(lambda: "kept = 6" in session.workplace.copy.read_text())


def test_live_edits_come_back_as_a_patch_of_the_script_and_nothing_else(
    page: Page, session: PresentSession, root: Path, tmp_path: Path
) -> None:
    page.evaluate("Jupyter.notebook.get_cells().slice(-1)[0].set_text('# copy this?\\n%time kept = 4')")
    until(lambda: "%time kept = 4" in session.workplace.copy.read_text())
    diff = session.edits()
    changed = [line for line in diff.splitlines() if re.match(r"[-+](?![-+])", line)]
    assert {"-kept = 1", "+# copy this?", "+%time kept = 4"} <= set(changed)
    assert len(changed) <= 5, diff  # the cell typed live above, and this one
    (tmp_path / "lectures").mkdir()
    (tmp_path / "lectures" / "01_small.py").write_text(LECTURE)
    subprocess.run(["patch", "-p1", "--quiet"], cwd=tmp_path, input=diff, text=True, check=True)
    assert (tmp_path / "lectures" / "01_small.py").read_text().endswith("# copy this?\n%time kept = 4\n")


def until(true: object, seconds: float = 15.0) -> None:
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


@pytest.mark.parametrize("token", ["", "?token=wrong"])
def test_nobody_gets_in_without_the_token(session: PresentSession, token: str) -> None:
    session.wait_until_up()
    address = session.url.split("?")[0]
    with urllib.request.urlopen(address + token) as answer:
        assert "/login" in answer.url  # a page that asks for the token, and shows nothing
        assert b"A small lecture" not in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{session.port}/api/contents{token}")
    refused.value.close()
    said = Path(f"/proc/{session.serving.pid}/cmdline").read_text()
    assert session.url.partition("token=")[2] not in said  # which everyone on this machine may read


def test_a_reload_comes_back_to_the_same_slide(page: Page) -> None:
    go(page, 2)
    page.reload(wait_until="commit")
    in_slides(page)
    assert slide(page) == "Typed live"


def test_every_launch_enters_the_slides(browser: BrowserContext, session: PresentSession, stage: Page) -> None:
    assert browser.browser is not None
    entered = 0
    for _ in range(LAUNCHES):
        profile = browser.browser.new_context()  # nothing in its cache
        page = profile.new_page()
        page.goto(session.url, wait_until="commit")
        in_slides(page)
        entered += slide(page) == "A small lecture"
        profile.close()
    assert entered == LAUNCHES


def test_a_notebook_slower_than_the_extension_enters_the_slides_all_the_same(
    browser: BrowserContext, session: PresentSession, stage: Page
) -> None:
    assert browser.browser is not None
    apart = browser.browser.new_context()  # holding requests back makes Chromium complain of what is no fault of ours
    page = apart.new_page()
    page.route("**/api/contents/**", lambda route: (time.sleep(1.5), route.continue_()))
    page.goto(session.url, wait_until="commit")
    in_slides(page)
    assert slide(page) == "A small lecture"
    assert page.locator(".slide-number").inner_text().replace("\n", "") == "1/5"  # the header's setting held, too
    page.unroute_all(behavior="ignoreErrors")
    apart.close()


def test_nothing_was_asked_of_another_host_and_the_console_kept_quiet(browser: BrowserContext, stage: Page) -> None:
    asked = set(browser.asked)  # type: ignore[attr-defined]
    assert asked
    own = re.compile(r"(http|ws)://127\.0\.0\.1:\d+/|data:|blob:|about:")
    assert [url for url in asked if not own.match(url)] == []
    assert [text for kind, text in browser.said if kind == "error"] == []  # type: ignore[attr-defined]


def test_a_port_that_is_taken_is_said_so() -> None:
    with listen(None) as taken, pytest.raises(InputError, match=r"port \d+ free .* in use; close what uses it"):
        listen(taken.getsockname()[1])


OWNER = """
    import sys
    from pathlib import Path
    from jaxstudy.course import read_lecture
    from jaxstudy.present.session import PresentSession

    root = Path(sys.argv[1])
    with PresentSession(read_lecture(root / "lectures" / "01_small.py"), root, root / "theme") as session:
        session.wait_until_warm()
        copy = session.workplace.copy
        copy.write_text(copy.read_text().replace("kept = 1", "kept = 9"))
        print(session.serving.pid, flush=True)
        input()
"""


def test_a_session_killed_outright_leaves_no_process_and_its_edits_are_found_by_the_next(root: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", dedent(OWNER), str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        server = int(owner.stdout.readline())
        family = [server, *children(owner.pid), *children(server)]
        family += [pid for parent in family for pid in children(parent)]
        os.kill(owner.pid, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family))
    lecture = read_lecture(root / "lectures" / "01_small.py")
    with PresentSession(lecture, root, root / "theme") as session:
        (left,) = session.leftovers
    assert "+kept = 9" in left.patch.read_text()
    left.remove()
    assert not session.workplace.folder.exists()  # this one changed nothing


def children(pid: int) -> list[int]:
    """Process ids of all direct children."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text().split()]
