"""The house's rules for lectures: what they find, and what they let pass."""

from __future__ import annotations

from pathlib import Path

from decks import lecture_of
from jaxstudy.build.lint import prose_between_code

TWO = """
    # %% [markdown] slideshow={"slide_type": "slide"}
    # ## Beside each other
    #
    # Which one writes? COLUMNS

    # %% slideshow={"slide_type": "-"}
    x = [1]

    # %% slideshow={"slide_type": "-"}
    y = (1,)
    """


def test_code_after_code_wants_a_sentence_between(tmp_path: Path) -> None:
    found = [str(problem) for problem in prose_between_code(lecture_of(tmp_path, TWO.replace("COLUMNS", "")))]
    assert [problem.partition(": ")[2] for problem in found] == [
        "expected prose between two code cells, got none; "
        "say between them what the first one showed, or tag the second hide-input"
    ]


def test_code_beside_code_in_two_columns_wants_none(tmp_path: Path) -> None:
    columns = '<span class="jx-two"></span>'
    assert list(prose_between_code(lecture_of(tmp_path, TWO.replace("COLUMNS", columns)))) == []
