"""organisations.csv: whoever takes part and is no State, and the ISU itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import db
from db.party import party_id
from db.table import Kept
from mandate.party import PartyKind
from mandate.text import LocalizedText, sort_key
from resolvers.load.cell import Address, Alpha3, Code, Kind, Name, Text, Texts
from resolvers.load.register import Register, Source, provenance
from resolvers.load.sheet import Line, Row

_PARTNER_OF_THE_CMC = "Partner of the Cluster Munition Coalition, not called a member"


class OrganisationRow(Row):
    code: Code
    name: Name
    acronym: Text | None
    kind: Kind
    website: Address | None
    role: Kind | None
    observer_basis: Text | None
    cmc_member: Literal["yes", "partner"] | None
    country_alpha3: Alpha3 | None
    attested_at: Text | None
    note: Text | None
    sources: Texts


def turn(line: Line[OrganisationRow], register: Register) -> Iterator[Kept]:
    row = line.row
    register.state(line, "country_alpha3", row.country_alpha3)
    kind = PartyKind.ISU if row.kind == "secretariat" else PartyKind.ORGANISATION
    party = db.Party(id=party_id(kind, row.code), kind=kind, code=row.code)
    notes = [row.note, _PARTNER_OF_THE_CMC if row.cmc_member == "partner" else None]
    organisation = db.Organisation(
        code=row.code,
        party_id=party.id,
        name=LocalizedText.of(row.name),
        sort_name=sort_key(row.name),
        acronym=row.acronym,
        kind_code=row.kind,
        role_code=row.role,
        website=row.website,
        observer_basis=row.observer_basis,
        cmc_member=True if row.cmc_member == "yes" else None,
        country_code=row.country_alpha3,
        attested_at=row.attested_at,
        note="; ".join(note for note in notes if note) or None,
    )
    yield organisation
    yield party
    yield register.code(db.OrganisationKind, row.kind)
    if row.role:
        yield register.code(db.OrganisationRole, row.role)
    yield from provenance(organisation, sources=row.sources)


SOURCE = Source(
    name="organisations",
    row=OrganisationRow,
    main=db.Organisation,
    known_by=("code",),
    turn=turn,
)
