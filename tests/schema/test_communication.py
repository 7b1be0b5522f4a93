"""Communications: from the draft to what its recipients see, and who never sees what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.engine import Database
from mandate.actor import PUBLIC, Actor, Capacity
from tests.call import ISU, caller, encode_id
from tests.institution import Institution

pytestmark = pytest.mark.anyio

COLLEAGUE = Actor(account="a colleague", party=ISU.party, held=ISU.held, scopes=ISU.scopes)
GERMANY = caller("STATE:DEU", Capacity.STATE_PARTY)
FRANCE = caller("STATE:FRA", Capacity.STATE_PARTY)
UNIDIR = caller("ORGANISATION:UNIDIR", Capacity.ORGANISATION)
OTHERS = (PUBLIC, GERMANY, FRANCE, UNIDIR)
LIST = """{ communications { totalCount nodes { id reference status kind sentAt
  subject { original in(language: "en") { value } } recipients { totalCount nodes { party { id } } } dispatch { approvedAt }
  history { nodes { changedFields after } } } } }"""
RECIPIENTS = """query ($id: ID!) { communications { nodes { id } } node(id: $id) { ... on Communication { status
  recipients(first: 250) { totalCount nodes { id version party { id }
    contactPoint { id role } reason languageUsed isFallback address status suppressedBecause acknowledgedAt
    attempts { outcome code text } } }
  dispatch { audience { groups include { ... on State { code } } asOf } draftedBy { id } approvedBy { id } } } } }"""


@pytest.fixture
async def isu(states_url: str) -> AsyncIterator[Institution]:
    database = Database(states_url)
    yield Institution(database)
    await database.close()


def words(text: str = "Some words", *languages: str) -> list[dict[str, str]]:
    return [{"language": each, "value": text} for each in languages or ("en",)]


def state(code: str) -> str:
    return encode_id("State", code)


def letter(**given: Any) -> dict[str, Any]:
    whole = {"kind": "CIRCULAR", "subject": words(), "body": words(), "audience": {"include": [state("DEU")]}}
    return {**whole, **given}


def upon(communication: Any) -> dict[str, Any]:
    return {"communication": communication["id"], "expectedVersion": communication["version"]}


async def drafted(isu: Institution, **given: Any) -> Any:
    return (await isu.done("draftCommunication", **letter(**given)))["communication"]


async def approved(isu: Institution, **given: Any) -> Any:
    own = await drafted(isu, **given)
    return (await isu.as_(COLLEAGUE).done("approveCommunication", **upon(own)))["communication"]


async def sent(isu: Institution, **given: Any) -> Any:
    return await isu.done("sendCommunication", **upon(await approved(isu, **given)))


async def contact(isu: Institution, party: str = "DEU", **given: Any) -> Any:
    type_name = "State" if len(party) == 3 and party != "CMC" else "Organisation"
    whole = {
        "party": encode_id(type_name, party),
        "role": "PERMANENT_MISSION",
        "validFrom": "2020-01-01",
        "emails": [f"mission@{party.lower()}.example"],
        "preferredLanguages": ["en"],
        **given,
    }
    mutation = """mutation ($input: RecordContactInput!) { recordContact(input: $input) { __typename
      ... on ContactRecorded { contactPoint { id version person { id version } } } ... on Problem { message } } }"""
    from tests.call import act

    return (await act(isu.database, ISU, mutation, input=whole))["contactPoint"]


async def recipients(isu: Institution, communication: Any) -> list[Any]:
    found: list[Any] = (await isu.ask(RECIPIENTS, id=communication["id"]))["node"]["recipients"]["nodes"]
    return found


async def listed(isu: Institution, actor: Actor) -> list[Any]:
    found: list[Any] = (await isu.as_(actor).ask(LIST))["communications"]["nodes"]
    return found


async def test_what_one_drafts_another_approves_and_it_is_sent(isu: Institution) -> None:
    await contact(isu)
    own = await drafted(isu)
    assert (own["status"], own["reference"], own["visibility"]) == ("DRAFT", None, "ISU")

    own = (await isu.as_(COLLEAGUE).done("approveCommunication", **upon(own)))["communication"]
    assert own["status"] == "APPROVED"

    result = await isu.done("sendCommunication", **upon(own))
    own = result["communication"]
    assert (own["status"], own["reference"], own["visibility"]) == ("SENDING", "CCM/ISU/CIRC/2026/1", "CONCERNED")
    assert (result["recipientCount"], result["withoutAddress"]) == (1, [])
    (one,) = await recipients(isu, own)
    assert (one["party"], one["reason"], one["status"]) == ({"id": state("DEU")}, "Named.", "QUEUED")
    assert (one["address"], one["languageUsed"], one["isFallback"]) == ("mission@deu.example", "en", False)
