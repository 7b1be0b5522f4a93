"""People: what is personal about somebody is erased on request; the offices that they held are history, and stay."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

import db
from db.unit import Unit
from mandate.account import AccountStatus
from mandate.actor import Act
from resolvers import delivery, export
from resolvers.account import only_admins_manage_admins, only_others_suspend
from resolvers.context import Context, already, find_seen


async def erase(context: Context, *, key: str, expected_version: int) -> None:
    """All that is personal goes, and the salts without which the journal's digests of it say nothing.

    Points of contact that were theirs end, and stay as posts that somebody held; their accounts are suspended.
    """
    async with context.act(Act.ERASE_PERSON) as unit:
        person = await find_seen(unit, context.actor, db.Person, key, expected_version)
        if person["full_name"] is None:
            raise already("was erased", person)
        accounts = await unit.connection.execute(
            select(col(db.Account.id), col(db.Account.is_admin)).where(col(db.Account.person_id) == key)
        )
        suspended = accounts.all()
        for account in suspended:
            only_admins_manage_admins(context, account.is_admin)
            only_others_suspend(context, account.id)
        # Also those that the caller may not see: an erasure is of everything, or it is none.
        contacts = await unit.connection.execute(
            select(col(db.Contact.id), col(db.Contact.valid_from), col(db.Contact.valid_until)).where(
                col(db.Contact.person_id) == key
            )
        )
        theirs = contacts.all()
        today = context.today
        await unit.change(
            db.Contact,
            [
                ((each.id,), {"valid_until": max(today, each.valid_from)})
                for each in theirs
                if each.valid_until is None or each.valid_until > today
            ],
        )
        for each in theirs:
            await unit.erase(db.Contact, (each.id,))
            await _erase_from_messages(unit, each.id)
        remarked = await unit.rows(
            select(col(db.Participation.id)).where(
                col(db.Participation.person_id) == key, col(db.Participation.credentials_remarks).is_not(None)
            )
        )
        for each in remarked:
            await unit.erase(db.Participation, (each.id,))
        for account in suspended:
            await unit.change(db.Account, [((account.id,), {"status": AccountStatus.SUSPENDED})])
            await unit.erase(db.Account, (account.id,))
        await unit.erase(db.Person, (key,))
        await export.forget(unit)


async def _erase_from_messages(unit: Unit, contact: str) -> None:
    """The address to which communications were sent, and what servers said of it."""
    recipients = await unit.rows(select(col(db.Recipient.id)).where(col(db.Recipient.contact_id) == contact))
    for each in recipients:
        await delivery.drop(unit, each.id)
        await unit.erase(db.Recipient, (each.id,))
        attempts = await unit.rows(
            select(col(db.DeliveryAttempt.id)).where(col(db.DeliveryAttempt.recipient_id) == each.id)
        )
        for attempt in attempts:
            await unit.erase(db.DeliveryAttempt, (attempt.id,))
