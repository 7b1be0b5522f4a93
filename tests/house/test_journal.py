"""Kept rows are written by the unit of work, and by who restores them: nothing else has the words for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import db
from db.table import kept_tables

ROOT = Path(__file__).parents[2]
FLOORS = ("isu", "schema", "resolvers", "db", "mandate")
THE_UNIT = ROOT / "db" / "unit.py"
RESTORING = ROOT / "db" / "dump.py"
VERBS = {"insert", "update", "delete", "merge"}
KEPT = {table.__name__ for table in kept_tables()} | {db.Change.__name__, db.JournalHead.__name__}
IN_WORDS = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE)
TABLES = {str(table.__tablename__) for table in kept_tables()} | {"change", "journal_head"}


def written(source: str) -> Iterator[tuple[int, str]]:
    """Each place where a kept table is written, by a call or in a text of SQL."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _last(node.func) in VERBS:
            for argument in node.args[:1]:
                if _last(argument) in KEPT:
                    yield node.lineno, f"{_last(node.func)}({_last(argument)})"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for found in IN_WORDS.finditer(node.value):
                if found[1].lower() in TABLES:
                    yield node.lineno, found[0]


def _last(node: ast.expr) -> str | None:
    """`db.Person`, `Person.__table__` and `Person` are all about Person."""
    if isinstance(node, ast.Attribute):
        return _last(node.value) if node.attr == "__table__" else node.attr
    return node.id if isinstance(node, ast.Name) else None


def test_only_the_unit_of_work_and_who_restores_write_what_is_kept() -> None:
    files = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py") if path not in (THE_UNIT, RESTORING)]

    places = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in files
        for line, what in written(path.read_text(encoding="utf-8"))
    ]

    assert len(files) > 50
    assert places == []


def test_this_test_sees_what_it_looks_for() -> None:
    source = (
        'insert(db.Person)\nupdate(State.__table__)\ndelete(Change)\nrun("UPDATE meeting SET x = 1")\nupdate(KeyUse)'
    )

    assert [line for line, _ in written(source)] == [1, 2, 3, 4]
    assert list(written(THE_UNIT.read_text(encoding="utf-8")))
