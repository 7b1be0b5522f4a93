"""Whatever is asked, and however often it is something else: what is remembered of questions has its bounds."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from graphql import DocumentNode

from db import driver
from isu import again, front, operation, plans
from isu.again import Again
from isu.front import Front
from schema import api as offered
from schema import operation as prepare
from schema.limits import MAX_TOKENS
from schema.operation import MAX_BYTES, MAX_DOCUMENTS, documents_of
from tests.api import Api, serving
from tests.conftest import Templates

pytestmark = pytest.mark.anyio

LONG = "meetings(first: 1, where: {{ kind: [{}] }}) {{ nodes {{ code }} }}".format('"x" ' * 1_800)
BOUNDS = [
    (front, "MOST_KNOWN"),
    (front, "MOST_BYTES"),
    (again, "MOST_BYTES"),
    (plans, "MOST_QUESTIONS"),
    (plans, "MOST_TOKENS"),
    (plans, "MOST_PLANS"),
    (plans, "MOST_SEEN"),
    (prepare, "MAX_TOKENS_KEPT"),
]
_FEW = 5
"""What is under way."""


def asked(number: int) -> tuple[str, int]:
    """A document as no other number has it, and how often it is asked: what comes again is planned, then kept."""
    if number % 20 == 0:
        return f'query State{number} {{ state(by: {{ code: "AUT" }}) {{ code }} }}', 4
    if number % 50 == 5 and number % 1_250 < 300:
        # Not all the time, for they leave no room to others.
        return f'query Wide{number} {{ state(by: {{ code: "AUT" }}) {{ code }} }} # {"x" * 20_000}', 4
    if number % 250 == 10:
        return f"query Long{number} {{ {LONG} }}", 4
    return (f"{{ nothing{number} }}" if number % 2 else f"query Typename{number} {{ __typename }}"), 1


@pytest.fixture
def one_register(templates_of: Callable[[str], Templates]) -> str:
    return templates_of("sqlite").shared_register


@pytest.mark.parametrize(("number", "share"), [(1_250, 40), pytest.param(100_000, 1, marks=pytest.mark.soak)])
async def test_documents_without_end_fill_no_memory(
    one_register: str, monkeypatch: pytest.MonkeyPatch, number: int, share: int
) -> None:
    """Fewer documents fill as much of smaller bounds; and all of it is remembered before any database is asked."""
    # So that the smallest answer is kept.
    monkeypatch.setattr("isu.front.WORTH", -1.0)
    for module, name in BOUNDS:
        monkeypatch.setattr(module, name, getattr(module, name) // share)
    prepared = documents_of(offered)
    monkeypatch.setattr(prepared, "_max_documents", MAX_DOCUMENTS // share)
    monkeypatch.setattr(prepared, "_max_bytes", MAX_BYTES // share)
    async with serving(one_register) as api:
        await ask(api, "{ __typename }")
        kept = front_of(api)._again
        assert kept is not None
        monkeypatch.setattr(kept, "_most", again.MOST_BYTES)
        others, caches = {id(each) for each in alive(DocumentNode)}, unbounded_caches()
        for each in range(number):
            text, times = asked(each)
            for _ in range(times):
                await ask(api, text)
            if each % (number // 4) == number // 4 - 1:
                bounds_hold(api, kept)
                all_together([each for each in alive(DocumentNode) if id(each) not in others])

        # All of it took place.
        assert front_of(api)._known
        assert kept._kept
        assert api.app.state.plans._plans
        # Those of the schema have an entry for each of its parts, and none for what is asked.
        assert sum(unbounded_caches().values()) <= sum(caches.values()) + 20


def bounds_hold(api: Api, kept: Again) -> None:
    before = front_of(api)
    assert len(before._known) <= front.MOST_KNOWN
    assert sum(len(body) for body in before._known) <= before._bytes <= front.MOST_BYTES
    assert before._bytes == sum(each.size for each in before._known.values())

    assert kept._bytes == sum(each.size for each in kept._kept.values()) <= again.MOST_BYTES

    made = api.app.state.plans
    assert len(made._questions) <= plans.MOST_QUESTIONS
    assert made._tokens == tokens_of(each.question.document for each in made._questions.values()) <= plans.MOST_TOKENS
    assert len(made._plans) <= plans.MOST_PLANS
    assert len(made._seen) <= plans.MOST_SEEN
    assert len(api.database.driver.repertoire._known) <= driver.MOST_KNOWN

    assert len(before._door.operations._about_the_schema) <= operation.MOST_KEPT
    prepared = documents_of(offered)
    assert len(prepared._kept) <= prepared._max_documents
    assert sum(len(text.encode()) for text in prepared._kept) == prepared._bytes <= prepared._max_bytes
    assert prepared._tokens <= prepare.MAX_TOKENS_KEPT


def all_together(documents: list[DocumentNode]) -> None:
    """Whoever else may hold them: Strawberry, graphql-core, and keys that nobody thinks of."""
    assert len(documents) <= documents_of(offered)._max_documents + plans.MOST_QUESTIONS + plans.MOST_PLANS + _FEW
    assert tokens_of(documents) <= prepare.MAX_TOKENS_KEPT + plans.MOST_TOKENS + (plans.MOST_PLANS + _FEW) * MAX_TOKENS


def tokens_of(documents: Any) -> int:
    return sum(each.token_count for each in documents)


def alive(of: type[Any]) -> list[Any]:
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, of)]


def unbounded_caches() -> dict[str, int]:
    found = [each for each in alive(functools._lru_cache_wrapper) if each.cache_info().maxsize is None]
    return {f"{each.__module__}.{each.__qualname__}": each.cache_info().currsize for each in found}


def front_of(api: Api) -> Front:
    layer: Any = api.app.middleware_stack
    while not isinstance(layer, Front):
        layer = layer.app
    return layer


async def ask(api: Api, text: str) -> None:
    """Without a client between, which would take most of the time."""
    body = orjson.dumps({"query": text})
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    sent = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    await api.app({**scope, "client": None}, receive, send)
    assert (b'"errors"' in sent[1]["body"]) == ("nothing" in text)
