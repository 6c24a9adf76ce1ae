"""What the preflight looks at beyond the lecture itself, and what a talk says of the next one. No browser, no kernel."""

from __future__ import annotations

import datetime
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jaxstudy.course import Lecture
from jaxstudy.errors import InputError, KernelLost, Problem
from jaxstudy.present import readiness
from jaxstudy.present.companion.comparing import compared, left_out, talk_since
from jaxstudy.present.companion.plan import plan_of
from jaxstudy.present.companion.talks import Talk, log_talk
from jaxstudy.present.preflight import preflight
from jaxstudy.present.session import PresentSession
from jaxstudy.present.standby.rehearsal import Rehearsal, RehearsedStep

Lectures = Callable[..., Lecture]
NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
BODY = """
    # %% [markdown] slideshow={"slide_type": "slide"} minutes=2
    # # First

    # %% [markdown] slideshow={"slide_type": "slide"} minutes=5
    # ## Warm-up: what was that?

    # %% [markdown] slideshow={"slide_type": "notes"}
    # Ask around.

    # %% [markdown] slideshow={"slide_type": "slide"} minutes=3
    # ## Third

    # %% [markdown] slideshow={"slide_type": "slide"}
    # ## Last
"""


def talk(days_ago: float, *seconds: float) -> Talk:
    started = (NOON - datetime.timedelta(days=days_ago)).isoformat()
    titles = ("First", "Warm-up: what was that?", "Third", "Last")
    return Talk(started, sum(seconds), dict(zip(titles, seconds, strict=True)))


# ------------------------------------------------------------------------------------------------------- preflight


def test_a_data_set_that_is_nowhere_or_would_be_downloaded_is_told_with_its_cure(
    lecture: Lectures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JAXSTUDY_DATA", "JAXSTUDY_DOWNLOAD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    here = lecture("# %%\nfrom jaxstudy.data import load\nload('shakespeare'), load('shapes')\n")
    drawn = next(check for check in readiness.data_sets(here, tmp_path) if "shapes" in check.detail)
    absent = next(check for check in readiness.data_sets(here, tmp_path) if "shakespeare" in check.detail)
    assert drawn.ok and not absent.ok and "jaxstudy data fetch shakespeare" in absent.cure
    monkeypatch.setenv("JAXSTUDY_DOWNLOAD", "1")
    (late,) = (check for check in readiness.data_sets(here, tmp_path) if "shakespeare" in check.detail)
    assert not late.ok and "would be downloaded" in late.detail


def test_a_picture_on_another_host_is_told_and_a_mere_link_is_not(lecture: Lectures) -> None:
    here = lecture(
        "# %% [markdown]\n# # A\n#\n# [x](https://example.org) ![p](https://example.org/p.png)\n# `![n](//n)`\n"
    )
    (check,) = readiness.network(here)
    assert not check.ok and "01_small.py:11: https://example.org/p.png" in check.detail
    (fine,) = readiness.network(lecture("# %% [markdown]\n# # A\n#\n# [x](https://example.org)\n"))
    assert fine.ok


def test_the_rehearsals_age_counts_talks_past_their_middle(lecture: Lectures, tmp_path: Path) -> None:
    here = lecture(BODY)
    assert "none from start to end" in readiness.rehearsed(tmp_path, here, NOON).detail
    log_talk(tmp_path, "01_small", talk(20, 60, 60, 60, 60))
    log_talk(tmp_path, "01_small", talk(1, 60, 0, 0, 0))  # somebody looked at the first slide
    old = readiness.rehearsed(tmp_path, here, NOON)
    assert (old.ok, old.needed, old.detail) == (False, False, "20 days ago, 4 min")
    log_talk(tmp_path, "01_small", talk(1, 60, 60, 60, 60))
    assert readiness.rehearsed(tmp_path, here, NOON).ok


def test_cells_without_a_recorded_output_are_named(tmp_path: Path) -> None:
    steps = [RehearsedStep(f"a-{n}", "1", False, 10.0, outputs=None if n < 5 else ()) for n in range(6)]
    check = readiness.recorded(lambda: Rehearsal(tuple(steps)))
    assert not check.ok and not check.needed
    assert check.detail == "5 cells have no output yet: a-0, a-1, a-2, …"
    assert readiness.recorded(lambda: Rehearsal(tuple(steps[5:]))).ok


def test_a_kernel_that_does_not_start_says_why(tmp_path: Path) -> None:
    def lost() -> float:
        raise KernelLost(Problem("a warm kernel", "no memory", "close something"))

    assert readiness.warm_kernel(lambda: 0.5).detail.endswith("warm in 0.5 s")
    check = readiness.warm_kernel(lost)
    assert (check.ok, check.detail, check.cure) == (False, "no memory", "close something")


def test_screens_are_told_by_their_best_mode_and_unknown_ones_not_at_all(tmp_path: Path) -> None:
    assert list(readiness.screen(tmp_path)) == []
    for name, status, modes in (("a", "connected", "1920x1080\n800x600\n"), ("b", "disconnected", "640x480\n")):
        device = tmp_path / f"card0-{name}"
        device.mkdir()
        (device / "status").write_text(status + "\n")
        (device / "modes").write_text(modes)
    (check,) = readiness.screen(tmp_path)
    assert check.ok and check.detail == "1920 × 1080"
    (tmp_path / "card0-b" / "status").write_text("connected\n")
    (check,) = readiness.screen(tmp_path)
    assert not check.ok and not check.needed and "1280" in check.cure


@pytest.fixture
def host() -> Iterator[str]:
    """A web server on this machine that knows one page, and refuses to talk of another."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response({"/here": 200, "/shy": 403}.get(self.path, 404))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_links_are_asked_only_when_wished_for_and_dead_ones_named(lecture: Lectures, tmp_path: Path, host: str) -> None:
    here = lecture(f"# %% [markdown]\n# # A\n#\n# [a]({host}/here) [b]({host}/shy)\n# [c]({host}/gone)\n")
    dead = [check for check in preflight(here, tmp_path, links=True) if not check.ok and host in check.detail]
    assert [check.detail for check in dead] == [f"01_small.py:12: {host}/gone (404)"]
    assert not any(host in check.detail for check in preflight(here, tmp_path))


def test_a_late_start_needs_classic_rise(lecture: Lectures, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a late start in classic RISE, got front end 'lab'"):
        PresentSession(lecture(BODY), tmp_path, tmp_path, front_end="lab", at="2")


# ----------------------------------------------------------------------------------------- from one talk to the next


def test_a_talk_is_held_against_the_plan_and_the_last_real_one(lecture: Lectures, tmp_path: Path) -> None:
    log_talk(tmp_path, "01_small", talk(9, 100, 200, 300, 10))
    log_talk(tmp_path, "01_small", talk(2, 30, 0, 0, 0))
    log_talk(tmp_path, "01_small", talk(0, 60, 400, 0, 20))
    assert talk_since(tmp_path, "01_small", NOON + datetime.timedelta(hours=1)) is None
    found = talk_since(tmp_path, "01_small", NOON)
    assert found is not None
    rows = compared(plan_of(lecture(BODY)).sections, *found)
    assert [(row.planned, row.last, row.now, row.skipped) for row in rows] == [
        (120, 100, 60, False),
        (300, 200, 400, False),
        (180, 300, 0, True),
        (0, 10, 20, False),
    ]


def test_what_a_talk_left_out_stands_in_the_notes_of_the_next_lectures_recap(lecture: Lectures, tmp_path: Path) -> None:
    names = ["00_before", "01_small", "02_after"]
    assert left_out(tmp_path, names, "01_small") == ("", ())
    log_talk(tmp_path, "00_before", talk(7, 60, 60, 0, 60))
    log_talk(tmp_path, "00_before", talk(6, 20, 0, 0, 0))  # a look, no talk
    assert left_out(tmp_path, names, "01_small") == ("00_before", ("Third",))
    assert left_out(tmp_path, names, "00_before") == left_out(tmp_path, names, "elsewhere") == ("", ())
    slides = plan_of(lecture(BODY), "Left out: <Third>").slides
    assert slides[1].notes.startswith("<p><strong>Left out: &lt;Third&gt;</strong></p>") and "Ask" in slides[1].notes
    assert [bool(slide.notes) for slide in slides] == [False, True, False, False]
