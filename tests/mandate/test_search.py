"""Texts and questions in one normalised form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate.search import highlights, kept_words, sought, words

ZWJ, RLM, TATWEEL = "\u200d", "\u200f", "\u0640"


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("集束弹药公约执行情况", "执行"),
        ("集束弹药公约执行情况", "执"),
        ("集束弹药公约执行情况", "况"),
        ("Dépollution des zones", "depollution"),
        ("DEPOLLUTION", "dépollution"),
        ("De\u0301pollution", "dépollution"),
        ("Документ, представленный Ливаном", "Ливан"),
        ("Ёлки", "елки"),
        ("القنابل العنقودية", "قنابل"),
        ("قَنَابِل", "قنابل"),
        (f"قن{TATWEEL}{TATWEEL}ابل", "قنابل"),
        ("إسرائيل", "اسرائيل"),
        ("لجنة", "لجنه"),
        ("CCM/MSP/2011/WP.4", "CCM/MSP/2011/WP.4"),
        ("CCM/MSP/2011/WP.4", "ccm msp 2011 wp 4"),
        ("٢٠١١", "2011"),
        ("Straße", "STRASSE"),
        ("Ærø, Łódź, Đà Nẵng", "aero lodz da nang"),
        ("ＣＣＭ　２０１１", "ccm 2011"),
        (f"{RLM}Lebanon{ZWJ}", "lebanon"),
        ("ສະຫະພັນ", "ສະຫະ"),
        ("municiones en racimo", "municion"),
    ],
)
def test_a_text_is_found_however_it_is_written(text: str, query: str) -> None:
    there = words(text)

    assert sought(query)
    assert all(any(each.finds(word) for word in there) for each in sought(query))


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("集束弹药公约执行情况", "行执"),
        ("CCM/MSP/2011/WP.40", "CCM/MSP/2011/WP.4"),
        ("decision", "de"),
        ("pollution", "depollution"),
        ("CCM/MSP/2011/WP.2", "CCM/MSP/2010/WP.2"),
    ],
)
def test_what_is_not_meant_is_not_found(text: str, query: str) -> None:
    there = words(text)

    assert not all(any(each.finds(word) for word in there) for each in sought(query))


@pytest.mark.parametrize("query", ["", " \t\n", '"*"', "()--^:{}+", "\0", "🙂", "\ud800", RLM + ZWJ, "'; --", "\\"])
def test_signs_are_no_words(query: str) -> None:
    assert sought(query) == []


def test_operators_are_words_like_others() -> None:
    assert [each.text for each in sought('"a* NEAR(b, 3)" OR NOT title:c - AND')] == [
        *["a", "near", "b", "3", "or", "not", "title", "c", "and"]
    ]


@given(st.text())
def test_whatever_text_has_words_finds_itself(text: str) -> None:
    there = words(text)

    assert all(any(each.finds(word) for word in there) for each in sought(text))
    assert bool(there) == bool(sought(text))
    assert all(word.isascii() is False or word.isalnum() for word in there)
    assert not any(sign in word for word in there for sign in " \"'*\\\0:&|!()")


@given(st.text(), st.text(max_size=20))
def test_highlights_are_html_that_reads_as_the_text(text: str, query: str) -> None:
    assert bool(highlights(text, sought(text))) == bool(sought(text))
    for shown in (*highlights(text, sought(query)), *highlights(text, sought(text))):
        assert "<mark>" in shown
        bare = shown.replace("<mark>", "").replace("</mark>", "")
        assert "<" not in bare
        assert ">" not in bare


def test_a_highlight_shows_the_text_as_it_is_written_with_what_was_found_marked() -> None:
    text = "<b>Dépollution</b> & réduction"

    assert highlights(text, sought("depollution")) == ["&lt;b&gt;<mark>Dépollution</mark>&lt;/b&gt; &amp; réduction"]
    assert highlights("公约执行情况", sought("执行情")) == ["公约<mark>执行情</mark>况"]
    assert highlights("公约执行情况", sought("执")) == ["公约<mark>执</mark>行情况"]
    assert highlights("Документ представлен Ливаном", sought("ливан")) == ["Документ представлен <mark>Ливаном</mark>"]


def test_highlights_are_few_and_short() -> None:
    shown = highlights(("x " * 500 + "word ") * 50, sought("word"))

    assert len(shown) == 3
    assert all(len(each) < 200 for each in shown)
    assert len(highlights("word " * 100_000, sought("word"))[0]) < 1_000


def test_of_an_enormous_text_a_beginning_is_kept() -> None:
    kept = kept_words([" ".join(f"{number:x}z" for number in range(200_000))])

    assert kept.startswith("0z 1z 2z")
    assert len(kept.encode()) <= 500_000
