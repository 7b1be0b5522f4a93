"""The one way by which kept rows are written: the rows, and what the journal says of them, together."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson
from sqlalchemy import Row, bindparam, insert, inspect, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from db.change import Change, JournalHead
from db.dialect import among
from db.table import Kept
from mandate.actor import Visibility
from mandate.day import PartialDate
from mandate.text import LocalizedText

Key = tuple[Any, ...]
"""The primary key of a row, in the order of its columns."""

OF_THE_UNIT = {"unit": True}
"""The mark of its statements: a test refuses any other that writes a kept table."""
_SALT = "salt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who writes, on whose behalf, by which act; every entry of the unit carries it."""

    act: str
    account: str | None = None
    on_behalf_of: str | None = None
    request_id: str | None = None
    at: datetime | None = None


def instant(moment: datetime | None = None) -> str:
    """In UTC, to the microsecond, always in the same form: as text it sorts as time does."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Stale(Exception):
    """The row has moved on, or is not there."""

    def __init__(self, current: int | None) -> None:
        super().__init__("the row has moved on")
        self.current = current


class Unit:
    """All that one act writes, on the connection that holds the write lock."""

    def __init__(self, connection: AsyncConnection, signature: Signature) -> None:
        self.connection = connection
        self._signature = signature
        self._at = instant(signature.at)

    async def keep(self, table: type[Kept], rows: Sequence[Mapping[str, Any]]) -> None:
        """New rows, in their order; each names every column but its version."""
        if not rows:
            return
        rows = [{**_salted(table, row), "version": 1} for row in rows]
        await self.connection.execute(insert(table), rows, execution_options=OF_THE_UNIT)
        await self._enter(
            table, [(_key(table, row), 1, None, _shown(table, row, row), _visibility(table, row)) for row in rows]
        )

    async def change(self, table: type[Kept], changes: Sequence[tuple[Key, Mapping[str, Any]]]) -> None:
        """Rows that are there already; one statement for all in which the same columns change."""
        if not changes:
            return
        before = await self._rows(table, [key for key, _ in changes])
        key_columns = inspect(table).primary_key
        alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        entries = []
        for key, values in changes:
            row = before.get(key)
            if row is None:
                raise Stale(None)
            version = row["version"] + 1
            named = {f"key_{column.key}": part for column, part in zip(key_columns, key, strict=True)}
            alike[tuple(sorted(values))].append({**named, **values, "version": version})
            after = {**row, **values}
            was, now = _shown(table, row, {name: row[name] for name in values}), _shown(table, after, values)
            entries.append((key, version, was, now, _visibility(table, after)))
        for columns, parameters in alike.items():
            statement = (
                update(table)
                .where(*(column == bindparam(f"key_{column.key}") for column in key_columns))
                .values({name: bindparam(name) for name in (*columns, "version")})
            )
            await self.connection.execute(statement, parameters, execution_options=OF_THE_UNIT)
        await self._enter(table, entries)

    async def erase(self, table: type[Kept], key: Key) -> None:
        """The personal values of a row, and the salt without which the journal's digests of them say nothing."""
        names = [*personal_columns(table), _SALT]
        await self.change(table, [(key, dict.fromkeys(names))])

    async def adopt(self, table: type[Kept], rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows kept before there was a journal enter it as they are."""
        await self._enter(
            table,
            [
                (_key(table, row), row["version"], None, _shown(table, row, row), _visibility(table, row))
                for row in rows
            ],
        )

    async def row(self, table: type[Kept], key: Key, expected_version: int | None = None) -> Mapping[str, Any] | None:
        """A row as it stands under the write lock, if it is there; Stale where it has moved on."""
        found = (await self._rows(table, [key])).get(key)
        if found is not None and expected_version is not None and found["version"] != expected_version:
            raise Stale(found["version"])
        return found

    async def _rows(self, table: type[Kept], keys: Sequence[Key]) -> dict[Key, dict[str, Any]]:
        columns = inspect(table).primary_key
        within = among(columns[0], [key[0] for key in keys]) if len(columns) == 1 else tuple_(*columns).in_(list(keys))
        rows = await self.connection.execute(select(inspect(table).local_table).where(within))
        return {_key(table, row): dict(row) for row in rows.mappings()}

    async def _enter(self, table: type[Kept], entries: Sequence[tuple[Key, int, Any, Any, Visibility]]) -> None:
        head = (await self.connection.execute(select(inspect(JournalHead).local_table))).one()
        sequence, previous = head.sequence, head.hash
        rows = []
        for key, version, before, after, visibility in entries:
            sequence += 1
            entry: dict[str, Any] = {
                "sequence": sequence,
                "at": self._at,
                "account_id": self._signature.account,
                "on_behalf_of": self._signature.on_behalf_of,
                "act": self._signature.act,
                "subject_type": table.__tablename__,
                "subject_key": subject_key(key),
                "version": version,
                "fields": canonical(sorted(after or before or {})),
                "before": None if before is None else canonical(before),
                "after": None if after is None else canonical(after),
                "visibility": visibility,
                "request_id": self._signature.request_id,
                "previous_hash": previous,
            }
            previous = entry["hash"] = entry_hash(entry)
            rows.append(entry)
        await self.connection.execute(insert(Change), rows, execution_options=OF_THE_UNIT)
        await self.connection.execute(
            update(JournalHead).values(sequence=sequence, hash=previous), execution_options=OF_THE_UNIT
        )


def subject_key(key: Key) -> str:
    return "|".join(str(part) for part in key)


def entry_hash(entry: Mapping[str, Any] | Row[Any]) -> str:
    """Of all that the entry says, the hash of the one before among it."""
    values = entry if isinstance(entry, Mapping) else entry._mapping  # noqa: SLF001  its public name is the same
    hashed = {
        name: str(value) if isinstance(value, Enum) else value for name, value in values.items() if name != "hash"
    }
    return hashlib.sha256(canonical(hashed).encode()).hexdigest()


def canonical(value: Any) -> str:
    """One text for one value, on every engine and machine."""
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS).decode()


def personal_columns(table: type[Kept]) -> list[str]:
    return [column.key for column in inspect(table).local_table.columns if column.info.get("personal")]


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case PartialDate() | Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case LocalizedText():
            texts = {code: [w.value, w.status.value] for code, w in value.wordings.items()}
            return {"original": value.original, **texts}
        case Mapping():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return value


def _salted(table: type[Kept], row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**row, _SALT: os.urandom(16).hex()} if personal_columns(table) else row


def _shown(table: type[Kept], row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """What the journal says of values: personal ones as digests that need the salt in the row."""
    personal = personal_columns(table)
    shown = {}
    for name, value in values.items():
        if name in (_SALT, "version") and (personal or name == "version"):
            continue
        if name in personal and value is not None:
            shown[name] = "sha256:" + hashlib.sha256(f"{row[_SALT]}{canonical(value)}".encode()).hexdigest()
        else:
            shown[name] = value
    return shown


def _key(table: type[Kept], row: Mapping[str, Any] | Any) -> Key:
    return tuple(row[column.key] for column in inspect(table).primary_key)


def _visibility(table: type[Kept], row: Mapping[str, Any]) -> Visibility:
    own: Visibility = row.get("visibility", table.default_visibility)
    return own
