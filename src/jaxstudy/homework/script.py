"""An assignment's script → what solves it, and what students start from.

    def softmax(x):
        # BEGIN SOLUTION
        return jax.nn.softmax(x)
        # STARTER                   (if wanted: what students get instead, commented)
        # return x / ...
        # END SOLUTION

The script as it stands is the reference: markers are comments. For students a region becomes its STARTER lines, or
`raise NotImplementedError("softmax: your turn")`.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jaxstudy.errors import InputError, Problem

BEGIN, STARTER, END = "# BEGIN SOLUTION", "# STARTER", "# END SOLUTION"
_MARKERS = (BEGIN, STARTER, END)
_MARKER = re.compile(r"#\W*(begin|end)\W*solutions?\W*$|#\W*starter\W*$", re.IGNORECASE)
_BESIDE = re.compile(r"#\s*(BEGIN|END) SOLUTION\b")
_CELL = re.compile(r"^#\s*%%(?P<rest>.*)$")


@dataclass(frozen=True, slots=True)
class Region:
    """One solution, from its BEGIN to its END."""

    first: int
    """1-based line of BEGIN."""
    last: int
    """1-based line of END."""
    name: str
    """The function or class at the top level that it lies in; empty: in none."""
    solution: tuple[str, ...]
    starter: tuple[str, ...]
    """What students get instead, as it will stand in their file."""


@dataclass(frozen=True, slots=True)
class Script:
    """An assignment's script, read."""

    path: Path
    text: str
    regions: tuple[Region, ...]

    @property
    def reference(self) -> str:
        """The source with its solutions."""
        return self.text

    @property
    def starter(self) -> str:
        """The source that students get."""
        lines = self.text.splitlines()
        for region in reversed(self.regions):
            lines[region.first - 1 : region.last] = region.starter
        return "\n".join(lines) + "\n"

    def given_lines(self) -> Iterator[tuple[int, str]]:
        """Each line that students get, with the number of the line it comes from."""
        lines = self.text.splitlines()
        at = 1
        for region in self.regions:
            yield from enumerate(lines[at - 1 : region.first - 1], at)
            yield from ((region.first, line) for line in region.starter)
            at = region.last + 1
        yield from enumerate(lines[at - 1 :], at)


def read_script(path: Path) -> Script:
    """The script of an assignment.

    Raises:
        InputError: no Python; markers that are unbalanced, nested, misspelt, in a string or in prose; a region whose
            cut leaves no Python, or that lies in no function and says no starter (all problems).
    """
    text = _text(path)
    try:
        tree = ast.parse(text)
        comments = _comment_lines(text)
    except (SyntaxError, tokenize.TokenError) as error:
        got, line = getattr(error, "msg", None) or str(error), getattr(error, "lineno", None)
        raise InputError(Problem("Python", got, "mend the script; it has to run as it is", path, line)) from error
    reader = _Regions(path, text.splitlines(), comments, tree)
    script = Script(path, text, tuple(reader.read()))
    if not reader.problems and not script.regions:
        reader.wrong(1, "at least one solution region", "none", f"put {BEGIN!r} … {END!r} around what students write")
    if not reader.problems:
        reader.problems += _cut_problems(script)
    if reader.problems:
        raise InputError(*sorted(reader.problems, key=lambda problem: problem.line or 0))
    return script


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(Problem("UTF-8 text", str(error), "save the file as UTF-8", path)) from error


def _comment_lines(text: str) -> set[int]:
    """The lines that hold nothing but a comment; a marker in a string is on none of them."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {t.start[0] for t in tokens if t.type == tokenize.COMMENT and not t.line[: t.start[1]].strip()}


class _Regions:
    """Walks the lines once and writes down regions and problems."""

    def __init__(self, path: Path, lines: list[str], comments: set[int], tree: ast.Module) -> None:
        self.path, self.lines, self.comments, self.tree = path, lines, comments, tree
        self.problems: list[Problem] = []
        self.begin = self.middle = 0
        self.prose = False

    def wrong(self, line: int, expected: str, got: str, do: str) -> None:
        self.problems.append(Problem(expected, got, do, self.path, line))

    def read(self) -> Iterator[Region]:
        for number, line in enumerate(self.lines, 1):
            if cell := _CELL.match(line):
                self._left_open(number, "before the cell ends")
                self.prose = any(word in cell["rest"] for word in ("[markdown]", "[md]", "[raw]"))
            elif _MARKER.match(line.strip()):
                yield from self._marker(number, line.strip())
            elif _BESIDE.search(line):
                do = "give it a line of its own; behind code or in a string it cuts nothing"
                self.wrong(number, "a marker alone on its line", repr(line.strip()), do)
            elif self.middle and number not in self.comments and line.strip():
                do = "comment them: the script must run as it is"
                self.wrong(number, f"comments between {STARTER!r} and {END!r}", repr(line.strip()), do)
        self._left_open(len(self.lines), "before the file ends")

    def _left_open(self, number: int, where: str) -> None:
        if self.begin:
            self.wrong(self.begin, f"{END!r} {where}", "none", f"close the region above line {number}")
        self.begin = self.middle = 0

    def _marker(self, number: int, marker: str) -> Iterator[Region]:
        if self.prose or number not in self.comments:
            where = "in prose" if self.prose else "inside a string"
            do = "move it to a line of its own in code, or word the text differently"
            self.wrong(number, "a marker as a comment in a code cell", f"{marker!r} {where}", do)
        elif marker not in _MARKERS:
            near = next(known for known in _MARKERS if known.split()[1].lower() in marker.lower())
            self.wrong(number, f"{near!r}, spelt so", repr(marker), "correct it: as it is, nothing would be cut")
        elif marker == BEGIN and self.begin:
            self.wrong(number, f"{END!r} for the region of line {self.begin}", repr(marker), "regions can't be nested")
        elif marker == BEGIN:
            self.begin, self.middle = number, 0
        elif not self.begin:
            self.wrong(number, f"{BEGIN!r} above", "none", "open the region, or remove the line")
        elif marker == STARTER and self.middle:
            self.wrong(number, f"one {STARTER!r} a region", f"another at line {self.middle}", "remove one of them")
        elif marker == STARTER:
            self.middle = number
        else:
            yield self._region(number)
            self.begin = self.middle = 0

    def _region(self, end: int) -> Region:
        solution = tuple(self.lines[self.begin : (self.middle or end) - 1])
        name = self._name(end)
        if not any(line.strip() and not line.strip().startswith("#") for line in solution):
            self.wrong(self.begin, "a solution in the region", "no code", "write it, or remove the markers")
        if not name and not self.middle:
            do = f"put the region inside a function, or say after {STARTER!r} what students get instead"
            self.wrong(self.begin, "a region inside a function", "one at the top level", do)
        return Region(self.begin, end, name, solution, self._starter(name, end))

    def _name(self, end: int) -> str:
        inside = range(self.begin + 1, (self.middle or end))
        first = next((n for n in inside if self.lines[n - 1].strip() and n not in self.comments), end)
        named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        nodes = [node for node in self.tree.body if isinstance(node, named)]
        return next((n.name for n in nodes if n.lineno < self.begin and (n.end_lineno or 0) >= first), "")

    def _starter(self, name: str, end: int) -> tuple[str, ...]:
        first = self.lines[self.begin - 1]
        indent = first[: len(first) - len(first.lstrip())]
        if not self.middle:
            return (f'{indent}raise NotImplementedError("{name}: your turn")',)
        lines = (line.strip() for line in self.lines[self.middle : end - 1])
        return tuple((indent + line.removeprefix("#").removeprefix(" ")).rstrip() for line in lines)


def _cut_problems(script: Script) -> Iterator[Problem]:
    """What is no Python any more once a region is cut, told by the region that did it."""
    for region in script.regions:
        lines = script.text.splitlines()
        lines[region.first - 1 : region.last] = region.starter
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            do = "let the region hold whole statements, and its starter be Python"
            yield Problem("Python once the region is cut", error.msg, do, script.path, region.first)
