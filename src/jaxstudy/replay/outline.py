"""A bare transcript → the first hour of work: where its sections may be, what was asked, what was given to do.

Nothing here knows the lecture. Sections are cut where the words change (kernel change points over character TF-IDF);
their titles are the words that mark them off. All of it is a draft for a person.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jaxstudy.replay.alignment import opening
from jaxstudy.replay.common import common_words
from jaxstudy.replay.similarity import similarities
from jaxstudy.replay.transcript import Segment, Transcript

TYPICAL = 210.0
"""Seconds: how long a section is on the whole, where nobody says how many there are."""
_BLOCK, _BLOCKS = 15.0, 600
"""Seconds of a block: boundaries lie between blocks, each of which starts with a sentence. Talks of more than two and a
half hours get longer blocks, not more: time grows with the square of their number."""
_LONGEST = 2.5
"""Times the length of an average section."""
_OPENS = 0.02
_WORD = re.compile(r"[^\W\d_][\w.'’-]*\w")
_QUESTION = re.compile(
    r"\b(there('s| is| was) (also )?(a|another|one) question|(a|the|another) question (from|in|on|about|is)"
    r"|(someone|somebody|people) (is |are )?asking)\b",
    re.IGNORECASE,
)
_CALL = re.compile(r"\bany (\w+ )?questions?\b|\bquestions so far\b|\bcall for questions\b", re.IGNORECASE)
_TAG = re.compile(r"\b(right|okay|ok|yeah|make sense|makes sense|is this|is it|huh)\?$", re.IGNORECASE)
_HOMEWORK = re.compile(
    r"\b(home ?works?|assignments?|exercises? for you|your task|(for|by|until) next (week|time)|at home)\b"
    r"|\bplease (consider (?!posting|checking|sharing|asking)|do try|try)\b"
    r"|(^|[.?!] |\bso )try to (convert|implement|find|port|write|build|train)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A section that was found."""

    start: float
    end: float
    words: tuple[str, ...]
    """What marks it off from the rest, the strongest first."""
    first: str
    """The sentence it starts with."""

    @property
    def title(self) -> str:
        """A draft of a title."""
        return ", ".join(self.words[:4])


@dataclass(frozen=True, slots=True)
class Outline:
    """A talk at a glance. Segments carry the second and the words."""

    parts: tuple[Part, ...]
    questions: tuple[Segment, ...]
    """What was asked, by the audience or among the speakers."""
    calls: tuple[Segment, ...]
    """Where the speaker asked for questions."""
    homework: tuple[Segment, ...]
    terms: tuple[tuple[str, int, float], ...]
    """Names and unusual words to check: spelling, how often, first second."""


def outline(transcript: Transcript, sections: int | None = None) -> Outline:
    """The outline.

    Args:
        sections: How many; default: one for every TYPICAL seconds.
    """
    segments = transcript.segments
    blocks = _blocks(segments)
    wanted = sections or max(round(transcript.seconds / TYPICAL), 1)
    cuts = _cuts(blocks, min(wanted, len(blocks)))
    groups = [
        [segment for block in blocks[a:b] for segment in block]
        for a, b in zip(cuts, [*cuts[1:], len(blocks)], strict=True)
    ]
    words = _marking([" ".join(one.text for one in group) for group in groups])
    parts = tuple(
        Part(group[0].start, group[-1].end, mark, group[0].text) for group, mark in zip(groups, words, strict=True)
    )
    calls = tuple(one for one in segments if _CALL.search(one.text))
    asked = tuple(one for one in segments if one not in calls and _asks(one.text))
    tasks = tuple(one for one in segments if _HOMEWORK.search(one.text))
    return Outline(parts, asked, calls, tasks, tuple(_unusual(segments)))


def _asks(text: str) -> bool:
    if _QUESTION.search(text):
        return True
    asked = [part for part in re.split(r"(?<=[.?!])\s+", text) if part.endswith("?")]
    return any(len(part.split()) >= 4 and not _TAG.search(part) for part in asked)


def _blocks(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Runs of segments of about _BLOCK seconds."""
    length = max(_BLOCK, (segments[-1].end - segments[0].start) / _BLOCKS)
    blocks: list[list[Segment]] = []
    for segment in segments:
        if blocks and segment.end - blocks[-1][0].start <= length:
            blocks[-1].append(segment)
        else:
            blocks.append([segment])
    return blocks


def _cuts(blocks: Sequence[Sequence[Segment]], wanted: int) -> list[int]:
    """The first block of each of `wanted` sections: the cut with the most likeness inside of sections.

    Likeness inside is the sum of the kernel over a section's pairs of blocks divided by its length, as in kernel change
    point detection (Arlot, Celisse, Harchaoui 2019, section 3); dynamic programming finds the best cut exactly.
    """
    texts = [" ".join(segment.text for segment in block) for block in blocks]
    kernel = similarities(texts, texts)
    total = len(blocks)
    area = np.zeros((total + 1, total + 1))
    area[1:, 1:] = kernel.cumsum(axis=0).cumsum(axis=1)
    gain = _OPENS * np.sign(opening([block[0] for block in blocks]))
    reach = math.ceil(_LONGEST * total / wanted)  # no section longer than this: keeps ten hours of talk quick
    best = np.full((wanted + 1, total + 1), -np.inf)
    came = np.zeros((wanted + 1, total + 1), dtype=np.intp)
    best[0, 0] = 0.0
    for end in range(1, total + 1):
        starts = np.arange(max(0, end - reach), end)
        diagonal = np.diagonal(area)
        inside = (diagonal[end] - 2 * area[starts, end] + diagonal[starts]) / (end - starts)
        reached = best[:-1, starts] + (inside + gain[starts])[None, :]
        came[1:, end] = starts[reached.argmax(axis=1)]
        best[1:, end] = reached.max(axis=1)
    return _traced(best, came, wanted, total)


def _traced(best: NDArray[np.float64], came: NDArray[np.intp], wanted: int, total: int) -> list[int]:
    count = max(number for number in range(1, wanted + 1) if np.isfinite(best[number, total]))
    cuts, end = [], total
    for number in range(count, 0, -1):
        end = int(came[number, end])
        cuts.append(end)
    return cuts[::-1]


def _marking(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """For each text, the words that are more its own than the others': by G² against the rest, five of them."""
    counts = [Counter(_lowered(text)) for text in texts]
    whole = sum(counts, Counter[str]())
    size = sum(whole.values()) or 1
    result = []
    for own in counts:
        length = sum(own.values()) or 1
        scores = {}
        for word, count in own.items():
            expected = whole[word] * length / size
            if count >= 2 and len(word) > 2 and count > expected:
                scores[word] = count * math.log(count / expected)
        result.append(tuple(sorted(scores, key=lambda word: (-scores[word], word))[:6]))
    return result


def _lowered(text: str) -> list[str]:
    """Words as they are written most simply: small letters, except where capitals stand inside (`PyTorch`, `JAX`)."""
    return [word if re.search(r".[A-Z]", word) else word.lower() for word in _WORD.findall(text) if _tells(word)]


def _tells(word: str) -> bool:
    return word.lower() not in common_words() and not re.search(r"['’](s|re|ve|ll|m|d|t)$", word)


def _unusual(segments: Sequence[Segment]) -> list[tuple[str, int, float]]:
    """Words with a capital or a digit within a sentence: names, libraries, code; what a recogniser gets wrong."""
    found: dict[str, tuple[int, float]] = {}
    for segment in segments:
        for sentence in re.split(r"(?<=[.?!])\s+", segment.text):
            for number, word in enumerate(re.findall(r"@?[^\W_][\w.'’-]*\w", sentence)):
                inside = re.search(r".[A-Z0-9@_.]", word) or (number and word[0].isupper())
                if inside and _tells(word) and not word.replace(".", "").isdigit():
                    count, first = found.get(word, (0, segment.start))
                    found[word] = (count + 1, first)
    return sorted(((word, *entry) for word, entry in found.items()), key=lambda one: (one[0].lower(), one[0]))
