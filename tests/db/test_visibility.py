"""Who may see what: every visibility, asked by everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import FromClause, Table, exists, select

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from db.visibility import refers_to_visible, seen, shows, visible
from mandate.actor import PUBLIC, Actor, Capacity, Scope, Visibility
from mandate.day import PartialDate
from mandate.text import LocalizedText
from tests.call import ISU, caller, hide

pytestmark = pytest.mark.anyio

ALL = set(Visibility)
DOCUMENT: Table = db.Document.__table__  # type: ignore[attr-defined]
STATE: Table = db.State.__table__  # type: ignore[attr-defined]

SEEN: dict[str, tuple[Actor, set[Visibility]]] = {
    "the public": (PUBLIC, set()),
    "a key for nothing": (Actor(scopes=frozenset()), set()),
    "a State Party": (caller("STATE:FRA", Capacity.STATE_PARTY), {Visibility.STATES_PARTIES}),
    "a State Party that is concerned": (
        caller("STATE:DEU", Capacity.STATE_PARTY),
        {Visibility.STATES_PARTIES, Visibility.CONCERNED},
    ),
    "a signatory": (caller("STATE:HTI", Capacity.SIGNATORY), set()),
    "an observer State": (caller("STATE:CHN", Capacity.OBSERVER_STATE), set()),
    "an organisation": (caller("ORGANISATION:HI", Capacity.ORGANISATION), set()),
    "an organisation that is concerned": (
        caller("ORGANISATION:ICRC", Capacity.ORGANISATION, Capacity.ICRC),
        {Visibility.CONCERNED},
    ),
    "an observer in the Committee": (
        caller("ORGANISATION:CMC", Capacity.ORGANISATION, Capacity.COMMITTEE_MEMBER),
        {Visibility.COMMITTEE},
    ),
    "a Coordinator": (
        caller("STATE:FRA", Capacity.STATE_PARTY, Capacity.COORDINATOR, Capacity.COMMITTEE_MEMBER),
        {Visibility.STATES_PARTIES, Visibility.COMMITTEE},
    ),
    "the President": (
        caller("STATE:LAO", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER),
        {Visibility.STATES_PARTIES, Visibility.COMMITTEE},
    ),
    "a participant": (
        caller("STATE:CHN", Capacity.PARTICIPANT, meeting="3RC"),
        {Visibility.PARTICIPANTS},
    ),
    "a participant of another meeting": (caller("STATE:CHN", Capacity.PARTICIPANT, meeting="13MSP"), set()),
    "the ISU": (ISU, ALL),
    "an administrator": (caller("ISU:ISU-CCM", Capacity.ADMIN), ALL),
}


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    """A document of each visibility at the 3RC; Germany and the ICRC are concerned by one of them."""
    database = Database(register_url)
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        for each in Visibility:
            row = {
                "id": f"document {each}",
                "symbol": None,
                "title": LocalizedText.of(each),
                "kind_code": "report",
                "meeting_code": "3RC",
                "issued_on": PartialDate.parse("2026-01"),
                "author": None,
                "body_code": None,
                "is_un_document": None,
                "note": None,
                "visibility": each,
            }
            if await unit.row(db.DocumentKind, ("report",)) is None:
                await unit.keep(db.DocumentKind, [{"code": "report", "label": LocalizedText.of("Report")}])
            await unit.keep(db.Document, [row])
            # Concern is looked at for the visibility CONCERNED alone.
            parties = ("STATE:DEU", "ORGANISATION:ICRC")
            about = {"subject_type": "document", "subject_key": row["id"]}
            await unit.keep(db.Concern, [{**about, "party_id": party} for party in parties])
        # The same key under the name of another table is not the same thing.
        other = {"subject_type": "meeting", "subject_key": f"document {Visibility.CONCERNED}"}
        await unit.keep(db.Concern, [{**other, "party_id": "STATE:FRA"}])
    yield database
    await database.close()


async def visibilities(database: Database, source: FromClause, actor: Actor) -> set[Visibility]:
    condition = visible(source, actor)
    assert condition is not None
    mine = source.c.id.startswith("document ")
    async with database.reading() as connection:
        return set((await connection.execute(select(source.c.visibility).where(mine, condition))).scalars())


async def test_everybody_sees_what_is_public_and_what_is_theirs(database: Database) -> None:
    for who, (actor, restricted) in SEEN.items():
        expected = {Visibility.PUBLIC, *restricted}
        assert await visibilities(database, DOCUMENT, actor) == expected, who
        assert await visibilities(database, DOCUMENT.alias(), actor) == expected, f"{who}, by an alias"


async def test_a_key_that_may_not_read_what_is_restricted_sees_what_the_public_sees(database: Database) -> None:
    for who, (actor, _) in SEEN.items():
        narrowed = Actor(
            account=actor.account,
            party=actor.party,
            held=actor.held,
            scopes=actor.scopes - {Scope.READ_RESTRICTED},
        )
        assert await visibilities(database, DOCUMENT, narrowed) == {Visibility.PUBLIC}, who


async def test_where_a_document_is_joined_to_it_the_condition_holds_as_well(database: Database) -> None:
    for who, (actor, restricted) in SEEN.items():
        joined = DOCUMENT.alias()
        on = visible(joined, actor)
        assert on is not None
        query = (
            select(DOCUMENT.c.visibility, joined.c.id)
            .select_from(DOCUMENT.outerjoin(joined, (joined.c.id == DOCUMENT.c.id) & on))
            .where(DOCUMENT.c.id.startswith("document "))
        )
        async with database.reading() as connection:
            rows = (await connection.execute(query)).all()
        assert len(rows) == len(ALL)
        assert {row[0] for row in rows if row[1] is not None} == {Visibility.PUBLIC, *restricted}, who


async def test_below_another_question_the_condition_is_about_the_same_row(database: Database) -> None:
    meeting, others = DOCUMENT.c.meeting_code, "document of others"
    async with database.writing() as connection:
        row = {"id": others, "title": LocalizedText.of("A"), "kind_code": "report", "visibility": Visibility.CONCERNED}
        await Unit(connection, Signature(act="test")).keep(db.Document, [row])
    for who, (actor, restricted) in SEEN.items():
        condition = visible(DOCUMENT, actor)
        assert condition is not None
        query = select(DOCUMENT.c.id).where(
            DOCUMENT.c.id.startswith("document "), exists(select(STATE.c.code).where(condition).correlate(DOCUMENT))
        )
        async with database.reading() as connection:
            found = set((await connection.execute(query)).scalars())
        expected = {f"document {each}" for each in (Visibility.PUBLIC, *restricted)}
        assert found == expected | ({others} if actor.sees(Visibility.CONCERNED) else set()), who
    await hide(database, db.Meeting, "3RC")
    of_hidden = exists(select(STATE.c.code).where(refers_to_visible(meeting, PUBLIC)).correlate(DOCUMENT))
    async with database.reading() as connection:
        codes = await connection.execute(select(meeting).where(meeting.in_(["2MSP", "3RC"]), of_hidden))
    assert set(codes.scalars()) == {"2MSP"}


async def test_acts_find_by_key_what_lists_would_show(database: Database) -> None:
    for who, (actor, restricted) in SEEN.items():
        async with database.reading() as connection:
            for each in Visibility:
                found = (await connection.execute(seen(db.Document, f"document {each}", actor))).all()
                assert bool(found) == (each in {Visibility.PUBLIC, *restricted}), f"{who}, {each}"
            assert (await connection.execute(seen(db.Document, new_id(), actor))).all() == []


async def test_participants_see_their_meeting_itself(database: Database) -> None:
    await hide(database, db.Meeting, "3RC", Visibility.PARTICIPANTS)

    for who, expected in (("a participant", True), ("a participant of another meeting", False), ("the ISU", True)):
        async with database.reading() as connection:
            found = (await connection.execute(seen(db.Meeting, "3RC", SEEN[who][0]))).all()
        assert bool(found) is expected, who


async def test_what_refers_to_a_hidden_meeting_is_not_found_by_it(database: Database) -> None:
    async def found(actor: Actor) -> int:
        condition = refers_to_visible(DOCUMENT.c.meeting_code, actor)
        query = select(DOCUMENT.c.id).where(DOCUMENT.c.meeting_code == "3RC", DOCUMENT.c.visibility == "PUBLIC")
        async with database.reading() as connection:
            return len((await connection.execute(query.where(condition))).all())

    before = await found(PUBLIC)
    await hide(database, db.Meeting, "3RC", Visibility.STATES_PARTIES)

    assert before > 0
    assert await found(PUBLIC) == 0
    assert await found(SEEN["a State Party"][0]) == before


async def test_an_entry_of_the_journal_is_seen_by_whom_its_subject_concerns(database: Database) -> None:
    entries: FromClause = db.Change.__table__  # type: ignore[attr-defined]
    mine = entries.c.subject_type == "document", entries.c.subject_key.startswith("document ")

    for who, (actor, restricted) in SEEN.items():
        condition = visible(entries, actor)
        assert condition is not None
        async with database.reading() as connection:
            found = await connection.execute(select(entries.c.visibility).where(*mine, condition))
        # Whose meeting it is, an entry does not say.
        beyond = set() if actor.sees(Visibility.PARTICIPANTS) else {Visibility.PARTICIPANTS}
        assert set(found.scalars()) == {Visibility.PUBLIC, *restricted} - beyond, who


async def test_what_has_no_visibility_of_its_own_is_public() -> None:
    assert visible(db.State.__table__, PUBLIC) is None  # type: ignore[attr-defined]


async def test_whether_a_row_that_is_seen_with_another_is_there_it_does_not_say_itself() -> None:
    held = {"id": "a", "document_id": "b"}

    assert shows(db.State.__table__, held, PUBLIC.sight)  # type: ignore[attr-defined]
    assert not shows(db.DocumentFile.__table__, held, ISU.sight)  # type: ignore[attr-defined]
