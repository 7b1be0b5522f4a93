"""Reads are declared once, as plain values; this is the only place that turns them into statements."""

from resolvers.reading.declaration import (
    Asked,
    Beside,
    Column,
    Declaration,
    Derived,
    Many,
    One,
    Order,
    Page,
    Ref,
    Scope,
    Selection,
    Shape,
)
from resolvers.reading.page import Connected, Edge, PageInfo
from resolvers.reading.reader import Reader

__all__ = [
    "Asked",
    "Beside",
    "Column",
    "Connected",
    "Declaration",
    "Derived",
    "Edge",
    "Many",
    "One",
    "Order",
    "Page",
    "PageInfo",
    "Reader",
    "Ref",
    "Scope",
    "Selection",
    "Shape",
]
