"""What the recorder costs a cell: two sessions of one lecture, one recorded and one not, asked in random order.

`python benchmarks/recorder.py [ROUNDS]`. Each cell goes the way it goes from the slides, through the server's websocket
and with the stage's report; its time ends with the kernel's word that it is idle again.
"""

from __future__ import annotations

import json
import os
import random
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import defaultdict
from pathlib import Path

from websocket import create_connection

from jaxstudy.course import read_lecture
from jaxstudy.present.session import PresentSession
from jaxstudy.recording import read_recording

ROOT = Path(__file__).resolve().parents[1]
LECTURE = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: Timed
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Timed

# %% slideshow={"slide_type": "-"}
a = 1
"""
STEP = "timed-2"
CELLS = {  # cell → how often in each session
    "a = 1": 400,
    "print('one line')": 400,
    "for i in range(10_000): print(i)": 6,
    "plot()": 20,
}
SETUP = """
from matplotlib.figure import Figure
from IPython.display import Image, display
import io
def plot():
    figure, file = Figure(), io.BytesIO()
    figure.subplots().plot(range(100))
    figure.savefig(file)
    display(Image(file.getvalue()))
"""
LIMIT = 2.0  # ms, median


class Page:
    """What a page with the slides says to its server, and hears."""

    def __init__(self, session: PresentSession) -> None:
        session.wait_until_up()
        session.wait_until_warm()
        host, _, token = session.speaker_url.partition("/jaxstudy/speaker")
        with urllib.request.urlopen(f"{host}/api/sessions{token}") as answer:
            kernel = json.load(answer)[0]["kernel"]["id"]
        there = host.replace("http", "ws", 1)
        self.kernel = create_connection(f"{there}/api/kernels/{kernel}/channels{token}", timeout=60)
        self.stage = create_connection(f"{there}/jaxstudy/stage{token}", timeout=60)
        self.session = uuid.uuid4().hex

    def run(self, code: str) -> float:
        """Milliseconds until the kernel is idle again."""
        message = uuid.uuid4().hex
        header = {"msg_id": message, "msg_type": "execute_request", "session": self.session, "version": "5.3"}
        header |= {"username": "", "date": "2026-01-01T00:00:00Z"}
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        started = time.perf_counter()
        self.kernel.send(json.dumps({**request, "buffers": []}))
        self.stage.send(json.dumps({"kind": "run", "step": STEP, "message": message, "source": code}))
        while True:
            # Else the kernel's words wait 40 ms for one another, and what the recorder does meanwhile costs nothing.
            self.kernel.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            heard = json.loads(self.kernel.recv())
            if heard["parent_header"].get("msg_id") == message and heard["content"].get("execution_state") == "idle":
                return 1000 * (time.perf_counter() - started)


def main(rounds: int = 1) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "course.toml").write_text("")
        (root / "lectures").mkdir()
        (root / "lectures" / "01_timed.py").write_text(LECTURE)
        lecture, theme = read_lecture(root / "lectures" / "01_timed.py"), ROOT / "slides" / "theme"
        with (
            PresentSession(lecture, root, theme, build=root / "without") as without,
            PresentSession(lecture, root, theme, build=root / "with", record=True) as recorded,
        ):
            pages = {"without": Page(without), "with": Page(recorded)}
            for page in pages.values():
                page.run(SETUP)
                page.run("plot()")
            times = _in_turns(pages, rounds)
            assert recorded.recording is not None
            path = recorded.recording.path
        _show(times, path, sum(CELLS.values()) * rounds + 2)


def _in_turns(pages: dict[str, Page], rounds: int) -> dict[tuple[str, str], list[float]]:
    plan = [(which, code) for code, count in CELLS.items() for _ in range(count * rounds) for which in pages]
    random.Random(0).shuffle(plan)
    times = defaultdict(list)
    for which, code in plan:
        times[which, code].append(pages[which].run(code))
    return times


def _show(times: dict[tuple[str, str], list[float]], path: Path, runs: int) -> None:
    print(f"recorder: ms a cell, median, with and without it in the same run; load {os.getloadavg()[0]:.1f}")
    medians = {key: statistics.median(values) for key, values in times.items()}
    for code in CELLS:
        before, after = medians["without", code], medians["with", code]
        print(f"  {code:34} {before:7.2f}  {after:7.2f}  {after - before:+6.2f}   n = {len(times['with', code])}")
    worst = max(medians["with", code] - medians["without", code] for code in list(CELLS)[:2])
    print(f"  {LIMIT:g} ms wanted for small cells: {'met' if worst <= LIMIT else 'MISSED'}")
    found = [event for event in read_recording(path).events if event.kind == "done"]
    print(f"  {len(found)} of {runs} runs recorded, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
