"""isu serve | migrate | load | schema"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from alembic.util import CommandError
from graphql import build_schema, lexicographic_sort_schema, print_schema
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from sqlalchemy import make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlmodel import col

import db
from db.engine import Database
from isu import log
from isu import migrate as migrations
from isu.app import create_app
from isu.settings import Settings
from resolvers.error import UserError, is_connection_lost
from resolvers.load import BadRegister, LoadReport, load_register
from schema import api

SHIPPED = Path(__file__).parent.parent / "data" / "ccm"
CONTRACT = Path(__file__).parent.parent / "schema" / "schema.graphql"
_SHOWN = 20

app = typer.Typer(
    help="The API of the Implementation Support Unit of the Convention on Cluster Munitions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)
complaints = Console(stderr=True, highlight=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Instead of ISU_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of ISU_PORT.")] = None,
    setup: Annotated[
        bool, typer.Option("--setup", help="First migrate, and load data/ccm if the database is empty.")
    ] = False,
) -> None:
    """Serve the API."""
    log.configure()
    with _told():
        settings = Settings()
        if setup:
            migrations.migrate(settings.database_url)
            if not asyncio.run(_is_filled(settings.database_url)):
                _show(_load(settings.database_url, SHIPPED, None, dry_run=False, skip_bad=False))
        asyncio.run(_at_newest_revision(settings.database_url))
        listener = _listen(host or settings.host, settings.port if port is None else port)
    where = "{}:{}".format(*listener.getsockname()[:2])
    _say(f"Serving on http://{where}/graphql (a browser gets GraphiQL). Stop with Ctrl-C.")
    config = uvicorn.Config(create_app(settings), log_level="warning", server_header=False, timeout_graceful_shutdown=5)
    uvicorn.Server(config).run(sockets=[listener])


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="Forward to this revision only.")] = "head",
    back_to: Annotated[
        str | None, typer.Option(help="Undo all that came after this revision, with the data in it; `base` undoes all.")
    ] = None,
    new: Annotated[str | None, typer.Option(help="Write a new migration with this message instead.")] = None,
) -> None:
    """Bring the database to the newest revision, or to another."""
    with _told():
        url = Settings().database_url
        if new is not None:
            migrations.new_revision(url, new)
        elif back_to is not None:
            migrations.go_back(url, back_to)
        else:
            migrations.migrate(url, to)


@app.command()
def load(
    folder: Annotated[Path, typer.Argument(help="With the eight CSV files; data/ccm ships with this package.")],
    only: Annotated[
        str | None, typer.Option(help="Names of files, with commas: states,organisations,affected_states")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Leave out bad rows, and what refers to them, and load the rest."),
    ] = False,
) -> None:
    """Load the register; what is there already stays as it is."""
    with _told():
        url = Settings().database_url
        asyncio.run(_at_newest_revision(url))
        report = _load(url, folder, None if only is None else only.split(","), dry_run=dry_run, skip_bad=skip_bad)
    _show(report)


@app.command()
def schema(
    write: Annotated[bool, typer.Option("--write", help="Write schema/schema.graphql.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Fail where that file is not what the code says.")] = False,
) -> None:
    """Print the published contract."""
    text = contract()
    if write:
        CONTRACT.write_text(text, encoding="utf-8")
    elif check:
        if not CONTRACT.exists() or CONTRACT.read_text(encoding="utf-8") != text:
            _complain(["schema/schema.graphql is not what the code says: run `make schema` and read the diff."])
            raise typer.Exit(1)
    else:
        print(text, end="")  # noqa: T201  the output itself, without rich's wrapping


def contract() -> str:
    """The schema in SDL, sorted, so that a change shows as what it is."""
    return print_schema(lexicographic_sort_schema(build_schema(api.as_str()))) + "\n"


def _load(url: str, folder: Path, only: list[str] | None, *, dry_run: bool, skip_bad: bool) -> LoadReport:
    with Progress(
        TextColumn("{task.description:24}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file, total=total)
            bars.update(tasks[file], completed=done)

        async def run() -> LoadReport:
            database = Database(url)
            try:
                return await load_register(
                    database, folder, only=only, dry_run=dry_run, skip_bad=skip_bad, progress=progress
                )
            finally:
                await database.close()

        return asyncio.run(run())


def _show(report: LoadReport) -> None:
    faults = [bad for bad in report.skipped if not bad.follows]
    _complain([f"left out: {bad}" for bad in faults])
    table = Table("table", "created", "changed", "unchanged")
    for name, counts in report.tables.items():
        table.add_row(name, str(counts.created), str(counts.changed), str(counts.unchanged))
    console.print(table)
    if report.skipped:
        others = len(report.skipped) - len(faults)
        _say(f"{len(faults)} bad cells, and {others} rows that refer to theirs, were left out.")
    if report.dry_run:
        _say(f"Nothing was written (--dry-run); it would be {report.changes} changes.")
    elif report.changes:
        _say(f"Loaded: {report.changes} changes.")
    else:
        _say("0 changes: the database says all this already.")


def _say(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)


def _complain(lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        complaints.print(line, markup=False, soft_wrap=True)
    if len(lines) > _SHOWN:
        complaints.print(f"… and {len(lines) - _SHOWN} more")


@contextmanager
def _told() -> Iterator[None]:
    """What a user can mend is told in a line, and the exit code is 1."""
    try:
        yield
    except BadRegister as error:
        _complain([str(bad) for bad in error.cells])
        skippable = all(bad.line is not None for bad in error.cells)
        hint = " (--skip-bad leaves such rows out)" if skippable else ""
        _complain([f"{len(error.cells)} found; nothing was written{hint}."])
    except UserError as error:
        _complain([error.message])
    except ValidationError as error:
        _complain([f"ISU_{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}." for e in error.errors()])
    except (ArgumentError, ImportError, NoSuchModuleError):
        _complain(["ISU_DATABASE_URL is no address of SQLite or PostgreSQL, such as postgresql://user@host/name."])
    except CommandError as error:
        _complain([f"{error}."])
    except (SQLAlchemyError, OSError) as error:
        if "file is not a database" in str(error):
            _complain([f"{_shown_address()}: file is not a database (ISU_DATABASE_URL)."])
            raise typer.Exit(1) from None
        if not is_connection_lost(error):
            raise
        _complain([f"The database cannot be reached at {_shown_address()} (ISU_DATABASE_URL)."])
    else:
        return
    raise typer.Exit(1)


def _shown_address() -> str:
    return make_url(Settings().database_url).render_as_string(hide_password=True)


def _listen(host: str, port: int) -> socket.socket:
    """Before anything is said, so that a port that is taken is told as that."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UserError(f"Can not listen on {host}:{port} ({error.strerror}): choose another by ISU_PORT.") from None
    return listener


async def _is_filled(url: str) -> bool:
    database = Database(url)
    try:
        async with database.reading() as connection:
            return (await connection.execute(select(col(db.State.code)).limit(1))).first() is not None
    finally:
        await database.close()


async def _revision(url: str) -> str | None:
    database = Database(url)
    try:
        return await migrations.revision_of(database)
    finally:
        await database.close()


async def _at_newest_revision(url: str) -> None:
    found, wanted = await _revision(url), migrations.newest_revision()
    if found != wanted:
        raise UserError(f"The database is at revision {found}, this code needs {wanted}: run `isu migrate`.")
