"""Which submissions are alike? A ranking to look at, never a verdict.

    alike = similar_pairs({"ada": ("def …", ".py"), …}, starter)
    write_similarity(alike, folder)

Code is compared by fingerprints of its tokens, without what the starter code gave everyone. What many students wrote
in the same way counts little: an idiom of the lecture is no sign of copying.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.homework.many.records import Records
from jaxstudy.homework.reports.pages import render
from jaxstudy.homework.similarity.fingerprints import code_of, fingerprints_of, tokens_of

__all__ = ["Pair", "Work", "read_works", "similar_pairs", "write_similarity"]
SHOWN = 40
"""So many pairs get a page, and stand in the ranking."""
_FEWEST = 4
"""Less in common than so many fingerprints is chance."""


@dataclass(frozen=True, slots=True)
class Work:
    """One student's code, taken apart."""

    key: str
    student: str
    code: str
    prints: Mapping[int, frozenset[int]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two works, how alike they are, and which lines are."""

    score: float
    """0 to 1: the share of the smaller work, by weight, that the other has too."""
    common: int
    """Fingerprints in common."""
    left: Work
    right: Work
    left_lines: frozenset[int]
    right_lines: frozenset[int]


def read_works(records: Records, starter: str = "") -> list[Work]:
    """The graded sources of a class, without what the starter has.

    Args:
        starter: the script that students started from.
    """
    known = set(fingerprints_of(tokens_of(starter)))
    works = []
    for key, result in records.read_all().items():
        for path in sorted(records.sources.glob(f"{key}.*")):
            if path.suffix in (".py", ".ipynb") and not result.unreadable:
                code = code_of(path.read_text(encoding="utf-8-sig"), path.suffix)
                prints = {name: at for name, at in fingerprints_of(tokens_of(code)).items() if name not in known}
                works.append(Work(key, result.student, code, prints))
    return works


def similar_pairs(works: Sequence[Work], most: int = SHOWN) -> list[Pair]:
    """The most alike pairs, the most alike first."""
    import numpy as np
    from scipy import sparse

    holders = Counter(name for work in works for name in work.prints)
    columns = {name: column for column, name in enumerate(holders)}
    places = [(row, columns[name]) for row, work in enumerate(works) for name in work.prints]
    if not places:
        return []
    # What few wrote weighs most. What everyone wrote weighs next to nothing, but a class that all copied still shows.
    weights = np.array([math.log((len(works) + 1) / count) for count in holders.values()])
    rows, cols = np.array(places).T
    has = sparse.csr_matrix((np.ones(len(rows)), (rows, cols)), shape=(len(works), len(columns)))
    own = has @ weights
    shared = np.triu((has.multiply(weights) @ has.T).toarray(), 1)
    counts = (has @ has.T).toarray()
    shared[counts < _FEWEST] = 0
    scores = shared / np.maximum(np.minimum.outer(own, own), 1e-12)
    found = sorted(((-scores[i, j], works[i].key, works[j].key, i, j) for i, j in zip(*scores.nonzero(), strict=True)))
    return [_pair(-score, works[i], works[j]) for score, _, _, i, j in found[:most]]


def _pair(score: float, left: Work, right: Work) -> Pair:
    names = left.prints.keys() & right.prints.keys()
    return Pair(min(1.0, float(score)), len(names), left, right, _lines(left, names), _lines(right, names))


def _lines(work: Work, names: set[int]) -> frozenset[int]:
    return frozenset(line for name in names for line in work.prints[name])


def write_similarity(pairs: Sequence[Pair], title: str, folder: Path) -> Path:
    """Write `similarity.html`, the ranking, and `similarity/NN.html`, each pair side by side. Gives the ranking."""
    pages = folder / "similarity"
    for path in pages.glob("*.html"):
        path.unlink()
    for number, pair in enumerate(pairs, 1):
        sides = [
            (work, [(text, line in lines) for line, text in enumerate(work.code.splitlines(), 1)])
            for work, lines in ((pair.left, pair.left_lines), (pair.right, pair.right_lines))
        ]
        write_atomically(pages / f"{number:02}.html", render("pair.html.j2", title=title, pair=pair, sides=sides))
    ranking = folder / "similarity.html"
    write_atomically(ranking, render("similarity.html.j2", title=title, pairs=list(pairs)))
    return ranking
