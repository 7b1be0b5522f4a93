"""Without a transaction an answer is of one moment where the journal stood at one place throughout; else it is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from db.driver import Rendered, Row, Snapshot
from resolvers.reading.run import Moved, Run, Untold
from tests.resolvers.test_worked import rendered

pytestmark = pytest.mark.anyio

TELLS = replace(rendered("terms", tells=True), order=())
HEAD = replace(TELLS, text="head")


class Told(Snapshot):
    """What comes of each statement, in turn; and of the one that asks where the journal stands."""

    def __init__(self, *rows: Sequence[Row], stands: int = 1) -> None:
        self.of_the_journal = True
        self.rows = list(rows)
        self.stands = stands
        self.asked = 0

    async def send(self, statement: Rendered, parameters: Sequence[Any]) -> Sequence[Row]:
        if statement is not HEAD:
            return self.rows.pop(0)
        self.asked += 1
        return [(self.stands,)]


async def read(told: Told, *, is_root: bool = True) -> None:
    """`is_root`: of the first statement."""
    run = Run(told, HEAD)
    await run.fetch(TELLS, {}, is_root=is_root)
    while told.rows:
        await run.fetch(TELLS, {})
    await run.end()


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        (Told([("DEU", 1)], [("FRA", 1), ("AUT", 1)]), 0),
        (Told([("DEU", 1)], [], [("FRA", 1)]), 0),
        # The last has not said where it stood.
        (Told([("DEU", 1)], []), 1),
        # Nothing hangs on what is not there.
        (Told([]), 0),
    ],
)
async def test_what_was_read_at_one_place_is_of_one_moment(told: Told, asked: int) -> None:
    await read(told)

    assert told.asked == asked


@pytest.mark.parametrize(
    ("told", "is_root"),
    [
        (Told([("DEU", 1)], [("FRA", 2)]), True),
        (Told([("DEU", 1)], [], [("FRA", 2)]), True),
        (Told([("DEU", 1)], [], stands=2), True),
        (Told([("DEU", None)]), True),
        (Told([("DEU", 1)], [("FRA", None)]), True),
        # Of others that follow nobody could say whether they stood where this one did.
        (Told([], [("DEU", 1)]), False),
    ],
)
async def test_what_may_have_been_read_at_two_is_read_again(told: Told, is_root: bool) -> None:
    with pytest.raises(Moved) as moved:
        await read(told, is_root=is_root)

    assert moved.type is Moved


@pytest.mark.parametrize("untold", [replace(TELLS, is_of_the_journal=False), replace(TELLS, tells=False)])
async def test_what_is_beside_the_journal_or_does_not_tell_is_read_in_a_transaction_each_time(untold: Rendered) -> None:
    with pytest.raises(Untold):
        await Run(Told([("DEU", 1)]), HEAD).fetch(untold, {})
    assert len(await Run(Told([("DEU", 1)])).fetch(untold, {})) == 1
