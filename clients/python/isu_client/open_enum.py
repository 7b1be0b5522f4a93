"""A schema may grow: a value that came to an enum after this client was made is no error."""

from __future__ import annotations

from enum import Enum


class OpenEnum(str, Enum):  # noqa: UP042  its str() is that of other enums
    @classmethod
    def _missing_(cls, value: object) -> OpenEnum | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        return unknown
