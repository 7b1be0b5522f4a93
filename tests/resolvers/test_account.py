"""In what capacity who calls, by date; and what the acts upon accounts and keys refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from mandate.account import AccountKind
from mandate.actor import COMMAND_LINE, PUBLIC, Actor, Capacity, Held, Scope, Visibility
from resolvers import account, person
from resolvers.account import Caller, capacities_on
from resolvers.context import Context, Operation
from resolvers.error import Conflict, Forbidden, Invalid, NotFound
from resolvers.reading import Reader
from tests.api import TODAY
from tests.make import ISU, coordinates, key_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def register(shared_register_url: str) -> AsyncIterator[Database]:
    """For tests that only read."""
    database = Database(shared_register_url)
    yield database
    await database.close()


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    database = Database(register_url)
    yield database
    await database.close()


async def held(database: Database, party: str, day: str, **account: Any) -> set[str]:
    on = date.fromisoformat(day)
    async with database.reading() as connection:
        caller = Caller(id="x", label="x", party=party, **account)
        found = await capacities_on(Reader(connection, PUBLIC, on), caller, on)
    return {each.capacity if each.of is None else f"{each.capacity} {each.of}" for each in found} - {"PUBLIC"}


STOCKPILES = "COORDINATOR stockpile_destruction_and_retention"
# Whoever presides takes part, and saw afterwards what was for those who did.
PRESIDED_BY_LEBANON = {"PARTICIPANT 2MSP", "PARTICIPANT IM-2012", "PARTICIPANT ISU-C-1"}
PRESIDED_BY_LAOS = {"PARTICIPANT 1MSP", "PARTICIPANT IM-2011", "PARTICIPANT 3RC-CONS-1"}


@pytest.mark.parametrize(
    ("party", "day", "capacities"),
    [
        ("STATE:DEU", "2008-12-02", {"OBSERVER_STATE"}),
        ("STATE:DEU", "2008-12-03", {"SIGNATORY"}),
        # Between its deposit and entry into force Germany is the signatory that it was.
        ("STATE:DEU", "2010-07-31", {"SIGNATORY"}),
        ("STATE:DEU", "2010-08-01", {"STATE_PARTY"}),
        ("STATE:DEU", "2012-06-01", {"STATE_PARTY", STOCKPILES, "COMMITTEE_MEMBER"}),
        ("STATE:DEU", "2012-09-13", {"STATE_PARTY", STOCKPILES, "COMMITTEE_MEMBER"}),
        ("STATE:DEU", "2012-09-14", {"STATE_PARTY"}),
        ("STATE:LBN", "2011-09-11", {"STATE_PARTY", "PRESIDENT_DESIGNATE"}),
        # In office from the opening of its meeting; the Committee is there from the close of it.
        ("STATE:LBN", "2011-09-12", {"STATE_PARTY", "PRESIDENT", "PARTICIPANT 2MSP"}),
        ("STATE:LBN", "2011-09-16", {"STATE_PARTY", "PRESIDENT", "COMMITTEE_MEMBER", "PARTICIPANT 2MSP"}),
        ("STATE:LBN", "2012-09-10", {"STATE_PARTY", "PRESIDENT", "COMMITTEE_MEMBER", *PRESIDED_BY_LEBANON}),
        ("STATE:LBN", "2012-09-11", {"STATE_PARTY", *PRESIDED_BY_LEBANON}),
        ("STATE:NOR", "2012-09-10", {"STATE_PARTY", "PRESIDENT_DESIGNATE", "COMMITTEE_MEMBER"}),
        ("STATE:LTU", "2025-03-05", {"STATE_PARTY"}),
        ("STATE:LTU", "2025-03-06", {"OBSERVER_STATE"}),
        ("STATE:AGO", "2026-01-15", {"SIGNATORY"}),
        ("STATE:USA", "2026-01-15", {"OBSERVER_STATE"}),
        ("STATE:CZE", "2016-08-15", {"STATE_PARTY", "COMMITTEE_MEMBER"}),
        ("STATE:LAO", "2026-01-15", {"STATE_PARTY", "PRESIDENT", "COMMITTEE_MEMBER", *PRESIDED_BY_LAOS}),
        ("ORGANISATION:ICRC", "2011-09-15", {"ORGANISATION", "ICRC"}),
        ("ORGANISATION:ICRC", "2026-01-15", {"ORGANISATION", "ICRC", "COMMITTEE_MEMBER"}),
        ("ORGANISATION:UN", "2026-01-15", {"ORGANISATION", "UNITED_NATIONS", "COMMITTEE_MEMBER"}),
        ("ORGANISATION:CMC", "2026-01-15", {"ORGANISATION", "CLUSTER_MUNITION_COALITION", "COMMITTEE_MEMBER"}),
        ("ORGANISATION:GICHD", "2026-01-15", {"ORGANISATION", "GICHD"}),
        # It ran the interim ISU: that made it no director.
        ("ORGANISATION:UNDP", "2013-01-15", {"ORGANISATION"}),
        (ISU, "2026-01-15", {"ISU_STAFF"}),
    ],
)
async def test_capacities_follow_from_the_day(register: Database, party: str, day: str, capacities: set[str]) -> None:
    assert await held(register, party, day) == capacities


async def test_an_administrator_is_one_whatever_the_party(register: Database) -> None:
    assert await held(register, "STATE:AGO", "2026-01-15", is_admin=True) == {"SIGNATORY", "ADMIN"}


async def test_the_director_is_who_holds_the_office_on_the_day(register: Database) -> None:
    async with register.reading() as connection:
        terms = select(col(db.OfficeTerm.person_id)).where(col(db.OfficeTerm.office_code) == "isu_director")
        director = (await connection.execute(terms)).scalars().first()

    assert await held(register, ISU, "2018-05-01", person=director) == {"ISU_STAFF", "ISU_DIRECTOR"}
    assert await held(register, ISU, "2026-01-15", person=director) == {"ISU_STAFF"}
    assert await held(register, ISU, "2018-05-01") == {"ISU_STAFF"}
    assert await held(register, "ORGANISATION:UNDP", "2018-05-01", person=director) == {"ORGANISATION"}


async def test_an_office_that_ended_yesterday_gives_nothing_today(database: Database) -> None:
    await coordinates(database, "STATE:SVN", until=TODAY)
    yesterday = (TODAY - timedelta(days=1)).isoformat()

    was = await held(database, "STATE:SVN", yesterday)
    assert was == {"STATE_PARTY", "COORDINATOR universalization", "COMMITTEE_MEMBER"}
    assert await held(database, "STATE:SVN", TODAY.isoformat()) == {"STATE_PARTY"}


# ---------- the acts ----------


def acting(database: Database, actor: Actor = COMMAND_LINE) -> Context:
    return Context(database, TODAY, actor, Operation(writes=True))


def holding(*capacities: Capacity) -> Actor:
    return Actor(account="x", held=frozenset(Held(each) for each in capacities), scopes=frozenset(Scope))


def own(key: str) -> Actor:
    """An administrator, called by an account."""
    return Actor(account=key, held=frozenset({Held(Capacity.ADMIN)}), scopes=frozenset(Scope))


async def create(database: Database, actor: Actor = COMMAND_LINE, **given: Any) -> str:
    facts = {"label": "Berlin", "kind": AccountKind.PERSON, "party": "STATE:DEU"} | given
    async with acting(database, actor) as context:
        return await account.create(context, **facts)


async def issue(database: Database, key: str, actor: Actor = COMMAND_LINE, **given: Any) -> account.Issued:
    facts: dict[str, Any] = {"label": "Laptop", "scopes": [Scope.READ_PUBLIC]} | given
    async with acting(database, actor) as context:
        return await account.issue(context, account=key, **facts)


async def test_accounts_are_managed_by_the_director_and_administrators_alone(database: Database) -> None:
    for actor in (PUBLIC, holding(Capacity.STATE_PARTY, Capacity.PRESIDENT), holding(Capacity.ISU_STAFF)):
        with pytest.raises(Forbidden):
            await create(database, actor)

    assert await create(database, holding(Capacity.ISU_STAFF, Capacity.ISU_DIRECTOR))


async def test_only_an_administrator_touches_the_accounts_of_administrators(database: Database) -> None:
    director = holding(Capacity.ISU_STAFF, Capacity.ISU_DIRECTOR)
    key = await create(database, is_admin=True)
    issued = await issue(database, key)

    with pytest.raises(Forbidden):
        await create(database, director, is_admin=True)
    with pytest.raises(Forbidden):
        await issue(database, key, director)
    async with acting(database, director) as context:
        with pytest.raises(Forbidden):
            await account.suspend(context, key=key)
        with pytest.raises(Forbidden):
            await account.revoke(context, key=issued.id)


async def test_nobody_calls_as_a_person_who_was_erased(database: Database) -> None:
    somebody = new_id()
    async with database.writing() as connection:
        named = {"id": somebody, "full_name": None, "visibility": Visibility.ISU}
        await Unit(connection, Signature(act="test")).keep(db.Person, [named])

    with pytest.raises(Invalid, match="The person was erased"):
        await create(database, person=somebody)


async def test_the_director_erases_nobody_who_is_an_administrator(database: Database) -> None:
    somebody = new_id()
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Person, [{"id": somebody, "full_name": "Somebody"}])
    key = await create(database, is_admin=True, person=somebody)

    async with acting(database, holding(Capacity.ISU_STAFF, Capacity.ISU_DIRECTOR)) as context:
        with pytest.raises(Forbidden, match="administrators"):
            await person.erase(context, key=somebody, expected_version=1)
        assert not (await account.can(context, "erasePerson", ("Person", somebody))).allowed
    async with acting(database, own(key)) as context:
        with pytest.raises(Forbidden, match="on the command line"):
            await person.erase(context, key=somebody, expected_version=1)
    async with acting(database, holding(Capacity.ADMIN)) as context:
        assert (await account.can(context, "erasePerson", ("Person", somebody))).allowed
        await person.erase(context, key=somebody, expected_version=1)


async def test_nobody_suspends_the_account_that_they_call_with(database: Database) -> None:
    key, other = await create(database, is_admin=True), await create(database, is_admin=True)

    async with acting(database, own(key)) as context:
        with pytest.raises(Forbidden, match="on the command line"):
            await account.suspend(context, key=key)
        assert not (await account.can(context, "suspendAccount", ("Account", key))).allowed
        assert (await account.can(context, "suspendAccount", ("Account", other))).allowed
        await account.suspend(context, key=other)
    async with acting(database) as context:
        await account.suspend(context, key=key)


async def test_what_an_act_refuses_the_director_is_not_promised(database: Database) -> None:
    key = await create(database, is_admin=True)
    issued = await issue(database, key)

    async with acting(database, holding(Capacity.ISU_STAFF, Capacity.ISU_DIRECTOR)) as context:
        for act, subject in (
            ("issueApiKey", ("Account", key)),
            ("suspendAccount", ("Account", key)),
            ("revokeApiKey", ("ApiKey", issued.id)),
        ):
            assert (await account.can(context, act, subject)).reasons == ("Accounts of administrators are for ADMIN.",)


async def test_a_key_issues_none_for_more_than_itself(database: Database) -> None:
    key = await create(database)
    scopes = frozenset({Scope.READ_PUBLIC, Scope.READ_RESTRICTED, Scope.ADMIN})
    narrow = Actor(account="x", held=frozenset({Held(Capacity.ADMIN)}), scopes=scopes)

    with pytest.raises(Forbidden, match=r"itself: READ_CONTACTS, WRITE_ISU\."):
        await issue(database, key, narrow, scopes=[Scope.READ_CONTACTS, Scope.READ_PUBLIC, Scope.WRITE_ISU])
    assert await issue(database, key, narrow, scopes=scopes)


async def test_an_account_belongs_to_a_party_and_has_a_subject_of_its_own(database: Database) -> None:
    await create(database, subject="sub-1")

    with pytest.raises(Conflict):
        await create(database, subject="sub-1")
    with pytest.raises(NotFound):
        await create(database, party="STATE:XXX")
    with pytest.raises(NotFound):
        await create(database, person="nobody")
    with pytest.raises(Invalid) as refused:
        await create(database, label=" ", subject="", person="x", kind=AccountKind.SERVICE)
    assert [path for path, _ in refused.value.fields] == ["label", "subject", "person"]


async def test_a_key_has_scopes_and_expires_within_a_year(database: Database) -> None:
    key, now = await create(database), datetime.now(UTC)

    for given, path in (
        ({"scopes": []}, "scopes"),
        ({"expires_at": now + timedelta(days=366)}, "expiresAt"),
        ({"expires_at": now}, "expiresAt"),
        ({"label": "x" * 201}, "label"),
    ):
        with pytest.raises(Invalid) as refused:
            await issue(database, key, **given)
        assert [field for field, _ in refused.value.fields] == [path]
    issued = await issue(database, key)
    async with database.reading() as connection:
        row = (await connection.execute(select(db.ApiKey.__table__))).one()  # type: ignore[attr-defined]

    assert row.id == issued.id
    assert row.secret_hash == account.secret_hash(issued.token.split("_", 2)[2])
    assert timedelta(days=364) < datetime.fromisoformat(row.expires_at) - now < timedelta(days=366)


async def test_a_label_is_one_line_of_text(database: Database) -> None:
    key = await create(database)

    for label in ("a\nb", "a\tb", "a\u202eb", "a\u2028b", "\u200b"):
        with pytest.raises(Invalid, match=r"^label: "):
            await create(database, label=label)
        with pytest.raises(Invalid, match=r"^label: "):
            await issue(database, key, label=label)


async def test_a_suspended_account_gets_no_key_and_nothing_is_done_twice(database: Database) -> None:
    key = await create(database)
    issued = await issue(database, key)
    async with acting(database) as context:
        await account.revoke(context, key=issued.id)
        await account.suspend(context, key=key)

    with pytest.raises(Invalid):
        await issue(database, key)
    async with acting(database) as context:
        for again in (account.suspend(context, key=key), account.revoke(context, key=issued.id)):
            with pytest.raises(Conflict) as refused:
                await again
            assert (refused.value.code, refused.value.current_version) == ("ILLEGAL_TRANSITION", 2)
        with pytest.raises(NotFound):
            await account.revoke(context, key="nothing")


async def test_who_it_is_does_not_enter_the_journal(database: Database) -> None:
    await create(database, label="Jane Doe", subject="jane@example.org")
    async with database.reading() as connection:
        entries = [str(row) for row in await connection.execute(select(db.Change.__table__))]  # type: ignore[attr-defined]

    assert any("createAccount" in entry and "command-line" in entry for entry in entries)
    assert not any("Jane" in entry or "jane" in entry for entry in entries)


async def test_the_first_key_is_made_once(database: Database) -> None:
    async with acting(database) as context:
        first = await account.first_key(context)
        second = await account.first_key(context)

    assert first is not None
    assert second is None


async def test_without_the_isu_there_is_no_first_key(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    async with acting(database) as context:
        assert await account.first_key(context) is None
    await database.close()


async def test_a_caller_can_be_made_for_any_test(database: Database) -> None:
    tokens = {await key_for(database, ISU, admin=admin, director=not admin) for admin in (True, False)}

    assert len(tokens) == 2
