"""A talk on the study site: found by its words, followed second by second, run again; in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient
from playwright.sync_api import Browser, Page, Route, expect

from jaxstudy.build.built import BuiltLecture, load_built
from jaxstudy.course import Course, Lecture, read_lecture
from jaxstudy.errors import InputError
from jaxstudy.recording import Event
from jaxstudy.replay.player import timeline_of
from jaxstudy.replay.published import read_replay
from jaxstudy.replay.starting import Wishes, start_replay
from jaxstudy.replay.transcript import Segment, Transcript
from jaxstudy.site import SiteServer, write_site_sources
from jaxstudy.site.files import PageFiles
from jaxstudy.site.replay_data import as_script, difference, replay_data
from replays import EVENTS, SAID, captions_text, recording_text, silence, toml, write_replay_course, write_talk
from sites import REPOSITORY, Visit, chromium, execute_course, make_site, served


@dataclass(frozen=True)
class Made:
    """A course with replays, its built lectures, its site, and the server of it."""

    course: Course
    built: list[BuiltLecture]
    site: Path
    server: SiteServer


@pytest.fixture(scope="module", autouse=True)
def web_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAXSTUDY_WEB", str(REPOSITORY / "node_modules"))
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, web_parts: None) -> Iterator[Made]:
    course = write_replay_course(tmp_path_factory.mktemp("course"))
    built = execute_course(course)
    site = make_site(course, built)
    with served(site) as server:
        yield Made(course, built, site, server)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


class Watching(Visit):
    """A replay's page, ready."""

    def __init__(self, browser: Browser, made: Made, place: str = "recorded.html", width: int = 1280) -> None:
        super().__init__(browser, f"{made.server.url}replays/{place}", width)
        self.page.wait_for_selector("#jx-replay[data-ready]")

    @property
    def second(self) -> str:
        """What the clock shows."""
        return self.page.locator(".jx-now-time").inner_text().split(" / ")[0]

    @property
    def sentence(self) -> str:
        """What is being said."""
        return self.page.locator("#jx-text [aria-current]").inner_text()

    @property
    def cells(self) -> str:
        """Everything in the panel with slide and code."""
        return self.page.locator("#jx-cells").inner_text()

    def say(self, number: int) -> Any:
        """The element of a sentence."""
        return self.page.locator("#jx-text p > span").nth(number)


# ---- the words ----


def test_a_click_on_a_sentence_plays_from_it_and_selecting_words_does_not(made: Made, browser: Browser) -> None:
    with Watching(browser, made) as visit:
        visit.say(4).click()
        assert visit.second == "0:33" and visit.sentence == SAID[4][2]
        visit.say(0).scroll_into_view_if_needed()
        box = visit.say(0).bounding_box()
        visit.page.mouse.move(box["x"] + 5, box["y"] + 8)
        visit.page.mouse.down()
        visit.page.mouse.move(box["x"] + 140, box["y"] + 8, steps=4)
        visit.page.mouse.up()
        assert len(visit.page.evaluate("String(getSelection())")) > 3
        assert visit.second == "0:33"
        visit.page.mouse.click(box["x"] + 5, box["y"] + 8)  # the selection goes, and a plain click seeks again
        visit.page.mouse.click(box["x"] + 5, box["y"] + 8)
        assert visit.second == "0:00"
        assert visit.complaints == []


def test_search_counts_while_one_types_and_goes_to_next_and_previous(made: Made, browser: Browser) -> None:
    with Watching(browser, made) as visit:
        field, count = visit.page.get_by_role("searchbox", name="Search the words"), visit.page.locator(".jx-count")
        visit.page.keyboard.press("/")
        expect(field).to_be_focused()
        field.press_sequentially("stop_grad")
        expect(count).to_have_text("1 of 2")  # in one word and in two
        assert visit.page.evaluate("[...CSS.highlights.get('jx-match')].map(String)") == ["stop grad"]
        field.press("Enter")
        expect(count).to_have_text("2 of 2")
        assert visit.page.evaluate("[...CSS.highlights.get('jx-match')].map(String)") == ["stop_grad"]
        field.press("Shift+Enter")
        expect(count).to_have_text("1 of 2")
        visit.page.get_by_role("button", name="Next match").click()
        expect(count).to_have_text("2 of 2")
        assert visit.second == "0:00"  # finding is not yet jumping
        field.focus()
        field.press("ArrowDown")
        visit.page.keyboard.press("Enter")
        assert visit.second == "0:52"
        field.fill("list. nobody has")  # over the end of a sentence, whose cut is the recogniser's
        expect(count).to_have_text("1 of 1")
        field.fill("no such words")
        expect(count).to_have_text("none")
        field.press("Escape")
        expect(count).to_have_text("")


@pytest.mark.parametrize(
    ("hash", "second"),
    [("#t=28", "0:28"), ("#t=0:28", "0:28"), ("#t=0:01:02", "1:02"), ("#chapter-3", "0:33"), ("#t=999", "1:15"),
     ("#t=NaN", "0:00"), ("#t=-5", "0:00"), ("#t=%22%3E", "0:00")],
)  # fmt: skip
def test_an_address_opens_the_page_at_its_second(made: Made, browser: Browser, hash: str, second: str) -> None:
    with Watching(browser, made, f"recorded.html{hash}") as visit:
        assert visit.second == second and visit.complaints == []


def test_the_address_of_a_second_can_be_followed_again_and_again(made: Made, browser: Browser) -> None:
    with Watching(browser, made) as visit:
        visit.page.evaluate("location.hash = '#t=52'")
        expect(visit.page.locator(".jx-now-time")).to_contain_text("0:52")
        visit.page.get_by_role("link", name="answered at 0:52").click()
        visit.page.get_by_role("link", name="0:45").click()
        expect(visit.page.locator(".jx-now-time")).to_contain_text("0:45")
        visit.page.get_by_role("button", name="Copy link").click()
        assert visit.page.url.endswith("recorded.html#t=45")


def test_a_chapter_is_chosen_from_the_list_and_told_by_it(made: Made, browser: Browser) -> None:
    with Watching(browser, made) as visit:
        chapters = visit.page.get_by_role("combobox", name="Chapter")
        chapters.select_option(index=2)
        assert visit.second == "0:33" and "It refuses" in visit.cells
        visit.page.evaluate("document.activeElement.blur()")
        visit.page.keyboard.press("]")
        assert visit.second == "1:00"
        visit.page.keyboard.press("[")
        assert chapters.input_value() == "0:33 It refuses"


def test_it_plays_by_its_own_clock_and_the_words_follow(made: Made, browser: Browser) -> None:
    with Watching(browser, made) as visit:
        visit.page.clock.install()
        visit.page.reload()
        visit.page.wait_for_selector("#jx-replay[data-ready]")
        visit.page.get_by_role("combobox", name="Speed").select_option("2×")
        visit.page.get_by_role("button", name="Play").click()
        visit.page.clock.run_for(7_000)
        assert visit.sentence == SAID[2][2] and visit.second in ("0:13", "0:14", "0:15")
        visit.page.get_by_role("button", name="Pause").click()
        paused = visit.second
        visit.page.clock.run_for(5_000)
        assert visit.second == paused
        visit.page.keyboard.press("c")
        assert visit.page.locator(".jx-caption").inner_text() == SAID[2][2]


# ---- slide and code ----


def test_at_any_second_the_slide_the_code_and_the_output_are_those_of_the_talk(made: Made, browser: Browser) -> None:
    with Watching(browser, made, "recorded.html#t=13") as visit:

        def at(second: int) -> str:
            visit.page.evaluate(f"location.hash = '#t={second}'")
            expect(visit.page.locator(".jx-now-time")).to_contain_text(f"{second // 60}:{second % 60:02} /")
            return visit.cells

        assert "Code and text" in at(13) and "not run yet" in at(13) and "quokka 42" not in at(13)
        assert "quokka 42" in at(15) and at(15).count("careful") == 1 and "differs" not in at(15)
        assert at(16).count("careful") == 2 and "took 1.6 s" in at(16)
        changed = at(22)
        assert "quokka 49" in changed and "quokka 42" not in changed and "differs from the script" in changed
        rows = [visit.page.locator(f"#jx-cells {kind}").all_inner_texts() for kind in ("del", "ins")]
        assert [row[0].strip() for row in rows] == ['print("quokka", 6 * 7)', 'print("quokka", 7 * 7)']
        assert "not in the script" not in changed and "not in the script" in at(27)
        assert "quokka 42" in at(20)  # and back
        assert "It refuses" in at(40) and "StatisticsError: mean requires at least one data point" in at(40)
        assert "Figures" in at(64) and visit.page.get_by_alt_text("A dot").count() == 1
        assert visit.page.get_by_alt_text("A dot").evaluate("image => image.decode().then(() => image.naturalWidth)")
        assert "replaced" in at(69) and visit.page.get_by_alt_text("A dot").count() == 0
        assert visit.complaints == []


def test_without_a_recording_cells_come_with_the_outputs_of_the_built_lecture(made: Made, browser: Browser) -> None:
    with Watching(browser, made, "words.html#t=15") as visit:
        assert "as built" in visit.cells and "quokka 42" in visit.cells
        visit.page.evaluate("location.hash = '#t=64'")
        figure = visit.page.get_by_alt_text("It [doubles] each step")
        expect(figure).to_be_visible()
        assert figure.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100


def test_the_notebook_as_of_a_second_holds_what_had_been_run_by_then_and_runs(
    made: Made, browser: Browser, tmp_path: Path
) -> None:
    with Watching(browser, made, "recorded.html#t=15") as visit:

        def take(name: str) -> Any:
            with visit.page.expect_download() as waiting:
                visit.page.get_by_role("button", name="Notebook as of here").click()
            assert waiting.value.suggested_filename == name
            waiting.value.save_as(tmp_path / name)
            notebook = nbformat.read(tmp_path / name, as_version=4)
            nbformat.validate(notebook)
            return notebook

        early = take("recorded-0-15.ipynb")
        visit.page.evaluate("location.hash = '#t=75'")
        late = take("recorded-1-15.ipynb")
    runs = {len(book.cells): [c for c in book.cells if c.id.startswith("run-")] for book in (early, late)}
    (first,), everything = runs[len(early.cells)], runs[len(late.cells)]
    assert first.source == EVENTS[2][2]["source"] and [out.text for out in first.outputs] == ["quokka 42\n"]
    assert [cell.execution_count for cell in everything] == [1, 2, 3, 4, 5]
    assert everything[-1].outputs[0].data["text/plain"] == "replaced"
    assert any("began anew" in cell.source for cell in late.cells) is False  # that came after the last run
    ran = NotebookClient(early, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert ran.cells[-1].outputs[0].text == "quokka 42\n"  # with the module it needs, brought along
    whole = nbformat.read(made.site / "replays/recorded/recorded.ipynb", as_version=4)
    assert [cell.source for cell in whole.cells] == [cell.source for cell in late.cells]


# ---- video ----


def test_a_file_with_sound_is_sought_in_by_range_requests(made: Made, browser: Browser) -> None:
    with Watching(browser, made, "sound.html#t=33") as visit:
        visit.page.wait_for_function("document.getElementById('jx-media').currentTime === 33")
        visit.say(6).click()
        visit.page.wait_for_function("document.getElementById('jx-media').currentTime === 52")
        visit.page.evaluate("document.getElementById('jx-media').currentTime = 61")
        expect(visit.page.locator("#jx-text [aria-current]")).to_have_text(SAID[7][2])
        assert visit.page.evaluate("document.getElementById('jx-media').seekable.end(0)") == 80


TUBE = """
<script>
onmessage = ({ data }) => {
  const { event, func, args } = JSON.parse(data);
  const tell = (info) => parent.postMessage(JSON.stringify({ event: "infoDelivery", info }), "*");
  if (event === "listening") tell({ currentTime: 20, playerState: 2 });
  if (func === "seekTo") tell({ currentTime: args[0], playerState: 2 }), (document.title = `sought ${args[0]}`);
};
</script>
"""


def test_youtube_is_asked_for_nothing_until_the_button_is_pressed_and_then_follows(
    made: Made, browser: Browser
) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=TUBE, content_type="text/html")

    with Watching(browser, made, "tube.html") as visit:
        visit.page.route("**youtube**", answer)
        visit.page.keyboard.press("l")
        assert visit.second == "0:10" and visit.foreign(made.server.url) == []
        visit.page.get_by_role("button", name="Play the video").click()
        expect(visit.page.locator(".jx-now-time")).to_contain_text("0:20")  # the frame said so
        assert len(asked) == 1 and asked[0].startswith("https://www.youtube-nocookie.com/embed/abcdefghijk?")
        assert "start=10" in asked[0]
        visit.say(4).click()
        frame = visit.page.frames[-1]
        expect(visit.page.locator(".jx-now-time")).to_contain_text("0:33")
        frame.wait_for_function("document.title === 'sought 33'")
        visit.page.evaluate(
            "postMessage(JSON.stringify({ event: 'infoDelivery', info: { currentTime: 70 } }), location.origin)"
        )  # not the frame: a page that opened this one, say
        visit.page.wait_for_timeout(100)
        assert visit.second == "0:33"


# ---- everybody ----


def test_keys_alone_play_search_follow_and_help(made: Made, browser: Browser) -> None:
    with Watching(browser, made) as visit:
        press, role = visit.page.keyboard.press, visit.page.get_by_role
        for key, second in (("l", "0:10"), ("ArrowRight", "0:15"), ("j", "0:05"), ("ArrowLeft", "0:00")):
            press(key)
            assert visit.second == second
        press("?")
        expect(role("dialog", name="Keys")).to_be_visible()
        role("checkbox").focus()
        press("Space")  # in the dialog, keys are the dialog's
        assert visit.page.locator("[aria-live=polite]:not([role])").count() == 1
        press("Escape")
        expect(role("dialog", name="Keys")).to_be_hidden()
        press("Space")
        expect(role("button", name="Pause")).to_be_visible()
        press("Space")
        press(">")
        assert role("combobox", name="Speed").input_value() == "1.25"
        reached = []
        for _ in range(40):
            press("Tab")
            reached.append(visit.page.evaluate("document.activeElement.closest('#jx-text p > span') !== null"))
            if reached[-1]:
                break
        assert reached[-1], "no sentence can be reached by Tab"
        press("ArrowDown"), press("ArrowDown"), press("Enter")
        assert visit.sentence == SAID[2][2]
        press("Tab")
        assert visit.page.evaluate("document.activeElement.closest('#jx-text p > span')") is None  # one stop, not eight


def test_a_key_pressed_at_once_after_the_dialog_of_keys_was_closed_is_the_player_s(
    made: Made, browser: Browser
) -> None:
    """What had the focus in a closed dialog keeps it until the browser draws again."""
    with Watching(browser, made) as visit:
        visit.page.keyboard.press("?")
        visit.page.get_by_role("checkbox").focus()
        closed_and_pressed = """() => {
          const focused = document.activeElement;
          focused.closest("dialog").close();
          return focused.dispatchEvent(new KeyboardEvent("keydown", { key: "l", bubbles: true, cancelable: true }));
        }"""
        assert visit.page.evaluate(closed_and_pressed) is False  # taken
        assert visit.second == "0:10"


def test_screen_readers_find_named_places_and_hear_of_code_only_when_asked(made: Made, browser: Browser) -> None:
    with Watching(browser, made, "recorded.html#t=15") as visit:
        for name in ("Player", "Slide and code", "Transcript"):
            expect(visit.page.get_by_role("region", name=name)).to_be_visible()
        assert visit.page.get_by_role("slider").get_attribute("aria-valuetext") == "0:15, Code & <em>text</em>"
        assert visit.page.locator("#jx-stage [aria-live=off]").count() == 1
        unnamed = visit.page.evaluate(
            "[...document.querySelectorAll('#jx-replay :is(button, select, input)')]"
            ".filter(one => one.checkVisibility() && !one.textContent.trim() && !one.ariaLabel && !one.labels?.length).map(one => one.outerHTML)"
        )
        assert unnamed == []


@pytest.mark.parametrize("name", ["recorded.html#t=28", "words.html#t=64", "tube.html"])
def test_on_a_phone_nothing_is_cut_off_and_a_button_turns_to_the_code(made: Made, browser: Browser, name: str) -> None:
    with Watching(browser, made, name, 390) as visit:
        sizes = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert sizes[0] <= sizes[1]
        expect(visit.page.get_by_role("region", name="Slide and code")).to_be_hidden()
        visit.page.get_by_role("button", name="Slide and code").click()
        expect(visit.page.get_by_role("region", name="Slide and code")).to_be_visible()
        expect(visit.page.get_by_role("region", name="Transcript")).to_be_hidden()
        sizes = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert sizes[0] <= sizes[1]


def test_without_javascript_all_words_are_there_to_read_and_to_link_to(made: Made, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page: Page = context.new_page()
    page.goto(made.server.url + "replays/recorded.html#t=52")
    for _, _, words in SAID:
        expect(page.get_by_text(words)).to_be_visible()
    assert page.locator(":target").inner_text() == SAID[6][2]
    expect(page.get_by_role("link", name="Notebook of the talk")).to_have_attribute("href", "recorded/recorded.ipynb")
    expect(page.get_by_text("What is <i>stop_gradient</i> for?")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_have_count(0)
    page.get_by_role("link", name="This slide in the lecture").nth(1).click()
    assert page.url.endswith("lectures/01_first.html#code-and-text-1")
    context.close()


def test_it_works_from_a_folder_without_a_server(made: Made, browser: Browser) -> None:
    with Visit(browser, (made.site / "replays/recorded.html").as_uri() + "#t=15") as visit:
        visit.page.wait_for_selector("#jx-replay[data-ready]")
        assert "quokka 42" in visit.page.locator("#jx-cells").inner_text()
        with visit.page.expect_download():
            visit.page.get_by_role("button", name="Notebook as of here").click()
        assert visit.foreign("file:") == []


# ---- hostile input ----


def test_markup_in_words_outputs_and_questions_is_text(made: Made, browser: Browser) -> None:
    with Watching(browser, made, "recorded.html#t=28") as visit:
        assert "We have <b>one</b> of each, & not more." in visit.page.locator("#jx-text").inner_text()
        assert "<script>window.stolen = 1</script>" in visit.cells
        visit.page.evaluate("location.hash = '#t=40'")
        visit.page.get_by_text("Show the traceback").click()
        assert "<img src=x onerror=stolen()>" in visit.cells
        assert visit.page.evaluate("window.stolen") is None and visit.complaints == []
    page = (made.site / "replays/recorded.html").read_text(encoding="utf-8")
    assert "RUDEWORDS" not in page and "Kim" not in page  # hidden, and nobody's business
    assert not re.search("RUDEWORDS|Kim", (made.site / "replays/recorded/timeline.js").read_text(encoding="utf-8"))


HOSTILE = (
    "</script><script>window.stolen = 1</script>", "<img src=x onerror='window.stolen = 1'>", "```python", "~~~",
    "</div></section></article>", "{{ config }} {% include 'x' %}", "[x](javascript:stolen) ![x](https://example.org/x)",
    "<!-- ", "--> <![CDATA[", "\u2028window.stolen = 1", "&lt;b&gt; &amp;amp;", "$$ x $$ \\( y \\)", "[^1]: note", "# No heading",
    '" onmouseover="window.stolen = 1', "wzxhzdk:0 klzzwxh:0001", "*[HTML]: hyper", "--8<-- 'course.toml'",
)  # fmt: skip


def test_whatever_is_said_or_printed_stays_text_and_breaks_nothing(
    made: Made, browser: Browser, tmp_path: Path
) -> None:
    """One page for all of them: words, titles, code, outputs, questions."""
    shutil.copytree(made.course.root, tmp_path / "copy", ignore=shutil.ignore_patterns("site*", "docs"))
    root = tmp_path / "copy"
    shutil.rmtree(root / "replays")
    said = [(at * 2, at * 2 + 2, f"So {words} end.") for at, words in enumerate(HOSTILE)]
    events: list[Any] = [(0.0, "slide", {"step": "code-and-text-1"})]
    for at, words in enumerate(HOSTILE, 1):
        events += [(at, "run", {"n": at, "source": f"# {words}", "edited": True}),
                   (at, "output", {"parent": at, "type": "stream", "name": "stdout", "text": words}),
                   (at, "output", {"parent": at, "type": "display_data", "figure": "../../course.toml", "alt": words}),
                   (at, "question", {"id": f"q{at}", "text": words})]  # fmt: skip
    chapters = 'version = 1\nlecture = "01_first"\ntranscript = "t"\nnot-taught = []\n' + "".join(
        f"[[chapter]]\nstart = \"0:00:{at * 2:02}\"\ntitle = '''{words} chapter'''\n"
        for at, words in enumerate(HOSTILE)
    )
    title = "'''</script><b>{{ 7 * 7 }}</b>'''"
    files = {
        "transcript.vtt": captions_text(said),
        "recording.jsonl": recording_text(events=events),
        "chapters.toml": chapters,
    }
    write_talk(root, "bad", toml(title=title, about=title, recording='"recording.jsonl"'), dict(files))
    copy = type(made.course)(root, made.course.settings, made.course.lectures)
    with served(make_site(copy, made.built)) as server, Visit(browser, server.url + "replays/bad.html#t=40") as visit:
        visit.page.wait_for_selector("#jx-replay[data-ready]")
        spans = visit.page.locator("#jx-text p > span")
        assert spans.all_text_contents() == [" ".join(words.split()) for _, _, words in said]
        outputs = visit.page.locator("#jx-cells pre.jx-output").all_text_contents()
        assert [out for out in outputs if "not part of the replay" not in out] == list(HOSTILE)
        assert visit.page.locator("h1").inner_text() == "</script><b>{{ 7 * 7 }}</b>"
        assert visit.page.evaluate("window.stolen") is None and visit.complaints == []
        assert visit.foreign(server.url) == []
    assert not any("course.toml" in str(path) for path in (root / "build/site/replays").rglob("*"))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
_keys = st.sampled_from(["step", "n", "parent", "type", "text", "source", "figure", "display", "update", "id", "state",
                         "votes", "seconds", "status", "cut", "traceback", "ename", "name", "recorded", "alt"])  # fmt: skip
_values = _json | st.sampled_from(["code-and-text-2", "clear", "error", "stream", "answered", "hidden", 1, 2, True])
_events = st.builds(
    Event,
    st.floats(-100, 1e5),
    st.sampled_from(["slide", "run", "output", "done", "mark", "question", "kernel", "end", "wonder"]),
    st.dictionaries(_keys, _values, max_size=8),
)


@pytest.fixture(scope="module")
def script(made: Made) -> Lecture:
    return read_lecture(made.course.lectures[0])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(_events, max_size=25), offset=st.floats(-1000, 1000))
def test_any_events_whatever_give_data_that_cannot_break_a_page(
    script: Lecture, events: list[Event], offset: float
) -> None:
    timeline = timeline_of(events, script, offset)
    words = Transcript(script.path, (Segment(0.0, 1.0, "so"),))
    data = replay_data(words, (), timeline, script, PageFiles("x", script.path), lambda _: "")
    text = as_script("x", data)
    assert "<" not in text and "\u2028" not in text
    assert json.loads(text.removeprefix("window.x=").rstrip(";\n")) == json.loads(json.dumps(data))
    assert all(run["t"] >= 0 for run in data["runs"])


@given(before=st.text(alphabet="ab\n (", max_size=30), after=st.text(alphabet="ab\n )", max_size=30))
@settings(deadline=None)
def test_a_difference_holds_every_line_of_both(before: str, after: str) -> None:
    lines = [(what, re.sub("<[^>]*>", "", line)) for what, line in difference(before, after)]
    assert "\n".join(line for what, line in lines if what in " +") == after
    assert "\n".join(line for what, line in lines if what in " -") == before


# ---- the site around it ----


def test_the_home_page_the_lecture_and_the_menu_lead_to_the_talks(made: Made) -> None:
    for name, link in (("index.html", "replays/recorded.html"), ("lectures/01_first.html", "../replays/recorded.html")):
        page = BeautifulSoup((made.site / name).read_text(encoding="utf-8"), "html.parser")
        inside = page.select_one("article")
        assert inside and link in [anchor.get("href") for anchor in inside.select("a")]
        assert any("First things &" in anchor.get_text() for anchor in page.select("nav a[href*='replays/']"))


def test_the_sites_search_finds_a_sentence_and_leads_to_its_second(made: Made, browser: Browser) -> None:
    with Visit(browser, made.server.url) as visit:
        result = visit.page.locator(".md-search-result__link[href*='replays/recorded.html?h=statistics']").first
        field = visit.page.get_by_role("textbox", name="Search")
        for _ in range(20):  # it hears keys only once its index is there
            field.clear()
            field.press_sequentially("statistics refuses")
            visit.page.wait_for_timeout(500)
            if result.is_visible():
                break
        result.click()
        visit.page.wait_for_selector("#jx-replay[data-ready]")
        expect(visit.page.locator(".jx-now-time")).to_contain_text("0:33")
        expect(visit.page.locator("#jx-text [aria-current]")).to_have_text(SAID[4][2])


def test_a_course_without_replays_carries_nothing_of_theirs(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.course.root, tmp_path / "copy", ignore=shutil.ignore_patterns("build", "replays"))
    course = type(made.course)(tmp_path / "copy", made.course.settings, made.course.lectures)
    write_site_sources(course, made.built, tmp_path / "docs")
    assert not list((tmp_path / "docs").rglob("*replay*"))


def test_captions_and_chapters_for_youtube_lie_beside_the_page(made: Made) -> None:
    folder = made.site / "replays" / "recorded"
    assert "We have &lt;b&gt;one&lt;/b&gt; of each" in (folder / "captions.vtt").read_text(encoding="utf-8")
    lines = (folder / "youtube.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["0:00", "0:12", "0:33", "1:00"]


# ---- making one ----


def test_everything_wrong_in_a_replay_toml_is_said_at_once_with_its_line(made: Made, tmp_path: Path) -> None:
    path = write_talk(tmp_path, "bad", 'version = 2\ntitel = "x"\nlecture = "01_frist"\nvideo = "talk.avi"\n'
                      'transcript = "gone.vtt"\noffset = "late"\ndate = "tomorrow"\n')  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_replay(path, ("01_first", "02_second"))
    lines = sorted((problem.line or 0) for problem in caught.value.problems)
    assert lines == [1, 1, 2, 3, 4, 4, 5, 6, 7]  # version, the missing title; a video of no kind, and none there
    for words in ("did you mean 'title'?", "did you mean '01_first'?", "'gone.vtt', and none there"):
        assert words in str(caught.value)


def jaxstudy(course: Course, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jaxstudy", "replay", "new", *map(str, words)]
    return subprocess.run(command, cwd=course.root, capture_output=True, text=True, timeout=120)


@pytest.fixture
def bare(made: Made, tmp_path: Path) -> Course:
    """The course before anybody gave a talk."""
    ignored = shutil.ignore_patterns("site*", "docs", "replays", "cache")
    shutil.copytree(made.course.root, tmp_path / "bare", ignore=ignored)
    lectures = tuple(tmp_path / "bare" / "lectures" / path.name for path in made.course.lectures)
    return type(made.course)(tmp_path / "bare", made.course.settings, lectures)


def test_new_makes_a_folder_from_recording_transcript_and_video_that_builds(bare: Course, tmp_path: Path) -> None:
    write_talk(tmp_path, "given", files={"talk.wav": silence(5)})
    given = tmp_path / "replays" / "given"
    (bare.root / "glossary.toml").write_text('[[term]]\nterm = "Quokka"\nheard-as = ["the quokka"]\n')
    said = jaxstudy(bare, given, given / "transcript.vtt", "--video", given / "talk.wav", "--offset", 10)
    assert said.returncode == 0, said.stderr
    assert "1 places corrected" in said.stdout and "jaxstudy serve" in said.stdout
    path = bare.root / "replays" / "01-first-2026-11-24" / "replay.toml"
    replay = read_replay(path, ("01_first", "02_second"))
    assert replay.lecture == "01_first" and replay.offset == 10 and replay.confirmed and replay.media
    assert sorted(one.name for one in path.parent.iterdir()) == [
        "chapters.toml", "figures", "recording.jsonl", "replay.toml", "talk.wav", "transcript.vtt",
    ]  # fmt: skip
    kept = (path.parent / "recording.jsonl").read_text()
    assert "stop_gradient" in kept and "Kim" not in kept and "RUDEWORDS" not in kept
    write_site_sources(bare, load_built(bare, list(bare.lectures), "smoke"), tmp_path / "docs")
    assert "Quokka" in (tmp_path / "docs" / "replays" / "01-first-2026-11-24.md").read_text(encoding="utf-8")
    again = jaxstudy(bare, given, given / "transcript.vtt")
    assert again.returncode == 2 and "choose another --name" in again.stderr


def test_new_from_words_alone_or_slides_alone(bare: Course, tmp_path: Path) -> None:
    write_talk(tmp_path, "given")
    given = tmp_path / "replays" / "given"
    words = start_replay(bare, [given / "transcript.vtt"], Wishes(lecture="01", name="words"))
    slides = start_replay(bare, [given / "recording.jsonl"], Wishes(name="slides"))
    bare_words = start_replay(bare, [given / "transcript.vtt"], Wishes(name="bare"))
    assert words.charted and slides.charted and bare_words.charted is None
    assert [one.title for one in slides.charted.chapters.chapters] == [
        "First things",
        "Code and text",
        "It refuses",
        "Figures",
    ]
    write_site_sources(bare, load_built(bare, list(bare.lectures), "smoke"), tmp_path / "docs")
    for name in ("words", "slides", "bare"):
        assert (tmp_path / "docs" / "replays" / f"{name}.md").is_file()


def test_an_offset_is_proposed_printed_and_left_to_confirm(bare: Course, tmp_path: Path) -> None:
    write_talk(tmp_path, "given")
    given = tmp_path / "replays" / "given"
    said = jaxstudy(bare, given, given / "transcript.vtt", "--name", "proposed")
    text = (bare.root / "replays" / "proposed" / "replay.toml").read_text()
    assert "proposed" in said.stdout and "confirm" in said.stdout
    assert "offset-confirmed = false" in text and "Proposed from the words" in text


def test_new_says_everything_that_is_wrong_and_leaves_nothing_behind(bare: Course, tmp_path: Path) -> None:
    torn = tmp_path / "talk.jsonl"
    torn.write_text(recording_text() + "not an event\n" + "[1, 2, 3]\n" + '[1.0, "mark", {}]\n')
    said = jaxstudy(bare, torn, tmp_path / "gone.vtt", "--lecture", "9", "--video", "talk.avi", "--name", "A B")
    assert said.returncode == 2 and "Traceback" not in said.stderr
    for words in ("talk.jsonl:27:", "talk.jsonl:28:", "gone.vtt", "'9'", "'.avi'", "'A B'", "6 problems"):
        assert words in said.stderr, words
    assert not (bare.root / "replays").exists()


def test_a_large_video_is_copied_once_and_a_new_one_of_the_same_size_again(bare: Course, tmp_path: Path) -> None:
    path = write_talk(bare.root, "large", toml(video='"talk.webm"')).with_name("talk.webm")
    built, shown = load_built(bare, list(bare.lectures), "smoke"), tmp_path / "docs" / "replays" / "large" / "talk.webm"
    path.write_bytes(b"a" * 2**24 + b"1")
    write_site_sources(bare, built, tmp_path / "docs")
    first = shown.stat()
    write_site_sources(bare, built, tmp_path / "docs")
    assert (shown.stat().st_ino, shown.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    path.write_bytes(b"b" * 2**24 + b"2")
    write_site_sources(bare, built, tmp_path / "docs")
    assert shown.read_bytes()[-1:] == b"2" and not list(shown.parent.glob(".*"))


def test_lines_that_come_in_pieces_stay_lines(script: Lecture) -> None:
    pieces = [("a", 1.0), ("\n", 2.0), ("b", 3.0), ("\r50 %", 3.1), ("\r100 %", 3.2)]
    events = [Event(0.5, "run", {"n": 1, "source": "…"})]
    events += [
        Event(t, "output", {"parent": 1, "type": "stream", "name": "stdout", "text": text}) for text, t in pieces
    ]
    (run,) = timeline_of(events, script).runs
    assert [(out.start, out.text) for out in run.outputs] == [(1.0, "a"), (2.0, "\n"), (3.0, "\r100 %")]


def test_a_range_of_a_video_is_answered_as_one(made: Made) -> None:
    import urllib.request

    request = urllib.request.Request(made.server.url + "replays/sound/my-talk.wav", headers={"Range": "bytes=44-47"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert (answer.status, answer.read()) == (206, b"\x80" * 4)
