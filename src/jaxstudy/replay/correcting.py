"""A transcript and a glossary → a corrected transcript, and every edit for a person to look at."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxstudy.replay.glossary import Form, Glossary
from jaxstudy.replay.transcript import Segment, Transcript, clock

_AROUND = 40
"""Characters of the neighbouring segments that guards see: recognisers cut sentences anywhere."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One place where the glossary changed the words."""

    index: int
    """Of the segment."""
    start: float
    """Seconds."""
    at: int
    """Character in the segment's raw text."""
    heard: str
    written: str
    form: Form

    def __str__(self) -> str:
        return f"[{clock(self.start)}] {self.heard} → {self.written}"


def correct(transcript: Transcript, glossary: Glossary) -> tuple[Transcript, tuple[Edit, ...]]:
    """The transcript with misheard terms written as they are spelt, and the edits in order.

    It starts from the raw text each time: a glossary applied twice, or a changed one, does what it does at once.
    """
    rules = [(form, form.pattern) for form in sorted(glossary.forms, key=lambda form: -len(form.words))]
    known = [re.compile(rf"(?<!\w){re.escape(term)}(?!\w)") for term in glossary.terms]
    raws = [segment.raw for segment in transcript.segments]
    edits: list[Edit] = []
    segments: list[Segment] = []
    for index, segment in enumerate(transcript.segments):
        before = raws[index - 1][-_AROUND:] if index else ""
        after = raws[index + 1][:_AROUND] if index + 1 < len(raws) else ""
        found = _edits(raws[index], f"{before} {raws[index]} {after}", rules, known)
        here = [Edit(index, segment.start, at, heard, written, form) for at, heard, written, form in found]
        edits += here
        segments.append(segment.saying(_applied(raws[index], here)))
    return transcript.saying(segments), tuple(edits)


_Rules = Sequence[tuple[Form, re.Pattern[str]]]


def _edits(
    text: str, around: str, rules: _Rules, known: Sequence[re.Pattern[str]]
) -> Iterator[tuple[int, str, str, Form]]:
    """Longest form first; a place that was taken, protected or right already is not touched again."""
    hits = [(form, hit) for form, pattern in rules for hit in pattern.finditer(text)]
    if not hits:
        return
    taken = list[tuple[int, int, int]]()  # start, end, length of the words that took it
    for pattern in known:
        taken += [(hit.start(), hit.end(), hit.end() - hit.start()) for hit in pattern.finditer(text)]
    chosen = []
    for form, hit in sorted(hits, key=lambda pair: (pair[1].start() - pair[1].end(), pair[1].start())):
        size = hit.end() - hit.start()
        if any(start < hit.end() and hit.start() < end and length >= size for start, end, length in taken):
            continue
        if any(guard.search(around) for guard in form.not_when):
            taken.append((hit.start(), hit.end(), size))
        elif not form.only_when or any(guard.search(around) for guard in form.only_when):
            taken.append((hit.start(), hit.end(), size))
            chosen.append((hit.start(), hit[0], written_for(form, hit), form))
    yield from sorted(chosen, key=lambda edit: edit[0])


def written_for(form: Form, hit: re.Match[str]) -> str:
    """The term with the hit's plural; with its capital, where the term has none of its own (`Matrix` → `Metrics`)."""
    term = form.term + (hit.groupdict().get("plural") or "")
    plain = form.term == form.term.lower() and form.term.replace(" ", "").isalpha()
    return term[0].upper() + term[1:] if plain and hit[0][0].isupper() and not form.exact else term


def _applied(text: str, edits: Sequence[Edit]) -> str:
    for edit in reversed(edits):
        text = text[: edit.at] + edit.written + text[edit.at + len(edit.heard) :]
    return text


def diff(transcript: Transcript) -> str:
    """What was heard against what is written now, as a unified diff with a time on each line; empty without edits."""
    heard = [f"[{clock(segment.start)}] {segment.raw}" for segment in transcript.segments]
    written = [str(segment) for segment in transcript.segments]
    name = transcript.path.name
    lines = difflib.unified_diff(heard, written, f"{name} (as heard)", f"{name} (corrected)", n=0, lineterm="")
    return "".join(f"{line}\n" for line in lines)
