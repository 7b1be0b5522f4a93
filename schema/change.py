"""What was changed, when, by which act and by whom."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import orjson
import strawberry
from sqlalchemy import and_
from sqlmodel import col
from strawberry.scalars import JSON

import db
from db.unit import instant
from mandate.actor import SEES, Visibility
from mandate.actor import Scope as KeyScope
from resolvers.error import UserError
from resolvers.reading import Scope
from schema.id import decode_id, encode_id, key_of
from schema.party import Party
from schema.reading import NO_NODES, TABLES, Argument, column, connection, derived, down, names_rows, over, ref, rows


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def _without_what_may_be_hidden(table: str, text: str | None) -> JSON | None:
    """The key of a meeting tells of the meeting: what can be hidden is named to nobody in a history."""
    if text is None:
        return None
    values = orjson.loads(text)
    columns = db.Change.metadata.tables[table].columns
    named = {
        column.name
        for column in columns
        if column.info.get("names_rows") or any("visibility" in key.column.table.c for key in column.foreign_keys)
    }
    return JSON({name: value for name, value in values.items() if name not in named})


def _without_secrets(text: str) -> JSON:
    """The journal has to keep the hash of a key's secret, and nobody has to see it."""
    return JSON({name: value for name, value in orjson.loads(text).items() if name != "secret_hash"})


@over(db.Change, description="A change of one object; values about people are told as digests, never as they are")
class HistoryEntry:
    at: datetime.datetime = column(db.Change.at, convert=_moment)
    act: str = column(db.Change.act, description="The mutation, or the command, by which it was made")
    version: int = column(db.Change.version, description="Of the object, since this change")
    changed_fields: list[str] = column(db.Change.fields, convert=orjson.loads)
    before: JSON | None = derived(
        _without_what_may_be_hidden,
        uses=[db.Change.subject_type, db.Change.before],
        description="What the fields held, but for keys of objects that can be hidden; null where the object is new",
    )
    after: JSON | None = derived(_without_what_may_be_hidden, uses=[db.Change.subject_type, db.Change.after])


@names_rows
@strawberry.type(description="Who made a change, and on whose behalf")
class AuditActor:
    id: strawberry.ID = strawberry.field(description="Of the account")
    label: str | None = strawberry.field(description="Null for the command line, and where it was erased")
    party_id: strawberry.Private[str | None]
    on_behalf_of: Party | None = ref(
        "party_id", db.Party.id, description="Null where the command line made it, which speaks for no party"
    )


def _actor(account: str | None, party: str | None, accounts: Sequence[Any]) -> AuditActor | None:
    if account is None:
        return None
    label = next((found.label for found in accounts), None)
    return AuditActor(id=strawberry.ID(encode_id("Account", account)), label=label, party_id=party)


def _subject_id(table: str, key: str) -> strawberry.ID | None:
    """Where several types share the rows of a table, of the one named as the table is: another would be a guess."""
    names = [name for name, over_table in {**TABLES, **NO_NODES}.items() if over_table == table]
    if len(names) > 1:
        names = [name for name in names if name.lower() == table.replace("_", "")]
    return strawberry.ID(encode_id(names[0], key)) if names else None


@over(db.Change, description="An entry of the journal, as the ISU reads it")
class AuditEntry:
    sequence: int = column(db.Change.sequence, description="Its place in the journal, from 1, without gaps")
    at: datetime.datetime = column(db.Change.at, convert=_moment)
    actor: AuditActor | None = derived(
        _actor,
        uses=[db.Change.account_id, db.Change.on_behalf_of, rows(db.Account.id, on=db.Change.account_id)],
        description="Null where the entry comes from the loader or a migration",
    )
    act: str = column(db.Change.act, description="The mutation, or the command, by which it was made")
    subject_type: str = column(db.Change.subject_type, description="The kind of object, such as treaty_action")
    subject_key: str = column(db.Change.subject_key)
    subject_id: strawberry.ID | None = derived(
        _subject_id,
        uses=[db.Change.subject_type, db.Change.subject_key],
        description="The global id, where the object has one",
    )
    version: int = column(db.Change.version, description="Of the object, since this change")
    changed_fields: list[str] = column(db.Change.fields, convert=orjson.loads)
    before: JSON | None = column(
        db.Change.before,
        convert=_without_secrets,
        description="What the fields held, but for what keys are checked against; null where the object is new",
    )
    after: JSON | None = column(db.Change.after, convert=_without_secrets)
    visibility: Visibility = column(db.Change.visibility, description="Who else may see it, in the object's history")
    request_id: str | None = column(db.Change.request_id, description="As in the answer's X-Request-Id")
    hash: str = column(db.Change.hash, description="SHA-256 of the entry, the hash of the one before among it")
    previous_hash: str = column(db.Change.previous_hash)


def history(table: Any, key: Any) -> Any:
    """What became of an object, for a type over its table."""
    return connection(
        db.Change.subject_key,
        on=key,
        only=col(db.Change.subject_type) == table.__tablename__,
        default_order=[down(db.Change.sequence)],
        description="How it came to be as it is, the latest first; what the caller may not see is left out",
    )


def _for_the_isu(scope: Scope) -> None:
    if not scope.actor.sees(Visibility.ISU):
        who = ", ".join(sorted(SEES[Visibility.ISU]))
        raise UserError(
            f"The journal is read by {who}, with a key of the scope {KeyScope.READ_RESTRICTED}.", "FORBIDDEN"
        )


def _of_subject(text: str, _scope: Scope) -> Any:
    name, key = decode_id(text)
    table = TABLES.get(name) or NO_NODES.get(name)
    if table is None:
        raise UserError("subjectId is not an id of this API.")
    return and_(col(db.Change.subject_type) == table, col(db.Change.subject_key) == key)


AUDIT_ENTRIES = connection(
    default_order=[down(db.Change.sequence)],
    guard=_for_the_isu,
    arguments=[
        Argument("subject_id", strawberry.ID, _of_subject, description="Of one object"),
        Argument(
            "actor_id",
            strawberry.ID,
            lambda text, _: col(db.Change.account_id) == key_of("Account", text),
            description="Of one account",
        ),
        Argument("from", datetime.datetime, lambda moment, _: col(db.Change.at) >= instant(moment)),
        Argument("to", datetime.datetime, lambda moment, _: col(db.Change.at) < instant(moment), description="Before"),
    ],
    description="The journal, the latest entry first; for the ISU",
)
