"""The page on errors has every code that the source has, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from schema.error import Code
from schema.problem import ProblemCode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
FLOORS = ("isu", "schema", "resolvers")
CODE = re.compile(r"[A-Z]+(_[A-Z]+)*")
RAISED = {"UserError", "TurnedAway", "unauthenticated", "_exceeded"}
"""What is called with a code among its arguments."""


def told(heading: str) -> list[str]:
    """The first cells of the table under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([A-Z_]+)`", section, re.MULTILINE)


def codes(source: str) -> Iterator[str]:
    """Codes that are written as texts: given to what is raised, set as a default, or one of the limits."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                given = [*args, *(each.value for each in keywords if each.arg == "code")] if name in RAISED else []
            case ast.arguments(args=args, defaults=defaults):
                last = args[len(args) - len(defaults) :]
                given = [default for arg, default in zip(last, defaults, strict=True) if arg.arg == "code"]
            case ast.Constant(value=str(text)) if text.startswith("LIMIT_"):
                given = [node]
            case _:
                given = []
        for each in given:
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and CODE.fullmatch(each.value):
                yield each.value


def test_the_page_has_every_code_of_an_error() -> None:
    files = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]
    written = {code for path in files for code in codes(path.read_text(encoding="utf-8"))}

    assert {"LIMIT_DEPTH", "LIMIT_OBJECTS", "FORBIDDEN", "UNAUTHENTICATED", "CREDENTIAL_REVOKED"} <= written
    assert sorted(told("Errors")) == sorted(written | set(Code))


def test_the_page_has_every_code_of_a_problem() -> None:
    assert sorted(told("Problems")) == sorted(ProblemCode.__members__)
