"""A small course and its study site for tests; the site served by our own server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import Literal

from playwright.sync_api import Browser, Error, Page, sync_playwright

from jaxstudy.build.built import BuiltLecture, load_built
from jaxstudy.build.lectures import Options, build_lectures
from jaxstudy.course import Course, load_course
from jaxstudy.site import SiteServer, build_site, write_site_sources

REPOSITORY = Path(__file__).resolve().parents[1]

HEADER = """\
# ---
# jupyter:
#   kernelspec: {{display_name: Python 3, language: python, name: python3}}
#   jaxstudy:
#     week: {week}
#     title: {title}
#     minutes: 20
#     outcomes: [name the parts of a page, "find `vmap` by searching"]
#     introduces: [{concept}]
#     revisits: [{again}]
#     resources:
#       - {{title: Known before, url: "https://example.org/before", release: before}}
#       - {{title: Known after, url: "https://example.org/after", release: after}}
# ---

"""

FIRST = """
# %% [markdown] slideshow={"slide_type": "slide"} minutes=20
# # First things
# A lecture with one of each.

# %% [markdown] slideshow={"slide_type": "notes"}
# SECRETNOTE: ask who has slept.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Code and text
# Inline $a^2$ and a list:
# - prices are kept: 5 < 6
#   - nested by two
#
# $$\\int_0^1 x\\,dx = \\tfrac12$$

# %% slideshow={"slide_type": "-"}
import sys

from snippets.boxes import table
print("quokka", 6 * 7)
print("careful", file=sys.stderr)

# %% [markdown] slideshow={"slide_type": "-"}
# <span class="fragment hl-1"></span><span class="fragment hl-2 hl-3"></span>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### It refuses

# %% slideshow={"slide_type": "-"} tags=["raises-exception"]
import statistics
statistics.mean([])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Figures <span class="jx-fit"></span>

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
%matplotlib inline
import matplotlib.pyplot as plt
figure, axes = plt.subplots(figsize=(4, 2))
axes.plot([1, 2, 4])
axes.set_title("It [doubles] each step");

# %% slideshow={"slide_type": "-"}
table()

# %% slideshow={"slide_type": "-"} tags=["remove-cell"]
hidden = "NEVERSHOWN"
print(hidden)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Side by side <span class="jx-two"></span>

# %% [markdown] slideshow={"slide_type": "-"}
# ```python
# torch.zeros(3)
# ```

# %% slideshow={"slide_type": "-"}
left, right = 1, 2
print({"left": left})

# %% [markdown] slideshow={"slide_type": "-"}
# Across both. <span class="jx-wide"></span>

# %% [markdown] slideshow={"slide_type": "slide"}
# **You saw** one of each. See [the other](02_second.py#vmap-1).
"""

SECOND = """
# %% [markdown] slideshow={"slide_type": "slide"} minutes=20
# # vmap

# %% [markdown] slideshow={"slide_type": "slide"}
# ## vmap again
# ### vmap
# Both headings say vmap.

# %% slideshow={"slide_type": "-"}
1 + 1
"""

SNIPPET = '''"""Boxes."""


class Table:
    """A table as HTML."""

    def _repr_html_(self) -> str:
        style = "<style scoped>td { color: red }</style>"
        return style + '<table border="1"><tr><td>cell of the table</td></tr></table><img src="https://example.org/x.png">'


def table() -> Table:
    """A table."""
    return Table()
'''

GUIDE = """\
---
description: a guide with a diagram
---

# A guide

```mermaid
flowchart LR
  script --> page
```
"""


def write_course(root: Path) -> Course:
    """Two lectures, a snippet, a guide; the site's settings are the repository's."""
    files = {
        "course.toml": 'title = "Tiny"\nabout = "Two lectures."\n',
        "mkdocs.yml": (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8"),
        "lectures/01_first.py": HEADER.format(week=1, title="First things", concept="page", again="") + FIRST.lstrip(),
        "lectures/02_second.py": HEADER.format(week=2, title="vmap", concept="vmap", again="page") + SECOND.lstrip(),
        "snippets/__init__.py": "",
        "snippets/boxes.py": SNIPPET,
        "docs/guides/author.md": GUIDE,
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return load_course(root)


def execute_course(course: Course) -> list[BuiltLecture]:
    """Run the lectures in real kernels."""
    build_lectures(course, course.lectures, Options())
    return load_built(course, list(course.lectures), "smoke")


def make_site(course: Course, built: list[BuiltLecture]) -> Path:
    """Sources and site."""
    write_site_sources(course, built, course.build / "docs")
    return build_site(course)


def add_guide(course: Course, name: str, text: str) -> Path:
    """A guide, dedented."""
    path = course.root / "docs" / "guides" / name
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return path


@contextmanager
def served(folder: Path) -> Iterator[SiteServer]:
    """The folder on a free port, by a server in a thread of its own."""
    loop, server, up = asyncio.new_event_loop(), SiteServer(folder, 0), threading.Event()

    async def start() -> None:
        server.start()
        up.set()

    def run() -> None:
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert up.wait(10)
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Visit:
    """A page opened in a fresh profile; it keeps what the page asked for and what it complained about."""

    def __init__(self, browser: Browser, url: str, width: int = 1280, dark: bool = False) -> None:
        scheme: Literal["dark", "light"] = "dark" if dark else "light"
        self.context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(url)

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def foreign(self, home: str) -> list[str]:
        """Requests to anywhere but `home`."""
        own = (home, "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(own)]

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        # Closed in the middle of a reload, Chromium sometimes never answers; and a reload interrupts going away.
        for _attempt in range(3):
            with suppress(Error):
                self.page.goto("about:blank")
                break
        self.context.close()
