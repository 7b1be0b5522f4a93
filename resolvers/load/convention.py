"""comparable_structures.csv: how conventions organize their work, as the paper of 2011 tells it."""

from __future__ import annotations

from collections.abc import Iterator

import db
from db.table import Kept
from mandate.text import LocalizedText
from resolvers.load.cell import Code, Kind, Text
from resolvers.load.register import Register, Source
from resolvers.load.sheet import Line, Row


class StructureRow(Row):
    row_id: Code
    instrument: Code
    standing: Text
    element_kind: Kind
    element: Text
    detail: Text | None
    role_title: Text | None
    guided_by: Text | None
    part_of: Text | None
    item: Text | None
    seed_ref: Text
    seed_term_zh: Text | None


def turn(line: Line[StructureRow], register: Register) -> Iterator[Kept]:
    row = line.row
    register.convention(line, "instrument", row.instrument)
    term = row.seed_term_zh and LocalizedText.of(row.seed_term_zh, "zh", en=row.element)
    yield db.StructureElement(
        code=row.row_id,
        convention_code=row.instrument,
        standing=row.standing,
        kind=row.element_kind,
        element=row.element,
        term=term or None,
        detail=row.detail,
        role_title=row.role_title,
        guided_by=row.guided_by,
        part_of=row.part_of,
        item=row.item,
        paragraphs=row.seed_ref,
    )


SOURCE = Source(
    name="comparable_structures",
    row=StructureRow,
    main=db.StructureElement,
    known_by=("row_id",),
    turn=turn,
)
