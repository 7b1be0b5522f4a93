"""The queries that are measured, as a client would write them.

Q1 to Q6 and M1 are those by which we are judged. Q3 asks for what comes closest to sender, audience and counts of a
communication: who drafted it, the groups that it goes to, how many it went to, and to how many it could not be
delivered. M1 is the act whose rows come closest to 21: a communication, its dispatch, and 19 documents that go with it.
The others came before them, and are measured where `--more` is asked for.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import orjson
from graphql import get_introspection_query

from schema.id import encode_id
from tests.bench import register
from tests.bench.register import LARGEST_MEETING, TODAY, state_code

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""A document and its variables to the data of the answer."""

Variables = Mapping[str, Any]
MOST_VARIANTS = 64
_MORE_THAN_REMEMBERED = 4
"""Times as many variants, of which none is remembered when its turn comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A document, and the variables with which it is asked in turn; where it has a size, `$first` is it."""

    name: str
    text: str
    variants: Sequence[Variables] = field(default_factory=lambda: [{}])
    by_hand: Sequence[Variables] | None = None
    """What the hand-written route takes instead: a cursor is everybody's own."""

    times: int = 1
    """How many times as many variants as others."""

    writes: bool = False
    """An act, done with the key of the benchmark: it answers otherwise each time."""

    @property
    def slug(self) -> str:
        return self.name.replace(" ", "-")

    @property
    def is_sized(self) -> bool:
        return "first" in self.variants[0]

    def bodies(self, variants: Sequence[Variables] | None = None) -> list[bytes]:
        return [orjson.dumps({"query": self.text, "variables": each}) for each in variants or self.variants]

    def fewer(self, most: int) -> Query:
        most *= self.times
        by_hand = None if self.by_hand is None else self.by_hand[:most]
        return replace(self, variants=self.variants[:most], by_hand=by_hand)

    def of_size(self, size: int) -> Query:
        return replace(self, variants=[{**self.variants[0], "first": size}])


Q1 = """
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

Q2 = """
query Meeting($code: String!) {
  meeting(code: $code) {
    code title { in(language: "en") { value } } kind { code } startsOn endsOn city
    agenda { number title { in(language: "en") { value } } }
    documents(first: 50) {
      nodes {
        id symbol issuedOn title { in(language: "en") { value } } kind { code }
        languageVersions { language status isAdvance }
      }
    }
    participations(first: 50) { nodes { role registeredOn attended person { fullName } } }
  }
}
"""

Q3 = """
query Communications($after: String) {
  communications(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      reference kind status sentAt
      subject { in(language: "en") { value } }
      dispatch { audience { groups } draftedBy { id label } }
      recipients(first: 0) { totalCount }
      bounced: recipients(first: 0, status: BOUNCED) { totalCount }
    }
  }
}
"""

Q4 = """
query Committee($asOf: Date!) {
  coordinationCommittee(asOf: $asOf) {
    asOf ruleSet
    seats {
      role capacity since until
      holder { __typename name { in(language: "en") { value } } }
      portfolio { code name { in(language: "en") { value } } }
    }
  }
}
"""

Q5 = """
query Node($id: ID!) {
  node(id: $id) { id ... on State { code name { in(language: "en") { value } } unStatus regionalGroup } }
}
"""

M1 = """
mutation Draft($input: DraftCommunicationInput!) {
  draftCommunication(input: $input) {
    __typename ... on CommunicationDrafted { communication { id } } ... on Problem { message }
  }
}
"""
_DOCUMENTS_OF_A_DRAFT = 19

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
_FIRST_COMMITTEE = date(2013, 1, 1)
_DEEP = 0.9
"""Of all communications: the place of the cursor that is deep."""


async def judged(ask: Ask, scale: float) -> list[Query]:
    """Q1 to Q6 and M1, for a register of this scale."""
    return [
        Query(name="Q1", text=Q1, variants=[{"first": 200}]),
        Query(name="Q2", text=Q2, variants=[{"code": code} for code in await _meetings(ask)]),
        Query(name="Q3", text=Q3),
        await _deep(ask, register.communications(scale)),
        Query(name="Q4", text=Q4, variants=_days(MOST_VARIANTS)),
        Query(
            name="Q4N",
            text=Q4,
            variants=_days(_MORE_THAN_REMEMBERED * MOST_VARIANTS),
            times=_MORE_THAN_REMEMBERED,
        ),
        Query(
            name="Q5",
            text=Q5,
            variants=[
                {"id": encode_id("State", state_code(number))}
                for number in range(min(MOST_VARIANTS, register.states(scale)))
            ],
        ),
        Query(name="Q6", text=get_introspection_query()),
        Query(name="M1", text=M1, variants=[{"input": each} for each in await _drafts(ask)], writes=True),
    ]


async def others(ask: Ask, scale: float) -> list[Query]:
    as_of = str(TODAY)
    page = Query(name="documents", text=DOCUMENTS, variants=[{"first": 100, "where": _OFFICIAL}])
    far = {**page.variants[0], "after": await _cursor(ask, register.documents(scale) // 2)}
    return [
        Query(name="profiles", text=PROFILES, variants=[{"first": 50, "asOf": as_of}]),
        Query(name="meeting", text=MEETING, variants=[{"code": LARGEST_MEETING, "first": 50}]),
        page,
        replace(page, name="documents far", variants=[far]),
        Query(name="status counts", text=STATUS_COUNTS, variants=[{"asOf": as_of}]),
        Query(name="search", text=SEARCH, variants=[{"words": "document 1234", "first": 20}]),
        Query(name="search wide", text=SEARCH, variants=[{"words": "victim assistance", "first": 20}]),
        Query(name="search all", text=SEARCH, variants=[{"words": "document", "first": 20}]),
    ]


def _days(number: int) -> list[Variables]:
    between = (TODAY - _FIRST_COMMITTEE).days
    return [{"asOf": str(_FIRST_COMMITTEE + timedelta(days=between * each // number))} for each in range(number)]


async def _meetings(ask: Ask) -> list[str]:
    data = await ask(f"{{ meetings(first: {MOST_VARIANTS}) {{ nodes {{ code }} }} }}", {})
    return [each["code"] for each in data["meetings"]["nodes"]]


async def _drafts(ask: Ask) -> list[Variables]:
    data = await ask("{ documents(first: 250) { nodes { id } } }", {})
    documents = [each["id"] for each in data["documents"]["nodes"]]
    return [
        {
            "kind": "CIRCULAR",
            "subject": [{"language": "en", "value": f"Of what is enclosed, {number}"}],
            "body": [{"language": "en", "value": f"Dear all, here are {_DOCUMENTS_OF_A_DRAFT} documents."}],
            "audience": {"groups": ["ALL_STATES_PARTIES"]},
            "documents": [documents[(number + place) % len(documents)] for place in range(_DOCUMENTS_OF_A_DRAFT)],
        }
        for number in range(MOST_VARIANTS)
    ]


async def _deep(ask: Ask, number: int) -> Query:
    """A cursor is an order and a place in it: walking there would take longer than all that is measured."""
    data = await ask(Q3, {})
    cursor: str = data["communications"]["pageInfo"]["endCursor"]
    order, *_ = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    first = number - round(_DEEP * number)
    keys = [register.communication_id(first - each * (first // (2 * MOST_VARIANTS))) for each in range(MOST_VARIANTS)]
    places = [base64.urlsafe_b64encode(orjson.dumps([order, key])).rstrip(b"=").decode() for key in keys]
    return Query(
        name="Q3D",
        text=Q3,
        variants=[{"after": place} for place in places],
        by_hand=[{"after": key} for key in keys],
    )


async def _cursor(ask: Ask, position: int) -> str:
    """Cursors are opaque, so the place is walked to, as any client would."""
    after, left = None, position
    while left:
        size = min(left, _LARGEST_PAGE)
        data = await ask(_WALK, {"first": size, "after": after, "where": _OFFICIAL})
        after, left = data["documents"]["pageInfo"]["endCursor"], left - size
    assert after is not None
    return str(after)
