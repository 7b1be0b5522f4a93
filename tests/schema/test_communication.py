"""Communications: from the draft to what its recipients see, and who never sees what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlmodel import col

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from mandate.account import AccountKind, AccountStatus
from mandate.actor import PUBLIC, Actor, Capacity, Scope, Visibility
from mandate.text import LocalizedText
from resolvers.change import verify
from schema.id import key_of
from tests import call
from tests.api import Api, serving
from tests.call import ISU, act, ask, caller, encode_id, hide, through_the_unit
from tests.institution import Institution
from tests.make import key_for

pytestmark = pytest.mark.anyio

COLLEAGUE, THIRD = replace(ISU, account="a colleague"), replace(ISU, account="a third")
GERMANY = caller("STATE:DEU", Capacity.STATE_PARTY)
FRANCE = caller("STATE:FRA", Capacity.STATE_PARTY)
UNIDIR = caller("ORGANISATION:UNIDIR", Capacity.ORGANISATION)
OTHERS = (PUBLIC, GERMANY, FRANCE, UNIDIR)
LIST = """{ communications { totalCount nodes { id reference status kind sentAt
  subject { original in(language: "en") { value } } recipients { totalCount nodes { party { id } } }
  dispatch { approvedAt } history { nodes { changedFields after } } } } }"""
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


async def person(isu: Institution) -> str:
    key = new_id()
    async with isu.database.writing() as connection:
        await Unit(connection, Signature(act="test")).keep(db.Person, [{"id": key, "full_name": "Somebody"}])
    return key


async def account(isu: Institution, actor: Actor, person: str | None, *, made_by: Actor = PUBLIC) -> Institution:
    """The account of an actor, of a person or of nobody; the institution as they see it."""
    whose = {"id": actor.account, "label": "An account", "kind": AccountKind.PERSON, "party_id": ISU.party}
    async with isu.database.writing() as connection:
        unit = Unit(connection, Signature(act="createAccount", account=made_by.account))
        await unit.keep(db.Account, [{**whose, "person_id": person, "status": AccountStatus.ACTIVE}])
    return isu.as_(actor)


async def another(isu: Institution, actor: Actor = COLLEAGUE) -> Institution:
    """The institution as somebody else on record sees it."""
    async with isu.database.reading() as connection:
        found = await connection.execute(select(col(db.Account.id)).where(col(db.Account.id) == actor.account))
        is_there = found.first() is not None
    return isu.as_(actor) if is_there else await account(isu, actor, await person(isu))


async def approved(isu: Institution, **given: Any) -> Any:
    own = await drafted(isu, **given)
    return (await (await another(isu)).done("approveCommunication", **upon(own)))["communication"]


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

    own = (await (await another(isu)).done("approveCommunication", **upon(own)))["communication"]
    assert own["status"] == "APPROVED"

    result = await isu.done("sendCommunication", **upon(own))
    own = result["communication"]
    assert (own["status"], own["reference"], own["visibility"]) == ("SENDING", "CCM/ISU/CIRC/2026/1", "CONCERNED")
    assert (result["recipientCount"], result["withoutAddress"]) == (1, [])
    (one,) = await recipients(isu, own)
    assert (one["party"], one["reason"], one["status"]) == ({"id": state("DEU")}, "Named.", "QUEUED")
    assert (one["address"], one["languageUsed"], one["isFallback"]) == ("mission@deu.example", "en", False)


# ---------- who releases ----------


SECOND = "A communication is approved by somebody who has not drafted or edited it: "
ITSELF = f"{SECOND}this account has."
SAME_PERSON = f"{SECOND}the person of this account has, by another account of theirs or one that they made."
NOBODYS = f"{SECOND}of this account no person is on record, so that nobody can tell."


async def refusal(isu: Institution, own: Any) -> str:
    result = await isu("approveCommunication", **upon(own))
    assert result["__typename"] == "Forbidden"
    message: str = result["message"]
    return message


async def test_nobody_releases_what_they_wrote(isu: Institution) -> None:
    own = await drafted(isu)

    assert await refusal(isu, own) == ITSELF
    assert (await isu("sendCommunication", **upon(own)))["code"] == "ILLEGAL_TRANSITION"


async def test_whoever_wrote_any_of_it_is_no_second_person(isu: Institution) -> None:
    own = await drafted(isu)
    edit = letter(communication=own["id"], expectedVersion=own["version"], body=words("Other words"))
    own = (await isu.as_(COLLEAGUE).done("draftCommunication", **edit))["communication"]

    for actor in (ISU, COLLEAGUE):
        assert await refusal(isu.as_(actor), own) == ITSELF
    assert (await (await another(isu, THIRD)).done("approveCommunication", **upon(own)))["communication"][
        "status"
    ] == "APPROVED"


async def test_one_person_with_two_accounts_is_one_person(isu: Institution) -> None:
    somebody = await person(isu)
    one, other = [await account(isu, each, somebody) for each in (COLLEAGUE, THIRD)]
    own = (await one.done("draftCommunication", **letter()))["communication"]

    assert await refusal(other, own) == SAME_PERSON


async def test_an_account_of_nobody_releases_nothing(isu: Institution) -> None:
    """It may be the second one of whoever drafted: they made it, or somebody did for them."""
    director = await account(isu, ISU, await person(isu))
    nobodys = await account(isu, COLLEAGUE, None, made_by=ISU)
    own = await drafted(director)

    assert await refusal(nobodys, own) == NOBODYS
    assert await refusal(isu.as_(THIRD), own) == NOBODYS


async def test_what_is_drafted_with_an_account_of_nobody_is_drafted_by_whoever_made_it(isu: Institution) -> None:
    director = await account(isu, ISU, await person(isu))
    own = await drafted(await account(isu, COLLEAGUE, None, made_by=ISU))

    assert await refusal(director, own) == SAME_PERSON
    await (await another(isu, THIRD)).done("approveCommunication", **upon(own))


async def test_nor_does_a_chain_of_accounts_hide_who_made_it(isu: Institution) -> None:
    somebody = await person(isu)
    director = await account(isu, ISU, somebody)
    other_of_theirs = await account(isu, replace(ISU, account="their other one"), somebody)
    await account(isu, COLLEAGUE, None, made_by=ISU)
    own = await drafted(await account(isu, THIRD, None, made_by=COLLEAGUE))

    assert await refusal(director, own) == SAME_PERSON
    assert await refusal(other_of_theirs, own) == SAME_PERSON


async def test_an_account_that_is_linked_to_its_person_later_was_theirs_all_along(isu: Institution) -> None:
    """Linked to somebody else, it was whose it was when it drafted."""
    somebody, colleague = await person(isu), await person(isu)
    director = await account(isu, ISU, somebody)
    drafts = [
        await drafted(await account(isu, replace(ISU, account=str(place)), None, made_by=made_by))
        for place, made_by in enumerate((PUBLIC, ISU))
    ]
    for place, whose in enumerate((somebody, colleague)):
        await through_the_unit(isu.database, db.Account, ((str(place),), {"person_id": whose}))

    for own in drafts:
        assert await refusal(director, own) == SAME_PERSON
    assert await refusal(await account(isu, THIRD, colleague), drafts[1]) == SAME_PERSON


async def test_whoever_edits_a_draft_is_one_who_wrote_it_whose_account_it_ever_is(isu: Institution) -> None:
    director = await account(isu, ISU, await person(isu))
    own = await drafted(await another(isu, THIRD))
    edit = letter(communication=own["id"], expectedVersion=own["version"], body=words("Other words"))
    nobodys = await account(isu, COLLEAGUE, None, made_by=ISU)
    own = (await nobodys.done("draftCommunication", **edit))["communication"]

    assert await refusal(director, own) == SAME_PERSON
    assert await refusal(isu.as_(THIRD), own) == ITSELF
    await (await another(isu, replace(ISU, account="a fourth"))).done("approveCommunication", **upon(own))


async def test_two_keys_of_an_account_are_one_hand(states_url: str) -> None:
    acts = {
        "issueApiKey": "... on ApiKeyIssued { token }",
        "draftCommunication": "... on CommunicationDrafted { communication { id version } }",
        "approveCommunication": "... on Problem { message }",
    }
    async with serving(states_url) as api:

        async def do(who: Api, name: str, **given: Any) -> Any:
            kind = f"{name[0].upper()}{name[1:]}Input!"
            asked = f"mutation ($input: {kind}) {{ {name}(input: $input) {{ __typename {acts[name]} }} }}"
            return (await who(asked, input=given))[name]

        one = api.as_(await key_for(api.database, "ISU:ISU-CCM", director=True))
        own = (await one("{ viewer { account { id } } }"))["viewer"]["account"]["id"]
        scopes = [each.value for each in Scope]
        issued = await do(one, "issueApiKey", account=own, label="A second key", scopes=scopes)
        draft = (await do(one, "draftCommunication", **letter()))["communication"]

        result = await do(api.as_(issued["token"]), "approveCommunication", **upon(draft))

    assert result == {"__typename": "Forbidden", "message": ITSELF}


async def test_two_colleagues_whom_one_has_let_in_are_two(isu: Institution) -> None:
    """Else an office in which one manages the accounts could release nothing."""
    director = await account(isu, ISU, await person(isu))
    colleague = await account(isu, COLLEAGUE, await person(isu), made_by=ISU)

    await colleague.done("approveCommunication", **upon(await drafted(director)))
    await director.done("approveCommunication", **upon(await drafted(colleague)))


async def test_an_edit_after_approval_needs_a_new_one(isu: Institution) -> None:
    own = await approved(isu)
    edit = letter(communication=own["id"], expectedVersion=own["version"])
    edited = (await isu.done("draftCommunication", **edit))["communication"]

    assert edited["status"] == "DRAFT"
    assert edited["version"] > own["version"]
    assert (await isu.ask(RECIPIENTS, id=edited["id"]))["node"]["dispatch"]["approvedBy"] is None
    assert (await isu("sendCommunication", **upon(edited)))["code"] == "ILLEGAL_TRANSITION"
    assert (await isu("sendCommunication", **upon(own)))["code"] == "STALE_VERSION"


async def test_who_approves_has_seen_the_audience_too(isu: Institution) -> None:
    own = await drafted(isu)
    wider = letter(audience={"groups": ["PUBLIC"]}, communication=own["id"], expectedVersion=own["version"])
    await isu.done("draftCommunication", **wider)

    assert (await isu.as_(COLLEAGUE)("approveCommunication", **upon(own)))["code"] == "STALE_VERSION"


async def test_what_is_withdrawn_is_not_sent_and_stays_the_isus(isu: Institution) -> None:
    own = await approved(isu)
    own = (await isu.done("withdrawCommunication", **upon(own)))["communication"]

    assert (own["status"], own["visibility"]) == ("WITHDRAWN", "ISU")
    for act_name in ("sendCommunication", "approveCommunication", "withdrawCommunication"):
        result = await isu.as_(COLLEAGUE)(act_name, **upon(own))
        assert (result["code"], result["currentStatus"]) == ("ILLEGAL_TRANSITION", "WITHDRAWN")
        assert result["allowed"] == []
    assert [await listed(isu, each) for each in OTHERS] == [[]] * 4


async def test_what_is_sent_is_sent_once_and_edited_no_more(isu: Institution) -> None:
    own = (await sent(isu))["communication"]

    assert (await isu("sendCommunication", **upon(own)))["code"] == "ILLEGAL_TRANSITION"
    edit = letter(communication=own["id"], expectedVersion=own["version"])
    assert (await isu("draftCommunication", **edit))["code"] == "ILLEGAL_TRANSITION"
    kept = await isu("withdrawCommunication", **upon(own))
    assert (kept["code"], kept["allowed"]) == ("ILLEGAL_TRANSITION", ["CORRECTED"])


async def test_two_who_send_at_once_send_once(isu: Institution) -> None:
    own = await approved(isu)

    results = await asyncio.gather(*(isu("sendCommunication", **upon(own)) for _ in range(4)))

    assert sorted(each["__typename"] for each in results) == ["CommunicationSent", "Conflict", "Conflict", "Conflict"]
    assert len(await recipients(isu, own)) == 1


async def test_what_is_only_validated_leaves_nothing(isu: Institution) -> None:
    result = await isu("draftCommunication", validate_only=True, **letter())
    assert (result["__typename"], result["communication"]) == ("CommunicationDrafted", None)
    own = await approved(isu)
    result = await isu("sendCommunication", validate_only=True, **upon(own))
    assert (result["communication"], result["recipientCount"]) == (None, 1)
    assert result["withoutAddress"] == [{"id": state("DEU")}]

    assert [each["status"] for each in await listed(isu, ISU)] == ["APPROVED"]
    assert await recipients(isu, own) == []


# ---------- who sees it ----------


async def test_a_draft_is_there_for_the_isu_alone(isu: Institution) -> None:
    for own in (await drafted(isu), await approved(isu)):
        for actor in OTHERS:
            assert await listed(isu, actor) == []
            assert (await isu.as_(actor).ask(RECIPIENTS, id=own["id"]))["node"] is None
    assert len(await listed(isu, ISU)) == 2


async def test_what_is_sent_is_there_for_its_recipients_and_nobody_else(isu: Institution) -> None:
    own = (await sent(isu, audience={"include": [state("DEU"), state("NOR")]}))["communication"]

    (seen,) = await listed(isu, GERMANY)
    assert (seen["reference"], seen["recipients"], seen["dispatch"]) == (
        own["reference"],
        {"totalCount": 0, "nodes": []},
        None,
    )
    assert [each["changedFields"] for each in seen["history"]["nodes"]] == [["visibility"]]
    assert [await listed(isu, each) for each in (PUBLIC, FRANCE, UNIDIR)] == [[]] * 3
    (whole,) = await listed(isu, ISU)
    assert whole["recipients"]["totalCount"] == 2


async def test_nobody_learns_by_the_review_how_many_they_do_not_see(isu: Institution) -> None:
    await isu.done("appointDirector", fullName="Sheila Mweemba", startsOn="2015-05-01")
    await sent(isu)
    today = datetime.now(UTC).date()
    query = f"""{{ complianceReview(asOf: "{today}", rules: []) {{ taskCoverage {{ task year recorded }} }} }}"""

    for actor, recorded in ((ISU, 1), (GERMANY, 1), (FRANCE, 0), (PUBLIC, 0)):
        coverage = (await isu.as_(actor).ask(query))["complianceReview"]["taskCoverage"]
        of_letters = {each["year"]: each["recorded"] for each in coverage if each["task"] == "d"}
        assert of_letters[today.year] == recorded


async def test_what_is_for_the_public_is_there_for_everybody(isu: Institution) -> None:
    result = await sent(isu, kind="NEWSLETTER", audience={"groups": ["PUBLIC"]})

    own = result["communication"]
    assert (own["status"], own["visibility"], result["recipientCount"]) == ("SENT", "PUBLIC", 0)
    for actor in OTHERS:
        assert [each["reference"] for each in await listed(isu, actor)] == ["CCM/ISU/NEWS/2026/1"]


async def test_references_count_by_year_and_kind_and_drafts_leave_no_gap(
    isu: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    await drafted(isu)
    await isu.done("withdrawCommunication", **upon(await approved(isu)))

    references = [(await sent(isu, kind=each))["communication"]["reference"] for each in ("CIRCULAR", "LETTER") * 2]
    own = await approved(isu)
    monkeypatch.setattr(call, "TODAY", date(2027, 1, 1))
    references.append((await isu.done("sendCommunication", **upon(own)))["communication"]["reference"])

    assert references == [
        "CCM/ISU/CIRC/2026/1",
        "CCM/ISU/LTR/2026/1",
        "CCM/ISU/CIRC/2026/2",
        "CCM/ISU/LTR/2026/2",
        "CCM/ISU/CIRC/2027/1",
    ]


async def test_a_communication_is_found_by_its_reference(isu: Institution) -> None:
    own = (await sent(isu))["communication"]
    query = "query ($reference: String!) { communication(reference: $reference) { id } }"

    assert (await isu.as_(GERMANY).ask(query, reference=own["reference"]))["communication"] == {"id": own["id"]}
    assert (await isu.as_(FRANCE).ask(query, reference=own["reference"]))["communication"] is None


WITH = """query ($where: CommunicationWhere, $without: CommunicationWhere) {
  communications(where: $where, first: 250) { totalCount nodes { reference } }
  without: communications(where: $without) { totalCount } }"""


async def test_the_isu_finds_what_a_party_received(isu: Institution) -> None:
    both = (await sent(isu, audience={"include": [state("DEU"), encode_id("Organisation", "CMC")]}))["communication"]
    one = (await sent(isu, audience={"include": [state("FRA")], "groups": ["PUBLIC"]}))["communication"]
    await drafted(isu)

    for where, expected in (
        ({"state": ["DEU"]}, [both]),
        ({"state": ["DEU", "FRA"]}, [one, both]),
        ({"organisation": ["CMC"]}, [both]),
        ({"organisation": ["CMC"], "state": ["FRA"]}, []),
        ({"or": [{"organisation": ["CMC"]}, {"state": ["FRA"]}]}, [one, both]),
        ({"state": ["NOR"]}, []),
        ({"organisation": ["XXX"]}, []),
        ({"state": []}, []),
    ):
        found = await isu.ask(WITH, where=where, without={"not": where})
        assert [each["reference"] for each in found["communications"]["nodes"]] == [
            each["reference"] for each in expected
        ], where
        assert found["without"]["totalCount"] == 3 - len(expected), where
    assert (await isu.ask(WITH, where={"organisation": ["ISU-CCM"]}))["communications"]["totalCount"] == 3


async def test_nobody_learns_by_the_filter_who_else_received_it(isu: Institution) -> None:
    """A question about a recipient is answered as one about a State that received nothing, and no State at all."""
    await sent(isu, audience={"include": [state("DEU"), state("FRA"), encode_id("Organisation", "CMC")]})
    await sent(isu, audience={"include": [state("DEU"), state("FRA")], "groups": ["PUBLIC"]})
    by_whom = {GERMANY: ("DEU", 2), PUBLIC: (None, 1), UNIDIR: (None, 1)}

    for actor, (own, shown) in by_whom.items():
        institution = isu.as_(actor)
        answers = {}
        for code in ("DEU", "FRA", "NOR", "XXX"):
            where = {"state": [code]}
            answers[code] = await institution.ask(WITH, where=where, without={"not": where})
        of_nobody = {"communications": {"totalCount": 0, "nodes": []}, "without": {"totalCount": shown}}
        others = {code: answer for code, answer in answers.items() if code != own}
        assert others == dict.fromkeys(others, of_nobody), actor
        if own is not None:
            assert answers[own]["communications"]["totalCount"] == shown
            assert answers[own]["without"] == {"totalCount": 0}
        for organisation in ("CMC", "HRW"):
            found = await institution.ask(WITH, where={"organisation": [organisation]})
            assert found["communications"]["totalCount"] == 0
    without_scope = caller("STATE:DEU", Capacity.STATE_PARTY, without=Scope.READ_RESTRICTED)
    found = await isu.as_(without_scope).ask(WITH, where={"state": ["DEU"]})
    assert found["communications"]["totalCount"] == 0


async def test_what_came_in_is_found_by_who_sent_it(isu: Institution) -> None:
    query = """query ($where: IncomingCommunicationWhere) {
      incomingCommunications(where: $where) { totalCount nodes { party { id } } } }"""
    for party in (state("DEU"), state("FRA"), encode_id("Organisation", "CMC")):
        await isu.done(
            "recordIncomingCommunication", party=party, receivedOn="2026-01-15", subject=words(), body=words()
        )

    for actor, where, expected in (
        (ISU, {"state": ["DEU", "FRA"]}, 2),
        (ISU, {"organisation": ["CMC"]}, 1),
        (ISU, {"not": {"state": ["DEU"]}}, 2),
        (GERMANY, {"state": ["DEU"]}, 1),
        (GERMANY, {"state": ["FRA"]}, 0),
        (GERMANY, {"not": {"state": ["FRA"]}}, 1),
        (PUBLIC, {"state": ["DEU"]}, 0),
    ):
        found = await isu.as_(actor).ask(query, where=where)
        assert found["incomingCommunications"]["totalCount"] == expected, (actor, where)


# ---------- to whom, where, and in which language ----------


async def test_a_party_without_an_address_is_kept_and_told(isu: Institution) -> None:
    await contact(isu, "DEU")
    await contact(isu, "NOR", emails=[], phones=["+4722000000"])
    both = {"include": [state("DEU"), state("NOR")]}

    result = await sent(isu, audience=both)

    assert (result["recipientCount"], result["withoutAddress"]) == (2, [{"id": state("NOR")}])
    _, norway = await recipients(isu, result["communication"])
    assert (norway["status"], norway["suppressedBecause"]) == (
        "SUPPRESSED",
        "No point of contact with an address is valid.",
    )
    assert [each["reference"] for each in await listed(isu, caller("STATE:NOR", Capacity.STATE_PARTY))] == [
        result["communication"]["reference"]
    ]


@pytest.mark.parametrize(
    ("preferred", "used", "is_fallback"),
    [
        (["fr"], "fr", False),
        (["pt", "es", "fr"], "es", False),
        (["fr-CH"], "fr", False),
        (["pt"], "en", True),
        ([], "en", False),
    ],
)
async def test_each_is_written_to_in_the_language_preferred_of_those_that_are_there(
    isu: Institution, preferred: list[str], used: str, is_fallback: bool
) -> None:
    await contact(isu, preferredLanguages=preferred)
    texts = words("Words", "en", "fr", "es")

    own = (await sent(isu, subject=texts, body=texts))["communication"]

    (one,) = await recipients(isu, own)
    assert (one["languageUsed"], one["isFallback"]) == (used, is_fallback)


async def test_of_several_contacts_the_mission_is_written_to_and_an_ended_one_never(isu: Institution) -> None:
    await contact(isu, role="CAPITAL", emails=["capital@deu.example"])
    await contact(isu, role="PERMANENT_MISSION", emails=["old@deu.example"], validUntil="2025-01-01")
    await contact(isu, role="PERMANENT_MISSION", emails=["new@deu.example", "second@deu.example"])
    own = (await sent(isu))["communication"]

    (one,) = await recipients(isu, own)
    assert (one["address"], one["contactPoint"]["role"]) == ("new@deu.example", "PERMANENT_MISSION")


GROUPS = """query ($audience: AudienceInput!) { audiencePreview(audience: $audience) { size withoutAddress
  members { reason party { id } contactPoint { id } } } }"""


async def test_an_audience_is_previewed_by_the_isu_and_fixed_at_sending(isu: Institution) -> None:
    audience = {"groups": ["ALL_STATES_PARTIES"], "include": [state("USA")], "exclude": [state("DEU")]}
    found = (await isu.ask(GROUPS, audience=audience))["audiencePreview"]

    named = {each["party"]["id"]: each["reason"] for each in found["members"]}
    assert (found["size"], found["withoutAddress"]) == (len(named), len(named))
    assert named[state("FRA")] == "On 2026-01-15: a State Party."
    assert named[state("USA")] == "Named."
    assert state("DEU") not in named
    result = await sent(isu, audience=audience)
    assert result["recipientCount"] == found["size"]
    refused = await ask(isu.database, GERMANY, GROUPS, audience=audience)
    assert refused["errors"][0]["message"] == "An audience is previewed by the ISU."


async def test_groups_are_those_of_the_day_that_is_named(isu: Institution) -> None:
    async def size(*groups: str, as_of: str | None = None) -> int:
        found = (await isu.ask(GROUPS, audience={"groups": list(groups), "asOf": as_of}))["audiencePreview"]
        return int(found["size"])

    every = await size("ALL_STATES_PARTIES", "OBSERVER_STATES")
    assert every == await size("ALL_STATES_PARTIES", "SIGNATORIES", "STATES_NOT_PARTY") == 197
    assert await size("ALL_STATES_PARTIES", as_of="2010-07-31") == 0
    assert 0 < await size("ALL_STATES_PARTIES", as_of="2011-01-01") < await size("ALL_STATES_PARTIES")
    for group in ("INTERNATIONAL_ORGANISATIONS", "NGOS", "AFFECTED_STATES"):
        assert await size(group) > 0
    for group in ("COORDINATORS", "DONORS", "PUBLIC"):
        assert await size(group) == 0
    # The ICRC, the United Nations and the CMC are its members whoever is elected.
    assert await size("COORDINATION_COMMITTEE") == 3
    pledge = {"party": state("NOR"), "year": 2026, "amount": "1", "currency": "CHF"}
    await isu.done("pledgeContribution", **pledge)
    assert await size("DONORS") == 1


async def test_what_can_not_be_drafted_says_why(isu: Institution) -> None:
    two = words("Words", "en", "fr")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"subject": words("Two\r\nBcc: somebody@else.example")}, "subject.0.value"),
        ({"subject": words("x" * 251)}, "subject.0.value"),
        ({"subject": []}, "subject"),
        ({"body": []}, "body"),
        ({"subject": two}, "body"),
        ({"subject": two, "body": words("Words", "fr", "en")}, "body"),
        ({"audience": {}}, "audience.groups"),
        ({"audience": {"groups": ["NGOS", "NGOS"]}}, "audience.groups"),
        ({"audience": {"groups": ["MEETING_PARTICIPANTS"]}}, "audience.meeting"),
        ({"audience": {"groups": ["NGOS"], "meeting": "2MSP"}}, "audience.meeting"),
        ({"audience": {"groups": ["NGOS"], "asOf": "1800-01-01"}}, "audience.asOf"),
        ({"audience": {"include": [state("XXX")]}}, "audience.include.0"),
        ({"audience": {"include": ["nonsense"]}}, "audience.include.0"),
        ({"audience": {"include": [state("DEU"), state("DEU")]}}, "audience.include"),
        ({"audience": {"include": [state("DEU")], "exclude": [state("DEU")]}}, "audience.exclude"),
        ({"audience": {"include": [encode_id("Organisation", "ISU-CCM")]}}, "audience.include"),
        ({"documents": ["nonsense"]}, "documents.0"),
        ({"expectedVersion": 1}, "expectedVersion"),
    ]
    for given, path in wrong:
        result = await isu("draftCommunication", **letter(**given))
        assert result["__typename"] == "Invalid", (given, result)
        assert [".".join(each["path"]) for each in result["fields"]] == [path], given
    for given, told in (
        ({"documents": [encode_id("Document", "none")]}, "documents.0: There is no such document."),
        (
            {"inReplyTo": [encode_id("IncomingCommunication", "x")]},
            "inReplyTo.0: There is no such incoming communication.",
        ),
    ):
        result = await isu("draftCommunication", **letter(**given))
        assert (result["__typename"], result["message"]) == ("NotFound", told)
    assert await listed(isu, ISU) == []

    nobody = await approved(isu, audience={"groups": ["DONORS"]})
    result = await isu("sendCommunication", **upon(nobody))
    assert [".".join(each["path"]) for each in result["fields"]] == ["communication"]


async def test_a_draft_stays_of_its_kind_and_a_correction_a_correction(isu: Institution) -> None:
    own = await drafted(isu)
    of_another_kind = letter(communication=own["id"], expectedVersion=own["version"], kind="LETTER")
    first = (await sent(isu))["communication"]
    told = {"subject": words("Corrected"), "body": words("Corrected")}
    draft = (await isu.done("correctCommunication", **upon(first), **told))["communication"]
    to_others = letter(communication=draft["id"], expectedVersion=draft["version"])

    assert [each["path"] for each in (await isu("draftCommunication", **of_another_kind))["fields"]] == [["kind"]]
    assert (await isu("draftCommunication", **to_others))["code"] == "ILLEGAL_TRANSITION"


async def test_others_draft_and_release_nothing(isu: Institution) -> None:
    own = await drafted(isu)
    for actor in OTHERS:
        for name, given in (
            ("draftCommunication", letter()),
            ("approveCommunication", upon(own)),
            ("sendCommunication", upon(own)),
            ("withdrawCommunication", upon(own)),
        ):
            assert (await isu.as_(actor)(name, **given))["__typename"] == "Forbidden"


# ---------- documents ----------


async def document(isu: Institution, visibility: Visibility, title: str = "A report") -> str:
    key = new_id()
    async with isu.database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        if await unit.row(db.DocumentKind, ("report",)) is None:
            await unit.keep(db.DocumentKind, [{"code": "report", "label": LocalizedText.of("Report")}])
        kept = {"id": key, "title": LocalizedText.of(title), "kind_code": "report", "visibility": visibility}
        await unit.keep(db.Document, [kept])
    return key


async def test_documents_go_with_it_and_none_that_is_the_isus_alone(isu: Institution) -> None:
    one, other, own = [await document(isu, each) for each in (Visibility.PUBLIC, Visibility.PUBLIC, Visibility.ISU)]
    ids = [encode_id("Document", each) for each in (one, other, own)]
    assert (await isu("draftCommunication", **letter(documents=ids)))["fields"][0]["path"] == ["documents", "2"]

    draft = await drafted(isu, documents=ids[:2])
    edit = letter(communication=draft["id"], expectedVersion=draft["version"], documents=[ids[1]])
    draft = (await isu.done("draftCommunication", **edit))["communication"]
    query = "query ($id: ID!) { node(id: $id) { ... on Communication { documents { id } } } }"
    assert (await isu.ask(query, id=draft["id"]))["node"]["documents"] == [{"id": ids[1]}]

    draft = (await (await another(isu)).done("approveCommunication", **upon(draft)))["communication"]
    # That it was among them once stands against nothing.
    await hide(isu.database, db.Document, one)
    assert (await isu("sendCommunication", validate_only=True, **upon(draft)))["recipientCount"] == 1
    await hide(isu.database, db.Document, other)
    assert (await isu("sendCommunication", **upon(draft)))["code"] == "ILLEGAL_TRANSITION"


# ---------- corrections ----------


async def test_a_correction_goes_to_the_same_recipients_whatever_has_changed(isu: Institution) -> None:
    old = await contact(isu)
    await contact(isu, "FRA")
    first = (await sent(isu, audience={"include": [state(each) for each in ("DEU", "FRA", "NOR")]}))["communication"]
    before = await recipients(isu, first)
    await end_contact(isu, old)
    await contact(isu, emails=["other@deu.example"])
    await contact(isu, "NOR")

    told = {"subject": words("Corrected"), "body": words("Corrected")}
    draft = (await isu.done("correctCommunication", **upon(first), **told))["communication"]
    assert (draft["status"], draft["visibility"]) == ("DRAFT", "ISU")
    assert [each["reference"] for each in await listed(isu, GERMANY)] == [first["reference"]]
    assert (await isu("approveCommunication", **upon(draft)))["__typename"] == "Forbidden"
    draft = (await (await another(isu)).done("approveCommunication", **upon(draft)))["communication"]
    second = (await isu.done("sendCommunication", **upon(draft)))["communication"]

    assert (second["reference"], second["corrects"]) == ("CCM/ISU/CIRC/2026/2", {"reference": first["reference"]})

    def told_of(each: Any) -> tuple[Any, ...]:
        return tuple(each[name] for name in ("party", "contactPoint", "address", "languageUsed", "suppressedBecause"))

    assert [told_of(each) for each in await recipients(isu, second)] == [told_of(each) for each in before]
    assert [each["status"] for each in await listed(isu, GERMANY)] == ["SENDING", "CORRECTED"]
    again = await isu("correctCommunication", communication=first["id"], expectedVersion=3, **told)
    assert again["__typename"] == "Conflict"


async def test_a_correction_is_in_the_language_of_what_it_corrects_where_it_is_there(isu: Institution) -> None:
    await contact(isu, preferredLanguages=["fr"])
    both = {"subject": words("Words", "en", "fr"), "body": words("Words", "en", "fr")}
    first = (await sent(isu, **both))["communication"]

    used = []
    for told in (both, {"subject": words("Corrected"), "body": words("Corrected")}):
        draft = (await isu.done("correctCommunication", **upon(first), **told))["communication"]
        draft = (await (await another(isu)).done("approveCommunication", **upon(draft)))["communication"]
        first = (await isu.done("sendCommunication", **upon(draft)))["communication"]
        used += [(each["languageUsed"], each["isFallback"]) for each in await recipients(isu, first)]

    assert used == [("fr", False), ("en", True)]


async def end_contact(isu: Institution, own: Any) -> None:
    mutation = """mutation ($input: EndContactInput!) { endContact(input: $input) { __typename } }"""
    ended = {"id": own["id"], "expectedVersion": own["version"]}
    assert (await act(isu.database, ISU, mutation, input=ended))["__typename"] == "ContactEnded"


async def test_of_two_corrections_drafted_side_by_side_one_is_sent(isu: Institution) -> None:
    """The second corrects what its recipients were told is no longer so: it is drafted anew, upon the first."""
    first = (await sent(isu))["communication"]
    told = {"subject": words(), "body": words()}
    drafts = [(await isu.done("correctCommunication", **upon(first), **told))["communication"] for _ in range(3)]
    colleague = await another(isu)
    ready = [(await colleague.done("approveCommunication", **upon(each)))["communication"] for each in drafts[:2]]

    latest = (await isu.done("sendCommunication", **upon(ready[0])))["communication"]

    for actor, name, given in (
        (isu, "sendCommunication", upon(ready[1])),
        (isu, "correctCommunication", upon(ready[1]) | told),
        (colleague, "approveCommunication", upon(drafts[2])),
    ):
        refused = await actor(name, **given)
        assert refused["code"] == "ILLEGAL_TRANSITION"
        assert refused["message"] == (
            "CCM/ISU/CIRC/2026/1 was corrected since, by CCM/ISU/CIRC/2026/2: withdraw this one, and correct that one."
        )
        assert (refused["currentVersion"], refused["currentStatus"]) == (latest["version"], latest["status"])
    await isu.done("withdrawCommunication", **upon(ready[1]))
    anew = (await isu.done("correctCommunication", **upon(latest), **told))["communication"]
    anew = (await colleague.done("approveCommunication", **upon(anew)))["communication"]
    anew = (await isu.done("sendCommunication", **upon(anew)))["communication"]
    assert anew["corrects"] == {"reference": latest["reference"]}


# ---------- what comes back ----------


async def test_a_recipient_acknowledges_for_itself_once(isu: Institution) -> None:
    own = (await sent(isu, audience={"include": [state("DEU"), state("NOR")]}))["communication"]
    germany = {"communication": own["id"], "party": state("DEU")}

    done = await isu.as_(GERMANY).done("acknowledgeCommunication", **germany)
    assert done["communication"]["acknowledgements"] == [{"means": "ACT"}]
    assert (await isu.as_(GERMANY)("acknowledgeCommunication", **germany))["code"] == "ILLEGAL_TRANSITION"
    assert (await isu.as_(GERMANY)("acknowledgeCommunication", **{**germany, "party": state("NOR")}))["__typename"] == (
        "Forbidden"
    )
    france = {"communication": own["id"], "party": state("FRA")}
    assert (await isu.as_(FRANCE)("acknowledgeCommunication", **france))["__typename"] == "NotFound"
    norway = caller("STATE:NOR", Capacity.STATE_PARTY)
    query = "{ communications { nodes { acknowledgements { party { id } } } } }"
    assert (await isu.as_(norway).ask(query))["communications"]["nodes"] == [{"acknowledgements": []}]
    assert [each["acknowledgedAt"] is None for each in await recipients(isu, own)] == [False, True]


async def test_of_who_acknowledges_by_an_act_it_is_not_known_that_the_message_came(isu: Institution) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]
    (one,) = await recipients(isu, own)
    await through_the_unit(isu.database, db.Recipient, ((key_of("Recipient", one["id"]),), {"status": "SENT"}))

    await isu.as_(GERMANY).done("acknowledgeCommunication", communication=own["id"], party=state("DEU"))

    assert [each["status"] for each in await recipients(isu, own)] == ["SENT"]


async def test_a_bounce_that_comes_later_is_recorded(isu: Institution) -> None:
    await contact(isu)
    own = (await sent(isu))["communication"]
    (one,) = await recipients(isu, own)
    bounce = {"recipient": one["id"], "expectedVersion": one["version"], "reason": "Mailbox full"}
    assert (await isu("recordBounce", **bounce))["code"] == "ILLEGAL_TRANSITION"
    await through_the_unit(isu.database, db.Recipient, ((key_of("Recipient", one["id"]),), {"status": "SENT"}))

    bounce["expectedVersion"] += 1
    for nothing in (" ", "\u200b"):
        assert (await isu("recordBounce", **{**bounce, "reason": nothing}))["__typename"] == "Invalid"
    assert (await isu.done("recordBounce", **bounce))["recipient"]["status"] == "BOUNCED"
    (one,) = await recipients(isu, own)
    assert one["attempts"] == [{"outcome": "RETURNED", "code": None, "text": "Mailbox full"}]


THREAD = """{ communications { nodes { reference inReplyTo { subject { original } } replies { party { id } } } }
  incomingCommunications { nodes { party { id } inReplyTo { reference } answers { reference } } } }"""


async def test_what_comes_in_is_kept_in_its_thread_for_its_author_and_the_isu(isu: Institution) -> None:
    first = (await sent(isu, audience={"include": [state("DEU"), state("NOR")]}))["communication"]
    came = {"party": state("DEU"), "receivedOn": "2026-01-15", "subject": words(), "body": words()}
    incoming = (await isu.done("recordIncomingCommunication", **came, inReplyTo=first["id"]))["communication"]
    second = (await sent(isu, inReplyTo=[incoming["id"]]))["communication"]

    thread = await isu.as_(GERMANY).ask(THREAD)
    assert thread["incomingCommunications"]["nodes"] == [
        {
            "party": {"id": state("DEU")},
            "inReplyTo": {"reference": first["reference"]},
            "answers": [{"reference": second["reference"]}],
        }
    ]
    assert [len(each["replies"]) for each in thread["communications"]["nodes"]] == [0, 1]
    thread = await isu.as_(caller("STATE:NOR", Capacity.STATE_PARTY)).ask(THREAD)
    assert thread["incomingCommunications"]["nodes"] == []
    assert thread["communications"]["nodes"] == [{"reference": first["reference"], "inReplyTo": [], "replies": []}]
    draft = await drafted(isu)
    wrong = [
        ({"receivedOn": "2026-01-16"}, "receivedOn"),
        ({"inReplyTo": draft["id"]}, "inReplyTo"),
        ({"party": encode_id("Organisation", "ISU-CCM")}, "party"),
    ]
    for given, path in wrong:
        result = await isu("recordIncomingCommunication", **{**came, **given})
        assert [".".join(each["path"]) for each in result["fields"]] == [path]


async def test_an_erased_person_is_written_to_no_more_and_their_address_is_nowhere(isu: Institution) -> None:
    own = await contact(isu, fullName="Somebody", emails=["somebody@deu.example"])
    first = (await sent(isu))["communication"]
    mutation = "mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { __typename } }"
    erase = {"id": own["person"]["id"], "expectedVersion": own["person"]["version"]}
    assert (await act(isu.database, ISU, mutation, input=erase))["__typename"] == "PersonErased"

    (one,) = await recipients(isu, first)
    assert (one["address"], one["status"], one["suppressedBecause"]) == (None, "SUPPRESSED", "The address was erased.")
    (whole,) = await listed(isu, ISU)
    assert whole["status"] == "SENT"
    async with isu.database.reading() as connection:
        for table in (db.Change, db.Recipient, db.Outbox, db.DeliveryAttempt, db.Contact):
            rows = (await connection.execute(select(inspect(table).local_table))).all()
            assert "somebody@deu.example" not in str(rows), table
    assert (await verify(isu.database)).faults == []


async def test_a_correction_goes_to_no_address_that_was_erased_since(isu: Institution) -> None:
    own = await contact(isu, fullName="Somebody", emails=["somebody@deu.example"])
    first = (await sent(isu))["communication"]
    (one,) = await recipients(isu, first)
    await through_the_unit(isu.database, db.Recipient, ((key_of("Recipient", one["id"]),), {"status": "SENT"}))
    mutation = "mutation ($input: ErasePersonInput!) { erasePerson(input: $input) { __typename } }"
    erase = {"id": own["person"]["id"], "expectedVersion": own["person"]["version"]}
    await act(isu.database, ISU, mutation, input=erase)

    told = {"subject": words("Corrected"), "body": words("Corrected")}
    first = (
        await isu.ask("query ($id: ID!) { node(id: $id) { ... on Communication { id version } } }", id=first["id"])
    )["node"]
    draft = (await isu.done("correctCommunication", **upon(first), **told))["communication"]
    draft = (await (await another(isu)).done("approveCommunication", **upon(draft)))["communication"]
    second = (await isu.done("sendCommunication", **upon(draft)))["communication"]

    (one,) = await recipients(isu, second)
    assert (one["address"], one["status"], one["suppressedBecause"]) == (None, "SUPPRESSED", "The address was erased.")


async def test_a_body_is_shown_as_html_in_which_nothing_runs(isu: Institution) -> None:
    body = (
        "# T\n\n<script>alert(1)</script> [a](javascript:alert(1)) ![p](https://x.example/p.png) [b](https://b.example)"
    )
    own = await drafted(isu, body=words(body))
    shown = 'bodyHtml(language: "ar") { value language isFallback }'
    nothing = 'nothing: bodyHtml(language: "ar", fallback: []) { value }'
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Communication {{ {shown} {nothing} }} }} }}"

    found = (await isu.ask(query, id=own["id"]))["node"]

    html = found["bodyHtml"]["value"]
    assert (found["bodyHtml"]["language"], found["bodyHtml"]["isFallback"], found["nothing"]) == ("en", True, None)
    assert "<h1>T</h1>" in html
    assert '<a href="https://b.example" rel="noopener noreferrer">b</a>' in html
    for bad in ("<script", "<img", 'href="javascript'):
        assert bad not in html
