"""What was made of what: lets an unchanged lecture be skipped without reading it, and finds stale outputs.

A record a lecture under `build/made/`: digests of every input (the file, modules, data files and sets, theme,
jaxstudy itself, versions, size, today's releases) and of every output. All inputs equal and all outputs as they
were written → nothing to do.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

from jaxstudy.build.cache import sealed, unsealed
from jaxstudy.build.datasets import fingerprints
from jaxstudy.build.files_read import digest_of as digest_of
from jaxstudy.build.versions import jax_environment, versions
from jaxstudy.course import Course
from jaxstudy.atomic import write_atomically
from jaxstudy.data.sets import SETS


@dataclass(frozen=True, slots=True)
class Made:
    """The record of one lecture."""

    surroundings: str
    """Digest of what every lecture of the course depends on."""
    inputs: dict[str, str]
    """File → SHA-256."""
    outputs: dict[str, str]
    """File → SHA-256."""
    steps: int
    seconds: float
    data: dict[str, str] = field(default_factory=dict)
    """Data set → fingerprint, of those the lecture loads."""
    sources: dict[str, str] = field(default_factory=dict)
    """Data set → where it came from, in words, when the outputs were made."""


def record_path(course: Course, lecture: Path) -> Path:
    """Where the record of a lecture is."""
    return course.build / "made" / f"{lecture.stem}.json"


def write_record(course: Course, lecture: Path, record: Made) -> None:
    """Keep the record, sealed."""
    write_atomically(record_path(course, lecture), sealed(json.dumps(asdict(record)).encode()))


def read_record(course: Course, lecture: Path) -> Made | None:
    """The record of the last build, or None when there is none that can be trusted."""
    try:
        body = unsealed(record_path(course, lecture).read_bytes())
        return Made(**json.loads(body)) if body is not None else None
    except (OSError, ValueError, TypeError):
        return None


def up_to_date(course: Course, lecture: Path, around: str, targets: Iterable[Path]) -> Made | None:
    """The record, when nothing has changed since and every target is among its outputs; else None."""
    record = read_record(course, lecture)
    # The record may be another file's of the same name.
    if record is None or record.surroundings != around or str(lecture) not in record.inputs or not {str(path) for path in targets} <= set(record.outputs):
        return None
    if record.data and fingerprints(set(record.data) & set(SETS)) != record.data:
        return None
    files = {**record.inputs, **record.outputs}
    return record if all(digest_of(Path(name)) == digest for name, digest in files.items()) else None


def surroundings(course: Course, size: str) -> str:
    """Digest of what all lectures depend on: versions, size, theme, settings, jaxstudy's own source, the day."""
    dated = course.settings.start is not None or bool(course.settings.dates)
    day = datetime.date.today().isoformat() if dated else ""
    parts = [repr(sorted(versions().items())), repr(jax_environment()), size, day, repr(course.settings)]
    parts += [f"{path.name}:{digest_of(path)}" for path in sorted(course.theme.rglob("*")) if path.is_file()]
    return _hash("\0".join([*parts, own_source()]).encode())


@cache
def own_source() -> str:
    """Digest of the installed jaxstudy, so that a change of the toolkit rebuilds what it made."""
    package = Path(__file__).resolve().parents[1]
    files = (path for path in sorted(package.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return _hash("".join(f"{path.relative_to(package)}:{digest_of(path)}" for path in files).encode())


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
