"""Who may see a row: the one condition that is part of every select."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    Table,
    TableClause,
    and_,
    bindparam,
    exists,
    or_,
    select,
)

from db.dialect import among, keys_to_come
from db.sending import once
from db.table import SEEN_WITH, Kept, key, refers_to
from mandate.actor import Actor, Sight, Visibility

_MOST_SIGHTS = 1_000


class Concern(Kept, table=True):
    """The parties that a row of visibility CONCERNED is about."""

    default_visibility: ClassVar[Visibility] = Visibility.ISU

    subject_type: str = key()
    subject_key: str = key()
    party_id: str = refers_to("party.id", primary_key=True)


def visible(source: FromClause, actor: Actor | Sight) -> ColumnElement[bool] | None:
    """For a table or an alias of one; None where all its rows are public.

    What it says depends on the caller alone, never on a row: who asks for a hidden row sends what is sent for an
    absent one.
    """
    sight = actor.sight if isinstance(actor, Actor) else actor
    # An alias is made anew each time.
    return _visible_of(source, sight) if isinstance(source, TableClause) else _visible(source, sight)


def _visible(source: FromClause, actor: Sight) -> ColumnElement[bool] | None:
    column = source.c.get("visibility")
    if column is None:
        with_these = _table(source).info.get(SEEN_WITH, ())
        return and_(*(refers_to_visible(source.c[name], actor) for name in with_these)) if with_these else None
    choices: list[ColumnElement[bool]] = [column.in_([each for each in Visibility if actor.sees(each)])]
    if actor.reads_restricted and actor.party is not None:
        subject_type, subject_key = subject_of(source)
        # The table, not its mapping, with which each of these would be compiled as if objects were to be made of it.
        concern = Concern.__table__  # type: ignore[attr-defined]
        # By name, not left to SQLAlchemy: where this stands in the condition of a join, it sees no table around it.
        concerned = exists(
            select(1)
            .where(
                concern.c.subject_type == subject_type,
                concern.c.subject_key == subject_key,
                concern.c.party_id == actor.party,
            )
            .correlate(source)
        )
        choices.append(and_(column == Visibility.CONCERNED, concerned))
    meeting = _meeting(source)
    if actor.reads_restricted and actor.meetings and meeting is not None:
        choices.append(and_(column == Visibility.PARTICIPANTS, among(meeting, sorted(actor.meetings))))
    return or_(*choices)


def shows(source: Table, row: Mapping[str, Any], sight: Sight) -> bool:
    """Whether a row that is held is there for the caller by itself; where that is not enough, the database knows."""
    if "visibility" in source.c:
        return sight.sees(row["visibility"])
    return not source.info.get(SEEN_WITH)


def sight_of(source: FromClause, sight: Sight) -> Sight:
    """As much of it as `visible` looks at: where two are the same, all rows are there for both or for neither."""
    return sight if _meeting(source) is not None else replace(sight, meetings=frozenset())


@lru_cache(_MOST_SIGHTS)
def _visible_of(table: TableClause, sight: Sight) -> ColumnElement[bool] | None:
    return _visible(table, sight)


def refers_to_visible(foreign_key: Column[Any], actor: Actor | Sight) -> ColumnElement[bool]:
    """Whether what the key points to is there for the caller: part of every filter by somebody else's key."""
    (reference,) = foreign_key.foreign_keys
    target = reference.column.table.alias()
    there = select(1).where(target.c[reference.column.name] == foreign_key)
    seen = visible(target, actor)
    return exists((there if seen is None else there.where(seen)).correlate(foreign_key.table))


def seen(table: type[Kept], key: str, actor: Actor) -> Select[Any]:
    """A row, if it is there for the caller: for acts, which read by key what no list has shown."""
    return _seen(table, actor, lambda column: column == key)


@lru_cache(_MOST_SIGHTS)
def seen_by_key(table: type[Kept], sight: Sight) -> Select[Any]:
    """The same, built once for all keys: of the `key` that it is sent with."""
    return once(_seen(table, sight, lambda column: column == bindparam("key")))


@lru_cache(_MOST_SIGHTS)
def seen_among_keys(table: type[Kept], sight: Sight, columns: tuple[str, ...] = ()) -> Select[Any]:
    """Those of the rows that are there for the caller, whole or in some columns: of the `keys` that it is sent with."""
    whole = _seen(table, sight, lambda column: among(column, keys_to_come("keys")))
    return once(whole.with_only_columns(*(whole.selected_columns[name] for name in columns)) if columns else whole)


def _seen(
    table: type[Kept], actor: Actor | Sight, wanted: Callable[[ColumnElement[Any]], ColumnElement[bool]]
) -> Select[Any]:
    source = table.__table__  # type: ignore[attr-defined]
    found = select(source).where(wanted(_key(source)))
    condition = visible(source, actor)
    return found if condition is None else found.where(condition)


def subject_of(source: FromClause) -> tuple[Any, ColumnElement[Any]]:
    """What a row is about: itself, or, in the journal, the row whose change it tells."""
    if "subject_type" in source.c and "subject_key" in source.c:
        return source.c.subject_type, source.c.subject_key
    return _table(source).name, _key(source)


def _table(source: FromClause) -> Any:
    return getattr(source, "element", source)


def _key(source: FromClause) -> ColumnElement[Any]:
    (subject,) = source.primary_key
    return subject


def _meeting(source: FromClause) -> ColumnElement[Any] | None:
    """Whose participants: the meeting itself, or the one that the row belongs to."""
    return _key(source) if _table(source).name == "meeting" else source.c.get("meeting_code")
