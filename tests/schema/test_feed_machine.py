"""Whatever is changed, in whatever order, and whatever a reader comes to see or to lose meanwhile: who follows the feed
holds what they may see, nothing less, nothing more, and nothing of it as it was before."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select

import db
from db import feed
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from db.visibility import visible
from mandate.actor import PUBLIC, Actor, Capacity, Held, Scope, Visibility
from mandate.document import DocumentRelationType
from mandate.text import LocalizedText
from schema.id import encode_id
from tests.call import ISU, ask
from tests.conftest import Templates
from tests.institution import Institution

MEETINGS = ("2MSP", "3MSP")
LANGUAGES = ("ar", "en", "fr")
PARTIES = ("STATE:ZMB", "STATE:FRA", "ORGANISATION:ICRC")
_NODE = """id ... on Document { title { in(language: "en") { value } } missingLanguages
  relations { type target { id } } relatedBy { type document { id } } }"""
FOLLOW = f"""query ($after: String, $first: Int!) {{ changes(after: $after, first: $first, types: [DOCUMENT]) {{
  pageInfo {{ hasNextPage endCursor }}
  nodes {{ cursor kind subjectId node {{ {_NODE} }} tombstone {{ id }} }} }}
  documents(first: 250) {{ nodes {{ id }} }} }}"""
ALL = f"{{ documents(first: 250) {{ nodes {{ {_NODE} }} }} serviceStatus {{ latestCursor }} }}"


class Reader:
    """A client that keeps a copy: it knows the cursor and what it was told, and nothing else."""

    def __init__(self) -> None:
        self.cursor: str | None = None
        self.copy: dict[str, Any] = {}
        self.could_see: set[str] = set()
        """After any act, when they came to read, or by what they were told."""

    async def page(self, database: Database, actor: Actor, first: int) -> bool:
        told = await _asked(database, actor, FOLLOW, after=self.cursor, first=first)
        page = told["changes"]
        self.could_see |= {each["id"] for each in told["documents"]["nodes"]}
        assert len(page["nodes"]) <= first
        for change in page["nodes"]:
            if change["kind"] == "VISIBILITY_LOST":
                assert change["subjectId"] in self.could_see, "who never could see it is told that it is hidden"
            # What happened between two pages, and was theirs to see for a while.
            self.could_see.add(change["subjectId"])
            if change["node"] is None:
                assert change["tombstone"] == {"id": change["subjectId"]}
                self.copy.pop(change["subjectId"], None)
            else:
                assert change["tombstone"] is None
                self.copy[change["subjectId"]] = change["node"]
            # Killed here, it goes on from the last change that it kept.
            self.cursor = change["cursor"]
        self.cursor = page["pageInfo"]["endCursor"]
        more: bool = page["pageInfo"]["hasNextPage"]
        return more


class Feed(RuleBasedStateMachine):
    template: Callable[[], str]
    forget: Callable[[str], None]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.url = type(self).template()
        self.database = Database(self.url)
        self.documents: list[str] = []
        self.number = 0
        self.readers: dict[str, tuple[Actor, Reader]] = {
            "public": (PUBLIC, Reader()),
            "isu": (ISU, Reader()),
            **{party: (_caller(party, frozenset(), restricted=True, bound=True), Reader()) for party in PARTIES},
        }

    def teardown(self) -> None:
        self.follow_to_the_end(100)
        self.loop.run_until_complete(self.database.close())
        self.loop.close()
        type(self).forget(self.url)

    def do(self, act: Any) -> Any:
        return self.loop.run_until_complete(act)

    @initialize()
    def take_what_is_there(self) -> None:
        """A document of each visibility; a copy begins with the lists, behind a cursor that was taken before."""
        self.do(self._act([0] * 12, random.Random(0)))  # noqa: S311  no secret
        for actor, reader in self.readers.values():
            told = self.do(_asked(self.database, actor, ALL))
            reader.cursor = told["serviceStatus"]["latestCursor"]
            reader.copy = {each["id"]: each for each in told["documents"]["nodes"]}
            reader.could_see |= reader.copy.keys()

    @rule(steps=st.lists(st.integers(0, 8), min_size=1, max_size=4), seed=st.integers(0, 2**32))
    def act(self, steps: list[int], seed: int) -> None:
        """One unit of work, of one or of several changes."""
        self.do(self._act(steps, random.Random(seed)))  # noqa: S311  no secret
        self.do(self._note_who_sees_what())

    async def _note_who_sees_what(self) -> None:
        """What is theirs to see for a while, between two pages, they may be told to be hidden since."""
        table = db.Document.__table__  # type: ignore[attr-defined]
        async with self.database.reading() as connection:
            for actor, reader in self.readers.values():
                condition = visible(table, actor)
                assert condition is not None
                for key in (await connection.execute(select(table.c.id).where(condition))).scalars():
                    reader.could_see.add(encode_id("Document", key))

    async def _act(self, steps: list[int], chance: random.Random) -> None:
        async with self.database.writing() as connection:
            unit = Unit(connection, Signature(act="test"))
            touched: set[str] = set()
            for step in steps:
                fresh = [each for each in self.documents if each not in touched]
                if step == 0 or not fresh:
                    await self._new(unit)
                    continue
                document = chance.choice(fresh)
                touched.add(document)
                await self._step(unit, step, document, chance)

    async def _new(self, unit: Unit) -> None:
        key = new_id()
        row = {
            "id": key,
            "title": self._title(),
            "kind_code": "report",
            "meeting_code": MEETINGS[len(self.documents) // len(Visibility) % 2],
            "visibility": list(Visibility)[len(self.documents) % len(Visibility)],
        }
        await unit.keep(db.Document, [row])
        self.documents.append(key)

    async def _step(self, unit: Unit, step: int, document: str, chance: random.Random) -> None:
        match step:
            case 1:
                await unit.change(db.Document, [((document,), {"title": self._title()})])
            case 2 | 3:
                visibility = chance.choice(list(Visibility))
                await unit.change(db.Document, [((document,), {"visibility": visibility})])
            case 4:
                values = {"visibility": chance.choice(list(Visibility)), "title": self._title()}
                await unit.change(db.Document, [((document,), values)])
            case 5:
                language = chance.choice(LANGUAGES)
                if await unit.row(db.DocumentLanguage, (document, language)) is None:
                    await unit.keep(db.DocumentLanguage, [{"document_id": document, "language_code": language}])
            case 6:
                party = chance.choice(PARTIES)
                if await unit.row(db.Concern, ("document", document, party)) is None:
                    about = {"subject_type": "document", "subject_key": document}
                    await unit.keep(db.Concern, [{**about, "party_id": party}])
            case 7 | 8:
                target = chance.choice(self.documents)
                link = (document, DocumentRelationType.SUMMARY, target)
                if target != document and await unit.row(db.DocumentRelation, link) is None:
                    row = dict(zip(("document_id", "type", "target_id"), link, strict=True))
                    await unit.keep(db.DocumentRelation, [row])

    def _title(self) -> LocalizedText:
        self.number += 1
        return LocalizedText.of(f"Title {self.number}")

    @rule(
        who=st.sampled_from(PARTIES),
        meetings=st.frozensets(st.sampled_from(MEETINGS)),
        restricted=st.booleans(),
        bound=st.booleans(),
    )
    def come_to_see_another_part(self, who: str, meetings: frozenset[str], restricted: bool, bound: bool) -> None:
        _, reader = self.readers[who]
        self.readers[who] = _caller(who, meetings, restricted=restricted, bound=bound), reader

    @rule(who=st.sampled_from(["public", "isu", *PARTIES]), first=st.integers(1, 5))
    def read_a_page(self, who: str, first: int) -> None:
        actor, reader = self.readers[who]
        self.do(reader.page(self.database, actor, first))

    @rule(first=st.sampled_from([1, 2, 100]))
    def follow_to_the_end(self, first: int) -> None:
        for who, (actor, reader) in self.readers.items():
            while self.do(reader.page(self.database, actor, first)):
                pass
            told = self.do(_asked(self.database, actor, ALL))["documents"]["nodes"]
            assert reader.copy == {each["id"]: each for each in told}, who
            assert not self.do(reader.page(self.database, actor, first)), "and nothing is told twice"

    @rule()
    def make_it_anew(self) -> None:
        assert self.do(self._faults()) == []

    async def _faults(self) -> list[str]:
        async with self.database.reading() as connection:
            return await feed.faults(connection)


async def _asked(database: Database, actor: Actor, query: str, **variables: Any) -> Any:
    answer = await ask(database, actor, query, **variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def _caller(party: str, meetings: frozenset[str], *, restricted: bool, bound: bool) -> Actor:
    held: set[Held] = {Held(Capacity.PUBLIC), *(Held(Capacity.PARTICIPANT, each) for each in meetings)}
    if bound:
        held.add(Held(Capacity.STATE_PARTY))
    scopes = frozenset(Scope) if restricted else frozenset({Scope.READ_PUBLIC})
    return Actor(account=f"account of {party}", party=party, held=frozenset(held), scopes=scopes)


@pytest.fixture(scope="module")
def prepared(templates: Templates) -> str:
    """Two meetings without documents."""
    url = templates.databases.copy(templates.states)

    async def prepare() -> None:
        database = Database(url)
        isu = Institution(database)
        await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
        await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
        await database.close()

    asyncio.run(prepare())
    templates.databases.freeze(url)
    return url


def _run(prepared: str, templates: Templates, sequences: int) -> None:
    machine = type(
        "OnThisEngine",
        (Feed,),
        {
            "template": staticmethod(lambda: templates.databases.copy(prepared)),
            "forget": staticmethod(templates.databases.drop),
        },
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_who_follows_the_feed_holds_what_they_may_see(prepared: str, templates: Templates) -> None:
    _run(prepared, templates, 5)


@pytest.mark.soak
def test_in_five_hundred_orders(prepared: str, templates: Templates) -> None:
    _run(prepared, templates, 500)
