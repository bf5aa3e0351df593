"""The language of the search box: what is understood, and how errors point at the term. No database is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery import search
from gallery.search import folding
from gallery.search.language import MAX_TERMS, period


def shape(text: str) -> list[list[tuple[str, str, bool, bool]]]:
    groups = search.parse(text).groups
    return [[(term.field, term.value, term.negated, term.quoted) for term in group] for group in groups]


def test_words_and_quotations_stand_side_by_side() -> None:
    assert shape('beach "evening light"') == [
        [("", "beach", False, False)],
        [("", "evening light", False, True)],
    ]


def test_a_minus_negates_and_or_joins() -> None:
    assert shape("-tag:work") == [[("tag", "work", True, False)]]
    assert shape("tag:sea OR tag:lake after:2020") == [
        [("tag", "sea", False, False), ("tag", "lake", False, False)],
        [("after", "2020", False, False)],
    ]


def test_fields_have_other_spellings() -> None:
    assert shape("year:2026 is:favorite") == [
        [("on", "2026", False, False)],
        [("is", "favourite", False, False)],
    ]


def test_typographic_quotation_marks_and_minus_signs_are_understood() -> None:
    assert shape("“evening light” \u2212rain") == [
        [("", "evening light", False, True)],
        [("", "rain", True, False)],
    ]


def test_signs_alone_ask_for_nothing() -> None:
    assert shape("picos & europa ... ! -") == [[("", "picos", False, False)], [("", "europa", False, False)]]


def test_an_address_is_words_and_no_field() -> None:
    assert shape("https://example.org/a") == [[("", "https //example.org/a", False, False)]]


@pytest.mark.parametrize(
    ("text", "term", "start", "words"),
    [
        ("sea tga:beach", "tga:beach", 4, "Did you mean “tag”?"),
        ("is:vidoe", "is:vidoe", 0, "Did you mean “video”?"),
        ("has:flash", "has:flash", 0, "Known are: gps"),
        ("before:yesterday", "before:yesterday", 0, "Write a date as 2026"),
        ("on:2026-02-30", "on:2026-02-30", 0, "Write a date as 2026"),
        ("sea tag:", "tag:", 4, "Say what follows"),
        ('a "b c', '"b c', 2, "never closed"),
        ("OR sea", "OR", 0, "between two terms"),
        ("sea OR", "OR", 4, "between two terms"),
        ("place:!!!", "place:!!!", 0, "no word"),
    ],
)
def test_an_error_names_the_term_and_its_place(text: str, term: str, start: int, words: str) -> None:
    with pytest.raises(search.QueryError) as raised:
        search.parse(text)
    error = raised.value
    assert (error.term, error.start) == (term, start)
    assert words in error.message


def test_a_query_is_bounded_in_length_and_terms() -> None:
    with pytest.raises(search.QueryError, match="too long"):
        search.parse("a" * (search.MAX_QUERY + 1))
    with pytest.raises(search.QueryError, match="too many"):
        search.parse("a " * (MAX_TERMS + 1))


def test_periods_reach_to_the_end_of_their_year_month_or_day() -> None:
    spans = {text: tuple(map(str, period(text))) for text in ("2026", "2026-12", "2026-09-14")}
    assert spans == {
        "2026": ("2026-01-01", "2027-01-01"),
        "2026-12": ("2026-12-01", "2027-01-01"),
        "2026-09-14": ("2026-09-14", "2026-09-15"),
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Été", "ETE"),
        ("Straße", "strasse"),
        ("Ångström", "angstrom"),
        ("ﬁn", "FIN"),
        ("\uff38\uff0d\uff34\uff15", "x-t5"),
        ("Łódź", "lodz"),
    ],
)
def test_case_accents_and_width_do_not_matter(one: str, other: str) -> None:
    assert folding.words(one) == folding.words(other)


def test_scripts_without_spaces_are_searched_sign_by_sign() -> None:
    assert folding.words("東京タワー 2026") == ["東", "京", "タ", "ワ", "ー", "2026"]


def test_words_of_indic_scripts_stay_whole() -> None:
    assert len(folding.words("हिन्दी")) == 1


@given(st.text(max_size=600))
def test_any_text_is_a_query_or_an_error_that_points_into_it(text: str) -> None:
    error = None
    try:
        search.parse(text)
    except search.QueryError as raised:
        error = raised
    if error is not None:
        assert 0 <= error.start <= len(text)
        assert text[error.start : error.end] == error.term
        assert error.message


@given(st.text(max_size=200))
def test_folded_words_hold_no_sign_of_an_engines_language(text: str) -> None:
    for word in folding.words(text):
        assert not set(word) & set(" \"'*:()&|!<>-+^{}\\\x00\t\n")
        assert 0 < len(word) <= folding.MAX_WORD
