"""Conditions: inputs whose members say what holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import strawberry
from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from resolvers.reading import Scope
from resolvers.reading.declaration import Condition

T = TypeVar("T")


READ = "read"
"""Under which a declaration stands in the metadata of a field."""


def where_input(cls: type[T]) -> type[T]:
    """An input of conditions; `and`, `or` and `not` combine it with itself."""
    for name, annotation in (
        ("and_", f"list[{cls.__name__}] | None"),
        ("or_", f"list[{cls.__name__}] | None"),
        ("not_", f"{cls.__name__} | None"),
    ):
        cls.__annotations__[name] = annotation
        setattr(cls, name, strawberry.field(name=name.rstrip("_"), default=strawberry.UNSET))
    return strawberry.input(cls, description="All the conditions given must hold")


def condition(holds: Callable[..., ColumnElement[bool]], *, description: str | None = None) -> Any:
    """A member of such an input: the value asked for (and the scope) to a condition."""
    return strawberry.field(default=strawberry.UNSET, metadata={READ: holds}, description=description)


def matching(cls: type) -> Condition:
    """The condition that a value of the input stands for."""
    members: dict[str, Condition] = {}

    def declared() -> dict[str, Condition]:
        if not members:
            for member in cls.__strawberry_definition__.fields:  # type: ignore[attr-defined]
                if READ in member.metadata:
                    members[camel(member.python_name)] = member.metadata[READ]
        return members

    def holds(value: Mapping[str, Any], scope: Scope) -> ColumnElement[bool]:
        parts: list[ColumnElement[bool]] = [true()]
        for name, wanted in value.items():
            if wanted is None:
                continue
            if name == "and":
                parts += [holds(each, scope) for each in wanted]
            elif name == "or":
                parts.append(or_(false(), *(holds(each, scope) for each in wanted)))
            elif name == "not":
                # What is not known does not hold, and so its contrary does.
                parts.append(not_(func.coalesce(holds(wanted, scope), false())))
            else:
                parts.append(declared()[name](wanted, scope))
        return and_(*parts)

    return holds


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
