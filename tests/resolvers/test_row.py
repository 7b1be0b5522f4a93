"""What was written of a value is remembered for all plans that write it alike, and there is an end to it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from resolvers.reading import row
from resolvers.reading.row import _Remembered


def test_so_many_values_are_remembered_of_all_names_together_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row, "_MOST_REMEMBERED", 5)
    remembered = _Remembered()
    upper, lower = remembered.written("A", str.upper), remembered.written("a", str.lower)
    most = 0
    for letter in "abcdefghijkl":
        assert (upper[letter], lower[letter]) == (letter.upper(), letter)
        most = max(most, len(upper) + len(lower))

    assert most == 5


def test_a_long_text_is_written_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row, "_LONGEST_REMEMBERED", 3)
    known = _Remembered().written("A", str.upper)

    assert [known[text] for text in ("abc", "abcd")] == ["ABC", "ABCD"]
    assert list(known) == ["abc"]


@pytest.mark.parametrize("value", [False, None, "", 0])
def test_what_is_nothing_is_remembered_too(value: Any) -> None:
    asked: list[Any] = []

    def write(value: Any) -> Any:
        asked.append(value)
        return value

    known = _Remembered().written("A", write)

    assert [known[value], known[value]] == [value, value]
    assert asked == [value]


def test_what_one_plan_has_written_another_need_not_write() -> None:
    asked: list[str] = []

    def write(value: str) -> str:
        asked.append(value)
        return value

    remembered = _Remembered()
    plans = [remembered.written("A", write) for _ in range(2)]

    assert [known["a"] for known in plans] == ["a", "a"]
    assert asked == ["a"]


@pytest.mark.parametrize("written", [{"en": "Chad"}, ["EN", "FR"]])
def test_what_has_parts_is_remembered_as_the_bytes_that_it_will_be(written: Any) -> None:
    known = _Remembered().written("A", lambda _: written)

    assert isinstance(known["a"], orjson.Fragment)
    assert orjson.dumps([known["a"], known["a"]]) == orjson.dumps([written, written])


def test_what_no_plan_writes_any_more_is_forgotten() -> None:
    remembered = _Remembered()
    written = remembered.written("A", str.upper)
    assert written["a"] == "A"
    assert list(remembered._kept) == ["A"]

    del written

    assert list(remembered._kept) == []
