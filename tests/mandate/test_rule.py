"""Versions of the mandate, how an act is judged, and that every rule has its function and its tests."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mandate.acts
from mandate.meeting import INTERSESSIONAL, Formality, MeetingFacts, MeetingStatus
from mandate.review import Situation
from mandate.rule import (
    CHECKS,
    DERIVED,
    FINDERS,
    Adoption,
    Check,
    Outcome,
    Rule,
    RuleForce,
    RuleVerdict,
    adoptions,
    against_waivers,
    figures,
    in_force_on,
    judge,
    judges,
    review,
    review_in_turn,
    rule_sets,
    says,
    stands,
)
from mandate.source import Citation, cite, quote, source

PROPOSAL, PRACTICE = rule_sets()["2011-proposal"], rule_sets()["current-practice"]
ADOPTED = Adoption(rule_set="current-practice", effective_from=date(2025, 9, 20), decision="a decision")


# ---------- every rule has its function, and its tests ----------


def test_the_proposal_has_the_rules_of_the_paper_and_of_the_convention() -> None:
    assert len(PROPOSAL.rules) == 46
    assert PRACTICE.rules.keys() == PROPOSAL.rules.keys()


@pytest.mark.parametrize("rule", PROPOSAL.rules.values(), ids=lambda rule: rule.id)
def test_every_force_of_a_rule_has_its_function(rule: Rule) -> None:
    judged = {RuleForce.BINDING, RuleForce.EXCEPTABLE, RuleForce.ADVISORY} & set(rule.forces)
    standing = RuleForce.STANDING in rule.forces
    if judged and not (judged == {RuleForce.ADVISORY} and standing and rule.id not in CHECKS):
        assert rule.id in CHECKS
    assert (rule.id in FINDERS) == standing
    assert (rule.id in DERIVED) == (RuleForce.DERIVED in rule.forces)


@cache
def _tried() -> dict[str, set[str]]:
    """By rule, the functions of `judging.py` that tests call with its id, and how often `gives` is."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Compare(left=ast.Call(func=ast.Name(id="found"), args=[ast.Constant(value=rule), *_])):
                    found[str(rule)].add("finds_nothing")
                case ast.Call(func=ast.Name(id="found"), args=[ast.Constant(value=str(rule)), *_]):
                    found[rule].add("finds_something")
                case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(rule)), *_]):
                    found[rule].add(f"{name} {node.lineno}" if name == "gives" else name)
    return found


NEVER_REFUSES = {"intersessional-open"}
"""It says that nobody is refused for what they are."""


@pytest.mark.parametrize("rule", PROPOSAL.rules.values(), ids=lambda rule: rule.id)
def test_every_rule_has_a_test_that_passes_and_one_that_does_not(rule: Rule) -> None:
    tried = _tried()[rule.id]
    if rule.id in CHECKS:
        assert {"passes", "refuses"} <= tried | ({"refuses"} if rule.id in NEVER_REFUSES else set())
    if rule.id in FINDERS:
        assert {"finds_nothing", "finds_something"} <= tried
    if rule.id in DERIVED:
        assert sum(each.startswith("gives ") for each in tried) >= 2


def test_every_rule_by_which_acts_are_judged_governs_an_act_or_waits_for_one() -> None:
    governing = {check.rule for checks in mandate.acts.GOVERNED.values() for check in checks}
    assert governing | mandate.acts.WAITING == CHECKS.keys()
    assert governing & mandate.acts.WAITING == set()


# ---------- sources and versions ----------


def test_a_citation_that_leads_nowhere_stops_the_import() -> None:
    with pytest.raises(LookupError):
        cite("CCM/MSP/2011/WP.2", "Proposal 5(1)")


def test_every_rule_quotes_its_paragraph_in_both_languages() -> None:
    for version in rule_sets().values():
        for rule in version.rules.values():
            assert {"en", "zh"} <= rule.statement.wordings.keys()
            for citation in rule.citations:
                quoted = quote(citation)
                assert quoted is not None
                assert {"en", "zh"} <= quoted.wordings.keys()
                assert all(wording.value.strip() for wording in quoted.wordings.values())


def test_a_paragraph_is_quoted_with_its_items_and_in_the_language_of_its_source() -> None:
    members = quote(Citation("CCM/MSP/2011/WP.2", "Proposal 3(2)"))
    assert members is not None
    assert members.original == "zh"
    assert members.wordings["zh"].value.splitlines()[-1] == "(f) 集束弹药联盟的代表。"
    assert len(members.wordings["en"].value.splitlines()) == 7
    article = quote(Citation("CCM", "Article 7(1)"))
    assert article is not None
    assert article.original == "en"


def test_of_a_source_that_is_not_kept_nothing_is_quoted() -> None:
    assert quote(Citation("CCM/MSP/2012/1", "para 1")) is None
    assert quote(Citation("CCM", "Article 99")) is None


def test_the_paper_is_whole() -> None:
    paper = source("CCM/MSP/2011/WP.2").paragraphs
    assert [name for name in paper if name.startswith("para") and "(" not in name] == [
        f"para {n}" for n in range(1, 20)
    ]
    assert all(texts.keys() == {"en", "zh"} for texts in paper.values())


def test_the_proposal_holds_from_the_close_of_the_second_meeting() -> None:
    assert in_force_on(date(2011, 9, 15), []) is None
    assert in_force_on(date(2011, 9, 16), []) is PROPOSAL
    assert in_force_on(date(2099, 1, 1), []) is PROPOSAL


def test_a_version_holds_from_the_day_that_a_meeting_gave_it() -> None:
    assert in_force_on(date(2025, 9, 19), [ADOPTED]) is PROPOSAL
    assert in_force_on(date(2025, 9, 20), [ADOPTED]) is PRACTICE
    assert [each.rule_set for each in adoptions([ADOPTED])] == ["2011-proposal", "current-practice"]


def test_a_version_says_only_where_it_differs_from_the_one_that_it_is_drawn_from() -> None:
    assert PRACTICE.rules["vacancy"].statement == PROPOSAL.rules["vacancy"].statement
    assert PRACTICE.rules["vacancy"].rule_set == "current-practice"
    assert PRACTICE.rules["coordinator-rotation"].forces == (RuleForce.ADVISORY,)
    assert RuleForce.STANDING not in PRACTICE.rules["intersessional-annual"].forces


def test_the_figures_of_the_convention_are_those_of_every_version() -> None:
    assert figures("stockpile-deadline") == {"years": 8, "extension_years": 4}
    assert all(
        rule.parameters == PRACTICE.rules[id_].parameters for id_, rule in PROPOSAL.rules.items() if "deadline" in id_
    )


def test_a_function_without_a_rule_stops_the_import_and_so_does_a_second_one() -> None:
    for rule in ("no-such-rule", "group-seats"):
        with pytest.raises(LookupError):
            judges(rule)(lambda _facts, _parameters: says(True, ""))


# ---------- judging ----------


def check(rule: str, holds: bool | None) -> Check:
    return Check(rule, lambda _facts, _parameters: Outcome(holds, "Because.", {}))


@pytest.mark.parametrize(
    ("rule", "holds", "waivers", "verdict"),
    [
        ("group-seats", True, {}, RuleVerdict.SATISFIED),
        ("group-seats", False, {}, RuleVerdict.VIOLATED),
        ("group-seats", None, {}, RuleVerdict.NOT_APPLICABLE),
        ("group-seats", False, {"group-seats": "A reason"}, RuleVerdict.VIOLATED),
        ("coordinator-rotation", False, {}, RuleVerdict.VIOLATED),
        ("coordinator-rotation", False, {"coordinator-rotation": "A reason"}, RuleVerdict.WAIVED),
        ("coordinator-rotation", True, {"coordinator-rotation": "A reason"}, RuleVerdict.SATISFIED),
        ("coordinator-affected", False, {}, RuleVerdict.WARNING),
        ("coordinator-affected", True, {}, RuleVerdict.SATISFIED),
    ],
)
def test_what_comes_of_a_rule_that_is_not_met_is_for_its_force_to_say(
    rule: str, holds: bool | None, waivers: dict[str, str], verdict: RuleVerdict
) -> None:
    (said,) = judge([check(rule, holds)], None, PROPOSAL, waivers)
    assert said.verdict is verdict
    assert said.waiver == (waivers[rule] if verdict is RuleVerdict.WAIVED else None)
    assert stands([said]) == (verdict is not RuleVerdict.VIOLATED)


def test_all_rules_are_asked_whatever_the_first_one_says() -> None:
    said = judge([check("group-seats", False), check("vacancy", False)], None, PROPOSAL)
    assert [each.rule.id for each in said] == ["group-seats", "vacancy"]
    assert not stands(said)


def test_a_rule_that_a_version_does_not_put_in_force_is_not_asked() -> None:
    assert judge([check("committee-members", False)], None, PROPOSAL) == ()
    (said,) = judge([check("coordinator-rotation", False)], None, PRACTICE)
    assert said.verdict is RuleVerdict.WARNING


def test_a_rule_is_set_aside_by_name_for_a_reason_where_it_allows_that() -> None:
    checks = [check("coordinator-rotation", False), check("group-seats", False)]

    def against(*waivers: tuple[str, str]) -> list[str]:
        return list(against_waivers(waivers, {each.rule for each in checks}, PROPOSAL))

    assert against(("coordinator-rotation", "A reason")) == []
    assert len(against(("coordinator-rotation", " "))) == 1
    assert "Proposal 2(1)" in against(("group-seats", "A reason"))[0]
    for id_ in ("vacancy", "no-such-rule"):
        assert against((id_, "A reason")) == [f"This act is not judged by a rule {id_}."]
    assert len(against(("coordinator-rotation", "x" * 2_001))) == 1
    assert len(against(("coordinator-rotation", "x" * 2_000))) == 0
    assert len(against(("coordinator-rotation", "A reason"), ("coordinator-rotation", "Another"))) == 1


def test_what_a_rule_looked_at_can_be_told() -> None:
    said = says(True, "Because.", on=date(2011, 9, 16), names=["a"], number=1, nothing=None, yes=True)
    assert said.inputs == {"on": "2011-09-16", "names": ["a"], "number": 1, "nothing": None, "yes": True}


def test_what_was_due_is_found_by_the_version_of_that_day_and_by_none_that_is_to_come() -> None:
    def found(as_of: str) -> list[tuple[str, int]]:
        situation = Situation(as_of=date.fromisoformat(as_of), begun=date(2023, 9, 16))
        findings = review_in_turn(situation, situation.as_of, [replace(ADOPTED, effective_from=date(2025, 6, 30))])
        return [
            (each.rule.rule_set, each.found.inputs["year"])
            for each in findings
            if each.rule.id == "intersessional-annual"
        ]

    # Practice asks for none: that of 2024 was due before it, that of 2025 on its first day.
    assert found("2025-01-01") == found("2026-12-31") == [("2011-proposal", 2024)]


def test_what_is_due_ahead_is_found_by_the_version_in_force_now_whatever_is_to_come_before_it() -> None:
    ahead = MeetingFacts(
        code="IM-2026",
        kind=INTERSESSIONAL,
        formality=Formality.INFORMAL,
        status=MeetingStatus.CONFIRMED,
        opens=date(2026, 4, 13),
        closes=date(2026, 4, 15),
    )
    situation = Situation(as_of=date(2026, 1, 15), begun=date(2025, 9, 16), meetings=(ahead,))
    to_come = replace(ADOPTED, effective_from=date(2026, 3, 1))

    findings = review_in_turn(situation, situation.as_of, [to_come])

    open_to_all = [each for each in findings if each.rule.id == "intersessional-open"]
    assert {(each.rule.rule_set, each.found.due_on) for each in open_to_all} == {("2011-proposal", date(2026, 4, 13))}


def test_the_review_asks_the_standing_rules_in_their_order() -> None:
    findings = review(Situation(as_of=date(2011, 10, 1), begun=date(2011, 9, 16)), PROPOSAL)
    ids = [each.rule.id for each in findings]
    order = list(PROPOSAL.rules)
    assert ids == sorted(ids, key=order.index)
    assert {"groups-six", "committee-representatives"} <= set(ids)
    advice: dict[str, Any] = {each.rule.id: each.is_advice for each in findings}
    assert not advice["groups-six"]
    practice = review(Situation(as_of=date(2013, 10, 1), begun=date(2011, 9, 16)), PRACTICE)
    assert "intersessional-annual" not in {each.rule.id for each in practice}
