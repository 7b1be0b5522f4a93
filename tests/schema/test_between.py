"""What falls between meetings, documents, decisions and communications: nobody sees more than each of them allows."""

from __future__ import annotations

from typing import Any

import pytest

import db as tables
from mandate.actor import ABOUT, PUBLIC, Act, Capacity, Visibility
from resolvers import account
from schema.id import encode_id
from tests.call import caller, hide
from tests.institution import Institution

pytestmark = pytest.mark.anyio

TITLE = [{"language": "en", "value": "Dépollution at last"}]
FOUND = '{ search(query: "depollution") { totalCount } }'
PAPER: dict[str, Any] = {
    "kind": "working_paper",
    "title": TITLE,
    "originalLanguage": "en",
    "versions": [{"language": "en"}],
}


async def begin(isu: Institution) -> None:
    """The Second Meeting is for all, and the Third, so far, for States Parties."""
    await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    await hide(isu.database, tables.Meeting, "3MSP", Visibility.STATES_PARTIES)


async def test_a_reserved_symbol_is_issued_for_the_meeting_for_which_it_was_reserved(isu: Institution) -> None:
    reserved = {"kind": "working_paper", "title": TITLE, "symbol": "CCM/MSP/2012/WP.7"}
    await isu.done("allocateSymbol", meeting="3MSP", **reserved)
    elsewhere = await isu("issueDocument", **PAPER, symbol="CCM/MSP/2012/WP.7")
    other = await isu("issueDocument", **PAPER, symbol="CCM/MSP/2012/WP.7", meetings=["2MSP"])
    await isu.done("issueDocument", **PAPER, symbol="CCM/MSP/2012/WP.7", meetings=["3MSP"])

    assert [each["fields"][0]["path"] for each in (elsewhere, other)] == [["meetings"]] * 2
    assert (await isu.as_(PUBLIC).ask(FOUND))["search"]["totalCount"] == 0


async def test_what_alters_a_document_is_for_nobody_for_whom_the_document_is_not(isu: Institution) -> None:
    hidden = {"symbol": "CCM/MSP/2012/WP.8", "meetings": ["3MSP"]}
    await isu.done("issueDocument", **PAPER, **hidden)
    wide = await isu("issueDocument", **PAPER, symbol="CCM/MSP/2012/WP.8/Rev.1", visibility="PUBLIC")
    await isu.done("issueDocument", **PAPER, symbol="CCM/MSP/2012/WP.8/Rev.1")

    assert wide["fields"][0]["path"] == ["visibility"]
    assert (await isu.as_(PUBLIC).ask(FOUND))["search"]["totalCount"] == 0
    assert (await isu.ask(FOUND))["search"]["totalCount"] == 2


async def test_a_decision_is_for_those_for_whom_its_meeting_is(isu: Institution) -> None:
    given = {"meeting": "3MSP", "title": TITLE, "adoptedOn": "2012-09-12"}
    wide = await isu("adoptDecision", **given, number="1", visibility="PUBLIC")
    await isu.done("adoptDecision", **given, number="1")
    dots = await isu("adoptDecision", **given, number="..")

    assert wide["fields"][0]["path"] == ["visibility"]
    assert dots["fields"][0]["path"] == ["number"]
    assert (await isu.as_(PUBLIC).ask(FOUND))["search"]["totalCount"] == 0
    assert (await isu.ask(FOUND))["search"]["totalCount"] == 1


async def test_who_is_only_nominated_or_was_revoked_receives_nothing_for_participants(isu: Institution) -> None:
    await isu.meeting("14MSP", "2026-09-07", "2026-09-11")
    await isu.done("inviteToMeeting", meeting="14MSP", categories=["STATES_PARTIES"])
    france = encode_id("State", "FRA")
    person = {"fullName": "Jeanne Exemple", "role": "DELEGATE"}
    await isu.as_(caller("STATE:FRA", Capacity.STATE_PARTY)).done(
        "nominateDelegation", meeting="14MSP", party=france, people=[person]
    )
    austria = {"party": encode_id("State", "AUT"), "fullName": "Anna Beispiel", "role": "DELEGATE"}
    registered = await isu.done("registerParticipant", meeting="14MSP", **austria)
    preview = """{ audiencePreview(audience: { groups: [MEETING_PARTICIPANTS], meeting: "14MSP" }) {
                     members { party { ... on State { code } } } } }"""

    async def members() -> list[str]:
        found = (await isu.ask(preview))["audiencePreview"]["members"]
        return [each["party"]["code"] for each in found]

    assert await members() == ["AUT"]
    of = registered["participation"]
    await isu.done("revokeParticipation", participation=of["id"], expectedVersion=of["version"])
    assert await members() == []


def test_all_that_acts_are_about_can_be_asked_for() -> None:
    about = {name for names in ABOUT.values() for name in names}
    assert about - {"State", "Organisation"} <= set(account._TABLES)
    assert set(ABOUT) == set(Act)
