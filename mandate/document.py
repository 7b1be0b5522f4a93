"""Symbols of United Nations documents, taken apart and put together again."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SEGMENT = re.compile(r"[A-Z0-9][A-Za-z0-9.\-]*", re.ASCII)
_SUFFIX = re.compile(r"(?:Rev|Corr|Amend|Add)\.\d+", re.ASCII)
_NUMBERED = re.compile(r"(?:(WP|PM|INF|L)\.)?(\d+)", re.ASCII)
_SERIES = re.compile(r"PM(?:\.\d+)?|INF|WP|L", re.ASCII)
_CONVENTION = re.compile(r"(CCM/(?:MSP|CONF))/(\d{4})(?:/(.+))?", re.ASCII)
_LONGEST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A symbol in its parts: body, session, series, number and the suffixes stacked on it."""

    text: str
    body: str
    session: str | None = None
    series: str | None = None
    number: int | None = None
    suffixes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text


def parse_symbol(text: str) -> Symbol:
    """The Convention's own symbols come apart wholly; of others the body and the suffixes are told."""
    segments = text.split("/")
    if len(text) > _LONGEST or not all(_SEGMENT.fullmatch(part) for part in segments):
        raise ValueError("a document symbol reads like CCM/MSP/2011/WP.3/Rev.1")
    stem = [part for part in segments if not _SUFFIX.fullmatch(part)]
    suffixes = tuple(segments[len(stem) :])
    if not stem or any(not _SUFFIX.fullmatch(part) for part in suffixes):
        raise ValueError("Rev., Corr., Amend. and Add. stand at the end of a symbol")
    own = _CONVENTION.fullmatch("/".join(stem))
    if own is None:
        if stem[:2] in (["CCM", "MSP"], ["CCM", "CONF"]):
            raise ValueError("a symbol of a Meeting has a year and a number: CCM/MSP/2011/5")
        session = "/".join(stem[1:]) or None
        return Symbol(text=text, body=stem[0], session=session, suffixes=suffixes)
    body, session, rest = own.groups()
    if rest is None and not suffixes:
        raise ValueError("a symbol of a Meeting has a year and a number: CCM/MSP/2011/5")
    series, number = (None, None) if rest is None else _series_and_number(rest)
    return Symbol(
        text=text,
        body=body,
        session=session,
        series=series,
        number=number,
        suffixes=suffixes,
    )


def symbol_order(text: str) -> str:
    """Numbers filled up with zeros: as text, WP.10 then comes after WP.9."""
    return re.sub(r"\d+", lambda number: number[0].zfill(6), text)


def _series_and_number(rest: str) -> tuple[str | None, int | None]:
    """WP.3 is number 3 of the series WP; PM.1/2 is number 2 of the series PM.1."""
    head, _, last = rest.rpartition("/")
    match = _NUMBERED.fullmatch(last)
    if match is None or (head and (match[1] or not _SERIES.fullmatch(head))):
        if not head and _SERIES.fullmatch(last):
            return last, None
        raise ValueError(f"{rest} is no series and number, such as 5, WP.3 or PM.1/2")
    return (head or match[1], int(match[2]))
