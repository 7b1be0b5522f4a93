"""What became of an object, for whoever may see it; and the journal, for the ISU."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

import db
from db.unit import Signature, Unit
from mandate.actor import Scope, Visibility
from schema.id import encode_id
from tests import make
from tests.api import Api, serving

RECORD = """mutation ($state: CountryCode!, $on: PartialDate!) {
  recordTreatyAction(input: {state: $state, type: SIGNATURE, date: $on, source: "C.N.1"}) {
    ... on TreatyActionRecorded { treatyAction { id version } } ... on Problem { message } } }"""
CORRECT = """mutation ($id: ID!, $version: Int!, $on: PartialDate!) {
  correctTreatyAction(input: {id: $id, expectedVersion: $version, date: $on, source: "C.N.2"}) {
    __typename ... on TreatyActionCorrected { treatyAction { version } }
    ... on Conflict { code currentVersion } } }"""
HISTORY = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  node(id: $id) { ... on TreatyAction { history(first: $first, after: $after, last: $last, before: $before) {
    totalCount nodes { at act version changedFields before after }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }"""
AUDIT = """query ($subject: ID, $actor: ID, $from: DateTime, $to: DateTime, $first: Int, $after: String) {
  auditEntries(subjectId: $subject, actorId: $actor, from: $from, to: $to, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { sequence at actor { id label onBehalfOf { id } } act subjectType subjectKey subjectId version
            changedFields before after visibility requestId hash previousHash } } }"""


@pytest.fixture
async def api(register_url: str) -> AsyncIterator[Api]:
    async with serving(register_url) as api:
        yield api


@pytest.fixture
async def isu(api: Api) -> Api:
    return api.as_(await make.key_for(api.database, make.ISU, label="The desk"))


@pytest.fixture
async def action(isu: Api) -> str:
    """A signature, whose date was then corrected three times."""
    made = await isu(RECORD, state="USA", on="2010-01-01")
    key: str = made["recordTreatyAction"]["treatyAction"]["id"]
    for version in (1, 2, 3):
        corrected = await isu(CORRECT, id=key, version=version, on=f"2010-01-0{version + 1}")
        assert corrected["correctTreatyAction"]["treatyAction"]["version"] == version + 1
    return key


async def test_the_history_of_an_object_is_there_for_everybody_who_may_see_it(api: Api, action: str) -> None:
    history = (await api(HISTORY, id=action))["node"]["history"]

    assert history["totalCount"] == 4
    assert [entry["version"] for entry in history["nodes"]] == [4, 3, 2, 1]
    latest, first = history["nodes"][0], history["nodes"][-1]
    assert (latest["act"], latest["changedFields"]) == ("correctTreatyAction", ["date"])
    assert (latest["before"], latest["after"]) == ({"date": "2010-01-03"}, {"date": "2010-01-04"})
    assert (first["act"], first["before"], first["after"]["date"]) == ("recordTreatyAction", None, "2010-01-01")


async def test_what_a_key_is_checked_against_is_shown_to_nobody(api: Api, isu: Api) -> None:
    async with api.database.reading() as connection:
        kept = (await connection.execute(select(col(db.ApiKey.secret_hash)))).scalars().all()
    entries = (await isu(AUDIT, first=5))["auditEntries"]["nodes"]
    [issued] = [entry for entry in entries if entry["subjectType"] == "api_key"]

    assert issued["after"]["label"] == "The desk"
    assert "secret_hash" in issued["changedFields"]
    assert kept
    assert not any(each in str(entries) for each in kept)


async def test_who_made_a_change_is_not_for_the_public(api: Api) -> None:
    fields = (await api('{ __type(name: "HistoryEntry") { fields { name } } }'))["__type"]["fields"]

    assert {each["name"] for each in fields} == {"at", "act", "version", "changedFields", "before", "after"}


async def test_history_is_read_in_pages_in_both_directions(api: Api, action: str) -> None:
    first = (await api(HISTORY, id=action, first=2))["node"]["history"]
    cursor = first["pageInfo"]["endCursor"]
    second = (await api(HISTORY, id=action, first=2, after=cursor))["node"]["history"]
    back = (await api(HISTORY, id=action, last=1, before=second["pageInfo"]["startCursor"]))["node"]["history"]

    assert [entry["version"] for page in (first, second) for entry in page["nodes"]] == [4, 3, 2, 1]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert [entry["version"] for entry in back["nodes"]] == [3]


@pytest.mark.parametrize("place", ['["-change.sequence","5"]', '["-change.sequence",1e3]', '["-change.sequence",true]'])
async def test_a_number_in_a_cursor_is_a_number(api: Api, action: str, place: str) -> None:
    cursor = urlsafe_b64encode(place.encode()).rstrip(b"=").decode()

    error = await api.error(HISTORY, id=action, after=cursor)

    assert error["message"] == "after is not a cursor of this API."


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 10**18])
async def test_a_number_beyond_all_numbers_is_no_cursor(api: Api, action: str, number: int) -> None:
    cursor = urlsafe_b64encode(f'["-change.sequence",{number}]'.encode()).rstrip(b"=").decode()

    assert (await api.error(HISTORY, id=action, after=cursor))["extensions"]["code"] == "BAD_USER_INPUT"


async def test_histories_of_many_objects_are_one_statement(api: Api) -> None:
    query = "query ($n: Int!) { states(first: $n) { nodes { version history(first: 1) { nodes { version act } } } } }"
    with api.statements() as few:
        await api(query, n=2)
    with api.statements() as many:
        data = await api(query, n=100)

    assert len(few) == len(many) == 2
    for state in data["states"]["nodes"]:
        assert state["history"]["nodes"] == [{"version": state["version"], "act": "load"}]


async def test_every_object_with_a_version_has_a_history(api: Api) -> None:
    page = "version history(first: 1) { nodes { version act } }"
    data = await api(
        f"""{{ states(first: 1) {{ nodes {{ {page} obligations {{ {page} }} treatyActions {{ {page} }} }} }}
               state(by: {{code: "LAO"}}) {{ obligations {{ {page} }} officeTerms {{ {page} }} }}
               organisations(first: 1) {{ nodes {{ {page} }} }} meetings(first: 1) {{ nodes {{ {page} }} }}
               documents(first: 1) {{ nodes {{ {page} }} }} coordinatorTerms {{ {page} }}
               mauritania: state(by: {{code: "MRT"}}) {{ extensionRequests {{ {page} }} }} }}"""
    )

    def objects(value: Any) -> list[Any]:
        if isinstance(value, list):
            return [found for each in value for found in objects(each)]
        if not isinstance(value, dict):
            return []
        own = [value] if "history" in value else []
        return own + [found for each in value.values() for found in objects(each)]

    found = objects(data)
    assert len(found) > 50
    assert all(each["history"]["nodes"][0]["version"] == each["version"] for each in found)


async def test_an_entry_is_for_those_who_may_see_what_it_tells(api: Api, isu: Api) -> None:
    meeting = "13MSP"
    async with api.database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        for visibility in (Visibility.ISU, Visibility.CONCERNED):
            await unit.change(db.Meeting, [((meeting,), {"visibility": visibility})])
            await unit.change(db.Meeting, [((meeting,), {"city": f"for {visibility}"})])
        await unit.keep(db.Concern, [{"subject_type": "meeting", "subject_key": meeting, "party_id": "STATE:AUT"}])
        await unit.change(db.Meeting, [((meeting,), {"visibility": Visibility.PUBLIC})])
    query = '{ meeting(code: "13MSP") { history { totalCount nodes { act visible: after } } } }'

    async def seen(caller: Api) -> list[Any]:
        history = (await caller(query))["meeting"]["history"]
        assert history["totalCount"] == len(history["nodes"])
        return [entry["visible"].get("city") or entry["visible"]["visibility"] for entry in history["nodes"]]

    austria = api.as_(await make.key_for(api.database, "STATE:AUT"))
    laos = api.as_(await make.key_for(api.database, "STATE:LAO"))
    whole = ["PUBLIC", "for CONCERNED", "CONCERNED", "for ISU", "ISU"]
    assert (await seen(isu))[:5] == whole
    assert (await seen(austria))[:3] == whole[:3]
    assert "for ISU" not in await seen(austria)
    assert len(await seen(api)) == len(await seen(laos)) == 2


async def test_the_isu_reads_who_did_what(isu: Api, action: str) -> None:
    entries = (await isu(AUDIT, subject=action))["auditEntries"]

    assert entries["totalCount"] == 4
    latest = entries["nodes"][0]
    assert latest["actor"]["label"] == "The desk"
    assert (latest["act"], latest["subjectType"], latest["subjectId"]) == (
        "correctTreatyAction",
        "treaty_action",
        action,
    )
    assert latest["requestId"]
    assert latest["visibility"] == "PUBLIC"
    sequences = [entry["sequence"] for entry in entries["nodes"]]
    assert sequences == sorted(sequences, reverse=True)


async def test_the_journal_is_searched_by_actor_and_time_and_read_in_pages(isu: Api, action: str) -> None:
    latest = (await isu(AUDIT, first=1))["auditEntries"]["nodes"][0]

    mine = (await isu(AUDIT, actor=latest["actor"]["id"], first=250))["auditEntries"]
    assert {entry["actor"]["label"] for entry in mine["nodes"]} == {"The desk"}
    assert mine["totalCount"] == 6, "four of the act and two of its source: what is as it was is no change"
    assert (await isu(AUDIT, actor=encode_id("Account", "nobody")))["auditEntries"]["totalCount"] == 0

    since = (await isu(AUDIT, **{"from": latest["at"]}))["auditEntries"]["nodes"]
    until = (await isu(AUDIT, first=1, to=latest["at"]))["auditEntries"]["nodes"]
    assert since[0]["sequence"] == latest["sequence"]
    assert until[0]["sequence"] == since[-1]["sequence"] - 1

    page = (await isu(AUDIT, first=250))["auditEntries"]
    read = page["nodes"]
    while page["pageInfo"]["hasNextPage"]:
        page = (await isu(AUDIT, first=250, after=page["pageInfo"]["endCursor"]))["auditEntries"]
        read += page["nodes"]
    assert [entry["sequence"] for entry in read] == list(range(page["totalCount"], 0, -1))
    assert all(older["hash"] == newer["previousHash"] for newer, older in pairwise(read))


async def test_nobody_else_reads_the_journal(api: Api) -> None:
    state = api.as_(await make.key_for(api.database, "STATE:AUT"))
    narrow = api.as_(await make.key_for(api.database, make.ISU, scopes=[Scope.READ_PUBLIC, Scope.WRITE_ISU]))

    for caller in (api, state, narrow):
        error = await caller.error(AUDIT)
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert "ISU_STAFF" in error["message"]
        assert "READ_RESTRICTED" in error["message"]


async def test_an_act_upon_an_older_version_changes_nothing(isu: Api, action: str) -> None:
    stale = await isu(CORRECT, id=action, version=2, on="2010-02-02")

    assert stale["correctTreatyAction"] == {"__typename": "Conflict", "code": "STALE_VERSION", "currentVersion": 4}
    assert (await isu(HISTORY, id=action))["node"]["history"]["totalCount"] == 4


async def test_a_history_names_nothing_that_can_be_hidden(api: Api) -> None:
    """The key of a hidden meeting would tell of it in the history of each of its documents."""
    query = """{ documents(first: 250, where: {kind: ["analysis"]}) { nodes {
                 meeting { code } history { nodes { before after } } } } }"""
    documents = (await api(query))["documents"]["nodes"]
    codes = {document["meeting"]["code"] for document in documents if document["meeting"]}

    assert codes
    assert all(document["history"]["nodes"] for document in documents)
    for document in documents:
        for entry in document["history"]["nodes"]:
            assert "kind_code" in entry["after"]
            assert "meeting_code" not in entry["after"]
            assert not codes & set(map(str, entry["after"].values()))


async def test_a_secret_is_shown_once_and_kept_nowhere(api: Api) -> None:
    token_of_admin = await make.key_for(api.database, make.ISU, admin=True)
    director = api.as_(token_of_admin)
    made = """mutation { createAccount(input: {label: "Portal", kind: SERVICE, party: "%s"}) {
                ... on AccountCreated { account { id } } ... on Problem { message } } }"""
    account = (await director(made % encode_id("State", "CHE")))["createAccount"]["account"]["id"]
    issue = """mutation ($id: ID!) { issueApiKey(input: {account: $id, label: "one", scopes: [READ_PUBLIC]}) {
                 ... on ApiKeyIssued { token apiKey { id } } ... on Problem { message } } }"""
    body = {"query": issue, "variables": {"id": account}}
    headers = {"Idempotency-Key": "once", "Authorization": f"Bearer {token_of_admin}"}
    first = await api.http.post("/graphql", json=body, headers=headers)
    again = await api.http.post("/graphql", json=body, headers=headers)

    token = first.json()["data"]["issueApiKey"]["token"]
    assert token.startswith("isu_")
    lost = {"code": "SECRET_WAS_SHOWN", "ids": [first.json()["data"]["issueApiKey"]["apiKey"]["id"]]}
    assert again.json()["errors"][0]["extensions"] == lost
    assert token not in again.text
    revoke = """mutation ($id: ID!) { revokeApiKey(input: {id: $id, expectedVersion: 1}) { __typename } }"""
    assert (await director(revoke, id=lost["ids"][0]))["revokeApiKey"]["__typename"] == "ApiKeyRevoked"


async def test_the_journal_names_accounts_keys_and_contacts_by_their_ids(api: Api) -> None:
    admin = api.as_(await make.key_for(api.database, make.ISU, admin=True, label="The desk"))
    account = (await admin("{ viewer { account { id keys { id } } } }"))["viewer"]["account"]
    record = """mutation ($input: RecordContactInput!) { recordContact(input: $input) {
                  ... on ContactRecorded { contactPoint { id person { id } } } } }"""
    given = {"party": encode_id("State", "DEU"), "role": "CAPITAL", "fullName": "Erika", "validFrom": "2026-01-01"}
    contact = (await admin(record, input=given))["recordContact"]["contactPoint"]

    for subject, name in (
        (account["id"], "account"),
        (account["keys"][0]["id"], "api_key"),
        (contact["id"], "contact"),
        (contact["person"]["id"], "person"),
    ):
        entries = (await admin(AUDIT, subject=subject))["auditEntries"]["nodes"]
        assert [(entry["subjectType"], entry["subjectId"]) for entry in entries] == [(name, subject)]


async def test_the_journal_says_on_whose_behalf(api: Api, isu: Api, action: str) -> None:
    by_the_isu = (await isu(AUDIT, subject=action, first=1))["auditEntries"]["nodes"][0]["actor"]
    account = (await isu("{ viewer { account { id } } }"))["viewer"]["account"]["id"]
    by_the_command_line = (await isu(AUDIT, subject=account))["auditEntries"]["nodes"][0]["actor"]

    assert by_the_isu["onBehalfOf"] == {"id": encode_id("Organisation", "ISU-CCM")}
    assert (by_the_command_line["label"], by_the_command_line["onBehalfOf"]) == (None, None)


async def test_what_became_of_a_contact_and_a_person_is_told_to_those_who_see_them_and_without_names(api: Api) -> None:
    germany = api.as_(await make.key_for(api.database, "STATE:DEU"))
    isu = api.as_(await make.key_for(api.database, make.ISU, director=True))
    record = """mutation ($input: RecordContactInput!) { recordContact(input: $input) {
                  ... on ContactRecorded { contactPoint { id person { id version } } } } }"""
    given = {
        "party": encode_id("State", "DEU"),
        "role": "CAPITAL",
        "fullName": "Erika Mustermann",
        "emails": ["ccm@berlin.example"],
        "phones": ["+4930123456"],
        "validFrom": "2025-01-01",
    }
    contact = (await germany(record, input=given))["recordContact"]["contactPoint"]
    erase = """mutation ($id: ID!) { erasePerson(input: {id: $id, expectedVersion: 1}) { __typename } }"""
    assert (await isu(erase, id=contact["person"]["id"]))["erasePerson"]["__typename"] == "PersonErased"
    query = """query ($contact: ID!, $person: ID!) {
      contact: node(id: $contact) { ... on ContactPoint { version history { nodes { act version before after } } } }
      person: node(id: $person) { ... on Person { version history { nodes { act version before after } } } } }"""
    ids = {"contact": contact["id"], "person": contact["person"]["id"]}

    told = await germany(query, **ids)
    hidden = await api(query, **ids)

    assert [entry["act"] for entry in told["contact"]["history"]["nodes"]] == [
        "erasePerson",
        "erasePerson",
        "recordContact",
    ]
    assert [entry["act"] for entry in told["person"]["history"]["nodes"]] == ["erasePerson", "recordContact"]
    for name in ("contact", "person"):
        assert told[name]["history"]["nodes"][0]["version"] == told[name]["version"]
    written = told["contact"]["history"]["nodes"][-1]["after"]
    assert written["emails"].startswith("sha256:")
    assert written["phones"].startswith("sha256:")
    assert "person_id" not in written
    assert told["person"]["history"]["nodes"][-1]["after"]["full_name"].startswith("sha256:")
    for value in ("Erika", "berlin.example", "4930123456"):
        assert value not in str(told)
    assert hidden == {"contact": None, "person": None}
