"""`jaxstudy recording`: shown, trimmed, shifted, redacted, exported; and what goes into each."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from jaxstudy.recording import Event, Header, Recording, Writer, read_recording
from jaxstudy.replay.recorded.copying import write_copy
from jaxstudy.replay.recorded.notebook import notebook_of
from jaxstudy.replay.recorded.secrets import redact
from jaxstudy.replay.recorded.summary import summary_of

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DOT, OTHER = "figures/0123456789abcdef0123.png", "figures/ffffffffffffffffffff.png"
EVENTS = [
    Event(0.0, "kernel", {"state": "started"}),
    Event(1.0, "slide", {"step": "arrays-1", "fragment": -1}),
    Event(5.0, "run", {"n": 1, "step": "arrays-2", "source": "x = 1", "message": "m1"}),
    Event(5.1, "output", {"parent": 1, "type": "display_data", "text": "<Figure>", "figure": DOT, "alt": "a dot"}),
    Event(5.2, "done", {"parent": 1, "status": "ok", "seconds": 0.2}),
    Event(60.0, "slide", {"step": "trees-1", "fragment": -1}),
    Event(61.0, "run", {"n": 2, "step": "trees-2", "source": "1 / 0", "edited": True, "message": "m2"}),
    Event(61.1, "output", {"parent": 2, "type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": ["in /home/anna/talk.py"]}),
    Event(61.2, "done", {"parent": 2, "status": "error", "seconds": 0.2}),
    Event(70.0, "mark", {"step": "trees-1", "text": "the good part"}),
    Event(75.0, "question", {"id": "q1", "text": "why not Torch?", "by": "bo", "step": "trees-1", "votes": 0, "state": "asked"}),
    Event(76.0, "question", {"id": "q1", "text": "why not Torch?", "by": "bo", "step": "trees-1", "votes": 1, "state": "voted"}),
    Event(90.0, "run", {"n": 3, "source": "display(late)", "message": "m3"}),
    Event(90.1, "output", {"parent": 3, "type": "stream", "name": "stdout", "text": "half", "cut": 12}),
    Event(90.2, "output", {"parent": 3, "type": "display_data", "text": "<Figure>", "figure": OTHER}),
    Event(90.3, "done", {"parent": 3, "status": "ok", "seconds": 0.3}),
    Event(100.0, "end", {}),
]  # fmt: skip


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "course.toml").write_text("")
    folder = tmp_path / "recordings" / "02_trees" / "2026-11-24-180000"
    with Writer(
        folder / "recording.jsonl", Header("02_trees", "2026-11-24T18:00:00+00:00", more={"title": "Trees"})
    ) as writer:
        for event in EVENTS:
            writer.write(event)
    (folder / "figures").mkdir()
    for name in (DOT, OTHER):
        (folder / name).write_bytes(PNG)
    return tmp_path


def recording(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jaxstudy", "recording", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


def made(course: Path, word: str) -> Recording:
    return read_recording(course / "recordings" / "02_trees" / f"2026-11-24-180000-{word}" / "recording.jsonl")


def of(*texts: str) -> Recording:
    events = tuple(
        Event(float(n), "output", {"parent": 1, "type": "stream", "text": text}) for n, text in enumerate(texts)
    )
    return Recording(Path("nowhere"), Header("02"), events)


def cleaned(*texts: str, patterns: tuple[str, ...] = ()) -> list[str]:
    return [event.data["text"] for event in redact(of(*texts), patterns).events]


# --------------------------------------------------------------------------------------------------------------- show


def test_show_lists_sections_with_runs_errors_marks_and_questions(course: Path) -> None:
    done = recording("show", "02", cwd=course)
    assert done.returncode == 0, done.stderr
    assert "1:40, 3 runs (1 edited), 1 error, 1 mark, 1 question" in done.stdout
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "0:01 arrays 1 slide, 1 run" in lines and "1:00 trees 1 slide, 2 runs, 1 error" in lines
    assert "error 1:01 ZeroDivisionError: division by zero" in lines
    assert "mark 1:10 the good part" in lines and "question 1:15 why not Torch?" in lines
    assert "12 bytes of output were left out" in done.stdout and "broken off" not in done.stdout
    assert "next: jaxstudy recording redact" in done.stdout


def test_show_as_json_is_for_programs(course: Path) -> None:
    found = json.loads(recording("show", "--json", cwd=course).stdout)
    assert (found["runs"], found["errors"], found["figures"], found["ended"]) == (3, 1, 2, True)
    assert [visit["title"] for visit in found["visits"]] == ["arrays", "trees"]


def test_a_talk_that_broke_off_and_its_torn_line_are_said(course: Path) -> None:
    path = course / "recordings" / "02_trees" / "2026-11-24-180000" / "recording.jsonl"
    path.write_text(path.read_text().removesuffix('[100.0, "end", {}]\n') + '[99.0, "ru')
    found = summary_of(read_recording(path), {"arrays-1": "Arrays that stay"})
    assert not found.ended and found.torn and found.visits[0].title == "Arrays that stay"
    shown = recording("show", cwd=course).stdout
    assert "broken off" in shown and "torn" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "07"], "got '07', while recordings/ has only 02_trees; give a file"),
        (["trim", "--from", "x"], "expected a time for --from, as 90, 1:30 or 1:02:03.5, got 'x'"),
        (["trim", "--from", "60", "--to", "30"], "expected --from before --to"),
        (["export", "--to", "notbook"], "did you mean 'notebook'?"),
        (["redact", "--pattern", "("], "expected a regular expression"),
    ],
)
def test_what_is_misspelt_is_met_with_what_is_right(course: Path, words: list[str], said: str) -> None:
    done = recording(*words, cwd=course)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_broken_lines_are_named_with_file_and_line_and_nothing_is_written(course: Path) -> None:
    path = course / "recordings" / "02_trees" / "2026-11-24-180000" / "recording.jsonl"
    lines = path.read_text().splitlines()
    lines[3], lines[5] = "{}", "[1.0]"
    path.write_text("\n".join(lines) + "\n")
    done = recording("trim", cwd=course)
    assert done.returncode == 2 and "recording.jsonl:4" in done.stderr and "recording.jsonl:6" in done.stderr
    assert [folder.name for folder in path.parent.parent.iterdir()] == ["2026-11-24-180000"]


# -------------------------------------------------------------------------------------------------- trim, shift, redact


def test_trim_keeps_the_notebook_as_it_stood_and_only_the_figures_that_are_shown(course: Path) -> None:
    done = recording("trim", "02", "--from", "1:00.5", "--to", "80", cwd=course)
    assert done.returncode == 0, done.stderr
    found = made(course, "trimmed")
    assert found.header.started == "2026-11-24T18:01:00.500+00:00" and found.header.more == {"title": "Trees"}
    assert [(event.time, event.kind) for event in found.events][:5] == [
        (0.0, "kernel"), (0.0, "run"), (0.0, "output"), (0.0, "done"), (0.0, "slide"),
    ]  # fmt: skip
    assert max(event.time for event in found.events) == 15.5
    assert [path.name for path in (found.path.parent / "figures").iterdir()] == [Path(DOT).name]
    again = recording("trim", str(course / "recordings/02_trees/2026-11-24-180000"), cwd=course)
    assert again.returncode == 0 and made(course, "trimmed-2").events == tuple(EVENTS)


def test_shift_moves_second_zero_and_the_wall_clock_stays_right(course: Path) -> None:
    assert recording("shift", "--by=-1:00", cwd=course).returncode == 0
    found = made(course, "shifted")
    assert found.header.started == "2026-11-24T18:01:00.000+00:00"
    assert [event.time for event in found.events][5:7] == [0.0, 1.0]


def test_redact_says_what_it_replaced_and_which_figures_nobody_looked_into(course: Path) -> None:
    done = recording("redact", "--pattern", "[Tt]orch", cwd=course)
    assert done.returncode == 0, done.stderr
    assert "home folder: 1" in done.stdout and "--pattern [Tt]orch: 2" in done.stdout
    assert "not looked into: 2 figures" in done.stdout and Path(DOT).name in done.stdout
    text = made(course, "redacted").path.read_text()
    assert "anna" not in text and "Torch" not in text and "~/talk.py" in text
    assert DOT in text and '"ZeroDivisionError"' in text


def test_secrets_of_every_usual_kind_are_replaced() -> None:
    secrets = [
        "see /home/anna/x and /Users/bo.b/y and C:\\Users\\Carla\\z",
        "write to anna.b@example.org, please",
        "git clone https://anna:hunter2@git.example.org/x",
        "ghp_" + "a1B2" * 9,
        "hf_" + "abcD" * 8,
        "AKIA" + "ABCDEFGH12345678",
        "Authorization: Bearer abc.def-123456",
        "http://127.0.0.1:8888/?token=0123456789abcdef",
        "password = 'hunter22'",
        'client(api_key="s3cret-value")',
        "WANDB_API_KEY=abcdef12345",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\ndef\n-----END OPENSSH PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abc_def",
    ]
    left = "\n".join(cleaned(*secrets))
    for word in (
        "anna",
        "bo.b",
        "Carla",
        "example.org,",
        "hunter2",
        "a1B2",
        "abcD",
        "ABCDEFGH",
        "abc.def",
        "0123456789",
    ):
        assert word not in left, word
    for word in ("hunter22", "s3cret", "abcdef12345", "\nabc\n", "eyJhbG"):
        assert word not in left, word
    assert left.startswith("see ~/x and ~/y and ~\\z\nwrite to …, please\ngit clone https://")


def test_where_packages_and_the_course_lie_is_replaced() -> None:
    trace = (
        "\x1b[32m/opt/anna/venv/lib/python3.11/site-packages/jax/_src/api.py\x1b[39m:12, /srv/talks/snippets/trees.py"
    )
    (found,) = redact(of(trace), course=Path("/srv/talks")).events
    assert found.data["text"] == "\x1b[32m…/site-packages/jax/_src/api.py\x1b[39m:12, snippets/trees.py"


def test_names_found_in_home_folders_go_everywhere_and_everyday_words_stay() -> None:
    assert cleaned("/home/annabel/x", "hello annabel!", "annabels")[1:] == ["hello …!", "annabels"]
    assert cleaned("/home/user/x", "the user of jax", "/" + "root/talk.py")[1:] == ["the user of jax", "~/talk.py"]


@pytest.mark.parametrize(
    "code",
    [
        "key = jax.random.key(0)",
        "token = tokenizer(text)",
        "y = w@x.T + a@b.at[0].set(1) - c@d.sum()",
        "h@W.mT",
        "square root of 2, home/anna in a relative path",
        "secret = jnp.zeros(3)",
        "https://docs.jax.dev/en/latest/pytrees.html",
        "0x7f8a2551aa90 and 4e5daa7c0ffee1234567890abcdef12345678",
    ],
)
def test_code_of_lectures_is_left_alone(code: str) -> None:
    assert cleaned(code) == [code]


def test_nothing_of_a_recording_leads_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "in").mkdir()
    event = Event(1.0, "output", {"parent": 1, "type": "display_data", "figure": "figures/../../secret.png"})
    target = write_copy(tmp_path / "in" / "recording.jsonl", tmp_path / "out", Header("02"), [event])
    assert [path.name for path in target.parent.iterdir()] == ["recording.jsonl"]
    run = Event(0.0, "run", {"n": 1, "source": "1"})
    notebook = nbformat.reads(notebook_of(Recording(tmp_path / "in" / "r", Header("02"), (run, event))), as_version=4)
    assert "image/png" not in notebook.cells[-1].outputs[0].data


# -------------------------------------------------------------------------------------------------------------- export


def test_a_notebook_of_what_was_run_opens_with_its_figures_inside(course: Path) -> None:
    done = recording("export", cwd=course)
    assert done.returncode == 0 and "redact, then export that" in done.stdout
    path = course / "recordings" / "02_trees" / "2026-11-24-180000" / "02_trees.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == ["x = 1", "1 / 0", "display(late)"]
    assert base64.b64decode(code[0].outputs[0].data["image/png"]) == PNG
    assert code[1].outputs[0].ename == "ZeroDivisionError" and code[1].metadata.jaxstudy.time == 61.0
    assert code[2].outputs[0].text == "half\n… 12 bytes left out\n"


def test_a_cell_shows_what_was_left_of_it_after_clearing_and_updating() -> None:
    def output(**data: object) -> Event:
        return Event(1.0, "output", {"parent": 1, **data})

    events = (
        Event(0.0, "run", {"n": 1, "source": "…"}),
        output(type="stream", name="stdout", text="gone"),
        output(type="clear", wait=True),
        output(type="display_data", text="before", display="d"),
        output(type="display_data", text="after", display="d", update=True),
        output(type="stream", name="stdout", text="a"),
        output(type="stream", name="stdout", text="b"),
    )
    notebook = nbformat.reads(notebook_of(Recording(Path("nowhere"), Header("02"), events)), as_version=4)
    shown, printed = notebook.cells[-1].outputs
    assert shown.data["text/plain"] == "after" and printed.text == "ab"


def test_a_cast_has_a_header_times_that_rise_and_markers(course: Path) -> None:
    assert recording("export", "--to", "cast", "--out", "talk.cast", cwd=course).returncode == 0
    header, *events = [json.loads(line) for line in (course / "talk.cast").read_text().splitlines()]
    assert header["version"] == 2 and header["width"] and header["timestamp"] == 1795543200
    assert [time for time, _, _ in events] == sorted(time for time, _, _ in events)
    assert [text for _, code, text in events if code == "m"] == ["the good part"]
    shown = "".join(text for _, code, text in events if code == "o")
    assert "1 / 0\r\n" in shown and "ZeroDivisionError" in shown and "[a dot]" in shown
    assert "\n" not in shown.replace("\r\n", "")
