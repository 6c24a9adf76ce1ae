"""Every error the library raises.

    StudyError                 something a person can mend
    ├── InputError             a file or an argument is not what it should be      (exit 2)
    ├── ToolMissing            Chromium, Node, web parts or an extra is not here   (exit 2)
    └── FoundWanting           the input was fine, the work was not                (exit 1)
        ├── StepFailed         a cell raised, or was meant to raise and did not
        ├── KernelLost         a kernel died, hung or never started
        └── SiteBroken         the study site has a dead link or does not build

Each error carries `problems`: *all* that was found, not the first. A problem says where
(file:line), what was expected, what was there instead, and what to do about it.
The library raises; only `jaxstudy.cli` prints and exits.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in the three parts a person needs."""

    expected: str
    got: str
    do: str
    path: Path | None = None
    line: int | None = None
    """1-based line in `path`."""

    @property
    def where(self) -> str:
        """`file:line`, `file`, or nothing; relative to the working directory where that is shorter."""
        if self.path is None:
            return ""
        shown = _relative(self.path)
        return f"{shown}:{self.line}" if self.line is not None else str(shown)

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{where}expected {self.expected}, got {self.got}; {self.do}"


class StudyError(Exception):
    """Base of all errors; `problems` holds everything that was found, `details` longer texts that explain them."""

    def __init__(self, *problems: Problem, details: Iterable[str] = ()) -> None:
        self.problems = problems
        self.details = tuple(details)
        super().__init__("\n".join(str(problem) for problem in problems))


class InputError(StudyError):
    """A file or an argument is not what it should be."""


class ToolMissing(StudyError):
    """Something that `jaxstudy doctor` can name is not installed."""


class FoundWanting(StudyError):
    """The input could be read; what it does is not good enough."""


class StepFailed(FoundWanting):
    """A cell raised, or a cell tagged `raises-exception` did not."""


class KernelLost(FoundWanting):
    """A kernel died, hung, or never answered."""


class SiteBroken(FoundWanting):
    """The study site does not build strictly."""


def near(word: str, known: Iterable[str]) -> str:
    """A hint for a misspelt word: ` (did you mean 'slide'?)`, or nothing when no known word is near."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _relative(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
