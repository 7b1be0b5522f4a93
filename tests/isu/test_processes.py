"""Several processes serve at one port: each answers, all know what one did, and they end together."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import psutil  # type: ignore[import-untyped]
import pytest
from uvicorn.config import STARTUP_FAILURE

from db.engine import Database
from isu import log
from isu.processes import PAUSE, serve_together, usual
from tests import make
from tests.browser import wait_until
from tests.follow import PATIENCE, follow
from tests.process import fork
from tests.server import isu_serves

HERE = "{ __typename }"
STATE = '{ state(by: { code: "AGO" }) { treatyActions { type } } }'
ACT = """mutation { recordTreatyAction(
  input: { state: "AGO", type: RATIFICATION, date: "2026-01-12", source: "A note" }) { __typename } }"""


@contextmanager
def serving(url: str, processes: int = 2) -> Iterator[tuple[psutil.Process, list[psutil.Process], str]]:
    """The one that was started, those that serve, and the address."""
    environment = {"ISU_DATABASE_URL": url, "ISU_RATE_LIMIT": "off"}
    with isu_serves(environment, "--processes", str(processes)) as (first, address):
        wait_until(lambda: len(first.children()) == processes, "all of them")
        try:
            yield first, first.children(), address
        finally:
            # Left to themselves, they would end later than the database.
            with suppress(psutil.NoSuchProcess):
                for each in [first, *first.children()]:
                    each.kill()


@contextmanager
def by(one: psutil.Process, others: Sequence[psutil.Process]) -> Iterator[None]:
    """Whoever asks now is answered by this one."""
    for each in others:
        if each != one:
            each.suspend()
    try:
        yield
    finally:
        for each in others:
            each.resume()


def ask(address: str, query: str, key: str | None = None) -> Any:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    # Over a connection of its own, which any of them may take.
    answer = httpx2.post(f"{address}/graphql", json={"query": query}, headers=headers, timeout=PATIENCE)
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


async def key_of_the_isu(url: str) -> str:
    database = Database(url)
    try:
        return await make.key_for(database, make.ISU)
    finally:
        await database.close()


def test_each_answers_what_any_of_them_did(states_url: str) -> None:
    key = asyncio.run(key_of_the_isu(states_url))
    with serving(states_url, 3) as (_, processes, address):
        for each in processes:
            with by(each, processes):
                for _ in range(4):  # until it is planned, and kept
                    assert actions(address) == ["SIGNATURE"]
        with by(processes[0], processes):
            assert ask(address, ACT, key)["recordTreatyAction"]["__typename"] == "TreatyActionRecorded"
        for each in processes:
            with by(each, processes):
                assert actions(address) == ["SIGNATURE", "RATIFICATION"]


def actions(address: str) -> list[str]:
    return [each["type"] for each in ask(address, STATE)["state"]["treatyActions"]]


async def test_who_follows_one_hears_what_another_did(states_url: str) -> None:
    key = await key_of_the_isu(states_url)
    with serving(states_url) as (_, processes, address):
        one, other = processes
        other.suspend()
        async with follow(address, "events", types=["TREATY_ACTION"]) as answers:
            assert (await anext(answers))["data"]["changes"]["__typename"] == "Heartbeat"
            other.resume()
            one.suspend()
            done = await asyncio.to_thread(ask, address, ACT, key)
            assert done["recordTreatyAction"]["__typename"] == "TreatyActionRecorded"
            one.resume()

            assert (await anext(answers))["data"]["changes"]["kind"] == "CREATED"


@pytest.mark.parametrize(
    ("url", "processors", "number"),
    [
        ("sqlite:///isu.db", 1, 1),
        ("sqlite:///isu.db", 2, 2),
        ("sqlite+aiosqlite:///isu.db", 64, 2),
        ("sqlite:///isu.db", None, 1),
        ("postgresql://localhost/isu", 64, 1),
    ],
)
def test_an_answer_has_two_processors_where_there_are_as_many(
    monkeypatch: pytest.MonkeyPatch, url: str, processors: int | None, number: int
) -> None:
    if processors is None:
        monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    else:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)), raising=False)

    assert usual(url) == number


def test_as_many_serve_as_is_usual_where_nothing_is_said(shared_register_url: str) -> None:
    with isu_serves({"ISU_DATABASE_URL": shared_register_url}, processes=None) as (first, address):
        assert ask(address, HERE) == {"__typename": "Query"}
        number = usual(shared_register_url)
        wait_until(lambda: len(first.children()) == (0 if number == 1 else number), "all of them")
        children = first.children()
        first.terminate()
        psutil.wait_procs([first, *children], PATIENCE)


def test_one_that_is_killed_is_replaced(shared_register_url: str) -> None:
    with serving(shared_register_url) as (first, (lost, left), address):
        lost.kill()

        assert ask(address, HERE) == {"__typename": "Query"}
        wait_until(lambda: len(first.children()) == 2 and lost not in first.children(), "another one")
        (new,) = {*first.children()} - {left}
        with by(new, [left, new]):
            assert ask(address, HERE) == {"__typename": "Query"}


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_all_end_with_the_one_that_is_told_to(shared_register_url: str, told: signal.Signals) -> None:
    with serving(shared_register_url) as (first, processes, address):
        first.send_signal(told)

        first.wait(PATIENCE)
        assert not any(each.is_running() for each in processes)
        with pytest.raises(httpx2.ConnectError):
            ask(address, HERE)


def test_none_is_left_where_the_one_that_started_them_is_killed(shared_register_url: str) -> None:
    with serving(shared_register_url) as (first, processes, _):
        first.kill()

        _, left = psutil.wait_procs(processes, PATIENCE)
        assert left == []


# ---------- without a server ----------


def can_not_start() -> None:
    sys.exit(STARTUP_FAILURE)


def fails() -> None:
    raise ZeroDivisionError


def test_where_one_can_not_start_all_end(tmp_path: Path) -> None:
    process = fork(together, tmp_path, can_not_start, err=tmp_path / "log")
    process.join(PATIENCE)

    assert process.exitcode == STARTUP_FAILURE
    assert [(each["event"], each["code"]) for each in logged(tmp_path)] == [("process.ended", STARTUP_FAILURE)]
    assert (count(tmp_path, "begun"), count(tmp_path, "ended")) == (2, 2)


def test_one_that_fails_is_replaced_after_a_pause(tmp_path: Path) -> None:
    process = fork(together, tmp_path, fails, err=tmp_path / "log")
    wait_until(lambda: count(tmp_path, "begun") == 3, "another one")
    process.terminate()
    process.join(PATIENCE)

    assert process.exitcode == -signal.SIGTERM
    failed, ended = logged(tmp_path)
    assert (failed["event"], ended["event"], ended["code"]) == ("process.failed", "process.ended", 1)
    assert "ZeroDivisionError" in failed["exception"]
    assert max(each.stat().st_mtime for each in tmp_path.glob("begun *")) > (tmp_path / "first").stat().st_mtime + PAUSE
    assert count(tmp_path, "ended") == 3


def together(folder: Path, end: Callable[[], None]) -> None:
    """Three, of which the first to come ends so, once the others have begun."""
    log.configure()
    serve_together(3, partial(serve, folder, end))


def serve(folder: Path, end: Callable[[], None]) -> None:
    try:
        (folder / "first").touch(exist_ok=False)
    except FileExistsError:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        try:
            (folder / f"begun {os.getpid()}").touch()
            signal.pause()
        finally:
            (folder / f"ended {os.getpid()}").touch()
    else:
        wait_until(lambda: count(folder, "begun") == 2, "the others")
        end()


def count(folder: Path, what: str) -> int:
    return len(list(folder.glob(f"{what} *")))


def logged(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log").read_text(encoding="utf-8").splitlines()]
