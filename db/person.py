"""People who hold an office in public."""

from __future__ import annotations

from db.table import Table, column, key, plain_text


class Person(Table, table=True):
    id: str = key()
    full_name: str = column(plain_text(200), unique=True)
