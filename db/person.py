"""People: who holds an office in public, and who is a point of contact."""

from __future__ import annotations

from db.table import Kept, column, enum_type, key, personal, plain_text
from mandate.actor import Visibility


class Person(Kept, table=True):
    id: str = key()
    full_name: str | None = personal(plain_text(200), default=None)
    """Empty once it is erased: the offices held stay. Not unique: two people may have one name, and whether a name is
    taken would tell of somebody hidden."""
    salt: str | None = column(plain_text(32), default=None)
    visibility: Visibility = column(
        enum_type(Visibility), default=Visibility.PUBLIC, sa_column_kwargs={"server_default": Visibility.PUBLIC}
    )
