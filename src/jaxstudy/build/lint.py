"""The house's rules for lectures, as findings with file and line. What a browser must judge is in `screen`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from jaxstudy.build.names import parse
from jaxstudy.course import Lecture, Step
from jaxstudy.errors import Problem

CODE_LINES, FUNCTION_LINES, MEDIAN_LINES, FIGURE_LINES, COLUMNS = 25, 40, 8, 10, 88
_TYPED_RATIO = re.compile(r"\b\d+(\.\d+)?\s*(x|×|times)\s+(faster|slower|smaller|larger|bigger)\b", re.IGNORECASE)
_GLOBAL_RANDOM = re.compile(r"\b(np|numpy)\.random\.(seed|rand|randn|randint|normal|uniform|choice|shuffle)\(")
_DRAWS = re.compile(r"\bplt\.|\.plot\(|\.imshow\(|\.bar\(|subplots\(")
_TITLED = re.compile(r"set_title\(|\bplt\.title\(|suptitle\(|title=")
_CLOSING = ("you saw", "open question", "next")

Rule = Callable[[Lecture], Iterator[Problem]]


def lint(lecture: Lecture) -> list[Problem]:
    """Every finding of every rule, by line. The rules don't judge files from elsewhere; code read as prose is told."""
    rules = RULES if lecture.native else ()
    found = [*lecture.doubts, *(problem for rule in rules for problem in rule(lecture))]
    return sorted(found, key=lambda problem: problem.line or 0)


def _at(lecture: Lecture, step: Step | None, expected: str, got: str, do: str) -> Problem:
    return Problem(expected, got, do, lecture.path, step.line if step else 1)


def header_says_what_one_learns(lecture: Lecture) -> Iterator[Problem]:
    """Rule 21: title, two to four outcomes, minutes."""
    header = lecture.header
    if not header.title:
        yield _at(lecture, None, "a title in the header", "none", "add `title:` to the jaxstudy block")
    if not 2 <= len(header.outcomes) <= 4:
        do = 'list what one can do afterwards: "after this you can …"'
        yield _at(lecture, None, "two to four outcomes", str(len(header.outcomes)), do)
    if header.minutes is None:
        yield _at(lecture, None, "minutes in the header", "none", "add `minutes: 60`, say")


def minutes_add_up(lecture: Lecture) -> Iterator[Problem]:
    """The budget of the slides is the lecture's."""
    total = sum(slide.minutes or 0 for slide in lecture.slides)
    if lecture.header.minutes is not None and total != lecture.header.minutes:
        expected = f"slide minutes that add up to {lecture.header.minutes}"
        yield _at(lecture, None, expected, f"{total:g}", "adjust the minutes=… on the slide headings")


def code_is_short(lecture: Lecture) -> Iterator[Problem]:
    """Rule 22: at most 25 lines a cell (40 for one function), half of the cells at most 8, no line over 88."""
    sizes = []
    for step in _code(lecture):
        lines = step.source.strip().splitlines()
        sizes.append(len(lines))
        limit = FUNCTION_LINES if _is_one_function(step) else CODE_LINES
        if len(lines) > limit:
            do = "move the long part to snippets/ and import it"
            yield _at(lecture, step, f"at most {limit} lines of code in a cell", str(len(lines)), do)
        wide = next((number for number, line in enumerate(lines) if len(line) > COLUMNS), None)
        if wide is not None:
            at = Problem(
                f"code lines of at most {COLUMNS} columns", str(len(lines[wide])), "break the line", lecture.path
            )
            yield Problem(at.expected, at.got, at.do, lecture.path, step.line + wide)
    if sizes and sorted(sizes)[len(sizes) // 2] > MEDIAN_LINES:
        got = str(sorted(sizes)[len(sizes) // 2])
        yield _at(
            lecture, None, f"code cells of {MEDIAN_LINES} lines in the median", got, "one idea per cell: split some"
        )


def prose_between_code(lecture: Lecture) -> Iterator[Problem]:
    """Rule 23: prose → code → output → a sentence; a second code cell only times, plots or proves the first.

    In two columns (`jx-two`) code stands beside code: what is said below them is about both.
    """
    side_by_side = {step.id for slide in lecture.slides if "jx-two" in slide.steps[0].source for step in slide.steps}
    shown = [step for step in lecture if step.slide_type not in ("notes", "skip") and "remove-cell" not in step.tags]
    for first, second, third in zip(shown, shown[1:], [*shown[2:], None], strict=False):
        both = first.kind == second.kind == "code" and first.id not in side_by_side
        if both and third is not None and third.kind == "code":
            yield _at(
                lecture, third, "prose between code cells", "three code cells in a row", "say what the output shows"
            )
        elif both and not _serves_the_first(second):
            do = "say between them what the first one showed, or tag the second hide-input"
            yield _at(lecture, second, "prose between two code cells", "none", do)


def ratios_are_computed(lecture: Lecture) -> Iterator[Problem]:
    """Rule 24: a number about speed or size comes from a cell."""
    for step in lecture:
        found = _TYPED_RATIO.search(step.source) if step.kind == "markdown" else None
        if found:
            do = "compute the ratio in a cell and print it"
            yield _at(lecture, step, "a computed ratio", f"{found.group(0)!r} typed in prose", do)


def claims_are_asserted(lecture: Lecture) -> Iterator[Problem]:
    """Rules 24 and 27: the lecture proves what it says, and shows at least one error."""
    if not any("assert" in step.source for step in _code(lecture)):
        yield _at(lecture, None, "claims as asserts", "no assert in the lecture", "prove what the prose says")
    if not any(step.must_raise for step in lecture):
        do = "show the wrong call in its own cell, then its cure"
        yield _at(lecture, None, "a cell tagged raises-exception", "none", do)


def figures_conclude(lecture: Lecture) -> Iterator[Problem]:
    """Rule 28: a figure's cell is short, and its title states the conclusion."""
    for step in _code(lecture):
        if not _DRAWS.search(step.source) or "def " in step.source:
            continue
        if len(step.source.strip().splitlines()) > FIGURE_LINES:
            do = "move the drawing to snippets/ and call it"
            yield _at(lecture, step, f"a figure cell of at most {FIGURE_LINES} lines", "more", do)
        if "show" not in step.source and not _TITLED.search(step.source) and "alt" not in step.metadata:
            yield _at(lecture, step, "a figure whose title states the conclusion", "no title", "add ax.set_title(…)")


def randomness_is_explicit(lecture: Lecture) -> Iterator[Problem]:
    """Rule 29: keys, or a generator with a seed; no global state."""
    for step in _code(lecture):
        found = _GLOBAL_RANDOM.search(step.source)
        if found:
            do = "use a jax.random key, or numpy.random.default_rng(seed)"
            yield _at(lecture, step, "explicit randomness", found.group(0).rstrip("("), do)


def exercises_are_checked(lecture: Lecture) -> Iterator[Problem]:
    """Rule 30: an exercise is followed by its check."""
    code = list(_code(lecture))
    for step, following in zip(code, [*code[1:], None], strict=False):
        if "exercise" in step.tags and (following is None or "check" not in following.tags):
            do = "follow it with a cell of asserts tagged check"
            yield _at(lecture, step, "a check after the exercise", "none", do)


def slides_have_notes(lecture: Lecture) -> Iterator[Problem]:
    """Rule 31: every slide with a time budget tells the presenter what to ask and what to skip."""
    for slide in lecture.slides:
        if slide.minutes and not slide.notes:
            do = "add a notes cell: what to ask, what people get wrong, what to skip when late"
            yield _at(lecture, slide.steps[0], "speaker notes on a slide with minutes", "none", do)


def lecture_closes(lecture: Lecture) -> Iterator[Problem]:
    """Rule 33: you saw, open question, next."""
    last = " ".join(step.source.lower() for slide in lecture.slides[-2:] for step in slide.steps)
    missing = [words for words in _CLOSING if words not in last]
    if missing:
        got = f"nothing on {', '.join(missing)}"
        where = lecture.slides[-1].steps[0] if lecture.slides else None
        yield _at(lecture, where, "a last slide: you saw, open question, next", got, "add it")


RULES: tuple[Rule, ...] = (
    header_says_what_one_learns,
    minutes_add_up,
    code_is_short,
    prose_between_code,
    ratios_are_computed,
    claims_are_asserted,
    figures_conclude,
    randomness_is_explicit,
    exercises_are_checked,
    slides_have_notes,
    lecture_closes,
)


def _code(lecture: Lecture) -> Iterator[Step]:
    return (step for step in lecture if step.kind == "code" and "remove-cell" not in step.tags)


def _is_one_function(step: Step) -> bool:
    tree = parse(step.source)
    return tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.FunctionDef | ast.ClassDef)


def _serves_the_first(step: Step) -> bool:
    """Whether the cell only times, plots or proves what stands before it."""
    drawn = bool(_DRAWS.search(step.source)) or "figures" in step.source or "perf_counter" in step.source
    return (
        drawn
        or "assert" in step.source
        or step.source.startswith("%time")
        or bool({"hide-input", "check"} & set(step.tags))
    )
