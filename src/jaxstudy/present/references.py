"""What a lecture needs that is not in it: modules, files, pictures."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jaxstudy.course import Lecture, Step

_TARGETS = re.compile(r"""\]\(\s*<?([^)\s>]+)|<(?:img|video|audio|source|a)\b[^>]*?\b(?:src|href)=["']([^"']+)["']""")
_PARTS = re.compile(
    r"""!\[[^\]]*\]\(\s*<?([^)\s>]+)|<(?:img|video|audio|source|iframe|script)\b[^>]*?\bsrc=["']([^"']+)["']"""
)
_CODE = re.compile(r"(```|~~~).*?\1|`[^`\n]+`", re.DOTALL)
_NO_PYTHON = re.compile(r"^\s*[%!?]")


def missing_references(lecture: Lecture) -> Iterator[tuple[str, int]]:
    """Targets of local links and pictures that are not there, each with its 1-based line in the lecture."""
    for target, line in _found(lecture, _TARGETS):
        if _is_local(target) and not _exists(target, lecture.path.parent):
            yield target, line


def remote_parts(lecture: Lecture) -> Iterator[tuple[str, int]]:
    """Pictures, films and frames on slides that lie on another host, each with its line."""
    return ((target, line) for target, line in _found(lecture, _PARTS) if urlsplit(target).netloc)


def remote_links(lecture: Lecture) -> dict[str, int]:
    """Web addresses that the lecture links to, in prose and as resources, each with the line where it first stands."""
    prose = [pair for pair in _found(lecture, _TARGETS) if urlsplit(pair[0]).scheme in ("http", "https")]
    found = [*((resource.url, 1) for resource in lecture.header.resources), *prose]
    return dict(reversed(found))


def _found(lecture: Lecture, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    for step in lecture:
        if step.kind != "markdown":
            continue
        prose = _CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), step.source)  # code holds no links
        for found in pattern.finditer(prose):
            yield found[1] or found[2], step.line + prose.count("\n", 0, found.start())


def missing_modules(lecture: Lecture, course_root: Path) -> dict[str, int]:
    """Top-level names of modules that cells import and Python would not find → line of the cell."""
    path = [str(lecture.path.parent), str(course_root), *sys.path]
    lacking: dict[str, int] = {}
    for step in lecture:
        if step.runs and not step.must_raise:
            for name in _imports(step):
                known = name in sys.stdlib_module_names or PathFinder.find_spec(name, path) is not None
                if not known:
                    lacking.setdefault(name, step.line)
    return lacking


def _is_local(target: str) -> bool:
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc and bool(parts.path) and not parts.path.startswith("/")


def _exists(target: str, folder: Path) -> bool:
    return (folder / unquote(urlsplit(target).path)).exists()


def _imports(step: Step) -> Iterator[str]:
    # Magics are no Python; an empty line in their place keeps the rest parsable, and its line numbers.
    source = "\n".join("" if _NO_PYTHON.match(line) else line for line in step.source.split("\n"))
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    for node in _outside_try(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _outside_try(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes, but for those in a `try`: what is imported there may be missing."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Try):
            yield child
            yield from _outside_try(child)
