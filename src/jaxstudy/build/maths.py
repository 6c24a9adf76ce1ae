r"""Maths in Markdown, found as Jupyter finds it and kept from whatever renders the rest.

`$…$`, `$$…$$` and `\begin{x}…\end{x}` are set aside before a renderer sees the text: to it they are single letters,
which no emphasis, table or list can tear apart. Put back afterwards, they are the same in deck and page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

# Private characters: letters to every Markdown parser, and in nobody's text.
_OPEN, _OPEN_DISPLAYED, _CLOSE = "\ue0a0", "\ue0a2", "\ue0a1"
_PLACE = re.compile(f"[{_OPEN}{_OPEN_DISPLAYED}](\\d+){_CLOSE}")
DISPLAYED_PLACE = re.compile(f"{_OPEN_DISPLAYED}\\d+{_CLOSE}")
"""Where a formula was set aside that stands on lines of its own."""
_IN_TAG = re.compile(f"<[a-zA-Z][^<>]*{_CLOSE}[^<>]*>|!\\[[^\\]]*\\](?=\\()")
_FOUND = re.compile(
    r"""
      (?P<fence>^(?P<lead>[ ]{0,3}(?:>[ ]?|[-+*][ ]+|\d+[.)][ ]+|[ ])*)(?P<mark>`{3,}|~{3,})[^\n]*\n
          (?:.*?\n)??(?:[ >]*)(?P=mark)[`~]*[ \t]*$)
    | (?P<code>(?P<tick>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=tick)(?!`))
    | (?P<markup><!--.*?-->|<(?P<raw>pre|code|script|style|textarea)\b[^>]*>.*?</(?P=raw)\s*>
          |</?[a-zA-Z][\w-]*(?:\s[^<>]*)?/?>)
    | (?P<dollar>\\\$|\{)
    | \\\\\[(?P<square>.+?)\\\\\] | \\\\\((?P<round>.+?)\\\\\)
    | (?P<escape>\\(?!begin\{)[^\n])
    | \$\$(?P<display>(?:\\.|(?!\$\$|\n[ \t]*\n).)+?)\$\$
    | (?P<environment>\\begin\{(?P<name>[a-zA-Z]+\*?)\}.*?\\end\{(?P=name)\})
    | \$(?P<inline>(?:\\.|(?!\n[ \t]*\n)[^$\\])+?)\$
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_OPERATOR = re.compile(r"\\DeclareMathOperator(\*?)\s*\{?\s*(\\[a-zA-Z]+)\s*\}?\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_COMMAND = re.compile(
    r"\\(?:re)?newcommand\*?\s*(?:\{\s*(?P<braced>\\(?:[a-zA-Z]+|.))\s*\}|(?P<bare>\\[a-zA-Z]+))"
    r"\s*(?:\[(?P<count>\d)\])?\s*(?:\[(?P<default>[^\]]*)\])?\s*(?=\{)"
)
_CONTINUED = re.compile(r"\n[ \t]*(?:>[ \t]?)*")
DISPLAYED = ("display", "square", "environment")


@dataclass(frozen=True, slots=True)
class Formula:
    """One formula, or a dollar that begins none."""

    body: str
    """LaTeX without its delimiters."""
    displayed: bool
    """Whether it stands on lines of its own."""
    text: str
    """As it was written."""
    literal: bool = False
    """A dollar or a brace that is meant as it is; some renderers take it for more."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A text whose formulas are single letters, and the formulas."""

    text: str
    formulas: tuple[Formula, ...]

    def put_back(self, rendered: str, show: Callable[[Formula], str], plain: Callable[[str], str] = str) -> str:
        """The rendered text with its formulas; within tags and words for pictures as they were written.

        Args:
            rendered: what a renderer made of `text`.
            show: a formula as it is to stand there.
            plain: what to do to text that stands in an attribute.
        """

        def written(found: re.Match[str]) -> str:
            return _PLACE.sub(lambda place: plain(self.formulas[int(place[1])].text), found[0])

        return _PLACE.sub(lambda place: show(self.formulas[int(place[1])]), _IN_TAG.sub(written, rendered))


def set_aside(source: str) -> SetAside:
    """Find the formulas of a Markdown text: none in code, in HTML tags, or behind a backslash."""
    formulas: list[Formula] = []

    def keep(found: re.Match[str]) -> str:
        named = {name: text for name, text in found.groupdict().items() if text is not None}
        if {"fence", "code", "markup", "escape"} & named.keys():
            return found[0]
        kind = next(name for name in ("dollar", "inline", "round", *DISPLAYED) if name in named)
        body = _CONTINUED.sub("\n", named[kind])
        # As in Jupyter, but for what can be nothing else: its error is better seen than its source.
        if kind != "dollar" and not _balanced(body) and "\\" not in body:
            return found[0]
        literal = kind == "dollar"
        formulas.append(Formula(body[-1] if literal else latex(body), kind in DISPLAYED, found[0], literal))
        return f"{_OPEN_DISPLAYED if kind in DISPLAYED else _OPEN}{len(formulas) - 1}{_CLOSE}"

    clean = re.sub(f"[{_OPEN}{_OPEN_DISPLAYED}{_CLOSE}]", "", source)
    return SetAside(_FOUND.sub(keep, clean), tuple(formulas))


def latex(body: str) -> str:
    r"""LaTeX for KaTeX, which knows no `\DeclareMathOperator`, no default for a command's first argument, and does
    not let a command be new whose name it has itself, or that an earlier cell made: as in Jupyter, the last one holds.
    """
    return _COMMAND.sub(_defined, _OPERATOR.sub(r"\\def\2{\\operatorname\1{\3}}", body)).strip()


def _defined(found: re.Match[str]) -> str:
    name, default = found["braced"] or found["bare"], found["default"]
    arguments = [f"#{number}" for number in range(1, int(found["count"] or 0) + 1)]
    if default is None:
        return f"\\def{name}{''.join(arguments)}"
    inner = f"{name}@with"
    return f"\\def{name}{{\\@ifnextchar[{{{inner}}}{{{inner}[{default}]}}}}\\def{inner}[#1]{''.join(arguments[1:])}"


def is_prose(source: str) -> bool:
    """Whether a LaTeX output says by delimiters what of it is maths; else all of it is."""
    return any(not formula.literal for formula in set_aside(source).formulas)


def _balanced(body: str) -> bool:
    """Whether every brace is closed, as Jupyter asks of what it takes for maths."""
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", body):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
