"""One table under States, organisations and the ISU, so that whoever holds or attends is one foreign key."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint

from db.table import Kept, column, enum_type, key, plain_text
from mandate.party import PartyKind


class Party(Kept, table=True):
    __table_args__ = (UniqueConstraint("kind", "code"),)

    id: str = key()
    kind: PartyKind = column(enum_type(PartyKind))
    code: str = column(plain_text(32))


def party_id(kind: PartyKind, code: str) -> str:
    """Readable and the same in every database: `STATE:DEU`, `ORGANISATION:ICRC`."""
    return f"{kind}:{code}"
