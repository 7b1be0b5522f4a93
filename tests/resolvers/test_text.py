"""What a text may hold that is shown in a list among others."""

from __future__ import annotations

import pytest

from resolvers.text import against


@pytest.mark.parametrize(
    "told", ["Berlin", "José Ramos-Horta", "محمد بن سلمان", "李明", "نامه‌ها", "שלום \u200fabc", "x" * 9]
)
def test_a_text_of_any_script_is_one(told: str) -> None:
    assert list(against(told, 20)) == []


@pytest.mark.parametrize("told", ["", " ", "\u200b\u00a0\u3000", "\u200e"])
def test_a_text_in_which_nothing_is_seen_is_empty(told: str) -> None:
    assert list(against(told, 20)) == ["Must not be empty."]


@pytest.mark.parametrize("inside", ["\n", "\r", "\t", "\0", "\x1b", "\x85", "\u2028", "\u2029", "\u202e", "\u2066"])
def test_nothing_in_a_text_ends_its_line_or_turns_it_round(inside: str) -> None:
    assert list(against(f"a{inside}b", 20)) == ["In one line, without control characters."]


def test_a_text_has_an_end() -> None:
    assert list(against("x" * 20, 20)) == []
    assert list(against("x" * 21, 20)) == ["At most 20 characters."]
