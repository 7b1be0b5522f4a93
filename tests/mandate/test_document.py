"""Symbols of documents."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate.document import (
    BadSymbol,
    DocumentRelationType,
    Series,
    is_series,
    next_suffixed,
    parse_symbol,
    prefix_of,
    takes_the_place,
)
from mandate.text import TextStatus

DOCUMENTS = Path(__file__).parents[2] / "data" / "ccm" / "documents.csv"


def symbols() -> list[str]:
    with DOCUMENTS.open(encoding="utf-8", newline="") as file:
        return [row["symbol"] for row in csv.DictReader(file) if row["symbol"]]


def test_every_real_symbol_reads_and_prints_back_the_same() -> None:
    found = symbols()

    assert len(found) == 69
    assert [str(parse_symbol(text)) for text in found] == found


def test_a_symbol_of_the_convention_comes_apart_into_all_its_parts() -> None:
    symbol = parse_symbol("CCM/MSP/2011/WP.3/Rev.1/Amend.1")

    assert (symbol.body, symbol.session, symbol.series, symbol.number) == ("CCM/MSP", "2011", "WP", 3)
    assert symbol.suffixes == ("Rev.1", "Amend.1")


@pytest.mark.parametrize(
    ("text", "series", "number", "suffixes"),
    [
        ("CCM/MSP/2011/5", None, 5, ()),
        ("CCM/MSP/2010/PM/10", "PM", 10, ()),
        ("CCM/CONF/2015/PM.1/2", "PM.1", 2, ()),
        ("CCM/MSP/2013/Corr.1", None, None, ("Corr.1",)),
        ("CCM/MSP/2011/INF/1", "INF", 1, ()),
    ],
)
def test_series_and_number(text: str, series: str | None, number: int | None, suffixes: tuple[str, ...]) -> None:
    symbol = parse_symbol(text)

    assert (symbol.series, symbol.number, symbol.suffixes) == (series, number, suffixes)


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("A/RES/63/71", "A/RES"),
        ("A/C.1/74/L.46", "A/C.1"),
        ("A/72/409", "A"),
        ("SG/SM/18034", "SG/SM"),
        ("CCM/78", "CCM"),
        ("C.N.776.2008.TREATIES-2", "C.N"),
    ],
)
def test_other_symbols_keep_their_series_and_their_text(text: str, series: str) -> None:
    symbol = parse_symbol(text)

    assert (symbol.series, symbol.number, str(symbol)) == (series, None, text)


def test_of_other_symbols_the_body_and_the_rest_are_told() -> None:
    symbol = parse_symbol("A/RES/63/71")

    assert (symbol.body, symbol.session) == ("A", "RES/63/71")


def test_a_symbol_is_printed_from_its_parts_and_from_nothing_else() -> None:
    own = {text: parse_symbol(text) for text in symbols() if text.startswith(("CCM/MSP/", "CCM/CONF/"))}

    assert len(own) > 40
    for text, symbol in own.items():
        parts = [getattr(symbol, name) for name in symbol.__slots__]
        assert text not in parts
        assert symbol.is_own


_number = st.integers(min_value=1, max_value=99_999)
_place = st.one_of(
    st.builds(str, _number),
    st.builds("{}.{}".format, st.sampled_from(["WP", "L", "PM", "INF"]), _number),
    st.builds("{}/{}".format, st.sampled_from(["PM", "PM.1", "PM.2", "INF"]), _number),
    st.just("INF"),
)
_suffixes = st.lists(
    st.builds("{}.{}".format, st.sampled_from(["Rev", "Corr", "Amend", "Add"]), st.integers(1, 20)), max_size=4
)


@given(st.sampled_from(["MSP", "CONF"]), st.integers(2008, 2099), _place, _suffixes)
def test_whatever_symbol_is_built_it_reads_and_prints_back_the_same(
    body: str, year: int, place: str, suffixes: list[str]
) -> None:
    text = "/".join([f"CCM/{body}/{year}", place, *suffixes])

    symbol = parse_symbol(text)

    assert (str(symbol), symbol.body, symbol.session) == (text, f"CCM/{body}", str(year))
    assert symbol.suffixes == tuple(suffixes)


@given(st.text(st.sampled_from("CMSPWRevINFOAd./12305-é\n"), max_size=30))
def test_whatever_is_read_prints_back_and_whatever_is_not_has_a_place(text: str) -> None:
    try:
        place, printed = 0, str(parse_symbol(text))
    except BadSymbol as bad:
        place, printed = bad.place, text

    assert printed == text
    assert 0 <= place <= len(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 0),
        ("/", 0),
        ("CCM//2011", 4),
        ("CCM/MSP", 7),
        ("CCM/MSP/2011", 12),
        ("CCM/MSP/11/5", 8),
        ("CCM/MSP/2100/5", 8),
        ("CCM/MSP/2011/", 13),
        ("CCM/MSP/2011/WP", 15),
        ("CCM/MSP/2011/WP/3", 16),
        ("CCM/MSP/2011/WP.03", 15),
        ("CCM/MSP/2011/0", 13),
        ("CCM/MSP/2011/QQ/1", 13),
        ("CCM/MSP/2011/5/6", 15),
        ("CCM/MSP/2011/PM/1/2", 18),
        ("CCM/MSP/2011/WP.3/Rev", 21),
        ("CCM/MSP/2011/WP.3/Rev.0", 21),
        ("CCM/MSP/2011/WP.3/Rev.1a", 21),
        ("CCM/MSP/2011/Rev.1/WP.3", 19),
        ("CCM/MSP/2011/WP.3/rev.1", 18),
        ("Rev.1", 0),
        ("A/RES/63 /71", 8),
        ("ccm/msp/2011/5", 0),
        ("CCM/MSP/2011/5\n", 14),
        ("CCM/MSP/2011/٥", 13),
        ("X" * 65, 64),
    ],
)
def test_what_is_no_symbol_is_refused_with_the_place_of_the_fault(text: str, place: int) -> None:
    with pytest.raises(BadSymbol) as refused:
        parse_symbol(text)

    assert refused.value.place == place
    assert str(refused.value).endswith(f"the fault is at character {place + 1}")


# ---------- allocating ----------


def test_the_next_number_is_one_more_than_the_highest_of_its_series() -> None:
    taken = [
        "CCM/MSP/2026/4",
        "CCM/MSP/2026/WP.2/Rev.1",
        "CCM/MSP/2026/WP.9",
        "CCM/MSP/2026/INF/1",
        "CCM/MSP/2025/WP.30",
        "CCM/CONF/2026/WP.40",
        "CCM/MSP/2026/PM/7",
    ]

    def next_in(name: str | None, prefix: str = "CCM/MSP/2026") -> str:
        return str(Series(prefix=prefix, name=name).next_symbol(taken))

    assert next_in("WP") == "CCM/MSP/2026/WP.10"
    assert next_in(None) == "CCM/MSP/2026/5"
    assert next_in("INF") == "CCM/MSP/2026/INF/2"
    assert next_in("L") == "CCM/MSP/2026/L.1"
    assert next_in("PM") == next_in(None, "CCM/MSP/2026/PM") == "CCM/MSP/2026/PM/8"
    assert next_in(None, "CCM/CONF/2026/PM.1") == "CCM/CONF/2026/PM.1/1"


def test_a_meeting_has_the_symbols_that_are_recorded_or_those_of_its_kind() -> None:
    assert prefix_of("preparatory_meeting", 2015, ["CCM/CONF/2015/PM.1/"]) == "CCM/CONF/2015/PM.1"
    assert prefix_of("meeting_of_states_parties", 2026, []) == "CCM/MSP/2026"
    assert prefix_of("review_conference", 2026, []) == "CCM/CONF/2026"
    assert prefix_of("coordination_committee", 2026, []) is None
    assert prefix_of("review_conference", None, []) is None


@pytest.mark.parametrize("name", ["", "wp", "WP.", "WP.1", "Rev", "5", "PM.0", "CCM/MSP", "WP\n"])
def test_what_is_no_series_is_none(name: str) -> None:
    assert not is_series(name)


@pytest.mark.parametrize("prefix", ["CCM", "CCM/MSP", "CCM/MSP/2010/WP.1", "A/RES/63"])
def test_where_no_number_can_follow_nothing_is_counted(prefix: str) -> None:
    assert Series(prefix=prefix).first is None


def test_a_suffix_tells_what_is_altered_and_how() -> None:
    symbol = parse_symbol("CCM/MSP/2011/WP.3/Rev.1/Amend.1")

    altered = symbol.relation
    assert altered is not None
    assert (altered[0], str(altered[1])) == (DocumentRelationType.AMENDMENT, "CCM/MSP/2011/WP.3/Rev.1")
    assert parse_symbol("CCM/MSP/2011/WP.3").relation is None
    assert [str(s.relation[1]) for text in symbols() if (s := parse_symbol(text)).relation] == [
        "CCM/MSP/2011/WP.1",
        "CCM/MSP/2011/WP.3",
        "CCM/MSP/2011/WP.3/Rev.1",
        "CCM/MSP/2013",
        "CCM/MSP/2024/2",
    ]


def test_corrigenda_are_counted_for_each_document() -> None:
    taken = ["CCM/MSP/2011/5/Corr.1", "CCM/MSP/2011/5/Rev.1/Corr.7", "CCM/MSP/2011/5/Add.3"]

    assert str(next_suffixed(parse_symbol("CCM/MSP/2011/5"), "Corr", taken)) == "CCM/MSP/2011/5/Corr.2"
    assert str(next_suffixed(parse_symbol("CCM/MSP/2011/5/Rev.1"), "Corr", taken)) == "CCM/MSP/2011/5/Rev.1/Corr.8"


# ---------- versions, and who sees them ----------

OFFICIAL, COURTESY, MACHINE = TextStatus.OFFICIAL, TextStatus.COURTESY, TextStatus.MACHINE


@pytest.mark.parametrize(
    ("new", "old", "takes"),
    [
        ((OFFICIAL, False), (OFFICIAL, True), True),
        ((OFFICIAL, False), (COURTESY, False), True),
        ((OFFICIAL, True), (COURTESY, False), True),
        ((COURTESY, False), (MACHINE, False), True),
        ((OFFICIAL, False), (OFFICIAL, False), False),
        ((OFFICIAL, True), (OFFICIAL, False), False),
        ((MACHINE, False), (COURTESY, False), False),
        ((COURTESY, False), (OFFICIAL, True), False),
    ],
)
def test_only_a_better_version_takes_the_place_of_another(
    new: tuple[TextStatus, bool], old: tuple[TextStatus, bool], takes: bool
) -> None:
    assert takes_the_place(*new, *old) is takes
