"""New heard-as forms for a person to judge: words of a talk that sound or look like a term of the course."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.errors import InputError, Problem
from jaxstudy.replay.common import common_words
from jaxstudy.replay.glossary import Glossary, load_glossary
from jaxstudy.replay.transcript import Transcript, clock

_SHORT = re.compile(r"'(re|ve|ll|t|m|d)$")
_ENDING = re.compile(r"(s|es|d|ed|e?r|e|y|ly|ing|ion|ors?|ers|ings|ions|ize|izer|able|al|tion)?")
LEAST = 0.76
"""0…1: forms below are not worth a person's time."""
_WORD = re.compile(r"[@\w][\w.'’-]*\w|\w")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A form and the term it may stand for."""

    heard: str
    term: str
    likeness: float
    """0…1, of letters and of sound."""
    count: int
    """How often it was said."""
    start: float
    """Seconds, of the first time."""
    around: str
    """The words it was first said among."""

    def __str__(self) -> str:
        return f"{self.heard} → {self.term} ({self.count} ×, first at {clock(self.start)})"


def suggest(
    transcript: Transcript, glossary: Glossary | None, terms: Iterable[str], most: int = 40
) -> list[Suggestion]:
    """Forms that the glossary does not have yet, the likeliest first. `transcript` is best a corrected one.

    Spelling and sound are compared (rapidfuzz, metaphone): most misheard terms are good English words, which a spelling
    checker passes and a machine must not change by itself.
    """
    wanted = list(dict.fromkeys([*(glossary.terms if glossary else ()), *terms]))
    known = {form.words.lower() for form in glossary.forms} if glossary else set()
    right = {_flat(term) for term in wanted}
    best: dict[str, tuple[float, str]] = {}
    places = _phrases(transcript)
    keyed = [(term, _flat(term), _sound(term)) for term in wanted if len(_flat(term)) >= 3]
    by_size: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for entry in keyed:
        by_size[len(entry[1])].append(entry)
    for phrase in places:
        flat = _flat(phrase)
        if phrase in known or flat in right or (flat.endswith("s") and flat[:-1] in right):
            continue
        # A misheard word has about as many letters as the word: anything else is compared in vain.
        near = [entry for size in range(len(flat) - 3, len(flat) + 4) for entry in by_size.get(size, ())]
        score, term = max(((_likeness(phrase, flat, entry), entry[0]) for entry in near), default=(0.0, ""))
        if score >= LEAST:
            best[phrase] = (score, term)
    found = [_suggestion(transcript, phrase, *best[phrase], places[phrase]) for phrase in _without_longer(best)]
    return sorted(found, key=lambda one: (-round(one.likeness + min(one.count, 10) / 100, 2), one.start))[:most]


def _phrases(transcript: Transcript) -> dict[str, list[int]]:
    """One to three words in a row, in small letters → segments where they are said; not those of common words alone."""
    found: dict[str, list[int]] = defaultdict(list)
    common = common_words()
    for index, segment in enumerate(transcript.segments):
        words = [word.lower().replace("’", "'") for word in _WORD.findall(segment.text)]
        words = [word.split("'")[0] if _SHORT.search(word) else word for word in words]
        for size in (1, 2, 3):
            for at in range(len(words) - size + 1):
                part = words[at : at + size]
                if part[0] in common or part[-1] in common or sum(map(len, part)) < 3:
                    continue
                found[" ".join(part)].append(index)
    return found


def _likeness(phrase: str, flat: str, entry: tuple[str, str, str]) -> float:
    from rapidfuzz import fuzz

    term, letters, sound = entry
    if _part_of(phrase, flat, term, letters):
        return 0.0
    spelt = fuzz.ratio(flat, letters) / 100
    if spelt < 0.4:
        return 0.0
    heard = fuzz.ratio(_sound(phrase), sound) / 100
    # Vowels are what recognisers get wrong, so sound counts more; short sounds agree by chance, so letters must too.
    weight = 0.6 if len(sound) >= 3 else 0.4
    return weight * heard + (1 - weight) * spelt


def _part_of(phrase: str, flat: str, term: str, letters: str) -> bool:
    """Whether one is a word of the other, or its plural: `dense` beside nn.Dense is nothing misheard."""
    words = {_flat(word) for word in _spoken(term).split()}
    return flat in words or letters in {_flat(word) for word in phrase.split()} or _inflected(flat, letters)


def _inflected(one: str, other: str) -> bool:
    """Whether two words differ by an ending only: `compiler` beside compile is another word, not a misheard one."""
    stem = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return stem >= 3 and all(_ENDING.fullmatch(word[stem:]) for word in (one, other))


def _without_longer(best: dict[str, tuple[float, str]]) -> list[str]:
    """Without phrases that only add words to a phrase which is as good (`the pi tree` beside `pi tree`)."""
    kept = []
    for phrase, (score, term) in best.items():
        words = phrase.split()
        parts = [" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, len(words) + 1)]
        if not any(
            part != phrase and part in best and best[part][1] == term and best[part][0] >= score for part in parts
        ):
            kept.append(phrase)
    return kept


def _suggestion(transcript: Transcript, phrase: str, score: float, term: str, places: Sequence[int]) -> Suggestion:
    segment = transcript.segments[places[0]]
    at = max(segment.text.lower().find(phrase.split()[0]) - 30, 0)
    around = segment.text[at : at + 60 + len(phrase)].strip()
    return Suggestion(phrase, term, score, len(places), segment.start, around)


def _flat(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _sound(text: str) -> str:
    import jellyfish

    spoken = _spoken(text).lower().replace("x", "ks")
    return jellyfish.metaphone(spoken).replace(" ", "")


def _spoken(term: str) -> str:
    """`nn.ConvTranspose2d` → `nn Conv Transpose 2d`: as words."""
    return re.sub(r"([a-z])([A-Z0-9])|[_.\-@]", r"\1 \2", term)


def accept(path: Path, pairs: Sequence[tuple[str, str]]) -> Path:
    """Write forms into the glossary, under their terms; comments and layout stay, new terms come last.

    Args:
        pairs: (heard, term).

    Raises:
        InputError: the glossary is broken, or would be with these forms; it is left as it was.
    """
    import tomlkit

    if path.exists():
        load_glossary(path)
    document = tomlkit.parse(path.read_text(encoding="utf-8-sig")) if path.exists() else tomlkit.document()
    if "term" not in document:
        document["term"] = tomlkit.aot()
    entries = document["term"]
    for heard, term in pairs:
        entry = next((one for one in entries if one.get("term") == term), None)
        if entry is None:
            entry = tomlkit.table().add("term", term).add("heard-as", tomlkit.array())
            entries.append(entry)
            entry = entries[-1]
        if "heard-as" not in entry:
            entry["heard-as"] = tomlkit.array()
        entry["heard-as"].append(heard)
    return _written_if_sound(path, tomlkit.dumps(document))


def _written_if_sound(path: Path, text: str) -> Path:
    trial = path.with_name(f".{path.name}.trial")
    write_atomically(trial, text)
    try:
        load_glossary(trial)
    except InputError as error:
        raise InputError(*(Problem(one.expected, one.got, one.do, path, one.line) for one in error.problems)) from error
    finally:
        trial.unlink(missing_ok=True)
    write_atomically(path, text)
    return path


def pair_of(word: str) -> tuple[str, str]:
    """(heard, term) of `pi tree=pytree`.

    Raises:
        InputError: no `=`, or nothing on one side of it.
    """
    heard, equals, term = (part.strip() for part in word.partition("="))
    if not (heard and equals and term):
        raise InputError(Problem('"heard=term"', repr(word), 'write --accept "pi tree=pytree"'))
    return heard, term
