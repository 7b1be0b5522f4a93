"""Whoever may hold a seat, attend or be written to."""

from __future__ import annotations

import strawberry

from schema.reading import Node
from schema.text import LocalizedText


@strawberry.interface(description="A State or an organisation")
class Party(Node):
    name: LocalizedText
