"""Doors for those who do not write GraphQL: named queries as JSON and CSV, a calendar, and feeds."""

from __future__ import annotations

from typing import Any

import strawberry
from starlette.routing import BaseRoute, Route

from isu.plain.door import Fixed, Named
from isu.plain.form import FEEDS
from isu.plain.index import Index


def routes(schema: strawberry.Schema, **given: Any) -> list[BaseRoute]:
    """What each door is given is that of `isu.plain.door.Plain`."""
    return [
        Route("/q", Index(schema, **given)),
        Route("/q/{name}", Named(schema, **given)),
        *(
            Route(path, Fixed(schema, name=name, form=form, fixed=fixed, **given))
            for path, (name, form, fixed) in FEEDS.items()
        ),
    ]
