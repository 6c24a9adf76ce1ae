"""Misheard terms, alignment, outline: measured on a real lecture of 92 minutes (JAXSTUDY_DATA), labelled by hand."""

from __future__ import annotations

import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from jaxstudy.course import read_lecture
from jaxstudy.recording import read_recording, shifted
from jaxstudy.replay.alignment import align
from jaxstudy.replay.chapters import Chapter
from jaxstudy.replay.charting import chart, chart_recording
from jaxstudy.replay.clock import find_offset
from jaxstudy.replay.correcting import Edit, correct
from jaxstudy.replay.glossary import Glossary, load_glossary
from jaxstudy.replay.outline import outline
from jaxstudy.replay.reading import read_transcript
from jaxstudy.replay.sections import Section, section_text, sections_of
from jaxstudy.replay.suggesting import suggest
from jaxstudy.replay.transcript import Segment, Transcript

HERE = Path(__file__).parent
Error = tuple[float, str, str]
NOT_TAUGHT = (
    ("Diffusion models", ["noise schedule", "denoise", "sampling", "DDPM", "score"]),
    ("Graph convolutions", ["adjacency", "node features", "message passing", "Cora"]),
    ("Attention", ["query", "key", "value", "softmax", "mask", "heads"]),
)


@dataclass(frozen=True)
class Row:
    what: str
    got: str
    wanted: str = ""


def main() -> list[Row] | str:
    """The figures, or a word on why there are none."""
    data = os.environ.get("JAXSTUDY_DATA")
    truth = tomllib.loads((HERE / "replay_truth.toml").read_text(encoding="utf-8"))
    if not data or not (path := Path(data) / truth["transcript"]).exists():
        return "replay: skipped, since the labelled transcript is not here (JAXSTUDY_DATA names the folder that has it)"
    begun = time.process_time()
    heard = read_transcript(path)
    words = load_glossary(HERE.parent / "glossary.toml")
    corrected, edits = correct(heard, words)
    sections = _sections(truth)
    placed = align(corrected.segments, sections)
    seconds = time.process_time() - begun
    return [
        *_terms(heard, words, edits, [tuple(one) for one in truth["errors"]]),
        *_alignment(heard, sections, [one["start"] for one in truth["section"]], placed),
        Row(f"read, correct and align {heard.words} words, CPU seconds", f"{seconds:.2f}", "≤ 2"),
        *_outline(heard, [one["start"] for one in truth["section"]]),
    ]


def _sections(truth: dict[str, Any]) -> list[Section]:
    found = truth["section"]
    return [
        Section(str(at), one["title"], section_text(one["title"], one["terms"], one.get("code", [])))
        for at, one in enumerate(found)
    ]


def _judged(edits: Iterable[Edit], errors: list[Error]) -> tuple[int, list[Edit]]:
    """How many errors were put right, and the edits that were neither that nor a matter of spelling."""
    left = Counter((round(second), heard.lower(), _plain(meant)) for second, heard, meant in errors)
    fixed, harmful = 0, []
    for edit in edits:
        key = (round(edit.start), edit.heard.lower(), _plain(edit.written))
        if left[key]:
            left[key] -= 1
            fixed += 1
        elif _plain(edit.heard) != _plain(edit.written):
            harmful.append(edit)
    return fixed, harmful


def _plain(text: str) -> str:
    """Letters and digits alone, an `and` as `&`, without a plural: what spelling leaves open."""
    return "".join(c for c in text.lower().replace(" and ", "&") if c.isalnum()).rstrip("s")


def _terms(heard: Transcript, words: Glossary, edits: tuple[Edit, ...], errors: list[Error]) -> list[Row]:
    fixed, harmful = _judged(edits, errors)
    middle = heard.seconds / 2
    first = {form.lower() for second, form, _ in errors if second < middle}
    known = replace(words, forms=tuple(form for form in words.forms if _known(form.words, first)))
    _, half = correct(heard, known)
    late = [error for error in errors if error[0] >= middle]
    out_fixed, out_harmful = _judged([edit for edit in half if edit.start >= middle], late)
    bare = replace(words, forms=())
    proposed = {one.heard for one in suggest(heard, bare, ())}
    within = sum(form.lower() in proposed for _, form, _ in errors)
    return [
        Row(f"misheard terms put right, of {len(errors)}", f"{fixed} ({fixed / len(errors):.0%})", "≥ 85 %"),
        Row("harmful edits", str(len(harmful)) + "".join(f" {edit}" for edit in harmful[:3]), "0"),
        Row("harmful edits in the course's own lectures, which are right", _in_right_words(words), "0"),
        Row(
            "out of sample: forms heard in the first half, on the second",
            f"{out_fixed} of {len(late)} ({out_fixed / len(late):.0%}), {len(out_harmful)} harmful",
        ),
        Row(
            "from terms alone: errors that the 40 best suggestions cover",
            f"{within} of {len(errors)} ({within / len(errors):.0%})",
        ),
    ]


def _in_right_words(words: Glossary) -> str:
    """The glossary let loose on the lectures' prose and notes."""
    count, harmful = 0, []
    for path in sorted((HERE.parent / "lectures").glob("[0-9]*.py")):
        prose = [" ".join(step.source.split()) for step in read_lecture(path) if step.kind == "markdown"]
        said = Transcript(path, tuple(Segment(float(at), at + 1.0, text) for at, text in enumerate(prose)))
        count += said.words
        harmful += _judged(correct(said, words)[1], [])[1]
    return f"{len(harmful)} in {count:,} words" + "".join(f" {edit}" for edit in harmful[:3])


def _known(form: str, heard: set[str]) -> bool:
    return form.lower() in heard or f"{form.lower()}s" in heard


def _alignment(heard: Transcript, sections: list[Section], starts: list[float], placed: list[Any]) -> list[Row]:
    share, errors = _compared(heard, starts, placed)
    apart = np.arange(len(starts)) * heard.seconds / len(starts)
    even = _share(heard, starts, list(apart), list(range(len(starts))))
    sure = [abs(one.start - starts[one.index]) <= 15 for one in placed[1:] if one.confidence >= 0.8]
    strange = [Section(title, title, section_text(title, terms, [])) for title, terms in NOT_TAUGHT]
    mixed = [*sections[:9], strange[0], *sections[9:18], strange[1], *sections[18:27], strange[2], *sections[27:]]
    taught = {mixed[one.index].title for one in align(heard.segments, mixed)}
    named = sum(one.title not in taught for one in strange)
    lost = sum(one.title not in taught for one in sections)
    return [
        Row(f"time in the right one of {len(starts)} sections", f"{share:.1%} (equal parts: {even:.0%})", "≥ 95 %"),
        Row(
            "boundary error, seconds: mean, median, worst",
            f"{errors.mean():.1f}, {np.median(errors):.0f}, {errors.max():.0f}",
            "mean ≤ 12",
        ),
        Row("starts said to be 80 % sure or more that are within 15 s", f"{sum(sure)} of {len(sure)}"),
        Row("sections that were never taught, named as such", f"{named} of {len(strange)}, {lost} taught ones lost"),
    ]


def _compared(heard: Transcript, starts: list[float], placed: list[Any]) -> tuple[float, Any]:
    share = _share(heard, starts, [one.start for one in placed], [one.index for one in placed])
    return share, np.array([abs(one.start - starts[one.index]) for one in placed if one.index])


def _share(heard: Transcript, starts: list[float], found: list[float], index: list[int]) -> float:
    begin = np.array([segment.start for segment in heard.segments])
    true = np.searchsorted(starts, begin, side="right") - 1
    got = np.array(index)[np.searchsorted(found, begin, side="right") - 1]
    seconds = np.array([segment.seconds for segment in heard.segments])
    return float(seconds[true == got].sum() / seconds.sum())


def _outline(heard: Transcript, starts: list[float]) -> list[Row]:
    cuts = [part.start for part in outline(heard).parts][1:]
    even = np.arange(1, len(cuts) + 1) * heard.seconds / (len(cuts) + 1)

    def near(places: Iterable[float]) -> int:
        return sum(min(abs(place - start) for start in starts) <= 30 for place in places)

    got = f"{near(cuts)} of {len(cuts)} (equal parts: {near(even)})"
    return [Row("outline without a lecture: cuts within 30 s of a true boundary", got)]


def sample() -> list[Row]:
    """The sample talk, whose recording knows the truth: what the words alone find of it."""
    folder = HERE.parent / "replays" / "sample"
    heard = read_transcript(folder / "transcript.vtt")
    lecture = read_lecture(HERE.parent / "lectures" / "02_functions.py")
    events = read_recording(folder / "recording.jsonl").events
    true = chart_recording(heard, lecture, events, 0.0).chapters.chapters
    found = chart(heard, lecture).chapters.chapters
    seconds = np.arange(0.0, heard.seconds, 0.5)
    share = np.mean([_section_at(true, second) == _section_at(found, second) for second in seconds])
    starts = {one.section: one.start for one in found}
    errors = [abs(starts[one.section] - one.start) for one in true[1:] if one.section in starts]
    offset = find_offset(heard.segments, sections_of(lecture), list(shifted(events, 60.0)))
    return [
        Row(f"sample of {heard.seconds:.0f} s, words alone: time in the right one of 54 slides", f"{share:.0%}"),
        Row("its boundaries, mean error", f"{np.mean(errors):.0f} s, {len(errors)} of {len(true) - 1} found"),
        Row(
            "its clock, put 60 s ahead: proposed",
            f"{offset.seconds:.0f} s, sure to {offset.confidence:.0%}" if offset else "none",
        ),
    ]


def _section_at(chapters: Sequence[Chapter], second: float) -> str:
    return [one.section for one in chapters if one.start <= second or one is chapters[0]][-1]


def show() -> None:
    small = Table(title="The sample talk, whose recording knows the truth")
    for column in ("", "got"):
        small.add_column(column)
    for row in sample():
        small.add_row(row.what, row.got)
    Console(width=140).print(small)
    found = main()
    if isinstance(found, str):
        print(found)
        return
    table = Table(title="A real talk of 92 minutes, misheard by Whisper")
    for column in ("", "got", "wanted"):
        table.add_column(column)
    for row in found:
        table.add_row(row.what, row.got, row.wanted)
    Console(width=140).print(table)


if __name__ == "__main__":
    sys.exit(show())
