"""Who calls and what they may do, and the acts upon accounts and keys, as a client sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

import db
from mandate.actor import ABOUT, Act, Scope, Visibility
from schema import api as published
from schema.id import encode_id, key_of
from tests.api import Api, serving
from tests.call import hide
from tests.make import ISU, key_for

pytestmark = pytest.mark.anyio

SCHEMA = published._schema

CREATE = """mutation($input: CreateAccountInput!) { createAccount(input: $input) {
  __typename ... on AccountCreated { account { id label kind status isAdmin version party { id } keys { id } } }
  ... on Problem { code message } ... on Invalid { fields { path } } } }"""
SUSPEND = """mutation($input: SuspendAccountInput!) { suspendAccount(input: $input) {
  __typename ... on AccountSuspended { account { status version } } ... on Problem { code }
  ... on Conflict { currentVersion } } }"""
ISSUE = """mutation($input: IssueApiKeyInput!) { issueApiKey(input: $input) {
  __typename ... on ApiKeyIssued { token apiKey { id label scopes revokedAt lastUsedAt version } }
  ... on Problem { code } ... on Invalid { fields { path } } } }"""
REVOKE = """mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) {
  __typename ... on ApiKeyRevoked { apiKey { revokedAt version } } ... on Problem { code } } }"""
CAN = "query($act: String!, $upon: ID) { viewer { can(action: $act, subject: $upon) { allowed reasons } } }"


@pytest.fixture
async def own(register_url: str) -> AsyncIterator[Api]:
    """A register of the test's own, to write to."""
    async with serving(register_url) as api:
        yield api


@pytest.fixture
async def admin(own: Api) -> Api:
    return own.as_(await key_for(own.database, ISU, admin=True))


async def test_an_account_is_created_gets_a_key_calls_and_is_suspended(own: Api, admin: Api) -> None:
    facts = {"label": "Berlin", "kind": "SERVICE", "party": encode_id("State", "DEU")}
    created = (await admin(CREATE, input=facts))["createAccount"]["account"]
    asked = {"account": created["id"], "label": "Laptop", "scopes": ["READ_PUBLIC", "WRITE_DELEGATION"]}
    issued = (await admin(ISSUE, input=asked))["issueApiKey"]
    theirs = own.as_(issued["token"])
    viewer = (await theirs("{ viewer { account { id keys { id } } parties { id } scopes } }"))["viewer"]
    suspended = await admin(SUSPEND, input={"id": created["id"], "expectedVersion": 1})
    refused = await theirs.error("{ __typename }")

    assert created == {
        "id": created["id"],
        "label": "Berlin",
        "kind": "SERVICE",
        "status": "ACTIVE",
        "isAdmin": False,
        "version": 1,
        "party": {"id": facts["party"]},
        "keys": [],
    }
    assert issued["apiKey"] == {
        "id": issued["apiKey"]["id"],
        "label": "Laptop",
        "scopes": ["READ_PUBLIC", "WRITE_DELEGATION"],
        "revokedAt": None,
        "lastUsedAt": None,
        "version": 1,
    }
    assert viewer == {
        "account": {"id": created["id"], "keys": [{"id": issued["apiKey"]["id"]}]},
        "parties": [{"id": facts["party"]}],
        "scopes": ["READ_PUBLIC", "WRITE_DELEGATION"],
    }
    assert suspended["suspendAccount"]["account"] == {"status": "SUSPENDED", "version": 2}
    assert refused["extensions"]["code"] == "ACCOUNT_SUSPENDED"


async def test_a_key_is_revoked_and_says_since_when(own: Api, admin: Api) -> None:
    token = await key_for(own.database, "STATE:DEU")
    key = (await own.as_(token)("{ viewer { account { keys { id version } } } }"))["viewer"]["account"]["keys"][0]
    stale = await admin(REVOKE, input={"id": key["id"], "expectedVersion": 7})
    revoked = await admin(REVOKE, input={"id": key["id"], "expectedVersion": 1})

    assert stale["revokeApiKey"] == {"__typename": "Conflict", "code": "STALE_VERSION"}
    assert revoked["revokeApiKey"]["apiKey"]["revokedAt"].startswith("20")
    assert (await own.as_(token).error("{ __typename }"))["extensions"]["code"] == "CREDENTIAL_REVOKED"


async def test_every_act_is_refused_to_who_may_not_do_it(own: Api, admin: Api) -> None:
    facts = {"label": "Berlin", "kind": "SERVICE", "party": encode_id("State", "DEU")}
    account = (await admin(CREATE, input=facts))["createAccount"]["account"]["id"]
    key = (await admin(ISSUE, input={"account": account, "label": "x", "scopes": ["ADMIN"]}))["issueApiKey"]
    acts: list[tuple[str, dict[str, Any]]] = [
        (CREATE, facts),
        (SUSPEND, {"id": account, "expectedVersion": 1}),
        (ISSUE, {"account": account, "label": "x", "scopes": ["READ_PUBLIC"]}),
        (REVOKE, {"id": key["apiKey"]["id"], "expectedVersion": 1}),
    ]
    narrow = await key_for(own.database, ISU, admin=True, scopes=set(Scope) - {Scope.ADMIN})
    staff = await key_for(own.database, ISU)

    # A key with the scope ADMIN gives a State nothing that the State may not do.
    for caller in (own, own.as_(key["token"]), own.as_(staff), own.as_(narrow)):
        for act, given in acts:
            (answer,) = (await caller(act, input=given)).values()
            assert answer["code"] == "FORBIDDEN"


async def test_the_director_manages_accounts(own: Api) -> None:
    director = own.as_(await key_for(own.database, ISU, director=True))
    facts = {"label": "Geneva", "kind": "SERVICE", "party": encode_id("Organisation", "ICRC")}

    assert (await director(CREATE, input=facts))["createAccount"]["__typename"] == "AccountCreated"
    refused = (await director(CREATE, input={**facts, "isAdmin": True}))["createAccount"]
    assert refused["code"] == "FORBIDDEN"


async def test_what_is_wrong_with_an_input_is_told_by_field(admin: Api) -> None:
    facts = {"label": " ", "kind": "SERVICE", "party": encode_id("Organisation", "ISU-CCM"), "subject": ""}
    invalid = (await admin(CREATE, input=facts))["createAccount"]
    unknown = (await admin(CREATE, input={**facts, "label": "x", "party": encode_id("State", "XXX")}))["createAccount"]

    assert [field["path"] for field in invalid["fields"]] == [["label"], ["subject"]]
    assert unknown["code"] == "INVALID_INPUT"
    del facts["subject"]
    unknown = (await admin(CREATE, input={**facts, "label": "x", "party": encode_id("State", "XXX")}))["createAccount"]
    assert unknown["code"] == "NOT_FOUND"


async def test_the_hash_of_a_secret_is_not_published(own: Api) -> None:
    fields = await own('{ __type(name: "ApiKey") { fields { name } } }')

    names = {field["name"] for field in fields["__type"]["fields"]}
    assert not any("hash" in name.lower() or "secret" in name.lower() for name in names)


async def test_nobody_comes_to_an_account_or_key_by_its_id(own: Api) -> None:
    token = await key_for(own.database, "STATE:DEU")
    account = (await own.as_(token)("{ viewer { account { id keys { id } } } }"))["viewer"]["account"]

    for each in (account["id"], account["keys"][0]["id"]):
        error = await own.as_(token).error("query($id: ID!) { node(id: $id) { id } }", id=each)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "is no node" in error["message"]


async def test_the_isu_calls_on_its_own_behalf(own: Api) -> None:
    staff = own.as_(await key_for(own.database, ISU))
    viewer = (await staff("{ viewer { parties { id } capacities { name } } }"))["viewer"]

    assert viewer == {
        "parties": [{"id": encode_id("Organisation", "ISU-CCM")}],
        "capacities": [{"name": "PUBLIC"}, {"name": "ISU_STAFF"}],
    }


async def test_capacities_can_be_asked_for_another_day(own: Api) -> None:
    asked = "query($on: Date!) { viewer { capacities(asOf: $on) { name of } } }"
    token = await key_for(own.database, "STATE:DEU")
    found = (await own.as_(token)(asked, on="2012-01-01"))["viewer"]["capacities"]
    public = (await own(asked, on="2012-01-01"))["viewer"]["capacities"]

    assert found == [
        {"name": "PUBLIC", "of": None},
        {"name": "STATE_PARTY", "of": None},
        {"name": "COORDINATOR", "of": "stockpile_destruction_and_retention"},
        {"name": "COMMITTEE_MEMBER", "of": None},
    ]
    assert public == [{"name": "PUBLIC", "of": None}]


async def test_a_caller_is_told_what_they_may_do_and_why_not(own: Api) -> None:
    germany = own.as_(await key_for(own.database, "STATE:DEU", scopes=[Scope.WRITE_DELEGATION]))

    async def can(caller: Api, act: str, upon: str | None = None) -> Any:
        return (await caller(CAN, act=act, upon=upon))["viewer"]["can"]

    assert await can(germany, "recordContact", encode_id("State", "DEU")) == {"allowed": True, "reasons": []}
    assert await can(germany, "recordContact") == {"allowed": True, "reasons": []}
    refused = await can(germany, "recordContact", encode_id("State", "FRA"))
    assert not refused["allowed"]
    assert "or the party that it concerns" in refused["reasons"][0]
    assert await can(germany, "createAccount") == {
        "allowed": False,
        "reasons": ["createAccount is for ADMIN, ISU_DIRECTOR.", "The key has none of the scopes ADMIN."],
    }
    nobody = encode_id("ContactPoint", "nobody")
    assert await can(germany, "confirmContact", nobody) == {"allowed": False, "reasons": ["There is no such object."]}
    for act in Act:
        refused = await can(own, act)
        assert not refused["allowed"]
        assert refused["reasons"][1:] == ["No credential was sent."]
    assert (await own.error(CAN, act="abolishStates"))["extensions"]["code"] == "BAD_USER_INPUT"


def test_every_act_says_what_it_is_about() -> None:
    assert set(ABOUT) == set(Act)
    assert {name for names in ABOUT.values() for name in names} <= SCHEMA.type_map.keys()


async def test_an_act_is_not_promised_upon_what_it_is_not_about(own: Api, admin: Api) -> None:
    one_of_each = {
        "State": "DEU",
        "Organisation": "ICRC",
        "Meeting": "13MSP",
        "Account": "x",
        "ApiKey": "x",
        "ContactPoint": "x",
        "Person": "x",
        "TreatyAction": "x",
        "Decision": "x",
        "OfficeTerm": "x",
        "CoordinatorTerm": "x",
    }
    each = (
        f'{name}: can(action: $act, subject: "{encode_id(name, key)}") {{ allowed reasons }}'
        for name, key in one_of_each.items()
    )
    query = f"query ($act: String!) {{ viewer {{ {' '.join(each)} }} }}"
    # The ICRC, the United Nations and the CMC name their own representatives, and who took part in a meeting comments
    # on its record.
    for act in set(Act) - {Act.NAME_COMMITTEE_REPRESENTATIVE, Act.COMMENT_ON_MEETING_RECORD}:
        assert (await admin(CAN, act=act, upon=None))["viewer"]["can"]["allowed"]
        told_of = (await admin(query, act=act))["viewer"]
        for name, key in one_of_each.items():
            told = told_of[name]
            if name not in ABOUT[act]:
                assert told == {
                    "allowed": False,
                    "reasons": [f"{act} is not done upon an object of this type."],
                }
            elif key == "x":
                assert told == {"allowed": False, "reasons": ["There is no such object."]}
            else:
                assert told["allowed"]
    nowhere = (await admin(CAN, act="recordTreatyAction", upon=encode_id("State", "XXX")))["viewer"]["can"]
    assert nowhere == {"allowed": False, "reasons": ["There is no such object."]}


async def test_what_is_there_is_promised_as_the_act_would_do_it(own: Api, admin: Api) -> None:
    account = (await admin("{ viewer { account { id keys { id } } } }"))["viewer"]["account"]
    action = (await own('{ state(by: {code: "DEU"}) { treatyActions { id } } }'))["state"]["treatyActions"][0]["id"]
    person = (await own("{ officeTerms { person { id } } }"))["officeTerms"]
    known = next(term["person"]["id"] for term in person if term["person"])
    await hide(own.database, db.Person, key_of("Person", known), Visibility.COMMITTEE)

    for act, upon in (
        ("issueApiKey", account["id"]),
        ("revokeApiKey", account["keys"][0]["id"]),
        ("correctTreatyAction", action),
        ("erasePerson", known),
        ("recordContact", encode_id("Organisation", "ISU-CCM")),
    ):
        assert (await admin(CAN, act=act, upon=upon))["viewer"]["can"] == {"allowed": True, "reasons": []}
        assert not (await own(CAN, act=act, upon=upon))["viewer"]["can"]["allowed"]


async def test_a_hidden_subject_answers_as_an_absent_one(own: Api) -> None:
    germany = own.as_(await key_for(own.database, "STATE:DEU"))
    france = own.as_(await key_for(own.database, "STATE:FRA"))
    record = """mutation ($input: RecordContactInput!) { recordContact(input: $input) {
        ... on ContactRecorded { contactPoint { id } } } }"""
    given = {"party": encode_id("State", "DEU"), "role": "CAPITAL", "title": "Counsellor", "validFrom": "2026-01-01"}
    hidden = (await germany(record, input=given))["recordContact"]["contactPoint"]["id"]
    absent = encode_id("ContactPoint", "nobody")

    assert (await germany(CAN, act="endContact", upon=hidden))["viewer"]["can"]["allowed"]
    for caller in (france, own):
        one = await caller(CAN, act="endContact", upon=hidden)
        assert one == await caller(CAN, act="endContact", upon=absent)
        assert not one["viewer"]["can"]["allowed"]


async def test_a_key_costs_one_statement_while_nothing_is_written(own: Api) -> None:
    germany = own.as_(await key_for(own.database, "STATE:DEU"))
    await germany("{ __typename }")
    with own.statements() as sent:
        await germany("{ __typename }")

    assert len(sent) == 1, sent
