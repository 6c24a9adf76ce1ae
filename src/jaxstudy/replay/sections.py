"""A lecture → what is said where: its sections and steps, as texts to compare a transcript with."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jaxstudy.course import Lecture, Slide, Step

_TITLE, _TERMS = 2, 2
"""How often titles and key terms count against prose and code: they are what a presenter says."""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a lecture that can be talked about."""

    id: str
    """A step id: of a slide's first step, or of the step itself."""
    title: str
    text: str
    """All words and names that a presenter may say there; what counts double stands twice."""
    steps: tuple[Section, ...] = ()


def sections_of(lecture: Lecture) -> tuple[Section, ...]:
    """One section a slide, in order, each with its steps. Slides without a heading belong to the slide before."""
    groups: list[list[Slide]] = []
    for slide in lecture.slides:
        if slide.title or not groups:
            groups.append([slide])
        else:
            groups[-1].append(slide)
    return tuple(_section(group, lecture.header.terms) for group in groups)


def _section(slides: list[Slide], terms: Mapping[str, tuple[str, ...]]) -> Section:
    title = slides[0].title or slides[0].id
    steps = tuple(_step(step) for slide in slides for step in slide.steps if step.slide_type != "skip")
    words = section_text(title, terms.get(title, ()), [step.text for step in steps])
    # Notes belong to the whole slide: nobody can say at which of its cells they are spoken.
    shown = {step.id for slide in slides for step in slide.steps if step.slide_type != "notes"}
    return Section(slides[0].id, title, words, tuple(step for step in steps if step.id in shown))


def section_text(title: str, terms: tuple[str, ...] | list[str], rest: list[str]) -> str:
    """The words of a section, with its title and key terms counted double."""
    return " \n".join([title] * _TITLE + [" ".join(terms)] * _TERMS + rest)


def _step(step: Step) -> Section:
    text = " ".join(_names(step.source)) if step.kind == "code" else _prose(step.source)
    return Section(step.id, step.id, text)


def _prose(source: str) -> str:
    return _ADDRESS.sub(" ", _COMMENT.sub(" ", source))


def _names(source: str) -> Iterator[str]:
    """What of the code is said aloud: names, attributes, texts and comments."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # magics, `!pip`, cells that show an error
        yield source
        return
    for node in ast.walk(tree):
        yield from _said(node)
    yield from re.findall(r"#\s*(.+)", source)


def _said(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)) | ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.name for alias in names)
        case ast.Constant(value=str(text)):
            yield text


def identifiers(lecture: Lecture) -> tuple[str, ...]:
    """Names in the lecture's code that one says aloud: attributes, functions, classes of four letters or more."""
    found: dict[str, None] = {}
    for step in lecture:
        if step.kind != "code":
            continue
        try:
            tree = ast.parse(step.source)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            name = getattr(node, "attr", None) or (
                node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else None
            )
            if isinstance(name, str) and len(name) >= 4 and not name.startswith("_"):
                found.setdefault(name)
    return tuple(found)


def terms_of(lecture: Lecture) -> tuple[str, ...]:
    """The lecture's own words: key terms and concepts of its header, names of its code."""
    header = lecture.header
    concepts = [concept.replace("-", " ") for concept in header.introduces]
    said = [term for terms in header.terms.values() for term in terms]
    # Names of one plain word (`model`, `where`) are like half of what anybody says.
    names = [name for name in identifiers(lecture) if re.search(r".[A-Z0-9_]", name)]
    return tuple(dict.fromkeys([*said, *concepts, *names]))
