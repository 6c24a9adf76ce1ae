"""What must not be in a release: solutions in any disguise that a search can see, and any trace of hidden checks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxstudy.errors import Problem
from jaxstudy.homework.script import Region, Script

_WHOLE, _LINE = 12, 32
"""Least length of a whole solution, and of one statement of it, without blanks: shorter ones prove nothing."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that students must not find."""

    text: str
    """Without blanks, comments and differences of quotes."""
    what: str
    path: Path
    line: int


def leaks(script: Script, hidden: Path, files: Mapping[str, bytes]) -> Iterator[Problem]:
    """Every secret found in the files of a release, at the line of its source.

    Args:
        hidden: the hidden checks; the file may be missing.
        files: name → content of all that students will get.
    """
    found = {name: squeezed("\n".join(_texts(name, data))) for name, data in files.items()}
    shown = found.get("checks.py", "")
    secrets = [secret for region in script.regions for secret in _solution(script, region)]
    secrets += [secret for secret in _hidden(hidden) if secret.text not in shown or secret.what != "its code"]
    for secret in secrets:
        for name, text in found.items():
            if secret.text in text:
                do = "reword it there, or give it to students on purpose after # STARTER"
                if secret.path == hidden:
                    do = "remove it there, or rename the hidden check"
                yield Problem(f"nothing of {secret.what} in the release", f"it in {name}", do, secret.path, secret.line)


def squeezed(text: str) -> str:
    """The text without blanks and with one kind of quote: equal for code that differs only in layout."""
    return re.sub(r"[\s\\]+", "", text).replace("'", '"')


def _texts(name: str, data: bytes) -> Iterator[str]:
    """All text of a file, once as it stands and once without comments' marks; of a notebook every string in it."""
    text = data.decode("utf-8", errors="replace")
    if name.endswith(".ipynb"):
        notebook = json.loads(text)
        yield from _strings(notebook)
        return
    yield text
    yield re.sub(r"^[ \t]*# ?", "", text, flags=re.MULTILINE)


def _strings(value: Any) -> Iterator[str]:
    """Every string below: sources, outputs, metadata, keys. Lists of lines are joined, as notebooks split them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield "".join(value)
        else:
            for item in value:
                yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)


def _solution(script: Script, region: Region) -> Iterator[Secret]:
    """The whole region and each of its longer statements, as written and as Python itself would write them."""
    what = f"the solution of {region.name}" if region.name else f"the solution at line {region.first}"
    given = squeezed("\n".join(region.starter))
    body = "\n".join(line for line in region.solution if not line.strip().startswith("#"))
    whole = {_bare(body), *(_bare(text) for text in [_unparsed(region.solution)] if text)}
    for text in sorted(whole):
        if len(text) >= _WHOLE and text not in given:
            yield Secret(text, what, script.path, region.first)
    for offset, line in enumerate(region.solution, 1):
        text = _bare(re.sub(r"\s#\s.*$", "", line))
        if len(text) >= _LINE and not line.strip().startswith("#") and text not in given and text not in whole:
            yield Secret(text, what, script.path, region.first + offset)


def _bare(code: str) -> str:
    return squeezed(code).removeprefix("return")


def _unparsed(lines: tuple[str, ...]) -> str:
    """The lines in Python's own layout: joined, without comments; nothing when they are no whole statements."""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    try:
        return ast.unparse(ast.parse("def f():\n" + "\n".join(" " + line[indent:] for line in lines)).body[0].body)  # type: ignore[attr-defined]
    except (SyntaxError, AttributeError):
        return ""


def _hidden(path: Path) -> Iterator[Secret]:
    """Names, sentences and longer lines of the hidden checks."""
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8-sig")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield Secret(node.name, "hidden checks", path, node.lineno)
            sentence = squeezed((ast.get_docstring(node) or "").split("\n")[0])
            if len(sentence) >= _WHOLE:
                yield Secret(sentence, "hidden checks", path, node.lineno)
    for number, line in enumerate(text.splitlines(), 1):
        if len(squeezed(line)) >= _LINE and not line.strip().startswith(("#", "import ", "from ", '"""')):
            yield Secret(squeezed(line), "its code", path, number)
