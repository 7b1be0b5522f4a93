"""What tests need, made in one line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import insert, inspect, select
from sqlmodel import col

import db
from db.engine import Database
from db.table import new_id
from db.unit import Signature, Unit
from mandate.account import AccountKind
from mandate.actor import COMMAND_LINE, Scope, Visibility
from mandate.day import PartialDate
from mandate.party import PartyKind
from resolvers import account
from resolvers.context import Context, Operation

LONG_AGO = PartialDate.of(date(2011, 9, 16))
ISU = "ISU:ISU-CCM"


async def key_for(
    database: Database,
    party: str,
    *,
    admin: bool = False,
    director: bool = False,
    somebody: bool = False,
    scopes: Collection[Scope] | None = None,
    label: str = "A caller",
) -> str:
    """The bearer token of a new account of the party (`STATE:DEU`, `ORGANISATION:ICRC`, `ISU:ISU-CCM`).

    It is a service, or that of somebody on record, who may direct the ISU.
    """
    person = None
    if director or somebody:
        person = await _person(database, label, in_office=director)
    context = Context(database, date(2026, 1, 15), COMMAND_LINE, Operation(writes=True))
    async with context:
        key = await account.create(
            context,
            label=label,
            kind=AccountKind.SERVICE if person is None else AccountKind.PERSON,
            party=party,
            person=person,
            is_admin=admin,
        )
        issued = await account.issue(
            context, account=key, label=label, scopes=frozenset(Scope) if scopes is None else scopes
        )
    return issued.token


async def another_key(database: Database, token: str, *scopes: Scope) -> str:
    """Of the account of a key; for everything, where nothing else is said."""
    async with database.reading() as connection:
        statement = select(col(db.ApiKey.account_id)).where(col(db.ApiKey.id) == token.split("_")[1])
        of = (await connection.execute(statement)).scalar_one()
    async with Context(database, date(2026, 1, 15), COMMAND_LINE, Operation(writes=True)) as context:
        return (await account.issue(context, account=of, label="Another", scopes=scopes or frozenset(Scope))).token


async def is_noted(database: Database, token: str) -> None:
    """From now on the use of the key is not written down beside what is asked with it."""
    used = {"key_id": token.split("_")[1], "last_used_at": "9999-01-01T00:00:00.000000Z"}
    async with database.writing() as connection:
        await connection.execute(insert(db.KeyUse).values(used))


async def _person(database: Database, label: str, *, in_office: bool) -> str:
    """In office as Director since long, with no end in sight."""
    person = new_id()
    visibility = Visibility.PUBLIC if in_office else Visibility.ISU
    async with database.writing() as connection:
        unit = Unit(connection, Signature(act="test"))
        await unit.keep(db.Person, [{"id": person, "full_name": f"{label} {person}", "visibility": visibility}])
        if await unit.row(db.Party, (ISU,)) is None:
            await unit.keep(db.Party, [{"id": ISU, "kind": PartyKind.ISU, "code": "ISU-CCM"}])
        if in_office:
            await unit.keep(db.OfficeTerm, [_term(office_code="isu_director", party_id=ISU, person_id=person)])
    return person


async def coordinates(database: Database, party: str, until: date | None = None) -> None:
    """The party coordinates universalization since long, up to and without a day."""
    ends_on = None if until is None else PartialDate.of(until)
    async with database.writing() as connection:
        term = _term(office_code="coordinator:universalization", party_id=party, ends_on=ends_on)
        await Unit(connection, Signature(act="test")).keep(db.OfficeTerm, [term])


def _term(**given: Any) -> dict[str, Any]:
    empty = dict.fromkeys(column.key for column in inspect(db.OfficeTerm).local_table.columns)
    del empty["version"]
    return {**empty, "id": new_id(), "starts_on": LONG_AGO, **given}
