"""Points of contact: who to write to at a State or an organisation, and the acts by which parties keep them right."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
from mandate.actor import Scope, Visibility
from mandate.contact import ContactRole
from resolvers import contact as resolve
from schema.change import HistoryEntry, history
from schema.id import key_of
from schema.party import Party, party_key
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import Connection, Node, column, complete, names_rows, node, one, ref
from schema.scalar import LanguageCode
from schema.success import Success

if TYPE_CHECKING:
    from schema.person import Person

LazyPerson = Annotated["Person", strawberry.lazy("schema.person")]


@node(db.Contact, description="Who to write to at a State or an organisation, and since when that holds")
class ContactPoint(Node):
    party: Party = one(db.Contact.party_id)
    person: LazyPerson | None = one(db.Contact.person_id)
    role: ContactRole = column(db.Contact.role)
    title: str | None = column(db.Contact.title, description="Of the post")
    preferred_languages: list[LanguageCode] = column(
        db.Contact.languages, description="Any in BCP 47, in order of preference"
    )
    emails: list[str] | None = column(
        db.Contact.emails,
        needs=Scope.READ_CONTACTS,
        description="Null once they were erased, and for keys without the scope READ_CONTACTS",
    )
    phones: list[str] | None = column(
        db.Contact.phones,
        needs=Scope.READ_CONTACTS,
        description="In E.164. Null once they were erased, and for keys without the scope READ_CONTACTS",
    )
    valid_from: datetime.date = column(db.Contact.valid_from)
    valid_until: datetime.date | None = column(
        db.Contact.valid_until, description="No longer valid on this day; null where no end is known"
    )
    last_confirmed_at: datetime.datetime | None = column(
        db.Contact.last_confirmed_at,
        convert=datetime.datetime.fromisoformat,
        description="When somebody last said that it still holds",
    )
    visibility: Visibility = column(db.Contact.visibility)
    version: int = column(db.Contact.version)
    history: Connection[HistoryEntry] = history(db.Contact, db.Contact.id)


@strawberry.input(
    description="Whom to write to at a State or an organisation: at least a person, a name, a title, an e-mail address "
    "or a telephone number"
)
class RecordContactInput:
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation")
    person: strawberry.ID | None = strawberry.field(default=None, description="Somebody on record")
    full_name: str | None = strawberry.field(
        default=None, description="Of somebody who is not on record yet, and will be, as visible as the contact"
    )
    role: ContactRole
    title: str | None = strawberry.field(default=None, description="Of the post; at most 200 characters")
    preferred_languages: list[LanguageCode] = strawberry.field(
        default_factory=list, description="Any in BCP 47, such as pt or sr-Latn, in order of preference; at most 10"
    )
    emails: list[str] = strawberry.field(default_factory=list, description="At most 10")
    phones: list[str] = strawberry.field(default_factory=list, description="At most 10, in E.164: +41229170000")
    valid_from: datetime.date
    valid_until: datetime.date | None = strawberry.field(default=None, description="The first day no longer valid")
    visibility: Visibility = strawberry.field(
        default=Visibility.CONCERNED, description="CONCERNED is for its own party, those named, and the ISU"
    )
    concerned: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="States and organisations that may see it too"
    )


@strawberry.input(description="It still holds")
class ConfirmContactInput:
    id: strawberry.ID
    expected_version: int


@strawberry.input(description="It no longer holds")
class EndContactInput:
    id: strawberry.ID
    expected_version: int
    on: datetime.date | None = strawberry.field(
        default=None,
        description="The first day no longer valid, later than that on which it began; today where none is named",
    )


def _contact_point() -> Any:
    return ref("key", db.Contact.id, description="Null where the caller's key may not read it")


@names_rows
@strawberry.type(description="The point of contact is on record")
class ContactRecorded(Success):
    key: strawberry.Private[str]
    contact_point: ContactPoint | None = _contact_point()


@names_rows
@strawberry.type(description="The point of contact is known to hold as of now")
class ContactConfirmed(Success):
    key: strawberry.Private[str]
    contact_point: ContactPoint | None = _contact_point()


@names_rows
@strawberry.type(description="The point of contact has an end; it stays on record")
class ContactEnded(Success):
    key: strawberry.Private[str]
    contact_point: ContactPoint | None = _contact_point()


RecordContactResult = Annotated[
    ContactRecorded | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RecordContactResult")
]
ConfirmContactResult = Annotated[
    ContactConfirmed | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ConfirmContactResult")
]
EndContactResult = Annotated[
    ContactEnded | Invalid | NotFound | Forbidden | Conflict, strawberry.union("EndContactResult")
]


@strawberry.type
class ContactMutation:
    @strawberry.mutation(description="Record whom to write to: a party for itself, or the ISU for any")
    async def record_contact(self, info: strawberry.Info[Any, Any], input: RecordContactInput) -> RecordContactResult:
        given = resolve.Given(
            party=party_key(input.party, "party"),
            person=None if input.person is None else key_of("Person", input.person, "person"),
            full_name=input.full_name,
            role=input.role,
            title=input.title,
            languages=input.preferred_languages,
            emails=input.emails,
            phones=input.phones,
            valid_from=input.valid_from,
            valid_until=input.valid_until,
            visibility=input.visibility,
            concerned=[party_key(each, f"concerned.{place}") for place, each in enumerate(input.concerned)],
        )
        return await complete(info, ContactRecorded(key=await resolve.record(info.context, given)))

    @strawberry.mutation(description="Say that a point of contact still holds")
    async def confirm_contact(
        self, info: strawberry.Info[Any, Any], input: ConfirmContactInput
    ) -> ConfirmContactResult:
        key = await resolve.confirm(
            info.context, key=key_of("ContactPoint", input.id, "id"), expected_version=input.expected_version
        )
        return await complete(info, ContactConfirmed(key=key))

    @strawberry.mutation(description="Say from when a point of contact no longer holds")
    async def end_contact(self, info: strawberry.Info[Any, Any], input: EndContactInput) -> EndContactResult:
        key = await resolve.end(
            info.context,
            key=key_of("ContactPoint", input.id, "id"),
            expected_version=input.expected_version,
            on=input.on,
        )
        return await complete(info, ContactEnded(key=key))
