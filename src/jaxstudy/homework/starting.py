"""A new homework from a template that releases and verifies as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Template

from jaxstudy.atomic import write_atomically
from jaxstudy.errors import InputError, Problem
from jaxstudy.homework.release import ASSETS

_NAME = re.compile(r"^\d{2}_[a-z0-9_]+$")
_FILES = ("assignment.toml", "assignment.py", "checks.py", "hidden.py", "wrong.py")


def new_homework(root: Path, name: str, title: str = "") -> Path:
    """Write the five files of `homework/<name>/` and return the folder.

    Args:
        root: the course's folder.
        name: two digits, `_`, a topic: `02_functions`; the same as the lecture's.
        title: default: the topic, as words.

    Raises:
        InputError: the name has another form, or the folder holds something.
    """
    folder = root / "homework" / name
    if not _NAME.match(name):
        raise InputError(Problem("a name like 02_functions", repr(name), "use two digits, _, a topic in lower case"))
    if folder.exists() and any(folder.iterdir()):
        raise InputError(Problem("a new name", f"{name}, which is there", "choose another, or edit its files", folder))
    for file, text in homework_texts(name, title).items():
        write_atomically(folder / file, text)
    return folder


def homework_texts(name: str, title: str = "") -> dict[str, str]:
    """What `new_homework` writes, by file name."""
    words = " ".join(title.split()) or name.split("_", 1)[1].replace("_", " ").capitalize()
    values = {"name": name, "title": words, "quoted": json.dumps(words, ensure_ascii=False)}
    templates = {file: Template((ASSETS / "new" / f"{file}.txt").read_text(encoding="utf-8")) for file in _FILES}
    return {file: template.safe_substitute(values) for file, template in templates.items()}
