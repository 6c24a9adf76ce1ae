"""Links and pictures as people write them lead somewhere, on the page and in the deck."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import bs4
import pytest

from conftest import REPOSITORY
from jaxstudy.build.chromium import Chromium

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
LECTURE = """
# %% [markdown]
# # Links
#
# [angle](<data file.csv>), [paren](g(1).txt), [ref][one], [two], ![sp](<a b.png>) ![enc](a%20b.png) ![par](c(1).png "t")
# ![rp][pic] ![far][far] <img src="my figs/d.png" alt="d"> <a href="02_m.py#other-1">html</a> [there](02_m.py#other-1)
# [titled](02_m.py "the title")
#
# [one]: 02_m.py "T"
# [two]: <data file.csv>
# [pic]: e.png
# [far]: https://example.org/far.png
#
# - item ![in list](f.png)
# - [in list](02_m.py)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("links")
    (root / "course.toml").write_text('title = "Links"\n')
    lectures = root / "lectures"
    (lectures / "my figs").mkdir(parents=True)
    for name in ("a b.png", "c(1).png", "my figs/d.png", "e.png", "f.png"):
        (lectures / name).write_bytes(base64.b64decode(DOT))
    (lectures / "data file.csv").write_text("1,2\n")
    (lectures / "g(1).txt").write_text("text")
    (lectures / "01_l.py").write_text(LECTURE)
    (lectures / "02_m.py").write_text("# %% [markdown]\n# # Other\n#\n# text\n")
    environment = {**os.environ, "JAXSTUDY_WEB": str(REPOSITORY / "node_modules")}
    command = [sys.executable, "-m", "jaxstudy", "build"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def test_every_link_of_the_page_leads_to_a_file_and_every_place_is_there(course: Path) -> None:
    page = course / "build" / "site" / "lectures" / "01_l.html"
    article = bs4.BeautifulSoup(page.read_text(), "html.parser").select_one("article")
    assert article is not None
    local = [link["href"] for link in article.select("a[href]") if not urlsplit(str(link["href"])).scheme]
    assert len(local) > 12
    for href in map(str, local):
        file = (page.parent / unquote(urlsplit(href).path)).resolve() if urlsplit(href).path else page
        assert file.is_file(), href
        if place := urlsplit(href).fragment:
            assert f'id="{place}"' in file.read_text() or f"id={place}" in file.read_text(), href
    texts = {link.get_text(): link["href"] for link in article.select("a[href]")}
    assert texts["ref"] == texts["titled"] == "02_m.html" and texts["html"] == texts["there"] == "02_m.html#other-1"
    assert texts["Picture: far"] == "https://example.org/far.png"


@pytest.mark.parametrize("made", ["build/site/lectures/01_l.html", "slides/01_l.html"])
def test_every_picture_is_drawn_and_none_is_asked_of_another_host(course: Path, made: str) -> None:
    with Chromium() as browser:
        browser.open(course / made)
        drawn = browser.evaluate(
            "Promise.all([...document.querySelectorAll('.slides img, article img')].map((e) => e.decode()))"
            ".then(() => [...document.querySelectorAll('.slides img, article img')].map((e) => [e.alt, e.naturalWidth]))"
        )
        assert dict(drawn) == dict.fromkeys(["sp", "enc", "par", "rp", "d", "in list"], 1)
        assert browser.requests == []
