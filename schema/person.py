"""People who hold an office in public."""

from __future__ import annotations

import db
from schema.reading import Node, column, node


@node(db.Person, description="Somebody who holds, or held, an office in public")
class Person(Node):
    full_name: str | None = column(db.Person.full_name, description="Null once it was erased")
