"""From kept obligations and requests to the facts that the rules judge."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mandate.obligation import Article, Extension
from mandate.provenance import ProvenanceBasis


def extensions(rows: Iterable[Any], article: Article) -> list[Extension]:
    return [
        Extension(
            code=row.code,
            number=row.number,
            submitted=row.submitted_on,
            granted_until=row.granted_until,
            decided=row.decision is not None,
            inferred=row.decision_basis is ProvenanceBasis.INFERRED,
        )
        for row in rows
        if row.article is article
    ]
