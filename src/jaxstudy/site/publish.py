"""From a built course to its study site; nothing is even read when nothing has changed."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.build.built import load_built
from jaxstudy.build.made import digest_of, record_path, surroundings
from jaxstudy.course import Course
from jaxstudy.site.generator import CONFIG, build_site
from jaxstudy.site.sources import LARGE, write_site_sources

_SOURCES = ("docs", "homework", "replays")


def publish(course: Course, size: str) -> tuple[Path, bool]:
    """The site's folder, and whether it had to be made anew. The lectures must be built.

    Raises:
        InputError: a lecture is not built.
        SiteBroken: a dead link, or anything else MkDocs has to say against the sources.
        ToolMissing: MkDocs or the web parts are not installed.
    """
    site = course.build / "site"
    kept = course.build / "made" / "site.stamp"
    stamp = _stamp(course, size)
    if (site / "index.html").is_file() and kept.is_file() and kept.read_text() == stamp:
        return site, False
    write_site_sources(course, load_built(course, list(course.lectures), size), course.build / "docs")
    build_site(course)
    write_atomically(kept, stamp)
    return site, True


def _stamp(course: Course, size: str) -> str:
    """Digest of what the lectures were made into, the guides, the settings, and the day that releases things."""
    files = [course.root / CONFIG, *(record_path(course, path) for path in course.lectures)]
    for name in _SOURCES:
        files += sorted(path for path in (course.root / name).rglob("*") if path.is_file())
    parts = [surroundings(course, size), datetime.date.today().isoformat()]
    parts += [f"{path.relative_to(course.root)}:{_digest(path)}" for path in files]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _digest(path: Path) -> str:
    """Of its content; of size and time for videos, which take long to read."""
    about = path.stat() if path.is_file() else None
    return f"{about.st_size} {about.st_mtime_ns}" if about and about.st_size > LARGE else digest_of(path)
