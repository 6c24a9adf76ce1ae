"""Misheard terms: what is put right, what guards protect, what is proposed. The talk is invented."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import REPOSITORY
from jaxstudy.errors import InputError
from jaxstudy.replay.correcting import correct, diff
from jaxstudy.replay.glossary import Glossary, load_glossary
from jaxstudy.replay.suggesting import accept, pair_of, suggest
from jaxstudy.replay.transcript import Segment, Transcript


def glossary(folder: Path, text: str) -> Glossary:
    path = folder / "glossary.toml"
    path.write_text(dedent(text))
    return load_glossary(path)


def talk(*sentences: str) -> Transcript:
    segments = (Segment(5.0 * at, 5.0 * at + 5, words) for at, words in enumerate(sentences))
    return Transcript(Path("talk.vtt"), tuple(segments))


def corrected(words: Glossary, *sentences: str) -> list[str]:
    return [segment.text for segment in correct(talk(*sentences), words)[0].segments]


BEES = """
    [[term]]
    term = "Apis"
    heard-as = ["APPS", { form = "apes", only-when = ["genus"] }]

    [[term]]
    term = "brood comb"
    heard-as = ["brewed comb", "brewed"]

    [[term]]
    term = "varroa"
    heard-as = ["far row"]
    not-when = ["of trees"]

    [[term]]
    term = "nn.Hive"
    heard-as = ["nn.hive"]
    """


def test_terms_are_written_right_longest_form_first(tmp_path: Path) -> None:
    words = glossary(tmp_path, BEES)
    assert corrected(words, "The brewed comb, the brewed one.") == ["The brood comb, the brood comb one."]


def test_a_form_with_a_capital_is_matched_as_written_one_without_in_any_case(tmp_path: Path) -> None:
    words = glossary(tmp_path, BEES)
    assert corrected(words, "APPS, apps", "Far row mites", "FAR ROW") == ["Apis, apps", "Varroa mites", "Varroa"]


def test_plurals_hyphens_and_spaces_belong_to_a_form_parts_of_words_do_not(tmp_path: Path) -> None:
    words = glossary(tmp_path, BEES)
    assert corrected(words, "far-rows and far  row", "afar rowing") == ["varroas and varroa", "afar rowing"]


def test_guards_protect_and_restrict_and_see_the_sentence_before(tmp_path: Path) -> None:
    words = glossary(tmp_path, BEES)
    assert corrected(words, "a far row of trees") == ["a far row of trees"]
    assert corrected(words, "apes in the zoo") == ["apes in the zoo"]
    assert corrected(words, "What genus is it?", "apes, he said") == ["What genus is it?", "Apis, he said"]


def test_what_a_guard_protects_no_shorter_form_touches(tmp_path: Path) -> None:
    words = glossary(
        tmp_path,
        """
        [[term]]
        term = "long"
        heard-as = [{ form = "old bee", not-when = ["museum"] }]
        [[term]]
        term = "short"
        heard-as = ["bee"]
        """,
    )
    assert corrected(words, "an old bee", "a bee") == ["an long", "a short"]
    far = "x" * 60  # guards see forty letters of the neighbours, and this keeps the last sentence out of sight
    assert corrected(words, "the museum's old bee", far, "a bee") == ["the museum's old bee", far, "a short"]


def test_a_term_that_is_right_protects_its_own_words(tmp_path: Path) -> None:
    words = glossary(tmp_path, BEES + '\n    [[term]]\n    term = "brewed tea"\n')
    assert corrected(words, "some brewed tea") == ["some brewed tea"]


def test_the_raw_words_are_kept_and_correcting_again_changes_nothing(tmp_path: Path) -> None:
    words = glossary(tmp_path, BEES)
    once, edits = correct(talk("a far row", "nothing"), words)
    twice, again = correct(once, words)
    assert once.segments[0].raw == "a far row" and once.segments[1].heard == ""
    assert twice == once and again == edits
    assert str(edits[0]) == "[0:00:00] far row → varroa"


def test_a_changed_glossary_starts_from_what_was_heard(tmp_path: Path) -> None:
    once, _ = correct(talk("a far row"), glossary(tmp_path, BEES))
    other = glossary(tmp_path, BEES.replace('"varroa"', '"Varroa mite"'))
    assert correct(once, other)[0].segments[0].text == "a Varroa mite"
    assert correct(once, Glossary(tmp_path, (), ()))[0] == talk("a far row")


def test_the_diff_shows_each_changed_line_with_its_time(tmp_path: Path) -> None:
    found, _ = correct(talk("fine", "a far row", "fine"), glossary(tmp_path, BEES))
    assert diff(found).splitlines()[2:] == ["@@ -2 +2 @@", "-[0:00:05] a far row", "+[0:00:05] a varroa"]
    assert diff(talk("fine")) == ""


def test_all_that_is_wrong_with_a_glossary_is_reported_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        glossary(
            tmp_path,
            """
            [[term]]
            term = "Apis"
            heard_as = ["apes"]
            [[term]]
            term = "Bombus"
            heard-as = ["bum bus", "Bombus", 3]
            not-when = ["("]
            [[term]]
            heard-as = ["nobody"]
            [[term]]
            term = "Osmia"
            heard-as = ["bum bus"]
            """,
        )
    text = str(caught.value)
    assert "toml:2: expected one of" in text and "did you mean 'heard-as'" in text
    assert "toml:5: expected forms that differ from the term" in text
    assert "toml:5: expected a regular expression, got '(' (missing )" in text
    assert 'toml:9: expected term = "…"' in text
    assert "toml:11: expected a form for one term, got 'bum bus' for 'Bombus' and for 'Osmia'" in text
    assert len(caught.value.problems) == 6


def test_no_glossary_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\[\[term\]\] with term"):
        load_glossary(tmp_path / "glossary.toml")


def test_the_courses_own_glossary_is_sound_and_leaves_right_sentences_alone() -> None:
    words = load_glossary(REPOSITORY / "glossary.toml")
    right = (
        "Set the XLA flags before JAX starts.",
        "The hidden units feed a rectified linear unit.",
        "Write a unit test for the weight matrix.",
        "Cured: a thousand safe steps, keep the change of units.",
        "Here 3,136 numbers meet 256 units, and the signs of a unit flip.",
        "The value of y does not change.",
        "Scaling laws and the laws of physics.",
        "A matrix transformation keeps the shape.",
        "A DAG is an acyclic graph, and DAGs are graphs.",
        "The modulus of a complex number.",
        "A U-Net in Flax uses nn.Conv and ReLU.",
    )
    assert corrected(words, *right) == list(right)
    wrong = ("We use FLAGS with pi trees.", "Cross entropy laws of the logics and labels.", "make JacksPR")
    assert corrected(words, wrong[0]) == ["We use Flax with pytrees."]
    assert corrected(words, wrong[2]) == ["make jaxpr"]


def test_what_sounds_like_a_term_is_proposed_with_its_place(tmp_path: Path) -> None:
    heard = talk("We keep bees.", "The pie tree is mapped.", "Every pie tree has leaves.", "Jacks is fast", "a pytree")
    found = {one.heard: one for one in suggest(heard, None, ["pytree", "JAX", "argnums"])}
    assert found["pie tree"].term == "pytree" and found["pie tree"].count == 2 and found["pie tree"].start == 5.0
    assert found["jacks"].term == "JAX" and "pytree" not in found and "bees" not in found


def test_what_the_glossary_has_and_endings_of_a_term_are_not_proposed(tmp_path: Path) -> None:
    words = glossary(tmp_path, '[[term]]\nterm = "pytree"\nheard-as = ["pie tree"]\n')
    heard = talk("a pie tree", "compiler, compiles and compiled", "the dense layer")
    assert suggest(correct(heard, words)[0], words, ["compile", "nn.Dense"]) == []


def test_accepted_forms_go_under_their_terms_and_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "glossary.toml"
    path.write_text(
        '# bees\n\n[[term]]\nterm = "varroa" # the mite\nheard-as = [\n  "far row", # often\n]\n\n# the end\n'
    )
    accept(path, [pair_of("fur oar = varroa"), pair_of("apes=Apis")])
    text = path.read_text()
    assert all(f"# {comment}" in text for comment in ("bees", "the mite", "often", "the end"))
    words = load_glossary(path)
    assert {(form.words, form.term) for form in words.forms} == {
        ("far row", "varroa"), ("fur oar", "varroa"), ("apes", "Apis"),
    }  # fmt: skip


def test_accepting_begins_a_glossary_where_there_is_none(tmp_path: Path) -> None:
    assert load_glossary(accept(tmp_path / "glossary.toml", [("apes", "Apis")])).terms == ("Apis",)


def test_a_form_that_would_break_the_glossary_is_refused_and_the_file_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "glossary.toml"
    glossary(tmp_path, BEES)
    before = path.read_text()
    with pytest.raises(InputError, match="'far row' for 'Apis' and for 'varroa'"):
        accept(path, [("far row", "Apis")])
    assert path.read_text() == before and [one.name for one in tmp_path.iterdir()] == ["glossary.toml"]
    with pytest.raises(InputError, match='expected "heard=term"'):
        pair_of("far row")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="far row of trees bewd\n\\(.*é", max_size=60), min_size=1, max_size=4))
def test_any_words_come_back_as_they_were_where_no_edit_says_otherwise(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[str]
) -> None:
    words = glossary(tmp_path_factory.mktemp("fuzz"), BEES)
    heard = talk(*sentences)
    found, edits = correct(heard, words)
    touched = {edit.index for edit in edits}
    for at, (one, before) in enumerate(zip(found.segments, heard.segments, strict=True)):
        assert one.raw == before.text
        assert (one.text != before.text) == (at in touched)
