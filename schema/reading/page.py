"""Pages, as the API shows them."""

from __future__ import annotations

from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="An object in a list, and its place there")
class Edge(Generic[T]):
    cursor: str
    node: T


@strawberry.type(description="A page of a list")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="The objects, where their cursors do not matter")
    page_info: PageInfo
    total_count: int = strawberry.field(description="Of the whole list, under the same conditions")
