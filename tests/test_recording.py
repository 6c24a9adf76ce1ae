"""The recording's file: written event by event, read after a crash, trimmed, shifted, redacted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxstudy.errors import InputError
from jaxstudy.recording import Event, Header, Writer, in_use, read_recording, redacted, shifted, trimmed

HEADER = Header("02_functions", "2026-11-24T18:00:00+00:00", more={"room": "B 12"})
EVENTS = [
    Event(0.0, "slide", {"step": "slope-1"}),
    Event(1.5, "run", {"step": "slope-2", "n": 1, "source": "grad(f)(3.0)"}),
    Event(1.625, "output", {"parent": 1, "text": "6.0 – φ"}),
    Event(4.0, "wave", {"of": "another program"}),
    Event(6.0, "slide", {"step": "trees-1"}),
    Event(7.0, "mark", {"text": "live"}),
    Event(9.0, "question", {"text": "why?"}),
]


def written(path: Path, events: list[Event] = EVENTS) -> Path:
    with Writer(path, HEADER) as recorder:
        for event in events:
            recorder.write(event)
    return path


def test_what_was_written_is_read_kinds_that_are_not_known_included(tmp_path: Path) -> None:
    found = read_recording(written(tmp_path / "talk.jsonl"))
    assert found.header == HEADER and list(found.events) == EVENTS and found.torn == ""


def test_each_line_is_json_and_the_header_comes_first(tmp_path: Path) -> None:
    lines = written(tmp_path / "talk.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["jaxstudy-recording"] == 1
    assert json.loads(lines[2]) == [1.5, "run", {"step": "slope-2", "n": 1, "source": "grad(f)(3.0)"}]


def test_blank_lines_and_remarks_are_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path / "talk.jsonl")
    path.write_text("# a remark\n\n" + path.read_text().replace("\n", "\n\n# another\n", 1))
    assert list(read_recording(path).events) == EVENTS


def test_a_recorder_that_is_killed_leaves_all_it_wrote(tmp_path: Path) -> None:
    program = """
        import sys, time
        from pathlib import Path
        from jaxstudy.recording import Event, Header, Writer
        recorder = Writer(Path(sys.argv[1]), Header("02"))
        for at in range(100):
            recorder.write(Event(float(at), "mark"))
        print("written", flush=True)
        time.sleep(60)
    """
    path = tmp_path / "talk.jsonl"
    command = [sys.executable, "-c", dedent(program), str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "written\n"
        process.send_signal(signal.SIGKILL)
    assert len(read_recording(path).events) == 100


@given(st.integers(min_value=1))
@settings(max_examples=60, deadline=None)
def test_cut_anywhere_it_reads_up_to_the_last_whole_line(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    path = written(tmp_path_factory.mktemp("cut") / "talk.jsonl")
    data = path.read_bytes()
    head = data.index(b"\n") + 1
    whole = data[: head + cut % (len(data) - head + 1)]
    path.write_bytes(whole)
    found = read_recording(path)
    complete = whole.count(b"\n") - 1
    # A last line that lacks only its line end is whole too.
    assert list(found.events) in (EVENTS[:complete], EVENTS[: complete + 1])
    assert bool(found.torn) == (not whole.endswith(b"\n") and len(found.events) == complete)


def test_a_recorder_that_starts_again_goes_on_after_the_last_whole_line(tmp_path: Path) -> None:
    path = written(tmp_path / "talk.jsonl", EVENTS[:3])
    with path.open("a") as file:
        file.write('[3.0, "outp')
    with Writer(path, Header("other")) as recorder:
        recorder.write(EVENTS[3])
    found = read_recording(path)
    assert list(found.events) == EVENTS[:4] and found.header == HEADER


def test_a_file_of_which_nothing_whole_is_left_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "talk.jsonl").write_text('{"jaxstudy-rec')
    assert list(read_recording(written(tmp_path / "talk.jsonl")).events) == EVENTS


def test_broken_lines_in_the_middle_are_all_reported(tmp_path: Path) -> None:
    path = written(tmp_path / "talk.jsonl")
    lines = path.read_text().splitlines()
    lines[2], lines[4] = "[1.5, 7, {}]", '[NaN, "mark", {}]'
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError) as caught:
        read_recording(path)
    assert [problem.line for problem in caught.value.problems] == [3, 5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a header line, got an empty file"),
        ('{"version": 2}\n', "talk.jsonl:1: expected"),
        ("[" * 50_000, "talk.jsonl:1: expected"),
        ('{"jaxstudy-recording": 9}\n', "expected version 1 or older, got version 9"),
    ],
)
def test_what_is_no_recording_is_said_to_be_none(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "talk.jsonl").write_text(text)
    with pytest.raises(InputError) as caught:
        read_recording(tmp_path / "talk.jsonl")
    assert words in str(caught.value)


def test_trimming_keeps_the_notebook_and_the_slide_as_they_stood(tmp_path: Path) -> None:
    found = list(trimmed(EVENTS, 5.0, 8.0))
    assert [(one.time, one.kind) for one in found] == [
        (0.0, "run"), (0.0, "output"), (0.0, "slide"), (1.0, "slide"), (2.0, "mark"),
    ]  # fmt: skip
    assert found[2].step == "slope-1"
    assert [one.kind for one in trimmed(EVENTS, 100.0)] == ["run", "output", "slide"]


@given(st.floats(-1e4, 1e4), st.floats(0, 20))
def test_shifting_and_trimming_lose_no_time_and_never_go_below_zero(seconds: float, start: float) -> None:
    assert [one.data for one in shifted(EVENTS, seconds)] == [one.data for one in EVENTS]
    assert all(
        one.time == max(before.time + seconds, 0) for one, before in zip(shifted(EVENTS, seconds), EVENTS, strict=True)
    )
    assert all(one.time >= 0 for one in trimmed(EVENTS, start))
    assert list(trimmed(EVENTS, 0.0)) == EVENTS


def test_redacting_reaches_every_text_however_deep_and_no_key(tmp_path: Path) -> None:
    deep = Event(1.0, "output", {"home": [{"text": "in /home/anna/x.py by anna"}], "n": 3, "anna": None})
    (found,) = redacted([deep], r"/home/\w+", "anna", by=r"\1")
    assert found.data == {"home": [{"text": r"in \1/x.py by \1"}], "n": 3, "anna": None}


def test_redacting_looks_past_the_colours_of_a_terminal() -> None:
    text = "in \x1b[32m/home/\x1b[39manna\x1b[0m/x.py by \x1b[31manna\x1b[39m."
    (found,) = redacted([Event(1.0, "output", {"text": text})], r"/home/anna", r"\banna\b")
    assert found.data["text"] == "in \x1b[32m…\x1b[39m\x1b[0m/x.py by \x1b[31m…\x1b[39m."


def test_what_is_kept_is_not_looked_into() -> None:
    (found,) = redacted([Event(1.0, "output", {"figure": "figures/anna.png"})], "anna", keep=("figure",))
    assert found.data == {"figure": "figures/anna.png"}


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    with Writer(path, HEADER) as first:
        with pytest.raises(BlockingIOError):
            Writer(path, HEADER)
        first.write(EVENTS[0])
        assert in_use(path) and list(read_recording(path).events) == EVENTS[:1]
    assert not in_use(path) and not in_use(tmp_path / "none")


def test_a_disk_that_is_full_leaves_whole_lines(tmp_path: Path) -> None:
    program = """
        import resource, signal, sys
        from pathlib import Path
        from jaxstudy.recording import Event, Header, Writer
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
        recorder = Writer(Path(sys.argv[1]), Header("02"))
        try:
            for at in range(1000):
                recorder.write(Event(float(at), "mark", {"text": "x" * 100}))
        except OSError as error:
            print(at, error.strerror)
        recorder.close()
    """
    path = tmp_path / "talk.jsonl"
    done = subprocess.run([sys.executable, "-c", dedent(program), str(path)], capture_output=True, text=True)
    written_events, _, why = done.stdout.partition(" ")
    assert why == "File too large\n", done.stderr
    found = read_recording(path)
    assert len(found.events) == int(written_events) and found.torn == "" and path.read_bytes().endswith(b"\n")
