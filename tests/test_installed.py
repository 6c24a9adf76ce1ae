"""The kit away from its repository: our wheel in a fresh environment, a course elsewhere, every command.

With JAXSTUDY_INSTALLED=/path/to/bin/jaxstudy the kit that is installed there is tried instead of a fresh one.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from bs4 import BeautifulSoup

from installed import Kit, build_wheel, install, surroundings
from jaxstudy.build.doctor import platform
from jaxstudy.cli.app import make
from jaxstudy.errors import ToolMissing

TALK = """\
[00:00.000 --> 00:09.000]  Welcome to a first look, a question first: four numbers, each doubled.
[00:09.000 --> 00:20.000]  Twice zero plus one plus two plus three, the assert holds you to it.
[00:20.000 --> 00:31.000]  What does this refuse? Arrays do not change, at set makes a new one.
[00:31.000 --> 00:40.000]  You saw one question, one answer, one refusal. What stays?
"""
RECORDING = """\
{"jaxstudy-recording": 1, "lecture": "01_start", "started": "2026-11-25T18:00:00+00:00", "title": "A first look"}
[0.0, "kernel", {"state": "started"}]
[1.0, "slide", {"step": "a-first-look-1", "fragment": -1}]
[9.0, "run", {"n": 1, "source": "print(6)", "step": "a-question-first-2", "message": "m1"}]
[9.1, "output", {"parent": 1, "type": "stream", "text": "6\\n"}]
[9.2, "done", {"parent": 1, "status": "ok", "seconds": 0.1}]
[30.0, "end", {"reason": "ended"}]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def kit(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """In a course made by the installed kit, in a folder with a blank and letters beyond ASCII; called by a relative path."""
    base = tmp_path_factory.mktemp("away") / "Kurse für Ada"
    course, variables = base / "lines", surroundings(base / ("t" * 60), base)
    base.mkdir(exist_ok=True)
    given = os.environ.get("JAXSTUDY_INSTALLED")
    jaxstudy = Path(given).absolute() if given else install(wheel, course / ".venv")
    packages = jaxstudy.parents[1]
    before = _contents(packages)
    _writable(packages, False)
    said = Kit((str(jaxstudy),), base, variables)("new", "course", "lines", "--title", 'Lines: "a" & b')
    assert re.search(r"next.*cd lines.*build.*serve.*present 01.*git init", said, re.DOTALL)
    assert f"{shlex.quote(str(jaxstudy))} build" in said  # no PATH leads to it
    yield Kit((str(jaxstudy) if given else ".venv/bin/jaxstudy",), course, variables)
    _writable(packages, True)
    assert _contents(packages) == before, "a command wrote into the environment"


def _contents(folder: Path) -> dict[str, int]:
    ours = (path for path in folder.rglob("*") if "jaxstudy" in path.parts and "__pycache__" not in path.parts)
    return {str(path): path.stat().st_mtime_ns for path in ours if path.is_file()}


def _writable(folder: Path, may: bool) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IWUSR if may else mode & ~0o222)


def _commands() -> set[str]:
    def below(command: click.Group, before: str) -> Iterator[str]:
        for name, inner in command.commands.items():
            words = f"{before} {name}".strip()
            yield from below(inner, words) if isinstance(inner, click.Group) else iter([words])

    return set(below(make().group, ""))


TRIED: set[str] = {"new course"}
"""Commands that a test below has called; the last test compares it with what the command line offers."""


def call(kit: Kit, command: str, *words: str, expected: int = 0, folder: Path | None = None) -> str:
    TRIED.add(command)
    return kit(*command.split(), *words, expected=expected, folder=folder)


# ---- every command, in the order in which a course grows ----


def test_a_new_course_passes_its_own_checks_and_builds(kit: Kit) -> None:
    assert "✓ web parts" in call(kit, "doctor")
    said = call(kit, "build")
    assert "3 of 3 steps run" in said and "build/site/index.html" in said
    assert "nothing to mend" in call(kit, "check")
    assert "nothing to run" in call(kit, "build")
    call(kit, "pdf", "01")
    assert (kit.folder / "slides" / "01_start.pdf").read_bytes().startswith(b"%PDF")
    page = BeautifulSoup((kit.folder / "build" / "site" / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert page.title and page.title.text == 'Lines: "a" & b'
    assert "jaxstudy present 01" in page.text and "make " not in page.text and "01_start.py" in page.text
    head = str(page.head)
    assert "canonical" not in head and "og:" not in head
    assert not (kit.folder / "build" / "site" / "sitemap.xml").exists()


def test_an_address_in_the_settings_gives_pages_their_canonical_one_previews_and_a_sitemap(kit: Kit) -> None:
    settings = kit.folder / "course.toml"
    settings.write_text(settings.read_text() + 'site_url = "https://ada.example/lines"\n')
    call(kit, "build")
    site = kit.folder / "build" / "site"
    page = BeautifulSoup((site / "lectures" / "01_start.html").read_text(encoding="utf-8"), "html.parser")
    here = "https://ada.example/lines/lectures/01_start.html"
    (canonical,) = page.select("link[rel=canonical]")
    about = {str(tag["property"]): str(tag["content"]) for tag in page.select("meta[property^='og:']")}
    assert page.title and page.title.text == 'A first look – Lines: "a" & b'
    assert canonical["href"] == here == about["og:url"]
    assert about["og:title"] == "A first look" and about["og:type"] == "article"
    assert about["og:site_name"] == 'Lines: "a" & b' and about["og:description"].startswith("Week 1: A first look.")
    assert f"<loc>{here}</loc>" in (site / "sitemap.xml").read_text()
    settings.write_text(settings.read_text().replace("https://ada.example/lines", "ada.example"))
    assert "course.toml:6: expected the http or https address" in call(kit, "build", expected=2)
    settings.write_text(settings.read_text().replace('site_url = "ada.example"\n', ""))


def test_the_site_is_served_and_a_talk_begins(kit: Kit) -> None:
    for command, until, page in (("serve", "http://", ""), ("present", "http://", "")):
        TRIED.add(command)
        words = ("serve", "--port", "0") if command == "serve" else ("present", "01", "--no-browser")
        process, line = kit.start(*words, until=until)
        address = re.search(r"http://[^\s]+", line)
        assert address
        with urllib.request.urlopen(address[0] + page, timeout=60) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said


def test_lectures_data_sets_and_drift(kit: Kit) -> None:
    assert "02_more.py" in call(kit, "new lecture", "02_more", "--title", "Yes: {more}")
    assert "02_more" in call(kit, "build", "02")
    assert "mnist" in call(kit, "data list")
    nobody = call(kit, "data fetch", "mnist", "--mirror", "http://127.0.0.1:9", expected=2)
    assert "expected" in nobody
    assert "--flax" in call(kit, "drift", "--help")  # a run fetches whole environments: tests/test_drift.py


def test_homework_is_verified_released_checked_and_graded(kit: Kit, tmp_path: Path) -> None:
    assert "02_more" in call(kit, "homework new", "02_more", "--title", 'Say "more"')
    assert call(kit, "homework verify").count("3 wrong answers caught") == 2
    assert "build/release/01_start" in call(kit, "homework release", "01")
    student = tmp_path / "student"
    shutil.copytree(kit.folder / "build" / "release" / "01_start", student)
    command = Kit(tuple(str((kit.folder / word).absolute()) for word in kit.command), student, kit.variables)
    assert "still to be written" in call(command, "homework check", "01_start.py", expected=1)
    answer = (kit.folder / "homework" / "01_start" / "assignment.py").read_text()
    (student / "01_start.py").write_text(re.sub(r" *# (BEGIN|END) SOLUTION\n", "", answer))
    assert "✓" in call(command, "homework check", "01_start.py")
    assert ".zip" in call(command, "homework bundle", "01_start.py")
    submissions = kit.folder / "submissions"
    submissions.mkdir()
    for name in ("ada", "grace"):
        shutil.copy(student / "01_start.py", submissions / f"{name}.py")
    weak = ("--allow-weak-sandbox",)
    call(kit, "homework grade", "01", "submissions", *weak)
    grades = kit.folder / "build" / "grades" / "01_start"
    assert (grades / "marks.csv").read_text().count(",4") >= 2
    call(kit, "homework regrade", "01", "--student", "ada", *weak)
    call(kit, "homework report", "01")
    assert "1 pairs to look at" in call(kit, "homework similarity", "01")
    said = call(kit, "homework autograder", "01")
    assert "gradescope" in said
    results = tmp_path / "results.json"
    call(kit, "homework grade-one", "01", "submissions/ada.py", "--results", str(results), *weak)
    assert float(json.loads(results.read_text())["score"]) == 4


def test_a_recording_and_a_transcript_become_a_replay(kit: Kit) -> None:
    talk = kit.folder / "recordings" / "01_start" / "2026-11-25-180000"
    talk.mkdir(parents=True)
    (talk / "recording.jsonl").write_text(RECORDING)
    assert "1 run" in call(kit, "recording show", "01")
    call(kit, "recording trim", "01", "--to", "20", "--out", "cut.jsonl")
    call(kit, "recording shift", "01", "--by", "3", "--out", "later.jsonl")
    call(kit, "recording redact", "01", "--out", "clean.jsonl")
    assert ".ipynb" in call(kit, "recording export", "01")
    (kit.folder / "talk.txt").write_text(TALK)
    (kit.folder / "glossary.toml").write_text('[[term]]\nterm = "pytree"\nheard-as = ["pi tree"]\n')
    assert "talk.transcript.vtt" in call(kit, "replay transcript", "talk.txt")
    call(kit, "replay glossary", "talk.transcript.vtt")
    call(kit, "replay align", "talk.transcript.vtt", "01")
    call(kit, "replay outline", "talk.transcript.vtt")
    (kit.folder / "talk.mp4").write_bytes(b"no film")
    assert "faster-whisper>=1.1" in call(kit, "replay transcribe", "talk.mp4", expected=2)
    call(kit, "replay new", str(talk), "talk.transcript.vtt", "--name", "autumn")
    assert "build/site/index.html" in call(kit, "build")
    assert list((kit.folder / "build" / "site" / "replays").glob("autumn*"))


def test_every_command_was_tried_away_from_the_repository() -> None:
    assert _commands() == TRIED


# ---- where the environment lies, and how the kit is called ----


def _first_build(kit: Kit) -> str:
    """Made anew, by a kit that must not take its surroundings for the course's own modules."""
    said = kit("build")
    assert "3 of 3 steps run" in said and "build/site/index.html" in said
    notebook = (kit.folder / "build" / "notebooks" / "01_start.ipynb").read_text(encoding="utf-8")
    assert "brings along" not in notebook
    return said


def test_beside_the_course_and_linked_from_elsewhere_without_a_home(wheel: Path, tmp_path: Path) -> None:
    """As pipx and uv do: one environment a tool, and a link to its command where the PATH leads."""
    tool = install(wheel, tmp_path / "tools" / "jaxstudy")
    links = tmp_path / "bin"
    links.mkdir()
    (links / "jaxstudy").symlink_to(tool)
    variables = surroundings(tmp_path / "elsewhere")
    variables["PATH"] = f"{links}{os.pathsep}{variables['PATH']}"
    course = tmp_path / "course"
    course.mkdir()
    kit = Kit((str(links / "jaxstudy"),), course, variables)
    said = kit("new", "course", ".")
    assert "\n    jaxstudy build" in said and "cd " not in said
    _first_build(kit)
    (tool.parents[1] / "pipx_metadata.json").write_text("{}")
    assert "pipx inject jaxstudy 'faster-whisper>=1.1'" in kit("doctor")
    (tool.parents[1] / "pipx_metadata.json").unlink()
    assert f"{tool.with_name('python')} -m pip install 'faster-whisper>=1.1'" in kit("doctor")  # the outer one has pip
    assert "the course" not in kit("check", "--no-screen")


def test_above_the_course_and_called_as_a_module(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "env"
    install(wheel, environment)
    course = environment / "teaching" / "a course"
    kit = Kit(
        (str(environment / "bin" / "python"), "-m", "jaxstudy"), tmp_path, surroundings(tmp_path / ("t" * 80), tmp_path)
    )
    said = kit("new", "course", str(course))
    assert f"{environment / 'bin' / 'python'} -m jaxstudy build" in said
    _first_build(Kit(kit.command, course, kit.variables))


# ---- what `new course` writes ----


def test_a_new_course_overwrites_nothing_and_says_all_that_is_in_its_way(kit: Kit, tmp_path: Path) -> None:
    command = Kit(tuple(str((kit.folder / word).absolute()) for word in kit.command), tmp_path, kit.variables)
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "lectures").write_text("a file where a folder must be")
    said = command("new", "course", ".", expected=2)
    assert "README.md" in said and "lectures" in said and "2 problems" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "lectures"]
    assert (tmp_path / "README.md").read_text() == "mine"


def test_the_workflow_publishes_what_its_own_lines_build(kit: Kit, tmp_path: Path) -> None:
    workflow = yaml.safe_load((kit.folder / ".github" / "workflows" / "site.yml").read_text())
    assert workflow[True]["push"] == {"branches": ["main"]}  # YAML 1.1 takes `on` for true
    assert workflow["permissions"] == {"contents": "write", "pages": "write", "id-token": "write"}
    steps = workflow["jobs"]["build"]["steps"]
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", name) for name in used)
    assert {name.split("@")[0] for name in used} >= {
        *("actions/checkout", "actions/setup-python", "actions/configure-pages"),
        *("actions/upload-pages-artifact", "actions/deploy-pages"),
    }
    (upload,) = [step for step in steps if "upload-pages" in step.get("uses", "")]
    assert (kit.folder / upload["with"]["path"] / "index.html").is_file()
    lines = [step["run"] for step in steps if "run" in step]
    assert lines[0] == "python -m pip install -r requirements.txt" and lines[1] == "jaxstudy doctor --install"
    path = f"{(kit.folder / kit.command[0]).parent}{os.pathsep}{kit.variables['PATH']}"
    origin = tmp_path / "origin.git"
    settings = kit.folder / "course.toml"
    settings.write_text(settings.read_text() + 'repository = "ada/lines"\n')
    git = ["git", "-C", str(kit.folder)]
    subprocess.run(["git", "init", "-q", "--bare", str(origin)], check=True)
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "remote", "add", "origin", str(origin)], check=True)
    for line in lines[2:]:
        run = ["bash", "-e", "-c", line]
        done = subprocess.run(run, cwd=kit.folder, env={**kit.variables, "PATH": path}, capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    shutil.rmtree(kit.folder / ".git")
    page = (kit.folder / "build" / "site" / "lectures" / "01_start.html").read_text(encoding="utf-8")
    branch, notebook = re.search(r"github/ada/lines/blob/([\w-]+)/(notebooks/01_start.ipynb)", page).groups()  # type: ignore[union-attr]
    subprocess.run(["git", "-C", str(origin), "cat-file", "-e", f"{branch}:{notebook}"], check=True)


def test_the_course_carries_the_kit_that_its_requirements_name(kit: Kit, wheel: Path) -> None:
    (line,) = [line for line in (kit.folder / "requirements.txt").read_text().splitlines() if line[:1] not in ("#", "")]
    carried, extras = re.fullmatch(r"\./(kit/\S+\.whl)\[(.*)\]", line).groups()  # type: ignore[union-attr]
    assert extras == "present,site,replay,data"
    with zipfile.ZipFile(kit.folder / carried) as ours, zipfile.ZipFile(wheel) as built:
        assert set(ours.namelist()) == set(built.namelist())
        entries = next(name for name in built.namelist() if name.endswith("entry_points.txt"))
        assert ours.read(entries).split() == built.read(entries).split()


def test_the_devcontainer_is_json_for_the_python_that_made_it(kit: Kit) -> None:
    container = json.loads((kit.folder / ".devcontainer" / "devcontainer.json").read_text())
    assert container["name"] == 'Lines: "a" & b'
    assert re.fullmatch(r"mcr\.microsoft\.com/devcontainers/python:3\.\d+", container["image"])
    assert "-r requirements.txt" in container["postCreateCommand"]


def test_git_sees_what_the_author_wrote_and_nothing_that_was_built(kit: Kit) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=kit.folder, check=True)
    listed = ["git", "ls-files", "--others", "--exclude-standard"]
    seen = subprocess.run(listed, cwd=kit.folder, check=True, capture_output=True, text=True).stdout.splitlines()
    shutil.rmtree(kit.folder / ".git")
    assert {"course.toml", "lectures/01_start.py", ".github/workflows/site.yml"} <= set(seen)
    assert not [name for name in seen if name.startswith(("build/", ".venv/", "recordings/", "submissions/"))]
    assert not [name for name in seen if name.endswith((".html", ".pdf"))]


# ---- systems other than Linux ----

ELSEWHERE = """\
import os, socket, sys, sysconfig
os.environ["_PYTHON_SYSCONFIGDATA_NAME"] = sysconfig._get_sysconfigdata_name()  # of the Python that this really is
sys.platform = "freebsd14"
linux = "sched_getaffinity pidfd_open memfd_create eventfd copy_file_range splice posix_fadvise unshare setns O_PATH O_TMPFILE"
for name in linux.split():
    if hasattr(os, name):
        delattr(os, name)
for name in ("SOCK_CLOEXEC", "SOCK_NONBLOCK", "SO_PEERCRED"):
    delattr(socket, name)
"""
"""What every Python of the test runs first: a Unix without what Linux alone has. (Packages would miss libraries of 'darwin'.)"""


def test_on_another_unix_everything_works_but_grading_which_says_where_it_does(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(ELSEWHERE)
    elsewhere = Kit(kit.command, kit.folder, {**kit.variables, "PYTHONPATH": str(tmp_path)})
    shutil.rmtree(kit.folder / "build" / "cache")
    shutil.rmtree(kit.folder / "build" / "made")
    said = elsewhere("doctor")
    assert "freebsd14: everything works but grading" in said and "plain kernels" in said
    assert elsewhere("build").count("3 of 3 steps run") == 2
    elsewhere("homework", "verify", "01")
    said = elsewhere("homework", "grade", "01", "submissions", expected=2)
    assert "expected Linux" in said and "grade on Linux, or in a Linux container" in said
    process, _ = elsewhere.start("present", "01", "--no-browser", until="Ctrl-C here ends the talk")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said


def test_windows_is_sent_to_its_linux_before_a_command_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    command = make().group
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(ToolMissing, match="wsl --install"):
        command.callback()  # type: ignore[misc]
    assert platform().needed and "wsl --install" in platform().cure
