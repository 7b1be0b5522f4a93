"""What is written out of a row: a function of rows that is compiled, and what it remembers of values."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from weakref import WeakValueDictionary

import orjson
from sqlalchemy import FromClause, Table

from db.driver import Convert, Row
from resolvers.reading.declaration import Column
from resolvers.reading.statement import Branch
from resolvers.reading.want import Unplanned, Want, Wants

_MOST_REMEMBERED = 12_500
"""Of some 500 bytes each."""
_LONGEST_REMEMBERED = 500

Slots = list[Any]
"""What hangs on rows and what is computed of them, by place."""
Write = Callable[[Sequence[Row], Slots], list[Any]]


class Rows(Protocol):
    """The statement whose rows they are."""

    engine: str
    columns: Sequence[Convert | None]

    def slot(self, want: Want) -> int: ...


class Compiler:
    """Writes a function of rows: Python runs one expression for a row faster than anything that interprets wants."""

    def __init__(self, statement: Rows) -> None:
        self._statement = statement
        self._names: dict[str, Any] = {"required": required, "moment": datetime.fromisoformat}
        self._beside: dict[int, str] = {}

    def compile(self, branch: Branch, wants: Wants) -> Write:
        row = self._object(branch, wants)
        beside = "".join(f", {name}" for name in self._beside.values())
        over = ", ".join(f"s[{slot}]" for slot in self._beside)
        source = f"zip(rows, {over})" if over else "rows"
        target = f"(r{beside})" if over else "r"
        code = f"def write(rows, s):\n    return [{row} for {target} in {source}]\n"
        exec(compile(code, "<plan>", "exec"), self._names)  # noqa: S102  made of names and numbers of ours alone
        write: Write = self._names["write"]
        return write

    def _object(self, branch: Branch, wants: Wants) -> str:
        places: dict[Any, tuple[Any, ...]] = {}
        for asked, index, column in branch.columns:
            places[asked.key] = ("column", index, column, branch.source)
        for asked in branch.withheld:
            places[asked.key] = ("withheld",)
        for asked, joined in branch.joined:
            places[asked.key] = ("joined", joined)
        for asked, index in branch.lists:
            places[asked.key] = ("list", index)
        for asked, index, _ in branch.links:
            places[asked.key] = ("link", index)
        for asked, _ in branch.derived:
            places[asked.key] = ("derived",)
        members = [
            f"{want.name!r}: {self._value(want, () if want.asked is None else places[want.asked.key])}"
            for want in wants
        ]
        return "{" + ", ".join(members) + "}"

    def _value(self, want: Want, place: tuple[Any, ...]) -> str:
        match place:
            case ():
                return self._name(want.constant)
            case ("column", index, column, source):
                return self._column(want, index, column, source)
            case ("withheld",):
                return self._checked(want, "None")
            case ("joined", joined):
                inner = self._object(joined, want.inner.get(joined.shape.name, ()))
                return self._checked(want, f"(None if r[{joined.present}] is None else {inner})")
            case ("list", index):
                # A page is there for every parent that is.
                rest = "" if want.page else ", []"
                return f"s[{self._statement.slot(want)}].get(r[{index}]{rest})"
            case ("link", index):
                return self._checked(want, f"s[{self._statement.slot(want)}].get(r[{index}])")
            case _:
                slot = self._statement.slot(want)
                return self._beside.setdefault(slot, f"v{slot}")

    def _column(self, want: Want, index: int, column: Column, source: FromClause) -> str:
        decode = self._statement.columns[index]
        steps = [step for step in (decode, column.convert, want.complete) if step is not None]
        if not steps:
            # The column may not be empty where the field is never null: that was seen to when the schema was made.
            return f"r[{index}]"
        if column.convert == datetime.fromisoformat and decode is None:
            # A moment hardly comes again, and is encoded as it is written: nothing of it is worth being remembered.
            moment = f"moment(r[{index}])"
            return moment if want.required else f"(None if r[{index}] is None else {moment})"
        write = _column_writer(steps, required=want.required)
        if _table_of(source).c[column.name].info.get("personal"):
            # What can be erased is not remembered.
            return f"{self._name(write)}(r[{index}])"
        name = (self._statement.engine, _table_of(source).name, want.known_as)
        return f"{self._name(_REMEMBERED.written(name, write))}[r[{index}]]"

    def _checked(self, want: Want, value: str) -> str:
        return f"required({value})" if want.required else value

    def _name(self, value: Any) -> str:
        name = f"c{len(self._names)}"
        self._names[name] = value
        return name


def _table_of(source: Any) -> Table:
    """Of an alias too, whose columns do not say what is personal."""
    table: Table = getattr(source, "element", source)
    return table


def required(value: Any) -> Any:
    if value is None:
        raise Unplanned
    return value


class _Written(dict[Any, Any]):
    """By value, what was written of it; what is looked for and not there is written."""

    __slots__ = ("__weakref__", "_keep", "_write")

    def __init__(self, write: Convert, keep: Callable[[_Written, Any, Any], None]) -> None:
        super().__init__()
        self._write = write
        self._keep = keep

    def __missing__(self, value: Any) -> Any:
        found = self._write(value)
        if isinstance(found, dict | list):
            # As the bytes that it will be, which take less room, and are copied at once.
            found = orjson.Fragment(orjson.dumps(found).decode())
        self._keep(self, value, found)
        return found


class _Remembered:
    """What was written of a value, for all plans: names and codes come again and again."""

    def __init__(self) -> None:
        self._kept: WeakValueDictionary[Hashable, _Written] = WeakValueDictionary()
        """As long as there is a plan that asks for it."""
        self._number = 0

    def written(self, name: Hashable, write: Convert) -> Mapping[Any, Any]:
        """What has this name is written by the same."""
        return self._kept.setdefault(name, _Written(write, self._keep))

    def _keep(self, kept: _Written, value: Any, written: Any) -> None:
        if isinstance(value, str) and len(value) > _LONGEST_REMEMBERED:
            return
        if self._number >= _MOST_REMEMBERED:
            for each in list(self._kept.values()):
                each.clear()
            self._number = 0
        kept[value] = written
        self._number += 1


_REMEMBERED = _Remembered()


def _column_writer(steps: Sequence[Convert], *, required: bool) -> Convert:
    """From what the driver gives to what is written."""

    def written(value: Any) -> Any:
        for step in steps:
            if value is None:
                break
            value = step(value)
        if value is None and required:
            raise Unplanned
        return value

    return written
