"""What every test may ask for: a database of its own on either engine. And a count of what ran."""

import asyncio
import gc
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import ExitStack, closing
from functools import cache, cached_property, partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import pytest
import structlog
from httpx2 import create_ssl_context

from tests import memory, postgres

# Until all is imported and collected nothing is garbage: to look for it took a third of the time of that.
gc.disable()

ROOT = Path(__file__).parents[1]
ENGINES = ("sqlite", "postgresql")
ON_SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
"""Of a test about SQLite alone: on the other engine it would assert nothing."""
OWN_SERVER = "ISU_TEST_DATABASE_URL"
Begin = Callable[[Any], Coroutine[Any, Any, None]]
"""What an institution has done before a test."""
STATES = ("states", "organisations", "affected_states")


def migrate(url: str) -> None:
    # Imported here and below, so that a broken house fails its tests and not the whole run.
    from isu.migrate import migrate as to_the_newest_revision

    to_the_newest_revision(url)


async def load_into(url: str, only: Collection[str] | None = None) -> None:
    """The one place that knows how `data/ccm` comes into a migrated database."""
    from db.engine import Database
    from resolvers.load import load_register

    database = Database(url)
    try:
        await load_register(database, ROOT / "data/ccm", only=only)
    finally:
        await database.close()


async def begin_with(url: str, begin: Begin) -> None:
    from db.engine import Database
    from tests.institution import Institution

    database = Database(url)
    try:
        await begin(Institution(database))
    finally:
        await database.close()


class Databases(Protocol):
    version: str

    def create(self) -> str: ...
    def copy(self, template: str) -> str: ...
    def freeze(self, url: str) -> None: ...
    def drop(self, url: str) -> None: ...


class SqliteFiles:
    """Databases that are files in one folder."""

    version = f"sqlite {sqlite3.sqlite_version}"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def create(self) -> str:
        return f"sqlite+aiosqlite:///{self._folder}/{next(self._numbers)}.db"

    def copy(self, template: str) -> str:
        url = self.create()
        shutil.copyfile(self._file(template), self._file(url))
        return url

    def freeze(self, url: str) -> None:
        # What still stands in the write-ahead log would be missing from a copy of the file.
        with closing(sqlite3.connect(self._file(url))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._file(url)}{suffix}").unlink(missing_ok=True)

    def _file(self, url: str) -> Path:
        return Path(url.removeprefix("sqlite+aiosqlite:///"))


class Templates:
    """What tests copy from; each is made once in a worker, when the first test asks for it."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self._begun: dict[Begin, str] = {}

    @cached_property
    def empty(self) -> str:
        url = self.databases.create()
        migrate(url)
        self.databases.freeze(url)
        return url

    @cached_property
    def register(self) -> str:
        url = self.databases.copy(self.empty)
        asyncio.run(load_into(url))
        self.databases.freeze(url)
        return url

    @cached_property
    def states(self) -> str:
        url = self.databases.copy(self.empty)
        asyncio.run(load_into(url, STATES))
        self.databases.freeze(url)
        return url

    def begun(self, begin: Begin) -> str:
        """Of the tests of a module: its acts are done once, and not for each of them."""
        if begin not in self._begun:
            url = self.databases.copy(self.states)
            asyncio.run(begin_with(url, begin))
            self.databases.freeze(url)
            self._begun[begin] = url
        return self._begun[begin]

    @cached_property
    def shared_register(self) -> str:
        return self.databases.copy(self.register)


@pytest.fixture(scope="session", autouse=True)
def kept_rows_are_written_by_the_unit_of_work() -> Iterator[None]:
    """Any other INSERT, UPDATE or DELETE on a kept table, or on the journal, fails the test that sends it."""
    from sqlalchemy import Engine, event

    from tests.journal import refuse_what_is_not_of_the_unit

    event.listen(Engine, "before_cursor_execute", refuse_what_is_not_of_the_unit)
    yield
    event.remove(Engine, "before_cursor_execute", refuse_what_is_not_of_the_unit)


@pytest.fixture(scope="session", autouse=True)
def what_is_compiled_is_shared() -> Iterator[None]:
    """A test has engines of its own; to compile every statement anew for each would take half of the suite's time."""
    from sqlalchemy.ext.asyncio import create_async_engine

    from tests.compiled import Compiled

    with pytest.MonkeyPatch.context() as patch:
        sharing = partial(create_async_engine, execution_options={"compiled_cache": Compiled()})
        patch.setattr("db.engine.create_async_engine", sharing)
        yield


class Hurried:
    """What uvicorn knows as `asyncio`: it looks by tenths of a second whether it is to stop, and pauses as it does."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds / 10)


@pytest.fixture(scope="session", autouse=True)
def nothing_beside_the_point_takes_long() -> Iterator[None]:
    """A client reads all the authorities that there are, though nothing is encrypted; a server that stops is slow to
    see it; and a fault is logged with the values of all its frames, in colours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx2._transports.default.create_ssl_context", cache(create_ssl_context))
        patch.setattr("uvicorn.server.asyncio", Hurried())
        plain = structlog.dev.plain_traceback
        patch.setattr(structlog.dev.RichTracebackFormatter, "__call__", lambda _, *given: plain(*given))
        yield


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def templates_of(pytestconfig: pytest.Config) -> Iterator[Callable[[str], Templates]]:
    """By engine, not by a parametrized fixture: that one would be made anew whenever the engine changes."""
    with ExitStack() as servers:

        @cache
        def templates(engine: str) -> Templates:
            databases: Databases
            if engine == "sqlite":
                databases = SqliteFiles(servers.enter_context(memory.folder()))
            else:
                # A server for each worker: it starts in half a second, and sharing one would save less.
                url = os.environ.get(OWN_SERVER) or servers.enter_context(postgres.serve())
                if OWN_SERVER not in os.environ:
                    # Else whoever connects looks for certificates first, for a server that has none.
                    os.environ["PGSSLMODE"] = "disable"
                databases = postgres.Databases(url)
                servers.callback(databases.close)
            pytestconfig.stash[VERSIONS][engine] = databases.version
            return Templates(databases)

        yield templates


@pytest.fixture(scope="session", params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def templates(engine_name: str, templates_of: Callable[[str], Templates]) -> Templates:
    return templates_of(engine_name)


@pytest.fixture
def empty_database_url(templates: Templates) -> Iterator[str]:
    """A migrated database without a row of the register, private to the test."""
    yield from _private_copy(templates, templates.empty)


@pytest.fixture
def register_url(templates: Templates) -> Iterator[str]:
    """A database with `data/ccm` loaded, private to the test."""
    yield from _private_copy(templates, templates.register)


@pytest.fixture
def states_url(templates: Templates) -> Iterator[str]:
    """States, organisations and who is affected, and no office held and no meeting; private to the test."""
    yield from _private_copy(templates, templates.states)


@pytest.fixture(scope="session")
def shared_register_url(templates: Templates) -> str:
    """A database with `data/ccm` loaded, for tests that only read."""
    return templates.shared_register


@pytest.fixture(scope="session")
def postgres_url(templates_of: Callable[[str], Templates]) -> str:
    """The server itself, for tests that are about PostgreSQL alone."""
    databases = templates_of("postgresql").databases
    assert isinstance(databases, postgres.Databases)
    return databases.url


def _private_copy(templates: Templates, template: str) -> Iterator[str]:
    url = templates.databases.copy(template)
    yield url
    templates.databases.drop(url)


# Which engines ran: a full run that leaves one out without being told to is no proof.

VERSIONS = pytest.StashKey[dict[str, str]]()
DEFAULT_MARKS = "not soak"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        dest="engines",
        choices=ENGINES,
        action="append",
        help="run only this engine's tests, beside those that need none (may be repeated)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[VERSIONS] = {}
    # Settings come from the tests alone, never from the shell of whoever runs them.
    for name in list(os.environ):
        if name.startswith("ISU_") and name != OWN_SERVER:
            del os.environ[name]
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(EnginesRun(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    deselected = [item for item in items if _engine_of(item) in _deselected(config)]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]


def pytest_collection_finish() -> None:
    """What stands by now stays, the schema above all: to look for garbage in it took a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_runtest_call(item: pytest.Item) -> None:
    # A property travels with the report, also from a worker. Only tests whose set-up worked count.
    engine = _engine_of(item)
    if engine in item.config.stash[VERSIONS]:
        item.user_properties.append(("engine", item.config.stash[VERSIONS][engine]))


class EnginesRun:
    """Counts where the reports of all workers come together."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._tests: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and not report.skipped:
            self._tests.update(str(value) for key, value in report.user_properties if key == "engine")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.OK and self._missing():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        ran = ", ".join(f"{engine} ({tests} tests)" for engine, tests in sorted(self._tests.items()))
        if ran:
            terminalreporter.write_line(f"ran on: {ran}")
        for engine in _deselected(self._config):
            terminalreporter.write_line(f"not run: {engine} (--engine leaves it out)")
        for engine in self._missing():
            terminalreporter.write_line(f"not run: {engine} (no test reached it, so this run has failed)", red=True)

    def _missing(self) -> list[str]:
        if not _is_full(self._config):
            return []
        reached = {engine.split()[0] for engine in self._tests}
        return [name for name in ENGINES if name not in reached | _deselected(self._config)]


def _engine_of(item: pytest.Item) -> str | None:
    if not isinstance(item, pytest.Function):
        return None
    if hasattr(item, "callspec") and "engine_name" in item.callspec.params:
        return str(item.callspec.params["engine_name"])
    return "postgresql" if "postgres_url" in item.fixturenames else None


def _deselected(config: pytest.Config) -> set[str]:
    chosen = config.getoption("engines")
    return set(ENGINES) - set(chosen) if chosen else set()


def _is_full(config: pytest.Config) -> bool:
    """Whether the run was asked for everything that the default run holds."""
    options = ("keyword", "deselect", "ignore", "ignore_glob", "lf", "collectonly", "stepwise")
    return (
        config.args == config.getini("testpaths")
        and config.getoption("markexpr") == DEFAULT_MARKS
        and not any(config.getoption(option, False) for option in options)
    )
