"""What may stand in a cell: each form with the words in which it is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, PlainValidator

from mandate.day import PartialDate
from mandate.document import parse_symbol

T = TypeVar("T")

_YEARS = range(1900, 2200)
_LARGEST = 2**31 - 1
_QUANTITY = re.compile(r"\d{1,11}(\.\d{1,4})?", re.ASCII)
_DURATION = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _read(parse: Callable[[str], T]) -> Any:
    def validate(text: str | None) -> T:
        if text is None:
            raise ValueError("must not be empty")
        return parse(text)

    return PlainValidator(validate)


def _written(pattern: str, otherwise: str) -> Any:
    form = re.compile(pattern, re.ASCII)

    def parse(text: str) -> str:
        if not form.fullmatch(text):
            raise ValueError(otherwise)
        return text

    return _read(parse)


def _partial_date(text: str) -> PartialDate:
    value = PartialDate.parse(text)
    if value.year not in _YEARS:
        raise ValueError(f"the year is not between {_YEARS.start} and {_YEARS.stop - 1}")
    return value


def _day(text: str) -> date:
    """Whoever wrote the day in another form is not told that a month would do."""
    exact = _partial_date(text).exact if _DAY.fullmatch(text) else None
    if exact is None:
        raise ValueError("must be a whole day: YYYY-MM-DD")
    return exact


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or int(text) > _LARGEST:
        raise ValueError("is no whole number")
    return int(text)


def _quantity(text: str) -> Decimal:
    if not _QUANTITY.fullmatch(text):
        raise ValueError("is no number of up to 11 digits, with up to four decimals after a point")
    return Decimal(text)


def _symbol(text: str) -> str:
    return str(parse_symbol(text))


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise ValueError("is no duration as in ISO 8601, such as P5Y or P18M")
    return text


def _list(separator: str) -> Any:
    def parse(text: str | None) -> tuple[str, ...]:
        parts = tuple(part.strip() for part in text.split(separator)) if text else ()
        if "" in parts:
            raise ValueError(f"has an empty part between two {separator.strip()}")
        if len(set(parts)) < len(parts):
            raise ValueError("names the same twice")
        return parts

    return PlainValidator(parse)


Alpha3 = Annotated[str, _written("[A-Z]{3}", "is no code of a State, such as LAO")]
Alpha2 = Annotated[str, _written("[A-Z]{2}", "is no code of a State, such as LA")]
Party = Annotated[
    str,
    _written(
        r"(STATE|ORGANISATION|ISU):[A-Za-z0-9][A-Za-z0-9.\-]{0,31}",
        "is no party, such as STATE:DEU or ORGANISATION:ICRC",
    ),
]
M49 = Annotated[str, _written("[0-9]{3}", "is no M49 code, such as 004")]
Code = Annotated[
    str,
    _written(
        r"[A-Za-z0-9][A-Za-z0-9.\-]{0,31}",
        "is no code: up to 32 letters, digits, hyphens and points",
    ),
]
Kind = Annotated[str, _written(r"[a-z][a-z0-9_]{0,63}", "is no kind: up to 64 small letters, digits and _")]
Name = Annotated[str, Field(max_length=200)]
Short = Annotated[str, Field(max_length=64)]
Text = str
Address = Annotated[str, _written(r"https?://[^\s/]+\S*", "is no address of a web site")]
Day = Annotated[date, _read(_day)]
Date = Annotated[PartialDate, _read(_partial_date)]
Count = Annotated[int, _read(_count)]
Quantity = Annotated[Decimal, _read(_quantity)]
Symbol = Annotated[str, _read(_symbol)]
Duration = Annotated[str, _read(_duration)]
Codes = Annotated[tuple[str, ...], _list("|")]
Texts = Annotated[tuple[str, ...], _list(" | ")]


def precision(value: PartialDate | None) -> Literal["day", "month", "year"] | None:
    if value is None:
        return None
    return "day" if value.day else "month" if value.month else "year"
