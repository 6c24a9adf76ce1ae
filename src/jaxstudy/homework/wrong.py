"""`wrong.py`: wrong answers that students really give, and the checks that must catch them.

    import numpy as np                      # before the first answer: for all of them

    # One key n times: n names for one key.
    # caught by: test_split_n, test_split_n_workers
    def split_n(key, n):
        return jnp.stack([key] * n)

`caught by: a, b; perhaps: c` for a check that such an answer passes on one seed and fails on another: training, say.

An answer goes from its comment to the next comment with `caught by:`. It may hold several definitions and globals;
they take the place of the assignment's, whose other names it can use.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from jaxstudy.errors import InputError, Problem, near
from jaxstudy.homework.script import Script

_CAUGHT = re.compile(r"^#\s*caught by:\s*(?P<names>[^;]*)(;\s*perhaps:\s*(?P<perhaps>.*))?$")
LEAST = 3
"""A homework with fewer wrong answers has not been thought about."""


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """One wrong answer to an assignment."""

    belief: str
    """What the student thinks, in the author's words."""
    functions: tuple[str, ...]
    """What it defines."""
    caught_by: tuple[str, ...]
    """The checks that must lose points, and no others."""
    perhaps: tuple[str, ...]
    """Checks that may lose points or not."""
    source: str
    """Code to stand behind the assignment's."""
    path: Path
    line: int

    @property
    def name(self) -> str:
        """`split_n (line 12)`."""
        return f"{', '.join(self.functions)} (line {self.line})"


def wrong_answers(path: Path, script: Script, checks: Sequence[str]) -> tuple[WrongAnswer, ...]:
    """All answers in a file; none when there is no file.

    Args:
        path: the file, usually `wrong.py`.
        script: the assignment that the answers are wrong for.
        checks: the names of all its checks.

    Raises:
        InputError: no Python, unknown checks or functions, an answer without a belief (all problems).
    """
    if not path.is_file():
        return ()
    text = path.read_text(encoding="utf-8-sig")
    try:
        ast.parse(text)
    except SyntaxError as error:
        raise InputError(Problem("Python", error.msg, "mend the file", path, error.lineno)) from error
    known = _defined(script.text)
    answers = tuple(_answers(path, text.splitlines()))
    problems = [problem for answer in answers for problem in _problems(answer, known, checks)]
    if len(answers) < LEAST:
        do = "write down what students get wrong; a check that no wrong answer fails may check nothing"
        problems.append(Problem(f"at least {LEAST} wrong answers", str(len(answers)), do, path))
    if problems:
        raise InputError(*problems)
    return answers


def _answers(path: Path, lines: list[str]) -> Iterator[WrongAnswer]:
    starts = [_start(lines, number) for number, line in enumerate(lines) if _CAUGHT.match(line)]
    prelude = "\n".join(lines[: starts[0]] if starts else [])
    for first, last in pairwise([*starts, len(lines)]):
        block = lines[first:last]
        marked = next(number for number, line in enumerate(block) if _CAUGHT.match(line))
        belief = " ".join(line.lstrip("# ").strip() for line in block[:marked]).strip()
        found = _CAUGHT.match(block[marked])
        assert found is not None
        code = "\n".join(block[marked + 1 :]).strip("\n")
        caught, perhaps = _names(found["names"]), _names(found["perhaps"] or "")
        yield WrongAnswer(belief, tuple(_defined(code)), caught, perhaps, f"{prelude}\n\n{code}\n", path, first + 1)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _start(lines: list[str], marked: int) -> int:
    """The first line of the comment that a `caught by:` ends."""
    while marked and lines[marked - 1].startswith("#"):
        marked -= 1
    return marked


def _defined(code: str) -> list[str]:
    body = ast.parse(code).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def _problems(answer: WrongAnswer, known: Sequence[str], checks: Sequence[str]) -> Iterator[Problem]:
    if not answer.belief:
        do = "say above `caught by:` what the student thinks"
        yield Problem("a sentence on the wrong answer", "none", do, answer.path, answer.line)
    if not set(answer.functions) & set(known):
        got = ", ".join(answer.functions) or "no function"
        do = f"define one of {', '.join(known)}"
        yield Problem("an answer to the assignment", got, do, answer.path, answer.line)
    for name in (*answer.caught_by, *answer.perhaps):
        if name not in checks:
            got, do = f"{name!r}{near(name, checks)}", f"name some of {', '.join(checks)}"
            yield Problem("the name of a check", got, do, answer.path, answer.line)
    if not answer.caught_by:
        do = "name the checks that must lose points, or remove the answer"
        yield Problem("checks that catch the answer", "none", do, answer.path, answer.line)
