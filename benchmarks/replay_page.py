"""A replay of 90 minutes: how much its page weighs, when it can be used, how long a key press in its search takes.

The recording is made up from lecture 02: all its slides, every cell run, every fifth changed and run again, outputs and
figures as built. The words are those of the real talk of 92 minutes where JAXSTUDY_DATA has it, else made up too.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import random
import shutil
import statistics
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

from jaxstudy.build.built import BuiltLecture, load_built
from jaxstudy.build.chromium import find_chromium
from jaxstudy.course import Course, load_course
from jaxstudy.errors import InputError
from jaxstudy.replay.starting import Wishes, start_replay
from jaxstudy.site import SiteServer, build_site, write_site_sources

HERE = Path(__file__).parent
ROOT = HERE.parent
SECONDS = 5400.0
WORDS = 12_000
LOADS = 5
QUERIES = ("stop gradient", "flax", "we can", "t")
SIZES = """() => {
  const all = [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')];
  return all.filter(one => !one.name.includes('__jaxstudy'))
    .map(one => [new URL(one.name).pathname, one.decodedBodySize, one.encodedBodySize]);
}"""
READY = """new Promise(done => {
  const look = () => document.querySelector('#jx-replay[data-ready]') ? done(performance.now()) : setTimeout(look, 1);
  look();
})"""
TYPE = """query => {
  const field = document.querySelector('.jx-search input');
  const taken = [];
  for (let end = 1; end <= query.length; end += 1) {
    field.value = query.slice(0, end);
    const begun = performance.now();
    field.dispatchEvent(new Event('input'));
    document.getElementById('jx-text').getBoundingClientRect();
    taken.push(performance.now() - begun);
  }
  return taken;
}"""
CLICK = """number => {
  const span = document.querySelectorAll('#jx-text p > span')[number];
  const begun = performance.now();
  span.click();
  document.getElementById('jx-cells').getBoundingClientRect();
  return performance.now() - begun;
}"""


def main() -> None:
    """Print the figures."""
    course = load_course(ROOT)
    try:
        built = load_built(course, list(course.lectures), "smoke")
    except InputError:
        print("replaypage: skipped, since the lectures are not built (jaxstudy build does)")
        return
    folder = ROOT / "build" / "bench" / "replaypage"
    shutil.rmtree(folder, ignore_errors=True)
    here = write(folder, course, built)
    words = "the words of the real talk" if real_transcript() else "made-up words (JAXSTUDY_DATA has no real talk)"
    with Console().status("building the site with a replay of 90 minutes"):
        write_site_sources(here, built, here.build / "docs")
        site = build_site(here)
    with served(site) as address, chromium() as browser:
        show(words, measure(browser, f"{address}replays/long.html"))


def real_transcript() -> Path | None:
    """The real talk's transcript, where it is."""
    data = os.environ.get("JAXSTUDY_DATA")
    name = tomllib.loads((HERE / "replay_truth.toml").read_text(encoding="utf-8"))["transcript"]
    path = Path(data) / name if data else None
    return path if path is not None and path.exists() else None


def write(folder: Path, course: Course, built: list[BuiltLecture]) -> Course:
    """A course with the same lectures and one long replay."""
    folder.mkdir(parents=True)
    for name in ("mkdocs.yml", "glossary.toml"):
        shutil.copy(ROOT / name, folder / name)
    here = replace(course, root=folder)
    given = folder / "given"
    lecture = next(item for item in built if item.lecture.number == "02")
    write_recording(given, lecture)
    transcript = real_transcript() or made_up(given / "talk.vtt", lecture)
    start_replay(here, [given / "recording.jsonl", transcript], Wishes(name="long", title="Ninety minutes", offset=0.0))
    return here


def write_recording(folder: Path, built: BuiltLecture) -> None:
    """Every slide shown, every cell run, every fifth changed and run once more."""
    (folder / "figures").mkdir(parents=True)
    cells = {cell.id: cell for cell in built.notebook.cells}
    code = [step for step in built.lecture if step.runs]
    homes = {step.id: slide.id for slide in built.lecture.slides for step in slide.steps}
    lines: list[Any] = [
        {"jaxstudy-recording": 1, "lecture": built.lecture.name, "started": "2026-11-24T18:00:00+00:00"}
    ]
    last, number = "", 0
    for at, step in enumerate(code):
        time = SECONDS * at / len(code)
        if homes[step.id] != last:
            last = homes[step.id]
            lines.append([time, "slide", {"step": last, "fragment": -1}])
        for source in [step.source, *([f"{step.source}\n# once more"] if at % 5 == 0 else [])]:
            number += 1
            time += 10.0
            lines.append([time, "run", {"n": number, "step": step.id, "source": source}])
            for output in cells[step.id].get("outputs", ()):
                lines.append([time + 0.5, "output", {"parent": number, **event_of(output, folder)}])
            lines.append([time + 0.6, "done", {"parent": number, "status": "ok", "seconds": 0.6}])
    (folder / "recording.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def event_of(output: Any, folder: Path) -> dict[str, Any]:
    """A notebook's output as the recorder writes it."""
    if output["output_type"] == "stream":
        return {"type": "stream", "name": output["name"], "text": output["text"]}
    if output["output_type"] == "error":
        return {"type": "error", **{key: output[key] for key in ("ename", "evalue", "traceback")}}
    found = {"type": "display_data", "text": "".join(output["data"].get("text/plain", ""))}
    if "image/png" in output["data"]:
        content = base64.b64decode(output["data"]["image/png"])
        found["figure"] = f"figures/{hashlib.sha256(content).hexdigest()[:20]}.png"
        (folder / found["figure"]).write_bytes(content)
    return found


def made_up(path: Path, built: BuiltLecture) -> Path:
    """As many words as a talk of 90 minutes has, out of the lecture's own."""
    random.seed(1)
    words = [
        word for step in built.lecture if step.kind == "markdown" for word in step.source.split() if word.isalpha()
    ]
    cues = []
    for at in range(WORDS // 15):
        start = at * SECONDS * 15 / WORDS
        stamps = [f"{int(t) // 3600:02}:{int(t) // 60 % 60:02}:{t % 60:06.3f}" for t in (start, start + 6)]
        cues.append(f"{stamps[0]} --> {stamps[1]}\n{' '.join(random.choices(words, k=15))}.\n")
    path.write_text("WEBVTT\n\n" + "\n".join(cues))
    return path


def measure(browser: Browser, address: str) -> dict[str, Any]:
    """Sizes, and times in ms; `own`: of the page's main thread alone, whatever else the machine does."""
    found: dict[str, Any] = {name: [] for name in ("ready", "ready_own", "keys", "keys_own", "clicks")}
    for _ in range(LOADS):
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        page = context.new_page()
        thread = context.new_cdp_session(page)
        thread.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(address, wait_until="commit")
        found["ready"].append(page.evaluate(READY))
        found["ready_own"].append(at_work(thread))
        page.wait_for_load_state("networkidle")
        found["sizes"] = page.evaluate(SIZES)
        page.wait_for_timeout(300)
        for query in QUERIES:
            before = at_work(thread)
            found["keys"] += page.evaluate(TYPE, query)
            found["keys_own"].append((at_work(thread) - before) / len(query))
        count = page.locator("#jx-text p > span").count()
        found["clicks"] += [page.evaluate(CLICK, at) for at in range(0, count, max(count // 20, 1))]
        context.close()
    return found


def at_work(thread: Any) -> float:
    """Milliseconds that the page's main thread has worked so far."""
    metrics = thread.send("Performance.getMetrics")["metrics"]
    return float(next(1000 * one["value"] for one in metrics if one["name"] == "TaskDuration"))


def show(words: str, found: dict[str, Any]) -> None:
    """The table."""
    sizes = found["sizes"]
    raw, packed = (sum(one[at] for one in sizes) / 1000 for at in (1, 2))
    own = [one for one in sizes if "replay" in one[0]]
    index = [one for one in sizes if "search_index" in one[0]]
    table = Table(title=f"A replay of 90 minutes, {words}")
    for column in ("", "got", "wanted"):
        table.add_column(column, justify="left" if column == "" else "right")
    table.add_row("first load, compressed as static hosts do, kB", f"{packed:.0f}", "≤ 400")
    table.add_row("of these, the page with its words, data, script and style", f"{sum(o[2] for o in own) / 1000:.0f}")
    table.add_row("of these, the search index of the whole site", f"{sum(o[2] for o in index) / 1000:.0f}")
    table.add_row("the same uncompressed, kB", f"{raw:.0f}")
    table.add_row("of these, the page with its words, data, script and style", f"{sum(o[1] for o in own) / 1000:.0f}")
    table.add_row("ready, ms: median, worst", spread(found["ready"]), "≤ 1000")
    table.add_row("of these, the page's main thread at work", spread(found["ready_own"]))
    table.add_row("a key press in the search, ms: median, worst", spread(found["keys"]), "≤ 10")
    table.add_row("of these, the page's main thread at work", spread(found["keys_own"]))
    table.add_row("a click on a sentence, ms: median, worst", spread(found["clicks"]))
    Console(width=120).print(table)


def spread(times: list[float]) -> str:
    """Median and worst."""
    return f"{statistics.median(times):.1f}, {max(times):.1f}"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of the folder, served as `jaxstudy serve` does."""
    loop, server, up = asyncio.new_event_loop(), SiteServer(folder, 0), threading.Event()

    async def start() -> None:
        server.start()
        up.set()

    def run() -> None:
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    up.wait(10)
    yield server.url
    asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
