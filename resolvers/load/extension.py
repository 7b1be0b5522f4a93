"""extension_requests.csv: requests to extend a deadline, and what became of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import db
from db.table import Kept
from mandate.obligation import Article
from mandate.provenance import ProvenanceBasis
from resolvers.load.cell import Alpha3, Code, Count, Date, Duration, Kind, Symbol, Text, Texts
from resolvers.load.register import Register, Source, provenance
from resolvers.load.sheet import Line, Row

_INFERRED = re.compile(r"that it (was granted|came from this request) (is inferred|follows)")


class ExtensionRequestRow(Row):
    request_id: Code
    alpha3: Alpha3
    article: Literal["3", "4"]
    request_number: Count | None
    submitted: Date | None
    considered_at: Code | None
    considered_at_basis: Text | None
    period_asked: Duration | None
    requested_until: Date | None
    decision: Kind | None
    granted_until: Date | None
    analysis_symbol: Symbol | None
    note: Text | None
    sources: Texts


def turn(line: Line[ExtensionRequestRow], register: Register) -> Iterator[Kept]:
    row = line.row
    article = Article(f"ARTICLE_{row.article}")
    called = f"obligation of {row.alpha3} under Article {row.article}"
    state = register.state(line, "alpha3", row.alpha3)
    obligation = None
    if state:
        obligation = register.refer(line, "article", db.Obligation, (row.alpha3, row.article), called=called)
    register.meeting(line, "considered_at", row.considered_at)
    analysis = register.document(line, "analysis_symbol", row.analysis_symbol)
    begins = f"ER-{row.alpha3}-{row.article}-"
    if not row.request_id.startswith(begins):
        line.refuse("request_id", f"should begin with {begins}")
    if obligation is None:
        return
    request = db.ExtensionRequest(
        code=row.request_id,
        obligation_id=obligation.id,
        state_code=row.alpha3,
        article=article,
        number=row.request_number,
        submitted_on=row.submitted,
        considered_at_code=row.considered_at,
        period_asked=row.period_asked,
        requested_until=row.requested_until,
        decision=row.decision,
        decision_basis=_basis_of_decision(row),
        granted_until=row.granted_until,
        analysis_id=analysis.id if analysis else None,
        note=row.note,
    )
    yield request
    yield from provenance(request, sources=row.sources)
    if row.considered_at_basis:
        stated = row.considered_at_basis == "stated"
        yield from provenance(
            request,
            "consideredAt",
            basis=ProvenanceBasis.STATED if stated else ProvenanceBasis.INFERRED,
            sources=row.sources,
            note=None if stated else row.considered_at_basis,
        )


def _basis_of_decision(row: ExtensionRequestRow) -> ProvenanceBasis | None:
    """The notes say where a decision, or that it answers this request, is only inferred."""
    if row.decision is None:
        return None
    return ProvenanceBasis.INFERRED if _INFERRED.search(row.note or "") else ProvenanceBasis.STATED


SOURCE = Source(
    name="extension_requests",
    row=ExtensionRequestRow,
    main=db.ExtensionRequest,
    known_by=("request_id",),
    turn=turn,
)
