"""Transcripts in every format, whole and broken. The talk in them is invented."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import webvtt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jaxstudy.errors import InputError, ToolMissing
from jaxstudy.replay.glossary import Form, Glossary
from jaxstudy.replay.reading import read_transcript
from jaxstudy.replay.transcribing import Listening, arguments, transcribe
from jaxstudy.replay.transcript import Segment, Transcript, clock
from jaxstudy.replay.writing import plain_text, vtt

LOG = """\
Detecting language using up to the first 30 seconds
[00:00.000 --> 00:04.000]   Good evening, this is about bees.
[00:04.000 --> 00:09.500]   A hive has one queen,
and some thousand workers.
[00:00:09.500 --> 00:00:12.000]  [BLANK_AUDIO]
"""
SRT = """\
1
00:00:00,000 --> 00:00:04,000
{\\an8}Good evening, this is about <i>bees</i>.

2
00:00:04,000 --> 00:00:09,500
A hive has one queen,
and some thousand workers.
"""
VTT = """\
WEBVTT - bees

NOTE made for a test

first
00:00.000 --> 00:04.000 align:start
<v Anna>Good evening, this is about bees.</v>

00:04.000 --> 00:09.500
A hive has one queen, and some thousand workers.
"""
WHISPER = {
    "text": "…",
    "segments": [
        {"id": 0, "start": 0.0, "end": 4.0, "text": " Good evening, this is about bees."},
        {"id": 1, "start": 4.0, "end": 9.5, "text": " A hive has one queen, and some thousand workers."},
    ],
}
JSON3 = {
    "wireMagic": "pb3",
    "events": [
        {"tStartMs": 0, "dDurationMs": 99000, "id": 1, "wpWinPosId": 1},
        {"tStartMs": 0, "dDurationMs": 4000, "segs": [{"utf8": "Good evening, this"}, {"utf8": " is about bees."}]},
        {"tStartMs": 4000, "dDurationMs": 5500, "segs": [{"utf8": "A hive has one queen, and some thousand workers."}]},
    ],
}
XML = """\
<?xml version="1.0" encoding="utf-8" ?><transcript>
<text start="0" dur="4">Good evening, this is about bees.</text>
<text start="4" dur="5.5">A hive has one queen, and some thousand workers.</text></transcript>"""
XML3 = """\
<timedtext format="3"><body><p t="0" d="4000"><s>Good evening,</s><s t="900"> this is about bees.</s></p>
<p t="4000" d="5500">A hive has one queen, and some thousand workers.</p></body></timedtext>"""
CPP = {
    "transcription": [
        {"offsets": {"from": 0, "to": 4000}, "text": " Good evening, this is about bees."},
        {"offsets": {"from": 4000, "to": 9500}, "text": " A hive has one queen, and some thousand workers."},
    ]
}
CHUNKS = {
    "chunks": [
        {"timestamp": [0.0, 4.0], "text": " Good evening, this is about bees."},
        {"timestamp": [4.0, 9.5], "text": " A hive has one queen, and some thousand workers."},
    ]
}
TALK = [(0.0, 4.0, "Good evening, this is about bees."), (4.0, 9.5, "A hive has one queen, and some thousand workers.")]


def read(tmp_path: Path, content: str | bytes, name: str = "talk.txt") -> Transcript:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_transcript(path)


def spoken(transcript: Transcript) -> list[tuple[float, float, str]]:
    return [(one.start, one.end, one.text) for one in transcript.segments]


def problems(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, content)
    return str(caught.value)


def kinds(transcript: Transcript) -> list[tuple[str, int | None]]:
    return [(one.kind, one.line) for one in transcript.mended]


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (LOG, "Whisper log"),
        (SRT, "SubRip"),
        (VTT, "WebVTT"),
        (json.dumps(WHISPER), "Whisper JSON"),
        (json.dumps(WHISPER["segments"]), "Whisper JSON"),
        (json.dumps(CPP), "Whisper JSON"),
        (json.dumps(CHUNKS), "Whisper JSON"),
        (json.dumps(JSON3), "YouTube json3"),
        (XML, "YouTube timed text"),
        (XML3, "YouTube timed text"),
    ],
)
@pytest.mark.parametrize("disguise", ["plain", "crlf", "bom", "utf-16"])
def test_every_format_gives_the_same_talk_whatever_the_bytes(
    tmp_path: Path, content: str, form: str, disguise: str
) -> None:
    data = content.replace("\n", "\r\n").encode() if disguise == "crlf" else content.encode()
    data = b"\xef\xbb\xbf" + data if disguise == "bom" else data
    data = b"\xff\xfe" + content.encode("utf-16-le") if disguise == "utf-16" else data
    transcript = read(tmp_path, data)
    assert spoken(transcript) == TALK and transcript.format == form


def test_a_blank_is_left_out_and_named_by_its_line(tmp_path: Path) -> None:
    assert kinds(read(tmp_path, LOG)) == [("blank", 5)]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman"])
def test_mojibake_is_read_as_what_it_was(tmp_path: Path, encoding: str) -> None:
    right = "[00:00.000 --> 00:04.000]  Veličković’s café – “naïve” 🙂 costs 5 €"
    wrong = right.encode().decode(encoding, "surrogateescape" if encoding == "cp1252" else "strict")
    # What a careless program does with the five bytes that cp1252 lacks.
    wrong = "".join(chr(ord(c) - 0xDC00) if 0xDC80 <= ord(c) <= 0xDCFF else c for c in wrong)
    transcript = read(tmp_path, wrong)
    assert transcript.segments[0].text == "Veličković’s café – “naïve” 🙂 costs 5 €"
    assert kinds(transcript) == [("mojibake", 1)]


def test_text_that_is_right_is_not_mended(tmp_path: Path) -> None:
    right = "[00:00.000 --> 00:09.000]  «É”, “CAFÉ” — Ω≈√x, Жук, 蜂, São Tomé, pâté"
    transcript = read(tmp_path, right)
    assert transcript.segments[0].text.startswith("«É”, “CAFÉ” — Ω≈√x") and transcript.mended == ()


def test_lines_in_another_encoding_are_read_each_by_itself(tmp_path: Path) -> None:
    data = "[00:00.000 --> 00:02.000]  Größe\n".encode() + "[00:02.000 --> 00:04.000]  Größe\n".encode("cp1252")
    transcript = read(tmp_path, data)
    assert [one.text for one in transcript.segments] == ["Größe", "Größe"]
    assert kinds(transcript) == [("encoding", 2)]


def test_overlaps_loops_and_times_that_go_back_are_put_right_by_line(tmp_path: Path) -> None:
    log = """\
[00:00.000 --> 00:05.000] one hive
[00:04.000 --> 00:06.000] two hives
[00:02.000 --> 00:03.000] between
[00:10.000 --> 00:10.000] no time at all
[00:20.000 --> 00:21.000] thank you for watching
[00:21.000 --> 00:22.000] thank you for watching
[00:22.000 --> 00:23.000] thank you for watching
"""
    transcript = read(tmp_path, log)
    assert kinds(transcript) == [("overlap", 1), ("backwards", 3), ("no length", 4), ("loop", 5)]
    assert [one.text for one in transcript.segments] == [
        "one hive", "between", "two hives", "no time at all", "thank you for watching",
    ]  # fmt: skip
    assert transcript.segments[0].end == 2.0 and transcript.segments[-1].end == 23.0


def test_rolling_captions_are_kept_once(tmp_path: Path) -> None:
    rolling = """\
WEBVTT

00:00.000 --> 00:01.990
a<00:00:00.500><c> hive</c><00:00:01.000><c> has</c>

00:01.990 --> 00:02.000
a hive has

00:02.000 --> 00:04.000
a hive has
one queen and

00:04.000 --> 00:06.000
one queen and
many workers
"""
    assert [one.text for one in read(tmp_path, rolling).segments] == ["a hive has", "one queen and", "many workers"]


def test_all_times_that_cannot_be_read_are_reported_at_once(tmp_path: Path) -> None:
    text = problems(tmp_path, SRT.replace("00:00:00,000", "0:xx").replace("--> 00:00:09,500", "-->"))
    assert "talk.txt:2" in text and "talk.txt:6" in text
    text = problems(tmp_path, LOG.replace("00:04.000]", "00:99.000]"))
    assert "talk.txt:2: expected a time like" in text
    text = problems(tmp_path, json.dumps({"segments": [{"start": "soon", "end": 1, "text": "a"}, {"start": 1}]}))
    assert "entry 1" in text and "entry 2" in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "an empty file"),
        ("Dear all, see you on Monday.", "a file that starts with 'Dear all"),
        (json.dumps(WHISPER)[:90], "expected JSON"),
        ("[" * 100_000, "nested without end"),
        (json.dumps({"title": "bees"}), "the keys title"),
        (XML[:120], "expected XML"),
        ("<html><body>no</body></html>", "<html> without any"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa">]><transcript/>', "document type"),
        ("WEBVTT\n\n00:00.000 --> 00:02.000\n[BLANK_AUDIO]\n", "expected words with times, got none"),
    ],
)
def test_what_is_no_transcript_is_said_to_be_none(tmp_path: Path, content: str, words: str) -> None:
    assert words in problems(tmp_path, content)


def test_a_line_of_50_megabytes_is_refused_and_named(tmp_path: Path) -> None:
    text = problems(tmp_path, b"[00:00.000 --> 00:02.000] bees\n[00:02.000 --> 00:04.000] " + b"z" * 50_000_000)
    assert "talk.txt:2" in text and "50,0" in text


def test_a_caption_as_long_as_a_book_is_refused(tmp_path: Path) -> None:
    book = json.dumps({"segments": [{"start": 0, "end": 2, "text": "z" * 50_000_000}]})
    assert "entry 1 with 50,000,000" in problems(tmp_path, book)


def test_ten_hours_are_read_whole(tmp_path: Path) -> None:
    line = "[{0}:00.000 --> {0}:06.000] sentence number {0} about bees\n"
    text = "".join(line.format(f"{m // 60:02}:{m % 60:02}") for m in range(600))
    transcript = read(tmp_path, text)
    assert len(transcript.segments) == 600 and clock(transcript.seconds) == "9:59:06"


def test_markup_in_captions_never_becomes_markup_again(tmp_path: Path) -> None:
    evil = SRT.replace("bees", "<script>alert(1)</script> & <b onclick=x>bees").replace("one queen", "1 < 2 --> 3")
    evil = evil.replace("some", "&lt;img src=x onerror=alert(2)&gt;")
    written = vtt(read(tmp_path, evil))
    body = written.split("\n", 2)[2]
    assert "<" not in body and "&lt;img" in body and body.count("-->") == 2
    again = read(tmp_path, written, "again.vtt")
    assert "<img src=x onerror=alert(2)>" in again.segments[1].text and "1 < 2 --> 3" in again.segments[1].text


def test_webvtt_py_reads_our_captions_as_we_do(tmp_path: Path) -> None:
    ours = read(tmp_path, LOG)
    theirs = list(webvtt.from_string(vtt(ours)))
    assert [(one.start_in_seconds, one.text) for one in theirs] == [(int(a), text) for a, _, text in TALK]


def test_what_was_heard_travels_in_the_captions(tmp_path: Path) -> None:
    heard = Transcript(tmp_path / "talk.txt", (Segment(0, 1, "pytrees & bees", heard="pi trees <&> --> bees"),))
    again = read(tmp_path, vtt(heard), "talk.corrected.vtt")
    assert again.segments[0].raw == "pi trees <&> --> bees" and again.segments[0].text == "pytrees & bees"
    assert again.name == "talk" and again.beside("chapters.toml").name == "talk.chapters.toml"


def test_plain_text_starts_a_paragraph_after_a_pause(tmp_path: Path) -> None:
    log = "[00:00.000 --> 00:02.000] one.\n[00:02.000 --> 00:03.000] two.\n[00:09.000 --> 00:10.000] three.\n"
    assert plain_text(read(tmp_path, log)) == "[0:00:00] one. two.\n\n[0:00:09] three.\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.sampled_from([LOG, SRT, VTT, XML, XML3, json.dumps(WHISPER), json.dumps(JSON3)]),
    cut=st.integers(0, 400),
    junk=st.binary(max_size=12),
    at=st.integers(0, 400),
)
def test_damaged_files_give_a_clean_talk_or_a_clear_error(
    tmp_path: Path, content: str, cut: int, junk: bytes, at: int
) -> None:
    data = content.encode()[: len(content) - cut % 120]
    data = data[: at % (len(data) + 1)] + junk + data[at % (len(data) + 1) :]
    try:
        transcript = read(tmp_path, data)
    except InputError as error:
        assert error.problems and all(one.expected and one.do for one in error.problems)
        return
    starts = [one.start for one in transcript.segments]
    assert starts == sorted(starts)
    assert all(one.text and one.start < one.end for one in transcript.segments)
    pairs = zip(transcript.segments, transcript.segments[1:], strict=False)
    assert all(a.end <= b.start + 2e-3 for a, b in pairs)
    again = read(tmp_path, vtt(transcript), "again.vtt")
    assert [one.text for one in again.segments] == [one.text for one in transcript.segments]


def test_transcribe_hints_at_the_words_that_are_misheard_most(tmp_path: Path) -> None:
    forms = tuple(Form(words, "Flax", True) for words in ("FLAGS", "Flux"))
    glossary = Glossary(tmp_path / "glossary.toml", ("pytree", "Flax", "x" * 500), forms)
    asked = arguments(Listening(language=None), glossary)
    assert asked["hotwords"] == "Flax, pytree" and asked["language"] is None and asked["vad_filter"]
    assert arguments(Listening(), None)["hotwords"] is None


def test_without_faster_whisper_transcribe_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "faster_whisper" else find(name))
    (tmp_path / "talk.mp4").write_bytes(b"no video")
    with pytest.raises(ToolMissing, match=r"pip install 'faster-whisper>=1\.1'"):
        transcribe(tmp_path / "talk.mp4", Listening())
    with pytest.raises(InputError, match="nothing there"):
        transcribe(tmp_path / "no.mp4", Listening())


def test_times_that_cannot_be_true_are_put_between_their_neighbours_and_no_sentence_leaves_its_place(
    tmp_path: Path,
) -> None:
    whisper = """\
1
00:46:35,540 --> 00:46:54,400
first

2
00:46:54,400 --> 00:48:43,290
second

3
00:48:43,290 --> 00:46:59,520
third

4
00:46:59,520 --> 00:46:52,840
fourth

5
00:46:52,840 --> 00:47:06,080
fifth

6
01:47:06,080 --> 01:47:08,000
sixth

7
00:47:10,000 --> 00:47:12,000
seventh
"""
    transcript = read(tmp_path, whisper)
    assert [one.text for one in transcript.segments] == [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
    ]
    assert transcript.segments[0].start == 2795.54 and transcript.seconds == 2832.0
    assert {one.line for one in transcript.mended if one.kind == "times"} == {6, 10, 14, 18, 22}


def test_a_time_that_was_written_too_early_in_one_cue_is_put_in_the_gap(tmp_path: Path) -> None:
    log = """\
[05:00.000 --> 05:05.000] one hive
[00:05.000 --> 00:08.000] two hives
[05:10.000 --> 05:12.000] three hives
"""
    transcript = read(tmp_path, log)
    assert [one.text for one in transcript.segments] == ["one hive", "two hives", "three hives"]
    assert 305.0 <= transcript.segments[1].start < transcript.segments[1].end <= 310.0
    assert kinds(transcript) == [("times", 2)]


def test_rolling_captions_with_lines_of_one_blank_come_when_they_are_said_and_none_flashes(tmp_path: Path) -> None:
    rolling = (
        "WEBVTT\nKind: captions\n\n"
        "00:00:00.469 --> 00:00:03.169 align:start\n \nhello<00:00:01.469><c> bees</c>\n\n"
        "00:00:03.169 --> 00:00:03.179 align:start\nhello bees\n \n\n"
        "00:00:03.179 --> 00:00:06.500 align:start\nhello bees\nwe<00:00:04.000><c> start</c>\n\n"
    )
    transcript = read(tmp_path, rolling)
    assert [(one.start, one.text) for one in transcript.segments] == [(0.469, "hello bees"), (3.179, "we start")]
    assert all(one.seconds > 0.1 for one in transcript.segments)
