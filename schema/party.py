"""Whoever may hold a seat, attend or be written to."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlmodel import col

import db
from db.contact import valid_on
from mandate.contact import ContactRole
from resolvers.account import party_of
from schema.id import id_among
from schema.reading import Argument, Node, many
from schema.text import LocalizedText

if TYPE_CHECKING:
    from schema.contact import ContactPoint

LazyContactPoint = Annotated["ContactPoint", strawberry.lazy("schema.contact")]

VALID_ON = Argument(
    "as_of",
    datetime.date,
    lambda day, _: valid_on(day),
    description="Only those valid on this day; without it, those of the past and the future too",
)
_IN_ROLE = Argument("role", ContactRole, lambda role, _: col(db.Contact.role) == role)
BY_ROLE = [db.Contact.role, db.Contact.valid_from]


@strawberry.interface(description="A State or an organisation")
class Party(Node):
    name: LocalizedText
    # Declared here for both: each stands over a table with a party_id.
    contact_points: list[LazyContactPoint] = many(
        db.Contact.party_id,
        on=db.State.party_id,
        order_by=BY_ROLE,
        arguments=[VALID_ON, _IN_ROLE],
        description="Who to write to, as far as the caller may know",
    )


def party_key(id: str, member: str | None = None) -> str:
    """The party whose id stands in an argument, or in this member of an act's input."""
    return party_of(*id_among(("State", "Organisation"), "a State or an organisation", id, member))
