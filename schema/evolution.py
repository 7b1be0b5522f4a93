"""How the schema changes from one release to the next, and what may not change.

`schema/history/<date>.graphql` is the schema as it was released on that day. What a release offers is taken away only
after it was deprecated for half a year, with a reason that begins `since YYYY-MM-DD:`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import strawberry
from graphql import (
    REMOVE,
    BreakingChange,
    DangerousChange,
    DirectiveNode,
    GraphQLSchema,
    SafeChange,
    StringValueNode,
    Visitor,
    build_ast_schema,
    build_schema,
    parse,
    visit,
)
from graphql.utilities import find_schema_changes

HISTORY = Path(__file__).parent / "history"
NOTICE = datetime.timedelta(days=183)
"""Between the release that deprecates something and the one that may leave it out."""
_SINCE = re.compile(r"since (\d{4}-\d{2}-\d{2}): \S", re.ASCII)
CHANGES = "changes.json"


class ChangeEffect(StrEnum):
    BREAKING = "BREAKING"
    DANGEROUS = "DANGEROUS"
    SAFE = "SAFE"


_EFFECTS: dict[type, ChangeEffect] = {
    BreakingChange: ChangeEffect.BREAKING,
    DangerousChange: ChangeEffect.DANGEROUS,
    SafeChange: ChangeEffect.SAFE,
}
strawberry.enum(
    ChangeEffect,
    description="What a change of the schema does to clients. BREAKING: a document may no longer be valid. DANGEROUS: "
    "an answer may hold what a client does not know, such as a new value of an enum. SAFE: nothing",
)


@strawberry.type(description="A change of the schema between two releases")
class SchemaChange:
    released_on: datetime.date | None = strawberry.field(description="Null where it is not part of a release yet")
    effect: ChangeEffect
    code: str = strawberry.field(description="Such as FIELD_ADDED")
    description: str


@strawberry.type
class EvolutionQuery:
    @strawberry.field(
        description="How this schema came to be as it is, the latest release first. What a release offers is taken "
        "away only after it was deprecated for half a year"
    )
    def schema_changes(
        self, since: datetime.date | None = None, effects: list[ChangeEffect] | None = None
    ) -> list[SchemaChange]:
        return [
            each
            for each in _told(HISTORY)
            if (since is None or each.released_on is None or each.released_on >= since)
            and (effects is None or each.effect in effects)
        ]


def releases(history: Path = HISTORY) -> list[tuple[datetime.date, Path]]:
    """Those that there were, the earliest first."""
    return sorted((datetime.date.fromisoformat(path.stem), path) for path in history.glob("*.graphql"))


def changes(current: str, history: Path = HISTORY) -> str:
    """All changes from release to release, and those since the last, as they are kept beside the releases."""
    steps: list[tuple[datetime.date | None, str]] = [
        (on, path.read_text(encoding="utf-8")) for on, path in releases(history)
    ]
    steps.append((None, current))
    found = [
        {"releasedOn": on, "effect": _EFFECTS[type(each)], "code": each.type.name, "description": each.description}
        for (_, before), (on, after) in reversed(list(pairwise(steps)))
        for each in find_schema_changes(build_schema(before), build_schema(after))
        if "DESCRIPTION" not in each.type.name
    ]
    return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n"


def broken(current: str, today: datetime.date, history: Path = HISTORY) -> list[str]:
    """What a client of the last release could rely on and no longer can."""
    last = releases(history)[-1:]
    if not last:
        return []
    ((_, path),) = last
    promised = _without_what_was_deprecated(path.read_text(encoding="utf-8"), today)
    now = build_schema(current)
    found = [each for each in find_schema_changes(promised, now) if isinstance(each, BreakingChange)]
    return [each.description for each in found]


def bad_deprecations(current: str) -> list[str]:
    """The places of deprecations whose reason does not say since when."""
    reasons: list[str] = []

    def note(_place: Any, reason: str) -> bool:
        if _SINCE.match(reason) is None:
            reasons.append(reason)
        return False

    _visited(current, note)
    return reasons


def _without_what_was_deprecated(text: str, today: datetime.date) -> GraphQLSchema:
    """The schema without what has been announced long enough to be taken away, and what only that leads to."""

    def is_over(_place: Any, reason: str) -> bool:
        since = _SINCE.match(reason)
        return since is not None and datetime.date.fromisoformat(since[1]) + NOTICE <= today

    document = _visited(text, is_over)
    schema = build_ast_schema(document, assume_valid=True)
    return _reachable(schema)


def _visited(text: str, is_removed: Callable[[Any, str], bool]) -> Any:
    class Deprecated(Visitor):
        def enter(self, node: Any, *_: Any) -> Any:
            for directive in getattr(node, "directives", None) or ():
                if directive.name.value == "deprecated" and is_removed(node, _reason(directive)):
                    return REMOVE
            return None

    return visit(parse(text), Deprecated())


def _reason(directive: DirectiveNode) -> str:
    values = [each.value for each in directive.arguments or () if each.name.value == "reason"]
    return next((each.value for each in values if isinstance(each, StringValueNode)), "")


def _reachable(schema: GraphQLSchema) -> GraphQLSchema:
    """Types that only led from what was left out are left out with it."""
    return GraphQLSchema(
        query=schema.query_type,
        mutation=schema.mutation_type,
        subscription=schema.subscription_type,
        types=[each for each in schema.type_map.values() if getattr(each, "interfaces", ())],
        directives=schema.directives,
        assume_valid=True,
    )


@cache
def _told(history: Path) -> Sequence[SchemaChange]:
    return tuple(_read(history))


def _read(history: Path) -> Iterator[SchemaChange]:
    for each in orjson.loads((history / CHANGES).read_bytes()):
        on = each["releasedOn"]
        yield SchemaChange(
            released_on=None if on is None else datetime.date.fromisoformat(on),
            effect=ChangeEffect(each["effect"]),
            code=each["code"],
            description=each["description"],
        )
