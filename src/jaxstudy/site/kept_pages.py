"""Pages written before: a lecture whose outputs, settings and surroundings are as they were is not looked at again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.build.built import BuiltLecture
from jaxstudy.build.cache import sealed, unsealed
from jaxstudy.build.made import own_source, record_path
from jaxstudy.course import Course
from jaxstudy.site.files import Content


def page_key(course: Course, built: BuiltLecture, *about: object) -> str:
    """Digest of all that a lecture's page is made from: cells, the record of its build, the kit, what else is said."""
    try:
        record = record_path(course, built.lecture.path).read_bytes()
    except OSError:
        record = b""
    told = [
        own_source(),
        repr(built.lecture.slides),
        repr(course.settings),
        repr([path.name for path in course.lectures]),
        *map(repr, about),
    ]
    return hashlib.sha256(record + "\0".join(told).encode()).hexdigest()


def kept_page(course: Course, name: str, key: str, docs: Path) -> dict[str, Content] | None:
    """The page and the files beside it, where they were written for this key and are still in the docs folder."""
    try:
        body = unsealed(_place(course, name).read_bytes())
        kept = json.loads(body or b"{}")
    except (OSError, ValueError):
        return None
    if kept.get("key") != key:
        return None
    files = {link: docs / link for link in kept["files"]}
    return dict(files) if all(path.is_file() for path in files.values()) else None


def keep_page(course: Course, name: str, key: str, tree: dict[str, Content]) -> None:
    """Remember what was written for this key."""
    body = json.dumps({"key": key, "files": sorted(tree)}).encode()
    write_atomically(_place(course, name), sealed(body))


def _place(course: Course, name: str) -> Path:
    return course.build / "made" / f"{name}.page"
