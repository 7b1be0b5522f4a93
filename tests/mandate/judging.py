"""A rule alone: what it says of facts, what it finds in a situation, what it computes.

By the names of these functions, and the rule that each is called with, `test_rule.py` sees that all have their tests.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from mandate.decision import Cited, DecisionMethod
from mandate.rule import CHECKS, DERIVED, FINDERS, PROPOSAL, Found, Outcome, rule_sets

AT_2MSP = Cited(
    meeting="2MSP",
    meeting_kind="meeting_of_states_parties",
    adopted_on=date(2011, 9, 16),
    method=DecisionMethod.CONSENSUS,
    sat=((date(2011, 9, 12), date(2011, 9, 16)),),
)
"""What the Second Meeting decided as it closed."""


def outcome(rule: str, facts: Any, version: str = PROPOSAL) -> Outcome:
    said = CHECKS[rule](facts, rule_sets()[version].rules[rule].parameters)
    assert said.explanation
    return said


def passes(rule: str, facts: Any, version: str = PROPOSAL) -> Outcome:
    said = outcome(rule, facts, version)
    assert said.holds is True, said
    return said


def refuses(rule: str, facts: Any, version: str = PROPOSAL) -> Outcome:
    """Or warns, where the rule is advice."""
    said = outcome(rule, facts, version)
    assert said.holds is False, said
    return said


def is_silent(rule: str, facts: Any, version: str = PROPOSAL) -> Outcome:
    """The rule has nothing to say of it."""
    said = outcome(rule, facts, version)
    assert said.holds is None, said
    return said


def finds_something(rule: str, situation: Any, version: str = PROPOSAL) -> list[Found]:
    found = list(FINDERS[rule](situation, rule_sets()[version].rules[rule].parameters))
    assert found
    return found


def finds_nothing(rule: str, situation: Any, version: str = PROPOSAL) -> None:
    assert list(FINDERS[rule](situation, rule_sets()[version].rules[rule].parameters)) == []


def gives(rule: str, expected: Any, *inputs: Any) -> None:
    """What a derived rule computes."""
    assert DERIVED[rule](*inputs) == expected
