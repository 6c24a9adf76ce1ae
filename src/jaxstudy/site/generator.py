"""`build/docs` → `build/site` with MkDocs: whole or not at all, and only when something changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path

from jaxstudy.atomic import write_atomically
from jaxstudy.course import Course
from jaxstudy.course.config import shipped
from jaxstudy.errors import Problem, SiteBroken, ToolMissing
from jaxstudy.installing import extra_words
from jaxstudy.site import renewal
from jaxstudy.site.complaints import problems_in
from jaxstudy.site.lighten import lighten
from jaxstudy.site.renewal import Sources, keeps_its_places, link_site, merge_search, page_of
from jaxstudy.site.sources import NAV, write_if_changed
from jaxstudy.site.zensical import run_zensical

CONFIG = "mkdocs.yml"
DEFAULTS = "site-defaults.yml"
"""Beside the sources: the settings that we ship, for a course's mkdocs.yml to inherit."""
_TOOLS = ("mkdocs", "mkdocs-material", "Markdown", "pymdown-extensions", "Pygments")


def build_site(course: Course, *, strict: bool = True) -> Path:
    """The folder of the study site, built from `build/docs`; an unchanged one is left as it is.

    A failed or killed build leaves the last good site in place.

    Raises:
        SiteBroken: a dead link, or anything else MkDocs has to say against the sources.
        ToolMissing: MkDocs or Material is not installed.
    """
    site = course.build / "site"
    config = _config(course)
    sources = _sources(course, config, strict)
    kept = course.build / "site.stamp"
    changed = sources.changed_since(_kept(kept)) if (site / "index.html").is_file() else None
    if changed == []:
        return site
    fresh = course.build / ".site-new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        if course.settings.generator == "zensical":
            run_zensical(course, config, fresh, strict=strict)  # it takes no longer than we do for a page
            lighten(fresh)
            _drop_empty_sitemap(fresh)
        elif changed is None or not _renew(course, config, changed, fresh, strict):
            shutil.rmtree(fresh, ignore_errors=True)
            _run_mkdocs(course, ["-m", "mkdocs", "build", "--clean", "-f", str(config), "-d", str(fresh)], strict)
            lighten(fresh)
            _drop_empty_sitemap(fresh)
        kept.unlink(missing_ok=True)
        _swap(fresh, site)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    write_atomically(kept, json.dumps(asdict(sources)))
    return site


def _renew(course: Course, config: Path, changed: list[str], fresh: Path, strict: bool) -> bool:
    """Build only what changed; False where that does not give what a whole build would."""
    site = course.build / "site"
    if not all(name.endswith(".md") or "/" in name for name in changed):
        return False
    try:
        link_site(site, fresh, changed)
    except OSError:
        return False  # a file system without links
    # As a file, since as a module it would bring all of this room along; -P, since this folder's names are no modules.
    _run_mkdocs(course, ["-P", renewal.__file__, str(config), str(fresh)], strict)
    lighten(fresh, only=[page_of(name) for name in changed if name.endswith(".md")] + ["404.html"])
    _drop_empty_sitemap(fresh)
    return merge_search(site, fresh, changed) and keeps_its_places(site, fresh, changed)


def _run_mkdocs(course: Course, arguments: list[str], strict: bool) -> None:
    command = [sys.executable, *arguments]
    # Material's notice on its end of life would stand above every real message.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"}
    environment.pop("FORCE_COLOR", None)
    done = subprocess.run(
        [*command, *(["--strict"] if strict else [])],
        cwd=course.root,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise SiteBroken(*problems_in(done.stderr + done.stdout, course))


def _drop_empty_sitemap(site: Path) -> None:
    """MkDocs writes one without addresses for a site that has none."""
    sitemap = site / "sitemap.xml"
    if sitemap.is_file() and b"<loc>" not in sitemap.read_bytes():
        sitemap.unlink()
        sitemap.with_name("sitemap.xml.gz").unlink(missing_ok=True)


def _swap(fresh: Path, site: Path) -> None:
    """The new folder in the place of the old one. Killed in between, the next build finds no site and makes it."""
    old = site.with_name(".site-old")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    fresh.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def _config(course: Course) -> Path:
    """The course's mkdocs.yml; for a course without one, the one that jaxstudy ships, set to its folders."""
    own = course.root / CONFIG
    text = shipped(CONFIG, CONFIG).read_text(encoding="utf-8")
    if own.is_file():
        # For the course's own file to inherit: its paths start where that lies, but for what it inherits itself.
        write_if_changed(course.build / DEFAULTS, text.replace("INHERIT: build/", "INHERIT: ").encode())
        return own
    # Paths in it are relative to the course; this copy lies one folder deeper.
    ours = course.build / CONFIG
    write_if_changed(ours, text.replace(": build/", ": ").encode())
    return ours


def _kept(path: Path) -> Sources | None:
    """What the last site was made of; None where that can't be told."""
    try:
        return Sources(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _sources(course: Course, config: Path, strict: bool) -> Sources:
    """All that the site depends on. Files by size and time: they are touched only when they change."""
    docs = course.build / "docs"
    parts = [course.settings.generator, repr(_tools()), str(strict), config.read_text(encoding="utf-8")]
    parts += [_text(course.build / name) for name in (NAV, DEFAULTS)]
    files = {}
    for path in sorted(docs.rglob("*")):
        if path.is_file():
            about = path.stat()
            files[path.relative_to(docs).as_posix()] = f"{about.st_size} {about.st_mtime_ns}"
    return Sources(hashlib.sha256("\0".join(parts).encode()).hexdigest(), files)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@cache
def _tools() -> tuple[str, ...]:
    """Versions of what makes the site."""
    try:
        return tuple(metadata.version(name) for name in _TOOLS)
    except metadata.PackageNotFoundError as error:
        do = f"run `{extra_words('site')}`"
        raise ToolMissing(Problem(f"the package {error.name}", "none installed here", do)) from error
