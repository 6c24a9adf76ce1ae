"""From the command to the first slide, and to the answer of the first JAX cell, in a real Chromium with a new profile.

`python benchmarks/present_start.py [LECTURE] [RUNS]`. One launch goes before that is not counted: it fills the build
cache, as the rehearsal of a talk does.
"""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import astuple, dataclass
from pathlib import Path

from playwright.sync_api import Page, Playwright, sync_playwright

from jaxstudy.build.chromium import find_chromium

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")
# Milliseconds from asking a cell to run to its answer, as the page sees them; cells are asked one after the other
# until one has used JAX and shown something.
FIRST_CELLS = """
async () => {
  const events = await new Promise(done => require(["base/js/events"], done));
  const run = cell => new Promise(done => {
    const started = performance.now();
    events.one("finished_execute.CodeCell", () => done(performance.now() - started));
    cell.execute();
  });
  let first = null;
  for (const cell of Jupyter.notebook.get_cells().filter(cell => cell.cell_type === "code")) {
    const took = await run(cell);
    first = first ?? took;
    if (/(jax|jnp)\\./.test(cell.get_text()) && cell.output_area.outputs.length) return [first, took];
  }
}
"""


@dataclass(frozen=True, slots=True)
class Launch:
    up: float
    """Seconds from the command to the printed address: preflight done, the port listened on."""
    slide: float
    """… to the first slide; the browser is started when the address is known."""
    warm: float
    """… to the kernel's being warm, looked at when the slide is there."""
    first_cell: float
    """Seconds the first cell takes, which imports."""
    jax_cell: float
    """Seconds the first cell takes that computes with JAX and shows it."""


def launch(playwright: Playwright, lecture: str) -> Launch:
    started = time.perf_counter()
    command = [
        sys.executable,
        "-c",
        "from jaxstudy.cli import main; main()",
        "present",
        lecture,
        "--no-browser",
        "--no-record",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+", line)))
        up = time.perf_counter() - started
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(address, wait_until="commit")
        page.wait_for_selector("html[data-jaxstudy=slides]", state="attached")
        slide = time.perf_counter() - started
        next(line for line in process.stdout if "warm" in line)
        warm = time.perf_counter() - started
        first_cell, jax_cell = cells(page)
        browser.close()
        process.send_signal(signal.SIGINT)
    return Launch(up, slide, warm, first_cell, jax_cell)


def cells(page: Page) -> tuple[float, float]:
    first, jax = page.evaluate(FIRST_CELLS)
    return first / 1000, jax / 1000


def main() -> None:
    lecture = sys.argv[1] if len(sys.argv) > 1 else "02"
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    with sync_playwright() as playwright:
        launch(playwright, lecture)
        launches = [launch(playwright, lecture) for _ in range(runs)]
    names = ("server up", "first slide", "kernel warm", "first cell", "first JAX cell")
    print(f"jaxstudy present {lecture}: seconds, median of {runs} (least – most), load {os.getloadavg()[0]:.1f}")
    for name, values in zip(names, zip(*map(astuple, launches), strict=True), strict=True):
        print(f"  {name:15} {statistics.median(values):6.2f}  ({min(values):.2f} – {max(values):.2f})")


if __name__ == "__main__":
    main()
