"""The ISU itself: who directs, hosts and serves it, what stands in for it, and what it is instructed to do."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import db
from db.engine import Database
from mandate.actor import PUBLIC, Capacity
from mandate.support import ArrangementKind, established_on
from resolvers import support
from resolvers.context import Context
from tests.api import TODAY
from tests.call import ISU, caller, encode_id, hide
from tests.institution import Institution, violated, warned

pytestmark = pytest.mark.anyio

NORWAY = caller("STATE:NOR", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER)
FRANCE = caller("STATE:FRA", Capacity.STATE_PARTY)
SIGNATORY = caller("STATE:AGO", Capacity.SIGNATORY)
RED_CROSS = caller("ORGANISATION:ICRC", Capacity.ORGANISATION, Capacity.ICRC, Capacity.COMMITTEE_MEMBER)
SUPPORT = """query ($day: Date) { isuSupport(asOf: $day) { asOf establishedOn
  director { person { fullName } alsoServes { code } evaluations { rule { code } verdict } }
  arrangements { kind organisation { code } evaluations { rule { code } } } } }"""
INSTRUCTIONS = """{ instructions { text { original } party { id } decision { id } committeeMeeting { code }
  evaluations { rule { code } verdict explanation inputs } history { totalCount nodes { after } } } }"""
NODE = """query ($id: ID!) { node(id: $id) { __typename ... on IsuArrangement { organisation { code } withAnotherIsu }
  ... on Instruction { givenOn } } }"""


async def begin(isu: Institution) -> None:
    await isu.meeting("3MSP", "2012-09-11", "2012-09-14")
    await isu.meeting("CC-1", "2012-05-02", "2012-05-02", kind="coordination_committee", formality="INFORMAL")


def fields(result: Any) -> list[str]:
    assert result["__typename"] == "Invalid", result
    return [".".join(each["path"]) for each in result["fields"]]


# ---------- the Director ----------


def director(starts_on: str, ends_on: str | None = None, **given: Any) -> dict[str, Any]:
    return {"fullName": "Sheila Mweemba", "startsOn": starts_on, "endsOn": ends_on, **given}


async def test_a_director_is_appointed(isu: Institution) -> None:
    decision = await isu.decision("3MSP", "2012-09-14")

    result = await isu.done("appointDirector", **director("2015-05-01", decision=decision, alsoServes="GICHD"))

    term = result["term"]
    assert (term["startsOn"], term["endsOn"], term["office"]) == ("2015-05-01", None, {"code": "isu_director"})
    assert (term["person"], term["alsoServes"]) == ({"fullName": "Sheila Mweemba"}, {"code": "GICHD"})
    found = (await isu.as_(PUBLIC).ask(SUPPORT, day="2016-01-01"))["isuSupport"]
    assert found["establishedOn"] == "2015-05-01"
    assert found["director"]["person"] == {"fullName": "Sheila Mweemba"}
    assert {each["rule"]["code"]: each["verdict"] for each in found["director"]["evaluations"]} == {
        "isu-director": "SATISFIED",
        "isu-independent": "SATISFIED",
    }
    before = (await isu.ask(SUPPORT, day="2015-04-30"))["isuSupport"]
    assert (before["establishedOn"], before["director"]) == (None, None)


async def test_there_is_one_director_at_a_time(isu: Institution) -> None:
    await isu.done("appointDirector", **director("2015-05-01", "2018-05-01"))

    for starts_on, ends_on in (("2018-04-30", None), ("2015-05-01", "2015-06-01"), ("2014-01-01", None)):
        assert await isu.refused("appointDirector", **director(starts_on, ends_on)) == ["isu-director"]
    await isu.done("appointDirector", **director("2018-05-01"))
    await isu.done("appointDirector", **director("2014-01-01", "2015-05-01"))
    assert await isu.refused("appointDirector", **director("2026-01-01")) == ["isu-director"]


async def test_a_director_who_leaves_makes_way(isu: Institution) -> None:
    term = (await isu.done("appointDirector", **director("2015-05-01")))["term"]
    await isu.done("resignOffice", term=term["id"], expectedVersion=1, on="2020-01-01")

    other = (await isu.done("appointDirector", **director("2020-01-01", fullName="Somebody Else")))["term"]

    # One who was recorded by mistake is taken back on the first day.
    await isu.done("resignOffice", term=other["id"], expectedVersion=1, on="2020-01-01")
    await isu.done("appointDirector", **director("2020-01-01", fullName="Whoever It Was"))


async def test_no_director_is_shared_with_another_isu(isu: Institution) -> None:
    shared = director("2015-05-01", alsoServes="GICHD", withAnotherIsu=True)

    assert await isu.refused("appointDirector", **shared) == ["isu-independent"]


async def test_an_appointment_that_can_not_be_recorded_says_why(isu: Institution) -> None:
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        (director("2015-05-01", "2015-05-01"), ["endsOn"]),
        (director("2015-05-01", "2100-01-01"), ["endsOn"]),
        (director("1899-05-01"), ["startsOn"]),
        (director("2011-09-15"), ["startsOn"]),
        (director("2015-05-01", fullName=None), ["fullName"]),
        (director("2015-05-01", fullName=" "), ["fullName"]),
        (director("2015-05-01", withAnotherIsu=True), ["alsoServes"]),
        (director("2015-05-01", alsoServes="ISU-CCM"), ["alsoServes"]),
    ]
    for given, paths in wrong:
        assert fields(await isu("appointDirector", **given)) == paths, given
    for given in ({"decision": encode_id("Decision", "none")}, {"alsoServes": "NONE"}):
        assert (await isu("appointDirector", **director("2015-05-01", **given)))["__typename"] == "NotFound"
    somebody = director("2015-05-01", fullName=None, person=encode_id("Person", "none"))
    assert (await isu("appointDirector", **somebody))["__typename"] == "NotFound"
    assert (await isu.ask(SUPPORT))["isuSupport"]["director"] is None


async def test_an_appointment_that_is_only_validated_is_not_kept(isu: Institution) -> None:
    result = await isu("appointDirector", validate_only=True, **director("2015-05-01"))

    assert (result["__typename"], result["term"]) == ("DirectorAppointed", None)
    assert (await isu.ask(SUPPORT))["isuSupport"]["director"] is None


# ---------- arrangements ----------


def arrangement(kind: str = "HOST", **given: Any) -> dict[str, Any]:
    return {"kind": kind, "organisation": "GICHD", "startsOn": "2014-08-02", **given}


async def test_an_organisation_that_hosts_another_isu_may_host_this_one(isu: Institution) -> None:
    result = await isu.done("arrangeIsuSupport", **arrangement())

    assert {each["rule"]["code"]: each["verdict"] for each in result["ruleEvaluations"]} == {
        "isu-independent": "SATISFIED",
        "isu-interim": "NOT_APPLICABLE",
    }
    found = (await isu.as_(PUBLIC).ask(SUPPORT, day="2014-08-02"))["isuSupport"]
    assert [(each["kind"], each["organisation"]["code"]) for each in found["arrangements"]] == [("HOST", "GICHD")]
    assert found["establishedOn"] == "2014-08-02"
    assert (await isu.ask(SUPPORT, day="2014-08-01"))["isuSupport"]["arrangements"] == []
    assert (await isu.as_(PUBLIC).ask(NODE, id=result["arrangement"]["id"]))["node"] == {
        "__typename": "IsuArrangement",
        "organisation": {"code": "GICHD"},
        "withAnotherIsu": False,
    }


async def test_no_arrangement_is_made_with_another_isu(isu: Institution) -> None:
    for kind in ("HOST", "SERVICES", "INTERIM_CAPACITY"):
        result = await isu("arrangeIsuSupport", **arrangement(kind, withAnotherIsu=True))
        assert violated(result) == ["isu-independent"]


async def test_an_interim_capacity_that_leaves_a_gap_is_warned(isu: Institution) -> None:
    first = arrangement("INTERIM_CAPACITY", organisation="UNDP", startsOn="2011-09-16", endsOn="2013-01-01")
    second = arrangement("INTERIM_CAPACITY", organisation="UNDP", startsOn="2013-02-01")

    assert warned(await isu.done("arrangeIsuSupport", **first)) == []
    result = await isu.done("arrangeIsuSupport", **second)
    assert warned(result) == ["isu-interim"]
    (interim,) = [each for each in result["ruleEvaluations"] if each["rule"]["code"] == "isu-interim"]
    assert interim["inputs"]["gaps"] == ["2013-01-01/2013-02-01"]
    assert interim["citation"] == {"paragraph": "para 19"}


async def test_an_arrangement_gets_its_end(isu: Institution) -> None:
    own = (await isu.done("arrangeIsuSupport", **arrangement("SERVICES")))["arrangement"]
    ended = arrangement("SERVICES", endsOn="2020-01-01", arrangement=own["id"], expectedVersion=1)

    result = await isu.done("arrangeIsuSupport", **ended)

    assert (result["arrangement"]["id"], result["arrangement"]["endsOn"]) == (own["id"], "2020-01-01")
    assert len((await isu.ask(SUPPORT, day="2019-12-31"))["isuSupport"]["arrangements"]) == 1
    assert (await isu.ask(SUPPORT, day="2020-01-01"))["isuSupport"]["arrangements"] == []
    again = await isu("arrangeIsuSupport", **ended)
    assert (again["__typename"], again["code"]) == ("Conflict", "STALE_VERSION")


async def test_an_arrangement_that_can_not_be_recorded_says_why(isu: Institution) -> None:
    wrong: list[tuple[dict[str, Any], list[str]]] = [
        ({"endsOn": "2014-08-02"}, ["endsOn"]),
        ({"startsOn": "1899-01-01"}, ["startsOn"]),
        ({"organisation": "ISU-CCM"}, ["organisation"]),
        ({"expectedVersion": 1}, ["expectedVersion"]),
        ({"arrangement": encode_id("IsuArrangement", "none")}, ["expectedVersion"]),
    ]
    for given, paths in wrong:
        assert fields(await isu("arrangeIsuSupport", **arrangement(**given))) == paths, given
    for given in (
        {"organisation": "NONE"},
        {"decision": encode_id("Decision", "none")},
        {"arrangement": encode_id("IsuArrangement", "none"), "expectedVersion": 1},
    ):
        assert (await isu("arrangeIsuSupport", **arrangement(**given)))["__typename"] == "NotFound"
    await isu.done("arrangeIsuSupport", **arrangement())
    again = await isu("arrangeIsuSupport", **arrangement())
    assert (again["__typename"], again["code"]) == ("Conflict", "DUPLICATE")


async def test_the_isu_alone_arranges_and_appoints(isu: Institution) -> None:
    for actor in (PUBLIC, FRANCE, NORWAY):
        assert (await isu.as_(actor)("arrangeIsuSupport", **arrangement()))["__typename"] == "Forbidden"
        assert (await isu.as_(actor)("appointDirector", **director("2015-05-01")))["__typename"] == "Forbidden"


async def test_the_executive_coordinator_of_the_register_was_an_interim_capacity(register_url: str) -> None:
    database = Database(register_url)
    async with Context(database, TODAY, ISU) as context, context.reader() as reader:
        arrangements = await support.arrangements(reader)
        directors = await support.directors(reader)
    await database.close()

    (interim,) = arrangements
    assert (interim.kind, interim.organisation) == (ArrangementKind.INTERIM_CAPACITY, "UNDP")
    assert (interim.starts_on, interim.ends_on) == (date(2011, 9, 16), date(2015, 9, 11))
    # Of the Director the sources tell no more than that there was one in 2016.
    assert established_on(directors, arrangements) == date(2016, 1, 1)


# ---------- instructions ----------


def instruction(**given: Any) -> dict[str, Any]:
    return {"text": [{"language": "en", "value": "Prepare a sponsorship programme."}], **given}


async def test_an_instruction_that_cites_nothing_gets_a_warning(isu: Institution) -> None:
    result = await isu.as_(FRANCE).done("instructIsu", **instruction())

    assert warned(result) == ["isu-instructions"]
    own = result["instruction"]
    assert (own["party"]["id"], own["givenOn"]) == (encode_id("State", "FRA"), str(TODAY))
    assert own["visibility"] == "STATES_PARTIES"


async def test_an_instruction_that_cites_a_decision_or_the_committee_gets_none(isu: Institution) -> None:
    decision = await isu.decision("3MSP", "2012-09-14")

    cited = await isu.as_(NORWAY).done("instructIsu", **instruction(decision=decision))
    assert warned(cited) == []
    assert cited["instruction"]["decision"] == {"id": decision}
    committee = await isu.as_(NORWAY).done("instructIsu", **instruction(committeeMeeting="CC-1"))
    assert warned(committee) == []
    assert committee["instruction"]["committeeMeeting"] == {"code": "CC-1"}
    of_committee = await isu.decision("CC-1", "2012-05-02")
    assert warned(await isu.done("instructIsu", **instruction(decision=of_committee))) == []


async def test_instructions_are_for_states_parties(isu: Institution) -> None:
    own = (await isu.as_(FRANCE).done("instructIsu", **instruction()))["instruction"]["id"]

    for actor in (PUBLIC, SIGNATORY, RED_CROSS):
        assert (await isu.as_(actor).ask(INSTRUCTIONS))["instructions"] == []
        assert (await isu.as_(actor).ask(NODE, id=own))["node"] is None
    assert (await isu.as_(NORWAY).ask(NODE, id=own))["node"] == {"__typename": "Instruction", "givenOn": str(TODAY)}
    assert len((await isu.as_(NORWAY).ask(INSTRUCTIONS))["instructions"]) == 1


async def test_who_sees_an_instruction_is_not_told_what_it_cites_where_that_is_hidden(isu: Institution) -> None:
    decision = await isu.decision("3MSP", "2012-09-14", number="SECRET", visibility="ISU")
    await hide(isu.database, db.Meeting, "CC-1")
    await isu.done("instructIsu", **instruction(decision=decision, committeeMeeting="CC-1"))

    (seen,) = (await isu.as_(FRANCE).ask(INSTRUCTIONS))["instructions"]
    assert (seen["decision"], seen["committeeMeeting"]) == (None, None)
    for hidden in ("CC-1", "SECRET", "2012-09-14", "3MSP"):
        assert hidden not in str(seen)


async def test_what_is_hidden_from_a_state_can_not_be_cited_by_it(isu: Institution) -> None:
    decision = await isu.decision("3MSP", "2012-09-14", visibility="ISU")
    of_hidden = await isu.decision("CC-1", "2012-05-02")
    await hide(isu.database, db.Meeting, "CC-1")

    for given, kind in (
        ({"decision": decision}, "decision"),
        ({"decision": of_hidden}, "decision"),
        ({"committeeMeeting": "CC-1"}, "meeting"),
        ({"decision": encode_id("Decision", "none")}, "decision"),
        ({"committeeMeeting": "NONE"}, "meeting"),
    ):
        result = await isu.as_(FRANCE)("instructIsu", **instruction(**given))
        assert (result["__typename"], result["message"]) == ("NotFound", f"There is no such {kind}."), given


async def test_an_instruction_that_can_not_be_recorded_says_why(isu: Institution) -> None:
    assert fields(await isu("instructIsu", **instruction(text=[]))) == ["text"]
    assert fields(await isu("instructIsu", **instruction(committeeMeeting="3MSP"))) == ["committeeMeeting"]
    for actor in (PUBLIC, SIGNATORY, RED_CROSS):
        assert (await isu.as_(actor)("instructIsu", **instruction()))["__typename"] == "Forbidden"
    result = await isu("instructIsu", validate_only=True, **instruction())
    assert (result["__typename"], result["instruction"]) == ("IsuInstructed", None)
    assert (await isu.ask(INSTRUCTIONS))["instructions"] == []


# ---------- advice, and contact with others ----------

WORDS = [{"language": "en", "value": "Some words"}]
ADVICE = "{ adviceRequests { totalCount nodes { id question { original } answeredOn } } }"
LIAISON = "{ liaison { totalCount nodes { on party { id } } } }"


async def test_a_state_party_asks_for_advice_and_is_answered(isu: Institution) -> None:
    asked = {"state": "NOR", "subject": WORDS, "question": WORDS}
    request = (await isu.as_(NORWAY).done("requestAdvice", **asked))["request"]
    assert (request["askedOn"], request["answeredOn"]) == (str(TODAY), None)

    answer = {"request": request["id"], "expectedVersion": request["version"], "answer": WORDS}
    assert (await isu.as_(NORWAY)("answerAdvice", **answer))["__typename"] == "Forbidden"
    answered = (await isu.done("answerAdvice", **answer))["request"]
    assert (answered["answeredOn"], answered["answer"]) == (str(TODAY), {"original": "en"})

    again = await isu("answerAdvice", **{**answer, "expectedVersion": answered["version"]})
    assert (again["__typename"], again["code"]) == ("Conflict", "ILLEGAL_TRANSITION")
    for actor, count in ((ISU, 1), (NORWAY, 1), (FRANCE, 0), (SIGNATORY, 0), (RED_CROSS, 0), (PUBLIC, 0)):
        assert (await isu.as_(actor).ask(ADVICE))["adviceRequests"]["totalCount"] == count


async def test_a_state_party_asks_for_itself_alone(isu: Institution) -> None:
    asked = {"state": "NOR", "subject": WORDS, "question": WORDS}
    for actor in (FRANCE, RED_CROSS, PUBLIC):
        assert (await isu.as_(actor)("requestAdvice", **asked))["__typename"] == "Forbidden"
    assert (await isu.as_(SIGNATORY)("requestAdvice", **{**asked, "state": "AGO"}))["__typename"] == "Forbidden"
    assert (await isu("requestAdvice", **{**asked, "state": "XXX"}))["__typename"] == "NotFound"
    only = await isu.as_(NORWAY)("requestAdvice", validate_only=True, **asked)
    assert (only["__typename"], only["request"]) == ("AdviceRequested", None)
    assert (await isu.ask(ADVICE))["adviceRequests"]["totalCount"] == 0


async def test_contacts_with_others_are_logged_for_those_whom_they_are_for(isu: Institution) -> None:
    met = {"organisation": "CMC", "on": "2026-01-10", "summary": WORDS}
    await isu.done("logLiaison", **met)
    await isu.done("logLiaison", **met, visibility="STATES_PARTIES")

    for actor, count in ((ISU, 2), (FRANCE, 1), (SIGNATORY, 0), (PUBLIC, 0)):
        assert (await isu.as_(actor).ask(LIAISON))["liaison"]["totalCount"] == count
    for given, path in (
        ({"on": "2026-01-16"}, "on"),
        ({"on": "1899-12-31"}, "on"),
        ({"visibility": "CONCERNED"}, "visibility"),
        ({"organisation": "ISU-CCM"}, "organisation"),
        ({"summary": []}, "summary"),
    ):
        assert fields(await isu("logLiaison", **{**met, **given})) == [path]
    assert (await isu("logLiaison", **{**met, "organisation": "NONE"}))["__typename"] == "NotFound"
    assert (await isu.as_(FRANCE)("logLiaison", **met))["__typename"] == "Forbidden"


async def test_the_review_counts_what_is_on_record_of_a_task(isu: Institution) -> None:
    await isu.done("appointDirector", **director("2015-05-01"))
    await isu.done("logLiaison", organisation="CMC", on="2026-01-10", summary=WORDS, visibility="STATES_PARTIES")
    await isu.done("logLiaison", organisation="CMC", on="2025-12-31", summary=WORDS)
    request = (await isu.done("requestAdvice", state="NOR", subject=WORDS, question=WORDS))["request"]
    await isu.done("answerAdvice", request=request["id"], expectedVersion=1, answer=WORDS)
    query = "{ complianceReview(rules: []) { taskCoverage { task year recorded } } }"

    async def recorded(actor: Any) -> dict[tuple[str, int], int]:
        found = (await isu.as_(actor).ask(query))["complianceReview"]["taskCoverage"]
        return {(each["task"], each["year"]): each["recorded"] for each in found if each["recorded"]}

    assert await recorded(ISU) == {("c", 2026): 1, ("g", 2025): 1, ("g", 2026): 1}
    assert await recorded(FRANCE) == {("g", 2026): 1}
    assert await recorded(PUBLIC) == {}
