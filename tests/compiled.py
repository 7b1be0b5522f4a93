"""What SQLAlchemy made of statements, for all engines of one kind, as a server that runs for long would have it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.util import LRUCache


class Compiled(LRUCache[Any, Any]):
    """A dialect is of one engine, and begins every key: its class stands here instead."""

    def __init__(self) -> None:
        super().__init__(4_000)

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_of_all(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_of_all(key), value)


def _of_all(key: Any) -> Any:
    dialect, *others = key
    return (type(dialect), *others)
