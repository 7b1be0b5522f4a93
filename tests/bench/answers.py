"""What is asked, and the one right answer to each, from an app in this process."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
from sqlalchemy import event

from db.driver import Rendered
from isu.app import create_app
from isu.settings import Settings
from tests.bench.query import MOST_VARIANTS, Ask, Query, judged, others
from tests.bench.register import KEY

BY_KEY = {"Authorization": f"Bearer {KEY}"}
_FEW, _MANY, _MOST = 5, 100, 250
"""What hangs on a few rows may be nested in them; from then on the number of statements stays as it is."""
_NOT_COUNTED = ("BEGIN", "PRAGMA")
_TIMES = 2
"""What is planned is planned when it comes again."""
_CURSOR = re.compile(rb'"endCursor":"[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A query, and what follows upon each of its variants."""

    query: Query
    answers: Sequence[bytes]
    statements: int

    @property
    def tail(self) -> bytes:
        """What stands behind the data."""
        answer = orjson.loads(self.answers[0])
        data = orjson.dumps(answer.pop("data"))
        return self.answers[0].removeprefix(b'{"data":' + data)


async def answers(
    url: str,
    scale: float,
    *,
    more: bool = False,
    only: Collection[str] | None = None,
    most_variants: int = MOST_VARIANTS,
) -> list[Answered]:
    app = create_app(Settings(database_url=url, rate_limit="off", kept_answers="off"))
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(_NOT_COUNTED):
            statements.append(statement)

    def note_planned(statement: Rendered) -> None:
        statements.append(statement.text)

    for engine in (app.state.database.reader, app.state.database._writer):
        event.listen(engine.sync_engine, "before_cursor_execute", note)
    app.state.database.driver.watch = note_planned
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://bench") as client:

        async def answer(body: bytes, headers: Mapping[str, str] | None = None) -> tuple[bytes, int]:
            statements.clear()
            given = {"Content-Type": "application/json", **(headers or {})}
            response = await client.post("/graphql", content=body, headers=given)
            if response.status_code != 200 or "errors" in response.json():
                raise RuntimeError(f"{body!r} was answered by {response.status_code} {response.text[:1000]}")
            return response.content, len(statements)

        async def again(body: bytes) -> tuple[bytes, int]:
            found = {(await answer(body))[0] for _ in range(_TIMES)}
            if len(found) > 1:
                raise RuntimeError(f"{body!r} has several answers.")
            return await answer(body)

        async def ask(text: str, variables: Mapping[str, Any]) -> Any:
            content, _ = await answer(orjson.dumps({"query": text, "variables": variables}))
            return orjson.loads(content)["data"]

        found = []
        for chosen in await _chosen(ask, scale, more=more, only=only):
            query = chosen.fewer(most_variants)
            if query.writes:
                content, count = await answer(query.bodies()[0], BY_KEY)
                if b'"message"' in content:
                    raise RuntimeError(f"{query.name} was refused: {content!r}")
                found.append(Answered(query=query, answers=[content], statements=count))
                continue
            given = [await again(body) for body in query.bodies()]
            count = given[-1][1]
            if query.is_sized:
                bodies = [query.of_size(size).bodies()[0] for size in (_FEW, _MANY, _MOST)]
                few, many, most = [(await again(body))[1] for body in bodies]
                if not few <= many == most:
                    told = f"{few} statements for {_FEW} objects, {many} for {_MANY}, {most} for {_MOST}"
                    raise RuntimeError(f"{query.name}: {told}.")
            found.append(Answered(query=query, answers=[content for content, _ in given], statements=count))
    await app.state.database.close()
    return found


async def _chosen(ask: Ask, scale: float, *, more: bool, only: Collection[str] | None) -> list[Query]:
    queries = await judged(ask, scale)
    if more:
        queries += await others(ask, scale)
    chosen = [query for query in queries if only is None or query.name in only]
    if not chosen:
        raise SystemExit(f"There is no such query; there are: {', '.join(query.name for query in queries)}.")
    return chosen


def differs(answer: bytes, right: bytes, *, only_data: bool = False) -> str | None:
    """Where they say something else, in values or in the order of names: cursors are everybody's own."""
    said = [orjson.loads(each) for each in (answer, right)]
    one, other = (_CURSOR.sub(b"", orjson.dumps(each["data"] if only_data else each)) for each in said)
    if one == other:
        return None
    place = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, place - 100)
    return f"{one[start : place + 100]!r} instead of {other[start : place + 100]!r}"
