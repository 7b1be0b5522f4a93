"""The pages of a trusted document, one after the other: each is an operation of its own, all are of one snapshot."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from schema.trusted import Trusted

NOTHING = "There is no such thing, or nothing that you may see."

Read = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""From variables to data: whoever reads knows with which rights, and what becomes of errors."""


class Page(NamedTuple):
    data: Mapping[str, Any]
    rows: list[Any]
    after: str | None
    """The cursor of what follows, where there is more."""

    @property
    def is_of_nothing(self) -> bool:
        """Which is no empty list."""
        return all(value is None for value in self.data.values())


async def pages(document: Trusted, variables: Mapping[str, Any], read: Read) -> AsyncGenerator[Page, None]:
    """Each is read once it is asked for."""
    table = document.table
    after: str | None = None
    while True:
        data = await read(variables)
        if table is not None and document.has_pages:
            after = table.after(data)
        yield Page(data, [] if table is None else table.of(data), after)
        if after is None:
            return
        variables = {**variables, "after": after}
