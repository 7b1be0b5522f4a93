"""Finding things by their words: one order of finds on both engines, within the caller's sight.

How good a find is, its own row says alone. What the engines offer (bm25, ts_rank) weighs a word by how many texts have
it, hidden ones among them, and so would tell of them; nor do two engines agree on it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    inspect,
    literal,
    null,
    select,
    table,
    type_coerce,
    union_all,
)

import db
from db.dialect import among, holds, keys_to_come
from db.search import SEARCHABLE, Searchable
from db.table import dated
from db.visibility import visible
from mandate.actor import Actor
from mandate.search import LONGEST_QUERY, SearchType, Sought, highlights, sought, words
from resolvers.error import UserError
from resolvers.reading import Order, PageInfo, Reader
from resolvers.reading.declaration import Free
from resolvers.reading.page import DEFAULT_SIZE, Keyset

FACETS = ("type", "language", "year", "meeting")
LONGEST_FACET = 20
_SCORES = {1: 1.0, 2: 0.9, 3: 0.6, 4: 0.3}
"""By how it was found: by its symbol or code; by its whole title; by words of its title; by words of its text."""
_PLACES = 10**12
"""More than there are rows."""
_NO_PAGE = PageInfo(has_next_page=False, has_previous_page=False, start_cursor=None, end_cursor=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    query: str
    types: Sequence[SearchType] | None = None
    language: str | None = None
    kinds: Sequence[str] | None = None
    meetings: Sequence[str] | None = None
    on: Mapping[str, date | bool] = field(default_factory=dict)
    """As `db.table.dated` compares."""


@dataclass(frozen=True, slots=True)
class Hit:
    cursor: str
    place: tuple[str, str]
    """The type of what was found, and its key."""
    score: float
    language: str
    highlights: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """As much as was asked for."""

    hits: Sequence[Hit] = ()
    page_info: PageInfo = _NO_PAGE
    total: int = 0
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=lambda: dict.fromkeys(FACETS, ()))
    """How many of all that was found, by the commonest values; a thing counts in each language it was found in."""


async def find(
    reader: Reader, wanted: Wanted, *, parts: Container[str], first: int = DEFAULT_SIZE, after: str | None = None
) -> Found:
    """What is found: `parts` are those of hits, highlights, total and facets that are wanted.

    All but the texts comes from one statement, which looks through what there is but once.
    """
    if len(wanted.query) > LONGEST_QUERY:
        raise UserError(f"The query has {len(wanted.query)} characters; {LONGEST_QUERY} is the most.")
    words_sought = sought(wanted.query)
    searched = tuple(
        each.search_type for each in SEARCHABLE if wanted.types is None or each.search_type in wanted.types
    )
    if not words_sought or not searched:
        # Nothing but signs and spaces finds nothing.
        return Found()
    keyset = Keyset(_places(_HITS), {"first": first, "after": after})
    shape = _Shape(
        searched=searched,
        parts=tuple(part for part in ("hits", "total", "facets") if part in parts),
        in_language=wanted.language is not None,
        of_kinds=wanted.kinds is not None,
        of_meetings=wanted.meetings is not None,
        on=tuple((name, value if isinstance(value, bool) else None) for name, value in wanted.on.items()),
        after=after is not None,
    )
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in (
        await reader.rows_of(_said, shape, **_values(wanted, words_sought, shape, keyset, after)) if shape.parts else ()
    ):
        rows[row.part].append(row)
    ordered = sorted(rows["hits"], key=lambda row: (row.place, row.value))
    ordered.sort(key=lambda row: row.on, reverse=True)
    ordered.sort(key=lambda row: (row.tier, row.is_dated))
    page = keyset.page([(row, (row.tier, row.is_dated, row.on, row.place, row.value)) for row in ordered], None)
    shown = await _shown(reader, page.nodes, words_sought, with_texts="highlights" in parts) if page.nodes else {}
    return Found(
        hits=[
            Hit(
                edge.cursor,
                (SEARCHABLE[edge.node.place].type_name, edge.node.value),
                _SCORES[edge.node.tier],
                *shown[edge.node.number % _PLACES],
            )
            for edge in page.edges
        ],
        page_info=page.page_info,
        total=rows["total"][0].number if rows["total"] else 0,
        facets={name: _commonest_first(name, rows[name]) for name in FACETS},
    )


# ---------- the statement ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """All that the words of the statement depend on, beside who asks: what is sought stands in parameters."""

    searched: tuple[SearchType, ...]
    parts: tuple[str, ...]
    in_language: bool
    of_kinds: bool
    of_meetings: bool
    on: tuple[tuple[str, bool | None], ...]
    """None stands for a day."""
    after: bool


_AFTER = Free("after")


def _values(
    wanted: Wanted, words_sought: Sequence[Sought], shape: _Shape, keyset: Keyset, after: str | None
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "exact": " ".join(words(wanted.query)),
        "in_title": words_sought,
        "in_words": words_sought,
    }
    if shape.in_language:
        values["language"] = wanted.language
    if shape.of_kinds:
        values["kinds"] = wanted.kinds
    if shape.of_meetings:
        values["meetings"] = wanted.meetings
    if "hits" in shape.parts:
        values["most"] = keyset.size + 1
        if after is not None:
            values |= zip(keyset.free(_AFTER), keyset.place("after", after), strict=True)
    return values | {f"on_{name}": str(wanted.on[name]) for name, value in shape.on if value is None}


def _said(reader: Reader, shape: _Shape) -> CompoundSelect[Any]:
    versions = _versions(shape, reader.actor)
    hits = _hits(versions)
    asked = []
    if "hits" in shape.parts:
        asked.append(_page(hits, Keyset(_places(hits), {"after": _AFTER} if shape.after else {})))
    if "total" in shape.parts:
        asked.append(_counted("total", literal(""), select().select_from(hits)))
    if "facets" in shape.parts:
        asked += _facets(versions, hits, reader.actor)
    return union_all(*asked)


_HITS = table(
    "hits",
    column("tier", Integer),
    column("is_dated", Integer),
    column("on", String),
    column("place", Integer),
    column("key", String),
)
"""What a cursor is a place in."""


def _places(hits: Any) -> list[Order]:
    """What is of no day, such as a State, comes before what is of one; then the latest comes first."""
    return [Order(hits.c[each.name], descending=each.name == "on") for each in _HITS.columns]


def _versions(shape: _Shape, actor: Actor) -> CTE:
    """The language versions that hold all the words, of what is there for the caller."""
    source = inspect(db.SearchText).local_table
    exact = bindparam("exact", type_=String())
    tier = case(
        (source.c.code == exact, 1),
        (source.c.title == func.coalesce(source.c.code + " ", "") + exact, 2),
        (holds(source.c.title, "in_title"), 3),
        else_=4,
    )
    # One number to choose by: how well it was found, whether it is the original, which row it is.
    ranked = cast(2 * tier + case((source.c.is_original, 0), else_=1), BigInteger) * literal(_PLACES, BigInteger)
    found = select(
        source.c.subject_type, source.c.subject_key, source.c.language, (ranked + source.c.id).label("rank")
    ).where(holds(source.c.words, "in_words"))
    if shape.in_language:
        found = found.where(source.c.language == bindparam("language", type_=String()))
    held = found.cte("held").prefix_with("MATERIALIZED")
    searched = [each for each in SEARCHABLE if each.search_type in shape.searched]
    every = union_all(*(_of(each, held, actor) for each in searched)).cte("every_version")
    statement = select(every)
    if shape.of_kinds:
        statement = statement.where(among(every.c.kind, keys_to_come("kinds")))
    if shape.of_meetings:
        meeting, there = _meeting(every, actor)
        statement = statement.join(meeting, there).where(among(meeting.c.code, keys_to_come("meetings")))
    if shape.on:
        days = {name: bindparam(f"on_{name}", type_=String()) if value is None else value for name, value in shape.on}
        statement = statement.where(dated(every.c.on, days))
    return statement.cte("versions").prefix_with("MATERIALIZED")


def _of(of: Searchable, held: CTE, actor: Actor) -> Select[Any]:
    return (
        select(
            literal(SEARCHABLE.index(of), Integer).label("place"),
            literal(int(of.on is not None), Integer).label("is_dated"),
            of.key.label("key"),
            held.c.rank,
            held.c.language,
            _as_text(of, of.on).label("on"),
            _as_text(of, of.meeting).label("meeting"),
            _as_text(of, of.kind).label("kind"),
        )
        .select_from(held.join(of.source, and_(held.c.subject_key == of.key, held.c.subject_type == of.name)))
        .where(*_seen(of.source, actor))
    )


def _hits(versions: CTE) -> CTE:
    """Each thing once, as it was found best."""
    best = func.min(versions.c.rank)
    return (
        select(
            versions.c.place,
            versions.c.key,
            best.label("best"),
            cast(best // (2 * _PLACES), Integer).label("tier"),
            *(func.min(versions.c[name]).label(name) for name in ("is_dated", "on", "meeting")),
        )
        .group_by(versions.c.place, versions.c.key)
        .cte("hits")
        .prefix_with("MATERIALIZED")
    )


def _page(hits: CTE, keyset: Keyset) -> Select[Any]:
    """One more than the page holds; in one order, which a union does not keep."""
    tier, is_dated, on, place, key = keyset.columns
    statement = select(
        literal("hits").label("part"),
        key.label("value"),
        hits.c.best.label("number"),
        *(tier.label("tier"), is_dated.label("is_dated"), on.label("on"), place.label("place")),
    )
    beyond = keyset.condition()
    if beyond is not None:
        statement = statement.where(beyond)
    most = bindparam("most", type_=Integer())
    return select(statement.order_by(*keyset.order_by()).limit(most).subquery())


def _facets(versions: CTE, hits: CTE, actor: Actor) -> list[Select[Any]]:
    meeting, there = _meeting(hits, actor)
    return [
        _counted("type", cast(hits.c.place, String), select().select_from(hits)),
        _counted("language", versions.c.language, select().select_from(versions)),
        _counted("year", func.substr(hits.c.on, 1, 4), select().select_from(hits).where(hits.c.on.is_not(None))),
        _counted("meeting", meeting.c.code, select().select_from(hits.join(meeting, there))),
    ]


def _counted(part: str, value: ColumnElement[Any], source: Select[Any]) -> Select[Any]:
    """The commonest values, in the columns of a page."""
    number = func.count().label("number")
    none = (cast(null(), Integer).label(name) for name in ("tier", "is_dated"))
    counted = source.add_columns(
        literal(part).label("part"),
        value.label("value"),
        number,
        *none,
        cast(null(), String).label("on"),
        cast(null(), Integer).label("place"),
    )
    if part != "total":
        counted = counted.group_by(value).order_by(number.desc(), value).limit(LONGEST_FACET)
    return select(counted.subquery())


def _commonest_first(name: str, rows: Sequence[Any]) -> list[tuple[str, int]]:
    values = [
        (SEARCHABLE[int(row.value)].search_type.value if name == "type" else row.value, row.number) for row in rows
    ]
    return sorted(values, key=lambda each: (-each[1], each[0]))


_MOST_LOOKED_THROUGH = 500_000
"""Characters of texts that one page is marked in, the best finds first."""
_SHORT = 5_000
"""Characters that are marked in less time than it takes to ask a thread."""


async def _shown(
    reader: Reader, hits: Sequence[Any], words_sought: Sequence[Sought], *, with_texts: bool
) -> dict[int, tuple[str, list[str]]]:
    """By row, the language in which a thing was found, and what to show; it was there for the caller just now."""
    ids = [hit.number % _PLACES for hit in hits]
    rows = await reader.rows_of(_texts, with_texts, ids=ids)
    left, marked = _MOST_LOOKED_THROUGH, {}
    for row in sorted(rows, key=lambda row: ids.index(row.id)):
        text = "\n".join(text for text in row[2:] if text)[:left]
        left -= len(text)
        # In a thread, text by text, so that others are served meanwhile.
        marks = (
            await asyncio.to_thread(highlights, text, words_sought)
            if len(text) > _SHORT
            else highlights(text, words_sought)
        )
        marked[row.id] = (row.language, marks)
    return marked


def _texts(_reader: Reader, with_texts: bool) -> Select[Any]:
    source = inspect(db.SearchText).local_table
    texts = (source.c.heading, source.c.text, source.c.attached) if with_texts else ()
    return select(source.c.id, source.c.language, *texts).where(among(source.c.id, keys_to_come("ids", Integer)))


def _meeting(source: CTE, actor: Actor) -> tuple[Any, ColumnElement[bool]]:
    """That of a row, if it is there for the caller: what belongs to a hidden meeting does not tell of it."""
    meeting = db.Meeting.__table__.alias()  # type: ignore[attr-defined]
    return meeting, and_(meeting.c.code == source.c.meeting, *_seen(meeting, actor))


def _seen(source: Any, actor: Actor) -> tuple[ColumnElement[bool], ...]:
    condition = visible(source, actor)
    return () if condition is None else (condition,)


def _as_text(of: Searchable, name: str | None) -> ColumnElement[Any]:
    if name is None:
        return cast(null(), String)
    column = of.source.c[name]
    return cast(column, String) if isinstance(column.type, Date) else type_coerce(column, String)
