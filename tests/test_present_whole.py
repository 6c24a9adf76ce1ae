"""A whole lecture before an audience, everything going wrong once: typed, edited, failed, killed, jumped, asked.

What the recording tells afterwards is what stood on the slides: the same sources, the same outputs.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from jaxstudy.build.cache import StepCache
from jaxstudy.build.chromium import find_chromium
from jaxstudy.build.execute import execute
from jaxstudy.build.kernels import Kernels
from jaxstudy.build.keys import step_keys
from jaxstudy.course import Lecture, read_lecture
from jaxstudy.present.audience.serving import Invitation
from jaxstudy.present.session import PresentSession
from jaxstudy.recording import read_recording
from jaxstudy.replay.player import Run, timeline_of
from test_present import FLAGS, asked_of_kernel, go, in_slides, output, until
from test_present_audience import sees
from test_present_rescue import jump, wait_for_bar

LECTURE = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: Whole
# ---

# %% [markdown] slideshow={"slide_type": "slide"} minutes=1
# # Whole

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
# ## Arrays

# %% slideshow={"slide_type": "-"}
import jax.numpy as jnp
x = jnp.arange(3.0)
print("x is", x)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
# ## Typed

# %% slideshow={"slide_type": "-"} tags=["live"]
total = float(x.sum())
print("sum", total)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
# ## Edited

# %% slideshow={"slide_type": "-"}
scale = 2
print("scaled", scale * total)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
# ## Failing

# %% slideshow={"slide_type": "-"}
words = "words"
print("read", words)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
# ## The end

# %% slideshow={"slide_type": "-"}
print("the end:", words, total)
"""
ASKED = ("What is x?", "Why a float?", "Where is the notebook?")


@dataclass(frozen=True)
class Seen:
    """A cell as it stood on its slide after it had run."""

    step: str
    source: str
    text: str


@dataclass(frozen=True)
class Given:
    """The lecture after it was given."""

    seen: list[Seen]
    runs: tuple[Run, ...]
    slides: list[str]
    kernels: list[str]
    questions: list[str]


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory, kernels: Kernels) -> Lecture:
    """The lecture, built: its rehearsed outputs are in the cache. (Before the browser: both want the event loop.)"""
    root = tmp_path_factory.mktemp("whole")
    (root / "course.toml").write_text("")
    (root / "lectures").mkdir()
    (root / "lectures" / "01_whole.py").write_text(LECTURE)
    lecture = read_lecture(root / "lectures" / "01_whole.py")
    execute(lecture, step_keys(lecture, root, "smoke"), StepCache(root / "build" / "cache"), kernels)
    return lecture


@pytest.fixture(scope="module")
def given(lecture: Lecture, kernels: Kernels) -> Given:
    root = lecture.path.parents[1]
    theme = Path(__file__).resolve().parents[1] / "slides" / "theme"
    one = PresentSession(lecture, root, theme, kernels=kernels, audience=Invitation(), record=True)
    with sync_playwright() as playwright, one as session:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        session.admit()
        stage = browser.new_page(viewport={"width": 1280, "height": 720})
        stage.set_default_timeout(30_000)
        stage.goto(session.url, wait_until="commit")
        in_slides(stage)
        session.wait_until_warm()
        seen = give(stage, audience(session, browser))
        assert session.recording is not None
        path = session.recording.path
        until(lambda: sum(event.kind == "done" for event in read_recording(path).events) >= len(seen))
        browser.close()
    session.discard()
    return told(path, lecture, seen)


def audience(session: PresentSession, browser: Browser) -> list[Page]:
    assert session.audience is not None
    pages = [browser.new_context().new_page() for _ in ASKED]
    for page in pages:
        page.goto(session.audience.address)
        page.wait_for_function("() => document.getElementById('ask').hidden === false", polling=50)
    return pages


def told(path: Path, lecture: Lecture, seen: list[Seen]) -> Given:
    """What the recording tells."""
    events = read_recording(path).events
    timeline = timeline_of(events, lecture)
    return Given(
        seen,
        tuple(run for run in timeline.runs if run.source),  # without this test's own look for the kernel's number
        [slide for _, slide in timeline.slides],
        [str(event.data["state"]) for event in events if event.kind == "kernel"],
        [question.text for question in timeline.questions],
    )


def give(stage: Page, followers: list[Page]) -> list[Seen]:
    """The lecture, and what was seen of each cell that ran."""
    seen = [run(stage, 1, "x is [0. 1. 2.]")]
    ask(stage, followers[0], ASKED[0])
    go(stage, 2)
    stage.keyboard.press("a")
    seen.append(run(stage, 2, "sum 3.0"))
    ask(stage, followers[1], ASKED[1])
    go(stage, 3)
    type_instead(stage, 'scale = 10\nprint("scaled", scale * total)')
    seen.append(run(stage, 3, "scaled 30.0"))
    go(stage, 4)
    type_instead(stage, 'words = open("no such file").read()')
    seen.append(run(stage, 4, "FileNotFoundError"))
    ask(stage, followers[2], ASKED[2])
    wait_for_bar(stage, "This cell raised FileNotFoundError.")
    kill_kernel(stage)
    jump(stage, "arrays")  # back
    seen.append(run(stage, 1, "x is [0. 1. 2.]"))
    jump(stage, "the end")  # ahead: what lies between was not run in this kernel, and its values are there
    seen.append(run(stage, 5, "the end: words 3.0"))
    return seen


def type_instead(stage: Page, source: str) -> None:
    stage.evaluate("source => Jupyter.notebook.get_selected_cell().set_text(source)", source)


def run(stage: Page, slide: int, gives: str) -> Seen:
    go(stage, slide)
    stage.evaluate("Jupyter.notebook.get_selected_cell().clear_output()")
    stage.keyboard.press("Shift+Enter")
    output(stage, gives)
    go(stage, slide)
    cell = "Jupyter.notebook.get_selected_cell()"
    text = f"""{cell}.output_area.outputs.map(one =>
        one.text ?? (one.data ? one.data['text/plain'] : one.ename + ': ' + one.evalue)).join('')"""
    return Seen(STEPS[slide], stage.evaluate(f"{cell}.get_text()"), stage.evaluate(text))


STEPS = {1: "arrays-2", 2: "typed-2", 3: "edited-2", 4: "failing-2", 5: "the-end-2"}


def ask(stage: Page, follower: Page, question: str) -> None:
    follower.bring_to_front()
    follower.fill("#text", question)
    follower.get_by_role("button", name="Ask", exact=True).click()
    sees(follower, "Asked.", "#answer")
    stage.bring_to_front()


def kill_kernel(stage: Page) -> None:
    stage.wait_for_selector("[data-jaxstudy-standby]:not([data-jaxstudy-standby=''])", state="attached")
    before = stage.evaluate("Jupyter.notebook.kernel.id")
    os.kill(int(asked_of_kernel(stage, "__import__('os').getpid()")), signal.SIGKILL)
    stage.wait_for_function("before => Jupyter.notebook.kernel.id !== before", arg=before)
    wait_for_bar(stage, "The kernel died. Another one is in its place")


def shown(run: Run) -> str:
    """A run's outputs as text."""
    return "".join(one.text for one in run.outputs if one.kind != "figure")


def test_the_recording_has_every_cell_as_it_was_run_and_nothing_else(given: Given) -> None:
    assert [(run.step, run.source) for run in given.runs] == [(one.step, one.source) for one in given.seen]
    assert [run.edited for run in given.runs] == [False, False, True, True, False, False]
    assert [run.status for run in given.runs] == ["ok", "ok", "ok", "error", "ok", "ok"]


def test_the_replay_shows_the_outputs_that_stood_on_the_slides(given: Given) -> None:
    assert [shown(run) for run in given.runs] == [one.text for one in given.seen]


def test_the_replay_goes_where_the_talk_went(given: Given) -> None:
    visited = [slide for slide in given.slides if slide.endswith("-1")]
    assert visited.index("failing-1") < len(visited) - 1 - visited[::-1].index("arrays-1")  # back, after the failure
    assert visited[-1] == "the-end-1"
    assert "dead" in given.kernels and given.kernels.count("swapped") >= 2


def test_the_questions_of_three_followers_are_in_the_recording(given: Given) -> None:
    assert given.questions == list(ASKED)
