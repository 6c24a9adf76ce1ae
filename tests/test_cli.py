"""The command line as people meet it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import REPOSITORY
from jaxstudy.course import Course
from jaxstudy.course.starting import new_lecture

Write = Callable[..., Path]
COMMANDS = (
    "new course",
    "new lecture",
    "check",
    "build",
    "present",
    "serve",
    "pdf",
    "doctor",
    "data list",
    "data fetch",
    "drift",
    "homework check",
    "recording show",
    "recording trim",
    "recording shift",
    "recording redact",
    "recording export",
    "replay transcript",
    "replay glossary",
    "replay align",
    "replay outline",
    "replay new",
    "replay transcribe",
    "homework grade",
    "homework regrade",
    "homework report",
    "homework similarity",
    "homework autograder",
    "homework grade-one",
    "homework new",
    "homework release",
    "homework verify",
    "homework bundle",
)


def jaxstudy(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jaxstudy", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_help_lists_every_command_and_imports_nothing_heavy(course: Course) -> None:
    done = jaxstudy("--help", cwd=course.root)
    assert done.returncode == 0
    for command in COMMANDS:
        assert command.split()[0] in done.stdout
    heavy = "import sys, jaxstudy.cli; print(*sorted({m.split('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    names = ("jax", "numpy", "IPython", "jupytext", "nbformat", "nbclient", "tornado", "mkdocs")
    loaded = subprocess.run([sys.executable, "-c", heavy, *names], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


def test_a_command_does_not_wait_for_the_others_and_a_misspelt_one_is_met_with_them(course: Course) -> None:
    told = "import sys, jaxstudy.cli as cli; sys.argv[1:] = ['check', '--help']\ntry: cli.main()\nexcept SystemExit: "
    told += "print(*(m for m in sys.modules if m.startswith('jaxstudy.cli.')))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()[-1].split()) == {
        f"jaxstudy.cli.{name}" for name in ("app", "check", "commands", "completion")
    }
    wrong = jaxstudy("biuld", cwd=course.root)
    assert wrong.returncode == 2 and "Did you mean 'build'?" in wrong.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_stands_in_the_guide_with_all_its_options(command: str) -> None:
    done = jaxstudy(*command.split(), "--help", cwd=REPOSITORY)
    guide = (REPOSITORY / "docs" / "guides" / "commands.md").read_text(encoding="utf-8")
    assert done.returncode == 0 and f"jaxstudy {command}" in guide
    options = {word.strip("[],.") for word in done.stdout.split() if word.startswith("--")} - {"--help"}
    # Of a pair like --screen and --no-screen, the one that is not the default is worth a word.
    missing = sorted(o for o in options if o not in guide and o.replace("--", "--no-", 1) not in guide)
    missing = [o for o in missing if not o.startswith("--no-") or o.replace("--no-", "--", 1) not in guide]
    assert not missing, f"docs/guides/commands.md does not mention {', '.join(missing)} of {command}"


def test_doctor_says_what_is_here_and_how_to_get_what_is_not(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    done = jaxstudy("doctor", cwd=course.root)
    assert done.returncode == 0, done.stdout
    assert "✓ Chromium" in done.stdout and "✓ web parts" in done.stdout
    monkeypatch.setenv("CHROME", "no-such-browser")
    without = jaxstudy("doctor", cwd=course.root)
    assert "– Chromium" in without.stdout and "install chromium" in without.stdout.lower()
    assert without.returncode == 0  # comfort, not need


def test_outside_a_course_the_first_step_is_named(tmp_path: Path) -> None:
    done = jaxstudy("build", cwd=tmp_path)
    assert done.returncode == 2
    assert "expected a course.toml here or above" in done.stderr and "Traceback" not in done.stderr


def test_an_empty_course_says_how_to_start_a_lecture(course: Course) -> None:
    done = jaxstudy("build", cwd=course.root)
    assert done.returncode == 2 and "jaxstudy new lecture" in done.stderr


def test_new_lecture_then_check_finds_nothing_to_mend(course: Course) -> None:
    assert "jaxstudy check 04_graphs" in jaxstudy("new", "lecture", "04_graphs", cwd=course.root).stdout
    done = jaxstudy("check", "04", cwd=course.root)
    assert done.returncode == 0, done.stderr
    assert "1 lecture: nothing to mend" in done.stdout


def test_check_reports_every_finding_with_its_line(course: Course) -> None:
    path = new_lecture(course, "01_first")
    text = path.read_text().replace("minutes: 12", "minutes: 15").replace("assert doubled.sum() == N * (N - 1)\n", "")
    path.write_text(text.replace("Twice 0", "It is 10x faster. Twice 0"))
    done = jaxstudy("check", "--no-screen", cwd=course.root)
    assert done.returncode == 1
    line = next(n for n, words in enumerate(path.read_text().splitlines(), 1) if "10x faster" in words)
    assert f"01_first.py:{line}: expected a computed ratio, got '10x faster' typed in prose" in done.stderr
    assert "expected slide minutes that add up to 15, got 12" in done.stderr
    assert "no assert in the lecture" in done.stderr and "3 problems" in done.stderr


def test_a_name_is_shown_letter_by_letter_also_where_it_is_a_word_for_a_picture(course: Course) -> None:
    done = jaxstudy("check", ":heart:.py", cwd=course.root)
    assert done.returncode == 2 and ":heart:.py" in done.stderr


def test_a_misspelt_option_value_is_met_with_the_choices(course: Course) -> None:
    new_lecture(course, "01_first")
    done = jaxstudy("build", "01", "--kernel", "warn", cwd=course.root)
    assert done.returncode == 2 and "one of auto, warm, plain" in done.stderr and "did you mean 'warm'" in done.stderr


def test_a_pdf_has_a_page_a_slide(course: Course) -> None:
    new_lecture(course, "01_first")
    done = jaxstudy("pdf", "01", cwd=course.root)
    assert done.returncode == 0, done.stderr
    data = (course.root / "slides" / "01_first.pdf").read_bytes()
    assert data.count(b"/Type /Page\n") == 4


def test_the_whole_course_builds_to_a_site_and_again_in_no_time_to_speak_of(course: Course) -> None:
    new_lecture(course, "01_first")
    first = jaxstudy("build", cwd=course.root)
    assert first.returncode == 0, first.stderr
    assert "3 of 3 steps run" in first.stdout and "build/site/index.html" in first.stdout
    index = course.root / "build" / "site" / "index.html"
    written = index.stat().st_mtime_ns
    time.sleep(0.01)
    second = jaxstudy("build", cwd=course.root)
    assert "nothing to run" in second.stdout and "unchanged" in second.stdout
    assert index.stat().st_mtime_ns == written


def present(course: Course, *words: str) -> subprocess.Popen[str]:
    """`jaxstudy present` up to the point where the talk can begin."""
    command = [sys.executable, "-u", "-m", "jaxstudy", "present", *words, "--no-browser"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=course.root, stdin=subprocess.DEVNULL, **pipes)  # type: ignore[call-overload]
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    for line in lines:
        if "Ctrl-C here ends the talk" in line:
            return process  # type: ignore[no-any-return]
    raise AssertionError(f"it ended with {process.wait()}")


def test_a_talk_ends_with_ctrl_c_and_shows_what_was_changed(course: Course) -> None:
    path = new_lecture(course, "01_first")
    before = path.read_text()
    process = present(course, "01")
    (copy,) = (course.root / "build" / "live").rglob("01_first.py")
    copy.write_text(copy.read_text().replace("print(doubled.sum())", "print(doubled.max())"))
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, out
    assert "-print(doubled.sum())\n+print(doubled.max())" in out and "patch -p1 <" in out
    assert path.read_text() == before
    (patch,) = (course.root / "build" / "live").rglob("*.patch")
    subprocess.run(["patch", "-p1", "-i", str(patch)], cwd=course.root, check=True, capture_output=True)
    assert path.read_text() == before.replace("print(doubled.sum())", "print(doubled.max())")


def test_a_talk_that_is_terminated_leaves_nothing_behind(course: Course) -> None:
    new_lecture(course, "01_first")
    process = present(course, "01")
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not list((course.root / "build" / "live").rglob("*.py"))


def test_a_preflight_finding_stops_the_talk_with_its_cure(course: Course) -> None:
    path = new_lecture(course, "01_first")
    path.write_text(path.read_text().replace("import jax.numpy as jnp", "import jax.numpy as jnp\nimport not_there"))
    done = jaxstudy("present", "01", "--no-browser", cwd=course.root)
    assert done.returncode == 1
    assert "pip install not_there" in done.stdout and "--anyway" in done.stderr


def test_the_static_deck_needs_no_server(course: Course) -> None:
    new_lecture(course, "01_first")
    done = jaxstudy("present", "01", "--static", "--no-browser", cwd=course.root)
    assert done.returncode == 0 and "slides/01_first.html" in done.stdout


def test_completion_is_offered_for_the_shell(course: Course) -> None:
    assert "--install-completion" in jaxstudy("--help", cwd=course.root).stdout
