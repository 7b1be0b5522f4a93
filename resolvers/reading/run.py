"""One answer in the making: what it reads is of one moment, and what it makes has a bound."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from db.driver import Rendered, Row, Snapshot, Values
from resolvers.reading.reader import MOST_OBJECTS
from resolvers.reading.want import Unplanned


class Moved(Exception):  # noqa: N818 - it reads as what happened
    """The journal, or for all we know it may have, between two statements of one answer."""


class Untold(Moved):
    """It is not of the journal, or does not tell where that stood: that is so each time."""


class Step(NamedTuple):
    """A statement that was sent, and what came of it."""

    rendered: Rendered
    parameters: Sequence[Any]
    rows: Sequence[Row]


class Run:
    """One answer in the making: all its root fields are counted as one."""

    def __init__(self, snapshot: Snapshot, head: Rendered | None = None) -> None:
        """With the statement that asks where the journal stands, where there is no transaction to hold it still."""
        self.snapshot = snapshot
        self.values: Values = {}
        """Those that a root field leaves open."""
        self._head = head
        self._stood: int | None = None
        self._is_told = False
        """Whether the last statement said where the journal stood: one without rows does not."""
        self.bundled: dict[Any, Sequence[Row]] = {}
        self.ahead: dict[Any, Sequence[Collection[Any]]] = {}
        """The keys of the rows that were read ahead, whether there are such rows or not."""
        self.made = 0
        """Objects."""
        self.steps: list[Step] | None = None
        """What is sent, while somebody wants to know."""
        self.is_foreseen = True
        """Whether the next answer will be read as this one was."""

    async def fetch(self, rendered: Rendered, keys: Mapping[str, Any], *, is_root: bool = False) -> Sequence[Row]:
        """`is_root`: where it has no rows, nothing else that is asked matters."""
        rows = await self.send(rendered, rendered.parameters({**self.values, **keys}), is_root=is_root)
        self.count(len(rows))
        return rows

    async def send(self, rendered: Rendered, parameters: Sequence[Any], *, is_root: bool = False) -> Sequence[Row]:
        """What comes of it counts where objects are made of it."""
        if self._head is not None and not rendered.tells:
            raise Untold
        rows = await self.snapshot.send(rendered, parameters)
        if self._head is not None:
            self._compare(rows, of_the_journal=rendered.is_of_the_journal, is_root=is_root)
        if self.steps is not None:
            self.steps.append(Step(rendered, parameters, rows))
        return rows

    def _compare(self, rows: Sequence[Row], *, of_the_journal: bool, is_root: bool = False) -> None:
        """What is of the journal is the same wherever that stands at the same place."""
        if not of_the_journal:
            raise Untold
        self._is_told = bool(rows)
        if not rows:
            if self._stood is None and not is_root:
                raise Moved
            return
        stands = rows[0][-1]
        if stands is None or self._stood not in (None, stands):
            raise Moved
        self._stood = stands

    async def end(self) -> None:
        if self._head is not None and self._stood is not None and not self._is_told:
            self._compare(await self.snapshot.fetch(self._head, {}), of_the_journal=True)

    def count(self, objects: int) -> None:
        self.made += objects
        if self.made > MOST_OBJECTS:
            raise Unplanned
