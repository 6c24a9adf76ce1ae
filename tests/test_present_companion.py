"""Where the talk is, and how late: told by the slides, shown in the speaker's window."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import websocket
from playwright.sync_api import BrowserContext, Page, sync_playwright

from jaxstudy.build.chromium import find_chromium
from jaxstudy.course import load_course, read_lecture
from jaxstudy.present.companion.hub import Hub
from jaxstudy.present.companion.pacing import Pacing
from jaxstudy.present.companion.plan import Section, plan_from, plan_of
from jaxstudy.present.companion.talks import Talk, last_talk, log_talk
from jaxstudy.present.front_end import furnish
from jaxstudy.present.session import PresentSession
from jaxstudy.present.workplace import Workplace
from test_present import FLAGS, go, in_slides, until

LECTURE = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: A talk
# ---

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
# # A talk

# %% [markdown] slideshow={"slide_type": "notes"}
# - Ask: who is **new**? <script>window.stolen = 1</script>

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
# ## Gradients

# %% [markdown] slideshow={"slide_type": "notes"}
# - Late? Skip the second cell.

# %% slideshow={"slide_type": "-"} tags=["live"]
print("first", 1)

# %% slideshow={"slide_type": "-"}
print("second", 2)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### More of them

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
# ## The end

# %% [markdown] slideshow={"slide_type": "notes"}
# - Late? Only the last line.
"""


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("talk")
    (root / "course.toml").write_text("")
    (root / "lectures").mkdir()
    (root / "lectures" / "01_talk.py").write_text(LECTURE)
    (root / "theme").mkdir()
    theme = Path(__file__).resolve().parents[1] / "slides" / "theme"
    for sheet in theme.glob("*.css"):
        (root / "theme" / sheet.name).write_text(sheet.read_text())
    return root


@pytest.fixture
def hub(root: Path, tmp_path: Path, clock: Clock) -> Hub:
    return Hub(plan_of(read_lecture(root / "lectures" / "01_talk.py")), tmp_path / "talks", clock)


def show(hub: Hub, step: str) -> None:
    hub.hear({"kind": "slide", "step": step, "fragment": -1})


# ------------------------------------------------------------------------------------------------------------ the plan


def test_a_plan_has_the_sections_with_their_minutes_and_what_to_skip_when_late(root: Path) -> None:
    plan = plan_of(read_lecture(root / "lectures" / "01_talk.py"))
    assert [(section.title, section.seconds, section.late) for section in plan.sections] == [
        ("A talk", 120, ""),
        ("Gradients", 300, "Skip the second cell."),
        ("The end", 180, "Only the last line."),
    ]
    assert [(slide.title, slide.section) for slide in plan.slides][2] == ("More of them", 1)
    assert plan.slide_of(plan.slides[1].steps[3].id) == 1 and plan.slide_of("nowhere-1") is None
    assert plan_from(plan.to_json()) == plan


def test_raw_html_in_notes_is_text(root: Path) -> None:
    notes = plan_of(read_lecture(root / "lectures" / "01_talk.py")).slides[0].notes
    assert "<strong>new</strong>" in notes and "<script" not in notes


# ------------------------------------------------------------------------------------------------------------- pacing


SECTIONS = [Section("a", 120, ""), Section("b", 300, "skip b"), Section("c", 180, "skip c")]


def test_the_clock_starts_when_the_first_section_is_left(clock: Clock) -> None:
    pacing = Pacing(SECTIONS)
    pacing.enter(0, clock.now)
    assert pacing.status(clock.now + 500).word == "not started"
    pacing.enter(1, clock.now)
    assert pacing.status(clock.now).running


def test_late_is_what_was_spent_beyond_the_minutes_of_what_was_shown(clock: Clock) -> None:
    pacing = Pacing(SECTIONS)
    pacing.start(0.0)
    assert pacing.status(100.0).late == 0  # inside its own minutes a section is on time
    pacing.enter(1, 240.0)
    late = pacing.status(250.0)
    assert (late.late, late.word, late.skip) == (120.0, "+2 min", ("b: skip b", "c: skip c"))
    assert pacing.status(240.0 + 300.0 + 60.0).late == 180.0  # a minute too long in b, on top


def test_a_section_left_early_makes_up_for_time(clock: Clock) -> None:
    pacing = Pacing(SECTIONS)
    pacing.start(0.0)
    pacing.enter(1, 120.0)
    pacing.enter(2, 180.0)
    status = pacing.status(180.0)
    assert (status.late, status.word, status.skip) == (-240.0, "-4 min", ())


def test_going_back_adds_to_the_time_of_a_section(clock: Clock) -> None:
    pacing = Pacing(SECTIONS)
    pacing.start(0.0)
    pacing.enter(1, 100.0)
    pacing.enter(0, 150.0)
    pacing.enter(1, 170.0)
    assert pacing.times(200.0) == {0: 120.0, 1: 80.0}


# ---------------------------------------------------------------------------------------------------------------- hub


def test_speakers_hear_where_the_stage_is_and_the_stage_hears_their_wishes(hub: Hub) -> None:
    heard: list[dict] = []
    wished: list[dict] = []
    leave = hub.join(heard.append, stage=False)
    assert heard[-1]["stage"] is False and heard[-1]["slide"]["title"] == "A talk"
    hub.join(wished.append, stage=True)
    show(hub, "gradients-1")
    assert heard[-1]["stage"] is True and heard[-1]["next"] == "More of them"
    assert [step["live"] for step in heard[-1]["slide"]["code"]] == [True, False]
    hub.hear({"kind": "run", "step": heard[-1]["slide"]["code"][0]["id"]})
    assert [step["ran"] for step in heard[-1]["slide"]["code"]] == [True, False]
    hub.asked("next")
    hub.asked("run rm -rf")
    assert wished == [{"do": "next"}]
    leave()
    before = len(heard)
    show(hub, "the-end-1")
    assert len(heard) == before


@pytest.mark.parametrize(
    "message", [None, [], "slide", {}, {"kind": "slide"}, {"kind": "slide", "step": 3}, {"step": "x"}]
)
def test_what_is_no_report_is_passed_over(hub: Hub, message: object) -> None:
    before = hub.state()
    hub.hear(message)
    assert hub.state() == before


def test_a_talk_is_logged_with_what_was_skipped_and_compared_with_next_time(
    hub: Hub, root: Path, tmp_path: Path, clock: Clock
) -> None:
    hub.asked("restart")
    clock.now += 100
    show(hub, "the-end-1")
    clock.now += 50
    talk = hub.close()
    assert talk is not None
    assert talk.sections == {"A talk": 100.0, "Gradients": 0.0, "The end": 50.0} and talk.skipped == ("Gradients",)
    again = Hub(hub.plan, tmp_path / "talks", clock)
    assert again.state()["section"]["last"] == 100.0


def test_a_talk_whose_server_was_killed_is_logged_by_the_next_one(hub: Hub, tmp_path: Path, clock: Clock) -> None:
    hub.asked("restart")
    clock.now += 90
    show(hub, "gradients-1")  # and no close
    last = Hub(hub.plan, tmp_path / "talks", clock).last
    assert last is not None and last.sections["A talk"] == 90.0


def test_a_talk_broken_off_skipped_nothing_and_a_torn_log_is_read(tmp_path: Path) -> None:
    talk = Talk("2026-01-01T10:00:00+00:00", 60.0, {"a": 60.0, "b": 0.0, "c": 0.0, "d": 0.0})
    assert talk.skipped == ()
    log_talk(tmp_path, "01_talk", talk)
    with (tmp_path / "01_talk.jsonl").open("a") as file:
        file.write('{"started": "2026-0')
    assert last_talk(tmp_path, "01_talk") == talk


# ------------------------------------------------------------------------------------------------- in a real browser


@pytest.fixture(scope="module")
def session(root: Path) -> Iterator[PresentSession]:
    with PresentSession(read_lecture(root / "lectures" / "01_talk.py"), load_course(root).root, root / "theme") as one:
        yield one


@pytest.fixture(scope="module")
def browser(session: PresentSession) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        yield chromium.new_context(viewport={"width": 1280, "height": 720})
        chromium.close()


@pytest.fixture(scope="module")
def stage(session: PresentSession, browser: BrowserContext) -> Page:
    page = browser.new_page()
    page.goto(session.url, wait_until="commit")
    in_slides(page)
    session.wait_until_warm()
    return page


@pytest.fixture(scope="module")
def speaker(stage: Page, browser: BrowserContext) -> Page:
    go(stage, 1)
    with browser.expect_page() as opened:
        stage.keyboard.press("s")
    window = opened.value
    window.said = []  # type: ignore[attr-defined]
    window.on("console", lambda said: window.said.append(said.text))  # type: ignore[attr-defined]
    return window


def titled(page: Page, words: str) -> None:
    """Wait until the window says so; polled, since a window that is not in front draws no frames."""
    said = "words => document.getElementById('title').textContent.includes(words)"
    page.wait_for_function(said, arg=words, polling=50)


def test_the_speaker_window_follows_the_slides_with_notes_and_code(stage: Page, speaker: Page) -> None:
    stage.bring_to_front()
    go(stage, 1)
    titled(speaker, "Gradients")
    assert speaker.locator("#notes").inner_text() == "Late? Skip the second cell."
    assert speaker.locator("#code pre").all_inner_texts() == ['print("first", 1)', 'print("second", 2)']
    stage.evaluate("Reveal.slide(2, 0)")
    titled(speaker, "The end")
    assert speaker.locator("#next").inner_text() == "the end"
    assert speaker.locator("#word").inner_text() == "on time" or "min" in speaker.locator("#word").inner_text()
    assert speaker.evaluate("window.stolen") is None


def test_a_cell_that_ran_is_pale_in_the_speaker_window(stage: Page, speaker: Page) -> None:
    stage.bring_to_front()
    go(stage, 1)
    titled(speaker, "Gradients")
    stage.keyboard.press("Shift+Enter")
    speaker.wait_for_selector("#code pre.ran")


def test_the_speaker_steps_the_slides_from_another_screen(stage: Page, speaker: Page) -> None:
    stage.evaluate("Reveal.slide(0, 0)")
    titled(speaker, "A talk")
    speaker.bring_to_front()
    speaker.get_by_role("button", name="Next").click()
    titled(speaker, "Gradients")
    speaker.keyboard.press("ArrowLeft")
    titled(speaker, "A talk")


def test_a_phone_shows_all_of_it_without_sideways_scrolling(speaker: Page) -> None:
    speaker.set_viewport_size({"width": 390, "height": 844})
    assert speaker.evaluate("document.documentElement.scrollWidth") <= 390
    assert speaker.get_by_role("button", name="Next").is_visible()
    speaker.set_viewport_size({"width": 1280, "height": 720})


def test_s_opens_our_window_after_the_slides_were_left_and_entered_again(stage: Page, speaker: Page) -> None:
    """Each time RISE enters, it binds its own keys: where that came last, s was the pen's next colour."""
    speaker.close()
    stage.bring_to_front()
    go(stage, 1)
    for _ in range(2):
        stage.keyboard.press("Alt+r")
    stage.wait_for_function("() => window.Reveal.isReady()")
    with stage.context.expect_page() as opened:
        stage.keyboard.press("s")
    assert opened.value.url.endswith("/jaxstudy/speaker")


def test_keys_of_the_pen_that_a_lecture_sets_stand_beside_ours(root: Path, tmp_path: Path) -> None:
    keys = "#   rise: {reveal_shortcuts: {chalkboard: {colorPrev: x}, main: {toggleOverview: o}}}\n"
    (tmp_path / "01_keys.py").write_text(LECTURE.replace("#   jaxstudy:", keys + "#   jaxstudy:"))
    lecture = read_lecture(tmp_path / "01_keys.py")
    place = Workplace.make(lecture, tmp_path, root / "theme", tmp_path / "live")
    furnish(place, lecture, "classic")
    found = json.loads((place.jupyter / "config" / "nbconfig" / "rise.json").read_text())["reveal_shortcuts"]
    assert found == {"chalkboard": {"colorNext": "shift-q", "colorPrev": "x"}, "main": {"toggleOverview": "o"}}


@pytest.mark.parametrize("place", ["speaker", "speaker.js", "stage", "speaker/live"])
def test_nobody_reaches_the_companion_without_the_token(session: PresentSession, stage: Page, place: str) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "eA==",
    }
    socket = place in ("stage", "speaker/live")
    address = f"http://127.0.0.1:{session.port}/jaxstudy/{place}"
    request = urllib.request.Request(address, headers=headers if socket else {})
    try:
        with urllib.request.urlopen(request) as answer:
            assert "/login" in answer.url
    except urllib.error.HTTPError as refused:
        assert refused.code == 403
        refused.close()


def test_the_talk_is_in_the_log_once_the_session_has_ended(root: Path, browser: BrowserContext) -> None:
    lecture = read_lecture(root / "lectures" / "01_talk.py")
    with PresentSession(lecture, root, root / "theme", build=root / "other") as session:
        page = browser.new_page()
        page.goto(session.url, wait_until="commit")
        in_slides(page)
        page.evaluate("Reveal.slide(2, 0)")
        until(lambda: list(session.talks.glob(".*.unfinished.json")))
        page.close()
    lines = (session.talks / "01_talk.jsonl").read_text().splitlines()
    assert [list(json.loads(line)["sections"]) for line in lines] == [["A talk", "Gradients", "The end"]]


@pytest.mark.parametrize("socket", ["stage", "speaker/live"])
def test_a_page_of_another_origin_in_the_presenter_s_browser_gets_no_socket(
    session: PresentSession, stage: Page, browser: BrowserContext, socket: str
) -> None:
    """Its connection carries the presenter's cookies, as the browser adds them to whatever asks for this host."""
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in browser.cookies())
    address = f"ws://127.0.0.1:{session.port}/jaxstudy/{socket}"
    ours = websocket.create_connection(address, cookie=cookies, origin=f"http://127.0.0.1:{session.port}", timeout=10)
    ours.close()
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(address, cookie=cookies, origin="http://evil.example", timeout=10)
