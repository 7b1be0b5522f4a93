"""People who hold an office in public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

import db
from schema.reading import Node, column, many, node

if TYPE_CHECKING:
    from schema.office import OfficeTerm

LazyOfficeTerm = Annotated["OfficeTerm", strawberry.lazy("schema.office")]


@node(db.Person, description="Somebody who holds, or held, an office in public")
class Person(Node):
    full_name: str = column(db.Person.full_name)
    office_terms: list[LazyOfficeTerm] = many(
        db.OfficeTerm.person_id, order_by=[db.OfficeTerm.starts_on, db.OfficeTerm.reference]
    )
