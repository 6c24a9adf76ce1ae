"""Reports: what students and staff see, safe to open, escaped, and silent about hidden checks."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import junitparser
import pytest
from playwright.sync_api import Browser, sync_playwright

from classes import HALF, RIGHT, STARTER, notebook
from jaxstudy.build.chromium import find_chromium
from jaxstudy.homework.gathering import file_name
from jaxstudy.homework.many import Records
from jaxstudy.homework.reports import write_reports
from jaxstudy.homework.reports.feedback import feedback_page
from jaxstudy.homework.reports.gradescope import gradescope_json
from jaxstudy.homework.reports.junit import junit_xml
from jaxstudy.homework.reports.marks import marks_csv, safe_cell
from jaxstudy.homework.reports.overview import distribution, without_variable_parts, wrong_answers
from jaxstudy.homework.results import CheckResult, Sandbox, SubmissionResult
from jaxstudy.homework.similarity import read_works, similar_pairs, write_similarity

EVIL = "<script>alert(1)</script>"
SECRET = "HIDDEN-INPUT-31.4"


def check(number: int, status: str = "passed", hidden: bool = False, message: str = "") -> CheckResult:
    earned = {"passed": 2.0, "partial": 1.0}.get(status, 0.0)
    title = f"softmax holds, way {number}."
    return CheckResult(
        f"test_{number}", title, ("softmax",), hidden, 2.0, earned, False, status, message, "02_functions#a-1"
    )


def result_of(student: str, *checks: CheckResult, **more: object) -> SubmissionResult:
    given: dict[str, object] = {
        "homework": "02_functions", "student": student, "source": f"{student}.py", "digest": "ab" * 32, "seed": 3141592653,
        "checks": checks, "total": 8.0, "earned": sum(item.earned for item in checks),
        "sandbox": Sandbox("namespaces", ("seccomp",)), "seconds": 1.5,
    }  # fmt: skip
    return SubmissionResult(**{**given, **more})  # type: ignore[arg-type]


def a_class() -> dict[str, SubmissionResult]:
    long = "softmax(f32[3]): expected " + "0.123456789," * 200
    results = [
        result_of("Ada", *(check(n) for n in range(4))),
        result_of("Bob", check(0, "failed", message="softmax(x): expected 3.25, got 1.5"), check(1, "error", message=EVIL), check(2, "partial", True, SECRET), check(3), penalty=0.5, late_seconds=90000.0, submitted="2026-10-05T10:00:00+00:00"),
        result_of(EVIL, check(0, "failed", message="softmax(x): expected -7, got 1e-9"), check(1, "timeout", message=long), check(2, "died", True, SECRET), check(3, "missing"), output=EVIL + "\x00\x1b[31m", incidents=("a loop",), other_files=(EVIL,)),
        result_of("=cmd|' /C calc'!A0", *(check(n, "not_answered") for n in range(4)), unreadable=f"{EVIL} is empty"),
        result_of("x" * 119, *(check(n, "memory") for n in range(4)), incidents=("out of memory " * 30,)),
    ]  # fmt: skip
    return {file_name(result.student): result for result in results}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grades")
    write_reports(a_class(), "Functions <of> functions", path)
    return path


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "＋1", "－1", "−1", "＠x", "|x", "%x", "\u200b=1",
     "\u202e=1", "\ufeff=1", "\u00a0=1", '"=1', "'=1", "\x00=1", "\u3000=1"],
)  # fmt: skip
def test_no_cell_starts_a_formula(text: str) -> None:
    assert safe_cell(text).startswith(("'", "�")) and safe_cell(text).isprintable()
    if safe_cell(text).startswith("�"):
        assert not safe_cell(text).lstrip("�").startswith(tuple("=+-@"))


def test_no_cell_starts_a_formula_where_another_separator_rules() -> None:
    for separator in ";\t|":
        for line in marks_csv([result_of(f"a{separator}=1+1"), result_of(f'a{separator}"=1+1')]).splitlines():
            for cell in line.split(separator):
                assert not cell.lstrip("\"' ").startswith(("=", "+", "@")) or cell.lstrip('" ').startswith("'")


def test_the_csv_reads_back_with_numbers_as_numbers(folder: Path) -> None:
    text = (folder / "marks.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["student"] for row in rows][2:4] == ["Ada", "Bob"]
    assert rows[3]["mark"] == "2.5" and rows[3]["late_hours"] == "25" and rows[3]["test_2"] == "1"
    assert rows[1]["student"] == "'=cmd|' /C calc'!A0" and "is empty" in rows[1]["unreadable"]
    assert "seconds" not in text  # what differs between two runs of the same class is not in it


def test_names_stand_in_the_order_in_which_a_person_looks_for_them(tmp_path: Path) -> None:
    wanted = [
        "Ada", "Emile", "emile", "Émile", "group 2", "Group 9", "group 10", "group 010b", "Lukas", "Łukasz", "Lz",
        "Oscar", "Østergård", "Ostwald", "Strasse", "Straße", "zoe", "Zoë", "李",
    ]  # fmt: skip
    for shuffled in (wanted[::-1], wanted[1::2] + wanted[::2]):
        write_reports({file_name(name): result_of(name) for name in shuffled}, "x", tmp_path)
        text = (tmp_path / "marks.csv").read_bytes().decode("utf-8-sig")
        assert [row["student"] for row in csv.DictReader(io.StringIO(text))] == wanted
        page = (tmp_path / "overview.html").read_text()
        places = [page.rindex(f'feedback/{file_name(name)}.html"') for name in wanted]
        assert places == sorted(places)


def test_feedback_says_kindly_which_code_outside_of_functions_never_ended(tmp_path: Path) -> None:
    cells = ("line 12: no answer within 7.5 s", "line 12: no answer within 7.5 s", "cell 3: its process ended <b>")
    hung = result_of("Ada", check(0), incidents=(*cells, "softmax: its process ended", "double gave no answer in time"))
    write_reports({"ada": hung}, "x", tmp_path)
    page = (tmp_path / "feedback" / "ada.html").read_text()
    output = json.loads((tmp_path / "gradescope" / "ada.json").read_text())["output"]
    for told in (page, output):
        assert told.count("The code at line 12 was not done after 7.5 s. It was left out") == 1
        assert "a loop that never ends" in told and told.count("The cell 3 could not be run to its end") == 1
        assert "softmax: its" not in told and "double gave" not in told
    assert "<b>" not in page and "left out" not in feedback_page(result_of("Bob", check(0)), "x")


def test_gradescope_reads_the_result_and_hidden_checks_show_no_more_than_their_title() -> None:
    data = json.loads(gradescope_json(a_class()["bob"] if "bob" in a_class() else a_class()[file_name("Bob")]))
    assert data["score"] == 2.5 and [test["score"] for test in data["tests"]] == [0, 0, 1, 2]
    assert data["tests"][0]["output"].startswith("softmax(x)") and data["tests"][0]["max_score"] == 2
    hidden = data["tests"][2]
    assert hidden["visibility"] == "after_published" and "output" not in hidden
    allowed = {"score", "execution_time", "output", "visibility", "stdout_visibility", "extra_data", "tests"}
    assert data.keys() <= allowed and SECRET not in json.dumps(data)


def test_feedback_says_nothing_of_hidden_checks_beyond_their_title(folder: Path) -> None:
    page = (folder / "feedback" / f"{file_name('Bob')}.html").read_text()
    assert SECRET not in page and "softmax holds, way 2." in page
    assert "3141592653" not in page and "3141592653" not in gradescope_json(a_class()[file_name("Bob")])  # the seed
    assert "expected 3.25, got 1.5" in page and "02_functions#a-1" in page and "Late by 1 day" in page
    assert "Handed in 5 October 2026, 10:00 UTC" in page


def test_everything_from_outside_is_escaped(folder: Path) -> None:
    pages = list(folder.rglob("*.html"))
    assert len(pages) == 6
    for page in pages:
        text = page.read_text()
        assert "<script" not in text and "Functions <of>" not in text
    assert "&lt;script&gt;" in (folder / "overview.html").read_text()


def test_what_needs_a_look_comes_first_in_the_overview_and_stands_beside_the_name(folder: Path) -> None:
    page = (folder / "overview.html").read_text()
    places = [
        page.index(f">{words}</h2>") for words in ("Could not be read", "Incidents", "Checks", "Slowest", "Everyone")
    ]
    assert places == sorted(places)
    everyone = page[places[-1] :]
    assert everyone.count("could not be read") == 1 and everyone.count(">incident<") == 2


def test_junit_has_the_elements_and_attributes_of_its_schema_in_their_order() -> None:
    root = ElementTree.fromstring(junit_xml(list(a_class().values())))
    assert root.tag == "testsuites" and len(root) == 5
    for suite in root:
        assert {"name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id"} == set(
            suite.attrib
        )
        kinds = [child.tag for child in suite]
        cases = [child for child in suite if child.tag == "testcase"]
        assert kinds == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
        assert len(cases) == int(suite.attrib["tests"])
        assert time.strptime(suite.attrib["timestamp"], "%Y-%m-%dT%H:%M:%S")
        for kind, attribute in (("failure", "failures"), ("error", "errors")):
            found = [case.find(kind) for case in cases if case.find(kind) is not None]
            assert len(found) == int(suite.attrib[attribute])
            assert all(item is not None and item.attrib.keys() == {"message", "type"} for item in found)
        for case in cases:
            assert case.attrib.keys() == {"name", "classname", "time"} and len(case) <= 1


HOSTILE = "a\x00\x0b\x1b[31m\ud800\udfff\ufffe\uffff]]><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;\"'\x85"


def test_a_reader_of_junit_finds_every_student_check_and_reason_whatever_names_hold() -> None:
    results = list(a_class().values())
    results.append(
        result_of(HOSTILE, check(0), check(1, "failed", message=HOSTILE), output=HOSTILE, incidents=(HOSTILE,))
    )
    read = junitparser.JUnitXml.fromstring(junit_xml(results))
    suites = list(read)
    assert [suite.name for suite in suites[:3]] == ["Ada", "Bob", EVIL]
    for suite, result in zip(suites, results, strict=True):
        cases = list(suite)
        asked = 1 if result.unreadable else len(result.checks)
        assert len(cases) == suite.tests == asked and {case.classname for case in cases} == {
            f"02_functions.{suite.name}"
        }
        failures, errors = suite.failures, suite.errors
        suite.update_statistics()  # counts for itself
        assert (suite.failures, suite.errors, suite.tests) == (failures, errors, asked)
        assert {item.name: item.value for item in suite.properties()}["total"] == "8"
    bad = list(suites[-1])[1]
    assert bad.is_failure and "&e;" in bad.result[0].text and "\x1b" not in bad.result[0].text + str(suites[-1])
    assert suites[3].errors == 1 and next(iter(suites[3])).result[0].message == f"{EVIL} is empty"


def test_failures_that_differ_in_numbers_are_one_wrong_answer() -> None:
    first = wrong_answers(a_class())[0]
    assert sorted(name for _, name in first.students) == [EVIL, "Bob"]  # 3.25 and -7 are the same mistake
    one = "file /tmp/a/b.py: got [1, 2] of 'x' at 0xdeadbeef"
    assert without_variable_parts(one) == without_variable_parts("file /home/c/d.py: got [3] of 'yy' at 0x12")
    lines = [f"what line {line} of the check asserts does not hold" for line in (12, 13, 120)]
    assert len({without_variable_parts(line) for line in lines}) == 3


def test_the_distribution_counts_everyone_once() -> None:
    bars = distribution([0, 0, 5, 8, 9], 8)
    assert sum(bar.count for bar in bars) == 5 and bars[0].count == 2 and bars[-1].count == 2 and len(bars) == 8
    assert distribution([], 0) == []


def test_reports_of_students_who_are_gone_do_not_stay(tmp_path: Path) -> None:
    results = a_class()
    write_reports(results, "x", tmp_path)
    write_reports({file_name("Ada"): results[file_name("Ada")]}, "x", tmp_path)
    assert [path.stem for path in (tmp_path / "feedback").iterdir()] == [file_name("Ada")]
    assert [path.stem for path in (tmp_path / "gradescope").iterdir()] == [file_name("Ada")]


def graded_class(folder: Path, sources: dict[str, str]) -> Records:
    records = Records(folder)
    records.make()
    for student, source in sources.items():
        suffix = ".ipynb" if source.startswith("{") else ".py"
        (records.sources / f"{student}{suffix}").write_text(source)
        records.write(student, result_of(student))
    return records


LONG = """\
def attention(q, k, v):
    scores = q @ k.T / jnp.sqrt(q.shape[-1])
    weights = jnp.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = weights / weights.sum(axis=-1, keepdims=True)
    return weights @ v, weights
"""
RENAMED = '''\
# my own work
def attention(a, b, c):
    """Completely different."""
    s = a @ b.T / jnp.sqrt(a.shape[-1])   # scaled

    w = jnp.exp(s - s.max(axis=-1, keepdims=True))
    w = w / w.sum(axis=-1, keepdims=True)
    return w @ c, w
'''
OWN = """\
def attention(q, k, v):
    d = q.shape[1]
    weights = jax.nn.softmax(jnp.einsum("id,jd->ij", q, k) * d ** -0.5)
    return jnp.einsum("ij,jd->id", weights, v), weights
"""


def test_a_copy_with_other_names_and_comments_is_found_and_shown_side_by_side(tmp_path: Path) -> None:
    records = graded_class(
        tmp_path, {"ada": LONG, "bob": OWN, "eve": notebook(RENAMED), "cyd": RIGHT, "dee": "def broken(:\n" + HALF}
    )
    pairs = similar_pairs(read_works(records))
    assert (pairs[0].left.student, pairs[0].right.student) == ("ada", "eve") and pairs[0].score > 0.6
    assert all(pair.score < 0.3 for pair in pairs[1:])
    page = write_similarity(pairs, "Attention", tmp_path)
    beside = (tmp_path / "similarity" / "01.html").read_text()
    assert 'href="similarity/01.html"' in page.read_text()
    assert '<span class="same">    weights = jnp.exp(' in beside and "<span># my own work</span>" in beside


def test_what_everyone_was_given_is_no_sign_of_copying(tmp_path: Path) -> None:
    records = graded_class(tmp_path, {"ada": LONG + STARTER, "bob": LONG + HALF})
    assert similar_pairs(read_works(records)) != [] and similar_pairs(read_works(records, starter=LONG)) == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--disable-gpu"], chromium_sandbox=False
        )
        yield chromium
        chromium.close()


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_overflows_or_asks_any_host(folder: Path, browser: Browser, size: tuple[int, int], scheme: str) -> None:
    write_similarity(similar_pairs(read_works(graded_class(folder / "s", {"ada": LONG, "eve": RENAMED}))), "x", folder)
    asked: list[str] = []
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    for path in folder.rglob("*.html"):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path.name
        assert page.evaluate("getComputedStyle(document.body).overflowX") != "hidden"
        assert page.locator("h1").count() == 1 and page.title()
    assert all(url.startswith("file:") for url in asked) and complaints == []
    context.close()


def test_every_link_of_the_overview_leads_somewhere(folder: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((folder / "overview.html").as_uri())
    links = page.eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))")
    inside = {link for link in links if link.startswith("#")}
    assert len(set(links)) >= 7 and all((folder / link).is_file() for link in links if link not in inside)
    assert inside == {"#everyone", "#unreadable", "#incidents"} and all(page.locator(link).count() for link in inside)
    page.close()
