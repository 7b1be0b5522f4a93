"""affected_states.csv: what States have to do under Articles 3, 4 and 5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import db
from db.table import Kept
from mandate.day import PartialDate
from mandate.obligation import Article, ObligationStatus, original_deadline
from mandate.provenance import ProvenanceBasis
from resolvers.load.cell import Alpha3, Date, Day, Quantity, Text, Texts, precision
from resolvers.load.register import Register, Source, provenance
from resolvers.load.sheet import Line, Row

_TOPICS = {
    Article.ARTICLE_3: "stockpile_destruction",
    Article.ARTICLE_4: "clearance",
    Article.ARTICLE_5: "victim_assistance",
}


class AffectedStateRow(Row):
    alpha3: Alpha3
    article: Literal["3", "4", "5"]
    topic: Literal["stockpile_destruction", "clearance", "victim_assistance"]
    obligation_status: Literal["fulfilled", "outstanding", "unclear", "reported"]
    original_deadline: Day | None
    original_deadline_basis: Text | None
    original_deadline_check: Text | None
    current_deadline: Date | None
    current_deadline_basis: Text | None
    fulfilled_date: Date | None
    fulfilled_precision: Literal["day", "month", "year", "by_month"] | None
    quantity: Quantity | None
    quantity_unit: Text | None
    status_as_of: Date | None
    note: Text | None
    sources: Texts


def turn(line: Line[AffectedStateRow], register: Register) -> Iterator[Kept]:
    row = line.row
    article = Article(f"ARTICLE_{row.article}")
    state = register.state(line, "alpha3", row.alpha3)
    if row.topic != _TOPICS[article]:
        line.refuse("topic", f"should be {_TOPICS[article]}, from the article")
    if state:
        in_force = register.in_force_for(state)
        due = original_deadline(article, in_force) if in_force else None
        if row.original_deadline != due:
            since = f"in force since {in_force}" if in_force else "the Convention is not in force"
            line.refuse("original_deadline", f"should be {due or 'empty'}: {since}")
    known_to = (row.fulfilled_precision or "").removeprefix("by_") or None
    if known_to != precision(row.fulfilled_date):
        should = precision(row.fulfilled_date) or "empty"
        line.refuse("fulfilled_precision", f"should be {should}, from the date")
    obligation = db.Obligation(
        id=register.id_of(db.Obligation, (row.alpha3, row.article)),
        state_code=row.alpha3,
        article=article,
        status=ObligationStatus(row.obligation_status.upper()),
        status_as_of=row.status_as_of,
        stated_original_deadline=PartialDate.of(row.original_deadline)
        if row.original_deadline and "agrees" in (row.original_deadline_check or "")
        else None,
        stated_deadline=row.current_deadline,
        stated_deadline_basis=_basis_of_deadline(row.current_deadline_basis),
        fulfilled_on=row.fulfilled_date,
        fulfilled_by=row.fulfilled_precision == "by_month",
        quantity=row.quantity,
        quantity_unit=row.quantity_unit,
        note=row.note,
    )
    yield obligation
    yield from provenance(obligation, sources=row.sources, as_of=row.status_as_of)
    if row.original_deadline:
        yield from provenance(
            obligation,
            "originalDeadline",
            basis=ProvenanceBasis.COMPUTED,
            note=row.original_deadline_check or row.original_deadline_basis,
        )
    if row.current_deadline_basis:
        yield from provenance(
            obligation,
            "deadline",
            basis=_basis_of_deadline(row.current_deadline_basis) or ProvenanceBasis.STATED,
            sources=row.sources,
            note=row.current_deadline_basis,
        )


def _basis_of_deadline(text: str | None) -> ProvenanceBasis | None:
    if text is None:
        return None
    return ProvenanceBasis.STATED if "stated" in text else ProvenanceBasis.INFERRED


SOURCE = Source(
    name="affected_states",
    row=AffectedStateRow,
    main=db.Obligation,
    known_by=("alpha3", "article"),
    turn=turn,
)
