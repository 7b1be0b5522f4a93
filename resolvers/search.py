"""Finding things by their words: one order of finds on both engines, within the caller's sight.

How good a find is, its own row says alone. What the engines offer (bm25, ts_rank) weighs a word by how many texts have
it, hidden ones among them, and so would tell of them; nor do two engines agree on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    inspect,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlmodel import col

import db
from db.dialect import among, holds
from db.search import SEARCHABLE, Searchable
from db.visibility import visible
from mandate.actor import Actor
from mandate.search import LONGEST_QUERY, SearchType, Sought, highlights, sought, words
from resolvers.error import UserError
from resolvers.reading import Order, PageInfo, Reader
from resolvers.reading.page import Keyset

FACETS = ("type", "language", "year", "meeting")
LONGEST_FACET = 20
_SCORES = {"1": 1.0, "2": 0.9, "3": 0.6, "4": 0.3}
"""By how it was found: by its symbol or code; by its whole title; by words of its title; by words of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    query: str
    types: Sequence[SearchType] | None = None
    language: str | None = None
    kinds: Sequence[str] | None = None
    meetings: Sequence[str] | None = None
    on: Callable[[ColumnElement[Any]], ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    cursor: str
    place: tuple[str, str]
    """The type of what was found, and its key."""
    score: float
    language: str
    highlights: list[str]


class Search:
    """One question, asked for as many as are wanted of its page, its total and its facets."""

    def __init__(self, reader: Reader, wanted: Wanted) -> None:
        if len(wanted.query) > LONGEST_QUERY:
            raise UserError(f"The query has {len(wanted.query)} characters; {LONGEST_QUERY} is the most.")
        self._reader = reader
        self._wanted = wanted
        self._sought: list[Sought] = sought(wanted.query)
        self._searched = [each for each in SEARCHABLE if wanted.types is None or each.search_type in wanted.types]

    @property
    def _is_idle(self) -> bool:
        """Nothing but signs and spaces finds nothing."""
        return not self._sought or not self._searched

    async def page(self, first: int, after: str | None, *, with_highlights: bool) -> tuple[list[Hit], PageInfo]:
        if self._is_idle:
            return [], PageInfo(has_next_page=False, has_previous_page=False, start_cursor=None, end_cursor=None)
        hits = self._hits
        # What is of no day, such as a State, comes before what is of one; then the latest comes first.
        places = (hits.c.tier, hits.c.is_dated, hits.c.on, hits.c.place, hits.c.key)
        keyset = Keyset(
            [Order(each, descending=each is hits.c.on) for each in places], {"first": first, "after": after}
        )
        statement = select(hits.c.type, hits.c.key, hits.c.best, *keyset.columns)
        beyond = keyset.condition()
        if beyond is not None:
            statement = statement.where(beyond)
        rows = await self._reader.rows(statement.order_by(*keyset.order_by()).limit(keyset.size + 1))
        found = keyset.page([(row, row[3:]) for row in rows], None)
        names = {each.name: each.type_name for each in self._searched}
        shown = await self._highlights([row.best for row in found.nodes]) if with_highlights else {}
        return [
            Hit(
                cursor=edge.cursor,
                place=(names[edge.node.type], edge.node.key),
                score=_SCORES[edge.node.best[0]],
                language=_language(edge.node.best),
                highlights=shown.get(_row(edge.node.best), []),
            )
            for edge in found.edges
        ], found.page_info

    async def total(self) -> int:
        if self._is_idle:
            return 0
        count: int = (await self._reader.rows(select(func.count()).select_from(self._hits)))[0][0]
        return count

    async def facets(self) -> dict[str, list[tuple[str, int]]]:
        """How many of all that was found, by the commonest values; a thing counts in each language it was found in."""
        facets: dict[str, list[tuple[str, int]]] = {name: [] for name in FACETS}
        if self._is_idle:
            return facets
        hits, found = self._hits, self._found
        meeting = db.Meeting.__table__.alias()  # type: ignore[attr-defined]
        same = and_(found.c.subject_type == hits.c.type, found.c.subject_key == hits.c.key)
        there = and_(meeting.c.code == hits.c.meeting, *_seen(meeting, self._reader.actor))
        year = func.substr(hits.c.on, 1, 4)
        counted = (
            _commonest("type", hits.c.type, select().select_from(hits)),
            _commonest("language", found.c.language, select().select_from(hits.join(found, same))),
            _commonest("year", year, select().select_from(hits).where(hits.c.on.is_not(None))),
            _commonest("meeting", meeting.c.code, select().select_from(hits.join(meeting, there))),
        )
        types = {each.name: each.search_type.value for each in self._searched}
        for field, value, count in await self._reader.rows(union_all(*counted)):
            facets[field].append((types[value] if field == "type" else value, count))
        for values in facets.values():
            values.sort(key=lambda each: (-each[1], each[0]))
        return facets

    @cached_property
    def _found(self) -> CTE:
        """Language versions that hold all the words, each with how well, put so that the best of a thing is the least.

        Nothing is said of them but by way of `_hits`.
        """
        source = inspect(db.SearchText).local_table
        exact = " ".join(words(self._wanted.query))
        tier = case(
            (source.c.code == exact, "1"),
            (source.c.title == func.coalesce(source.c.code + " ", "") + exact, "2"),
            (holds(source.c.title, self._sought), "3"),
            else_="4",
        )
        translated = case((source.c.is_original, "0"), else_="1")
        rank = tier + translated + source.c.language + ":" + cast(source.c.id, String)
        statement = select(source.c.subject_type, source.c.subject_key, source.c.language, rank.label("rank")).where(
            holds(source.c.words, self._sought)
        )
        if self._wanted.language is not None:
            statement = statement.where(source.c.language == self._wanted.language)
        return statement.cte("found")

    @cached_property
    def _hits(self) -> CTE:
        """What was found and is there for the caller, each once."""
        found = self._found
        best = (
            select(found.c.subject_type, found.c.subject_key, func.min(found.c.rank).label("best"))
            .group_by(found.c.subject_type, found.c.subject_key)
            .cte("best")
        )
        every = union_all(*(self._of(each, best) for each in self._searched)).cte("every")
        statement = select(every)
        wanted = self._wanted
        if wanted.kinds is not None:
            statement = statement.where(among(every.c.kind, wanted.kinds))
        if wanted.meetings is not None:
            meeting = db.Meeting.__table__.alias()  # type: ignore[attr-defined]
            there = and_(meeting.c.code == every.c.meeting, *_seen(meeting, self._reader.actor))
            statement = statement.join(meeting, there).where(among(meeting.c.code, wanted.meetings))
        if wanted.on is not None:
            statement = statement.where(wanted.on(every.c.on))
        return statement.cte("hits")

    def _of(self, of: Searchable, best: CTE) -> Select[Any]:
        return (
            select(
                literal(of.name).label("type"),
                literal(SEARCHABLE.index(of), Integer).label("place"),
                literal(int(of.on is not None), Integer).label("is_dated"),
                of.key.label("key"),
                best.c.best,
                func.substr(best.c.best, 1, 1).label("tier"),
                _as_text(of, of.on).label("on"),
                _as_text(of, of.meeting).label("meeting"),
                _as_text(of, of.kind).label("kind"),
            )
            .select_from(best.join(of.source, and_(best.c.subject_key == of.key, best.c.subject_type == of.name)))
            .where(*_seen(of.source, self._reader.actor))
        )

    async def _highlights(self, bests: Sequence[str]) -> dict[int, list[str]]:
        """Of the rows by which things were found; those things were there for the caller, in this very snapshot."""
        rows = await self._reader.rows(
            select(
                col(db.SearchText.id), col(db.SearchText.heading), col(db.SearchText.text), col(db.SearchText.attached)
            ).where(col(db.SearchText.id).in_([_row(best) for best in bests]))
        )
        return {
            row.id: highlights("\n".join(text for text in (row.heading, row.text, row.attached) if text), self._sought)
            for row in rows
        }


def _seen(source: Any, actor: Actor) -> tuple[ColumnElement[bool], ...]:
    condition = visible(source, actor)
    return () if condition is None else (condition,)


def _as_text(of: Searchable, name: str | None) -> ColumnElement[Any]:
    if name is None:
        return cast(null(), String)
    column = of.source.c[name]
    return cast(column, String) if isinstance(column.type, Date) else type_coerce(column, String)


def _commonest(field: str, value: ColumnElement[Any], source: Select[Any]) -> Select[Any]:
    count = func.count().label("count")
    counted = source.add_columns(literal(field).label("field"), value.label("value"), count).group_by(value)
    return select(counted.order_by(count.desc(), value).limit(LONGEST_FACET).subquery())


def _language(best: str) -> str:
    return best[2:].rpartition(":")[0]


def _row(best: str) -> int:
    return int(best.rpartition(":")[2])
