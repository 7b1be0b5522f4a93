"""The reader of a planned operation: its statements are rendered once, and go to the driver itself."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from typing import Any, cast

from db.driver import Driver, Known, Values
from mandate.actor import Actor
from resolvers.reading.plan import Ahead
from resolvers.reading.reader import Reader, Say
from resolvers.reading.run import Run
from resolvers.reading.want import Unplanned


class DirectReader(Reader):
    """For resolvers, which can not tell it from any other: a row answers to its names."""

    def __init__(self, driver: Driver, run: Run, actor: Actor, today: date, ahead: Ahead | None = None) -> None:
        super().__init__(cast("Any", None), actor, today)
        self._driver = driver
        self._answer = run
        self._ahead = ahead

    async def rows(self, statement: Any) -> Sequence[Any]:
        try:
            known, values = self._driver.repertoire.found(statement)
        except LookupError as reason:
            raise Unplanned from reason
        return await self._sent(known, values)

    async def rows_of(self, say: Say, *shape: Hashable, **values: Any) -> Sequence[Any]:
        name = (say, self.actor, shape)
        return await self._sent(self._driver.repertoire.said(name, lambda: say(self, *shape), values), values)

    async def rows_of_each(self, *says: Say, **values: Any) -> Sequence[Sequence[Any]]:
        if not self._driver.is_remote:
            return await super().rows_of_each(*says, **values)

        def say_each() -> Sequence[Any]:
            return [say(self) for say in says]

        if self._ahead is not None:
            found = await self._ahead.rows_of_each(self._answer, says, say_each, values)
            if found is not None:
                return found
        together = self._driver.repertoire.said_together((says, self.actor), say_each, values)
        (row,) = await self._answer.fetch(together.rendered, values)
        return together.rows(row)

    async def _sent(self, known: Known, values: Values) -> Sequence[Any]:
        return known.make(await self._answer.send(known.rendered, known.rendered.parameters(values)))
