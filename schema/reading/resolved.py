"""What a resolver is given in a planned operation: as much of `Info` and its context as a read has need of."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

import strawberry
from graphql import FieldNode, FragmentSpreadNode, SelectionSetNode

from mandate.actor import Actor
from resolvers.reading import Reader
from resolvers.reading.want import Unplanned


class PlannedContext:
    """Who calls, the day, and a reader; whoever wants more is not planned."""

    def __init__(self, reader: Reader, today: datetime.date) -> None:
        self.actor: Actor = reader.actor
        self.today = today
        self._reader = reader

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Reader]:
        yield self._reader

    def __getattr__(self, name: str) -> NoReturn:
        raise Unplanned


@dataclass(frozen=True, slots=True, eq=False)
class PlannedInfo:
    """The plan sees to the rows that its value names."""

    context: PlannedContext
    asked: frozenset[str]

    def __getattr__(self, name: str) -> NoReturn:
        raise Unplanned


def asked_below(info: strawberry.Info[Any, Any]) -> frozenset[str]:
    """The names of all fields that are asked for within this one: what nobody asks for is not worked out."""
    if isinstance(info, PlannedInfo):
        return info.asked
    raw = info._raw_info  # noqa: SLF001  Strawberry shows only a copy of it
    return names_within(raw.field_nodes, raw.fragments)


def names_within(nodes: Iterable[FieldNode], fragments: Mapping[str, Any]) -> frozenset[str]:
    found: set[str] = set()
    seen: set[str] = set()
    waiting: list[SelectionSetNode | None] = [node.selection_set for node in nodes]
    while waiting:
        selections = waiting.pop()
        for each in () if selections is None else selections.selections:
            if isinstance(each, FragmentSpreadNode):
                if each.name.value not in seen:
                    seen.add(each.name.value)
                    waiting.append(fragments[each.name.value].selection_set)
                continue
            if isinstance(each, FieldNode):
                found.add(each.name.value)
            waiting.append(getattr(each, "selection_set", None))
    return frozenset(found)
