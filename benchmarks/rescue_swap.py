"""From the wish to a kernel that answers, with the state of the place: a jump, a killed kernel, in a real Chromium.

`python benchmarks/rescue_swap.py [LECTURE] [RUNS]`. The standby is current: the presenter has been on the slide for as
long as the standby needs, which is printed too.
"""

from __future__ import annotations

import os
import signal
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from jaxstudy.build.chromium import find_chromium
from jaxstudy.build.lectures import Options, build_lectures
from jaxstudy.course import load_course, read_lecture
from jaxstudy.present.session import PresentSession

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
# Milliseconds until another kernel than the one named has answered.
ANSWERED = """
before => new Promise(done => {
  const started = performance.now();
  const ask = () => Jupyter.notebook.kernel.id === before ? setTimeout(ask, 5) : Jupyter.notebook.kernel.execute(
    "", {shell: {reply: () => done(performance.now() - started)}}, {silent: true});
  ask();
})
"""
KERNEL = "Jupyter.notebook.kernel.id"
STANDBY = "number => document.documentElement.dataset.jaxstudyStandby === String(number)"
PID = """
() => new Promise(done => Jupyter.notebook.kernel.execute("", {shell: {reply: message =>
  done(Number(message.content.user_expressions.pid.data["text/plain"]))}},
  {silent: true, user_expressions: {pid: "__import__('os').getpid()"}}))
"""


def catch_up(page: Page, slide: int, steps: int) -> float:
    """Seconds until the standby stands before the slide."""
    page.evaluate(
        """slide => { const at = Reveal.getIndices(document.querySelectorAll('.slides > section > section')[slide]);
                      Reveal.slide(at.h, at.v); }""",
        slide,
    )
    started = time.perf_counter()
    page.wait_for_function(STANDBY, arg=steps, timeout=120_000)
    return time.perf_counter() - started


def jump(page: Page, slide: int) -> float:
    """Milliseconds from Enter in the list to the other kernel's answer."""
    page.keyboard.press("g")
    page.keyboard.type(str(slide + 1))
    before = page.evaluate(KERNEL)
    page.keyboard.press("Enter")
    return float(page.evaluate(ANSWERED, before))


def kill(page: Page) -> float:
    """Milliseconds from a SIGKILL of the kernel to the other kernel's answer."""
    before, pid = page.evaluate(KERNEL), page.evaluate(PID)
    os.kill(pid, signal.SIGKILL)
    return float(page.evaluate(ANSWERED, before))


def main(name: str, runs: int) -> None:
    """Print medians and the slowest."""
    course = load_course(ROOT)
    lecture = read_lecture(course.find(name))
    build_lectures(course, [lecture.path], Options())
    slide = len(lecture.slides) // 2
    ids = {step.id for each in lecture.slides[:slide] for step in each.steps if step.runs}
    caught, jumped, killed = [], [], []
    with PresentSession(lecture, course.root, course.theme, build=course.build) as session, sync_playwright() as player:
        chromium = player.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        page = chromium.new_page(viewport={"width": 1280, "height": 720})
        page.goto(session.url, wait_until="commit")
        page.wait_for_selector("html[data-jaxstudy=slides]", state="attached", timeout=60_000)
        session.wait_until_warm()
        for _ in range(runs):
            caught.append(catch_up(page, slide, len(ids)))
            jumped.append(jump(page, slide))
            page.wait_for_function(STANDBY, arg=len(ids), timeout=120_000)
            killed.append(kill(page))
        chromium.close()
    print(f"{lecture.name}, slide {slide + 1} of {len(lecture.slides)}, {len(ids)} cells before it, {runs} runs")
    print(f"  standby caught up     {statistics.median(caught):7.1f} s   (slowest {max(caught):.1f})")
    for what, times in (("jump, standby current", jumped), ("kernel killed        ", killed)):
        print(f"  {what} {statistics.median(times):7.0f} ms  (slowest {max(times):.0f}; 1000 wanted)")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "02", int(sys.argv[2]) if len(sys.argv) > 2 else 5)
