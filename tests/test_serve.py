"""The server of the study site: ranges, freshness, and pages that reload when a file is saved."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from jaxstudy.course import load_course
from jaxstudy.errors import InputError
from jaxstudy.site import serve
from sites import Visit, chromium, served

# A course whose build takes the first line of its lecture for the page, and refuses the word BAD.
SESSION = """
import sys
from pathlib import Path
from jaxstudy.course import load_course
from jaxstudy.atomic import write_atomically
from jaxstudy.errors import InputError, Problem
from jaxstudy.site import serve

course = load_course()
lecture = course.root / "lectures" / "01_a.py"

def rebuild():
    text = lecture.read_text()
    if "BAD" in text:
        raise InputError(Problem("good words", repr(text), "write GOOD", lecture, 1))
    if "BUG" in text:
        raise ZeroDivisionError("a fault of ours")
    write_atomically(course.build / "site" / "index.html", f"<link rel=icon href=data:,><body><h1>{text}</h1></body>")

serve(course, rebuild, 0, lambda event: print(event.kind, event.text, len(event.problems), flush=True))
print("ended", flush=True)
"""


expect.set_options(timeout=15_000)  # two cores may be busy with other things


@dataclass(frozen=True)
class Session:
    """A running `serve` in a process of its own."""

    process: subprocess.Popen[str]
    lecture: Path
    url: str

    def says(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "course.toml").write_text("")
    lecture = tmp_path / "lectures" / "01_a.py"
    lecture.parent.mkdir()
    lecture.write_text("one")
    process = subprocess.Popen(
        [sys.executable, "-c", SESSION], cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        assert process.stdout
        url = process.stdout.readline().split()[1]
        running = Session(process, lecture, url)
        assert running.says() == "building  0" and running.says() == "built  0"
        yield running
        process.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<html><body><p>hello</p></body></html>")
    (tmp_path / "film.webm").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "words.js").write_text("// " + "words " * 1000)
    return tmp_path


def get(url: str, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


# ---- files ----


def test_a_range_of_a_file_is_answered_with_206(folder: Path) -> None:
    with served(folder) as server:
        status, headers, body = get(server.url + "film.webm", Range="bytes=250-261")
        assert (status, body) == (206, bytes([250, 251, 252, 253, 254, 255, 0, 1, 2, 3, 4, 5]))
        assert headers["Content-Range"] == "bytes 250-261/2048"
        assert get(server.url + "film.webm", Range="bytes=9000-")[0] == 416


def test_text_is_compressed_but_never_a_piece_of_it(folder: Path) -> None:
    with served(folder) as server:
        _, headers, body = get(server.url + "words.js", Accept_Encoding="gzip")
        assert headers["Content-Encoding"] == "gzip" and len(body) < 300
        status, headers, body = get(server.url + "words.js", Accept_Encoding="gzip", Range="bytes=3-7")
        assert (status, headers["Content-Encoding"], body) == (206, None, b"words")


def test_browsers_keep_what_has_not_changed_and_get_what_has(folder: Path) -> None:
    with served(folder) as server:
        tag = get(server.url + "words.js")[1]["ETag"]
        assert get(server.url + "words.js", If_None_Match=tag)[0] == 304
        # Same size, same second: only the time in nanoseconds tells.
        (folder / "words.js").write_text("// " + "WORDS " * 1000)
        status, _, body = get(server.url + "words.js", If_None_Match=tag)
        assert status == 200 and body.startswith(b"// WORDS")


def test_pages_get_the_reload_script_and_files_are_left_alone(folder: Path) -> None:
    (folder / "404.html").write_text("<html><body>Not found, it says</body></html>")
    with served(folder) as server:
        _, headers, body = get(server.url)
        assert b"<p>hello</p>" in body and b"/__jaxstudy/reload.js" in body
        assert int(headers["Content-Length"]) == len(body)
        status, _, body = get(server.url + "gone.html", Accept="text/html")
        assert status == 404 and b"Not found, it says" in body
        assert b"jaxstudy" not in get(server.url + "words.js")[2]


def test_a_page_knows_of_what_build_it_is_so_that_one_that_connects_late_reloads_too(folder: Path) -> None:
    with served(folder) as server:
        _, headers, body = get(server.url)
        assert f'data-build="{server.build}"'.encode() in body
        server.built()
        status, _, body = get(server.url, If_None_Match=headers["ETag"])
        assert status == 200 and f'data-build="{server.build}"'.encode() in body
        assert get(server.url + "words.js", If_None_Match=get(server.url + "words.js")[1]["ETag"])[0] == 304


def test_nothing_outside_the_folder_is_served_nor_to_other_machines(folder: Path) -> None:
    (folder.parent / "secret.txt").write_text("secret")
    with served(folder) as server:
        assert get(server.url + "%2e%2e/secret.txt")[0] in (403, 404)
        assert server.url.startswith("http://127.0.0.1:")


def test_a_taken_port_is_an_error_with_a_cure(folder: Path) -> None:
    (folder / "course.toml").write_text("")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} to be free.*--port"):
            serve(load_course(folder), lambda: None, port)


# ---- rebuilding ----


def test_a_saved_file_rebuilds_and_reloads_open_pages(session: Session, browser: Browser) -> None:
    with Visit(browser, session.url) as visit:
        expect(visit.page.locator("h1")).to_have_text("one")
        session.lecture.write_text("two")
        assert session.says() == "building lectures/01_a.py 0"
        expect(visit.page.locator("h1")).to_have_text("two")
        assert visit.complaints == []


def test_a_failed_build_keeps_the_page_and_shows_what_is_wrong_until_it_is_mended(
    session: Session, browser: Browser
) -> None:
    with Visit(browser, session.url) as visit:
        session.lecture.write_text("BAD")
        overlay = visit.page.locator("#jaxstudy-problems")
        expect(overlay.locator("li b")).to_have_text(f"{session.lecture.relative_to(session.lecture.parents[1])}:1")
        expect(overlay.locator("li span")).to_contain_text("expected good words, got 'BAD'; write GOOD")
        expect(visit.page.locator("body > h1")).to_have_text("one")
        # A page opened meanwhile is told too.
        with Visit(browser, session.url) as second:
            expect(second.page.locator("#jaxstudy-problems li")).to_have_count(1)
        session.lecture.write_text("three")
        expect(visit.page.locator("body > h1")).to_have_text("three")
        expect(overlay).to_have_count(0)


def test_a_fault_in_the_build_itself_does_not_end_the_session(session: Session) -> None:
    session.lecture.write_text("BUG")
    assert [session.says(), session.says()] == ["building lectures/01_a.py 0", "failed  1"]
    session.lecture.write_text("mended")
    assert [session.says(), session.says()] == ["building lectures/01_a.py 0", "built  0"]
    assert b"mended" in get(session.url)[2]


def test_an_editor_that_replaces_files_and_one_that_writes_backups_are_understood(session: Session) -> None:
    root = session.lecture.parents[1]
    (session.lecture.parent / ".01_a.py.swp").write_text("")
    (session.lecture.parent / "01_a.py~").write_text("")
    for number in range(2):  # twice: the first one replaces the file that was there when the watch began
        beside = root / "new.toml"
        beside.write_text(f'title = "{number}"')
        beside.replace(root / "course.toml")
        assert [session.says(), session.says()] == ["building course.toml 0", "built  0"]


def test_ctrl_c_ends_the_session_quietly_while_a_page_is_open(session: Session, browser: Browser) -> None:
    with Visit(browser, session.url) as visit:
        expect(visit.page.locator("h1")).to_have_text("one")
        started = time.monotonic()
        session.process.send_signal(signal.SIGINT)
        assert session.says() == "ended" and session.process.wait(10) == 0
        assert time.monotonic() - started < 5
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(session.url, timeout=2)


def test_the_page_before_the_first_build_says_so_and_opens_when_it_is_done(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "site").mkdir()
    with served(tmp_path / "site") as server, Visit(browser, server.url) as visit:
        expect(visit.page.locator("p").first).to_contain_text("being built")
        (tmp_path / "site" / "index.html").write_text("<body><p>here</p></body>")
        server.built()
        expect(visit.page.locator("p").first).to_have_text("here")
