"""A talk recorded: real servers and kernels, a real Chromium where the page matters."""

from __future__ import annotations

import base64
import datetime
import json
import os
import resource
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Page, sync_playwright
from websocket import WebSocket, create_connection

from jaxstudy.build.chromium import find_chromium
from jaxstudy.build.kernels import Kernels
from jaxstudy.course import read_lecture
from jaxstudy.present.companion.hub import Hub
from jaxstudy.present.companion.plan import plan_of
from jaxstudy.present.recorder.limits import STREAM_BYTES, TAIL_BYTES, Printed, cut
from jaxstudy.present.recorder.places import end_recording, place_for
from jaxstudy.present.recorder.recorder import Recorder
from jaxstudy.present.session import PresentSession
from jaxstudy.recording import Event, Header, Recording, Writer, read_recording
from jaxstudy.replay.recorded.notebook import notebook_of
from test_present import FLAGS, go, in_slides, until

Begin = Callable[[Path], PresentSession]
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
LECTURE = f"""\
# ---
# jupyter:
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
#   jaxstudy:
#     title: Recorded
# ---

# %% [markdown] slideshow={{"slide_type": "slide"}}
# # Recorded

# %% slideshow={{"slide_type": "-"}} tags=["remove-cell"]
import base64, sys
from IPython.display import HTML, Image, clear_output, display

# %% [markdown] slideshow={{"slide_type": "slide"}}
# ## Outputs

# %% slideshow={{"slide_type": "-"}}
print("out")
print("err", file=sys.stderr)
display(HTML("<b>bold</b>"))
6 * 7

# %% slideshow={{"slide_type": "-"}} alt="one dot"
Image(base64.b64decode("{DOT}"), format="png")

# %% [markdown] slideshow={{"slide_type": "slide"}}
# ## Changing

# %% slideshow={{"slide_type": "-"}}
shown = display("before", display_id=True)
shown.update("after")

# %% slideshow={{"slide_type": "-"}}
print("gone")
clear_output()
print("stays")

# %% slideshow={{"slide_type": "-"}} tags=["live"]
print("as written")

# %% [markdown] slideshow={{"slide_type": "slide"}}
# ## Failing

# %% slideshow={{"slide_type": "-"}} tags=["raises-exception"]
{{}}["no such key"]
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recorded")
    (root / "course.toml").write_text("")
    (root / "lectures").mkdir()
    (root / "lectures" / "01_recorded.py").write_text(LECTURE)
    (root / "theme").mkdir()
    theme = Path(__file__).resolve().parents[1] / "slides" / "theme"
    for sheet in theme.glob("*.css"):
        (root / "theme" / sheet.name).write_text(sheet.read_text())
    return root


@pytest.fixture
def clean(root: Path) -> Iterator[Path]:
    """The course without recordings of other tests."""
    yield root
    (root / "recordings").rename(root / f"recordings-{time.monotonic_ns()}")


@pytest.fixture(scope="module")
def session_in(kernels: Kernels) -> Begin:
    """Begin a recorded talk of the lecture in a course; all share one warm parent."""

    def begin(root: Path) -> PresentSession:
        lecture = read_lecture(root / "lectures" / "01_recorded.py")
        return PresentSession(lecture, root, root / "theme", record=True, kernels=kernels)

    return begin


class Talk:
    """A talk without a page: what the page would report, and a kernel asked from elsewhere."""

    def __init__(self, session: PresentSession) -> None:
        session.wait_until_up()
        session.wait_until_warm()
        self.session = session
        assert session.recording is not None
        self.path = session.recording.path
        address = session.speaker_url.replace("http", "ws", 1).replace("/speaker?", "/stage?")
        self.stage: WebSocket = create_connection(address, timeout=20)
        with urllib.request.urlopen(self.api("/api/sessions")) as answer:
            self.kernel_id = json.load(answer)[0]["kernel"]["id"]
        file = session.workplace.jupyter / "runtime" / f"kernel-{self.kernel_id}.json"
        self.kernel: Any = BlockingKernelClient(connection_file=str(file))
        self.kernel.load_connection_file()
        self.kernel.start_channels()
        self.kernel.wait_for_ready(timeout=20)

    def api(self, path: str) -> str:
        host, _, token = self.session.speaker_url.partition("/jaxstudy/speaker")
        return host + path + token

    def report(self, **message: object) -> None:
        self.stage.send(json.dumps(message))

    def run(self, source: str, step: str = "", **options: Any) -> dict[str, Any]:
        """Run code, as the page does where a step is given; the reply."""
        asked = self.kernel.execute(source, **options)
        if step:
            self.report(kind="run", step=step, message=asked, source=source)
        while (reply := self.kernel.get_shell_msg(timeout=30))["parent_header"]["msg_id"] != asked:
            pass
        return reply["content"]  # type: ignore[no-any-return]

    def close(self) -> None:
        self.stage.close()
        self.kernel.stop_channels()

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def events(self, *kinds: str) -> list[Event]:
        found = read_recording(self.path).events if self.path.exists() else ()
        return [event for event in found if not kinds or event.kind in kinds]

    def done(self, count: int) -> None:
        """Wait until so many runs are in the recording, from beginning to end."""
        until(lambda: len(self.events("done")) >= count)


# ----------------------------------------------------------------------------------------------- with a page and a mouse


def test_what_is_recorded_is_what_the_notebook_shows(clean: Path, session_in: Begin) -> None:
    with sync_playwright() as playwright, session_in(clean) as session:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS, chromium_sandbox=False)
        page = chromium.new_context(viewport={"width": 1280, "height": 720}).new_page()
        page.goto(session.url, wait_until="commit")
        in_slides(page)
        session.wait_until_warm()
        given = _give(page)
        _mark(page)
        assert session.recording is not None
        path = session.recording.path
        until(lambda: sum(event.kind == "done" for event in read_recording(path).events) == 8)
        shown = page.evaluate("Jupyter.notebook.toJSON().cells.filter(cell => cell.cell_type === 'code')")
        chromium.close()
    found = read_recording(path)
    runs = [event.data for event in found.events if event.kind == "run"]
    assert [run["step"] for run in runs] == given
    assert [run["n"] for run in runs if run.get("edited")] == [7]
    assert [event.data["status"] for event in found.events if event.kind == "done"] == ["ok"] * 7 + ["error"]
    notebook = nbformat.reads(notebook_of(found), as_version=4)
    cells = {cell.metadata["jaxstudy"]["step"]: cell for cell in notebook.cells if cell.cell_type == "code"}
    assert len(cells) == len(shown) == 7
    for step, cell in zip(sorted(set(given), key=given.index), shown, strict=True):
        assert cells[step].source == "".join(cell["source"])
        assert [plain(output) for output in cells[step].outputs] == [plain(output) for output in cell["outputs"]], step
    (figure,) = [event.data for event in found.events if "figure" in event.data]
    assert (path.parent / figure["figure"]).read_bytes() == base64.b64decode(DOT) and figure["alt"] == "one dot"
    assert [event.step for event in found.events if event.kind == "mark"] == ["failing-1"]
    assert found.events[-1].kind == "end"


def _give(page: Page) -> list[str]:
    """The talk: every cell once, one of them twice, the live one edited, a mark; the steps in the order they ran."""
    for slide, cells in ((1, (0, 1)), (2, (0, 0, 1, 2)), (3, (0,))):
        go(page, slide)
        for number in cells:
            _run_cell(page, number, "print('other')" if (slide, number) == (2, 2) else "")
    return ["recorded-2", "outputs-2", "outputs-3", "changing-2", "changing-2", "changing-3", "changing-4", "failing-2"]


def _run_cell(page: Page, number: int, edited: str) -> None:
    """Select a cell of the slide, edit it where asked, run it by key, wait until it has run."""
    cell = """number => {
        const slide = Reveal.getCurrentSlide();
        const on = cell => cell.cell_type === "code" && slide.contains(cell.element[0]);
        return Jupyter.notebook.get_cells().filter(on)[number];
    }"""
    # RISE selects too, 450 ms after a slide has come or a cell was run; a timer of the page that ends later is after it.
    page.evaluate("new Promise(settled => setTimeout(settled, 600))")
    page.evaluate(f"number => Jupyter.notebook.select(Jupyter.notebook.find_cell_index(({cell})(number)))", number)
    if edited:
        page.evaluate("text => Jupyter.notebook.get_selected_cell().set_text(text)", edited)
    runs = page.evaluate(f"number => ({cell})(number).last_msg_id", number)
    page.keyboard.press("Shift+Enter")
    # A prompt is `*` from the key until the kernel has answered.
    ran = "cell.last_msg_id !== before && Number(cell.input_prompt_number) > 0"
    page.wait_for_function(
        f"([number, before]) => {{ const cell = ({cell})(number); return {ran}; }}", arg=[number, runs]
    )


def _mark(page: Page) -> None:
    page.keyboard.press("m")
    page.wait_for_function("document.getElementById('jx-said').textContent.startsWith('mark set at 0:')")
    assert page.evaluate("Jupyter.notebook.get_selected_cell().cell_type") == "code"  # not text, as m is elsewhere


def plain(output: Mapping[str, Any]) -> dict[str, Any]:
    """What counts of an output: no numbers of runs, no line breaks of files."""
    texts = {key: "".join(value) for key, value in output.get("data", {}).items() if key != "image/png"}
    figure = "".join(output.get("data", {}).get("image/png", "")).strip()
    kept = {key: output[key] for key in ("output_type", "name", "ename", "evalue", "traceback") if key in output}
    return {**kept, "text": "".join(output.get("text", "")), **texts, "figure": figure}


# ------------------------------------------------------------------------------------------- without: reports and runs


@pytest.fixture(scope="module")
def talk(root: Path, session_in: Begin) -> Iterator[Talk]:
    with session_in(root) as session, Talk(session) as talk:
        yield talk


@pytest.fixture
def begun(talk: Talk) -> Talk:
    """The same with a run in its recording and on a known slide, whichever tests came before."""
    runs = len(talk.events("done"))
    talk.report(kind="slide", step="outputs-1", fragment=-1)
    talk.run("'begun'")
    talk.done(runs + 1)
    return talk


def test_nothing_is_written_until_something_happens_and_silent_runs_never_are(talk: Talk) -> None:
    talk.report(kind="slide", step="recorded-1", fragment=-1)
    talk.run("unheard = 1", silent=True, store_history=False)
    talk.run("print('unheard')", silent=True)
    assert not talk.path.exists()
    talk.report(kind="slide", step="outputs-1", fragment=-1)
    until(lambda: talk.path.exists())
    assert [event.step for event in talk.events("slide")] == ["recorded-1", "outputs-1"]
    assert talk.events("run", "output") == []


def test_a_run_that_no_stage_reported_is_recorded_without_a_step(talk: Talk) -> None:
    before = len(talk.events("run"))
    talk.run("typed = 'by hand'\ntyped")
    until(lambda: len(talk.events("run")) == before + 1)
    run = talk.events("run")[-1].data
    until(lambda: talk.events("done") and talk.events("done")[-1].data["parent"] == run["n"])
    assert "step" not in run and run["source"] == "typed = 'by hand'\ntyped"
    assert talk.events("output")[-1].data["text"] == "'by hand'"


def test_a_report_that_comes_after_the_kernels_word_is_joined_all_the_same(begun: Talk) -> None:
    source = "print('late report')"
    asked = begun.kernel.execute(source)
    time.sleep(0.1)
    begun.report(kind="run", step="changing-4", message=asked, source=source)
    until(lambda: begun.events("run") and begun.events("run")[-1].data["message"] == asked)
    assert begun.events("run")[-1].step == "changing-4" and begun.events("run")[-1].data["edited"] is True
    until(lambda: begun.events("output")[-1].data.get("text") == "late report\n")


def test_a_flood_of_output_is_cut_and_its_end_is_kept(begun: Talk) -> None:
    runs = len(begun.events("done"))
    size = begun.path.stat().st_size
    asked = begun.kernel.execute("n = 0\nwhile True:\n    n += 1\n    print(n, 'x' * 500)")
    until(lambda: begun.path.stat().st_size > size + STREAM_BYTES // 2)
    time.sleep(1.0)
    urllib.request.urlopen(urllib.request.Request(begun.api(f"/api/kernels/{begun.kernel_id}/interrupt"), b"")).close()
    begun.done(runs + 1)
    (number,) = [event.data["n"] for event in begun.events("run") if event.data["message"] == asked]
    outputs = [event.data for event in begun.events("output") if event.data["parent"] == number]
    printed = "".join(output["text"] for output in outputs if output["type"] == "stream")
    assert printed.startswith("1 xxx") and len(printed) <= STREAM_BYTES + 3 * TAIL_BYTES
    last = int(begun.run("", silent=True, user_expressions={"n": "n"})["user_expressions"]["n"]["data"]["text/plain"])
    assert int(printed.rstrip("\n").split("\n")[-1].split(" ")[0]) in (last, last - 1)
    assert sum(output.get("cut", 0) for output in outputs) > 0
    assert [output["ename"] for output in outputs if output["type"] == "error"] == ["KeyboardInterrupt"]
    assert begun.path.stat().st_size < size + 2 * STREAM_BYTES


def test_outputs_shown_by_the_thousand_are_cut_too_and_the_last_is_kept(begun: Talk) -> None:
    runs = len(begun.events("done"))
    begun.run("for i in range(2000):\n    display(i)")
    begun.done(runs + 1)
    number = begun.events("run")[-1].data["n"]
    shown = [event.data["text"] for event in begun.events("output") if event.data["parent"] == number]
    assert shown[:2] == ["0", "1"] and len(shown) < 400 and shown[-1] == "1999"


def test_a_mark_and_a_question_are_recorded_and_the_presenter_hears_of_the_mark(begun: Talk) -> None:
    begun.report(kind="mark", text="live")
    while "say" not in (heard := json.loads(begun.stage.recv())):
        pass
    assert heard["say"].startswith("mark set at 0:")
    begun.report(kind="question", id="q1", text="why?", by="ann", votes=0, state="asked")
    until(lambda: begun.events("question"))
    assert begun.events("mark")[-1].data == {"step": "outputs-1", "text": "live"}
    assert begun.events("question")[-1].data["text"] == "why?"


def test_a_restart_of_the_kernel_is_recorded_and_what_ran_was_aborted(begun: Talk) -> None:
    runs = len(begun.events("done"))
    begun.kernel.execute("import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)")
    until(lambda: "sleep(60)" in begun.events("run")[-1].data["source"])
    urllib.request.urlopen(urllib.request.Request(begun.api(f"/api/kernels/{begun.kernel_id}/restart"), b"")).close()
    begun.done(runs + 1)
    assert begun.events("done")[-1].data["status"] == "aborted"
    assert begun.events("kernel")[-1].data == {"state": "restarted"}
    begun.kernel.wait_for_ready(timeout=30)
    begun.run("'after'")
    begun.done(runs + 2)


def test_a_kernel_that_is_killed_is_recorded_and_so_is_what_runs_in_the_one_that_takes_its_place(begun: Talk) -> None:
    runs, before = len(begun.events("done")), len(begun.events("kernel"))
    pid = begun.run("", silent=True, user_expressions={"pid": "__import__('os').getpid()"})["user_expressions"]["pid"]
    asked = begun.kernel.execute("import time; time.sleep(60)")
    begun.report(kind="run", step="outputs-2", message=asked, source="import time; time.sleep(60)")
    until(lambda: any(event.data["message"] == asked for event in begun.events("run")))
    os.kill(int(pid["data"]["text/plain"]), signal.SIGKILL)
    begun.done(runs + 1)
    assert begun.events("done")[-1].data["status"] == "aborted"
    until(lambda: len(begun.events("kernel")) == before + 2, seconds=60)
    dead, replaced = (event.data["state"] for event in begun.events("kernel")[before:])
    assert dead == "dead" and replaced in ("swapped", "restarted")
    with Talk(begun.session) as again:
        again.run("print('alive')", "changing-4")
        again.done(runs + 2)
    assert begun.events("run")[-1].step == "changing-4"


# ------------------------------------------------------------------------------------------------- when things go wrong


def test_a_server_killed_outright_loses_nothing_and_the_next_session_goes_on_with_the_recording(
    clean: Path, session_in: Begin
) -> None:
    with session_in(clean) as session, Talk(session) as talk:
        talk.run("first = 1\nfirst", "outputs-2")
        talk.done(1)
        talk.run("print('the last word')", "changing-4")
        until(lambda: any("last word" in event.data.get("text", "") for event in talk.events("output")))
        os.kill(session.serving.pid, signal.SIGKILL)
        until(lambda: not session.serving.alive)  # else the talk may still end in order, a moment before the kill
    killed = read_recording(talk.path)
    assert killed.events[-1].kind != "end"
    with pytest.raises(ValueError, match="preflight"), session_in(clean) as session:
        raise ValueError("a preflight that found something ends no talk")
    assert read_recording(talk.path).events[-1].kind != "end"
    with session_in(clean) as session, Talk(session) as again:
        assert session.recording is not None and session.recording.continued is not None
        assert again.path == talk.path
        again.run("'goes on'", "outputs-2")
        until(lambda: again.events("done")[-1].data["parent"] == 3)
    found = read_recording(again.path)
    assert found.header == killed.header and found.events[: len(killed.events)] == killed.events
    times = [event.time for event in found.events]
    assert times == sorted(times) and found.events[-1].kind == "end"
    started = datetime.datetime.fromisoformat(found.header.started).timestamp()
    assert abs(started + times[-1] - time.time()) < 30  # by the wall clock
    assert [event.data["n"] for event in found.events if event.kind == "run"] == [1, 2, 3]


def test_a_talk_ended_while_a_cell_runs_that_will_not_stop_has_ended(clean: Path, session_in: Begin) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"
    with session_in(clean) as session, Talk(session) as talk:
        talk.kernel.execute(stubborn)
        until(lambda: bool(talk.events("run")))
    assert [event.kind for event in read_recording(talk.path).events][-1] == "end"


def test_a_disk_that_is_full_ends_the_recording_with_one_warning_and_not_the_talk(
    clean: Path, session_in: Begin
) -> None:
    with session_in(clean) as session, Talk(session) as talk:
        talk.run("print('x' * 60_000)", "outputs-2")
        talk.done(1)
        limit = talk.path.stat().st_size + 2000
        resource.prlimit(session.serving.pid, resource.RLIMIT_FSIZE, (limit, limit))
        talk.run("print('y' * 50_000)", "outputs-2")
        assert session.serving.wait_for("unrecorded", timeout=20)
        assert "recording stopped: file too large" in session.serving.events["unrecorded"]["why"]
        said = []
        for number in range(5):
            assert talk.run(f"print({number})", "outputs-2")["status"] == "ok"
        talk.report(kind="mark")
        while not any("no mark set" in words for words in said):
            said.append(json.loads(talk.stage.recv()).get("say", ""))
        assert sum("recording stopped" in words for words in said) == 1
        assert session.serving.alive
    found = read_recording(talk.path)
    assert found.torn == "" and "x" * 60_000 in str(found.events) and "y" * 50_000 not in str(found.events)


def test_a_file_where_the_folder_should_be_is_said_at_once_and_the_talk_goes_on(clean: Path, session_in: Begin) -> None:
    (clean / "recordings").write_text("not a folder")
    with session_in(clean) as session, Talk(session) as talk:
        assert session.serving.wait_for("unrecorded", timeout=20)
        assert "is a file, not a folder" in session.serving.events["unrecorded"]["why"]
        assert talk.run("1 + 1", "outputs-2")["status"] == "ok"
    assert (clean / "recordings").read_text() == "not a folder"


# ------------------------------------------------------------------------------------------------- which recording it is


NOW = datetime.datetime(2026, 11, 24, 18, 0, 0)


def recorded(folder: Path, *events: Event, age: float = 0.0) -> Path:
    path = folder / "recording.jsonl"
    started = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=10)
    with Writer(path, Header("01_recorded", started.isoformat())) as writer:
        for event in events:
            writer.write(event)
    os.utime(path, (NOW.timestamp() - age,) * 2)
    return path


def test_only_a_talk_that_broke_off_lately_is_gone_on_with(tmp_path: Path) -> None:
    folder, mark = tmp_path / "01_recorded", Event(1.0, "mark")
    new = folder / "2026-11-24-180000" / "recording.jsonl"
    assert place_for(tmp_path, "01_recorded", NOW).path == new
    path = recorded(folder / "2026-11-24-170000", mark)
    place = place_for(tmp_path, "01_recorded", NOW)
    assert place.path == path and place.continued is not None and list(place.continued.events) == [mark]
    os.utime(path, (NOW.timestamp() - 4 * 3600,) * 2)
    assert place_for(tmp_path, "01_recorded", NOW).path == new  # too long ago
    recorded(folder / "2026-11-24-170000-redacted", mark)
    assert place_for(tmp_path, "01_recorded", NOW).path == new  # a copy of one
    os.utime(path, (NOW.timestamp(),) * 2)
    with Writer(path, Header()):
        assert place_for(tmp_path, "01_recorded", NOW).path == new  # another session is at it
    end_recording(path)
    assert read_recording(path).events[-1].kind == "end" and read_recording(path).events[-1].time > 500
    os.utime(path, (NOW.timestamp(),) * 2)
    assert place_for(tmp_path, "01_recorded", NOW).path == new


# ---------------------------------------------------------------------------------------- with a clock that a test turns


class Stand:
    """A recorder, what it is told, and a clock."""

    def __init__(self, root: Path, folder: Path, kept: Callable[[str], Any] = lambda _: ()) -> None:
        self.now, self.waiting = 100.0, list[Callable[[], None]]()
        self.hub = Hub(plan_of(read_lecture(root / "lectures" / "01_recorded.py")), folder / "talks", lambda: self.now)
        self.path = folder / "recording.jsonl"
        self.warned: list[str] = []
        later = lambda _, call: self.waiting.append(call)  # noqa: E731
        self.recorder = Recorder(self.hub, self.path, later, self.warned.append, kept, lambda: self.now)
        self.recorder._runs.follow("k")

    def message(self, kind: str, parent: str, **content: Any) -> None:
        self.recorder._message("k", kind, parent, content)

    def run(self, message: str, source: str = "", step: str = "outputs-2", kernel: str = "k") -> None:
        if step:
            self.hub.hear({"kind": "run", "step": step, "message": message})
        self.recorder._message(kernel, "execute_input", message, {"code": source})

    def read(self) -> Recording:
        for call in self.waiting:
            call()
        return read_recording(self.path)


@pytest.fixture
def stand(root: Path, tmp_path: Path) -> Stand:
    return Stand(root, tmp_path)


def test_printing_without_end_comes_at_most_twenty_times_a_second(stand: Stand) -> None:
    stand.run("m1")
    for _ in range(1000):
        stand.now += 0.001
        stand.message("stream", "m1", name="stdout", text="x\n")
        if len(stand.waiting) > 1 or (stand.waiting and int(stand.now * 1000) % 50 == 0):
            stand.waiting.pop(0)()
    stand.message("status", "m1", execution_state="idle")
    events = stand.read().events
    texts = [event.data["text"] for event in events if event.kind == "output"]
    assert "".join(texts) == "x\n" * 1000 and len(texts) < 60
    assert events[-1].kind == "done"


def test_the_cells_of_a_standby_kernel_are_no_part_of_the_talk_until_it_takes_over(stand: Stand) -> None:
    stand.run("s1", "import jax", step="", kernel="standby")
    stand.run("m1", "1", kernel="k")
    stand.hub.tell("kernel", {"state": "swapped", "kernel": "standby", "step": "changing-2"})
    stand.run("m2", "2", kernel="standby")
    found = stand.read().events
    assert [event.data["source"] for event in found if event.kind == "run"] == ["1", "2"]
    assert [(event.data["parent"], event.data["status"]) for event in found if event.kind == "done"] == [(1, "aborted")]
    assert [event.data for event in found if event.kind == "kernel"] == [{"state": "swapped", "step": "changing-2"}]


def test_a_rehearsed_output_is_recorded_as_such(root: Path, tmp_path: Path) -> None:
    kept = [{"output_type": "stream", "name": "stdout", "text": ["of the ", "rehearsal\n"]}]
    stand = Stand(root, tmp_path, lambda step: kept if step == "outputs-2" else ())
    stand.run("m1", "print('hangs')")
    stand.hub.hear({"kind": "rehearsed", "step": "outputs-2", "message": "m1"})
    found = stand.read().events
    assert [event.data.get("recorded") for event in found if event.kind == "output"] == [True, True]
    assert found[-2].data["text"] == "of the rehearsal\n" and found[-1].data["status"] == "rehearsed"
    stand.hub.hear({"kind": "rehearsed", "step": "outputs-2", "message": ""})  # a cell that was never run
    later = stand.read().events[len(found) :]
    assert [event.kind for event in later] == ["run", "output", "done"] and later[0].step == "outputs-2"


def test_a_kernel_that_died_is_said_once_and_its_run_aborted(stand: Stand) -> None:
    stand.run("m1", "crash()")
    stand.recorder.died("k")
    stand.hub.tell("kernel", {"state": "dead", "kernel": "k"})
    stand.message("status", "m0", execution_state="starting")
    stand.recorder.restarted("k")
    found = stand.read().events
    assert [event.data["status"] for event in found if event.kind == "done"] == ["aborted"]
    assert [event.data["state"] for event in found if event.kind == "kernel"] == ["dead", "restarted"]


def test_cells_that_run_unseen_come_before_the_one_that_called_for_them(stand: Stand) -> None:
    hidden = next(step for slide in stand.hub.plan.slides for step in slide.steps if step.id == "recorded-2")
    stand.run("m1", hidden.source, step="")
    stand.message("status", "m1", execution_state="idle")
    stand.run("m2", "1")
    found = [event for event in stand.read().events if event.kind == "run"]
    assert [event.step for event in found] == ["recorded-2", "outputs-2"]


def test_texts_are_cut_at_whole_characters_and_what_is_left_out_adds_up() -> None:
    assert cut("häßlich", 100) == ("häßlich", 0) and cut("ä" * 60, 101) == ("ä" * 50, 20)
    assert Printed().take("start" + "ä" * 60_000 + "end")[0].endswith("…\n" + "ä" * (TAIL_BYTES - 3) + "end")
    printed, kept, lost = Printed(), 0, 0
    for _ in range(300):
        text, left_out = printed.take("z" * 10_000)
        kept, lost = kept + len(text), lost + left_out
    tail, left_out = printed.rest()
    assert kept + lost + len(tail) + left_out == 3_000_000 and len(tail) == TAIL_BYTES
