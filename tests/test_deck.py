"""The offline deck, opened in a real browser from a file, with the network cut."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, Page, sync_playwright

from decks import THEME, deck_of, lecture_of, notebook_of, printed, raised, shown
from jaxstudy.build.chromium import Chromium, find_chromium
from jaxstudy.build.deck import write_deck
from jaxstudy.build.pdf import print_deck
from jaxstudy.course import Lecture, read_lecture
from jaxstudy.course.pictures import alt_text
from jaxstudy.errors import InputError, ToolMissing

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def kinds() -> Lecture:
    """The theme's own sample: one slide of every kind."""
    return read_lecture(THEME / "every_kind.py")


@pytest.fixture(scope="module")
def executed(kinds: Lecture) -> NotebookNode:
    """The sample, run in a real kernel."""
    from nbclient import NotebookClient

    notebook = notebook_of(kinds)
    NotebookClient(notebook, timeout=300).execute()
    return notebook


@pytest.fixture(scope="module")
def deck(kinds: Lecture, executed: NotebookNode, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_deck(kinds, executed, tmp_path_factory.mktemp("deck") / "kinds.html", theme=THEME)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with the network cut, which must have asked for nothing and complained of nothing in the end."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, color_scheme="light")
    context.set_offline(True)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
    yield context.new_page()
    context.close()
    assert complaints == []


def opened(page: Page, deck: Path, rest: str = "") -> Page:
    page.goto(deck.as_uri() + rest)
    page.wait_for_function("window.Reveal && Reveal.isReady && Reveal.isReady()")
    return page


def current(page: Page) -> str:
    return str(page.evaluate("Reveal.getCurrentSlide().id"))


def slides_of(deck: Path) -> str:
    """The deck's HTML between its styles and its scripts."""
    return deck.read_text().split("<main")[1].split("</main")[0]


def test_every_slide_is_reached_by_the_space_bar(page: Page, deck: Path, kinds: Lecture) -> None:
    opened(page, deck)
    seen = [current(page)]
    for _ in range(60):
        page.keyboard.press("Space")
        if current(page) != seen[-1]:
            seen.append(current(page))
    assert seen == [slide.id for slide in kinds.slides]
    assert page.evaluate("Reveal.isLastSlide()")
    assert page.inner_text(".slide-number").split() == [str(len(seen)), "/", str(len(seen))]


def test_a_step_in_the_middle_of_a_slide_can_be_linked_to(page: Page, deck: Path, kinds: Lecture) -> None:
    slide = kinds.slides[4]
    step = slide.steps[2]
    assert step.id != slide.id
    opened(page, deck, f"#/{step.id}")
    assert current(page) == slide.id
    assert page.locator(f'[data-step="{step.id}"]').is_visible()


def test_every_visible_step_stands_in_the_deck_once(deck: Path, kinds: Lecture) -> None:
    ids = re.findall(r' data-step="([^"]+)"', deck.read_text())
    assert sorted(ids) == sorted(step.id for step in kinds)


def test_maths_is_set_with_fonts_that_the_deck_carries(page: Page, deck: Path, kinds: Lecture) -> None:
    maths = next(slide for slide in kinds.slides if slide.title == "Maths")
    opened(page, deck, f"#/{maths.id}")
    assert page.locator("section.present section.present .katex").count() == 3
    assert page.locator(".katex-error").count() == 0
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('20px KaTeX_Math'))")
    assert "$" not in page.locator("section.present section.present").inner_text()


def test_a_deck_without_maths_carries_no_katex(tmp_path: Path) -> None:
    plain = lecture_of(tmp_path, "# %% [markdown]\n# ## Costs\n# It costs \\$5 or `$x$`, says `echo $HOME $PATH`.")
    assert "KaTeX_" not in deck_of(plain).read_text()


def test_the_speaker_window_shows_the_notes(page: Page, deck: Path) -> None:
    opened(page, deck)
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    notes = popup.value.locator(".speaker-controls-notes .value")
    notes.get_by_text("Say what to ask").wait_for()
    assert popup.value.locator(".speaker-controls-notes math").count() == 1
    assert "Say what to ask" not in page.inner_text("main")


def test_stepping_lights_up_the_named_lines_one_after_the_other(page: Page, deck: Path, kinds: Lecture) -> None:
    slide = next(slide for slide in kinds.slides if slide.title.startswith("Stepping"))
    opened(page, deck, f"#/{slide.id}")
    lit = """Array.from(document.querySelectorAll("section.present section.present .jx-line")).flatMap(
        (line, i) => getComputedStyle(line).backgroundColor !== "rgba(0, 0, 0, 0)" ? [i + 1] : [])"""
    stages = [page.evaluate(lit)]
    for _ in range(3):
        page.keyboard.press("Space")
        stages.append(page.evaluate(lit))
    assert stages == [[], [2], [3, 4], [8]]


def test_columns_go_left_and_right_and_a_wide_cell_takes_both(page: Page, deck: Path, kinds: Lecture) -> None:
    slide = next(slide for slide in kinds.slides if slide.title.startswith("Two columns"))
    opened(page, deck, f"#/{slide.id}")
    page.evaluate("Reveal.slide(Reveal.getIndices().h, Reveal.getIndices().v, 9)")
    boxes = [page.locator(f'[data-step="{step.id}"]').bounding_box() for step in slide.steps]
    assert all(boxes)
    heading, left, right, wide, left_2, right_2 = [box for box in boxes if box]
    assert heading["width"] == wide["width"] > 2 * left["width"]
    assert left["x"] == left_2["x"] < right["x"] == right_2["x"]
    assert left["y"] == right["y"] < wide["y"] < left_2["y"] == right_2["y"]


def test_d_makes_it_dark_and_the_deck_remembers(page: Page, deck: Path) -> None:
    theme = "document.documentElement.dataset.theme + getComputedStyle(document.body).backgroundColor"
    opened(page, deck, "#/maths-1")
    light = page.evaluate(theme)
    page.keyboard.press("d")
    dark = page.evaluate(theme)
    page.reload()
    page.wait_for_function("Reveal.isReady()")
    assert light.startswith("lightrgb") and dark.startswith("darkrgb")
    assert page.evaluate(theme) == dark


def test_a_dark_desktop_gets_a_dark_deck(browser: Browser, deck: Path) -> None:
    page = browser.new_page(color_scheme="dark")
    assert opened(page, deck).evaluate("document.documentElement.dataset.theme") == "dark"
    page.close()


def test_a_phone_gets_all_slides_below_each_other(browser: Browser, deck: Path, kinds: Lecture) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(deck.as_uri())
    tops = page.evaluate(
        "Array.from(document.querySelectorAll('section > section'), s => s.getBoundingClientRect().top)"
    )
    assert len(tops) == len(kinds.slides) and tops == sorted(set(tops))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator(".fragment").first.is_visible()
    page.close()


def test_hidden_cells_never_reach_the_slides(tmp_path: Path) -> None:
    lecture = lecture_of(
        tmp_path,
        """
        # %% [markdown] slideshow={"slide_type": "slide"}
        # ## Seen

        # %% tags=["remove-cell"]
        secret_setup = 1

        # %% tags=["hide-input"] id="quiet"
        hidden_source = 1

        # %% slideshow={"slide_type": "skip"}
        skipped_source = 1

        # %% [markdown] slideshow={"slide_type": "slide"}
        # ## Nobody comes here

        # %% [markdown] slideshow={"slide_type": "slide"}
        # ## Seen as well
        """,
    )
    page = deck_of(lecture, {"quiet": [printed("the output alone")]}).read_text()
    assert "the output alone" in page
    assert not re.search("secret_setup|hidden_source|skipped_source", page)


def test_a_slide_of_which_nothing_is_shown_is_no_slide(tmp_path: Path) -> None:
    lecture = lecture_of(
        tmp_path,
        """
        # %% slideshow={"slide_type": "slide"} tags=["remove-cell"]
        import this

        # %% [markdown] slideshow={"slide_type": "subslide"}
        # ## The first one seen

        # %% [markdown] slideshow={"slide_type": "slide"}
        # ## The second
        """,
    )
    assert deck_of(lecture).read_text().count("<section id=") == 2


def test_nasty_text_is_shown_and_never_run(page: Page, tmp_path: Path) -> None:
    attack = "</pre></script><script>window.hit = 1</script><!-- <b>ünïcode 漢字</b> & $x$"
    lecture = lecture_of(
        tmp_path,
        f"""
        # %% [markdown] slideshow={{"slide_type": "slide"}}
        # ## A </script> in the heading, and `{attack}` in code

        # %% id="run"
        text = "{attack}"

        # %% [markdown] slideshow={{"slide_type": "slide"}}
        # ## Still a slide
        """,
    )
    outputs = [printed(attack), shown("text/plain", attack), raised("Nasty", attack), printed(attack, "stderr")]
    opened(page, deck_of(lecture, {"run": outputs}))
    assert page.evaluate("window.hit") is None
    assert page.evaluate("Reveal.getTotalSlides()") == 2
    assert page.inner_text(".slides").count("<script>window.hit = 1</script><!-- <b>ünïcode 漢字</b> & $x$") == 6
    assert page.locator("main b").count() == 0


def test_an_element_left_open_in_one_cell_does_not_swallow_the_next(page: Page, tmp_path: Path) -> None:
    lecture = lecture_of(
        tmp_path,
        """
        # %% [markdown] slideshow={"slide_type": "slide"}
        # ## One
        # <div class="warning"><b>open

        # %% id="html"
        table

        # %% [markdown] slideshow={"slide_type": "slide"}
        # ## Two
        # </section></div></main> stray ends
        """,
    )
    outputs = {
        "html": [shown("text/html", "<table><tr><td>kept<!-- and a comment"), shown("text/html", "</div></div>")]
    }
    opened(page, deck_of(lecture, outputs))
    assert page.evaluate("Array.from(document.querySelectorAll('.slides > section > section'), s => s.id)") == [
        "one-1",
        "two-1",
    ]
    assert page.locator("#one-1 td").inner_text().startswith("kept")


def test_html_that_the_kernel_wrote_passes_unchanged(tmp_path: Path) -> None:
    lecture = lecture_of(tmp_path, '# %% [markdown]\n# ## One\n\n# %% id="html"\ntable')
    table = '<table style="color: teal"><tr><td>1 &lt; 2<td>two</table><svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
    assert table in deck_of(lecture, {"html": [shown("text/html", table)]}).read_text()


def test_an_expected_error_is_named_so_and_its_traceback_folded(page: Page, tmp_path: Path) -> None:
    lecture = lecture_of(
        tmp_path,
        """
        # %% [markdown] slideshow={"slide_type": "slide"}
        # ## Errors

        # %% tags=["raises-exception"] id="meant"
        fail()

        # %% id="unmeant"
        fail()
        """,
    )
    error = raised("TypeError", "\x1b[1mscalar\x1b[0m output\nneeded", lines=90)
    opened(page, deck_of(lecture, {"meant": [error], "unmeant": [error]}))
    assert page.locator('[data-step="meant"] .jx-error-label').inner_text() == "expected error"
    assert page.locator('[data-step="unmeant"] .jx-error-label').inner_text() == "error"
    assert page.locator('[data-step="meant"] pre').nth(1).inner_text() == "TypeError: scalar output\nneeded"
    folded = page.locator('[data-step="meant"] details')
    assert folded.get_attribute("open") is None
    assert folded.locator("pre").text_content().split("\n")[-1] == "frame 89"
    assert "frame 70\n" not in folded.locator("pre").text_content()


def test_machine_folders_are_not_published_in_tracebacks(tmp_path: Path) -> None:
    lecture = lecture_of(tmp_path, '# %% [markdown]\n# ## One\n\n# %% id="run"\nfail()')
    error = raised("E", "no")
    error.traceback = ["File /home/ada/venv/lib/python3.11/site-packages/jax/api.py:5", "/tmp/ipykernel_77/12.py:1"]
    page = slides_of(deck_of(lecture, {"run": [error]}))
    assert "…/jax/api.py:5" in page and "ada" not in page and "ipykernel_77" not in page


def test_long_output_is_cut_with_a_note(tmp_path: Path) -> None:
    lecture = lecture_of(tmp_path, '# %% [markdown]\n# ## One\n\n# %% id="run"\nloop()')
    lines = "".join(f"line {number}\n" for number in range(500))
    page = deck_of(lecture, {"run": [printed(lines[:100]), printed(lines[100:])]}).read_text()
    assert "487 lines left out" in page and "line 0\n" in page and "line 499" in page and "line 250" not in page


def test_a_progress_bar_shows_only_its_last_state(tmp_path: Path) -> None:
    lecture = lecture_of(tmp_path, '# %% [markdown]\n# ## One\n\n# %% id="run"\nloop()')
    bar = printed("10%\r50%\r\x1b[38;5;200m100%\x1b[0m done\n", "stderr")
    page = slides_of(deck_of(lecture, {"run": [bar]}))
    assert "100%" in page and "50%" not in page and "rgb(255,0,215)" not in page.replace(" ", "")


def test_local_pictures_are_carried_along(page: Page, tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "a dot.png").write_bytes(PNG)
    (tmp_path / "dot.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    text = '# %% [markdown]\n# ## Two\n# ![one](pics/a%20dot.png) and <img src="dot.svg" alt="other" width="90">'
    opened(page, deck_of(lecture_of(tmp_path, text)))
    assert page.evaluate("Array.from(document.images, (i) => [i.alt, i.naturalWidth])") == [["one", 1], ["other", 9]]


def test_all_missing_pictures_are_named_with_their_lines(tmp_path: Path) -> None:
    text = """
        # %% [markdown]
        # ## Pictures
        # words ![a](gone.png)

        # %% [markdown]
        # <img src='gone/too.svg'>
        """
    with pytest.raises(InputError) as caught:
        deck_of(lecture_of(tmp_path, text))
    assert [(problem.line, problem.got) for problem in caught.value.problems] == [
        (10, "no picture at 'gone.png'"),
        (13, "no picture at 'gone/too.svg'"),
    ]
    assert not (tmp_path / "01_test.html").exists()


def test_pictures_and_frames_of_other_hosts_become_links(page: Page, tmp_path: Path) -> None:
    text = """
        # %% [markdown]
        # ## Elsewhere
        # ![badge](https://img.shields.io/x.svg) <img alt="b & c" src="//cdn.example/y.png">

        # %% id="video"
        YouTubeVideo("z")
        """
    frame = '<iframe width="400" src="https://www.youtube.com/embed/z" allowfullscreen></iframe>'
    opened(page, deck_of(lecture_of(tmp_path, text), {"video": [shown("text/html", frame)]}))
    assert page.evaluate("Array.from(document.querySelectorAll('main a[href^=http]'), (a) => [a.text, a.href])") == [
        ["badge", "https://img.shields.io/x.svg"],
        ["b & c", "https://cdn.example/y.png"],
        ["https://www.youtube.com/embed/z", "https://www.youtube.com/embed/z"],
    ]


def test_a_figure_has_the_words_of_its_title(page: Page, deck: Path) -> None:
    opened(page, deck)
    assert page.evaluate("Array.from(document.images, (image) => image.alt)") == [
        "The gradient of a sigmoid is largest in the middle"
    ]


@pytest.mark.parametrize(
    ("source", "metadata", "words"),
    [
        ("plt.title('A')", {"alt": " own words "}, "own words"),
        ("fig.suptitle('All')\nax.set_title(f'loss, {n} steps')", {}, "All; loss, … steps"),
        ("ax.set_title('b')\nfig.suptitle('a')", {}, "a; b"),
        ("%matplotlib inline\n!ls\nplt.title('after magics')", {}, "after magics"),
        ("plt.title(title)", {}, ""),
        ("title = 'no call'\nthis is no python", {}, ""),
    ],
)
def test_the_words_for_a_figure(source: str, metadata: dict[str, str], words: str) -> None:
    assert alt_text(source, metadata) == words


def test_the_same_input_gives_the_same_bytes(
    kinds: Lecture, executed: NotebookNode, deck: Path, tmp_path: Path
) -> None:
    before = executed.copy()
    again = write_deck(kinds, executed, tmp_path / "again.html", theme=THEME)
    assert again.read_bytes() == deck.read_bytes()
    assert executed == before


def test_a_theme_without_a_stylesheet_is_refused(kinds: Lecture, executed: NotebookNode, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"jaxstudy\.css"):
        write_deck(kinds, executed, tmp_path / "deck.html", theme=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_paper_has_one_page_a_slide(deck: Path, kinds: Lecture, tmp_path: Path) -> None:
    assert print_deck(deck, tmp_path / "deck.pdf") == len(kinds.slides)
    data = (tmp_path / "deck.pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert set(re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)) == {(b"960", b"540")}


def test_without_a_browser_the_error_says_what_to_install(
    deck: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHROME", "/no/such/browser")
    with pytest.raises(ToolMissing, match="apt install chromium"):
        print_deck(deck, tmp_path / "deck.pdf")


def test_a_browser_that_dies_at_once_is_an_error_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\necho 'cannot open display' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("CHROME", str(fake))
    with pytest.raises(ToolMissing, match="cannot open display"), Chromium():
        pass


def test_no_browser_outlives_a_process_that_is_killed() -> None:
    script = "import time; from jaxstudy.build.chromium import Chromium\n"
    script += "with Chromium() as browser: print(browser._pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        group = int(owner.stdout.readline())
        owner.send_signal(signal.SIGKILL)
    assert _ended(group)


def _ended(group: int) -> bool:
    deadline = time.monotonic() + 20
    while _lives(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _lives(group)


def _lives(group: int) -> bool:
    """Whether any process of the group runs; a zombie waiting for init does not."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            return True
    return False


def test_the_profile_and_the_processes_are_gone_afterwards() -> None:
    with Chromium() as browser:
        browser.open("about:blank")
        group, profile = browser._pid, browser._profile
    assert not profile.exists()
    assert _ended(group)
