"""A talk against its lecture: chapters, steps, recordings, outlines. Lecture and talk are invented."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jaxstudy.course import Course, Lecture
from jaxstudy.errors import InputError
from jaxstudy.recording import Event, Header, Writer
from jaxstudy.replay.alignment import align
from jaxstudy.replay.chapters import Chapter, Chapters, StepStart, read_chapters, write_chapters, youtube
from jaxstudy.replay.charting import chart, chart_recording
from jaxstudy.replay.outline import outline
from jaxstudy.replay.outline_page import outline_page
from jaxstudy.replay.sections import Section, sections_of, terms_of
from jaxstudy.replay.transcript import Segment, Transcript

SCRIPT = """\
# %% [markdown] slideshow={"slide_type": "slide"}
# # Queens
#
# One queen lays all the eggs of a colony.

# %% slideshow={"slide_type": "fragment"}
queen_eggs = lay_eggs(queen)

# %% [markdown] slideshow={"slide_type": "slide"}
# # Honey
#
# Nectar becomes honey when water leaves it.

# %% slideshow={"slide_type": "fragment"}
honey = evaporate(nectar)

# %% [markdown] slideshow={"slide_type": "slide"}
# # Dancing
#
# A waggle dance tells direction and distance.

# %% slideshow={"slide_type": "fragment"}
direction, distance = waggle_dance(sun)
"""
HEADER = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   jaxstudy:
#     title: Bees
#     introduces: [waggle-dance]
#     terms: {Queens: [royal jelly], Honey: [sugar], Dancing: [sun, angle]}
# ---
"""
QUEENS = ["So let us begin with the queen.", "She lays eggs, and royal jelly made her queen.", "Queens lay many eggs."]
HONEY = ["Now for the honey.", "Nectar is sugar and water.", "Honey is what stays when the water evaporates."]
DANCING = ["Next, the waggle dance.", "The angle to the sun tells the direction.", "And its length the distance."]


def talk(*sentences: str, each: float = 10.0) -> Transcript:
    segments = (Segment(each * at, each * (at + 1), words) for at, words in enumerate(sentences))
    return Transcript(Path("talk.vtt"), tuple(segments))


WHOLE = talk(*QUEENS, *HONEY, *DANCING)


@pytest.fixture
def bees(lecture: Callable[..., Lecture]) -> Lecture:
    return lecture(SCRIPT, name="01_bees.py", header=HEADER)


def starts(chapters: Chapters) -> list[tuple[float, str]]:
    return [(chapter.start, chapter.title) for chapter in chapters.chapters]


def test_sections_are_found_in_order_with_their_steps(bees: Lecture) -> None:
    found = chart(WHOLE, bees).chapters
    assert starts(found) == [(0.0, "Queens"), (30.0, "Honey"), (60.0, "Dancing")]
    assert found.not_taught == () and found.lecture == "01_bees"
    assert {one.step for chapter in found.chapters for one in chapter.steps} <= {step.id for step in bees}
    assert all(0 < chapter.confidence <= 1 for chapter in found.chapters)


def test_a_section_that_was_not_taught_is_named(bees: Lecture) -> None:
    found = chart(talk(*QUEENS, *DANCING), bees).chapters
    assert starts(found) == [(0.0, "Queens"), (30.0, "Dancing")]
    assert found.not_taught == ("honey-1",)


def test_a_misheard_talk_is_placed_all_the_same(bees: Lecture) -> None:
    mangled = [words.replace("queen", "queue in").replace("honey", "hunny").replace("waggle", "wiggle") for words in
               (*QUEENS, *HONEY, *DANCING)]  # fmt: skip
    assert [start for start, _ in starts(chart(talk(*mangled), bees).chapters)] == [0.0, 30.0, 60.0]


def test_terms_and_code_of_a_lecture_are_what_a_talk_is_compared_with(bees: Lecture) -> None:
    queens, *_ = sections_of(bees)
    assert "royal jelly" in queens.text and "lay_eggs" in queens.text
    assert [step.id for step in queens.steps] == ["queens-1", "queens-2"]
    assert {"royal jelly", "waggle dance"} <= set(terms_of(bees))


def test_what_a_person_settled_is_kept_when_it_is_aligned_again(bees: Lecture, tmp_path: Path) -> None:
    first = chart(WHOLE, bees).chapters
    moved = [replace(first.chapters[0]), replace(first.chapters[1], start=40.0, title="Sweet"), first.chapters[2]]
    own = Chapter(50.0, "", "A break")
    path = write_chapters(replace(first, chapters=(*moved[:2], own, moved[2])), tmp_path / "talk.chapters.toml")
    again = chart(WHOLE, bees, read_chapters(path))
    assert starts(again.chapters) == [(0.0, "Queens"), (40.0, "Sweet"), (50.0, "A break"), (60.0, "Dancing")]
    assert again.kept == 4 and again.chapters.not_taught == ()


def test_a_changed_lecture_keeps_its_chapters_and_gets_new_ones(bees: Lecture, lecture: Callable[..., Lecture]) -> None:
    first = chart(WHOLE, bees).chapters
    old = replace(first, chapters=(first.chapters[0], first.chapters[2]))  # honey was removed: it is found again
    text = SCRIPT.replace("# # Dancing", "# # Dancing bees").replace("# # Queens", "# # Monarchs of the hive")
    changed = lecture(text, name="01_bees.py", header=HEADER.replace("Queens:", '"Monarchs of the hive":'))
    again = chart(WHOLE, changed, old)
    assert ("Dancing", "Dancing bees") in again.renamed and again.gone == ("Queens",)
    assert (60.0, "Dancing bees") in starts(again.chapters) and (0.0, "Queens") in starts(again.chapters)
    assert any(chapter.section == "honey-1" for chapter in again.chapters.chapters)


def test_a_section_listed_as_not_taught_stays_so(bees: Lecture) -> None:
    first = chart(WHOLE, bees).chapters
    without = replace(first, chapters=(first.chapters[0], first.chapters[2]), not_taught=("honey-1",))
    assert starts(chart(WHOLE, bees, without).chapters) == [(0.0, "Queens"), (60.0, "Dancing")]


def test_chapters_of_a_lecture_that_was_turned_round_are_kept_where_they_are(bees: Lecture) -> None:
    first = chart(WHOLE, bees).chapters
    turned = replace(bees, slides=(bees.slides[2], bees.slides[0], bees.slides[1]))
    assert starts(chart(WHOLE, turned, first).chapters) == starts(first)


def test_pins_hold_and_nothing_runs_past_them() -> None:
    sections = [Section(name, name, f"{name} {name}") for name in ("queen", "honey", "dance")]
    placed = align(WHOLE.segments, sections, {1: 50.0})
    assert (50.0, 1) in [(one.start, one.index) for one in placed]
    assert all(one.start >= 50.0 for one in placed if one.index >= 1)


@settings(max_examples=40, deadline=None)
@given(
    words=st.lists(st.sampled_from([*QUEENS, *HONEY, *DANCING, "…", "yes?", "żółć 蜂"]), min_size=1, max_size=25),
    titles=st.lists(st.sampled_from(["queen", "honey", "dance", "", "so", "蜂"]), max_size=6),
    pin=st.one_of(st.none(), st.tuples(st.integers(0, 5), st.floats(0, 200))),
)
def test_whatever_is_said_placed_sections_ascend_and_leave_no_gap(
    words: list[str], titles: list[str], pin: tuple[int, float] | None
) -> None:
    heard = talk(*words)
    sections = [Section(f"{at}", title, title) for at, title in enumerate(titles)]
    pins = {pin[0]: pin[1]} if pin and pin[0] < len(titles) else {}
    placed = align(heard.segments, sections, pins)
    assert bool(placed) == bool(titles)
    assert [one.index for one in placed] == sorted({one.index for one in placed})
    if placed:
        assert placed[0].start == 0.0 and placed[-1].end == heard.seconds
        assert all(a.end == b.start for a, b in pairwise(placed))
        assert all(0.0 <= one.confidence <= 1.0 + 1e-9 for one in placed)
        assert set(pins) <= {one.index for one in placed}


def test_a_recording_rules_and_only_its_clock_is_looked_for(bees: Lecture) -> None:
    long = talk(*[words for part in (QUEENS, HONEY, DANCING) for words in part * 8])
    ahead = 100.0  # the recording was started so long before the video
    events = [
        Event(ahead, "slide", {"step": "queens-1"}),
        Event(ahead + 30, "run", {"step": "queens-2"}),
        Event(ahead + 240, "slide", {"step": "honey-1"}),
        Event(ahead + 480, "slide", {"step": "dancing-1"}),
        Event(ahead + 482, "slide", {"step": "honey-1"}),  # a key hit twice
        Event(ahead + 483, "slide", {"step": "dancing-1"}),
    ]
    charted = chart_recording(long, bees, events)
    assert charted.offset is not None and abs(charted.offset.seconds - ahead) <= 15
    settled = chart_recording(long, bees, events, ahead)
    assert settled.offset is None and settled.chapters.offset == ahead
    assert [(one.start, one.section) for one in settled.chapters.chapters] == [
        (0.0, "queens-1"), (240.0, "honey-1"), (483.0, "dancing-1"),
    ]  # fmt: skip
    assert StepStart("queens-2", 30.0) in settled.chapters.chapters[0].steps


def test_edited_chapters_of_a_recording_are_kept_until_its_clock_is_set_otherwise(bees: Lecture) -> None:
    events = [Event(10.0, "slide", {"step": "queens-1"}), Event(40.0, "slide", {"step": "honey-1"})]
    first = chart_recording(WHOLE, bees, events, 10.0).chapters
    assert starts(first) == [(0.0, "Queens"), (30.0, "Honey")] and first.not_taught == ("dancing-1",)
    edited = replace(first, chapters=(first.chapters[0], replace(first.chapters[1], start=33.0, title="Sweet")))
    assert starts(chart_recording(WHOLE, bees, events, None, edited).chapters) == [(0.0, "Queens"), (33.0, "Sweet")]
    assert starts(chart_recording(WHOLE, bees, events, 5.0, edited).chapters) == [(5.0, "Queens"), (35.0, "Honey")]


def test_a_recording_without_slides_leaves_the_words_to_decide(bees: Lecture) -> None:
    assert chart_recording(WHOLE, bees, [Event(1.0, "mark")]).chapters == chart(WHOLE, bees).chapters


CHAPTERS = Chapters(
    "01_bees",
    "talk.vtt",
    (
        Chapter(0.0, "queens-1", 'Queens "and" \\ drones', 0.5, (StepStart("queens-2", 3.5),)),
        Chapter(70.0, "honey-1", "Honey <b>"),
        Chapter(140.0, "dancing-1", "Dancing"),
    ),
    ("wax-1",),
    12.5,
)


def test_chapters_come_back_as_they_were_written(tmp_path: Path) -> None:
    assert read_chapters(write_chapters(CHAPTERS, tmp_path / "talk.chapters.toml")) == CHAPTERS


def test_all_that_is_wrong_with_a_chapters_file_is_reported(tmp_path: Path) -> None:
    path = write_chapters(CHAPTERS, tmp_path / "talk.chapters.toml")
    text = path.read_text().replace('start = "0:01:10"', 'start = "1:99"').replace("confidence = 0.5", "confidense = 1")
    path.write_text(text.replace('start = "0:02:20"', 'start = "0:00:00"').replace('title = "Dancing"', "title = 3"))
    with pytest.raises(InputError) as caught:
        read_chapters(path)
    text = str(caught.value)
    assert "did you mean 'confidence'" in text and "'1:99'" in text and 'title = "…", got 3' in text
    assert "starts that ascend" in text


def test_youtube_gets_chapters_it_takes(tmp_path: Path) -> None:
    assert youtube(CHAPTERS, tmp_path) == '0:00 Queens "and" \\ drones\n1:10 Honey ‹b›\n2:20 Dancing\n'
    late = replace(CHAPTERS, chapters=tuple(replace(one, start=one.start + 3600) for one in CHAPTERS.chapters))
    assert youtube(late, tmp_path).splitlines()[:2] == ["0:00:00 Before we start", '1:00:00 Queens "and" \\ drones']


def test_youtube_would_refuse_too_few_or_too_short_chapters_so_we_say_it(tmp_path: Path) -> None:
    short = replace(CHAPTERS, chapters=(*CHAPTERS.chapters, Chapter(149.9, "", "End")))
    with pytest.raises(InputError, match="expected 10 s a chapter or more, got 9 s for 'Dancing'"):
        youtube(short, tmp_path)
    with pytest.raises(InputError, match="expected 3 chapters or more, got 2"):
        youtube(replace(CHAPTERS, chapters=CHAPTERS.chapters[:2]), tmp_path)


def test_an_outline_cuts_where_the_subject_changes_and_finds_questions_and_homework() -> None:
    said = [*QUEENS * 8, "Any questions?", "There is a question from Anna.", *HONEY * 8]
    said += ["What does a bee weigh in the end?", *DANCING * 8, "As homework, please build a hive with Varroa."]
    found = outline(talk(*said), sections=3)
    assert [round(part.start) for part in found.parts] == pytest.approx([0, 260, 510], abs=30)
    assert "honey" in found.parts[1].words or "water" in found.parts[1].words
    assert [one.text for one in found.questions] == [
        "There is a question from Anna.",
        "What does a bee weigh in the end?",
    ]
    assert [one.text for one in found.calls] == ["Any questions?"]
    assert [one.text for one in found.homework] == ["As homework, please build a hive with Varroa."]
    assert {"Anna", "Varroa"} <= {word for word, _, _ in found.terms}


@pytest.mark.parametrize("said", [["Bees."], ["<script>|x|</script> *bees* {{ 1 }} `rm`"] * 3])
def test_an_outline_of_next_to_nothing_is_a_page_without_markup_of_its_own(said: list[str]) -> None:
    page = outline_page(talk(*said), outline(talk(*said)), [])
    assert "<script" not in page and "## Sections" in page


def test_the_commands_go_from_a_log_to_chapters_and_each_says_what_is_next(bees: Lecture, course: Course) -> None:
    log = "".join(f"[00:{at * 10 // 60:02}:{at * 10 % 60:02}.000 --> 00:{(at * 10 + 9) // 60:02}:{(at * 10 + 9) % 60:02}.000]  "
                  f"{one.text}\n" for at, one in enumerate(WHOLE.segments))  # fmt: skip
    (course.root / "talk.txt").write_text(log.replace("waggle", "wagon"))

    def jaxstudy(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "jaxstudy", "replay", *words]
        return subprocess.run(command, cwd=course.root, capture_output=True, text=True, timeout=60)

    read = jaxstudy("transcript", "talk.txt")
    assert read.returncode == 0 and "next: jaxstudy replay glossary talk.transcript.vtt" in read.stdout, read.stderr
    without = jaxstudy("glossary", "talk.transcript.vtt")
    assert without.returncode == 2 and "[[term]] with term" in without.stderr
    words = jaxstudy("glossary", "talk.transcript.vtt", "--accept", "wagon dance=waggle dance")
    assert "1 place corrected" in words.stdout, words.stderr
    assert "+[0:01:00] Next, the waggle dance." in (course.root / "talk.glossary.diff").read_text()
    found = jaxstudy("align", "talk.corrected.vtt", "01")
    assert found.returncode == 0 and "talk.chapters.toml" in found.stdout and "next:" in found.stdout, found.stderr
    assert (course.root / "talk.youtube.txt").read_text() == "0:00 Queens\n0:30 Honey\n1:00 Dancing\n"
    again = jaxstudy("align", "talk.corrected.vtt", "01")
    assert "3 chapters kept" in again.stdout
    with Writer(course.root / "talk.jsonl", Header("01_bees")) as recorder:
        recorder.write(Event(5.0, "slide", {"step": "honey-1"}))
    recorded = jaxstudy("align", "talk.corrected.vtt", "01", "--recording", "talk.jsonl", "--offset", "0")
    assert "0:00:05  100%  Honey" in recorded.stdout and "not taught queens-1" in recorded.stdout
    drafted = jaxstudy("outline", "talk.txt", "--sections", "3")
    assert drafted.returncode == 0 and "talk.outline.md" in drafted.stdout and "next:" in drafted.stdout
    missing = jaxstudy("transcribe", "no.mp4")
    assert missing.returncode == 2 and "expected an audio or video file" in missing.stderr
