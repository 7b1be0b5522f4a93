"""Finding things by their words."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import strawberry

from mandate.search import SearchType
from resolvers import search as resolve
from schema.agenda import AgendaItem
from schema.communication import Communication
from schema.decision import Decision
from schema.document import Document
from schema.meeting import Meeting
from schema.order import DateFilter
from schema.organisation import Organisation
from schema.reading import asked_below, complete, names_rows, ref
from schema.reading.page import PageInfo
from schema.record import MeetingRecord
from schema.scalar import LanguageCode
from schema.state import State
from schema.statement import Statement

SearchResult = Annotated[
    AgendaItem | Communication | Decision | Document | Meeting | MeetingRecord | Organisation | State | Statement,
    strawberry.union("SearchResult"),
]


@names_rows
@strawberry.type(description="Something that was found")
class SearchHit:
    place: strawberry.Private[tuple[str, str]]
    cursor: str
    node: SearchResult = ref("place")
    score: float = strawberry.field(
        description="1 by its symbol or code, 0.9 by its whole title, 0.6 by words of its title, 0.3 by words of its "
        "text; what is equally good comes the latest first"
    )
    highlights: list[str] = strawberry.field(
        description="Up to three parts of the text around what was found. They are HTML: the text is escaped, and what "
        "was found stands within <mark> and </mark>"
    )
    language: LanguageCode = strawberry.field(description="In which it was found best")


@strawberry.type(description="How many of all that was found have a value")
class FacetValue:
    value: str
    count: int


@strawberry.type(description="What was found, counted by the values of a field")
class Facet:
    field: str = strawberry.field(description="type, language, year or meeting")
    values: list[FacetValue] = strawberry.field(description="The 20 commonest, the commonest first")


@strawberry.type(description="A page of what was found, the best first")
class SearchConnection:
    edges: list[SearchHit]
    page_info: PageInfo
    total_count: int
    facets: list[Facet]


@strawberry.input(description="All that is given must hold")
class SearchWhere:
    on: DateFilter | None = strawberry.field(
        default=None,
        description="When a document was issued, a meeting began, a decision was adopted, a record was published, a "
        "statement was delivered, a communication was sent",
    )
    meeting: list[str] | None = strawberry.field(
        default=None, description="Codes of meetings: these, and what belongs to them"
    )
    kind: list[str] | None = strawberry.field(
        default=None,
        description="Codes of the kinds of documents, meetings and organisations; regional groups of States",
    )


@strawberry.type
class SearchQuery:
    @strawberry.field(
        description="Whatever holds all the words of the query, in any order, case and with or without accents: by "
        "symbol or code, in titles and in texts. A word of three letters or more also finds those that begin with it. "
        "Signs mean nothing; 200 characters at most"
    )
    async def search(
        self,
        info: strawberry.Info[Any, Any],
        query: str,
        types: list[SearchType] | None = None,
        language: LanguageCode | None = None,
        where: SearchWhere | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> SearchConnection:
        asked = asked_below(info)
        wanted = resolve.Wanted(
            query=query,
            types=types,
            language=language,
            kinds=None if where is None else where.kind,
            meetings=None if where is None else where.meeting,
            on={} if where is None or where.on is None else _dated(where.on),
        )
        parts = {part for name, part in _PARTS.items() if name in asked}
        async with info.context.reader() as reader:
            found = await resolve.find(reader, wanted, parts=parts, first=first, after=after)
        connection = SearchConnection(
            edges=[
                SearchHit(
                    place=hit.place,
                    cursor=hit.cursor,
                    score=hit.score,
                    highlights=hit.highlights,
                    language=LanguageCode(hit.language),
                )
                for hit in found.hits
            ],
            page_info=PageInfo(
                has_next_page=found.page_info.has_next_page,
                has_previous_page=found.page_info.has_previous_page,
                start_cursor=found.page_info.start_cursor,
                end_cursor=found.page_info.end_cursor,
            ),
            total_count=found.total,
            facets=[
                Facet(field=name, values=[FacetValue(value=value, count=count) for value, count in values])
                for name, values in found.facets.items()
            ],
        )
        return await complete(info, connection)


_PARTS = {"edges": "hits", "pageInfo": "hits", "highlights": "highlights", "totalCount": "total", "facets": "facets"}


def _dated(wanted: DateFilter) -> dict[str, datetime.date | bool]:
    given = {"eq": wanted.eq, "gte": wanted.gte, "lte": wanted.lte, "isNull": wanted.is_null}
    return {name: value for name, value in given.items() if value is not strawberry.UNSET and value is not None}
