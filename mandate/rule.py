"""Rules, the versions of the mandate that say which of them hold from when, and how an act is judged by them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from mandate.source import CONVENTION, PAPER, Citation, cite
from mandate.text import LocalizedText, is_blank

PROPOSAL = "2011-proposal"
"""The version that the others are drawn from."""
LONGEST_REASON = 2_000


class RuleForce(StrEnum):
    """What happens when a rule is not met."""

    BINDING = "BINDING"
    EXCEPTABLE = "EXCEPTABLE"
    ADVISORY = "ADVISORY"
    STANDING = "STANDING"
    DERIVED = "DERIVED"


class RuleVerdict(StrEnum):
    SATISFIED = "SATISFIED"
    VIOLATED = "VIOLATED"
    WARNING = "WARNING"
    WAIVED = "WAIVED"
    NOT_APPLICABLE = "NOT_APPLICABLE"


class RuleSetStatus(StrEnum):
    DRAFT = "DRAFT"
    IN_FORCE = "IN_FORCE"
    SUPERSEDED = "SUPERSEDED"


Parameters = Mapping[str, Any]


# ---------- versions ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as one version has it: its paragraph, its force, its figures, its wording."""

    id: str
    rule_set: str
    citations: tuple[Citation, ...]
    forces: tuple[RuleForce, ...]
    statement: LocalizedText
    parameters: Parameters

    @property
    def waivable(self) -> bool:
        return RuleForce.EXCEPTABLE in self.forces

    @property
    def is_advice(self) -> bool:
        """What the paper asks for as far as possible is shown as advice, and never as a breach."""
        return RuleForce.ADVISORY in self.forces

    @property
    def judges(self) -> bool:
        """Whether acts are judged by it."""
        return not {RuleForce.BINDING, RuleForce.EXCEPTABLE, RuleForce.ADVISORY}.isdisjoint(self.forces)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A version of the mandate."""

    code: str
    title: LocalizedText
    in_force_from: date | None
    """As it ships; a draft is brought in force by a decision, which is kept in the database."""
    rules: Mapping[str, Rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A version that a Meeting of States Parties or a Review Conference has brought in force."""

    rule_set: str
    effective_from: date
    decision: str | None


@cache
def rule_sets() -> Mapping[str, RuleSet]:
    """All that ship, the oldest first."""
    folder = files("mandate") / "versions"
    read = [tomllib.loads(file.read_text(encoding="utf-8")) for file in folder.iterdir() if file.name.endswith(".toml")]
    found: dict[str, RuleSet] = {}
    for version in sorted(read, key=lambda each: ("based_on" in each, each["code"])):
        base = found[version["based_on"]].rules if "based_on" in version else {}
        own = {id_: _rule(version["code"], id_, text) for id_, text in version["rules"].items()}
        inherited = {id_: _as_of(version["code"], rule) for id_, rule in base.items()}
        found[version["code"]] = RuleSet(
            code=version["code"],
            title=_text(version["title"]),
            in_force_from=version.get("in_force_from"),
            rules={**inherited, **own},
        )
    return found


def _rule(rule_set: str, id_: str, text: Mapping[str, Any]) -> Rule:
    citations = [cite(PAPER, each) for each in text.get("paper", ())]
    citations += [cite(CONVENTION, each) for each in text.get("convention", ())]
    if not citations:
        raise LookupError(f"{rule_set} has no paragraph for {id_}")
    return Rule(
        id=id_,
        rule_set=rule_set,
        citations=tuple(citations),
        forces=tuple(RuleForce(each.upper()) for each in text["force"]),
        statement=_text(text["statement"]),
        parameters=text.get("parameters", {}),
    )


def _as_of(rule_set: str, rule: Rule) -> Rule:
    return Rule(
        id=rule.id,
        rule_set=rule_set,
        citations=rule.citations,
        forces=rule.forces,
        statement=rule.statement,
        parameters=rule.parameters,
    )


def _text(texts: Mapping[str, str]) -> LocalizedText:
    others = {language: text for language, text in texts.items() if language != "en"}
    return LocalizedText.of(texts["en"], **others)


def figures(rule: str) -> Parameters:
    """Of a rule of the Convention, whose figures no Meeting changes: the same in every version."""
    return rule_sets()[PROPOSAL].rules[rule].parameters


def adoptions(decided: Iterable[Adoption]) -> list[Adoption]:
    """Those that ship in force, and those that were decided since; the earliest first."""
    shipped = (
        Adoption(rule_set=each.code, effective_from=each.in_force_from, decision=None)
        for each in rule_sets().values()
        if each.in_force_from is not None
    )
    return sorted((*shipped, *decided), key=lambda each: each.effective_from)


def in_force_on(day: date, decided: Iterable[Adoption]) -> RuleSet | None:
    """The version by which what happens on the day is judged; None before the first."""
    begun = [each for each in adoptions(decided) if each.effective_from <= day]
    return rule_sets()[begun[-1].rule_set] if begun else None


# ---------- judging an act ----------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says of the facts: that it holds, that it does not, or (None) that it has nothing to say."""

    holds: bool | None
    explanation: str
    inputs: Mapping[str, Any] = field(default_factory=dict)


def says(holds: bool | None, explanation: str, **inputs: Any) -> Outcome:
    return Outcome(holds, explanation, {name: shown(value) for name, value in inputs.items()})


def shown(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, (list, tuple)):
        return [shown(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


@dataclass(frozen=True, slots=True)
class Check:
    """A pure function over facts: whether they meet the rule, with the figures of a version."""

    rule: str
    function: Callable[[Any, Parameters], Outcome]

    def __call__(self, facts: Any, parameters: Parameters) -> Outcome:
        return self.function(facts, parameters)


CHECKS: dict[str, Check] = {}
"""By rule, that by which acts are judged."""


def judges(rule: str) -> Callable[[Callable[[Any, Parameters], Outcome]], Check]:
    """The function is what the rule says of an act."""

    def declare(function: Callable[[Any, Parameters], Outcome]) -> Check:
        if rule not in rule_sets()[PROPOSAL].rules or rule in CHECKS:
            raise LookupError(f"{rule} is no rule, or has its function already")
        CHECKS[rule] = Check(rule, function)
        return CHECKS[rule]

    return declare


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a rule of a version said of an act."""

    rule: Rule
    verdict: RuleVerdict
    explanation: str
    inputs: Mapping[str, Any]
    waiver: str | None = None
    """The reason for which the rule was set aside."""


def judge(
    checks: Sequence[Check], facts: Any, rule_set: RuleSet, waivers: Mapping[str, str] | None = None
) -> tuple[Evaluation, ...]:
    """All of them, whatever the first one says; a rule that the version does not put in force is not asked."""
    found = []
    for check in checks:
        rule = rule_set.rules[check.rule]
        if rule.judges:
            outcome = check(facts, rule.parameters)
            found.append(
                Evaluation(
                    rule=rule, verdict=_verdict(rule, outcome), explanation=outcome.explanation, inputs=outcome.inputs
                )
            )
    return set_aside(found, waivers or {})


def set_aside(evaluations: Iterable[Evaluation], waivers: Mapping[str, str]) -> tuple[Evaluation, ...]:
    """What is waived of what is broken, with the reason; a rule that holds needs no waiver."""
    return tuple(
        replace(each, verdict=RuleVerdict.WAIVED, waiver=waivers[each.rule.id])
        if each.verdict is RuleVerdict.VIOLATED and each.rule.waivable and waivers.get(each.rule.id)
        else each
        for each in evaluations
    )


def _verdict(rule: Rule, outcome: Outcome) -> RuleVerdict:
    if outcome.holds is None:
        return RuleVerdict.NOT_APPLICABLE
    if outcome.holds:
        return RuleVerdict.SATISFIED
    return RuleVerdict.WARNING if rule.is_advice else RuleVerdict.VIOLATED


def stands(evaluations: Iterable[Evaluation]) -> bool:
    """Whether nothing is against the act."""
    return all(each.verdict is not RuleVerdict.VIOLATED for each in evaluations)


def against_waivers(waivers: Sequence[tuple[str, str]], judged: Collection[str], rule_set: RuleSet) -> Iterator[str]:
    """What stands against the waivers themselves: a rule is set aside by name, for a reason, where it allows that."""
    seen: set[str] = set()
    for id_, reason in waivers:
        rule = rule_set.rules.get(id_)
        if rule is None or id_ not in judged:
            yield f"This act is not judged by a rule {id_}."
        elif not rule.waivable:
            yield f"{id_} allows no waiver ({rule.citations[0].paragraph})."
        if is_blank(reason):
            yield f"The waiver of {id_} gives no reason."
        if len(reason) > LONGEST_REASON:
            yield f"The reason for the waiver of {id_} is longer than {LONGEST_REASON} characters."
        if id_ in seen:
            yield f"{id_} is waived twice."
        seen.add(id_)


# ---------- standing rules and derived values ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a standing rule misses: what, whom it concerns, since when, due when."""

    message: str
    concerns: tuple[str, str] | None = None
    """The name of a type of the API, and the key of the object."""
    since: date | None = None
    due_on: date | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    rule: Rule
    found: Found

    @property
    def is_advice(self) -> bool:
        return self.rule.is_advice


FINDERS: dict[str, Callable[[Any, Parameters], Iterable[Found]]] = {}
"""By rule, what looks for where it is not met."""

F = TypeVar("F", bound=Callable[..., Iterable[Found]])
D = TypeVar("D", bound=Callable[..., Any])

DERIVED: dict[str, Callable[..., Any]] = {}
"""By rule, what computes its value."""


def finds(rule: str) -> Callable[[F], F]:
    """The function looks, in all that is known on a day, for where the rule is not met."""

    def declare(function: F) -> F:
        if rule not in rule_sets()[PROPOSAL].rules or rule in FINDERS:
            raise LookupError(f"{rule} is no rule, or has its function already")
        FINDERS[rule] = function
        return function

    return declare


def derives(rule: str) -> Callable[[D], D]:
    """The function computes what the rule lays down."""

    def declare(function: D) -> D:
        if rule not in rule_sets()[PROPOSAL].rules or rule in DERIVED:
            raise LookupError(f"{rule} is no rule, or has its function already")
        DERIVED[rule] = function
        return function

    return declare


def review_in_turn(facts: Any, as_of: date, decided: Iterable[Adoption]) -> list[Finding]:
    """What was due on a day, by the version then in force; what has no such day, by the one in force now.

    A later version neither excuses nor accuses the time of an earlier one.
    """
    begun = [each for each in adoptions(decided) if each.effective_from <= as_of]
    found = []
    for rule_set in dict.fromkeys(each.rule_set for each in begun):
        for finding in review(facts, rule_sets()[rule_set]):
            judging = [each.rule_set for each in begun if each.effective_from <= (finding.found.due_on or as_of)]
            if judging and judging[-1] == rule_set:
                found.append(finding)
    return found


def review(facts: Any, rule_set: RuleSet) -> list[Finding]:
    """Every standing rule's findings, in the order of the rules."""
    return [
        Finding(rule=rule, found=found)
        for rule in rule_set.rules.values()
        if RuleForce.STANDING in rule.forces
        for found in FINDERS[rule.id](facts, rule.parameters)
    ]
