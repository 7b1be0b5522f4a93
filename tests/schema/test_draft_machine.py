"""Whatever is tried by whomever, in whatever order: nothing is published that was not approved, and no draft is shown.

Every text is marked. What a caller is told is searched for marks, and who may know which is written down here in plain
terms, from what was done; the states that the register keeps are not asked.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from db.engine import Database
from mandate.actor import PUBLIC, Capacity
from tests.api import TODAY
from tests.call import ISU, ask, caller, encode_id
from tests.conftest import Templates
from tests.institution import Institution

THERE = caller("STATE:ZMB", Capacity.STATE_PARTY, Capacity.PARTICIPANT, meeting="2MSP")
IN_COMMITTEE = caller(
    "STATE:BEL", Capacity.STATE_PARTY, Capacity.COMMITTEE_MEMBER, Capacity.PARTICIPANT, meeting="CC-1"
)
PRESIDENT = caller("STATE:LBN", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER)
CALLERS = {
    "public": PUBLIC,
    "there": THERE,
    "in committee": IN_COMMITTEE,
    "president": PRESIDENT,
    "state party": caller("STATE:FRA", Capacity.STATE_PARTY),
    "organisation": caller("ORGANISATION:UNIDIR", Capacity.ORGANISATION),
    "isu": ISU,
}
WHO_SEES = {
    "PUBLIC": set(CALLERS),
    "STATES_PARTIES": {"there", "in committee", "president", "state party", "isu"},
    "COMMITTEE": {"in committee", "president", "isu"},
    "ISU": {"isu"},
}
TOOK_PART = {"2MSP": {"there", "isu"}, "CC-1": {"in committee", "isu"}}
SPEAKS = {"ZMB": "there", "FRA": "state party"}
MARK = re.compile(r"mark-\d+")
_TEXT = '{ in(language: "en") { value } }'
_RECORD = f"""id version status visibility title {_TEXT} summary {_TEXT} paragraphs {{ text {_TEXT} }}
  comments {{ id text answer }} corrigenda {{ reads {_TEXT} reason }} history {{ nodes {{ before after }} }}"""
_STATEMENT = f"id version status text {_TEXT} title {_TEXT} history {{ nodes {{ before after }} }}"
ALL = f"""{{ meetingRecords(first: 50) {{ nodes {{ {_RECORD} }} }} statements(first: 50) {{ nodes {{ {_STATEMENT} }} }}
  meetings {{ nodes {{ records {{ title {_TEXT} }} statements {{ nodes {{ text {_TEXT} }} }} }} }} }}"""


class Drafts(RuleBasedStateMachine):
    template: Callable[[], str]
    forget: Callable[[str], None]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.url = type(self).template()
        self.database = Database(self.url)
        self.isu = Institution(self.database)
        self.knows: dict[str, set[str]] = {}
        """By mark, those who may have been told of it by what was done."""
        self.records: dict[str, dict[str, Any]] = {}
        """By id: its meeting, the marks that it now has, and whether they were reviewed and approved."""
        self.statements: dict[str, dict[str, Any]] = {}
        self.decisions = 0
        self.changed = False

    def teardown(self) -> None:
        self.loop.run_until_complete(self.database.close())
        self.loop.close()
        type(self).forget(self.url)

    def do(self, act: Any) -> Any:
        return self.loop.run_until_complete(act)

    def marked(self, *knows: str) -> str:
        mark = f"mark-{len(self.knows)}"
        self.knows[mark] = {"isu", *knows}
        return mark

    def attempt(self, who: str, name: str, **given: Any) -> Any:
        """What the act came to; what the caller is told of it is searched as everything is."""
        result = self.do(self.isu.as_(CALLERS[who])(name, **given))
        self.is_told(who, result)
        done = "code" not in result
        self.changed |= done
        return result if done else None

    def is_told(self, who: str, told: Any) -> None:
        for mark in set(MARK.findall(json.dumps(told))):
            assert who in self.knows[mark], f"{who} is told of {mark}"

    def version(self, id_: str, late: bool) -> int:
        query = "query ($id: ID!) { node(id: $id) { ... on MeetingRecord { version } ... on Statement { version } } }"
        version: int = self.do(self.isu.ask(query, id=id_))["node"]["version"]
        return version - late

    # ---------- records ----------

    @precondition(lambda self: len(self.records) < 3)
    @rule(
        who=st.sampled_from(["isu"] * 9 + ["there", "president"]),
        meeting=st.sampled_from(["2MSP", "CC-1"]),
        kind=st.sampled_from(["FULL", "FULL", "PUBLIC_SUMMARY"]),
        to=st.sampled_from([None, None, "PUBLIC", "STATES_PARTIES", "COMMITTEE", "PARTICIPANTS"]),
    )
    def draft(self, who: str, meeting: str, kind: str, to: str | None) -> None:
        mark = self.marked()
        done = self.attempt(who, "draftMeetingRecord", meeting=meeting, kind=kind, toBeSeenBy=to, **_words(mark))
        if done:
            record = done["record"]
            kept = {"meeting": meeting, "kind": kind, "marks": {mark}, "to": record["toBeSeenBy"]}
            self.records[record["id"]] = {**kept, "reviewed": False, "approved": False, "published": False}

    @precondition(lambda self: self.records)
    @rule(
        data=st.data(),
        who=st.sampled_from(["isu"] * 6 + ["president", "there", "in committee"]),
        act=st.sampled_from(["submit"] * 3 + ["approve"] * 2 + ["publish"] * 3 + ["edit", "comment", "correct"]),
        late=st.sampled_from([False] * 9 + [True]),
    )
    def take_a_step(self, data: Any, who: str, act: str, late: bool) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.records)))
        record = self.records[id_]
        given: dict[str, Any] = {"record": id_}
        if act != "comment":
            given["expectedVersion"] = self.version(id_, late)
        took_part = TOOK_PART[record["meeting"]]
        match act:
            case "edit":
                mark = self.marked()
                if self.attempt(who, "editMeetingRecord", **given, toBeSeenBy=record["to"], **_words(mark)):
                    assert not record["published"], "what is published is not edited"
                    record |= {"marks": {mark}, "reviewed": False, "approved": False}
            case "submit":
                self._may_know(record["marks"], took_part)
                if self.attempt(who, "submitMeetingRecord", **given, reviewClosesOn=str(TODAY)):
                    record["reviewed"] = True
                elif not record["reviewed"] and not record["published"]:
                    self._may_not_know(record["marks"])
            case "comment":
                mark = self.marked(*took_part)
                if self.attempt(who, "commentOnMeetingRecord", **given, text=mark):
                    assert record["reviewed"]
                    assert who in took_part
            case "approve":
                at = {"atMeeting": "CC-3"} if record["meeting"] == "CC-1" else {"decision": self.decision()}
                if self.attempt(who, "approveMeetingRecord", **given, **at):
                    assert record["reviewed"], "what was not reviewed is not approved"
                    assert who in ("isu", "president")
                    record["approved"] = True
            case "publish":
                # Before it is asked: what was approved may be shown, and nothing else.
                if record["approved"]:
                    self._may_know(record["marks"], WHO_SEES.get(record["to"], took_part))
                if self.attempt(who, "publishMeetingRecord", **given):
                    assert record["approved"], "what was not approved is not published"
                    assert record["kind"] != "FULL" or record["meeting"] != "CC-1" or record["to"] != "PUBLIC"
                    record["published"] = True
            case "correct":
                mark = self.marked(*WHO_SEES.get(record["to"], took_part))
                words = [{"language": "en", "value": mark}]
                if self.attempt(who, "correctMeetingRecord", **given, reads=words, reason=mark):
                    assert record["published"]

    def _may_know(self, marks: set[str], who: set[str]) -> None:
        for mark in marks:
            self.knows[mark] |= who

    def _may_not_know(self, marks: set[str]) -> None:
        for mark in marks:
            self.knows[mark] = {"isu"}

    def decision(self) -> str:
        """Of today, and recorded only now: one that is older approves nothing."""
        self.decisions += 1
        id_: str = self.do(self.isu.decision("2MSP", str(TODAY), f"{self.decisions}"))
        return id_

    # ---------- statements ----------

    @precondition(lambda self: len(self.statements) < 2)
    @rule(
        who=st.sampled_from(["isu", *SPEAKS.values()]),
        party=st.sampled_from(sorted(SPEAKS)),
        to=st.sampled_from([None, "STATES_PARTIES", "PUBLIC"]),
    )
    def submit_a_statement(self, who: str, party: str, to: str | None) -> None:
        mark = self.marked(SPEAKS[party])
        given = {"meeting": "2MSP", "party": encode_id("State", party), "toBeSeenBy": to, "text": _words(mark)["title"]}
        if done := self.attempt(who, "submitStatement", **given):
            assert who in ("isu", SPEAKS[party])
            self.statements[done["statement"]["id"]] = {
                "mark": mark,
                "party": SPEAKS[party],
                "to": done["statement"]["toBeSeenBy"],
                "delivered": False,
                "over": False,
            }

    @precondition(lambda self: self.statements)
    @rule(
        data=st.data(),
        who=st.sampled_from(["isu", "isu", "there", "state party", "public"]),
        act=st.sampled_from(["deliverStatement", "publishStatement", "withdrawStatement"]),
    )
    def bring_a_statement_on(self, data: Any, who: str, act: str) -> None:
        id_ = data.draw(st.sampled_from(sorted(self.statements)))
        statement = self.statements[id_]
        may_publish = who in ("isu", statement["party"]) and statement["delivered"] and not statement["over"]
        if act == "publishStatement" and may_publish:
            self.knows[statement["mark"]] |= WHO_SEES[statement["to"]]
        if self.attempt(who, act, statement=id_, expectedVersion=self.version(id_, False)):
            assert who == "isu" or (who == statement["party"] and act != "deliverStatement")
            assert not statement["over"]
            statement["delivered"] |= act == "deliverStatement"
            statement["over"] |= act != "deliverStatement"

    # ---------- what holds ----------

    @invariant()
    def nobody_is_told_what_is_not_for_them(self) -> None:
        """Of the ISU there is nothing to ask."""
        if self.changed:
            self.changed = False
            for who in CALLERS.keys() - {"isu"}:
                self.is_told_what_there_is(who)

    def is_told_what_there_is(self, who: str) -> None:
        answer = self.do(ask(self.database, CALLERS[who], ALL))
        assert "errors" not in answer, answer["errors"]
        self.is_told(who, answer)


def _words(mark: str) -> dict[str, Any]:
    words = [{"language": "en", "value": mark}]
    return {"title": words, "summary": words, "paragraphs": [{"number": "1", "text": words}]}


@pytest.fixture(scope="module")
def prepared(templates: Templates) -> str:
    """A Meeting of States Parties that is open, and two meetings of the Committee."""
    url = templates.databases.copy(templates.states)

    async def prepare() -> None:
        database = Database(url)
        isu = Institution(database)
        await isu.meeting("2MSP", "2011-09-12", "2011-09-16")
        await isu.done("openMeeting", meeting="2MSP", expectedVersion=1)
        closed = {"kind": "coordination_committee", "formality": "INFORMAL", "visibility": "COMMITTEE"}
        for code, on in (("CC-1", "2012-05-02"), ("CC-3", str(TODAY))):
            await isu.meeting(code, on, on, **closed)
            await isu.done("openMeeting", meeting=code, expectedVersion=1)
        await database.close()

    asyncio.run(prepare())
    templates.databases.freeze(url)
    return url


def _run(prepared: str, templates: Templates, sequences: int) -> None:
    machine = type(
        "OnThisEngine",
        (Drafts,),
        {
            "template": staticmethod(lambda: templates.databases.copy(prepared)),
            "forget": staticmethod(templates.databases.drop),
        },
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_no_order_of_acts_shows_a_draft_or_publishes_what_was_not_approved(prepared: str, templates: Templates) -> None:
    _run(prepared, templates, 5)


@pytest.mark.soak
def test_nor_do_three_hundred(prepared: str, templates: Templates) -> None:
    _run(prepared, templates, 300)
