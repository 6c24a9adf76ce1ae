"""How alike two texts are, letter by letter: TF-IDF over runs of three to five characters.

Characters, not words: recognisers write FLAGS for Flax and pi trees for pytrees, and most of the letters are still
there. Measured on a real talk, this beats words, BM25 and sentence embeddings, at a hundredth of the cost of the last.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from jaxstudy.replay.common import common_words

Scores: TypeAlias = NDArray[np.float64]
_LENGTHS = (3, 4, 5)
_WORD = re.compile(r"[^\W_]+")


def grams(text: str) -> Counter[str]:
    """How often each run of 3 to 5 characters stands in the words that tell something, edges included as spaces."""
    found: Counter[str] = Counter()
    common = common_words()
    for word in _WORD.findall(text.lower()):
        if word in common:
            continue
        edged = f" {word} "
        for length in _LENGTHS:
            if len(edged) <= length:
                found[edged] += 1
                break  # a short word counts once, not once for each length
            found.update(edged[at : at + length] for at in range(len(edged) - length + 1))
    return found


def similarities(spoken: Sequence[str], written: Sequence[str]) -> Scores:
    """Cosine of every spoken text with every written one, shape (len(spoken), len(written)), each in 0…1."""
    heard, read = [grams(text) for text in spoken], [grams(text) for text in written]
    documents = Counter(gram for counts in (*heard, *read) for gram in counts)
    total = len(heard) + len(read)
    rarity = {gram: math.log((1 + total) / (1 + count)) + 1 for gram, count in documents.items()}
    places: dict[str, list[tuple[int, float]]] = {}
    for column, counts in enumerate(read):
        for gram, weight in _weights(counts, rarity).items():
            places.setdefault(gram, []).append((column, weight))
    there = {gram: (np.array([c for c, _ in found]), np.array([w for _, w in found])) for gram, found in places.items()}
    scores = np.zeros((len(heard), len(read)))
    for row, counts in zip(scores, heard, strict=True):
        for gram, weight in _weights(counts, rarity).items():
            if gram in there:
                columns, others = there[gram]
                row[columns] += weight * others  # a gram names each column once, so none is lost
    return scores


def _weights(counts: Counter[str], rarity: dict[str, float]) -> dict[str, float]:
    """Unit length; a gram that comes ten times counts three times, not ten."""
    raw = {gram: (1 + math.log(count)) * rarity[gram] for gram, count in counts.items()}
    norm = math.sqrt(math.fsum(weight * weight for weight in raw.values())) or 1.0
    return {gram: weight / norm for gram, weight in raw.items()}
