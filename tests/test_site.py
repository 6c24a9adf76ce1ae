"""The study site: what is on a page, what is not, and that it works in a real browser with no network."""

from __future__ import annotations

import datetime
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent

import pytest
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser

from jaxstudy.build.built import BuiltLecture
from jaxstudy.course import Course, load_course
from jaxstudy.errors import SiteBroken
from jaxstudy.site import build_site, write_site_sources
from jaxstudy.site.files import PageFiles
from jaxstudy.site.lecture_page import lecture_page
from jaxstudy.site.lighten import lighter
from jaxstudy.site.links import Places, with_links
from jaxstudy.site.outputs import plain_text
from jaxstudy.site.prose import portable, without_slide_markers
from sites import REPOSITORY, Visit, add_guide, chromium, execute_course, make_site, served, write_course


@dataclass(frozen=True)
class Made:
    """A course, its built lectures and its site, shared by the tests of this module."""

    course: Course
    built: list[BuiltLecture]
    site: Path

    def page(self, name: str) -> BeautifulSoup:
        return BeautifulSoup((self.site / name).read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module", autouse=True)
def web_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAXSTUDY_WEB", str(REPOSITORY / "node_modules"))
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, web_parts: None) -> Made:
    course = write_course(tmp_path_factory.mktemp("course"))
    built = execute_course(course)
    return Made(course, built, make_site(course, built))


@pytest.fixture
def copy(made: Made, tmp_path: Path) -> Made:
    """The same course for a test that changes it."""
    shutil.copytree(made.course.root, tmp_path / "copy")
    course = load_course(tmp_path / "copy")
    return Made(course, made.built, course.build / "site")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def by_id(page: BeautifulSoup, name: str) -> Tag:
    found = page.find(id=name)
    assert isinstance(found, Tag), f"nothing has the id {name}"
    return found


# ---- what is on a page ----


def test_a_lecture_page_has_prose_code_and_what_the_code_gave(made: Made) -> None:
    page = made.page("lectures/01_first.html")
    assert page.title and "First things" in page.title.text
    assert page.html and page.html["lang"] == "en"
    description = page.find("meta", {"name": "description"})
    assert isinstance(description, Tag) and "Name the parts of a page" in str(description["content"])
    step = by_id(page, "code-and-text-2")
    assert 'print("quokka", 6 * 7)' in step.text and "quokka 42" in step.text
    assert "careful" in step.select_one(".jx-stderr").text  # type: ignore[union-attr]
    nested = page.select("li li")
    assert any("nested by two" in item.text for item in nested), "a list indented by two is still nested"


def test_a_last_line_of_output_in_braces_is_shown_though_markdown_knows_attributes_in_braces(made: Made) -> None:
    assert "{'left': 1}" in by_id(made.page("lectures/01_first.html"), "side-by-side-3").text


def test_the_head_tells_facts_and_leads_to_everything_that_was_made(made: Made) -> None:
    page = made.page("lectures/01_first.html")
    head = page.select_one(".jx-head")
    assert head is not None and "Week 1 · 20 minutes" in head.text and "name the parts of a page" in head.text
    for link in head.select(".jx-links a"):
        assert (made.site / "lectures" / str(link["href"])).resolve().is_file(), link["href"]
    words = [link.text for link in head.select(".jx-links a")]
    assert words == ["Slides", "Notebook", "Notebook with outputs", "Source"]
    assert "jax " in page.select_one(".jx-made").text and "“smoke”" in page.select_one(".jx-made").text  # type: ignore[union-attr]


def test_slides_give_the_table_of_contents_and_ids_of_steps_are_places_on_the_page(made: Made) -> None:
    page = made.page("lectures/01_first.html")
    contents = [link.text.strip() for link in page.select(".md-sidebar--secondary .md-nav__link")]
    assert contents == ["Code and text", "It refuses", "Figures", "Side by side"]
    assert by_id(page, "code-and-text-1").name == "h2"
    assert by_id(page, "it-refuses-1").name == "h3"
    assert by_id(page, "first-things-1").name == "h1"
    shown = [step.id for step in made.built[0].lecture if step.kind == "code" and "remove-cell" not in step.tags]
    assert all(page.find(id=name) for name in shown)
    ids = [str(tag["id"]) for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_an_expected_error_is_calm_and_says_nothing_of_the_machine_that_made_it(made: Made) -> None:
    error = by_id(made.page("lectures/01_first.html"), "it-refuses-2").select_one(".jx-error")
    assert error is not None
    label, message = error.select_one(".jx-label"), error.select_one("pre")
    assert label and label.text == "Expected error"
    assert message and message.text.strip() == "StatisticsError: mean requires at least one data point"
    trace = error.select_one("details pre")
    assert trace and "python3." in trace.text and sys.prefix not in trace.text and "/lib/" not in trace.text


def test_pictures_are_files_with_words_and_hidden_code_is_folded(made: Made) -> None:
    step = by_id(made.page("lectures/01_first.html"), "figures-2")
    picture = step.select_one("img")
    assert picture and picture["alt"] == "It [doubles] each step" and picture["width"] and picture["height"]
    assert (made.site / "lectures" / str(picture["src"])).read_bytes().startswith(b"\x89PNG")
    folded = step.select_one("details")
    assert folded and folded.summary and folded.summary.text == "Show the code" and "axes.plot" in folded.text


def test_html_tables_stay_and_what_asks_another_host_goes(made: Made) -> None:
    step = by_id(made.page("lectures/01_first.html"), "figures-3")
    assert step.select_one("table td").text == "cell of the table"  # type: ignore[union-attr]
    assert "example.org" not in str(step) and "<style" not in str(step)


def test_a_snippets_source_is_shown_folded_where_it_is_imported(made: Made) -> None:
    folded = by_id(made.page("lectures/01_first.html"), "code-and-text-2").select_one("details")
    assert folded and folded.summary and folded.summary.text == "Source of snippets/boxes.py"
    assert "class Table" in folded.text


def test_speaker_notes_and_removed_cells_are_nowhere_on_the_site(made: Made) -> None:
    pages = [path for path in made.site.rglob("*") if path.suffix in (".html", ".js", ".json", ".md")]
    told = [path for path in pages if "slides" not in path.parts and "SECRETNOTE" in path.read_text(encoding="utf-8")]
    shown = [path for path in pages if "NEVERSHOWN" in path.read_text(encoding="utf-8")]
    assert len(pages) > 5 and told == [] and shown == []


def test_marks_for_slides_vanish(made: Made) -> None:
    text = str(made.page("lectures/01_first.html").article)
    assert not re.search(r'class="(fragment|hl-|jx-(two|wide|fit)"></span)', text)


def test_the_home_page_leads_to_every_lecture_and_guide(made: Made) -> None:
    page = made.page("index.html")
    links = {str(link["href"]) for link in page.article.find_all("a", href=True)}  # type: ignore[union-attr]
    assert {"lectures/01_first.html", "lectures/02_second.html", "guides/author.html"} <= links
    assert "jaxstudy present 01" in page.text and page.select_one("figure[role=img][aria-label]")


def test_the_concepts_page_says_where_a_concept_comes_back(made: Made) -> None:
    row = by_id(made.page("concepts.html"), "page")
    assert [cell.text for cell in row.find_all("td")] == ["page", "01 First things", "02 vmap"]


def test_links_released_after_the_lecture_wait_for_its_date(copy: Made) -> None:
    (copy.course.root / "course.toml").write_text('title = "Tiny"\nstart = 2026-01-12\n')
    course = load_course(copy.course.root)
    before = lecture_page(course, copy.built[0], datetime.date(2026, 1, 12)).text
    after = lecture_page(course, copy.built[0], datetime.date(2026, 1, 13)).text
    undated = lecture_page(copy.course, copy.built[0], datetime.date(2036, 1, 1)).text
    assert "Known before" in before and "12 January 2026" in before
    assert "Known after" not in before and "Known after" in after and "Known after" not in undated


def test_colab_is_offered_where_the_course_names_a_repository(copy: Made) -> None:
    assert "Upload notebook" in lecture_page(copy.course, copy.built[0]).text
    (copy.course.root / "course.toml").write_text('title = "Tiny"\nrepository = "some/one"\n')
    text = lecture_page(load_course(copy.course.root), copy.built[0]).text
    assert "colab.research.google.com/github/some/one/blob/gh-pages/notebooks/01_first.ipynb" in text
    assert "Upload notebook" not in text


def test_outcomes_that_the_title_slide_lists_are_not_said_twice(copy: Made) -> None:
    lecture = copy.built[0].lecture
    title = replace(lecture.slides[0].steps[0], source="# First things\n\nAfter this you can\n\n- name the parts")
    slides = (replace(lecture.slides[0], steps=(title, *lecture.slides[0].steps[1:])), *lecture.slides[1:])
    said = lecture_page(copy.course, replace(copy.built[0], lecture=replace(lecture, slides=slides))).text
    assert said.count("you can") == 1 and lecture_page(copy.course, copy.built[0]).text.count("you can") == 1


# ---- in a browser ----


def search(visit: Visit, word: str) -> list[str]:
    """Titles of what the site's search finds."""
    if not visit.page.locator(".md-search__input").is_visible():
        visit.page.locator("label[for=__search]").first.click()
    visit.page.locator(".md-search__input").click()
    visit.page.keyboard.type(word)
    visit.page.locator(".md-search-result__item").first.wait_for(timeout=10_000)
    return visit.page.locator(".md-search-result__item h1").all_inner_texts()


def test_search_works_over_http_and_asks_no_other_host(made: Made, browser: Browser) -> None:
    with served(made.site) as server, Visit(browser, server.url) as visit:
        assert search(visit, "quokka") == ["First things"]
        assert visit.foreign(server.url) == [] and visit.complaints == []


def test_search_works_from_a_file_and_equal_headings_do_not_break_it(made: Made, browser: Browser) -> None:
    with Visit(browser, (made.site / "lectures" / "02_second.html").as_uri()) as visit:
        assert "vmap" in search(visit, "vmap")
        assert visit.foreign("file://") == [] and visit.complaints == []


def test_maths_and_diagrams_are_drawn_and_fetched_only_where_there_are_some(made: Made, browser: Browser) -> None:
    with served(made.site) as server:
        with Visit(browser, server.url + "lectures/01_first.html") as visit:
            visit.page.locator("div.arithmatex .katex-display").wait_for()
            assert visit.page.locator("span.arithmatex .katex").count() == 1
            assert visit.page.locator(".katex-error").count() == 0
            assert not any("mermaid" in url for url in visit.requests)
            assert visit.foreign(server.url) == [] and visit.complaints == []
        with Visit(browser, server.url + "guides/author.html", dark=True) as visit:
            visit.page.locator(".jx-mermaid svg .node").first.wait_for()
            assert not any("katex" in url for url in visit.requests)
            assert visit.foreign(server.url) == [] and visit.complaints == []


def test_columns_stand_side_by_side_on_a_wide_screen_and_stacked_on_a_phone(made: Made, browser: Browser) -> None:
    url = (made.site / "lectures" / "01_first.html").as_uri()
    for width, beside in ((1280, True), (390, False)):
        with Visit(browser, url, width) as visit:
            boxes = [box.bounding_box() for box in visit.page.locator(".jx-column").all()]
            left, right, wide = (box for box in boxes if box)
            assert (left["y"] == right["y"] and left["x"] < right["x"]) is beside
            assert wide["y"] > max(left["y"], right["y"]) and wide["x"] == left["x"]


@pytest.mark.parametrize("name", ["index.html", "lectures/01_first.html", "concepts.html", "guides/author.html"])
def test_a_phone_needs_no_sideways_scrolling(made: Made, browser: Browser, name: str) -> None:
    with Visit(browser, (made.site / name).as_uri(), 390) as visit:
        sizes = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert sizes[0] <= sizes[1]


def test_a_figure_is_not_shrunk_to_a_phone_but_scrolls_in_its_place(made: Made, browser: Browser) -> None:
    url = (made.site / "lectures" / "01_first.html").as_uri()
    for width, shrunk in ((1280, True), (390, False)):
        with Visit(browser, url, width) as visit:
            figure = visit.page.locator(".jx-step p > .jx-figure").first
            drawn, place = figure.evaluate("it => [it.getBoundingClientRect().width, it.parentElement.clientWidth]")
            assert (drawn <= place) is shrunk
            assert shrunk or drawn >= 600


def test_a_figure_fades_where_it_goes_on_and_only_there(made: Made, browser: Browser) -> None:
    url = (made.site / "lectures" / "01_first.html").as_uri()
    with Visit(browser, url, 390) as visit:
        visit.page.evaluate("window.place = document.querySelector('.jx-step p:has(> .jx-figure)')")
        seen = "() => Number(getComputedStyle(place).getPropertyValue('--jx-seen'))"
        assert visit.page.evaluate(seen) < 0.1
        visit.page.evaluate("place.scrollLeft = place.scrollWidth")
        visit.page.wait_for_function("() => Number(getComputedStyle(place).getPropertyValue('--jx-seen')) === 1")


def test_a_hidden_link_takes_no_line_below_a_heading_on_a_phone(made: Made, browser: Browser) -> None:
    with Visit(browser, (made.site / "lectures" / "01_first.html").as_uri(), 390) as visit:
        assert visit.page.locator("h2 .headerlink").count() and not visit.page.locator(".headerlink:visible").count()


def test_a_page_weighs_less_than_400_kilobytes_and_half_of_that_on_the_wire(made: Made, browser: Browser) -> None:
    with served(made.site) as server, Visit(browser, server.url + "lectures/02_second.html") as visit:
        visit.page.wait_for_function("performance.getEntriesByType('resource').some(e => e.name.includes('search.'))")
        sizes = visit.page.evaluate(
            "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
            ".filter(entry => !entry.name.includes('search_index') && !entry.name.includes('__jaxstudy'))"
            ".map(entry => [entry.decodedBodySize, entry.encodedBodySize])"
        )
        assert 200_000 < sum(raw for raw, _ in sizes) < 400_000
        assert sum(packed for _, packed in sizes) < 200_000


# ---- building ----


def test_an_unchanged_site_is_left_as_it_is(copy: Made) -> None:
    make_site(copy.course, copy.built)
    before = (copy.site / "index.html").stat()
    make_site(copy.course, copy.built)
    assert (copy.site / "index.html").stat() == before
    add_guide(copy.course, "author.md", "# A shorter guide")
    make_site(copy.course, copy.built)
    assert "A shorter guide" in (copy.site / "index.html").read_text(encoding="utf-8")


def test_dead_links_fail_together_with_file_and_line_and_the_last_good_site_stays(copy: Made) -> None:
    good = (copy.site / "index.html").read_bytes()
    guide = add_guide(copy.course, "author.md", "# A guide\n\nSee [this](gone.md).\n\nAnd [that](author.md#nowhere).\n")
    with pytest.raises(SiteBroken) as caught:
        make_site(copy.course, copy.built)
    places = {(problem.path, problem.line) for problem in caught.value.problems}
    assert places == {(guide, 3), (guide, 5)}
    assert "'gone.md'" in str(caught.value) and "no such place" in str(caught.value)
    assert (copy.site / "index.html").read_bytes() == good


def test_a_dead_link_in_a_lecture_names_the_scripts_line(copy: Made) -> None:
    lecture = copy.built[1].lecture
    last = lecture.slides[-1].steps[0]
    broken = replace(last, source=last.source + "\nSee [gone](figures/gone.csv).")
    slide = replace(lecture.slides[-1], steps=(broken, *lecture.slides[-1].steps[1:]))
    script = copy.course.root / "lectures" / "02_second.py"
    text = script.read_text(encoding="utf-8")
    script.write_text(text.replace("Both headings say vmap.", "See [gone](figures/gone.csv)."), encoding="utf-8")
    changed = replace(copy.built[1], lecture=replace(lecture, slides=(*lecture.slides[:-1], slide)))
    with pytest.raises(SiteBroken) as caught:
        make_site(copy.course, [copy.built[0], changed])
    (problem,) = caught.value.problems
    assert problem.path == script and problem.line == text[: text.index("Both headings")].count("\n") + 1


def test_what_a_lecture_no_longer_has_leaves_the_sources(copy: Made) -> None:
    docs = copy.course.build / "docs"
    assert list(docs.glob("lectures/01_first/*.png"))
    write_site_sources(copy.course, copy.built[1:], docs)
    assert not (docs / "lectures" / "01_first").exists() and not (docs / "lectures" / "01_first.md").exists()
    assert not (docs / "slides" / "01_first.html").exists() and (docs / "lectures" / "02_second.md").exists()


def test_a_killed_build_leaves_the_last_good_site(copy: Made) -> None:
    good = (copy.site / "index.html").read_bytes()
    add_guide(copy.course, "author.md", "# A changed guide")
    write_site_sources(copy.course, copy.built, copy.course.build / "docs")
    code = "from jaxstudy.course import load_course; from jaxstudy.site import build_site; build_site(load_course())"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=copy.course.root, start_new_session=True)
    fresh = copy.course.build / ".site-new"
    while not fresh.exists() and process.poll() is None:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the build was over before it could be killed"
    assert (copy.site / "index.html").read_bytes() == good
    build_site(copy.course)
    assert "A changed guide" in (copy.site / "index.html").read_text(encoding="utf-8") and not fresh.exists()


def test_plain_mkdocs_builds_the_same_pages(copy: Made) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", "by_hand"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=copy.course.root, env=environment, check=True)
    by_hand = {
        path.relative_to(copy.course.root / "by_hand") for path in (copy.course.root / "by_hand").rglob("*.html")
    }
    assert by_hand == {path.relative_to(copy.site) for path in copy.site.rglob("*.html")}


def test_a_course_without_settings_for_the_site_gets_ours(copy: Made) -> None:
    (copy.course.root / "mkdocs.yml").unlink()
    site = make_site(copy.course, copy.built)
    assert "Tiny" in (site / "index.html").read_text(encoding="utf-8")


def test_a_published_page_shows_its_first_picture_where_it_is_shared(copy: Made) -> None:
    settings = 'title = "Tiny"\nabout = "Two <b>\\"lectures\\"</b> & more"\nsite_url = "https://ada.example/tiny/"\n'
    (copy.course.root / "course.toml").write_text(settings)
    site = make_site(load_course(copy.course.root), copy.built)
    page = BeautifulSoup((site / "lectures" / "01_first.html").read_text(encoding="utf-8"), "html.parser")
    (picture,) = [str(tag["content"]) for tag in page.select("meta[property='og:image']")]
    assert picture.startswith("https://ada.example/tiny/lectures/")
    assert (site / picture.removeprefix("https://ada.example/tiny/")).is_file()
    home = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")
    (said,) = [str(tag["content"]) for tag in home.select("meta[name=description]")]
    (shared,) = [str(tag["content"]) for tag in home.select("meta[property='og:description']")]
    assert said == shared == "Two <b>”lectures”</b> & more"
    assert home.title and home.title.text == "Tiny" and not home.select("meta[property='og:image']")


def test_a_course_without_lectures_has_a_home_page(copy: Made) -> None:
    site = make_site(copy.course, [])
    assert "jaxstudy new lecture 01_topic" in (site / "index.html").read_text(encoding="utf-8")


# ---- from notebook Markdown to MkDocs' ----


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("text\n- a\n- b", "text\n\n-   a\n-   b"),
        ("- a\n  - b\n    - c", "-   a\n    -   b\n        -   c"),
        ("1) one\n2) two", "1.  one\n2.  two"),
        ("- a\n\n  more\n- b", "-   a\n\n    more\n\n-   b"),
        ("text\n| a |\n|---|\n| 1 |", "text\n\n| a |\n|---|\n| 1 |"),
        ("text\n```py\n# no heading\n```", "text\n\n```py\n# no heading\n```"),
        ("$$\na\n= b\n- c\n$$", '<div class="arithmatex">&#92;&#91;a&#10;&#61; b&#10;&#45; c&#92;&#93;</div>'),
        ("Title\n=====\ntext", "# Title\n\ntext"),
        ("## Sets {1, 2}", "## Sets \\{1, 2}"),
        ("> - a\n> b", "> -   a\n>     b"),
        ("see [a]\n\n[a]: https://example.org", "see [a]\n\n[a]: https://example.org"),
        ("<div class='x'>\n\n*a*\n\n</div>", "<div class='x' markdown=\"1\">\n\n*a*\n\n</div>"),
        ("<div>\n\nopen", "<div></div>\n\nopen"),
        ("<p>one\n\ntwo</div>", "<p>one</p>\n\ntwo</div>"),
        ("a\n\n</div>\n\nb", "a\n\nb"),
        (
            "<details><summary>s</summary>\n\n*a*\n\n</details>",
            '<details markdown="1"><summary>s</summary>\n\n*a*\n\n</details>',
        ),
        ("<div><p>x<br></div>", "<div><p>x<br></div>"),
        ("so $$x$$ is", 'so\n\n<div class="arithmatex">&#92;&#91;x&#92;&#93;</div>\n\nis'),
        (
            "as\n\\begin{align}\na\n\\end{align}\nsays",
            'as\n\n<div class="arithmatex">&#92;&#91;&#92;begin&#123;align&#125;&#10;a&#10;&#92;end&#123;align&#125;&#92;&#93;</div>\n\nsays',
        ),
        ("`$$` and `$$`", "`$$` and `$$`"),
        ("one\\\ntwo", "one  \ntwo"),
    ],
)
def test_markdown_of_notebooks_is_set_so_that_mkdocs_reads_it_the_same(written: str, expected: str) -> None:
    assert portable(written) == expected


def test_headings_move_to_their_level_and_the_first_takes_the_id() -> None:
    assert portable("## A\n### B", lambda level: level + 1, "x-1") == "### A { #x-1 }\n\n#### B"


def test_markers_leave_nothing_behind() -> None:
    assert (
        without_slide_markers('## A <span class="jx-two"></span>\n<span class="fragment hl-2 hl-3"></span>') == "## A"
    )


def test_links_lead_to_pages_and_files_and_foreign_pictures_become_links(tmp_path: Path) -> None:
    (tmp_path / "tree.svg").write_text("<svg/>")
    files = PageFiles("03_trees", tmp_path / "03_trees.py")
    source = dedent("""
        [up](#First-steps) [one](01_one.py#a-1) ![a tree](tree.svg) ![](https://example.org/p.png) [site](https://example.org)
        `[code](tree.svg)` ![pasted](attachment:p.png) <img src="tree.svg">
        """)
    text = with_links(
        source, files, Places({"01_one"}, {"first-steps": "first-steps-1"}), {"p.png": {"image/png": "iVBORw0KGgo="}}
    )
    assert "[up](#first-steps-1) [one](01_one.md#a-1) ![a tree](03_trees/tree.svg)" in text
    assert "[Picture: p](https://example.org/p.png) [site](https://example.org)" in text
    assert '`[code](tree.svg)` ![pasted](03_trees/p.png) <img alt="tree" src="03_trees/tree.svg">' in text
    badge = "[![Open in Colab](https://img.example/badge.svg)](https://colab.example/x)"
    assert with_links(badge, files, Places(), {}) == "[Open in Colab](https://colab.example/x)"
    film = '<iframe width="5" src="https://tube.example/x"></iframe><script src="https://a.example/b.js"></script>'
    assert with_links(film, files, Places(), {}) == "[Embedded: tube.example](https://tube.example/x)"
    assert set(files.found) == {"03_trees/tree.svg", "03_trees/p.png"}


def test_terminal_text_looks_as_it_did_in_the_end() -> None:
    assert plain_text("\x1b[31mred\x1b[0m\n 10%\r 50%\r100%\r\ndone  \n") == "red\n100%\ndone"


def test_a_lighter_page_keeps_every_word_and_the_space_inside_code() -> None:
    page = (
        '<p>a\n\n\n   b</p><pre><span></span><code><span class="n">x</span>\n\n  <span class="mi">1</span></code></pre>'
    )
    assert lighter(page) == '<p>a\nb</p><pre><code>x\n\n  <span class="mi">1</span></code></pre>'
