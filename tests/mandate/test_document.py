"""Symbols of documents."""

import csv
from pathlib import Path

import pytest

from mandate.document import parse_symbol

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


def test_of_other_symbols_the_body_and_the_rest_are_told() -> None:
    symbol = parse_symbol("A/RES/63/71")

    assert (symbol.body, symbol.session, symbol.number) == ("A", "RES/63/71", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "CCM//2011",
        "CCM/MSP",
        "CCM/MSP/2011",
        "CCM/MSP/11/5",
        "CCM/MSP/2011/",
        "CCM/MSP/2011/WP.3/Rev",
        "CCM/MSP/2011/Rev.1/WP.3",
        "CCM/MSP/2011/QQ/1",
        "ccm/msp/2011/5 ",
        "CCM/MSP/2011/5\n",
        "CCM/MSP/2011/٥",
        "X" * 65,
    ],
)
def test_what_is_no_symbol_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"symbol|series|end"):
        parse_symbol(text)
