"""The queries that are measured, as a client would write them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from graphql import get_introspection_query

from schema.id import encode_id
from tests.bench.register import LARGEST_MEETING, TODAY, state_code

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""A document and its variables to the data of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A document with its variables; where it has a size, `$first` is it."""

    name: str
    text: str
    variables: Mapping[str, Any]

    @property
    def is_sized(self) -> bool:
        return "first" in self.variables

    @property
    def body(self) -> bytes:
        return orjson.dumps({"query": self.text, "variables": self.variables})

    def of_size(self, size: int) -> Query:
        return replace(self, variables={**self.variables, "first": size})


NODE = """
query Node($id: ID!) {
  node(id: $id) { id ... on State { code name { in(language: "en") { value } } unStatus regionalGroup } }
}
"""

STATES = """
query States($first: Int!) {
  states(first: $first) {
    nodes {
      id code unStatus regionalGroup m49Region m49Subregion
      name { in(language: "fr") { value } }
      officialName { in(language: "en") { value } }
    }
  }
}
"""

PROFILES = """
query Profiles($first: Int!, $asOf: Date!) {
  states(first: $first, where: { status: [STATE_PARTY] }, asOf: $asOf) {
    nodes {
      code
      name { in(language: "en") { value } }
      treatyStatus(asOf: $asOf) {
        kind since inForceSince
        explanation { summary inputs citations { source paragraph } }
      }
      treatyActions { type date entersIntoForceOn }
      obligations {
        article status overdue(asOf: $asOf)
        deadline { computed stated agrees }
        deadlines { dueOn explanation { summary } request { code decision } }
      }
      extensionRequests { code article number submittedOn decision newDeadline consideredAt { code city } }
      officeTerms { office { code title { in(language: "en") { value } } } startsOn endsOn startsAt { moment } }
      documents(first: 5) { totalCount nodes { id symbol issuedOn kind { code } } }
    }
  }
}
"""

MEETING = """
query Meeting($code: String!, $first: Int!) {
  meeting(code: $code) {
    code title { in(language: "en") { value } } kind { code } startsOn endsOn days city
    presidency { code }
    president { fullName }
    attendance { participantClass count }
    documents(first: $first) {
      totalCount
      nodes {
        id symbol issuedOn
        title { in(language: "en") { value } }
        kind { code label { in(language: "en") { value } } }
        languageVersions { language name { label { in(language: "en") { value } } } }
        submittedBy { id name { in(language: "en") { value } } }
      }
    }
  }
}
"""

DOCUMENTS = """
query Documents($first: Int!, $after: String, $where: DocumentWhere) {
  documents(first: $first, after: $after, where: $where, orderBy: [{ field: ISSUED_ON, direction: DESC }]) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      id symbol issuedOn isUnDocument missingLanguages
      title { in(language: "en") { value } }
      kind { code }
      meeting { code city }
      languageVersions { language }
    }
  }
}
"""

STATUS_COUNTS = """
query StatusCounts($asOf: Date!) {
  statusCounts(asOf: $asOf, by: REGION) { group kind count }
}
"""

SEARCH = """
query Search($words: String!, $first: Int!) {
  search(query: $words, first: $first) {
    totalCount
    facets { field values { value count } }
    pageInfo { hasNextPage endCursor }
    edges { score language highlights node { __typename ... on Document { symbol issuedOn } } }
  }
}
"""

_WALK = """
query Walk($first: Int!, $after: String, $where: DocumentWhere) {
  documents(first: $first, after: $after, where: $where, orderBy: [{ field: ISSUED_ON, direction: DESC }]) {
    pageInfo { endCursor }
  }
}
"""
_LARGEST_PAGE = 250
_OFFICIAL = {"isUnDocument": True}


async def queries(ask: Ask, documents: int) -> list[Query]:
    """All of them, for a register with so many documents."""
    as_of = str(TODAY)
    page = Query(name="documents", text=DOCUMENTS, variables={"first": 100, "where": _OFFICIAL})
    far = {**page.variables, "after": await _cursor(ask, documents // 2)}
    return [
        Query(name="node", text=NODE, variables={"id": encode_id("State", state_code(0))}),
        Query(name="states", text=STATES, variables={"first": 200}),
        Query(name="profiles", text=PROFILES, variables={"first": 50, "asOf": as_of}),
        Query(name="meeting", text=MEETING, variables={"code": LARGEST_MEETING, "first": 50}),
        page,
        replace(page, name="documents far", variables=far),
        Query(name="status counts", text=STATUS_COUNTS, variables={"asOf": as_of}),
        Query(name="search", text=SEARCH, variables={"words": "document 1234", "first": 20}),
        Query(name="search wide", text=SEARCH, variables={"words": "victim assistance", "first": 20}),
        Query(name="search all", text=SEARCH, variables={"words": "document", "first": 20}),
        Query(name="introspection", text=get_introspection_query(), variables={}),
    ]


async def _cursor(ask: Ask, position: int) -> str:
    """Cursors are opaque, so the place is walked to, as any client would."""
    after, left = None, position
    while left:
        size = min(left, _LARGEST_PAGE)
        data = await ask(_WALK, {"first": size, "after": after, "where": _OFFICIAL})
        after, left = data["documents"]["pageInfo"]["endCursor"], left - size
    assert after is not None
    return str(after)
