"""What was worked out is not worked out again, as long as all that it was worked out of reads as it did.

The database is asked each time: nothing is taken to be so because it was. What is spared are the rules, and the
writing. What can be erased is not remembered.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from db.driver import Rendered, Row
from resolvers.reading.run import Run, Step

MOST_BYTES = 2**20
LARGEST = 2**16
"""Of one, which would leave no room for others."""
_OF_A_STEP = 256
"""Bytes, beside its parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    steps: Sequence[tuple[Rendered, Sequence[Any], bytes]]
    """What was sent, and a digest of what came of it."""
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
            reads_as_then = await _reads_as_then(run, known)
            # In the meantime others may have put it away, or another in its place.
            if self._known.get(asked) is known:
                if reads_as_then:
                    self._known.move_to_end(asked)
                else:
                    self._forget(asked)
            if reads_as_then:
                run.count(made + known.made - run.made)
                return known.written
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
            size += len(_as_json(parameters)) + _OF_A_STEP
            if size > LARGEST:
                return written
            read.append((rendered, parameters, _digest(rendered, rows)))
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
    for rendered, parameters, digest in known.steps:
        if _digest(rendered, await run.send(rendered, parameters)) != digest:
            return False
    return True


def _digest(rendered: Rendered, rows: Sequence[Row]) -> bytes:
    """Of all that the rows say, but not of where the journal stood."""
    last = -1 if rendered.tells else None
    return hashlib.sha256(_as_json([tuple(row)[:last] for row in rows])).digest()


def _as_json(value: Any) -> bytes:
    return orjson.dumps(value, default=str)
