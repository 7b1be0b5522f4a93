"""isu serve | worker | migrate | load | export | register-participants | issue-documents | deliver | verify | reindex |
account | key | rules | review | schema"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from pydantic import ValidationError
from sqlalchemy import make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlmodel import col

import db
from db import feed, search
from db.engine import Database
from db.store import StoreFailed
from isu import log
from isu.clock import now_in_utc, today_in_utc
from isu.outbox import Worker
from isu.revision import newest_revision, revision_of
from isu.settings import LAST_PORT, MOST_PROCESSES, Settings, check_folders, file_spool, file_store, url_of
from mandate.account import AccountKind
from mandate.actor import COMMAND_LINE, Scope
from mandate.communication import DeliveryOutcome
from mandate.party import ISU_PARTY, PartyKind
from resolvers import account, change, file
from resolvers.context import Context, Operation
from resolvers.error import Problem, UserError, is_connection_lost
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY

if TYPE_CHECKING:
    from isu import lists
    from resolvers.load import LoadReport
    from resolvers.review import Review

SHIPPED = Path(__file__).parent.parent / "data" / "ccm"
CONTRACT = Path(__file__).parent.parent / "schema" / "schema.graphql"
RULE_BOOK = Path(__file__).parent.parent / "docs" / "mandate.md"
_SHOWN = 20
_MOST_FAULTS = 1_000
_NO_ROOM = ("database or disk is full", "No space left on device")
_LOCKED = "database is locked"

T = TypeVar("T")

app = typer.Typer(
    help="The API of the Implementation Support Unit of the Convention on Cluster Munitions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
account_words = typer.Typer(help="Who may call.", no_args_is_help=True)
app.add_typer(account_words, name="account")
key_words = typer.Typer(help="The keys by which accounts call.", no_args_is_help=True)
app.add_typer(key_words, name="key")


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Instead of ISU_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of ISU_PORT.", min=0, max=LAST_PORT)] = None,
    processes: Annotated[int | None, typer.Option(help="Instead of ISU_PROCESSES.", min=1, max=MOST_PROCESSES)] = None,
    setup: Annotated[
        bool, typer.Option("--setup", help="First migrate, and load data/ccm if the database is empty.")
    ] = False,
) -> None:
    """Serve the API."""
    # Imported here, as by `schema`: to load the API takes longer than most of the other words do. And what the others
    # need is imported by them, for a server would keep it in memory.
    from isu import server
    from isu.app import create_app
    from isu.processes import serve_together, usual

    log.configure()
    with _told():
        settings = Settings()
        if setup:
            from isu import migrate as migrations

            migrations.migrate(settings.database_url)
            if not asyncio.run(_is_filled(settings.database_url)):
                _show(_load(settings.database_url, SHIPPED, None, dry_run=False, skip_bad=False))
        asyncio.run(_at_newest_revision(settings.database_url))
        # What links to this server, as feeds do, names where it is.
        settings = settings.model_copy(
            update={
                "host": host or settings.host,
                "port": settings.port if port is None else port,
            }
        )
        number = processes or settings.processes or usual(settings.database_url)
        check_folders(settings, delivers=settings.worker == "on")
        listener = _listen(settings.host, settings.port)
        address, taken = listener.getsockname()[:2]
        try:
            # Of any port that is free it is known by now which.
            served = create_app(settings.model_copy(update={"port": taken}))
        except BaseException:
            listener.close()
            raise
    if setup and (first := _acting(account.first_key)) is not None:
        _say("An API key of the ISU for local use; it is shown this once, and `isu key issue` makes others:")
        _say(first.token)
    _say(f"Serving on {url_of(address, taken)}/graphql (a browser gets GraphiQL). Stop with Ctrl-C.")
    with listener:
        server.settle()
        if number == 1:
            server.run(served, listener)
        else:
            serve_together(number, partial(server.run, served, listener, under=os.getpid()))


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="Forward to this revision only.")] = "head",
    back_to: Annotated[
        str | None, typer.Option(help="Undo all that came after this revision, with the data in it; `base` undoes all.")
    ] = None,
    new: Annotated[str | None, typer.Option(help="Write a new migration with this message instead.")] = None,
) -> None:
    """Bring the database to the newest revision, or to another."""
    # Imported here, and as seldom as that: nobody else has need of Alembic, which takes some 10 MB.
    from isu import migrate as migrations

    with _told():
        if sum((to != "head", back_to is not None, new is not None)) > 1:
            raise UserError("--to, --back-to and --new are three ways: say one of them.")
        if "" in (to, back_to, new):
            raise UserError("--to and --back-to name a revision, as in migrations/versions; --new says what changes.")
        url = Settings().database_url
        if new is not None:
            migrations.new_revision(url, new)
        elif back_to is not None:
            migrations.go_back(url, back_to)
        else:
            migrations.migrate(url, to)


@app.command()
def load(
    folder: Annotated[
        Path, typer.Argument(help="With the eight CSV files, as data/ccm in this package; or a full export.")
    ],
    only: Annotated[
        str | None, typer.Option(help="Names of files, with commas: states,organisations,affected_states")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Leave out bad rows, and what refers to them, and load the rest."),
    ] = False,
) -> None:
    """Load the register; what is there already stays as it is. Or load a full export into an empty database."""
    from isu import dump

    with _told():
        url = Settings().database_url
        asyncio.run(_at_newest_revision(url))
        if dump.is_export(folder):
            if only is not None or dry_run or skip_bad:
                raise UserError("An export is loaded whole: it takes none of --only, --dry-run and --skip-bad.")
            with _bars() as progress:
                rows = _run(url, lambda database: dump.load_all(database, folder, progress))
            _say(f"Loaded: {rows:,} rows. Copy the files (ISU_FILES), then run `isu verify`.")
            return
        names = None if only is None else only.split(",")
        report = _load(url, folder, names, dry_run=dry_run, skip_bad=skip_bad, may_skip=True)
    _show(report)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="To be made; where it is there already, it must be empty.")],
    full: Annotated[
        bool, typer.Option("--full", help="All that is kept, also what is hidden and personal, for `isu load`.")
    ] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day for what depends on one, such as overdue; today if none."),
    ] = None,
) -> None:
    """Write all that the public may see, as JSON Lines and CSV, with a manifest; with --full, all that is kept."""

    from isu import dump
    from isu.export import export_public

    async def write(database: Database) -> int:
        if full:
            return await dump.export_all(database, folder, progress)
        return await export_public(database, folder, day, progress, planner=settings.planner == "on")

    with _told():
        if full and as_of is not None:
            raise UserError("What is kept depends on no day: --full takes no --as-of.")
        day = _day(as_of)
        settings = Settings()
        asyncio.run(_at_newest_revision(settings.database_url))
        with _bars() as progress:
            rows = _run(settings.database_url, write)
    _say(f"{rows:,} {'rows' if full else 'objects'} in {folder}")


def _day(as_of: datetime | None) -> date:
    """Within the bounds that the API sets to each of its questions too."""
    day = today_in_utc() if as_of is None else as_of.date()
    if not FIRST_DAY <= day <= LAST_DAY:
        raise UserError(f"--as-of lies between {FIRST_DAY} and {LAST_DAY}.")
    return day


_ACCOUNT = typer.Option("--account", metavar="ACCOUNT", help="Who does it, of the ISU: the id of an account.")


@app.command()
def register_participants(
    meeting: Annotated[str, typer.Argument(help="Its code.")],
    people: Annotated[Path, typer.Argument(metavar="LIST.CSV", help="With the columns party, full_name and role.")],
    account: Annotated[str, _ACCOUNT],
) -> None:
    """Register the people of a list for a meeting; who is there already stays as they are, so it can be run again."""
    from isu import lists

    with _told():
        url = Settings().database_url
        asyncio.run(_at_newest_revision(url))
        with _cells_told(), _bars(stderr=True) as progress:
            outcome = _run(
                url,
                lambda database: lists.register(
                    lists.Acting(database, account, today_in_utc()), meeting, people, progress
                ),
            )
    _show_outcome(outcome, "registered")


@app.command()
def issue_documents(
    documents: Annotated[Path, typer.Argument(metavar="DOCUMENTS.CSV", help="With a document in each line.")],
    account: Annotated[str, _ACCOUNT],
    files: Annotated[Path | None, typer.Option(help="The folder in which the files lie.")] = None,
) -> None:
    """Issue the documents of a list with their files; what is issued already stays as it is, so it can be run again.

    Columns: symbol, kind, title, original_language, versions (en:paper.pdf|fr:papier.pdf|ru), and if need be meetings,
    submitted_by, author, portfolio, issued_on, visibility, concerns.
    """
    from isu import lists

    async def issue(database: Database) -> lists.Outcome:
        store = file_store(settings)
        try:
            desk = lists.Desk(files, store, file_spool(settings), settings.file_max_bytes)
            return await lists.issue(lists.Acting(database, account, today_in_utc()), documents, desk, progress)
        finally:
            await store.close()

    with _told():
        settings = Settings()
        asyncio.run(_at_newest_revision(settings.database_url))
        with _cells_told(), _bars(stderr=True) as progress:
            outcome = _run(settings.database_url, issue)
    _show_outcome(outcome, "issued")


def _show_outcome(outcome: lists.Outcome, what: str) -> None:
    failed = sorted(outcome.failed, key=lambda bad: bad.line or 0)
    for bad in failed:
        _warn(str(bad))
    rows = len({bad.line for bad in failed})
    _say(f"{outcome.done:,} {what}, {outcome.there:,} there already, {rows:,} failed.")
    if failed:
        raise typer.Exit(1)


@app.command()
def deliver() -> None:
    """Send the messages that wait, as the server does by itself."""

    async def run(database: Database) -> Counter[DeliveryOutcome]:
        return await Worker(database, settings).deliver()

    with _told():
        settings = Settings()
        asyncio.run(_at_newest_revision(settings.database_url))
        tally = _run(settings.database_url, run)
    for outcome, count in sorted(tally.items()):
        _say(outcome, str(count))
    if DeliveryOutcome.UNREACHABLE in tally or DeliveryOutcome.UNCONFIRMED in tally:
        way = "The mail server could not be reached" if settings.smtp_url else f"{settings.outbox} could not be written"
        _warn(f"{way}: what waits is tried again.")
        raise typer.Exit(1)


@app.command()
def worker() -> None:
    """Send messages and tell webhooks until it is stopped, for servers with ISU_WORKER=off; several share the work."""
    from isu.worker import until_told

    log.configure()
    with _told():
        settings = Settings()
        asyncio.run(_at_newest_revision(settings.database_url))
        check_folders(settings, delivers=True)
        _run(settings.database_url, lambda database: until_told(database, settings))


@app.command()
def verify(
    expect: Annotated[
        str | None,
        typer.Option(metavar="SEQUENCE:HASH", help="What an earlier run printed, and this one must come by."),
    ] = None,
) -> None:
    """Walk the journal: its chain, its end, and every row that it tells of; then every file, by its hash.

    Who can write the database can cut off the end of the journal unseen: keep what is printed elsewhere, for --expect.
    """
    with _told():
        url = Settings().database_url
        expected = None if expect is None else _point(expect)
        asyncio.run(_at_newest_revision(url))
        with _bars() as progress:
            verdict = _run(url, lambda database: change.verify(database, progress, expected=expected))
    faults = verdict.faults
    # Before anything is asked of the files: where their place can not be reached, this is known all the same.
    for fault in faults[:_MOST_FAULTS]:
        _warn(str(fault))
    if len(faults) > _MOST_FAULTS:
        _warn(f"… and {len(faults) - _MOST_FAULTS:,} more")
    if faults:
        first = faults[0].sequence
        where = "in rows of which no entry tells" if first is None else f"the first at entry {first}"
        _warn(f"{len(faults):,} found, {where}.")
    with _told(), _bars() as progress:
        files, lost = _run(url, lambda database: _verify_files(database, progress))
    _complain(lost)
    if lost:
        _warn(f"{len(lost):,} of {files:,} files are not as they were kept.")
    if faults or lost:
        raise typer.Exit(1)
    _say(f"{verdict.entries:,} entries: the chain holds, and every row is as its last entry left it.")
    if files:
        _say(f"{files:,} files: each is there, with its hash.")
    _say(str(verdict.last))


async def _verify_files(database: Database, progress: file.Progress) -> tuple[int, list[str]]:
    store = file_store(Settings())
    try:
        return await file.verify(database, store, progress)
    finally:
        await store.close()


@app.command()
def reindex() -> None:
    """Make anew what is searched, from the rows as they are, and the feed, from the journal."""

    async def make(database: Database) -> int:
        async with database.writing() as connection:
            await feed.rebuild(connection)
            return await search.rebuild(connection, lambda done, total: progress("what is searched", done, total))

    with _told():
        url = Settings().database_url
        asyncio.run(_at_newest_revision(url))
        with _bars() as progress:
            count = _run(url, make)
    _say(f"{count:,} things can be found.")


def _point(text: str) -> change.Point:
    match = re.fullmatch("([0-9]{1,18}):([0-9a-f]{64})", text)
    if match is None:
        raise UserError("--expect takes SEQUENCE:HASH, as an earlier run printed it.")
    return change.Point(int(match[1]), match[2])


@account_words.command("create")
def create_account(
    label: Annotated[str, typer.Argument(help="Who it is, for people.")],
    party: Annotated[
        str, typer.Option(help="STATE:DEU or ORGANISATION:ICRC; the ISU where none is named.")
    ] = ISU_PARTY,
    kind: Annotated[AccountKind, typer.Option(help="Somebody, or a program.")] = AccountKind.SERVICE,
    subject: Annotated[str | None, typer.Option(help="Its name at the configured issuer of tokens.")] = None,
    person: Annotated[str | None, typer.Option(help="The key of the person on record, whose offices count.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="May manage all accounts.")] = False,
) -> None:
    """Let somebody call; prints the id of the account."""
    with _told():
        _check_party(party)
    _say(
        _acting(
            lambda context: account.create(
                context, label=label, kind=kind, party=party, subject=subject, person=person, is_admin=admin
            )
        )
    )


@account_words.command("list")
def list_accounts() -> None:
    """A line for each account: id, party, kind, status, ADMIN or nothing, label, subject, key of the person."""
    for each in _acting(account.every):
        admin = "ADMIN" if each.is_admin else ""
        names = (each.label or "", each.subject or "", each.person_id or "")
        _say(each.id, each.party_id, each.kind, each.status, admin, *names)


@account_words.command("suspend")
def suspend_account(id: Annotated[str, typer.Argument(help="Of the account.")]) -> None:
    """Close an account, with all its keys."""
    _say("suspended", _acting(lambda context: account.suspend(context, key=id)))


@key_words.command("issue")
def issue_key(
    of: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The id of the account.")],
    scope: Annotated[list[Scope], typer.Option(help="What for; may be repeated.")],
    label: Annotated[str, typer.Option(help="Where it is used.")] = "Issued on the command line",
    days: Annotated[int, typer.Option(help="Until it expires.", min=1, max=account.LONGEST_LIFE.days)] = 365,
) -> None:
    """Issue a key; it is printed this once."""
    expires_at = now_in_utc() + timedelta(days=days)
    issued = _acting(
        lambda context: account.issue(context, account=of, label=label, scopes=scope, expires_at=expires_at)
    )
    # Alone on its line and on standard output, so that a script can take it.
    _say(issued.token)


@key_words.command("list")
def list_keys() -> None:
    """A line for each key: id, account, scopes, end, revoked or last used when, label."""
    for each in _acting(account.keys):
        state = f"revoked {each.revoked_at}" if each.revoked_at else f"used {each.last_used_at or 'never'}"
        _say(each.id, each.account_id, ",".join(each.scopes), f"until {each.expires_at}", state, each.label)


@key_words.command("revoke")
def revoke_key(id: Annotated[str, typer.Argument(help="Of the key: the part after isu_.")]) -> None:
    """Refuse a key from now on."""
    _say("revoked", _acting(lambda context: account.revoke(context, key=id)))


def _check_party(party: str) -> None:
    kind, _, code = party.partition(":")
    if kind not in set(PartyKind) or not code:
        raise UserError(f"A party is written STATE:DEU, ORGANISATION:ICRC or {ISU_PARTY}.")


def _acting(act: Callable[[Context], Awaitable[T]]) -> T:
    """Done as the command line, all of it or nothing."""

    async def run(database: Database) -> T:
        async with Context(database, today_in_utc(), COMMAND_LINE, Operation(writes=True)) as context:
            return await act(context)

    with _told():
        url = Settings().database_url
        asyncio.run(_at_newest_revision(url))
        return _run(url, run)


def _say(*parts: str) -> None:
    """A line for people and for scripts: parts with tabs between, as long as it is, and nothing that forges another."""
    print("\t".join(map(_printable, parts)))  # noqa: T201  rich would wrap it


def _warn(line: str) -> None:
    """A line of what went amiss: what it quotes, a cell or a name, may hold what a terminal takes for a command."""
    print(_printable(line), file=sys.stderr)  # noqa: T201  as above


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in text)


@app.command()
def schema(
    write: Annotated[
        bool, typer.Option("--write", help="Write it, and what has changed since the last release.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail where these are not what the code says, or a client would break.")
    ] = False,
    release: Annotated[bool, typer.Option("--release", help="Write it as what is released today.")] = False,
) -> None:
    """Print the published contract."""
    from schema import evolution

    text = contract()
    if release:
        (evolution.HISTORY / f"{today_in_utc()}.graphql").write_text(text, encoding="utf-8")
    if write or release:
        CONTRACT.write_text(text, encoding="utf-8")
        (evolution.HISTORY / evolution.CHANGES).write_text(evolution.changes(text), encoding="utf-8")
    elif check:
        stale = [
            str(path.relative_to(path.parents[1]))
            for path, now in ((CONTRACT, text), (evolution.HISTORY / evolution.CHANGES, evolution.changes(text)))
            if not path.exists() or path.read_text(encoding="utf-8") != now
        ]
        complaints = [f"{each} is not what the code says: run `make schema` and read the diff." for each in stale]
        complaints += [
            f"Clients of the last release would break: {each} Deprecate first, for half a year."
            for each in evolution.broken(text, today_in_utc())
        ]
        complaints += [
            f"A deprecation has to begin `since YYYY-MM-DD:`, and does not: {each}"
            for each in evolution.bad_deprecations(text)
        ]
        if complaints:
            _complain(complaints)
            raise typer.Exit(1)
    else:
        print(text, end="")  # noqa: T201  the output itself, without rich's wrapping


@app.command()
def rules(
    write: Annotated[bool, typer.Option("--write", help="Write docs/mandate.md.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail where docs/mandate.md is not what the rules say.")
    ] = False,
) -> None:
    """Show the mandate: every rule with its paragraph, its force, and the acts that it governs."""
    from isu.rule_book import rule_book

    text = rule_book()
    if write:
        RULE_BOOK.write_text(text, encoding="utf-8")
    elif check:
        if RULE_BOOK.read_text(encoding="utf-8") != text:
            _complain(["docs/mandate.md is not what the rules say: isu rules --write"])
            raise typer.Exit(1)
    else:
        print(text)  # noqa: T201  as it is, for a file or a pager


@app.command()
def review(
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day; today if none.")] = None,
    rule_set: Annotated[str | None, typer.Option(help="By which version; by the one in force if none.")] = None,
    rule: Annotated[list[str] | None, typer.Option(help="What this rule finds; several may be named.")] = None,
    advice: Annotated[bool | None, typer.Option(help="Advice alone, or breaches alone.")] = None,
) -> None:
    """Tell what is missing by the standing rules: what, for whom, since when, by which paragraph."""
    from resolvers.review import reviewed

    async def look(database: Database) -> Review:
        async with Context(database, day, COMMAND_LINE) as context, context.reader() as reader:
            return await reviewed(reader, day, rule_set, rules=rule, advice=advice)

    with _told():
        day = _day(as_of)
        url = Settings().database_url
        asyncio.run(_at_newest_revision(url))
        found = _run(url, look)
    rows = []
    for finding in found.findings:
        since, due = (str(each or "") for each in (finding.found.since, finding.found.due_on))
        message = f"{finding.found.message} (advice)" if finding.is_advice else finding.found.message
        rows.append((finding.rule.id, finding.rule.citations[0].paragraph, since, due, _printable(message)))
    _show_table(("rule", "paragraph", "since", "due", "finding"), rows)
    advised = sum(finding.is_advice for finding in found.findings)
    _say(f"{day}, by {found.rule_set.code}: {len(found.findings) - advised} findings, {advised} pieces of advice.")


def contract() -> str:
    """The schema in SDL, sorted, so that a change shows as what it is."""
    from graphql import build_schema, lexicographic_sort_schema, print_schema

    from schema import api

    return print_schema(lexicographic_sort_schema(build_schema(api.as_str()))) + "\n"


def _load(
    url: str, folder: Path, only: list[str] | None, *, dry_run: bool, skip_bad: bool, may_skip: bool = False
) -> LoadReport:
    from resolvers.load import load_register

    with _cells_told(may_skip=may_skip), _bars() as progress:
        return _run(
            url,
            lambda database: load_register(
                database, folder, only=only, dry_run=dry_run, skip_bad=skip_bad, progress=progress
            ),
        )


def _run(url: str, act: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(url)
        try:
            return await act(database)
        finally:
            await database.close()

    return asyncio.run(run())


@contextmanager
def _bars(*, stderr: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each thing of which progress is told."""
    # Imported here, and in `_show_table`: a server has neither bars nor tables, and would keep it in memory.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

    on = Console(stderr=stderr, highlight=False)
    with Progress(
        TextColumn("{task.description:24}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=on,
        transient=True,
        # Where nobody looks on, it would leave an empty line.
        disable=not on.is_terminal,
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        yield progress


def _show(report: LoadReport) -> None:
    faults = [bad for bad in report.skipped if not bad.follows]
    _complain([f"left out: {bad}" for bad in faults])
    _show_table(
        ("table", "created", "changed", "unchanged"),
        [
            (name, str(counts.created), str(counts.changed), str(counts.unchanged))
            for name, counts in report.tables.items()
        ],
    )
    if report.skipped:
        others = len(report.skipped) - len(faults)
        _say(f"{len(faults)} bad cells, and {others} rows that refer to theirs, were left out.")
    if report.dry_run:
        _say(f"Nothing was written (--dry-run); it would be {report.changes} changes.")
    elif report.changes:
        _say(f"Loaded: {report.changes} changes.")
    else:
        _say("0 changes: the database says all this already.")


def _show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)


def _complain(lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        _warn(line)
    if len(lines) > _SHOWN:
        _warn(f"… and {len(lines) - _SHOWN} more")


@contextmanager
def _told() -> Iterator[None]:
    """What a user can mend is told in a line, and the exit code is 1."""
    try:
        yield
    except (UserError, Problem) as error:
        _complain([error.message])
    except StoreFailed as failed:
        _complain([f"The place for files (ISU_FILES) did not do what it was asked: {failed}."])
    except ValidationError as error:
        _complain([_setting(each["loc"], each["msg"]) for each in error.errors()])
    except (ArgumentError, ImportError, NoSuchModuleError):
        _complain(["ISU_DATABASE_URL is no address of SQLite or PostgreSQL, such as postgresql://user@host/name."])
    except (SQLAlchemyError, OSError) as error:
        if "file is not a database" in str(error):
            _complain([f"{_shown_address()}: file is not a database (ISU_DATABASE_URL)."])
            raise typer.Exit(1) from None
        if any(text in str(error) for text in _NO_ROOM):
            _complain([f"There is no room left for the database at {_shown_address()} (ISU_DATABASE_URL)."])
            raise typer.Exit(1) from None
        if not is_connection_lost(error):
            raise
        if _LOCKED in str(error):
            _complain(
                [f"Somebody else is writing to the database at {_shown_address()}: try again when they are done."]
            )
            raise typer.Exit(1) from None
        _complain([f"The database cannot be reached at {_shown_address()} (ISU_DATABASE_URL)."])
    else:
        return
    raise typer.Exit(1)


@contextmanager
def _cells_told(*, may_skip: bool = False) -> Iterator[None]:
    """The same for each cell of a file that can not be taken."""
    from resolvers.load import BadRegister

    try:
        yield
    except BadRegister as error:
        _complain([str(bad) for bad in error.cells])
        skippable = may_skip and all(bad.line is not None for bad in error.cells)
        hint = " (--skip-bad leaves such rows out)" if skippable else ""
        _complain([f"{len(error.cells)} found; nothing was written{hint}."])
        raise typer.Exit(1) from None


def _setting(place: Sequence[str | int], reason: str) -> str:
    """What is wrong with several settings together names them itself."""
    name = f"ISU_{'.'.join(map(str, place)).upper()}: " if place else ""
    return f"{name}{reason.removeprefix('Value error, ')}."


def _shown_address() -> str:
    return make_url(Settings().database_url).render_as_string(hide_password=True)


def _listen(host: str, port: int) -> socket.socket:
    """Before anything is said, so that a port that is taken is told as that, and who comes at once need but wait."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
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
        return await revision_of(database)
    finally:
        await database.close()


async def _at_newest_revision(url: str) -> None:
    found, wanted = await _revision(url), newest_revision()
    if found != wanted:
        raise UserError(f"The database is at revision {found}, this code needs {wanted}: run `isu migrate`.")
