"""Points of contact: what parties say of whom to write to, and who is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.engine import Database
from mandate.actor import PUBLIC, Actor, Capacity, Scope
from schema.id import encode_id
from tests.api import serving
from tests.call import ISU, act, ask, caller
from tests.make import key_for

pytestmark = pytest.mark.anyio

GERMANY = caller("STATE:DEU", Capacity.STATE_PARTY)
FRANCE = caller("STATE:FRA", Capacity.STATE_PARTY)
RED_CROSS = caller("ORGANISATION:ICRC", Capacity.ORGANISATION, Capacity.ICRC)
POINT = """id role title preferredLanguages emails phones validFrom validUntil lastConfirmedAt visibility version
           party { id } person { id fullName version }"""
PROBLEM = """... on Problem { message code } ... on Invalid { fields { path message } }
             ... on Conflict { currentVersion }"""
RECORD = f"""mutation ($input: RecordContactInput!) {{ recordContact(input: $input) {{
  __typename {PROBLEM} ... on ContactRecorded {{ contactPoint {{ {POINT} }} }} }} }}"""
CONFIRM = f"""mutation ($input: ConfirmContactInput!) {{ confirmContact(input: $input) {{
  __typename {PROBLEM} ... on ContactConfirmed {{ contactPoint {{ {POINT} }} }} }} }}"""
END = f"""mutation ($input: EndContactInput!) {{ endContact(input: $input) {{
  __typename {PROBLEM} ... on ContactEnded {{ contactPoint {{ {POINT} }} }} }} }}"""
ERASE = f"""mutation ($input: ErasePersonInput!) {{ erasePerson(input: $input) {{
  __typename {PROBLEM} ... on PersonErased {{ person {{ fullName positions {{ {POINT} }} }} }} }} }}"""
OF_GERMANY = f"""query ($day: Date, $role: ContactRole) {{ state(by: {{code: "DEU"}}) {{
  contactPoints(asOf: $day, role: $role) {{ {POINT} }} }} }}"""


def germany(**given: Any) -> dict[str, Any]:
    return {
        "party": encode_id("State", "DEU"),
        "role": "NATIONAL_FOCAL_POINT",
        "fullName": "Erika Mustermann",
        "title": "Counsellor (Disarmament)",
        "preferredLanguages": ["en", "fr"],
        "emails": ["ccm@berlin.example"],
        "phones": ["+4930123456"],
        "validFrom": "2025-09-01",
        **given,
    }


@pytest.fixture
async def database(register_url: str) -> AsyncIterator[Database]:
    database = Database(register_url)
    yield database
    await database.close()


async def record(database: Database, actor: Actor = GERMANY, **given: Any) -> Any:
    result = await act(database, actor, RECORD, input=germany(**given))
    assert result["__typename"] == "ContactRecorded", result
    return result["contactPoint"]


async def of_germany(database: Database, actor: Actor, **variables: Any) -> Any:
    answer = await ask(database, actor, OF_GERMANY, **variables)
    assert "errors" not in answer, answer
    return answer["data"]["state"]["contactPoints"]


async def refused(database: Database, actor: Actor, mutation: str, **given: Any) -> dict[str, Any]:
    result: dict[str, Any] = await act(database, actor, mutation, input=given)
    assert result["__typename"] in ("Invalid", "NotFound", "Forbidden", "Conflict"), result
    return result


async def against(database: Database, actor: Actor = GERMANY, **given: Any) -> dict[str, str]:
    result = await refused(database, actor, RECORD, **germany(**given))
    assert result["__typename"] == "Invalid", result
    return {".".join(each["path"]): each["message"] for each in result["fields"]}


# ---------- to record ----------


async def test_a_state_records_its_focal_point_for_itself_and_the_isu(database: Database) -> None:
    point = await record(database)

    assert point["party"] == {"id": encode_id("State", "DEU")}
    assert point["person"]["fullName"] == "Erika Mustermann"
    assert (point["emails"], point["phones"]) == (["ccm@berlin.example"], ["+4930123456"])
    assert (point["visibility"], point["version"], point["lastConfirmedAt"]) == ("CONCERNED", 1, None)
    assert await of_germany(database, GERMANY) == [point]
    assert await of_germany(database, ISU) == [point]
    for other in (PUBLIC, FRANCE, RED_CROSS):
        assert await of_germany(database, other) == []


async def test_who_is_named_beside_the_party_sees_contact_and_person(database: Database) -> None:
    point = await record(database, concerned=[encode_id("Organisation", "ICRC")])

    (seen,) = await of_germany(database, RED_CROSS)
    assert seen == point
    assert await of_germany(database, FRANCE) == []


async def test_addresses_are_for_keys_that_may_read_contacts(database: Database) -> None:
    point = await record(database, visibility="PUBLIC")
    narrow = caller("STATE:FRA", Capacity.STATE_PARTY, without=Scope.READ_CONTACTS)

    for actor in (narrow, PUBLIC):
        (seen,) = await of_germany(database, actor)
        assert seen == {**point, "emails": None, "phones": None}
    assert await of_germany(database, FRANCE) == [point]


async def test_a_key_that_reads_nothing_restricted_does_not_see_what_it_records(database: Database) -> None:
    blind = caller("STATE:DEU", Capacity.STATE_PARTY, without=Scope.READ_RESTRICTED)

    result = await act(database, blind, RECORD, input=germany())

    assert result == {"__typename": "ContactRecorded", "contactPoint": None}
    assert len(await of_germany(database, GERMANY)) == 1


async def test_only_the_party_itself_and_the_isu_record_its_contacts(database: Database) -> None:
    reads = Actor(party=GERMANY.party, held=GERMANY.held, scopes=frozenset({Scope.READ_RESTRICTED}))
    for actor in (PUBLIC, FRANCE, RED_CROSS, reads):
        assert (await refused(database, actor, RECORD, **germany()))["__typename"] == "Forbidden"
    assert await of_germany(database, ISU) == []

    await record(database, ISU)
    own = await act(database, RED_CROSS, RECORD, input=germany(party=encode_id("Organisation", "ICRC")))
    assert own["__typename"] == "ContactRecorded"
    assert len(await of_germany(database, ISU)) == 1


async def test_a_party_that_is_not_there_is_told_to_the_isu_alone(database: Database) -> None:
    nowhere = encode_id("State", "XXX")

    assert (await refused(database, ISU, RECORD, **germany(party=nowhere)))["__typename"] == "NotFound"
    assert (await refused(database, GERMANY, RECORD, **germany(party=nowhere)))["__typename"] == "Forbidden"


async def test_all_that_stands_against_a_contact_is_told_at_once(database: Database) -> None:
    found = await against(
        database,
        fullName=" ",
        title="x" * 201,
        emails=["ccm@berlin.example", "no address", "CCM@berlin.example"],
        phones=["030 123456"],
        preferredLanguages=["en", f"en{'-abcd' * 7}"],
        validUntil="2025-09-01",
        visibility="ISU",
        concerned=[encode_id("State", "XXX")],
    )

    assert set(found) == {
        "fullName",
        "title",
        "emails",
        "emails.1",
        "phones.0",
        "preferredLanguages.1",
        "validUntil",
        "visibility",
        "concerned",
    }
    assert await of_germany(database, ISU) == []


NO_ADDRESSES = [
    "",
    "berlin",
    "@berlin.example",
    "ccm@",
    "ccm@berlin",
    "ccm@@berlin.example",
    "c cm@berlin.example",
    ".ccm@berlin.example",
    "c..cm@berlin.example",
    "ccm@-berlin.example",
    "ccm@berlin..example",
    "ccm@berlin.example\n",
    "ccm@berlin.example, other@berlin.example",
    "Erika <ccm@berlin.example>",
    "ccm@[192.0.2.1]",
    f"{'x' * 65}@berlin.example",
    f"ccm@{'x' * 64}.example",
    f"ccm@{'x.' * 130}example",
    "ccm@berlin.example\0",
]
NO_NUMBERS = ["", "0049301234567", "+0301234567", "+49 30 123456", "+4930", f"+{'1' * 16}", "+49a", "+493012345\n"]


async def test_what_is_no_address_and_no_number_is_refused(database: Database) -> None:
    for address in NO_ADDRESSES:
        assert set(await against(database, emails=[address])) == {"emails.0"}, address
    for number in NO_NUMBERS:
        assert set(await against(database, phones=[number])) == {"phones.0"}, number
    await record(database, emails=["o'neill+ccm@foreign-office.gov.example"], phones=["+85620123"])


async def test_a_contact_prefers_any_language(database: Database) -> None:
    point = await record(database, preferredLanguages=["pt", "pt-BR", "lo", "sr-Latn", "tet", "de-CH-1996"])

    assert point["preferredLanguages"] == ["pt", "pt-BR", "lo", "sr-Latn", "tet", "de-CH-1996"]
    assert set(await against(database, preferredLanguages=["en", f"en{'-abcd' * 7}"])) == {"preferredLanguages.1"}
    assert set(await against(database, preferredLanguages=["en", "en"])) == {"preferredLanguages"}


async def test_a_contact_is_somebody_or_something_to_write_to(database: Database) -> None:
    nothing: dict[str, Any] = {"fullName": None, "title": None, "emails": [], "phones": []}

    assert set(await against(database, **nothing)) == {"emails"}
    something: list[dict[str, Any]] = [
        {"title": "Counsellor"},
        {"emails": ["ccm@x.example"]},
        {"phones": ["+4930123456"]},
    ]
    for one in something:
        await record(database, **{**nothing, **one})


async def test_a_party_records_nothing_that_it_could_not_see_itself(database: Database) -> None:
    blind = caller("STATE:DEU", Capacity.STATE_PARTY, without=Scope.READ_RESTRICTED)

    for actor in (GERMANY, blind):
        assert set(await against(database, actor, visibility="ISU")) == {"visibility"}
        assert set(await against(database, actor, visibility="COMMITTEE")) == {"visibility"}
        done = await act(database, actor, RECORD, input=germany(visibility="STATES_PARTIES"))
        assert done["__typename"] == "ContactRecorded"


async def test_there_is_a_most_of_everything(database: Database) -> None:
    emails = [f"ccm{n}@berlin.example" for n in range(11)]
    phones = [f"+4930123{n:03}" for n in range(11)]

    assert set(await against(database, emails=emails)) == {"emails"}
    assert set(await against(database, phones=phones)) == {"phones"}
    point = await record(database, emails=emails[:10], phones=phones[:10])
    assert (len(point["emails"]), len(point["phones"])) == (10, 10)


async def test_a_name_is_one_line_of_text_in_any_script(database: Database) -> None:
    for name in ("a\0b", "a\nb", "\u0007", "x" * 201):
        assert set(await against(database, fullName=name)) == {"fullName"}, name
    for name in ("José Ramos-Horta", "محمد بن سلمان", "李明", "O'Neill-Müller Jr."):
        assert (await record(database, fullName=f" {name} "))["person"]["fullName"] == name


async def test_a_person_on_record_is_named_by_id_and_not_by_name_as_well(database: Database) -> None:
    first = await record(database)
    person = first["person"]["id"]

    second = await record(database, fullName=None, person=person, role="REPORTING_OFFICER")

    assert second["person"]["id"] == person
    assert set(await against(database, person=person)) == {"fullName"}


async def test_a_person_whom_the_caller_may_not_see_is_nobody(database: Database) -> None:
    hidden = (await record(database))["person"]["id"]
    given = {"party": encode_id("State", "FRA"), "fullName": None}

    one = await refused(database, FRANCE, RECORD, **germany(**given, person=hidden))
    other = await refused(database, FRANCE, RECORD, **germany(**given, person=encode_id("Person", "none")))

    assert one == other
    assert one["__typename"] == "NotFound"


async def test_a_name_that_is_taken_tells_nothing(database: Database) -> None:
    first = await record(database)
    second = await record(database, FRANCE, party=encode_id("State", "FRA"))

    assert second["person"]["fullName"] == first["person"]["fullName"]
    assert second["person"]["id"] != first["person"]["id"]


async def test_with_a_key_a_state_records_its_contact_through_the_door(register_url: str) -> None:
    async with serving(register_url) as api:
        of_state = api.as_(await key_for(api.database, "STATE:DEU"))
        point = (await of_state(RECORD, input=germany()))["recordContact"]["contactPoint"]
        node = "query ($id: ID!) { node(id: $id) { __typename ... on ContactPoint { emails person { fullName } } } }"

        own = await of_state(node, id=point["id"])
        public = await api(node, id=point["id"])

    assert own["node"] == {
        "__typename": "ContactPoint",
        "emails": ["ccm@berlin.example"],
        "person": {"fullName": "Erika Mustermann"},
    }
    assert public["node"] is None


# ---------- when it holds ----------


async def test_it_holds_from_its_first_day_up_to_and_without_the_last(database: Database) -> None:
    await record(database, validUntil="2026-03-01")

    days = ("2025-08-31", "2025-09-01", "2026-02-28", "2026-03-01")
    assert [len(await of_germany(database, GERMANY, day=day)) for day in days] == [0, 1, 1, 0]
    assert len(await of_germany(database, GERMANY)) == 1


async def test_they_are_found_by_their_role(database: Database) -> None:
    await record(database)
    await record(database, role="CAPITAL")

    found = await of_germany(database, GERMANY, role="CAPITAL")
    assert [each["role"] for each in found] == ["CAPITAL"]
    assert [each["role"] for each in await of_germany(database, GERMANY)] == ["CAPITAL", "NATIONAL_FOCAL_POINT"]


async def test_a_person_has_positions(database: Database) -> None:
    point = await record(database, validUntil="2026-01-01")
    query = "query ($id: ID!, $day: Date) { node(id: $id) { ... on Person { positions(asOf: $day) { id } } } }"

    then = await ask(database, GERMANY, query, id=point["person"]["id"], day="2025-12-31")
    after = await ask(database, GERMANY, query, id=point["person"]["id"], day="2026-01-01")

    assert then["data"]["node"]["positions"] == [{"id": point["id"]}]
    assert after["data"]["node"]["positions"] == []


# ---------- to confirm and to end ----------


async def test_a_contact_is_confirmed_by_its_party(database: Database) -> None:
    point = await record(database)

    result = await act(database, GERMANY, CONFIRM, input={"id": point["id"], "expectedVersion": 1})

    assert result["contactPoint"]["lastConfirmedAt"] is not None
    assert result["contactPoint"] | {"lastConfirmedAt": None, "version": 1} == point
    assert result["contactPoint"]["version"] == 2
    stale = await refused(database, GERMANY, CONFIRM, id=point["id"], expectedVersion=1)
    assert (stale["code"], stale["currentVersion"]) == ("STALE_VERSION", 2)


async def test_a_contact_ends_today_or_on_a_day(database: Database) -> None:
    point = await record(database)
    for day in ("2025-08-31", "2025-09-01"):
        early = await refused(database, GERMANY, END, id=point["id"], expectedVersion=1, on=day)
        assert early["fields"][0]["path"] == ["on"]

    later = await act(database, ISU, END, input={"id": point["id"], "expectedVersion": 1, "on": "2026-03-01"})
    longer = await refused(database, GERMANY, END, id=point["id"], expectedVersion=2, on="2026-03-02")
    assert longer["fields"][0]["message"] == "It ends on 2026-03-01 as it is: no later than that."
    now = await act(database, GERMANY, END, input={"id": point["id"], "expectedVersion": 2})

    assert later["contactPoint"]["validUntil"] == "2026-03-01"
    assert now["contactPoint"]["validUntil"] == "2026-01-15"
    for mutation in (CONFIRM, END):
        again = await refused(database, GERMANY, mutation, id=point["id"], expectedVersion=3)
        assert again["message"] == "It ended on 2026-01-15 already."
        assert (again["code"], again["currentVersion"]) == ("ILLEGAL_TRANSITION", 3)


async def test_others_may_read_a_public_contact_and_leave_it_alone(database: Database) -> None:
    point = await record(database, visibility="PUBLIC")

    for mutation in (CONFIRM, END):
        for actor in (PUBLIC, FRANCE):
            result = await refused(database, actor, mutation, id=point["id"], expectedVersion=1)
            assert result["__typename"] == "Forbidden"
    assert await of_germany(database, GERMANY) == [point]


# ---------- to erase ----------


async def test_an_erasure_takes_name_and_addresses_and_ends_the_contact(database: Database) -> None:
    point = await record(database)
    future = await record(database, fullName=None, person=point["person"]["id"], validFrom="2026-06-01", role="CAPITAL")

    result = await act(database, ISU, ERASE, input={"id": point["person"]["id"], "expectedVersion": 1})

    assert result["person"]["fullName"] is None
    ended = {each["id"]: each for each in result["person"]["positions"]}
    assert set(ended) == {point["id"], future["id"]}
    assert all((each["emails"], each["phones"]) == (None, None) for each in ended.values())
    assert (ended[point["id"]]["validUntil"], ended[future["id"]]["validUntil"]) == ("2026-01-15", "2026-06-01")
    assert ended[point["id"]]["title"] == "Counsellor (Disarmament)"


async def test_only_those_who_run_the_isu_erase(database: Database) -> None:
    person = (await record(database))["person"]["id"]

    staff = caller("ISU:ISU-CCM", Capacity.ISU_STAFF)
    for actor in (PUBLIC, GERMANY, staff):
        result = await refused(database, actor, ERASE, id=person, expectedVersion=1)
        assert result["__typename"] == "Forbidden"


async def test_an_erasure_is_of_somebody_who_is_there_once(database: Database) -> None:
    person = (await record(database))["person"]["id"]
    nobody = await refused(database, ISU, ERASE, id=encode_id("Person", "none"), expectedVersion=1)
    assert nobody["__typename"] == "NotFound"

    assert (await refused(database, ISU, ERASE, id=person, expectedVersion=9))["code"] == "STALE_VERSION"
    await act(database, ISU, ERASE, input={"id": person, "expectedVersion": 1})
    again = await refused(database, ISU, ERASE, id=person, expectedVersion=2)
    assert again["message"] == "It was erased already."
    assert (again["code"], again["currentVersion"]) == ("ILLEGAL_TRANSITION", 2)
    named = await refused(database, GERMANY, RECORD, **germany(fullName=None, person=person))
    assert named["__typename"] == "Invalid"
