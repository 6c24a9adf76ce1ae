"""Built lectures and guides → `build/docs`: plain Markdown, pictures and assets, for MkDocs or its like."""

from __future__ import annotations

import datetime
import re
import shutil
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from jaxstudy.atomic import write_atomically
from jaxstudy.build.built import BuiltLecture
from jaxstudy.build.notebook import released
from jaxstudy.build.webparts import web_part
from jaxstudy.course import Course
from jaxstudy.course.concepts import concepts
from jaxstudy.course.headings import plain
from jaxstudy.site.files import Content
from jaxstudy.site.guides import Guide, read_guides
from jaxstudy.site.head import Link, facts, file_links, source_name
from jaxstudy.site.kept_pages import keep_page, kept_page, page_key
from jaxstudy.site.lecture_page import lecture_page
from jaxstudy.site.replay_page import ReplayPage
from jaxstudy.site.replays import replay_assets, replay_pages
from jaxstudy.site.templates import ASSETS, attribute, render

if TYPE_CHECKING:
    from jaxstudy.site.homework_page import HomeworkPage

NAV = "nav.yml"
"""Beside the sources, inherited by mkdocs.yml: the course's title and the order of its pages."""
_OUR_ASSETS = ("jaxstudy.css", "jaxstudy.js", "icon.svg", "logo.svg")
_MATHS = re.compile(r"\$|arithmatex|\\[(\[]|\\begin\{")

LARGE = 16 * 2**20
"""Bytes from which a file is copied without being read whole: videos."""

Tree = dict[str, Content]
"""Path in the docs folder → what it holds."""


def write_site_sources(
    course: Course, built: Sequence[BuiltLecture], docs: Path, today: datetime.date | None = None
) -> None:
    """Make `docs` hold the site's sources and nothing else; files that have not changed are not touched.

    Args:
        today: decides which resources are released; default: the real date.

    Raises:
        ToolMissing: the web parts are not installed.
    """
    built = sorted(built, key=lambda item: item.lecture.name)
    guides = read_guides(course)
    homework = _homework_pages(course)
    replays = replay_pages(course, built)
    tree: Tree = {path: content for page in homework for path, content in page.tree.items()}
    tree |= {path: content for page in replays for path, content in page.tree.items()}
    for item in built:
        tree |= _lecture(course, item, docs, today, _around(item, homework, replays, "../")) | _downloads(item)
    tree |= {f"guides/{guide.path.name}": guide.path for guide in guides.values()}
    tree |= {f"guides/{path.name}": path for guide in guides.values() for path in guide.pictures}
    tree["index.md"] = _home(course, built, guides, homework, replays).encode()
    tree["concepts.md"] = _concepts(built).encode()
    tree |= _assets(tree) | replay_assets(replays)
    mirror(tree, docs)
    write_if_changed(docs.parent / NAV, _nav(course, built, guides, homework, replays).encode())


def _homework_pages(course: Course) -> list[HomeworkPage]:
    if not (course.root / "homework").is_dir():
        return []
    from jaxstudy.site.homework_page import homework_pages  # a tenth of a rebuilt page's time

    return homework_pages(course)


def _lecture(
    course: Course, item: BuiltLecture, docs: Path, today: datetime.date | None, links: Sequence[Link]
) -> Tree:
    """A lecture's page and the files beside it; as they were written where nothing has changed."""
    name = item.lecture.name
    key = page_key(course, item, released(course, item.lecture, today), links, item.size, item.versions, item.pdf)
    if (kept := kept_page(course, name, key, docs)) is not None:
        return kept
    page = lecture_page(course, item, today, links)
    tree: Tree = {f"lectures/{name}.md": page.text.encode()}
    tree |= {f"lectures/{link}": content for link, content in page.files.found.items()}
    keep_page(course, name, key, tree)
    return tree


def mirror(tree: Mapping[str, Content], folder: Path) -> None:
    """Make the folder hold exactly the tree; equal files keep their modification time."""
    for name, content in tree.items():
        if content == folder / name:
            continue  # as it was written before
        if isinstance(content, Path) and content.stat().st_size > LARGE:
            _copy_if_changed(content, folder / name)
        else:
            write_if_changed(folder / name, content.read_bytes() if isinstance(content, Path) else content)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and path.relative_to(folder).as_posix() not in tree:
            path.unlink()


def _copy_if_changed(source: Path, target: Path) -> None:
    """Copy a file too large to read whole; equal size and time are taken for equal content."""
    there, here = source.stat(), target.stat() if target.is_file() else None
    if here and (there.st_size, there.st_mtime_ns) == (here.st_size, here.st_mtime_ns):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    try:
        shutil.copy2(source, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def write_if_changed(path: Path, content: bytes) -> None:
    """Write the file unless it holds this already."""
    if not path.is_file() or path.read_bytes() != content:
        write_atomically(path, content)


def _downloads(item: BuiltLecture) -> Tree:
    files = {"slides": (item.deck, item.pdf), "notebooks": (item.plain, item.executed)}
    found: Tree = {f"{folder}/{path.name}": path for folder, paths in files.items() for path in paths if path}
    return found | {f"scripts/{source_name(item.lecture.path)}": item.lecture.path}


def _around(item: BuiltLecture, homework: Sequence[HomeworkPage], replays: Sequence[ReplayPage], up: str) -> list[Link]:
    """The lecture's replays and homework."""
    talks = [page.link(up) for page in replays if page.replay.lecture == item.lecture.name]
    return talks + [page.link(up) for page in homework if page.assignment.lecture == item.lecture.name]


def _home(
    course: Course,
    built: Sequence[BuiltLecture],
    guides: Mapping[str, Guide],
    homework: Sequence[HomeworkPage],
    replays: Sequence[ReplayPage],
) -> str:
    first = built[0].lecture.number if built else "01"
    numbers = [int(item.lecture.number) for item in built if item.lecture.number.isdigit()]
    return render(
        "home.md.j2",
        title=course.title,
        about=course.settings.about,
        description=course.settings.about or f"{course.title}: lectures with code and outputs.",
        flow=(ASSETS / "flow.html").read_text(encoding="utf-8").replace("@LECTURE@", _first_script(built)),
        weekly=any(item.lecture.header.week for item in built),
        lectures=[_home_entry(course, item, homework, replays) for item in built],
        replays=replays,
        first=first,
        make=(course.root / "Makefile").is_file(),
        next=f"{max(numbers, default=0) + 1:02d}",
        guides=guides,
    )


def _first_script(built: Sequence[BuiltLecture]) -> str:
    """The name that stands for every lecture's: the second one's, which is no introduction."""
    names = [escape(item.lecture.path.name) for item in built]
    return names[1] if len(names) > 1 else names[0] if names else "01_topic.py"


def _home_entry(
    course: Course, item: BuiltLecture, homework: Sequence[HomeworkPage], replays: Sequence[ReplayPage]
) -> dict[str, Any]:
    links = [link for link in file_links(item, "") if link.words in ("Slides", "Notebook", "PDF")]
    return {
        "title": item.lecture.title,
        "label": plain(item.lecture.title).replace('"', "'"),
        "page": f"lectures/{item.lecture.name}.md",
        "facts": facts(course, item),
        "outcomes": item.lecture.header.outcomes,
        "links": [*links, *_around(item, homework, replays, "")],
    }


def _concepts(built: Sequence[BuiltLecture]) -> str:
    lectures = {item.lecture.name: item.lecture for item in built}

    def link(name: str) -> str:
        lecture = lectures[name]
        return f'<a href="lectures/{name}.html">{lecture.number} {plain(lecture.title)}</a>'

    return render("concepts.md.j2", concepts=concepts(list(lectures.values())), link=link)


def _practice_entry(page: HomeworkPage) -> str:
    number, title = page.assignment.number, page.assignment.title
    return title if title.startswith(number) else f"{number} {title}"


def _nav(
    course: Course,
    built: Sequence[BuiltLecture],
    guides: Mapping[str, Guide],
    homework: Sequence[HomeworkPage],
    replays: Sequence[ReplayPage],
) -> str:
    """What mkdocs.yml inherits. Plain `mkdocs build` reads it too."""
    lectures = [{_entry(item): f"lectures/{item.lecture.name}.md"} for item in built]
    practice = [{_practice_entry(page): f"homework/{page.assignment.name}.md"} for page in homework]
    talks = [{page.replay.title: page.page} for page in replays]
    nav: list[dict[str, Any]] = [
        {"Home": "index.md"},
        *([{"Lectures": lectures}] if lectures else []),
        *([{"Replays": talks}] if talks else []),
        *([{"Homework": practice}] if practice else []),
        {"Concepts": "concepts.md"},
        *([{"Guides": [{guide.title: f"guides/{guide.path.name}"} for guide in guides.values()]}] if guides else []),
    ]
    about = attribute(course.settings.about or course.title)
    settings: dict[str, Any] = {"site_name": course.title, "site_description": about}
    if course.settings.site_url:
        settings["site_url"] = course.settings.site_url
    settings |= {"theme": {"custom_dir": str(ASSETS / "overrides")}, "nav": nav}
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    return f"# Written by jaxstudy; mkdocs.yml inherits it.\n{text}"


def _entry(item: BuiltLecture) -> str:
    title = plain(item.lecture.title)
    return f"{item.lecture.number} {title}" if item.lecture.number.isdigit() else title


def _assets(tree: Tree) -> Tree:
    """Our own style and script, and those libraries that some page needs."""
    pages = "\n".join(_text_of(content) for name, content in tree.items() if name.endswith(".md"))
    found: Tree = {f"assets/{name}": ASSETS / name for name in _OUR_ASSETS}
    found["assets/vendor/iframe-worker-shim.js"] = web_part("iframe-worker/shim/index.js")
    if _MATHS.search(pages):
        for name in ("katex.min.css", "katex.min.js"):
            found[f"assets/vendor/katex/{name}"] = web_part(f"katex/dist/{name}")
        fonts = web_part("katex/dist/fonts/KaTeX_Main-Regular.woff2").parent
        found |= {f"assets/vendor/katex/fonts/{path.name}": path for path in sorted(fonts.glob("*.woff2"))}
    if "```mermaid" in pages:
        found["assets/vendor/mermaid.tiny.js"] = web_part("@mermaid-js/tiny/dist/mermaid.tiny.js")
    return found


def _text_of(content: Content) -> str:
    return (content.read_bytes() if isinstance(content, Path) else content).decode(errors="replace")
