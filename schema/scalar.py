"""Scalars that take one form each: what is almost a date, a code or a symbol is told so."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, StringValueNode, ValueNode, print_ast
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from mandate.day import PartialDate
from mandate.document import parse_symbol

CountryCode = NewType("CountryCode", str)
DocumentSymbol = NewType("DocumentSymbol", str)
LanguageCode = NewType("LanguageCode", str)
URL = NewType("URL", str)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{3}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,16}(\.\d{1,4})?", re.ASCII)
_LINK = re.compile(r"https?://[^\s\"<>\\^`{|}]{1,2000}", re.ASCII)


def _text(pattern: re.Pattern[str], what: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise ValueError(f"expected {what}.")
        return value

    return read


_read_day = _text(_DAY, "a date, YYYY-MM-DD")
_read_instant = _text(_INSTANT, "a time with its offset, such as 2011-09-12T10:00:00Z")
_read_language = _text(_LANGUAGE, "a language tag such as en")
_read_amount = _text(_AMOUNT, 'a decimal number as a string, such as "1250.50"')


def _date(value: Any) -> date:
    text = _read_day(value)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("there is no such day in the calendar.") from None


def _instant(value: Any) -> datetime:
    text = _read_instant(value)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such moment in the calendar.") from None


def _language(value: Any) -> str:
    """A tag is the same in capitals; what comes after the language itself, none of our texts has."""
    language, *more = _read_language(value).split("-")
    return "-".join([language.lower(), *more])


def _partial(value: Any) -> PartialDate:
    try:
        return PartialDate.parse(value if isinstance(value, str) else "")
    except ValueError as error:
        raise ValueError(f"{error}.") from None


def _symbol(value: Any) -> str:
    try:
        return str(parse_symbol(value if isinstance(value, str) else ""))
    except ValueError as error:
        raise ValueError(f"{error}.") from None


def _scalar(
    name: str, description: str, parse: Callable[[Any], Any], serialize: Callable[[Any], Any] = str
) -> ScalarDefinition:
    def parse_value(value: Any) -> Any:
        try:
            return parse(value)
        except ValueError as error:
            raise GraphQLError(f"Expected {name}: {error}") from None

    def parse_literal(node: ValueNode, _variables: Any = None) -> Any:
        try:
            return parse(getattr(node, "value", None) if isinstance(node, StringValueNode) else None)
        except ValueError as error:
            raise GraphQLError(f"Expected {name}, found {print_ast(node)[:80]}: {error}", node) from None

    return strawberry.scalar(
        name=name, description=description, parse_value=parse_value, parse_literal=parse_literal, serialize=serialize
    )


CONFIG = StrawberryConfig(
    disable_field_suggestions=True,
    scalar_map={
        date: _scalar("Date", "YYYY-MM-DD", _date),
        datetime: _scalar("DateTime", "RFC 3339, in UTC", _instant, lambda value: value.isoformat()),
        PartialDate: _scalar("PartialDate", "YYYY, YYYY-MM or YYYY-MM-DD: as precise as the source, no more", _partial),
        Decimal: _scalar(
            "Decimal",
            "A decimal number as a string",
            # Nothing has no sign: "-0" is 0.
            lambda value: Decimal(_read_amount(value)) + 0,
            lambda value: format(value.normalize(), "f"),
        ),
        CountryCode: _scalar("CountryCode", "ISO 3166-1 alpha-3", _text(_COUNTRY, "three capital letters")),
        DocumentSymbol: _scalar("DocumentSymbol", "UN document symbol, for example CCM/MSP/2011/WP.1/Rev.1", _symbol),
        LanguageCode: _scalar("LanguageCode", "BCP 47; EN is en", _language),
        URL: _scalar("URL", "http or https", _text(_LINK, "an address that begins with http:// or https://")),
    },
)
