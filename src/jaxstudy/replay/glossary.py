"""`glossary.toml`: the course's words, and what recognisers make of them.

    [[term]]
    term = "Flax"
    heard-as = ["FLAGS", { form = "flags", only-when = ["inside of", "recap"] }]
    not-when = ["global", "a flag"]

A form with a capital is matched as it is written, one without matches any case; `case = "exact"` or `case = "any"` says
otherwise. Guards are regular expressions, searched in the words around: `not-when` protects what stands there, whatever
other rules say; `only-when` lets the rule work nowhere else. A term's guards hold for all its forms.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxstudy.errors import InputError, Problem, near

FILE = "glossary.toml"
_TERM_KEYS = ("term", "heard-as", "not-when", "only-when", "case")
_FORM_KEYS = ("form", "not-when", "only-when", "case")
_CASES = ("exact", "any")


@dataclass(frozen=True, slots=True)
class Form:
    """One way a term is misheard."""

    words: str
    term: str
    exact: bool
    """Whether capitals must agree."""
    not_when: tuple[re.Pattern[str], ...] = ()
    only_when: tuple[re.Pattern[str], ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """The form as whole words; its plural too, where the form is a plain word in small letters."""
        words = r"[\s-]+".join(re.escape(word) for word in self.words.split())
        plural = "(?P<plural>s)?" if not self.exact and self.words[-1:].isalpha() and self.words[-1:] != "s" else ""
        return re.compile(rf"(?<!\w){words}{plural}(?!\w)", 0 if self.exact else re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Glossary:
    """All terms and forms of a file."""

    path: Path
    terms: tuple[str, ...]
    forms: tuple[Form, ...]

    def __str__(self) -> str:
        return f"{self.path.name}: {len(self.terms)} terms, {len(self.forms)} heard-as forms"


def load_glossary(path: Path) -> Glossary:
    """The glossary in the file.

    Raises:
        InputError: no such file, no TOML, unknown keys, forms that are given twice, guards that are no regular
            expressions: all of them.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except OSError as error:
        do = 'write one: [[term]] with term = "Flax" and heard-as = ["FLAGS"]'
        raise InputError(Problem("a glossary", error.strerror or str(error), do, path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        line = re.search(r"line (\d+)", str(error))
        got = str(error)
        raise InputError(Problem("TOML", got, "see toml.io", path, int(line[1]) if line else None)) from error
    reader = _Reader(path, text)
    glossary = reader.glossary(raw)
    if reader.problems:
        raise InputError(*reader.problems)
    return glossary


class _Reader:
    """Checks one value at a time and writes down what is wrong."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.lines, self.problems = path, text.splitlines(), list[Problem]()
        self.starts = [number for number, line in enumerate(self.lines, 1) if line.strip() == "[[term]]"]
        self.at = 1

    def wrong(self, expected: str, got: str, do: str) -> None:
        self.problems.append(Problem(expected, got, do, self.path, self.at))

    def glossary(self, raw: dict[str, Any]) -> Glossary:
        for key in sorted(set(raw) - {"term"}):
            self.wrong("nothing but [[term]] tables", repr(key) + near(key, ["term"]), "rename or remove it")
        entries = raw.get("term", [])
        if not isinstance(entries, list):
            self.wrong("[[term]] tables", repr(entries)[:60], "write [[term]] with double brackets")
            entries = []
        terms: list[str] = []
        forms: list[Form] = []
        for number, entry in enumerate(entries):
            self.at = self.starts[number] if number < len(self.starts) else 1
            term = entry.get("term") if isinstance(entry, dict) else None
            if not isinstance(term, str) or not term.strip():
                self.wrong('term = "…"', repr(entry)[:60], "name the term as it is spelt")
                continue
            if term in terms:
                self.wrong("every term once", f"{term!r} again", "join the two")
            terms.append(term)
            forms += self.forms(term, entry)
        self.clashes(forms)
        return Glossary(self.path, tuple(terms), tuple(forms))

    def forms(self, term: str, entry: dict[str, Any]) -> Iterator[Form]:
        self.known(entry, _TERM_KEYS)
        heard = entry.get("heard-as", [])
        if not isinstance(heard, list):
            self.wrong("heard-as as a list", repr(heard), f'write heard-as = ["…"] under {term!r}')
            return
        for item in heard:
            own = {"form": item} if isinstance(item, str) else item
            words = own.get("form") if isinstance(own, dict) else None
            if not isinstance(words, str) or not words.strip():
                self.wrong('a form "…" or { form = "…" }', repr(item), f"mend heard-as of {term!r}")
            elif " ".join(words.split()) == term:
                self.wrong("forms that differ from the term", repr(words), "remove it: it is right already")
            else:
                self.known(own, _FORM_KEYS)
                yield self.form(term, " ".join(words.split()), entry, own)

    def form(self, term: str, words: str, entry: dict[str, Any], own: dict[str, Any]) -> Form:
        case = own.get("case", entry.get("case"))
        if case not in (None, *_CASES):
            self.wrong('case = "exact" or "any"', repr(case), f"mend the case of {words!r}")
        exact = case == "exact" or (case is None and words != words.lower())
        not_when = self.guards(entry, "not-when") + self.guards(own, "not-when", entry)
        only_when = self.guards(own, "only-when") or self.guards(entry, "only-when")
        return Form(words, term, exact, not_when, only_when)

    def guards(
        self, table: dict[str, Any], key: str, same: dict[str, Any] | None = None
    ) -> tuple[re.Pattern[str], ...]:
        value = table.get(key, []) if table is not same else []
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            self.wrong(f"{key} as a list of texts", repr(value), f'write {key} = ["…"]')
            return ()
        patterns = []
        for one in value:
            try:
                patterns.append(re.compile(one, re.IGNORECASE))
            except re.error as error:
                self.wrong("a regular expression", f"{one!r} ({error})", "escape its special characters with a \\")
        return tuple(patterns)

    def known(self, table: dict[str, Any], keys: tuple[str, ...]) -> None:
        for key in sorted(set(table) - set(keys)):
            self.wrong(f"one of {', '.join(keys)}", repr(key) + near(key, keys), "rename or remove the key")

    def clashes(self, forms: list[Form]) -> None:
        """The same form for two terms can only be meant where guards tell them apart."""
        first: dict[str, Form] = {}
        for form in forms:
            other = first.setdefault(form.words if form.exact else form.words.lower(), form)
            if other is not form and not (form.only_when and other.only_when):
                got = f"{form.words!r} for {other.term!r} and for {form.term!r}"
                self.wrong("a form for one term", got, "give both an only-when, or remove one")
