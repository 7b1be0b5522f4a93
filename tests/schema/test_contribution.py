"""What is pledged and paid to the ISU, and who is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from db.engine import Database
from mandate.actor import PUBLIC, Actor, Capacity
from tests.call import ISU, ask, caller, encode_id
from tests.institution import Institution

pytestmark = pytest.mark.anyio

NORWAY = caller("STATE:NOR", Capacity.STATE_PARTY)
FRANCE = caller("STATE:FRA", Capacity.STATE_PARTY)
UNIDIR = caller("ORGANISATION:UNIDIR", Capacity.ORGANISATION)
CONTRIBUTIONS = """query ($year: Int) { contributions(year: $year) { id amount status received
  history { nodes { changedFields after } } } }"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Contribution { amount } } }"


@pytest.fixture
async def isu(states_url: str) -> AsyncIterator[Institution]:
    database = Database(states_url)
    yield Institution(database)
    await database.close()


def pledge(**given: Any) -> dict[str, Any]:
    return {"party": encode_id("State", "NOR"), "year": 2016, "amount": "100000.25", "currency": "CHF", **given}


async def pledged(isu: Institution, **given: Any) -> Any:
    return (await isu.done("pledgeContribution", **pledge(**given)))["contribution"]


def upon(contribution: Any) -> dict[str, Any]:
    return {"contribution": contribution["id"], "expectedVersion": contribution["version"]}


async def listed(isu: Institution, actor: Actor, **variables: Any) -> list[str]:
    found = (await isu.as_(actor).ask(CONTRIBUTIONS, **variables))["contributions"]
    return [each["amount"] for each in found]


async def test_a_pledge_is_paid_in_parts(isu: Institution) -> None:
    own = await pledged(isu, earmark=" Sponsorship ")
    assert (own["status"], own["amount"], own["received"]) == ("PLEDGED", "100000.25", "0")
    assert own["earmark"] == "Sponsorship"

    own = (await isu.done("recordPayment", **upon(own), amount="40000", receivedOn="2016-03-01"))["contribution"]
    assert (own["status"], own["received"], own["receivedOn"]) == ("PLEDGED", "40000", "2016-03-01")

    own = (await isu.done("recordPayment", **upon(own), receivedOn="2016-04-01"))["contribution"]
    assert (own["status"], own["received"], own["receivedOn"]) == ("RECEIVED", "100000.25", "2016-04-01")

    again = await isu("recordPayment", **upon(own), amount="1", receivedOn="2016-05-01")
    assert (again["__typename"], again["code"], again["currentStatus"]) == (
        "Conflict",
        "ILLEGAL_TRANSITION",
        "RECEIVED",
    )


async def test_the_largest_amount_is_kept_to_the_last_digit(isu: Institution) -> None:
    own = await pledged(isu, amount="9999999999999999.9999")

    paid = (await isu.done("recordPayment", **upon(own), receivedOn="2016-03-01"))["contribution"]
    assert paid["received"] == own["amount"] == "9999999999999999.9999"


async def test_a_payment_upon_an_older_version_is_not_recorded(isu: Institution) -> None:
    own = await pledged(isu)
    await isu.done("recordPayment", **upon(own), amount="1", receivedOn="2016-03-01")

    again = await isu("recordPayment", **upon(own), amount="1", receivedOn="2016-03-01")
    assert (again["__typename"], again["code"], again["currentVersion"]) == ("Conflict", "STALE_VERSION", 2)


async def test_a_pledge_is_for_those_whom_it_was_made_visible_to(isu: Institution) -> None:
    await pledged(isu, amount="1")
    await pledged(isu, amount="2", visibility="PUBLIC")
    own = await pledged(isu, amount="3", visibility="CONCERNED")

    assert await listed(isu, PUBLIC) == ["2"]
    assert await listed(isu, FRANCE) == ["1", "2"]
    assert await listed(isu, NORWAY) == ["1", "2", "3"]
    assert await listed(isu, UNIDIR) == ["2"]
    assert await listed(isu, ISU) == ["1", "2", "3"]
    assert await listed(isu, ISU, year=2017) == []
    assert (await isu.as_(FRANCE).ask(NODE, id=own["id"]))["node"] is None
    assert (await isu.as_(NORWAY).ask(NODE, id=own["id"]))["node"] == {"amount": "3"}


async def test_a_party_pledges_for_itself_alone(isu: Institution) -> None:
    assert (await isu.as_(NORWAY).done("pledgeContribution", **pledge()))["contribution"]["party"]["id"] == (
        encode_id("State", "NOR")
    )
    for actor in (FRANCE, UNIDIR, PUBLIC):
        assert (await isu.as_(actor)("pledgeContribution", **pledge()))["__typename"] == "Forbidden"
    assert (await isu.as_(NORWAY)("recordPayment", **upon(await pledged(isu)), receivedOn="2016-03-01"))[
        "__typename"
    ] == "Forbidden"


async def test_an_organisation_that_may_not_read_its_pledge_is_told_no_more_than_that_it_is_made(
    isu: Institution,
) -> None:
    code = (await ask(isu.database, PUBLIC, '{ organisation(code: "GICHD") { id } }'))["data"]["organisation"]["id"]
    gichd = isu.as_(caller("ORGANISATION:GICHD", Capacity.ORGANISATION, Capacity.GICHD))

    hidden = await gichd.done("pledgeContribution", **pledge(party=code))
    own = await gichd.done("pledgeContribution", **pledge(party=code, visibility="CONCERNED"))

    assert hidden["contribution"] is None
    assert own["contribution"]["amount"] == "100000.25"


async def test_what_can_not_be_recorded_says_why(isu: Institution) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"currency": "SFR"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"year": 1899}, "year"),
        ({"year": 2100}, "year"),
        ({"earmark": " "}, "earmark"),
        ({"earmark": "\u2060"}, "earmark"),
        ({"earmark": "x" * 501}, "earmark"),
        ({"visibility": "ISU"}, "visibility"),
        ({"visibility": "COMMITTEE"}, "visibility"),
        ({"party": encode_id("Organisation", "ISU-CCM")}, "party"),
    ]
    for given, path in wrong:
        result = await isu("pledgeContribution", **pledge(**given))
        assert result["__typename"] == "Invalid", (given, result)
        assert [".".join(each["path"]) for each in result["fields"]] == [path], given
    nobody = await isu("pledgeContribution", **pledge(party=encode_id("State", "XXX")))
    assert nobody["__typename"] == "NotFound"
    assert await listed(isu, ISU) == []

    own = await pledged(isu)
    for given, path in (
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"receivedOn": "2026-01-16"}, "receivedOn"),
        ({"receivedOn": "1899-12-31"}, "receivedOn"),
    ):
        result = await isu("recordPayment", **{**upon(own), "receivedOn": "2016-03-01", **given})
        assert [".".join(each["path"]) for each in result["fields"]] == [path], given
    absent = upon({"id": encode_id("Contribution", "none"), "version": 1})
    assert (await isu("recordPayment", **absent, receivedOn="2016-03-01"))["__typename"] == "NotFound"


async def test_what_is_only_validated_is_not_kept(isu: Institution) -> None:
    result = await isu("pledgeContribution", validate_only=True, **pledge(visibility="CONCERNED"))
    assert (result["__typename"], result["contribution"]) == ("ContributionPledged", None)
    assert await listed(isu, ISU) == []

    own = await pledged(isu)
    result = await isu("recordPayment", validate_only=True, **upon(own), receivedOn="2016-03-01")
    assert (result["__typename"], result["contribution"]) == ("PaymentRecorded", None)
    assert (await isu.ask(CONTRIBUTIONS))["contributions"][0]["received"] == "0"
