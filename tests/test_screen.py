"""What an audience would see wrongly is found in a real browser, and named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from decks import deck_of, lecture_of, printed, shown
from jaxstudy.build.screen import check_screen
from jaxstudy.course import Lecture
from jaxstudy.errors import InputError, Problem
from test_deck import PNG

FINE = """
    # %% [markdown] slideshow={"slide_type": "slide"}
    # # A title

    # %% [markdown] slideshow={"slide_type": "slide"}
    # ## Fine <span class="jx-two"></span>

    # %% [markdown]
    # A picture: ![a dot](dot.png) and $x^2$

    # %% tags=["live"] id="code"
    def f(x):
        '''Words.'''
        return "yes", g(x) or 1.5  # why

    # %% [markdown] slideshow={"slide_type": "fragment"}
    # > quoted [link](https://docs.jax.dev) and `code`

    # %% [markdown] slideshow={"slide_type": "slide"}
    # words alone
    """

BAD = """
    # %% [markdown] slideshow={"slide_type": "slide"}
    # ## Too tall

    # %% [markdown] slideshow={"slide_type": "fragment"}
    # - a point that comes late
    #
    # TALL

    # %% [markdown] slideshow={"slide_type": "slide"}
    # ## Too wide

    # %% id="long-line"
    x = "LONG"

    # %% [markdown] slideshow={"slide_type": "slide"}
    # ## Columns <span class="jx-two"></span>

    # %% [markdown] id="wide"
    # $$WIDE$$

    # %% id="figure"
    plt.plot(x)

    # %% [markdown] slideshow={"slide_type": "slide"} id="pale"
    # ## Pale
    # <span style="color: #999">words too pale on white, <span style="color: #222">and on black</span></span>

    # %% [markdown] id="formula"
    # $\\frac{1}{$

    # %% id="output"
    display(HTML("x"))
    """


def named(problems: list[Problem]) -> list[tuple[int | None, str, str]]:
    return [(problem.line, problem.expected, problem.got) for problem in problems]


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lecture, list[Problem]]:
    folder = tmp_path_factory.mktemp("bad")
    text = BAD.replace("TALL", "\n    #\n    # ".join("so many words" for _ in range(20)))
    text = text.replace("LONG", "long " * 30).replace("WIDE", "+".join("abcdefghi" for _ in range(12)))
    lecture = lecture_of(folder, text)
    html = '<script>console.error("boom")</script><img src="data:image/png;base64,AAAA" alt="broken">'
    html += '<script src="https://cdn.example/x.js"></script>'
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"/>'
    deck = deck_of(lecture, {"figure": [shown("image/svg+xml", svg)], "output": [shown("text/html", html)]})
    return lecture, check_screen(lecture, deck)


def test_nothing_is_found_where_all_is_well(tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(PNG)
    lecture = lecture_of(tmp_path, FINE)
    numbers = "".join(f"{number}: a line that is printed\n" for number in range(4))
    table = "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    outputs = {
        "code": [printed(numbers + "\x1b[31mred\x1b[0m"), printed("warned", "stderr"), shown("text/html", table)]
    }
    assert named(check_screen(lecture, deck_of(lecture, outputs))) == []


def line_of(lecture: Lecture, step_id: str) -> int:
    return lecture.step(step_id).line


def found(bad: tuple[Lecture, list[Problem]], word: str) -> list[tuple[int | None, str]]:
    return [(problem.line, problem.got) for problem in bad[1] if word in problem.expected]


def test_a_slide_too_tall_once_its_fragments_are_shown_is_named_by_its_first_line(
    bad: tuple[Lecture, list[Problem]],
) -> None:
    [(line, got)] = found(bad, "to fit 1280 × 720")
    assert line == bad[0].slides[0].steps[0].line == 9
    assert int(got.split()[0]) > 100


def test_a_line_of_code_that_is_cut_is_named_by_its_cell(bad: tuple[Lecture, list[Problem]]) -> None:
    [(line, got)] = found(bad, "every line to be seen whole")
    assert line == line_of(bad[0], "long-line")
    assert "long long" in got


def test_what_runs_over_its_column_is_named(bad: tuple[Lecture, list[Problem]]) -> None:
    [(line, got)] = found(bad, "stay in their column")
    assert line == line_of(bad[0], "wide")
    assert "px too wide" in got


def test_a_figure_without_words_is_named(bad: tuple[Lecture, list[Problem]]) -> None:
    assert found(bad, "words for those who cannot see") == [(line_of(bad[0], "figure"), "none")]


def test_pale_text_is_found_in_both_themes(bad: tuple[Lecture, list[Problem]]) -> None:
    got = found(bad, "contrast")
    assert {line for line, _ in got} == {line_of(bad[0], "pale")}
    assert ["light: “words too pale on white," in got[0][1], "dark: “and on black" in got[1][1]] == [True, True]
    assert len(got) == 2


def test_maths_that_is_not_understood_is_named(bad: tuple[Lecture, list[Problem]]) -> None:
    [(line, got)] = found(bad, "maths that KaTeX can set")
    assert line == line_of(bad[0], "formula")
    assert "ParseError" in got


def test_broken_pictures_console_errors_and_requests_are_found(bad: tuple[Lecture, list[Problem]]) -> None:
    assert found(bad, "picture that can be drawn") == [(line_of(bad[0], "output"), "picture 'broken'")]
    said = [got for _, got in found(bad, "console")]
    assert "boom" in said
    assert any("https://cdn.example/x.js" in words for words in said)


def test_every_problem_has_a_place_and_a_cure(bad: tuple[Lecture, list[Problem]]) -> None:
    lecture, problems = bad
    assert problems == sorted(problems, key=lambda problem: problem.line or 0)
    assert all(problem.path == lecture.path and problem.line and problem.do for problem in problems)


def test_a_deck_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    lecture = lecture_of(tmp_path, FINE)
    with pytest.raises(InputError, match="jaxstudy build"):
        check_screen(lecture, tmp_path / "none.html")
