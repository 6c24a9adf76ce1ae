"""Magics that jupytext stored as comments when it wrote a notebook as a script: `# %matplotlib inline`.

A comment is never taken for a command because it looks like one. Only in a file from elsewhere that jupytext wrote
itself, or where the header says `comment_magics: true`, `#` before a magic of IPython's with arguments that suit it is
jupytext's. Shell lines and bare words (`# !pip …`, `# rm …`) stay comments even there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_ANY, _NONE, _WORD = r".*", r"", r"\S*"
_ARGUMENTS = {
    "matplotlib": r"(--list|-l|\w+)?",
    "load_ext": r"\S+",
    "reload_ext": r"\S+",
    "autoreload": r"[0-3]|now|off|explicit|all|complete",
    "config": r"\S+(\s*=\s*.+)?",
    "precision": _WORD,
    "pip": r"(install|uninstall|list|show|freeze|download|check)\b.*",
    "conda": r"(install|uninstall|remove|list|create)\b.*",
    "env": r"\w*([= ]\S+)?",
    "set_env": r"\w+[= ]\S+",
    "cd": _WORD,
    "run": r"(-\S+\s+)*\S+\.(py|ipynb)\b.*",
    "pwd": _NONE,
    "who": _NONE,
    "whos": _NONE,
}
_CELL_ARGUMENTS = {
    **dict.fromkeys(("capture", "writefile", "script"), _ANY),
    **dict.fromkeys(("bash", "sh", "html", "svg", "latex", "javascript", "js", "markdown"), _NONE),
}
_TIMING = ("time", "timeit", "prun")
_COMMENTED = re.compile(r"^(?P<indent>\s*)(?P<marks>(?:# ?)+)(?P<rest>[^#\s].*)$")
_MAGIC = re.compile(r"^(?:[A-Za-z_]\w*\s*=\s*)?(?P<percent>%%?)(?P<name>[a-z_]+)(?:\s+(?P<arguments>.*?))?\s*\\?\s*$")
_OPTIONS = re.compile(r"^(?:-[a-zA-Z]\s*\S*\s+)*")
_COMMAND = re.compile(r"^\s*# ?(?:![A-Za-z./~$\\{]|%%?[a-z]+\b)")


def stores_magics(metadata: Mapping[str, Any]) -> bool:
    """Whether a file with this header holds magics as comments."""
    jupytext = metadata.get("jupytext")
    if not isinstance(jupytext, Mapping):
        return False
    said = jupytext.get("comment_magics")
    return bool(said) if said is not None else written_by_jupytext(metadata) and "jaxstudy" not in metadata


def written_by_jupytext(metadata: Mapping[str, Any]) -> bool:
    """Whether jupytext itself wrote the file: only it notes its own version."""
    jupytext = metadata.get("jupytext")
    how = jupytext.get("text_representation") if isinstance(jupytext, Mapping) else None
    return isinstance(how, Mapping) and "jupytext_version" in how


def restored(source: str) -> str:
    """A cell's source as it was before jupytext commented its magics."""
    return _each_stored(source, lambda line: re.sub(r"^(\s*)# ?", r"\1", line, count=1))


def stored(source: str) -> str:
    """A cell's source such that `restored` gives it back: comments that it would uncomment have one more `# `."""
    return _each_stored(source, lambda line: f"# {line}")


def commands_among_comments(source: str) -> Iterator[int]:
    """0-based lines of comments that jupytext would run: `# !ls`, `# %time f()`."""
    for number, (line, quoted) in enumerate(_lines(source)):
        if not quoted and _COMMAND.match(line):
            yield number


def _each_stored(source: str, change: Callable[[str], str]) -> str:
    lines, follows = [], False
    for line, quoted in _lines(source):
        hit = not quoted and ((follows and line.startswith("#")) or _is_stored(line))
        follows = hit and line.rstrip().endswith("\\")
        lines.append(change(line) if hit else line)
    return "\n".join(lines)


def _lines(source: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it begins inside a string."""
    from jupytext.stringparser import StringParser

    parser = StringParser("python")
    for line in source.split("\n"):
        yield line, bool(parser.is_quoted())
        parser.read_line(line)


def _is_stored(line: str) -> bool:
    from jupytext.magics import is_magic

    found = _COMMENTED.match(line)
    if not found:
        return False
    twice = found["marks"].count("#") > 1
    return _is_known(found["rest"]) or (twice and bool(is_magic(line, "python", True, True)))


def _is_known(rest: str) -> bool:
    found = _MAGIC.match(rest)
    if not found:
        return False
    name, arguments = found["name"], found["arguments"] or ""
    if name in _TIMING:
        return _is_python(_OPTIONS.sub("", arguments + " ").strip())
    pattern = (_CELL_ARGUMENTS if found["percent"] == "%%" else _ARGUMENTS).get(name)
    return pattern is not None and re.fullmatch(pattern, arguments) is not None


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
