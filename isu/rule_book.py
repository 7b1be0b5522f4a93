"""docs/mandate.md: every rule with its paragraph in both languages, its force, and the acts that it governs."""

from __future__ import annotations

from collections.abc import Iterator

from mandate.acts import WAITING, acts_of
from mandate.rule import PROPOSAL, Rule, RuleForce, RuleSet, rule_sets
from mandate.source import quote
from mandate.text import LocalizedText

_HEAD = """# The mandate, rule by rule

Made by `isu rules --write` from `mandate/versions/` and `mandate/sources/`. Each rule has an id that stays the same in
every version, the paragraphs that it comes from, a force, and the acts that it governs. *Reading* marks what the paper
does not say.

- **binding**: the act is refused, nothing is written, and the answer names the rule and quotes the paragraph.
- **exceptable**: refused, unless a reason is given for this very rule; the reason stays, and is public.
- **advisory**: the act goes through with a warning; a finding of the review is advice.
- **standing**: a finding of the compliance review (`complianceReview`, `isu review`).
- **derived**: computed for any day, and never written.
"""


def rule_book() -> str:
    versions = list(rule_sets().values())
    parts = [_HEAD, *(_version(version) for version in versions)]
    return "\n".join(parts)


def _version(version: RuleSet) -> str:
    shipped = f"in force from {version.in_force_from}" if version.in_force_from else "a draft"
    title = version.title.wordings
    base = rule_sets()[PROPOSAL].rules
    differing = [rule for rule in version.rules.values() if version.code == PROPOSAL or _differs(rule, base[rule.id])]
    intro = (
        "" if version.code == PROPOSAL else f"\nWhere it differs from `{PROPOSAL}`; all its other rules are those.\n"
    )
    head = f"## {title['en'].value} · {title['zh'].value}\n\n`{version.code}`, {shipped}.\n{intro}"
    return "\n".join([head, *(_rule(rule) for rule in differing)])


def _differs(rule: Rule, base: Rule) -> bool:
    return (rule.statement, rule.forces, rule.parameters) != (base.statement, base.forces, base.parameters)


def _rule(rule: Rule) -> str:
    return "\n".join(_lines(rule))


def _lines(rule: Rule) -> Iterator[str]:
    yield f"### {rule.id}\n"
    forces, paragraphs = (force.value.lower() for force in rule.forces), (each.paragraph for each in rule.citations)
    yield f"{', '.join(forces)} · {', '.join(paragraphs)}\n"
    yield from (f"{text}\n" for text in _both(rule.statement))
    if rule.parameters:
        figures = ", ".join(f"`{name}` {_shown(value)}" for name, value in rule.parameters.items())
        yield f"Figures: {figures}\n"
    yield f"Acts: {_acts(rule)}\n"
    for citation in rule.citations:
        quoted = quote(citation)
        assert quoted is not None  # noqa: S101  a citation that leads nowhere stops the import
        for text in _both(quoted):
            yield f"> {citation.paragraph}: {' '.join(text.splitlines())}"
            yield ">"
    yield ""


def _both(text: LocalizedText) -> Iterator[str]:
    return (text.wordings[language].value for language in ("en", "zh"))


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _acts(rule: Rule) -> str:
    """What the rule governs, or why no act."""
    found = [f"`{act}`" for act in acts_of(rule.id)]
    if rule.id in WAITING:
        found.append("of those to come")
    if RuleForce.STANDING in rule.forces:
        found.append("the compliance review")
    return ", ".join(found) or "none: it is computed"
