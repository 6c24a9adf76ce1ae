"""A new lecture from a template that builds and passes the checks as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from string import Template

from jaxstudy.atomic import write_atomically
from jaxstudy.course.concepts import RETURNS, concepts
from jaxstudy.course.config import Course
from jaxstudy.course.headings import slug
from jaxstudy.course.reading import read_lecture
from jaxstudy.errors import InputError, Problem, StudyError

_PLAIN = re.compile(r"^[^\W\d_][\w, -]* [\w, -]*\w$")
"""Words that mean themselves in YAML; a single one might be `yes` or `null`."""
_NAME = re.compile(r"^\d{2}_[a-z0-9_]+$")


def new_lecture(course: Course, name: str, title: str = "") -> Path:
    """Write `lectures/<name>.py` and return its path.

    Args:
        name: two digits, `_`, a topic: `03_trees`.
        title: default: the topic, as words.

    Raises:
        InputError: the name has another form, or the file is there already.
    """
    path = course.root / "lectures" / f"{name}.py"
    if not _NAME.match(name):
        raise InputError(Problem("a name like 03_trees", repr(name), "use two digits, _, and a topic in lower case"))
    if path.exists():
        raise InputError(Problem("a new name", f"{name}, which is there", "choose another, or edit the file", path))
    write_atomically(path, lecture_text(name, title, _owed(course, name)))
    return path


def lecture_text(name: str, title: str = "", revisits: Sequence[str] = ()) -> str:
    """What `new_lecture` writes; `revisits` are concepts of earlier lectures."""
    number, topic = name.split("_", 1)
    words = " ".join(title.split()) or topic.replace("_", " ").capitalize()
    template = Template((Path(__file__).parents[1] / "assets" / "new" / "lecture.py.txt").read_text(encoding="utf-8"))
    quoted = words if _PLAIN.match(words) else json.dumps(words, ensure_ascii=False)
    again = f"[{', '.join(revisits)}]" + (" # keep those that you ask for again" if revisits else "")
    return template.substitute(week=int(number), title=words, quoted=quoted, concept=slug(words), revisits=again)


def _owed(course: Course, name: str) -> list[str]:
    """Concepts of earlier lectures that must come back; of those lectures that can be read."""
    earlier = []
    for path in course.lectures:
        if path.stem < name:
            with suppress(StudyError):
                earlier.append(read_lecture(path))
    return [concept.name for concept in concepts(earlier) if len(concept.revisited) < RETURNS]
