"""People: who holds an office in public, and who is a point of contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import db
from resolvers import person as resolve
from schema.change import HistoryEntry, history
from schema.id import key_of
from schema.party import BY_ROLE, VALID_ON, LazyContactPoint
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import Connection, Node, column, complete, many, names_rows, node, ref
from schema.success import Success

if TYPE_CHECKING:
    from schema.office import OfficeTerm

LazyOfficeTerm = Annotated["OfficeTerm", strawberry.lazy("schema.office")]


@node(
    db.Person,
    description="Somebody who holds, or held, an office in public, is a point of contact, or takes part in a meeting",
)
class Person(Node):
    full_name: str | None = column(db.Person.full_name, description="Null once it was erased")
    office_terms: list[LazyOfficeTerm] = many(
        db.OfficeTerm.person_id, order_by=[db.OfficeTerm.starts_on, db.OfficeTerm.reference]
    )
    positions: list[LazyContactPoint] = many(
        db.Contact.person_id,
        order_by=BY_ROLE,
        arguments=[VALID_ON],
        description="As whose point of contact, as far as the caller may know",
    )
    version: int = column(db.Person.version)
    history: Connection[HistoryEntry] = history(db.Person, db.Person.id)


@strawberry.input(description="All that is personal about somebody is to go; the offices that they held stay")
class ErasePersonInput:
    id: strawberry.ID
    expected_version: int


@names_rows
@strawberry.type(
    description="Name, e-mail addresses and telephone numbers are erased, and the person is nobody's point of contact"
)
class PersonErased(Success):
    key: strawberry.Private[str]
    person: Person | None = ref("key", db.Person.id, description="Null where the caller's key may not read it")


ErasePersonResult = Annotated[
    PersonErased | Invalid | NotFound | Forbidden | Conflict, strawberry.union("ErasePersonResult")
]


@strawberry.type
class PersonMutation:
    @strawberry.mutation(description="Erase all that is personal about somebody; it can not be undone")
    async def erase_person(self, info: strawberry.Info[Any, Any], input: ErasePersonInput) -> ErasePersonResult:
        key = key_of("Person", input.id, "id")
        await resolve.erase(info.context, key=key, expected_version=input.expected_version)
        return await complete(info, PersonErased(key=key))
