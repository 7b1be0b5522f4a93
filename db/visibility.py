"""Who may see a row: the one condition that is part of every select."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_, select
from sqlmodel import col

from db.table import Kept, key, refers_to
from mandate.actor import Actor, Visibility


class Concern(Kept, table=True):
    """The parties that a row of visibility CONCERNED is about."""

    default_visibility: ClassVar[Visibility] = Visibility.ISU

    subject_type: str = key()
    subject_key: str = key()
    party_id: str = refers_to("party.id", primary_key=True)


def visible(source: FromClause, actor: Actor) -> ColumnElement[bool] | None:
    """For a table or an alias of one; None where all its rows are public."""
    column = source.c.get("visibility")
    if column is None:
        return None
    choices: list[ColumnElement[bool]] = [column.in_([each for each in Visibility if actor.sees(each)])]
    if actor.reads_restricted and actor.party is not None:
        (subject,) = source.primary_key
        concerned = exists(
            select(1).where(
                col(Concern.subject_type) == _name(source),
                col(Concern.subject_key) == subject,
                col(Concern.party_id) == actor.party,
            )
        )
        choices.append(and_(column == Visibility.CONCERNED, concerned))
    if actor.reads_restricted and actor.meetings and "meeting_code" in source.c:
        theirs = source.c.meeting_code.in_(sorted(actor.meetings))
        choices.append(and_(column == Visibility.PARTICIPANTS, theirs))
    return or_(*choices)


def _name(source: FromClause) -> str:
    table = getattr(source, "element", source)
    name: str = table.name
    return name
