"""Symbols of United Nations documents: taken apart, put together again, allocated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mandate.text import UN_LANGUAGES, TextStatus

LONGEST_SYMBOL = 64
_FIRST_SESSION, _LAST_SESSION = 2008, 2099
_FORM = "a document symbol reads like CCM/MSP/2011/WP.3/Rev.1"
_OF_A_MEETING = "a symbol of a Meeting has a year and a number: CCM/MSP/2011/5"
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9.\-/]")
_SUFFIX = re.compile(r"(Rev|Corr|Amend|Add)(?:\.[1-9][0-9]{0,3})?(?![a-z])", re.ASCII)
_NUMBER = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_WITH_DOT = re.compile(r"(WP|PM|INF|L)\.([1-9][0-9]{0,4})", re.ASCII)
_BEFORE_SLASH = re.compile(r"PM(?:\.[1-9][0-9]{0,4})?|INF", re.ASCII)
_SERIES = re.compile(r"WP|L|INF|PM(?:\.[1-9][0-9]{0,4})?", re.ASCII)


class DocumentRelationType(StrEnum):
    """What a document is to another; all but the last two show in its symbol."""

    ADDENDUM = "ADDENDUM"
    CORRIGENDUM = "CORRIGENDUM"
    REVISION = "REVISION"
    AMENDMENT = "AMENDMENT"
    SUMMARY = "SUMMARY"
    TRANSLATES_LATE = "TRANSLATES_LATE"


_BY_SUFFIX = {
    "Rev": DocumentRelationType.REVISION,
    "Corr": DocumentRelationType.CORRIGENDUM,
    "Amend": DocumentRelationType.AMENDMENT,
    "Add": DocumentRelationType.ADDENDUM,
}


class BadSymbol(ValueError):  # noqa: N818  it is named for what is wrong
    """What is wrong with a symbol, and the place in its text, from 0."""

    def __init__(self, reason: str, place: int) -> None:
        super().__init__(f"{reason}; the fault is at character {place + 1}")
        self.reason = reason
        self.place = place


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbol:
    """A symbol in its parts: body, session, series, number and the suffixes stacked on it."""

    body: str
    session: str | None = None
    series: str | None = None
    number: int | None = None
    suffixes: tuple[str, ...] = ()
    numbered_by: str | None = None
    """What stands between series and number: WP.3, but INF/1. Both occur of PM."""
    is_own: bool = False
    """Of the Convention's Meetings. Of others the session is all that follows the body, the series how it begins."""

    def __str__(self) -> str:
        parts = [self.body, self.session, self._place if self.is_own else None, *self.suffixes]
        return "/".join(part for part in parts if part)

    @property
    def _place(self) -> str:
        number = "" if self.number is None else str(self.number)
        return f"{self.series or ''}{self.numbered_by or ''}{number}"

    @property
    def relation(self) -> tuple[DocumentRelationType, Symbol] | None:
        """What the last suffix makes of it, and to which document."""
        if not self.suffixes:
            return None
        *others, last = self.suffixes
        return _BY_SUFFIX[last.partition(".")[0]], replace(self, suffixes=tuple(others))


def parse_symbol(text: str) -> Symbol:
    """The Convention's own symbols come apart wholly; of others the body, the series and the suffixes are told."""
    stem, suffixes = _split(text)
    words = [word for word, _ in stem]
    if words[:2] in (["CCM", "MSP"], ["CCM", "CONF"]):
        return _own(text, stem, suffixes)
    session = "/".join(words[1:]) or None
    return Symbol(body=words[0], session=session, series=_series_of_others(words), suffixes=suffixes)


def symbol_order(text: str) -> str:
    """Numbers filled up with zeros: as text, WP.10 then comes after WP.9."""
    return re.sub(r"\d+", lambda number: number[0].zfill(6), text)


def _split(text: str) -> tuple[list[tuple[str, int]], tuple[str, ...]]:
    """The stem's parts with their places, and the suffixes."""
    if not text:
        raise BadSymbol(_FORM, 0)
    strange = _NOT_ALLOWED.search(text)
    if strange is not None:
        raise BadSymbol("a symbol has letters, digits, dots, hyphens and slashes alone", strange.start())
    if len(text) > LONGEST_SYMBOL:
        raise BadSymbol(f"a symbol has {LONGEST_SYMBOL} characters at most", LONGEST_SYMBOL)
    stem: list[tuple[str, int]] = []
    suffixes: list[str] = []
    place = 0
    for word in text.split("/"):
        if not word:
            raise BadSymbol(f"a part is missing: {_FORM}", place)
        if not (word[0].isdigit() or word[0].isupper()):
            raise BadSymbol("each part of a symbol begins with a capital or a digit", place)
        suffix = _SUFFIX.match(word)
        if suffix is not None:
            if "." not in suffix[0] or suffix.end() < len(word):
                raise BadSymbol(
                    f"{suffix[1]} ends a symbol with its number, such as {suffix[1]}.1", place + suffix.end(1)
                )
            if not stem:
                raise BadSymbol(f"a symbol does not begin with {suffix[1]}", place)
            suffixes.append(word)
        elif suffixes:
            raise BadSymbol("Rev., Corr., Amend. and Add. stand at the end of a symbol: nothing else follows", place)
        else:
            stem.append((word, place))
        place += len(word) + 1
    return stem, tuple(suffixes)


def _own(text: str, stem: list[tuple[str, int]], suffixes: tuple[str, ...]) -> Symbol:
    body = f"CCM/{stem[1][0]}"
    end = stem[-1][1] + len(stem[-1][0])
    if len(stem) == 2:
        raise BadSymbol(_OF_A_MEETING, end)
    session, place = stem[2]
    if not (session.isdigit() and len(session) == 4 and _FIRST_SESSION <= int(session) <= _LAST_SESSION):
        raise BadSymbol(_OF_A_MEETING, place)
    rest = stem[3:]
    if not rest:
        if not suffixes:
            raise BadSymbol(_OF_A_MEETING, len(text))
        return Symbol(body=body, session=session, suffixes=suffixes, is_own=True)
    series, numbered_by, number = _numbered(rest)
    return Symbol(
        body=body,
        session=session,
        series=series,
        number=number,
        suffixes=suffixes,
        numbered_by=numbered_by,
        is_own=True,
    )


def _numbered(rest: list[tuple[str, int]]) -> tuple[str | None, str | None, int | None]:
    """5, or WP.3, or PM.1/2, which is number 2 of the series PM.1; INF stands without a number too."""
    form = "a series and a number read like 5, WP.3, INF/1 or PM.1/2"
    first, place = rest[0]
    if len(rest) == 1:
        if _NUMBER.fullmatch(first):
            return None, None, int(first)
        if (found := _WITH_DOT.fullmatch(first)) is not None:
            return found[1], ".", int(found[2])
        if first == "INF":
            return first, None, None
        known = _SERIES.match(first)
        raise BadSymbol(form, place if known is None else place + known.end())
    if not _BEFORE_SLASH.fullmatch(first):
        known = _SERIES.fullmatch(first) or _WITH_DOT.fullmatch(first) or _NUMBER.fullmatch(first)
        raise BadSymbol(form, place if known is None else rest[1][1])
    if not _NUMBER.fullmatch(rest[1][0]):
        raise BadSymbol(form, rest[1][1])
    if len(rest) > 2:
        raise BadSymbol(form, rest[2][1])
    return first, "/", int(rest[1][0])


def _series_of_others(words: Sequence[str]) -> str:
    """What stands before the first number: A/RES of A/RES/63/71, C.N of C.N.776.2008.TREATIES-2."""
    parts, between = (words, "/") if len(words) > 1 else (words[0].split("."), ".")
    numbered = next((place for place, part in enumerate(parts) if part[:1].isdigit()), len(parts))
    return between.join(parts[: max(numbered, 1)])


# ---------- allocating ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Where the numbers of documents of a Meeting are counted."""

    prefix: str
    """CCM/MSP/2026, or the whole of what stands before the number: CCM/CONF/2015/PM.1."""
    name: str | None = None
    """WP, INF, PM; none for the documents numbered alone."""

    def symbol(self, number: int) -> Symbol:
        between = "." if self.name in ("WP", "L") else "/"
        if self.name is None:
            return parse_symbol(f"{self.prefix}/{number}")
        return parse_symbol(f"{self.prefix}/{self.name}{between}{number}")

    @property
    def first(self) -> Symbol | None:
        """None where no number can follow, as after CCM/MSP alone."""
        try:
            symbol = self.symbol(1)
        except BadSymbol:
            return None
        return symbol if symbol.is_own else None

    @property
    def within(self) -> str | None:
        """With what the symbols begin that may count; None where no number can follow."""
        return None if self.first is None else f"{self.first.body}/{self.first.session}/"

    def next_symbol(self, taken: Iterable[str]) -> Symbol:
        """One more than the highest: a number that was left out on purpose stays so."""
        first = self.symbol(1)
        numbers = [
            other.number or 0
            for other in map(parse_symbol, taken)
            if (other.body, other.session, other.series) == (first.body, first.session, first.series)
        ]
        return self.symbol(max(numbers, default=0) + 1)


def is_series(name: str) -> bool:
    return _SERIES.fullmatch(name) is not None


def prefix_of(kind: str, year: int | None, prefixes: Sequence[str]) -> str | None:
    """With what the symbols of a meeting begin: by what is recorded of it, else by its kind; None where it has none."""
    if prefixes:
        return prefixes[0].rstrip("/")
    body = _BODIES.get(kind)
    return None if body is None or year is None else f"{body}/{year}"


_BODIES = {
    "meeting_of_states_parties": "CCM/MSP",
    "special_meeting_of_states_parties": "CCM/MSP",
    "review_conference": "CCM/CONF",
    "review_conference_part": "CCM/CONF",
}


def next_suffixed(symbol: Symbol, suffix: str, taken: Iterable[str]) -> Symbol:
    """The next revision, corrigendum, amendment or addendum of a document."""
    numbers = [
        int(other.suffixes[-1].partition(".")[2])
        for other in map(parse_symbol, taken)
        if other.suffixes[:-1] == symbol.suffixes
        and other.suffixes[-1:]
        and other.suffixes[-1].startswith(f"{suffix}.")
    ]
    return replace(symbol, suffixes=(*symbol.suffixes, f"{suffix}.{max(numbers, default=0) + 1}"))


# ---------- languages ----------

_RANKS = {TextStatus.MACHINE: 0, TextStatus.COURTESY: 1, TextStatus.OFFICIAL: 2}


def takes_the_place(status: TextStatus, is_advance: bool, of: TextStatus, of_advance: bool) -> bool:
    """Whether a version may stand where another stood: a better one may, and the one that an advance copy announced."""
    return (_RANKS[status], not is_advance) > (_RANKS[of], not of_advance)


def due_languages(corrected: Sequence[str] | None) -> Sequence[str]:
    """An official document is due in all six; a corrigendum in those that it corrects."""
    return UN_LANGUAGES if corrected is None else corrected
