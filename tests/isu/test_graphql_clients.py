"""The clients that front ends use, graphql-ws and graphql-sse, as they are published: run where Node is present.

They are installed with npm into a folder of the run; where there is neither Node nor npm, or npm can not reach them,
this is not run, and says so.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from signal import SIGTERM
from typing import Any

import pytest

from db.engine import Database
from resolvers import account
from tests import server
from tests.follow import CHANGES, TRANSPORTS
from tests.isu.test_subscription import act, beginning, document, everything, served
from tests.make import ISU, key_for

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        shutil.which("node") is None or shutil.which("npm") is None,
        reason="Node and npm are not installed here: the npm clients are not tried",
    ),
]
PACKAGES = ("graphql@16.15.0", "graphql-ws@6.4.2", "graphql-sse@2.6.1")
CLIENT = """
import { createClient as overSocket } from "graphql-ws";
import { createClient as asEvents } from "graphql-sse";
const { address, transport, token, query, variables } = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));
const headers = token ? { Authorization: `Bearer ${token}` } : {};
const client = transport === "socket"
  ? overSocket({ url: address.replace("http", "ws") + "/graphql", webSocketImpl: WebSocket, connectionParams: headers,
      retryAttempts: 0, on: { closed: (event) => say({ closed: event.code }) } })
  : asEvents({ url: address + "/graphql", headers, retryAttempts: 0 });
client.subscribe({ query, variables }, {
  next: (answer) => say({ next: answer }),
  error: (error) => say({ error: Array.isArray(error) ? error : { status: error?.response?.status ?? null } }),
  complete: () => say({ complete: true }),
});
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("node")
    (made / "package.json").write_text('{"private": true, "type": "module"}')
    (made / "client.js").write_text(CLIENT)
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    installed = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=120, check=False)
    if installed.returncode != 0:
        # A registry that is out of reach is no fault of ours; the last lines of a run name what it left out.
        pytest.skip(f"npm could not install the clients: {installed.stderr[-300:]}")
    return made


class Client:
    """A program of Node, line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def end(self) -> None:
        # One of which the last stream has ended may have ended by itself.
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def hear(self) -> Any:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            line = await self.process.stdout.readline()
        assert line, "it has ended"
        return json.loads(line)

    async def hear_until(self, *names: str) -> dict[str, Any]:
        """All that comes until all of these have."""
        found: dict[str, Any] = {}
        while not found.keys() >= set(names):
            found |= await self.hear()
        return found


async def started(folder: Path, address: str, transport: str, token: str | None = None, **variables: Any) -> Client:
    given = {"address": address, "transport": transport, "token": token, "query": CHANGES, "variables": variables}
    flags = ["--experimental-websocket", "--no-warnings"]
    return Client(
        await asyncio.create_subprocess_exec(
            "node", *flags, "client.js", json.dumps(given), cwd=folder, stdout=asyncio.subprocess.PIPE
        )
    )


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def url(templates_of: Any) -> Iterator[str]:
    """Of the server's side there is more in other tests, on both engines."""
    templates = templates_of("sqlite")
    made = templates.databases.copy(templates.register)
    yield made
    templates.databases.drop(made)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = Database(url)
    yield opened
    await opened.close()


async def test_it_follows_resumes_and_goes(database: Database, folder: Path, transport: str) -> None:
    after = (await everything(database, await beginning(database)))[-3]
    async with served(database) as address:
        client = await started(folder, address, transport, after=after)
        told = [(await client.hear())["next"]["data"]["changes"] for _ in range(3)]
        await document(database)
        live = (await client.hear())["next"]["data"]["changes"]
        await client.end()
        again = await started(folder, address, transport, after=told[0]["cursor"])
        resumed = [(await again.hear())["next"]["data"]["changes"] for _ in range(3)]
        await again.end()

    assert [each["__typename"] for each in told] == ["Change", "Change", "Heartbeat"]
    assert [each["cursor"] for each in resumed[:2]] == [told[1]["cursor"], live["cursor"]]


async def test_it_is_refused_with_a_bad_key(database: Database, folder: Path, transport: str) -> None:
    async with served(database) as address:
        client = await started(folder, address, transport, "isu_nonsense")
        found = await client.hear_until("error", *(["closed"] if transport == "socket" else []))
        await client.process.wait()

    assert found.get("closed") == (4403 if transport == "socket" else None)
    if transport == "events":
        assert found["error"] == {"status": 401}


async def test_it_is_told_what_is_wrong_with_a_cursor(database: Database, folder: Path, transport: str) -> None:
    async with served(database) as address:
        client = await started(folder, address, transport, after="nonsense")
        found = await client.hear_until("error" if transport == "socket" else "complete")
        await client.end()

    errors = found["error"] if transport == "socket" else found["next"]["errors"]
    assert errors[0]["message"] == "after is not a cursor of this feed."


async def test_it_is_closed_with_its_key(database: Database, folder: Path, transport: str) -> None:
    token = await key_for(database, ISU)
    async with served(database) as address:
        client = await started(folder, address, transport, token)
        await client.hear()
        await act(database, lambda context: account.revoke(context, key=token.split("_")[1]))
        found = await client.hear_until(*(["closed"] if transport == "socket" else ["next", "complete"]))
        await client.end()

    if transport == "socket":
        assert found["closed"] == 4403
    else:
        assert found["next"]["errors"][0]["extensions"]["code"] == "CREDENTIAL_REVOKED"


async def test_it_is_told_that_the_server_goes(database: Database, folder: Path) -> None:
    environment = {"ISU_DATABASE_URL": database.url.render_as_string(hide_password=False)}
    with server.isu_serves(environment) as (process, address):
        clients = {transport: await started(folder, address, transport) for transport in TRANSPORTS}
        for client in clients.values():
            await client.hear()
        process.send_signal(SIGTERM)
        of_socket = await clients["socket"].hear_until("closed")
        of_events = await clients["events"].hear_until("complete")
        for client in clients.values():
            await client.end()
        await asyncio.to_thread(process.wait, 20)

    assert of_socket["closed"] == 1012
    assert "closed" not in of_events
