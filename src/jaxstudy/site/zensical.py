"""`build/docs` → a site with Zensical, by the authors of Material: the same sources, the same settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from jaxstudy.course import Course
from jaxstudy.errors import Problem, SiteBroken, ToolMissing
from jaxstudy.installing import extra_words
from jaxstudy.site.complaints import line_of, source_of
from jaxstudy.site.sources import write_if_changed

SETTINGS = "zensical.yml"
"""Beside the sources: the settings of the MkDocs site, with another folder to write to."""
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_WARNING = re.compile(r"^(?:Warning|Error): (?P<what>.+)\n\s*\S*\[ (?P<page>[^\s:]+):(?P<line>\d+)", re.MULTILINE)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)")


def run_zensical(course: Course, config: Path, fresh: Path, *, strict: bool) -> None:
    """Build the site into `fresh`, a folder in the course's build folder.

    Raises:
        SiteBroken: a link to a place that is not there, or anything else Zensical has to say against the sources.
        ToolMissing: Zensical is not installed.
    """
    if find_spec("zensical") is None:
        do = f'run `{extra_words("zensical")}`, or take generator = "zensical" out of course.toml'
        raise ToolMissing(Problem("the package zensical", "none installed here", do))
    # Zensical has no option for where to write, and keeps a cache beside its settings.
    settings = course.build / SETTINGS
    inherited = os.path.relpath(config, course.build).replace(os.sep, "/")
    # Its header is light: the logo that is made for a dark one would not be seen.
    text = f"INHERIT: {inherited}\ndocs_dir: docs\nsite_dir: {fresh.name}\ntheme:\n  logo: assets/icon.svg\n"
    write_if_changed(settings, text.encode())
    command = [sys.executable, "-m", "zensical", "build", "-f", str(settings), *(["--strict"] if strict else [])]
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=course.root, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SiteBroken(*_problems(_ANSI.sub("", done.stdout + done.stderr), course))


def _problems(log: str, course: Course) -> list[Problem]:
    found = [_problem(match, course) for match in _WARNING.finditer(log)]
    if found:
        return found
    said = [line for line in log.splitlines() if line.strip()] or ["nothing"]
    return [Problem("a site that Zensical builds", said[-1], "see the whole of what it says with `zensical build`")]


def _problem(found: re.Match[str], course: Course) -> Problem:
    page = course.build / "docs" / found["page"]
    lines = page.read_text(encoding="utf-8").splitlines() if page.is_file() else []
    number = int(found["line"])
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    path = source_of(found["page"], course)
    targets = [match["target"] for match in _LINK.finditer(line)]
    places = [place for place in (line_of(target, path) for target in targets) if place] if path else []
    do = "correct the link: a step's id stands behind the #, or a heading in lower case with dashes"
    return Problem(
        "links that lead somewhere", f"{found['what']} ({line.strip()[:80]})", do, path, next(iter(places), None)
    )
