"""Whatever is tried, by whomever, in whatever order: nothing goes out that a second person has not released, and nobody
but the ISU ever sees a draft."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlmodel import col

import db
from db.engine import Database
from mandate.actor import PUBLIC, Actor, Capacity
from tests.call import ISU, caller
from tests.conftest import Templates
from tests.institution import Institution
from tests.schema.test_communication import another, state, words

STAFF = {name: replace(ISU, account=name) for name in ("one", "another", "a third")}
OTHERS = {
    "the public": PUBLIC,
    "Germany": caller("STATE:DEU", Capacity.STATE_PARTY),
    "France": caller("STATE:FRA", Capacity.STATE_PARTY, Capacity.PRESIDENT, Capacity.COMMITTEE_MEMBER),
}
EVERYBODY: dict[str, Actor] = {**STAFF, **OTHERS}
ANYBODY = st.sampled_from([*STAFF, *STAFF, *OTHERS])
SELDOM = st.sampled_from([False, False, False, True])
AUDIENCES = ({"groups": ["PUBLIC"]}, {"include": [state("DEU")]}, {"groups": ["AFFECTED_STATES"]})
SEEN = """{ communications(first: 250) { totalCount nodes { id status reference
  subject { in(language: "en") { value } } body { in(language: "en") { value } }
  corrects { id } correctedBy { id } dispatch { approvedAt } recipients { totalCount }
  history(first: 100) { nodes { before after } } } } }"""
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
WENT_OUT = {"SENDING", "SENT", "CORRECTED"}


class Communications(RuleBasedStateMachine):
    """A model beside it: who wrote each version, and which version somebody else has released."""

    template: Callable[[], str]
    forget: Callable[[str], None]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.url = type(self).template()
        self.database = Database(self.url)
        self.isu = Institution(self.database)
        for each in STAFF.values():
            self.loop.run_until_complete(another(self.isu, each))
        self.known: dict[str, Any] = {}
        self.text: dict[str, str] = {}
        self.writers: dict[str, set[str]] = {}
        self.released: dict[str, str | None] = {}
        self.out: dict[str, str] = {}
        self.texts = 0

    def teardown(self) -> None:
        self.loop.run_until_complete(self.database.close())
        self.loop.close()
        type(self).forget(self.url)

    @initialize(audience=st.sampled_from(AUDIENCES))
    def begin(self, audience: dict[str, Any]) -> None:
        """With one that went out: else a sequence in which nothing does would prove nothing."""
        self.hurry(("one", "another", "one"), audience, edited=False)
        assert len(self.out) == 1

    def do(self, who: str, name: str, **given: Any) -> Any:
        return self.loop.run_until_complete(self.isu.as_(EVERYBODY[who])(name, **given))

    def new_text(self) -> str:
        self.texts += 1
        return f"secret {self.texts} of the draft"

    def written(self, who: str, text: str, result: Any) -> None:
        own = result.get("communication")
        if own is not None:
            self.known[own["id"]] = own
            self.text[own["id"]] = text
            self.writers.setdefault(own["id"], set()).add(who)
            self.released[own["id"]] = None

    @rule(who=ANYBODY, audience=st.sampled_from(AUDIENCES))
    def draft(self, who: str, audience: dict[str, Any]) -> None:
        self._draft(who, audience)

    def _draft(self, who: str, audience: dict[str, Any]) -> None:
        text = self.new_text()
        given = {"kind": "LETTER", "subject": words(text), "body": words(text), "audience": audience}
        self.written(who, text, self.do(who, "draftCommunication", **given))

    @precondition(lambda self: self.known)
    @rule(data=st.data(), who=ANYBODY, audience=st.sampled_from(AUDIENCES), old=SELDOM)
    def edit(self, data: Any, who: str, audience: dict[str, Any], old: bool) -> None:
        self._edit(who, audience, self._some(data, old)[1])

    def _edit(self, who: str, audience: dict[str, Any], upon: dict[str, Any]) -> None:
        text = self.new_text()
        given = {"kind": "LETTER", "subject": words(text), "body": words(text), "audience": audience}
        self.written(who, text, self.do(who, "draftCommunication", **upon, **given))

    @precondition(lambda self: self.known)
    @rule(data=st.data(), who=ANYBODY, old=SELDOM)
    def correct(self, data: Any, who: str, old: bool) -> None:
        _, upon = self._some(data, old)
        text = self.new_text()
        self.written(who, text, self.do(who, "correctCommunication", **upon, subject=words(text), body=words(text)))

    @precondition(lambda self: self.known)
    @rule(data=st.data(), who=ANYBODY, old=SELDOM)
    def approve(self, data: Any, who: str, old: bool) -> None:
        key, upon = self._some(data, old)
        self._approve(key, who, upon)

    def _approve(self, key: str, who: str, upon: dict[str, Any]) -> None:
        own = self.do(who, "approveCommunication", **upon).get("communication")
        if own is not None:
            assert who in STAFF
            assert who not in self.writers[key]
            self.known[key], self.released[key] = own, self.text[key]

    @precondition(lambda self: self.known)
    @rule(data=st.data(), who=ANYBODY, old=SELDOM)
    def send(self, data: Any, who: str, old: bool) -> None:
        key, upon = self._some(data, old)
        self._send(key, who, upon)

    def _send(self, key: str, who: str, upon: dict[str, Any]) -> None:
        own = self.do(who, "sendCommunication", **upon).get("communication")
        if own is not None:
            assert who in STAFF
            assert self.released[key] == self.text[key], "what goes out is not what was released"
            self.known[key], self.out[key] = own, self.text[key]
            if own["corrects"] is not None:
                self.loop.run_until_complete(self._read_again())

    @rule(
        hands=st.tuples(ANYBODY, ANYBODY, ANYBODY),
        audience=st.sampled_from(AUDIENCES),
        edited=st.sampled_from([False, False, True]),
    )
    def go_the_whole_way(self, hands: tuple[str, str, str], audience: dict[str, Any], edited: bool) -> None:
        self.hurry(hands, audience, edited=edited)

    def hurry(self, hands: tuple[str, str, str], audience: dict[str, Any], *, edited: bool) -> None:
        """By whomever: chance alone would seldom come to the end."""
        before = set(self.known)
        self._draft(hands[0], audience)
        for key in self.known.keys() - before:
            self._approve(key, hands[1], self._upon(key))
            if edited:
                self._edit(hands[0], audience, self._upon(key))
            self._send(key, hands[2], self._upon(key))

    @precondition(lambda self: self.known)
    @rule(data=st.data(), who=ANYBODY, old=SELDOM)
    def withdraw(self, data: Any, who: str, old: bool) -> None:
        key, upon = self._some(data, old)
        own = self.do(who, "withdrawCommunication", **upon).get("communication")
        if own is not None:
            assert who in STAFF
            self.known[key], self.released[key] = own, None

    def _some(self, data: Any, old: bool) -> tuple[str, dict[str, Any]]:
        key = data.draw(st.sampled_from(list(self.known)))
        return key, self._upon(key, 1 if old else 0)

    def _upon(self, key: str, before: int = 0) -> dict[str, Any]:
        return {"communication": key, "expectedVersion": max(self.known[key]["version"] - before, 1)}

    async def _read_again(self) -> None:
        query = (
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Communication { id version corrects { reference } } } }"
        )
        for each in (await self.isu.ask(query, ids=list(self.known)))["nodes"]:
            self.known[each["id"]] = each

    @invariant()
    def a_draft_is_seen_by_the_isu_alone(self) -> None:
        for who in OTHERS:
            seen = self.loop.run_until_complete(self.isu.as_(OTHERS[who]).ask(SEEN))["communications"]
            assert seen["totalCount"] == len(seen["nodes"])
            for each in seen["nodes"]:
                assert each["status"] in WENT_OUT
                assert each["id"] in self.out
                assert each["reference"] is not None
                assert (each["dispatch"], each["recipients"]["totalCount"]) == (None, 0)
                assert {one["id"] for one in each["correctedBy"]} <= self.out.keys()
            hidden = [text for key, text in self.text.items() if key not in self.out]
            assert not any(text in str(seen) for text in hidden), "a draft was shown"
            kept_back = list(self.known.keys() - self.out.keys())
            found = self.loop.run_until_complete(self.isu.as_(OTHERS[who]).ask(NODES, ids=kept_back))
            assert found["nodes"] == [None] * len(kept_back)

    @invariant()
    def a_message_waits_for_nothing_that_was_not_released(self) -> None:
        async def waiting() -> set[str]:
            async with self.database.reading() as connection:
                rows = await connection.execute(
                    select(col(db.Communication.status))
                    .join(db.Recipient, col(db.Recipient.communication_id) == col(db.Communication.id))
                    .distinct()
                )
                return {row.status for row in rows}

        assert self.loop.run_until_complete(waiting()) <= WENT_OUT


def _explore(templates: Templates, examples: int, steps: int) -> None:
    class Here(Communications):
        template = staticmethod(lambda: templates.databases.copy(templates.states))
        forget = staticmethod(templates.databases.drop)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_order_of_acts_sends_what_was_not_released_or_shows_a_draft(templates: Templates) -> None:
    _explore(templates, 5, 15)


@pytest.mark.soak
def test_nor_does_a_long_one(templates: Templates) -> None:
    _explore(templates, 300, 60)
