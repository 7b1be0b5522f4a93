"""Whatever is tried, in whatever order: no state is reached in which a binding rule does not hold.

What holds is checked in plain terms, by the paper, and not by the rules' own functions.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from db.engine import Database
from tests.call import ISU, ask
from tests.conftest import Templates
from tests.institution import Institution

GROUPS, THEME = ("universalization", "victim_assistance"), "reporting_and_transparency"
STATES = ("DEU", "FRA", "LAO", "NOR", "ZMB", "CHE", "LTU", "AGO", "USA")
MEETINGS = {
    "2MSP": ("2011-09-12", "2011-09-16"),
    "3MSP": ("2012-09-11", "2012-09-14"),
    "4MSP": ("2013-09-10", "2013-09-13"),
    "5MSP": ("2014-09-03", "2014-09-05"),
}
DAYS = [
    *("2011-09-16", "2011-12-31", "2012-01-01", "2012-03-01", "2012-09-14", "2012-09-15", "2013-03-16", "2013-09-13"),
    *("2013-09-16", "2014-03-16", "2014-09-05", "2014-09-14", "2015-09-13", "2015-09-16", "2016-09-05", "2024-09-06"),
]
ELIGIBILITY = """query ($state: CountryCode!, $portfolio: String!, $on: Date!, $until: Date, $decision: ID,
    $completes: ID) {
  coordinatorEligibility(state: $state, portfolio: $portfolio, startsOn: $on, endsOn: $until, decision: $decision,
    completes: $completes) { eligible evaluations { rule { code } verdict explanation inputs } } }"""
FEASIBILITY = """query ($input: ScheduleMeetingInput!) { meetingFeasibility(input: $input) {
  eligible evaluations { rule { code } verdict explanation inputs } } }"""
ALL = """{ coordinatorTerms { id startsOn endsOn electedUntil version state { code } portfolio { code } completes { id }
             decision { adoptedOn method meeting { kind { code } startsOn endsOn } } waivers { rule { code } } }
           meetings(first: 250) { nodes { code kind { code } startsOn endsOn city version } } }"""


class Mandate(RuleBasedStateMachine):
    """Acts of an ISU that knows no rule, one after the other; every question is asked before its act."""

    template: Callable[[], str]
    forget: Callable[[str], None]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.url = type(self).template()
        self.database = Database(self.url)
        self.isu = Institution(self.database)
        self.decisions: list[str] = []
        self.terms: list[Any] = []
        self.meetings: dict[str, Any] = {}
        self.changed = True

    def teardown(self) -> None:
        self.loop.run_until_complete(self.database.close())
        self.loop.close()
        type(self).forget(self.url)

    def do(self, act: Any) -> Any:
        return self.loop.run_until_complete(act)

    @rule(meeting=st.sampled_from([*MEETINGS, "IM"]), late=st.sampled_from([0, 0, 0, 3]), silence=st.booleans())
    def decide(self, meeting: str, late: int, silence: bool) -> None:
        on = date.fromisoformat(self.meetings[meeting]["endsOn"]) + timedelta(days=late)
        given = {"method": "SILENCE_PROCEDURE"} if silence else {}
        number = str(len(self.decisions))
        self.decisions.append(self.do(self.isu.decision(meeting, str(on), number=number, **given)))

    @precondition(lambda self: self.decisions)
    @rule(
        data=st.data(),
        portfolio=st.sampled_from([*GROUPS, THEME]),
        state=st.sampled_from(STATES),
        starts=st.sampled_from([*DAYS, *MEETINGS]),
        ends=st.sampled_from([*DAYS, *MEETINGS]),
        waived=st.booleans(),
    )
    def elect(self, data: Any, portfolio: str, state: str, starts: str, ends: str, waived: bool) -> None:
        decision = data.draw(st.sampled_from(self.decisions))
        given = {"portfolio": portfolio, "state": state, "decision": decision}
        for bound, place in (("starts", starts), ("ends", ends)):
            given |= {f"{bound}At": {"meeting": place}} if place in MEETINGS else {f"{bound}On": place}
        on, until = (self.meetings[place]["endsOn"] if place in MEETINGS else place for place in (starts, ends))
        question = self._ask(state=state, portfolio=portfolio, on=on, until=until, decision=decision)
        waivers = [{"rule": "coordinator-rotation", "reason": "Nobody else came forward."}] if waived else []
        self._compare(question, self.do(self.isu("electCoordinator", waivers=waivers, **given)), waived=waived)

    @precondition(lambda self: self.terms)
    @rule(data=st.data(), on=st.sampled_from(DAYS))
    def resign(self, data: Any, on: str) -> None:
        term = data.draw(st.sampled_from(self.terms))
        self.do(self.isu("resignOffice", term=term["id"], expectedVersion=term["version"], on=on))
        self.changed = True

    @precondition(lambda self: self.terms)
    @rule(
        code=st.sampled_from([*MEETINGS, "3MSP", "4MSP", "IM"]),
        to=st.sampled_from([*DAYS, "2012-06-29", "2012-10-05", "2013-06-30", "2013-11-15"]),
        days=st.integers(0, 4),
    )
    def move(self, code: str, to: str, days: int) -> None:
        version, starts = self.meetings[code]["version"], date.fromisoformat(to) - timedelta(days=days)
        self.do(self.isu("rescheduleMeeting", meeting=code, expectedVersion=version, startsOn=str(starts), endsOn=to))
        self.changed = True

    @precondition(lambda self: self.decisions and any(term["electedUntil"] for term in self.terms))
    @rule(data=st.data(), state=st.sampled_from(STATES), starts=st.sampled_from(DAYS))
    def fill(self, data: Any, state: str, starts: str) -> None:
        decision = data.draw(st.sampled_from(self.decisions))
        left = data.draw(st.sampled_from([term for term in self.terms if term["electedUntil"]]))
        question = self._ask(
            state=state,
            portfolio=left["portfolio"]["code"],
            on=starts,
            until=left["electedUntil"],
            decision=decision,
            completes=left["id"],
        )
        given = {"term": left["id"], "state": state, "decision": decision, "startsOn": starts}
        self._compare(question, self.do(self.isu("fillVacancy", **given)))

    @rule(
        starts=st.dates(date(2012, 5, 1), date(2012, 7, 31)),
        days=st.integers(1, 7),
        city=st.sampled_from(["Geneva", "Geneva", "Beirut"]),
    )
    def schedule(self, starts: date, days: int, city: str) -> None:
        given = {
            "code": f"IM-{starts}",
            "kind": "intersessional_meeting",
            "formality": "INFORMAL",
            "title": [{"language": "en", "value": "An intersessional meeting"}],
            "startsOn": str(starts),
            "endsOn": str(starts + timedelta(days=days - 1)),
            "city": city,
        }
        question = self.do(self.isu.ask(FEASIBILITY, input=given))["meetingFeasibility"]
        self._compare(question, self.do(self.isu("scheduleMeeting", **given)))

    def _ask(self, **variables: Any) -> Any:
        """None where the question has a mistake in it, which the act is then told too."""
        answer = self.do(ask(self.database, ISU, ELIGIBILITY, **variables))
        return answer["data"] and answer["data"]["coordinatorEligibility"]

    def _compare(self, question: Any, result: Any, *, waived: bool = False) -> None:
        """What the question says, the act says; a waiver changes what comes of it, not what is said."""
        self.changed = True
        if "ruleEvaluations" not in result:
            assert result["__typename"] in ("Invalid", "Conflict"), result
            return
        assert question is not None, "the question was refused, and the act was not"

        def told(evaluations: Any) -> Any:
            return [
                (
                    each["rule"]["code"],
                    "VIOLATED" if waived and each["verdict"] == "WAIVED" else each["verdict"],
                    each["explanation"],
                    each["inputs"],
                )
                for each in evaluations
            ]

        assert told(question["evaluations"]) == told(result["ruleEvaluations"])
        if not waived:
            assert question["eligible"] == (result["__typename"] != "Refusal")

    # ---------- what holds, in plain terms ----------

    @invariant()
    def every_binding_rule_holds(self) -> None:
        if not self.changed:
            return
        self.changed = False
        found = self.do(self.isu.ask(ALL))
        self.terms = found["coordinatorTerms"]
        self.meetings = {each["code"]: each for each in found["meetings"]["nodes"]}
        by_portfolio = defaultdict(list)
        for term in self.terms:
            by_portfolio[term["portfolio"]["code"]].append(term)
            _was_elected(term)
        for portfolio, terms in by_portfolio.items():
            _has_no_more_than(1 if portfolio == THEME else 2, terms)
            _has_its_length(portfolio, terms)
            if portfolio != THEME:
                _is_staggered(_whole(terms))
        _nobody_follows_itself(self.terms)
        _meets_once_a_year([each for each in found["meetings"]["nodes"] if each["kind"]["code"].startswith("inters")])


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _was_elected(term: Any) -> None:
    decision, state = term["decision"], term["state"]["code"]
    meeting = decision["meeting"]
    assert meeting["kind"]["code"] == "meeting_of_states_parties"
    sat = meeting["startsOn"] <= decision["adoptedOn"] <= meeting["endsOn"]
    assert sat or decision["method"] == "SILENCE_PROCEDURE"
    assert state not in ("AGO", "USA")
    assert state != "CHE" or term["startsOn"] >= "2013-01-01"
    assert state != "LTU" or (term["electedUntil"] or term["endsOn"]) <= "2025-03-06"


def _has_no_more_than(seats: int, terms: list[Any]) -> None:
    for start in {term["startsOn"] for term in terms}:
        assert sum(each["startsOn"] <= start < each["endsOn"] for each in terms) <= seats


def _whole(terms: list[Any]) -> list[dict[str, Any]]:
    """From the day a term began to the day the last one who completed it left; and the end it was elected for."""
    first = {term["id"]: term for term in terms}
    chains = []
    for term in terms:
        if term["completes"] is None:
            last, until = term, term["electedUntil"] or term["endsOn"]
            while following := next((t for t in terms if (t["completes"] or {}).get("id") == last["id"]), None):
                last = following
            chains.append({"starts": first[term["id"]]["startsOn"], "ends": last["endsOn"], "until": until})
    return chains


def _months(starts: str, ends: str) -> float:
    return (_day(ends) - _day(starts)).days / 30.44


def _has_its_length(portfolio: str, terms: list[Any]) -> None:
    for term in terms:
        until = term["electedUntil"] or term["endsOn"]
        if term["completes"] is not None:
            left = next(each for each in terms if each["id"] == term["completes"]["id"])
            assert until == left["electedUntil"]
            assert left["endsOn"] <= term["startsOn"]
        else:
            shortest = 17.8 if portfolio == THEME else 5.8
            assert shortest < _months(term["startsOn"], until) < 30.2


def _is_staggered(chains: list[dict[str, Any]]) -> None:
    """Of all pairs that serve together, one may begin in one year: the first."""
    together = [
        (one, other)
        for place, one in enumerate(chains)
        for other in chains[:place]
        if one["starts"] < other["ends"] and other["starts"] < one["ends"]
    ]
    alike = [pair for pair in together if pair[0]["starts"][:4] == pair[1]["starts"][:4]]
    assert len(alike) <= 1
    for one, other in alike:
        lengths = sorted(_months(each["starts"], each["until"]) for each in (one, other))
        assert lengths[0] < 18.2
        assert lengths[1] > 17.8


def _nobody_follows_itself(terms: list[Any]) -> None:
    waiver = {"rule": {"code": "coordinator-rotation"}}
    for term in terms:
        for before in terms:
            if before["state"] == term["state"] and before["endsOn"] == term["startsOn"] and before["id"] != term["id"]:
                # The waiver is kept with whichever of the two the act was about.
                assert waiver in (*before["waivers"], *term["waivers"]) or term["startsOn"] == term["endsOn"]


def _meets_once_a_year(meetings: list[Any]) -> None:
    # By the version of its opening: before the mandate there was none.
    meetings = [meeting for meeting in meetings if meeting["startsOn"] >= "2011-09-16"]
    assert len({meeting["startsOn"][:4] for meeting in meetings}) == len(meetings)
    for meeting in meetings:
        assert meeting["city"] == "Geneva"
        assert meeting["endsOn"][5:] <= "06-30"
        assert (_day(meeting["endsOn"]) - _day(meeting["startsOn"])).days < 5


@pytest.fixture(scope="module")
def prepared(templates: Templates) -> str:
    """Four Meetings of States Parties and an intersessional are in the calendar."""
    url = templates.databases.copy(templates.states)

    async def prepare() -> None:
        database = Database(url)
        isu = Institution(database)
        for code, days in MEETINGS.items():
            await isu.meeting(code, *days)
        informal = {"kind": "intersessional_meeting", "formality": "INFORMAL", "city": "Geneva"}
        await isu.meeting("IM", "2013-04-15", "2013-04-18", **informal)
        await database.close()

    asyncio.run(prepare())
    templates.databases.freeze(url)
    return url


def _run(prepared: str, templates: Templates, sequences: int) -> None:
    machine = type(
        "OnThisEngine",
        (Mandate,),
        {
            "template": staticmethod(lambda: templates.databases.copy(prepared)),
            "forget": staticmethod(templates.databases.drop),
        },
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_sequence_of_acts_reaches_a_state_in_which_a_binding_rule_does_not_hold(
    prepared: str, templates: Templates
) -> None:
    _run(prepared, templates, 10)


@pytest.mark.soak
def test_nor_do_a_thousand(prepared: str, templates: Templates) -> None:
    _run(prepared, templates, 1_000)
