"""Points of contact: a party says who is to be written to, confirms it from time to time, and says when it ends."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import col

import db
from db.dialect import among
from db.table import Kept, new_id
from db.unit import Unit, instant
from mandate.actor import SEES, Act, Actor, Visibility
from mandate.contact import ContactRole
from resolvers import text
from resolvers.context import Context, already, find_seen, party_concerned
from resolvers.error import Invalid, NotFound
from resolvers.reading.declaration import FIRST_DAY, LAST_DAY

_MOST = 10
_MOST_CONCERNED = 250
_LONGEST_TEXT = 200
_LONGEST_EMAIL = 254
_LONGEST_TAG = 35
"""As long as BCP 47 has a buffer be."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}", re.ASCII)
"""What mail servers take in practice: no quoted names, no comments, no addresses of machines."""
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A point of contact, as a party tells of it."""

    party: str
    person: str | None = None
    full_name: str | None = None
    role: ContactRole
    title: str | None = None
    languages: Sequence[str] = ()
    emails: Sequence[str] = ()
    phones: Sequence[str] = ()
    valid_from: date
    valid_until: date | None = None
    visibility: Visibility = Visibility.CONCERNED
    concerned: Collection[str] = ()
    """Parties that may see it, beside its own."""


async def record(context: Context, given: Given) -> str:
    """Record whom to write to; a name that is new is a new person, as visible as the contact."""
    async with context.act(Act.RECORD_CONTACT, party=given.party) as unit:
        if await unit.row(db.Party, (given.party,)) is None:
            raise NotFound("There is no such party.")
        if given.person is not None:
            await _find_named(unit, context.actor, given.person)
        against = [
            *_against(given),
            *_against_visibility(given, context.actor),
            *await _unknown(unit, given),
        ]
        if against:
            raise Invalid(*against)
        key = new_id()
        person = given.person
        if given.full_name is not None:
            person = new_id()
            named = {"id": person, "full_name": given.full_name.strip(), "visibility": given.visibility}
            await unit.keep(db.Person, [named])
            await _concern(unit, db.Person, person, given)
        await unit.keep(
            db.Contact,
            [
                {
                    "id": key,
                    "party_id": given.party,
                    "person_id": person,
                    "role": given.role,
                    "title": None if given.title is None else given.title.strip(),
                    "languages": list(given.languages),
                    "emails": list(given.emails),
                    "phones": list(given.phones),
                    "valid_from": given.valid_from,
                    "valid_until": given.valid_until,
                    "last_confirmed_at": None,
                    "visibility": given.visibility,
                }
            ],
        )
        await _concern(unit, db.Contact, key, given)
    return key


async def confirm(context: Context, *, key: str, expected_version: int) -> str:
    """Say that the contact still holds, as of now."""
    party = await party_concerned(context, Act.CONFIRM_CONTACT, db.Contact, key)
    async with context.act(Act.CONFIRM_CONTACT, party=party) as unit:
        row = await find_seen(unit, context.actor, db.Contact, key, expected_version)
        _not_ended(row, context.today)
        await unit.change(db.Contact, [((key,), {"last_confirmed_at": instant()})])
    return key


async def end(context: Context, *, key: str, expected_version: int, on: date | None = None) -> str:
    """From that day the contact no longer holds; today, where no day is named."""
    day = on or context.today
    party = await party_concerned(context, Act.END_CONTACT, db.Contact, key)
    async with context.act(Act.END_CONTACT, party=party) as unit:
        row = await find_seen(unit, context.actor, db.Contact, key, expected_version)
        _not_ended(row, context.today)
        if not row["valid_from"] < day <= LAST_DAY:
            raise Invalid(("on", f"It began on {row['valid_from']}: later than that, and {LAST_DAY} at the latest."))
        if row["valid_until"] is not None and day > row["valid_until"]:
            raise Invalid(("on", f"It ends on {row['valid_until']} as it is: no later than that."))
        await unit.change(db.Contact, [((key,), {"valid_until": day})])
    return key


async def _find_named(unit: Unit, actor: Actor, key: str) -> None:
    person = await find_seen(unit, actor, db.Person, key)
    if person["full_name"] is None:
        raise Invalid(("person", "The person was erased."))


async def _concern(unit: Unit, table: type[Kept], key: str, given: Given) -> None:
    if given.visibility is not Visibility.CONCERNED:
        return
    parties = sorted({given.party, *given.concerned})
    rows = [{"subject_type": table.__tablename__, "subject_key": key, "party_id": party} for party in parties]
    await unit.keep(db.Concern, rows)


def _not_ended(row: Mapping[str, Any], today: date) -> None:
    if row["valid_until"] is not None and row["valid_until"] <= today:
        raise already(f"ended on {row['valid_until']}", row)


def _against(given: Given) -> Iterator[tuple[str, str]]:
    if not any((given.person, given.full_name, given.title, given.emails, given.phones)):
        yield "emails", "Nobody to write to: give a person, a name, a title, an e-mail address or a telephone number."
    if given.person is not None and given.full_name is not None:
        yield "fullName", "Give a person on record, or the name of one who is not, but not both."
    for name, told in (("fullName", given.full_name), ("title", given.title)):
        if told is not None:
            yield from ((name, reason) for reason in text.against(told, _LONGEST_TEXT))
    for name, values, one in (
        ("emails", given.emails, _against_email),
        ("phones", given.phones, _against_phone),
        ("preferredLanguages", given.languages, _against_language),
    ):
        if len(values) > _MOST:
            yield name, f"At most {_MOST}."
            continue
        if len({value.lower() for value in values}) < len(values):
            yield name, "The same is named twice."
        for place, value in enumerate(values):
            if reason := one(value):
                yield f"{name}.{place}", reason
    if not FIRST_DAY <= given.valid_from <= LAST_DAY:
        yield "validFrom", f"Between {FIRST_DAY} and {LAST_DAY}."
    if given.valid_until is not None and not given.valid_from < given.valid_until <= LAST_DAY:
        yield "validUntil", f"Later than the day on which it begins, and {LAST_DAY} at the latest."


def _against_email(address: str) -> str | None:
    if len(address) > _LONGEST_EMAIL or not _EMAIL.fullmatch(address):
        return "Is no e-mail address, such as disarmament@mission.example."
    return None


def _against_phone(number: str) -> str | None:
    return None if _PHONE.fullmatch(number) else "Is no number as in E.164: +, then 7 to 15 digits without spaces."


def _against_language(tag: str) -> str | None:
    """Any language is good: these are not those of documents, of which there is a list."""
    return f"At most {_LONGEST_TAG} characters." if len(tag) > _LONGEST_TAG else None


def _against_visibility(given: Given, actor: Actor) -> Iterator[tuple[str, str]]:
    if given.visibility is Visibility.PARTICIPANTS:
        yield "visibility", "A contact belongs to no meeting, so it has no participants."
    elif given.visibility is not Visibility.CONCERNED and not actor.capacities & SEES[given.visibility]:
        # Otherwise nobody at the party itself could confirm or end what it has recorded.
        yield "visibility", "The party could not see it itself."
    if given.concerned and given.visibility is not Visibility.CONCERNED:
        yield "concerned", "Parties are named where the visibility is CONCERNED."
    if len(given.concerned) > _MOST_CONCERNED:
        yield "concerned", f"At most {_MOST_CONCERNED}."


async def _unknown(unit: Unit, given: Given) -> list[tuple[str, str]]:
    """Parties that the register does not have."""
    parties = sorted(given.concerned)[:_MOST_CONCERNED]
    if not parties:
        return []
    found = await unit.connection.execute(select(col(db.Party.id)).where(among(col(db.Party.id), parties)))
    known = set(found.scalars())
    return [("concerned", f"There is no party {party}.") for party in parties if party not in known]
