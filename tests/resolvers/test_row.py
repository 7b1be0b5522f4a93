"""What was written of a value is remembered for all plans that write it alike, and there is an end to it."""

from __future__ import annotations

import pytest

from resolvers.reading import row
from resolvers.reading.row import _Remembered


def test_so_many_values_are_remembered_of_all_names_together_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row, "_MOST_REMEMBERED", 5)
    remembered = _Remembered()
    (upper, write_upper), (lower, write_lower) = remembered.writer("A", str.upper), remembered.writer("a", str.lower)
    most = 0
    for letter in "abcdefghijkl":
        assert (write_upper(letter), write_lower(letter)) == (letter.upper(), letter)
        most = max(most, len(upper) + len(lower))

    assert most == 5


def test_a_long_text_is_written_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row, "_LONGEST_REMEMBERED", 3)
    known, write = _Remembered().writer("A", str.upper)

    assert [write(text) for text in ("abc", "abcd")] == ["ABC", "ABCD"]
    assert list(known) == ["abc"]


def test_what_no_plan_writes_any_more_is_forgotten() -> None:
    remembered = _Remembered()
    written = remembered.writer("A", str.upper)
    written[1]("a")
    assert list(remembered._kept) == ["A"]

    del written

    assert list(remembered._kept) == []
