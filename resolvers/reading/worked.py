"""What was worked out is not worked out again, as long as all that it was worked out of reads as it did.

The database is asked each time: nothing is taken to be so because it was. What is spared are the rules, and the
writing. What can be erased is not remembered.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from db.driver import Rendered
from resolvers.reading.run import Run, Step

MOST_BYTES = 2 * 2**20
LARGEST = 2**16
"""Of one: what is larger takes longer to compare, and would leave no room for others."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    steps: Sequence[tuple[Rendered, Sequence[Any], bytes]]
    """What was sent, and what came of it, as `_proof` has it."""
    written: orjson.Fragment
    made: int
    size: int


class WorkedOut:
    """What was written of values that were worked out, by what was asked."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()

    async def of(self, run: Run, asked: Hashable, work: Callable[[], Awaitable[Any]]) -> Any:
        """`work` is told by nothing but what is asked, and what it reads in the run."""
        made = run.made
        known = self._known.get(asked)
        if known is not None:
            if await _reads_as_then(run, known):
                self._known.move_to_end(asked)
                run.count(made + known.made - run.made)
                return known.written
            self._forget(asked)
        steps: list[Step] = []
        run.steps = steps
        try:
            written = await work()
        finally:
            run.steps = None
        return self._keep(asked, steps, written, run.made - made) if steps and run.is_foreseen else written

    def _keep(self, asked: Hashable, steps: Sequence[Step], written: Any, made: int) -> Any:
        as_json = orjson.dumps(written)
        size, read = len(as_json), []
        for rendered, parameters, rows in steps:
            if rendered.is_personal or not rendered.is_of_the_journal:
                return written
            proof = _proof(rendered, rows)
            size += len(proof) + len(_as_json(parameters))
            if size > LARGEST:
                return written
            read.append((rendered, parameters, proof))
        self._forget(asked)
        known = self._known[asked] = _Known(read, orjson.Fragment(as_json), made, size)
        self._bytes += size
        while self._bytes > self._most:
            self._bytes -= self._known.popitem(last=False)[1].size
        return known.written

    def _forget(self, asked: Hashable) -> None:
        known = self._known.pop(asked, None)
        if known is not None:
            self._bytes -= known.size


async def _reads_as_then(run: Run, known: _Known) -> bool:
    for rendered, parameters, proof in known.steps:
        if _proof(rendered, await run.send(rendered, parameters)) != proof:
            return False
    return True


def _proof(rendered: Rendered, rows: Sequence[Any]) -> bytes:
    """All that the rows say, but not where the journal stood."""
    last = -1 if rendered.tells else None
    return _as_json([tuple(row)[:last] for row in rows])


def _as_json(value: Any) -> bytes:
    return orjson.dumps(value, default=str)
