"""An audience that follows, asks and votes: real servers, real browsers; and those who come to spoil it."""

from __future__ import annotations

import base64
import contextlib
import functools
import html
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from playwright.sync_api import BrowserContext, Page, sync_playwright

from jaxstudy.build.chromium import find_chromium
from jaxstudy.course import Lecture, load_course, read_lecture
from jaxstudy.errors import InputError
from jaxstudy.present.audience import board as board_module
from jaxstudy.present.audience.board import Board, Refused
from jaxstudy.present.audience.eventlog import CHUNK, EventLog
from jaxstudy.present.audience.folder import write_folder
from jaxstudy.present.audience.serving import Audience, Invitation
from jaxstudy.present.audience.shown import Shown
from jaxstudy.present.session import PresentSession
from jaxstudy.recording import read_recording
from test_present import FLAGS, in_slides, until
from test_present_companion import Clock

TOP = Path(__file__).resolve().parents[1]
LECTURE = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: A talk <with> an audience
# ---

# %% [markdown] slideshow={"slide_type": "slide"} minutes=2
# # A talk with an audience

# %% [markdown] slideshow={"slide_type": "notes"}
# - secret note of the speaker

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
# ## Typed live

# %% slideshow={"slide_type": "-"} tags=["live"]
answer = 6 * 7
print(answer)

# %% [markdown] slideshow={"slide_type": "slide"} minutes=5
# ## Looks like a trap <svg onload="window.stolen = 1"></svg>

# %% slideshow={"slide_type": "-"}
print("<script>window.stolen = 2</script>")

# %% [markdown] slideshow={"slide_type": "slide"} minutes=3
# ## The end
#
# $$x^2$$
"""
TRAP = '<img src=x onerror="window.stolen=3"><script>window.stolen=4</script> why is that?'


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("audience")
    (root / "course.toml").write_text("")
    (root / "lectures").mkdir()
    (root / "lectures" / "01_talk.py").write_text(LECTURE)
    (root / "theme").mkdir()
    for sheet in (TOP / "slides" / "theme").glob("*.css"):
        (root / "theme" / sheet.name).write_text(sheet.read_text())
    return root


@pytest.fixture(scope="module")
def lecture(root: Path) -> Lecture:
    return read_lecture(root / "lectures" / "01_talk.py")


# ---------------------------------------------------------------------------------------------- questions and events


@pytest.fixture
def clock() -> Clock:
    return Clock()


def refused(act: Any, *arguments: Any) -> int:
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return caught.value.status


def test_a_second_vote_of_the_same_client_changes_nothing(clock: Clock) -> None:
    board = Board(clock)
    ada, ben = board.newcomer("10.0.0.1"), board.newcomer("10.0.0.2")
    question = board.ask(ada, "10.0.0.1", "What is a pytree?", "Ada", "trees-1")
    for _ in range(3):
        board.vote(ben, "10.0.0.2", question["id"])
    assert question["votes"] == 1 and question["state"] == "voted"
    assert [one["id"] for one in board.changed()] == [question["id"]] and board.changed() == []


def test_ids_that_were_not_given_here_are_not_known(clock: Clock) -> None:
    board = Board(clock)
    client = board.newcomer("10.0.0.1")
    assert refused(board.ask, "made-up", "10.0.0.1", "What is a pytree?", "", "") == 401
    assert refused(board.ask, client, "10.0.0.9", "What is a pytree?", "", "") == 401


def test_one_address_gets_few_questions_and_few_votes_through_however_many_ids_it_takes(clock: Clock) -> None:
    board, taken, votes = Board(clock), 0, 0
    first = board.ask(board.newcomer("10.0.0.1"), "10.0.0.1", "What is a pytree?", "", "")
    for number in range(10_000):
        clock.now += 0.001
        try:
            client = board.newcomer("10.6.6.6")
            board.ask(client, "10.6.6.6", f"Buy my things, number {number}", "", "")
            taken += 1
        except Refused as why:
            assert why.status == 429
    for _ in range(10_000):
        clock.now += 0.1
        try:
            board.vote(board.newcomer("10.6.6.6"), "10.6.6.6", first["id"])
            votes += 1
        except Refused as why:
            assert why.status == 429
    assert taken <= 50 and first["votes"] == board_module.VOTES_PER_ADDRESS and votes > 100
    board.ask(board.newcomer("10.0.0.3"), "10.0.0.3", "May I still ask?", "", "")


def test_a_question_is_one_line_of_plain_text_and_not_a_long_one(clock: Clock) -> None:
    board = Board(clock)
    client = board.newcomer("a")
    question = board.ask(client, "a", " why\n\n\tso\u202e \x07backwards\ud800? ", "Eve\u2066" * 40, "")
    assert question["text"] == "why so backwards ?" and len(question["by"]) <= 40 and "\u2066" not in question["by"]
    assert refused(board.ask, client, "a", "x" * 501, "", "") == 400
    assert refused(board.ask, client, "a", "  ", "", "") == 400
    assert refused(board.ask, client, "a", {"no": "text"}, "", "") == 400


def test_what_was_hidden_can_get_no_votes(clock: Clock) -> None:
    board = Board(clock)
    client = board.newcomer("a")
    question = board.ask(client, "a", "Rude words?", "", "")
    board.settle(question["id"], "hidden")
    assert refused(board.vote, client, "a", question["id"]) == 404


def test_full_chunks_never_change_and_a_log_goes_on_where_it_was(tmp_path: Path, clock: Clock) -> None:
    log = EventLog(tmp_path, "t", clock)
    for number in range(CHUNK + 5):
        log.append("slide", {"step": f"s-{number}"})
    full = (tmp_path / "0.json").read_bytes()
    again = EventLog(tmp_path, "t", clock)
    clock.now += 60
    again.append("slide", {"step": "later"})
    assert (tmp_path / "0.json").read_bytes() == full and len(json.loads(full)) == CHUNK
    assert [data["step"] for _, _, data in json.loads((tmp_path / "1.json").read_bytes())][-2:] == [
        f"s-{CHUNK + 4}",
        "later",
    ]
    assert json.loads((tmp_path / "head.json").read_bytes())["events"] == CHUNK + 6


def test_a_host_that_is_none_of_ours_is_an_error_that_says_so() -> None:
    with pytest.raises(InputError, match="0\\.0\\.0\\.0 for all"):
        Audience(Invitation("203.0.113.7"))


# ------------------------------------------------------------------------------------------- the server by itself


def test_of_a_cell_run_otherwise_its_text_and_figures_are_told_together_and_cut(tmp_path: Path) -> None:
    told: list[Any] = []
    waiting: list[Any] = []
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "a.png").write_bytes(b"picture")
    shown = Shown(tmp_path, lambda _, act: waiting.append(act), told.append)
    shown.take({"event": "run", "n": 1, "step": "as-rehearsed-1"})
    shown.take({"event": "output", "parent": 1, "type": "stream", "text": "known already"})
    shown.take({"event": "run", "n": 2, "step": "trees-2", "edited": True})
    for _ in range(1000):
        shown.take({"event": "output", "parent": 2, "type": "stream", "text": "12345678"})
    shown.take({"event": "output", "parent": 2, "type": "display_data", "text": "<Figure>", "figure": "figures/a.png"})
    assert len(waiting) == 1
    waiting.pop()()
    assert told[0]["step"] == "trees-2" and list(told[0]["figures"]) == ["figures/a.png"]
    assert told[0]["text"].startswith("12345678") and len(told[0]["text"]) < 5000
    shown.take({"event": "output", "parent": 2, "type": "clear"})
    shown.take({"event": "output", "parent": 2, "type": "error", "ename": "ValueError", "evalue": "no"})
    waiting.pop()()
    assert told[1] == {"step": "trees-2", "text": "ValueError: no\n", "figures": {}}


class Served:
    """An audience's server without a talk: the test is its notebook server."""

    def __init__(self, audience: Audience, folder: Path) -> None:
        self.audience, self.folder, self.address = audience, folder, audience.address
        self._heard = b""

    def tell(self, kind: str, **data: Any) -> None:
        self.audience.hub_line.sendall(json.dumps([kind, data]).encode() + b"\n")

    def hear(self, kind: str) -> dict[str, Any]:
        """The next report of that kind."""
        while True:
            line, end, rest = self._heard.partition(b"\n")
            if end:
                self._heard = rest
                if (report := json.loads(line))["kind"] == kind:
                    return report
            else:
                self._heard += self.audience.hub_line.recv(1 << 16)

    def get(self, name: str, **headers: str) -> tuple[int, bytes]:
        return answer(urllib.request.Request(self.address + name, headers=headers))

    def post(self, name: str, body: object, **headers: str) -> tuple[int, bytes]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        return answer(
            urllib.request.Request(self.address + name, data, {k.replace("_", "-"): v for k, v in sent.items()})
        )

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.audience.port), timeout=30)

    def events(self) -> list[list[Any]]:
        return json.loads(self.get("state/0.json")[1])


def answer(request: urllib.request.Request) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(request, timeout=10) as got:
            return got.status, got.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture(scope="module")
def served(root: Path, lecture: Lecture, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with Audience(Invitation(phone=True)) as audience:
        audience.hub_line.settimeout(10)
        write_folder(folder, lecture, None, root / "theme")
        audience.open(folder, lecture.path, lecture.path, root, folder.parent / "audience.log")
        one = Served(audience, folder)
        until(lambda: one.get("")[0] == 200)
        yield one


@pytest.mark.parametrize(
    "name",
    ["../state/head.json", "..%2f..%2fetc/passwd", "%2e%2e/%2e%2e/course.toml", "figures/../../audience.log", "state/1.json",
     "state/-1.json", "state/0.json%00.html", "audience.log", "speaker", "speaker/live", "api/kernels", "nbclassic/tree"],
)  # fmt: skip
def test_there_is_nothing_but_the_files_of_the_page(served: Served, name: str) -> None:
    with served.connect() as line:
        line.sendall(f"GET /{served.audience.secret}/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        said = line.makefile("rb").read()
    assert said.split()[1] == b"404" and b"secret note" not in said


@pytest.mark.parametrize("path", ["", "index.html", "aaaa-bbbb-cccc/", "aaaa-bbbb-cccc/live", "aaaa-bbbb-cccc/speaker"])
def test_without_the_secret_there_is_nothing(served: Served, path: str) -> None:
    status, said = answer(urllib.request.Request(f"http://127.0.0.1:{served.audience.port}/{path}"))
    assert status == 404 and served.audience.secret.encode() not in said


def test_the_page_carries_no_notes_asks_no_other_host_and_lets_no_inline_script_run(served: Served) -> None:
    with urllib.request.urlopen(served.address) as got:
        page, policy = html.unescape(got.read().decode()), got.headers["Content-Security-Policy"]
    assert "secret note" not in page and "https://" not in page.replace("https://www.w3.org", "")
    assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy and policy.split(";")[0] in page
    assert "<title>A talk <with>" in page  # as text: the page was unescaped above


def test_only_our_own_page_can_ask(served: Served) -> None:
    assert served.post("me", {}, Origin="http://evil.example")[0] == 403
    assert served.post("me", {}, Sec_Fetch_Site="cross-site")[0] == 403
    assert served.post("me", {}, Content_Type="text/plain")[0] == 403
    own = f"http://127.0.0.1:{served.audience.port}"
    assert served.post("me", {}, Origin=own)[0] == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"[" * 4000, b'{"text": NaN}', b"\xff\xfe"])
def test_a_malformed_question_is_refused_and_changes_nothing(served: Served, body: bytes) -> None:
    before = served.events()
    assert served.post("ask", body)[0] in (400, 401) and served.events() == before


@pytest.mark.parametrize(
    "bytes_sent",
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", bytes(range(256)) + b"\r\n\r\n", b"GET /" + b"a/" * 40_000 + b" HTTP/1.1\r\n\r\n",
     b"POST /x/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
     b"POST /x/ask HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", b"GET /%ff%fe/ HTTP/1.1\r\nHost: x\r\n\r\n"],
)  # fmt: skip
def test_garbage_ends_its_own_connection_and_nothing_else(served: Served, bytes_sent: bytes) -> None:
    with served.connect() as line, contextlib.suppress(ConnectionError):
        line.sendall(bytes_sent)
        assert not line.recv(100).startswith(b"HTTP/1.1 200")
    assert served.get("state/head.json")[0] == 200
    assert "Traceback" not in (served.folder.parent / "audience.log").read_text()


def test_a_huge_body_is_not_even_read(served: Served) -> None:
    with served.connect() as line:
        line.sendall(
            f"POST /{served.audience.secret}/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n".encode()
        )
        said = line.makefile("rb").read()
    assert b"200" not in said.split(b"\r\n")[0]


def test_a_flood_of_questions_is_cut_off_and_the_talk_is_told_of_few(served: Served) -> None:
    statuses = []
    for number in range(150):
        me = json.loads(served.post("me", {})[1]).get("me", "")
        statuses.append(served.post("ask", {"me": me, "text": f"flood number {number}"})[0])
    assert 429 in statuses and 0 < statuses.count(200) <= 60
    served.tell("slide", step="the-end-1", fragment=-1)
    until(lambda: served.events()[-1][1] == "slide")
    log = (served.folder.parent / "audience.log").read_text()
    assert log.count("refused with 429") == 1  # once, not a hundred times


def test_sockets_that_say_nothing_take_nothing_from_those_who_follow(served: Served) -> None:
    idle = []
    try:
        for _ in range(200):
            idle.append(served.connect())
            idle[-1].sendall(b"GET /slow HTTP/1.1\r\nX-a:")
        started = time.monotonic()
        assert served.get("state/head.json")[0] == 200 and time.monotonic() - started < 5
        idle[0].settimeout(60)
        assert idle[0].recv(1000) == b""  # hung up on, by and by
    finally:
        for one in idle:
            one.close()


def test_a_follower_that_reads_nothing_holds_nobody_up(served: Served) -> None:
    with served.connect() as deaf, urllib.request.urlopen(served.address + "live?after=0", timeout=10) as stream:
        deaf.sendall(f"GET /{served.audience.secret}/live HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        for number in range(50):
            served.tell("run", step="typed-live-2", source=f"{number:05} " + "x" * 15_000)
        while b"00049 " not in (line := stream.readline()):
            assert line


def test_a_figure_that_was_drawn_live_is_served_and_no_other_name_becomes_a_file(served: Served) -> None:
    name, data = f"figures/{'ab' * 10}.png", base64.b64encode(b"a picture").decode()
    served.tell(
        "output", step="typed-live-2", text="", figures={name: data, "figures/../../x.png": data, "x.html": data}
    )
    until(lambda: served.get(name)[0] == 200)
    assert served.get(name)[1] == b"a picture" and (served.folder / name).read_bytes() == b"a picture"
    assert served.events()[-1][2]["figures"] == [name] and not (served.folder.parent / "x.png").exists()


def test_the_phone_s_window_is_behind_a_secret_of_its_own_and_can_only_step_and_settle(served: Served) -> None:
    address = served.audience.speaker_address
    assert served.audience.secret not in address
    assert answer(urllib.request.Request(address))[0] == 200
    live = address.replace("http", "ws") + "/live"
    own = f"http://127.0.0.1:{served.audience.port}"
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(live, origin="http://evil.example", timeout=10)
    with pytest.raises(websocket.WebSocketBadStatusException, match="404"):
        websocket.create_connection(served.address.replace("http", "ws") + "speaker/live", origin=own, timeout=10)
    window = websocket.create_connection(live, origin=own, timeout=10)
    assert served.hear("speaking")["on"] is False and served.hear("speaking")["on"] is True
    served.tell("state", lecture="A talk")
    assert json.loads(window.recv()) == {"lecture": "A talk"}
    window.send(json.dumps({"do": "next", "source": "import os", "question": None}))
    assert served.hear("wish") == {"kind": "wish", "do": "next", "question": None}
    window.close()
    assert served.hear("speaking")["on"] is False


def test_the_server_ends_with_its_owner_however_that_ends(root: Path, lecture: Lecture, tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from jaxstudy.course import read_lecture
from jaxstudy.present.audience.folder import write_folder
from jaxstudy.present.audience.serving import Audience, Invitation
root, folder = Path({str(root)!r}), Path({str(tmp_path)!r})
lecture = read_lecture(root / "lectures" / "01_talk.py")
audience = Audience(Invitation())
write_folder(folder, lecture, None, root / "theme")
audience.open(folder, lecture.path, lecture.path, root, folder / "audience.log")
print(audience.pid, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        owner.kill()
    until(lambda: not Path(f"/proc/{pid}").exists())


# ------------------------------------------------------------------------------------------------ a talk, in browsers


@pytest.fixture(scope="module")
def session(lecture: Lecture, root: Path) -> Iterator[PresentSession]:
    invitation = Invitation(phone=True)
    with PresentSession(lecture, load_course(root).root, root / "theme", audience=invitation, record=True) as one:
        one.admit()
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
def followers(session: PresentSession, stage: Page, browser: BrowserContext) -> list[Page]:
    """Three people: browsers of their own, the second one a phone."""
    pages = []
    assert browser.browser is not None
    for size in ((1280, 720), (390, 844), (1024, 768)):
        context = browser.browser.new_context(viewport={"width": size[0], "height": size[1]}, accept_downloads=True)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.said, page.asked = [], []  # type: ignore[attr-defined]
        page.on("request", lambda request, page=page: page.asked.append(request.url))
        page.goto(session.audience.address)  # type: ignore[union-attr]
        pages.append(page)
    for page in pages:
        page.wait_for_function("() => document.getElementById('ask').hidden === false", polling=50)
    return pages


@pytest.fixture(scope="module")
def speaker(session: PresentSession, browser: BrowserContext) -> Page:
    page = browser.new_page()
    page.goto(session.speaker_url)
    page.wait_for_selector("#audience:not([hidden])")
    return page


def show(stage: Page, number: int) -> None:
    """The presenter goes to a slide."""
    stage.bring_to_front()
    stage.evaluate(f"Reveal.slide({number}, 0)")


def sees(page: Page, words: str, where: str = "main") -> None:
    """Wait until the page shows the words there; polled, since a page in the background draws no frames."""
    page.wait_for_function(
        "([where, words]) => document.querySelector(where)?.innerText.includes(words)", arg=[where, words], polling=50
    )


def placed(page: Page, where: int) -> None:
    sees(page, f"Slide {where} of 4", "#place")


def test_the_title_slide_shows_where_to_follow(session: PresentSession, stage: Page) -> None:
    invitation = stage.locator(".jx-invite")
    invitation.wait_for(state="attached")
    assert session.audience is not None and invitation.inner_text().strip() in session.audience.address
    assert stage.evaluate("document.querySelector('.jx-invite img').naturalWidth") > 0
    box = invitation.bounding_box()
    assert box is not None and box["x"] + box["width"] <= 1280 and box["y"] + box["height"] <= 720


def test_all_followers_see_the_slide_that_is_shown(stage: Page, followers: list[Page]) -> None:
    stage.bring_to_front()
    for number in (1, 2, 0, 1):
        show(stage, number)
        for page in followers:
            placed(page, number + 1)
            assert page.locator("main section section:visible").count() == 1


def test_a_live_cell_is_kept_back_until_it_is_run_and_then_shown_as_it_was_run(
    stage: Page, followers: list[Page], speaker: Page
) -> None:
    show(stage, 1)
    for page in followers:
        placed(page, 2)
        assert "answer" not in page.locator("main").inner_text()
    stage.evaluate("Jupyter.notebook.select(3)")  # title, its note, heading, cell
    stage.keyboard.press("l")
    sees(speaker, "answer = 6 * 7", "#code .typed")
    typed = "answer = '<img src=x onerror=window.stolen=5>'; print('came of it:', answer)"
    stage.evaluate("text => Jupyter.notebook.get_cell(3).set_text(text)", typed)
    stage.keyboard.press("Shift+Enter")
    for page in followers:
        sees(page, typed)
        sees(page, "other than rehearsed")
        sees(page, "came of it: <img src=x", ".fw-output")
        assert page.evaluate("window.stolen") is None


def test_one_can_look_back_and_go_live_again_but_not_run_ahead(stage: Page, followers: list[Page]) -> None:
    show(stage, 2)
    page = followers[0]
    placed(page, 3)
    page.bring_to_front()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    sees(page, "2 behind the talk", "#place")
    show(stage, 3)
    placed(followers[1], 4)
    sees(page, "Slide 1 of 4, 3 behind", "#place")
    page.get_by_role("button", name="Go live").click()
    placed(page, 4)
    assert page.locator("#on").is_disabled()
    assert page.locator("main .katex").count() == 1


def test_questions_of_three_people_reach_everybody_as_text_and_the_presenter_settles_them(
    followers: list[Page], speaker: Page
) -> None:
    followers[1].click("#tab-questions")
    for page, (text, name) in zip(followers, [("What is a pytree?", "Ada"), (TRAP, TRAP), ("Rude?!", "")], strict=True):
        page.fill("#text", text)
        page.fill("#by", name)
        page.get_by_role("button", name="Ask", exact=True).click()
        sees(page, "Asked.", "#answer")
    for page in (*followers[1:],):
        page.locator("#open li", has_text="pytree").locator("button").click()
    sees(speaker, "2", "#questions li:first-child b")
    for page in (*followers, speaker):
        where = "#questions" if page is speaker else "#open"
        sees(page, TRAP, where)
        assert page.locator(f"{where} img").count() == 0 and page.evaluate("window.stolen") is None
    assert speaker.locator("#questions li").nth(0).inner_text().startswith("2")
    speaker.locator("#questions li", has_text="Rude").get_by_role("button", name="Hide").click()
    speaker.locator("#questions li", has_text="pytree").get_by_role("button", name="Answered").click()
    for page in followers:
        sees(page, "What is a pytree?", "#settled")
        page.wait_for_function("() => !document.body.innerText.includes('Rude?!')", polling=50)
    sees(speaker, "1 waiting", "#followers")
    sees(speaker, "3 follow", "#followers")


def test_questions_are_in_the_recording_with_their_votes_and_what_became_of_them(
    session: PresentSession, speaker: Page
) -> None:
    assert session.recording is not None
    events = [event.data for event in read_recording(session.recording.path).events if event.kind == "question"]
    pytree = [event for event in events if event["text"] == "What is a pytree?"]
    assert pytree[0]["state"] == "asked" and pytree[-1]["state"] == "answered"
    assert pytree[-1]["votes"] == 2 and pytree[-1]["step"] == "the-end-1" and pytree[-1]["by"] == "Ada"
    assert [event["state"] for event in events if event["text"] == "Rude?!"][-1] == "hidden"


def test_a_reload_keeps_questions_and_ones_own_vote(followers: list[Page]) -> None:
    page = followers[2]
    page.reload()
    sees(page, "What is a pytree?", "#settled")
    sees(page, TRAP, "#open")
    placed(page, 4)
    page.locator("#open li", has_text="why is that").locator("button").click()
    sees(page, "1", "#open .fw-vote")
    page.reload()
    page.wait_for_selector("#open .fw-vote[aria-pressed=true]")


def test_the_notebook_is_the_lecture_as_it_is_now_without_notes(stage: Page, followers: list[Page]) -> None:
    stage.bring_to_front()
    stage.evaluate(
        "Jupyter.notebook.get_cell(5).set_text('print(\"typed before them\")'); Jupyter.notebook.save_notebook()"
    )
    page = followers[0]
    address = page.url + "notebook.ipynb"
    until(lambda: b"typed before them" in urllib.request.urlopen(address).read())
    with page.expect_download() as download:
        page.click("#notebook")
    assert download.value.suggested_filename == "01_talk.ipynb"
    notebook = json.loads(Path(download.value.path()).read_text())
    text = json.dumps(notebook)
    assert "typed before them" in text and "secret note" not in text


def test_a_page_on_a_phone_needs_no_sideways_scrolling_and_asks_no_other_host(
    followers: list[Page], speaker: Page
) -> None:
    for view in ("slide", "questions"):
        followers[1].click(f"#tab-{view}")
        assert followers[1].evaluate("document.documentElement.scrollWidth") <= 390
    speaker.set_viewport_size({"width": 390, "height": 844})
    assert speaker.evaluate("document.documentElement.scrollWidth") <= 390
    for button in speaker.locator("#questions button").all():
        assert (button.bounding_box() or {"height": 0})["height"] >= 40
    assert all(url.startswith(("http://127.0.0.1:", "data:")) for page in followers for url in page.asked)  # type: ignore[attr-defined]


def test_the_presenter_s_phone_steps_the_slides(session: PresentSession, stage: Page, followers: list[Page]) -> None:
    show(stage, 0)
    placed(followers[0], 1)
    phone = followers[1].context.new_page()
    assert session.audience is not None
    phone.goto(session.audience.speaker_address)
    sees(phone, "secret note", "#notes")
    phone.get_by_role("button", name="Next").click()
    placed(followers[0], 2)
    sees(phone, "Typed live", "#title")
    phone.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def test_a_plain_file_server_with_a_copy_of_the_folder_is_enough_to_follow(
    session: PresentSession, stage: Page, followers: list[Page]
) -> None:
    folder = session.home.page
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        page = followers[0].context.new_page()
        page.goto(f"http://127.0.0.1:{files.server_port}/")
        stage.bring_to_front()
        for number in (3, 2):
            show(stage, number)
            placed(page, number + 1)
        sees(page, "What is a pytree?", "#settled")
        assert page.locator("#ask").is_hidden() and page.locator("#closed").is_visible()
        page.close()
        files.shutdown()


def test_the_talk_goes_on_when_the_audience_s_server_is_killed(
    session: PresentSession, stage: Page, followers: list[Page], speaker: Page
) -> None:
    assert session.audience is not None
    os.kill(session.audience.pid, signal.SIGKILL)
    sees(followers[0], "No connection to the talk", "#notice")
    show(stage, 3)
    sees(speaker, "The end", "#title")
    sees(speaker, "the talk goes on", "#notices")


def test_after_a_crash_the_page_is_at_the_same_address_with_its_questions(
    lecture: Lecture, root: Path, tmp_path: Path
) -> None:
    def questions(address: str) -> list[str]:
        with urllib.request.urlopen(address + "state/0.json", timeout=10) as got:
            return [data["text"] for _, kind, data in json.loads(got.read()) if kind == "question"]

    build = tmp_path / "build"
    with PresentSession(lecture, root, root / "theme", build=build, audience=Invitation()) as session:
        session.admit()
        session.wait_until_up()
        assert session.audience is not None
        address = session.audience.address
        post = functools.partial(urllib.request.Request, headers={"Content-Type": "application/json"}, method="POST")
        me = json.loads(answer(post(address + "me", b"{}"))[1])["me"]
        body = json.dumps({"me": me, "text": "What is a pytree?"}).encode()
        assert answer(post(address + "ask", body))[0] == 200
        os.kill(session.serving.pid, signal.SIGKILL)
        until(lambda: not session.serving.alive)
    kept = session.home.folder
    with PresentSession(lecture, root, root / "theme", build=build, audience=Invitation()) as session:
        session.admit()
        session.wait_until_up()
        assert session.audience is not None and session.audience.address == address
        assert questions(address) == ["What is a pytree?"]
    assert not kept.exists()  # the presenter ended this one


@pytest.mark.parametrize("words", [["--phone"], ["--audience-host", "0.0.0.0"], ["--audience", "--lab"]])
def test_options_that_do_not_go_together_are_refused_before_anything_starts(root: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "jaxstudy", "present", "01", "--no-browser", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 2 and "--audience" in done.stderr + done.stdout
