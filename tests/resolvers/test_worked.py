"""What was worked out is worked out again where anything that it was worked out of reads otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from db.driver import Rendered, Row, Snapshot
from resolvers.reading.reader import MOST_OBJECTS
from resolvers.reading.run import Run
from resolvers.reading.want import Unplanned
from resolvers.reading.worked import LARGEST, WorkedOut

pytestmark = pytest.mark.anyio


def rendered(text: str, **told: bool) -> Rendered:
    told = {"is_of_the_journal": True, "tells": False, "is_personal": False, **told}
    return Rendered(engine="none", text=text, order=("on",), constants={}, converted={}, columns=(None,), **told)


TERMS, HEAD = rendered("terms"), rendered("head", tells=True)


class Kept(Snapshot):
    """Rows by the text of what asks for them, and by its parameter."""

    def __init__(self) -> None:
        self.of_the_journal = True
        self.stands = 1
        self.rows: dict[tuple[str, Any], list[Row]] = {}

    async def send(self, statement: Rendered, parameters: Sequence[Any]) -> Sequence[Row]:
        rows = self.rows.get((statement.text, *parameters), [("DEU", 2011, None)])
        return [(*row, self.stands) for row in rows] if statement.tells else rows


class Asking:
    """Works out who holds a term from what is read, and counts how often."""

    def __init__(self, *statements: Rendered, most_bytes: int = 2**20) -> None:
        self.snapshot = Kept()
        self.statements = statements
        self.worked_out = WorkedOut(most_bytes)
        self.times = 0
        self.made = 0

    async def ask(self, on: str = "2011", *, is_foreseen: bool = True) -> Any:
        run = Run(self.snapshot)

        async def work() -> Any:
            self.times += 1
            run.is_foreseen = is_foreseen
            found = [await run.fetch(each, {"on": on}) for each in self.statements]
            run.count(10)
            return {"terms": [list(row) for rows in found for row in rows]}

        written = await self.worked_out.of(run, on, work)
        self.made = run.made
        return orjson.loads(orjson.dumps(written))


@pytest.mark.parametrize("statement", [TERMS, HEAD])
async def test_it_is_not_worked_out_again_where_all_reads_as_it_did(statement: Rendered) -> None:
    asking = Asking(statement)
    first = await asking.ask()
    made = asking.made
    # An entry of the journal that says nothing of it.
    asking.snapshot.stands += 1

    assert await asking.ask() == first
    assert asking.times == 1
    assert asking.made == made == 11


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("DEU", 2011, "x")],
        [("DEU", "2011", None)],
        [("DEU", 2011, None), ("DEU", 2011, None)],
        [("DEU", 2011, None, None)],
    ],
)
async def test_it_is_worked_out_again_where_anything_reads_otherwise(rows: list[Row]) -> None:
    asking = Asking(TERMS, rendered("bodies"))
    await asking.ask()
    asking.snapshot.rows["bodies", "2011"] = rows

    answer = await asking.ask()
    assert answer["terms"][1:] == [list(row) for row in rows]
    assert await asking.ask() == answer
    assert asking.times == 2


async def test_each_that_is_asked_has_its_own() -> None:
    asking = Asking(TERMS)
    asking.snapshot.rows["terms", "2012"] = [("FRA", 2012, None)]

    for _ in range(2):
        assert await asking.ask("2011") == {"terms": [["DEU", 2011, None]]}
        assert await asking.ask("2012") == {"terms": [["FRA", 2012, None]]}
    assert asking.times == 2


@pytest.mark.parametrize("other", [rendered("persons", is_personal=True), rendered("mail", is_of_the_journal=False)])
async def test_what_can_be_erased_or_is_in_no_journal_is_not_remembered(other: Rendered) -> None:
    asking = Asking(TERMS, other)
    await asking.ask()
    await asking.ask()

    assert asking.times == 2
    assert not asking.worked_out._known


async def test_what_will_be_read_in_fewer_statements_is_worked_out_once_more() -> None:
    asking = Asking(TERMS)
    await asking.ask(is_foreseen=False)
    await asking.ask()
    await asking.ask()

    assert asking.times == 2


async def test_what_reads_nothing_is_not_remembered() -> None:
    asking = Asking()
    await asking.ask()
    await asking.ask()

    assert asking.times == 2


async def test_it_has_a_bound() -> None:
    asking = Asking(TERMS, most_bytes=800)
    for year in ("2011", "2012", "2011", "2013"):
        asking.snapshot.rows["terms", year] = [("x" * 40, year)]
        await asking.ask(year)
    known = asking.worked_out._known

    # Whoever is asked for again stays.
    assert list(known) == ["2011", "2013"]
    assert asking.times == 3
    assert asking.worked_out._bytes == sum(each.size for each in known.values()) <= 800

    asking.snapshot.rows["terms", "2011"] = [("x" * LARGEST,)]
    await asking.ask("2011")
    assert list(known) == ["2013"]
    assert asking.worked_out._bytes == known["2013"].size


async def test_it_counts_as_when_it_was_worked_out() -> None:
    asking = Asking(TERMS)
    await asking.ask()
    run = Run(asking.snapshot)
    run.count(MOST_OBJECTS - 10)

    with pytest.raises(Unplanned):
        await asking.worked_out.of(run, "2011", asking.ask)
    assert asking.times == 1


async def test_what_failed_is_not_remembered() -> None:
    asking = Asking(TERMS)
    run = Run(asking.snapshot)

    async def fail() -> None:
        await run.fetch(TERMS, {"on": "2011"})
        raise Unplanned

    with pytest.raises(Unplanned):
        await asking.worked_out.of(run, "2011", fail)
    assert run.steps is None
    assert not asking.worked_out._known


async def test_those_who_ask_at_the_same_time_stand_in_nobodys_way() -> None:
    asking = Asking(TERMS, most_bytes=800)
    await asking.ask("2011")
    send = asking.snapshot.send

    async def others_ask_meanwhile(statement: Rendered, parameters: Sequence[Any]) -> Sequence[Row]:
        rows = await send(statement, parameters)
        asking.snapshot.send = send  # type: ignore[method-assign]
        if changed:
            asking.snapshot.rows["terms", "2011"] = [("FRA", 2011, None)]
            await asking.ask("2011")
        else:
            for year in ("2012", "2013", "2014"):
                await asking.ask(year)
        return rows

    for changed in (False, True):
        asking.snapshot.send = others_ask_meanwhile  # type: ignore[method-assign]
        assert await asking.ask("2011") == {"terms": [["DEU", 2011, None]]}
        assert ("2011" in asking.worked_out._known) is changed
        assert asking.worked_out._bytes == sum(each.size for each in asking.worked_out._known.values())
        await asking.ask("2011")
    assert await asking.ask("2011") == {"terms": [["FRA", 2011, None]]}
