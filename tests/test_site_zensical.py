"""The same sources through Zensical: the same pages, places, links and formulas as through MkDocs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import bs4
import pytest

from conftest import REPOSITORY
from jaxstudy.build.chromium import Chromium

LECTURE = """
# %% [markdown]
# # Lecture {n}
#
# A sentence with $x_{n}$ and [the other one](0{other}_topic.py#parts-1).

# %% [markdown]
# ## Parts
#
# - one
# - two
#
# $$\\sum_i x_i$$

# %%
x = {n}
print(x)
"""


def build(course: Path, expected: int = 0) -> str:
    environment = {**os.environ, "JAXSTUDY_WEB": str(REPOSITORY / "node_modules")}
    command = [sys.executable, "-m", "jaxstudy", "build"]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course built with both; MkDocs' site lies in `mkdocs`, Zensical's in `build/site`."""
    root = tmp_path_factory.mktemp("zensical")
    (root / "lectures").mkdir()
    for n in (1, 2):
        (root / "lectures" / f"0{n}_topic.py").write_text(LECTURE.format(n=n, other=3 - n))
    (root / "course.toml").write_text('title = "Both"\n')
    build(root)
    shutil.copytree(root / "build" / "site", root / "mkdocs")
    (root / "course.toml").write_text('title = "Both"\ngenerator = "zensical"\n')
    build(root)
    return root


def pages(site: Path) -> dict[str, bs4.Tag]:
    """Path → the article of each page that is made of our sources."""
    found = {}
    for path in site.rglob("*.html"):
        article = bs4.BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").select_one("article")
        if article is not None and path.name != "404.html":
            found[path.relative_to(site).as_posix()] = article
    return found


def test_pages_places_code_and_formulas_are_those_of_mkdocs(course: Path) -> None:
    mkdocs, zensical = pages(course / "mkdocs"), pages(course / "build" / "site")
    assert mkdocs.keys() == zensical.keys() and len(mkdocs) == 4
    home = (course / "build" / "site" / "index.html").read_text()
    assert "zensical" in home.lower()
    for name, theirs in mkdocs.items():
        ours = zensical[name]
        for wanted in ("h1", "h2", "h3", "pre", "li", ".arithmatex", "img"):
            assert len(theirs.select(wanted)) == len(ours.select(wanted)), (name, wanted)
        ids = [
            {tag["id"] for tag in page.select("[id]") if not str(tag["id"]).startswith("__")} for page in (theirs, ours)
        ]
        assert ids[0] == ids[1], name


def test_every_link_leads_to_a_file_and_its_place(course: Path) -> None:
    site = course / "build" / "site"
    for name, article in pages(site).items():
        for link in article.select("a[href]"):
            parts = urlsplit(str(link["href"]))
            if parts.scheme:
                continue
            file = (site / name).parent / unquote(parts.path) if parts.path else site / name
            assert file.resolve().is_file(), (name, link["href"])
            if parts.fragment and file.suffix == ".html" and "slides" not in file.parts:
                assert f'id="{parts.fragment}"' in file.read_text() or f"id={parts.fragment}" in file.read_text()


def test_it_opens_as_a_file_with_maths_and_asks_no_other_host(course: Path) -> None:
    with Chromium() as browser:
        browser.open(course / "build" / "site" / "lectures" / "01_topic.html")
        shown = browser.evaluate(
            "new Promise((go) => { const look = () => { const n = document.querySelectorAll('article .katex').length;"
            "n >= 2 ? go(n) : setTimeout(look, 50); }; look(); })"
        )
        assert shown == 2 and browser.requests == [] and browser.errors == []


def test_a_place_that_is_not_there_is_named_with_the_lectures_line_and_the_last_site_stays(course: Path) -> None:
    lecture = course / "lectures" / "02_topic.py"
    before, text = (course / "build" / "site" / "index.html").read_bytes(), lecture.read_text()
    lecture.write_text(text.replace("01_topic.py#parts-1", "01_topic.py#nowhere-1"))
    assert "02_topic.py:5: " in build(course, expected=1)
    assert (course / "build" / "site" / "index.html").read_bytes() == before
    lecture.write_text(text)
    build(course)


def test_a_generator_that_nobody_knows_is_refused_with_its_line(course: Path, tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text('title = "One"\ngenerator = "zensicle"\n')
    said = build(tmp_path, expected=2)
    assert "course.toml:2: " in said and "did you mean 'zensical'" in said
