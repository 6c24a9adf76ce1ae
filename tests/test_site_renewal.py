"""After an edit, only what it reaches is made anew, and the site is the one that a build from nothing gives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import REPOSITORY

LECTURE = """
# %% [markdown]
# # Lecture {n}
#
# What it is about, in a sentence, with [the one before](0{before}_topic.py#parts-1) and $x_{n}$.

# %% [markdown]
# ## Parts
#
# Some prose on the parts.

# %%
x = {n}
print(x)
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    (tmp_path / "course.toml").write_text('title = "Four"\nsite_url = "https://example.org/four/"\n')
    (tmp_path / "lectures").mkdir()
    for n in (1, 2, 3, 4):
        (tmp_path / "lectures" / f"0{n}_topic.py").write_text(LECTURE.format(n=n, before=max(n - 1, 1)))
    return tmp_path


def build(course: Path, expected: int = 0) -> str:
    """`jaxstudy build`; what it said."""
    command = [sys.executable, "-m", "jaxstudy", "build"]
    environment = {**os.environ, "JAXSTUDY_WEB": str(REPOSITORY / "node_modules")}
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


def edit(course: Path, number: int, old: str, new: str) -> None:
    path = course / "lectures" / f"0{number}_topic.py"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def pages(course: Path) -> dict[str, bytes]:
    site = course / "build" / "site"
    kept = {path: path.read_bytes() for path in site.rglob("*") if path.is_file() and path.suffix != ".gz"}
    return {path.relative_to(site).as_posix(): data for path, data in kept.items()}


def from_nothing(course: Path) -> dict[str, bytes]:
    """The site that a build gives which has no site to begin with."""
    shutil.rmtree(course / "build" / "site")
    for path in [*(course / "build").glob("*.stamp"), *(course / "build" / "made").glob("*.page")]:
        path.unlink()
    for path in (course / "build" / "made").glob("*.stamp"):
        path.unlink()
    build(course)
    return pages(course)


@pytest.fixture
def built_ids(course: Path) -> Callable[[], dict[str, int]]:
    """The file number of each page: one that was made anew has another."""

    def ids() -> dict[str, int]:
        site = course / "build" / "site"
        return {path.relative_to(site).as_posix(): path.stat().st_ino for path in site.rglob("*.html")}

    return ids


def test_an_edited_sentence_makes_its_page_anew_and_no_other_and_the_site_is_as_from_nothing(
    course: Path, built_ids: Callable[[], dict[str, int]]
) -> None:
    build(course)
    before, first = built_ids(), pages(course)
    edit(course, 2, "in a sentence", "in a new sentence of zebras")
    build(course)
    after, second = built_ids(), pages(course)
    anew = {name for name in after if after[name] != before[name]}
    assert anew == {"lectures/02_topic.html", "slides/02_topic.html", "404.html"}
    assert b"zebras" in second["lectures/02_topic.html"] and b"zebras" in second["search/search_index.js"]
    assert first["lectures/03_topic.html"] == second["lectures/03_topic.html"]
    assert second == from_nothing(course)


def test_what_reaches_further_than_its_page_is_made_anew_as_a_whole(course: Path) -> None:
    build(course)
    edit(course, 3, "# # Lecture 3", "# # Another title")  # in the navigation of every page
    build(course)
    titled = pages(course)
    assert b"Another title" in titled["lectures/01_topic.html"]
    assert titled == from_nothing(course)
    path = course / "lectures" / "04_topic.py"
    path.rename(path.with_name("05_topic.py"))
    build(course)
    moved = pages(course)
    assert "lectures/04_topic.html" not in moved and moved == from_nothing(course)


def test_links_between_changed_and_unchanged_pages_are_still_checked(course: Path) -> None:
    build(course)
    good = pages(course)
    edit(course, 3, "02_topic.py#parts-1", "02_topic.py#nowhere-1")
    assert "'02_topic.md#nowhere-1', and no such place" in build(course, expected=1)
    assert pages(course) == good, "a failed build leaves the last good site"
    edit(course, 3, "02_topic.py#nowhere-1", "02_topic.py#parts-1")
    edit(course, 2, "## Parts", "## Pieces")  # lecture 3, which is not read again, links to the old place
    assert "no such place" in build(course, expected=1)
    assert pages(course) == good
    edit(course, 2, "## Pieces", "## Parts")
    build(course)
    assert pages(course) == good
