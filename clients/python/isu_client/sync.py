"""Keeps a copy of what its reader may see in an SQLite file, and follows the feed of changes.

    python -m isu_client.sync copy.db            # brings it up to date, and goes on following
    python -m isu_client.sync copy.db --once     # brings it up to date, and ends

It may be killed at any moment: each page is one transaction, with the place from which to go on in it. The order is
that of the API: first the cursor, then the lists, then the feed. Each page of a list is asked together with what
changed up to it, in one operation: so the cursor remembers with which sight the page was read, and whatever is lost of
it later is told. A cursor that has become too old, or another account, starts the copy anew; until the lists are read,
what was there stays.
"""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isu_client.api import BaseModel, ChangeSubject, Client, News, NewsChanges
from isu_client.api import fragments as kept
from isu_client.server import arguments, client, script
from isu_client.transport import ApiError

TABLES = """
CREATE TABLE IF NOT EXISTS object (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    data TEXT NOT NULL, -- JSON, as the API answers
    pass INTEGER NOT NULL -- the reading of the lists that found it last
);
CREATE INDEX IF NOT EXISTS object_of_type ON object (type);
CREATE TABLE IF NOT EXISTS place (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    reader TEXT NOT NULL, -- the server, the account and what is kept
    cursor TEXT NOT NULL, -- of the feed
    pass INTEGER NOT NULL,
    list INTEGER, -- the list that is being read; null when all are
    page TEXT -- the last page of it that is kept
);
"""


@dataclass(frozen=True)
class Place:
    reader: str
    cursor: str
    number: int
    list: int | None
    page: str | None


@dataclass(frozen=True)
class Kept:
    """One kind of object: how the feed calls it, what is kept of it, and its list with what changed meanwhile."""

    subject: ChangeSubject
    fields: type[BaseModel]
    page: Callable[[Client, int, Place], tuple[Sequence[BaseModel], str | None, NewsChanges]]


def _paged(operation: Callable[..., News], name: str) -> Any:
    def page(api: Client, size: int, place: Place) -> tuple[Sequence[BaseModel], str | None, NewsChanges]:
        found = operation(api, first=size, after=place.page, cursor=place.cursor, types=SUBJECTS, news=NEWS)
        connection: Any = getattr(found, name)
        following = connection.page_info.end_cursor if connection.page_info.has_next_page else None
        return connection.nodes, following, found.changes

    return page


def _whole(operation: Callable[..., News], name: str) -> Any:
    def page(api: Client, _: int, place: Place) -> tuple[Sequence[BaseModel], str | None, NewsChanges]:
        found = operation(api, cursor=place.cursor, types=SUBJECTS, news=NEWS)
        return getattr(found, name), None, found.changes

    return page


KEPT = (
    Kept(ChangeSubject.STATE, kept.StateCopy, _paged(Client.states_page, "states")),
    Kept(ChangeSubject.ORGANISATION, kept.OrganisationCopy, _paged(Client.organisations_page, "organisations")),
    Kept(ChangeSubject.MEETING, kept.MeetingCopy, _paged(Client.meetings_page, "meetings")),
    Kept(ChangeSubject.DOCUMENT, kept.DocumentCopy, _paged(Client.documents_page, "documents")),
    Kept(ChangeSubject.DECISION, kept.DecisionCopy, _whole(Client.decisions, "decisions")),
    Kept(ChangeSubject.STATEMENT, kept.StatementCopy, _paged(Client.statements_page, "statements")),
    Kept(ChangeSubject.MEETING_RECORD, kept.MeetingRecordCopy, _paged(Client.records_page, "meeting_records")),
    Kept(ChangeSubject.OFFICE_TERM, kept.OfficeTermCopy, _whole(Client.office_terms, "office_terms")),
)
SUBJECTS = [each.subject for each in KEPT]
NEWS = 25
"""Beside a page of a list, as many as it is likely to take; each costs as if it were there."""


class MovedError(Exception):
    """Another process wrote into the copy meanwhile; what this one has read is not kept."""


class Copy:
    """The SQLite file."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
        with self._transaction():
            for statement in [*TABLES.split(";\n"), *(each for kind in KEPT for each in _view(kind))]:
                self._db.execute(statement)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def page(self, place: Place | None) -> Iterator[None]:
        """All that is kept of a page, and the place after it; or nothing, where the copy is elsewhere by now."""
        with self._transaction():
            if self.place() != place:
                raise MovedError
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def place(self) -> Place | None:
        row = self._db.execute("SELECT reader, cursor, pass, list, page FROM place").fetchone()
        return None if row is None else Place(*row)

    def go_to(self, place: Place) -> None:
        values = (place.reader, place.cursor, place.number, place.list, place.page)
        self._db.execute("INSERT OR REPLACE INTO place VALUES (1, ?, ?, ?, ?, ?)", values)

    def put(self, node: BaseModel, number: int) -> None:
        data = node.model_dump(mode="json", by_alias=True)
        text = json.dumps(data, ensure_ascii=False, sort_keys=True)
        self._db.execute(
            "INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?)", (data["id"], data["__typename"], text, number)
        )

    def delete(self, id_: str) -> None:
        self._db.execute("DELETE FROM object WHERE id = ?", (id_,))

    def delete_what_was_not_found(self, number: int) -> None:
        self._db.execute("DELETE FROM object WHERE pass < ?", (number,))


def _view(each: Kept) -> tuple[str, str]:
    """A view by type, with a column for each field; what has fields itself is JSON."""
    name, kind = each.subject.value.lower(), each.fields.__name__.removesuffix("Copy")
    columns = ", ".join(f"json_extract(data, '$.{field}') AS \"{field}\"" for field in _names(each))
    select = f"SELECT {columns} FROM object WHERE type = '{kind}'"  # noqa: S608  all of it is ours
    return f'DROP VIEW IF EXISTS "{name}"', f'CREATE VIEW "{name}" AS {select}'


def _names(each: Kept) -> list[str]:
    names = [field.alias or name for name, field in each.fields.model_fields.items()]
    return [name for name in names if name != "__typename"]


class Sync:
    def __init__(self, api: Client, copy: Copy, url: str, size: int) -> None:
        self._api = api
        self._copy = copy
        self._url = url
        self._size = size

    def step(self) -> bool:
        """One page of a list or of the feed, and whether there is more to read at once."""
        place = self._copy.place()
        if place is None:
            return self.begin(None)
        try:
            return self._follow(place) if place.list is None else self._read_list(place, place.list)
        except ApiError as error:
            if error.code != "CURSOR_EXPIRED":
                raise
            return self.begin(place)

    def begin(self, place: Place | None) -> bool:
        """Where the feed ends now is where to follow it from, once the lists are read."""
        now = self._api.place()
        number = 1 if place is None else place.number + 1
        with self._copy.page(place):
            self._copy.go_to(Place(self._reader(now), now.service_status.latest_cursor, number, 0, None))
        return True

    def begin_if_another_reads(self) -> None:
        """What one account has seen, another may not; and a cursor is a mere place to whom it was not given.

        A copy with other fields than are kept now is made anew too.
        """
        place = self._copy.place()
        if place is not None and place.reader != self._reader(self._api.place()):
            self.begin(place)

    def _reader(self, now: Any) -> str:
        account = now.viewer.account
        fields = repr([(each.subject.value, _names(each)) for each in KEPT])
        return f"{self._url} {account.id if account else 'public'} {zlib.crc32(fields.encode())}"

    def _read_list(self, place: Place, number: int) -> bool:
        nodes, following, news = KEPT[number].page(self._api, self._size, place)
        if news.page_info.has_next_page:
            # A list that runs ahead of the feed could show what is hidden again before the feed comes to tell of it.
            return self._follow(place)
        with self._copy.page(place):
            for node in nodes:
                self._copy.put(node, place.number)
            cursor = self._take(news, place)
            if following is not None:
                self._copy.go_to(Place(place.reader, cursor, place.number, number, following))
            elif number + 1 < len(KEPT):
                self._copy.go_to(Place(place.reader, cursor, place.number, number + 1, None))
            else:
                self._copy.delete_what_was_not_found(place.number)
                self._copy.go_to(Place(place.reader, cursor, place.number, None, None))
        return True

    def _follow(self, place: Place) -> bool:
        news = self._api.changes(cursor=place.cursor, types=SUBJECTS, news=self._size)
        with self._copy.page(place):
            cursor = self._take(news, place)
            self._copy.go_to(Place(place.reader, cursor, place.number, place.list, place.page))
        return news.page_info.has_next_page or place.list is not None

    def _take(self, news: NewsChanges, place: Place) -> str:
        """What changed, and the place after it: also an empty page has one, which remembers what is seen now."""
        for change in news.nodes:
            if change.node is None:
                self._copy.delete(change.subject_id)
            else:
                self._copy.put(change.node, place.number)
        return news.page_info.end_cursor or place.cursor


@script
def main() -> None:
    parser = arguments(__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path, help="the copy, such as copy.db")
    parser.add_argument("--once", action="store_true", help="end when the copy is up to date")
    parser.add_argument("--every", type=float, default=10, metavar="SECONDS", help="between questions (%(default)s)")
    parser.add_argument("--size", type=int, default=100, metavar="N", help="of a page (%(default)s)")
    options = parser.parse_args()
    with client(options) as api, closing(Copy(options.file)) as copy:
        sync = Sync(api, copy, options.url, options.size)
        sync.begin_if_another_reads()
        while True:
            try:
                more = sync.step()
            except MovedError:
                continue
            if not more and options.once:
                return
            if not more:
                time.sleep(options.every)


if __name__ == "__main__":
    main()
