"""In a real Chromium: from a key to the character it types in a live cell, and from a slide's key to a follower's page.

`python benchmarks/live_keys.py [KEYS]`.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from audience import percentile
from jaxstudy.build.chromium import find_chromium
from jaxstudy.course import load_course, read_lecture
from jaxstudy.present.audience.serving import Invitation
from jaxstudy.present.session import PresentSession
from present_start import FLAGS

ROOT = Path(__file__).resolve().parents[1]
LECTURE = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: Typing
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Typing

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Live

# %% slideshow={"slide_type": "-"} tags=["live"]
"""
SLIDES = """

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Slide NUMBER
"""
# Milliseconds from the event's own time to the changed editor, and to the frame in which it is seen.
WATCH = """
() => {
  window.typed = []; window.painted = [];
  const cell = Jupyter.notebook.get_selected_cell();
  let pressed = 0;
  window.addEventListener("keydown", event => { pressed = event.timeStamp; }, true);
  cell.code_mirror.on("change", () => {
    const since = pressed;
    window.typed.push(performance.now() - since);
    requestAnimationFrame(() => setTimeout(() => window.painted.push(performance.now() - since)));
  });
}
"""
CLOCK = "performance.timeOrigin + performance.now()"
FOLLOW = f"""
() => {{
  window.seen = {{}};
  new MutationObserver(() => {{
    const words = document.getElementById("place").textContent;
    window.seen[words] = window.seen[words] || {CLOCK};
  }}).observe(document.getElementById("place"), {{childList: true, characterData: true, subtree: true}});
}}
"""


def typing(stage: Page, keys: int) -> tuple[list[float], list[float]]:
    stage.evaluate("Reveal.slide(1, 0)")
    stage.wait_for_timeout(1500)  # RISE selects the cell
    stage.keyboard.press("h")
    stage.evaluate(WATCH)
    for _ in range(keys):
        stage.keyboard.press("x")
        stage.wait_for_timeout(20)
    stage.keyboard.press("Escape")
    return stage.evaluate("window.typed"), stage.evaluate("window.painted")


def following(stage: Page, follower: Page, slides: int) -> list[float]:
    follower.evaluate(FOLLOW)
    waits = []
    for number in range(3, 3 + slides):
        pressed = stage.evaluate(f"() => {{ const now = {CLOCK}; Reveal.slide({number - 1}, 0); return now; }}")
        words = f"Slide {number} of {2 + slides}"
        follower.wait_for_function("words => window.seen[words]", arg=words, polling=20)
        waits.append(follower.evaluate("words => window.seen[words]", words) - pressed)
    return waits


def main() -> None:
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    slides = 30
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "course.toml").write_text("")
        (root / "lectures").mkdir()
        code = "\n".join(f"value_{number} = {number} * 17 + 4  # a line to type" for number in range(keys // 8))
        pages = "".join(SLIDES.replace("NUMBER", str(number)) for number in range(slides))
        (root / "lectures" / "01_typing.py").write_text(LECTURE + code + pages)
        lecture = read_lecture(root / "lectures" / "01_typing.py")
        theme = ROOT / "slides" / "theme"
        with (
            PresentSession(lecture, load_course(root).root, theme, audience=Invitation()) as session,
            sync_playwright() as playwright,
        ):
            session.admit()
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
            stage = browser.new_page(viewport={"width": 1280, "height": 720})
            stage.goto(session.url, wait_until="commit")
            stage.wait_for_selector("html[data-jaxstudy=slides]", state="attached")
            session.wait_until_warm()
            assert session.audience is not None
            follower = browser.new_context().new_page()
            follower.goto(session.audience.address)
            stage.bring_to_front()
            typed, painted = typing(stage, keys)
            waits = following(stage, follower, slides)
            browser.close()
        session.discard()
    print(f"in Chromium, without a GPU, load {os.getloadavg()[0]:.1f}")
    named = (
        ("key to typed character", typed),
        ("key to the frame that shows it", painted),
        ("slide to follower", waits),
    )
    for what, values in named:
        middle, worst = statistics.median(values), percentile(values, 0.99)
        print(f"  {what:31} median {middle:6.1f} ms   p99 {worst:6.1f} ms  ({len(values)})")
    met = statistics.median(painted) <= 30 and percentile(typed, 0.99) <= 30 and percentile(waits, 0.99) <= 200
    print(f"  wanted: key to character ≤ 30 ms, slide to follower ≤ 200 ms: {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
