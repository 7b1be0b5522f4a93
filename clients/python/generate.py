"""Makes isu_client/api from queries/ and the schema, or tells whether what is there is current.

python clients/python/generate.py CODEGEN_PYTHON   # `make client`: with a Python that has ariadne-codegen
python clients/python/generate.py --check          # by what it was made from: needs graphql-core alone
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    concat_ast,
    get_named_type,
    parse,
    validate,
    visit,
)

HERE = Path(__file__).parent
API = HERE / "isu_client/api"
STAMP = API / "made-from.txt"
SCHEMA = HERE / "../../schema/schema.graphql"


def main() -> None:
    if sys.argv[1:] == ["--check"]:
        if faults := list(faults_of(STAMP.read_text(encoding="utf-8"))):
            sys.exit("\n".join([*faults, "Run `make client`."]))
        return
    (python,) = sys.argv[1:]
    shutil.rmtree(API, ignore_errors=True)
    subprocess.run([Path(python).absolute(), "-m", "ariadne_codegen"], cwd=HERE, check=True)  # noqa: S603
    STAMP.write_text(f"{made_from()} inputs\n{made()} outputs\n", encoding="utf-8")


def faults_of(stamp: str) -> Iterator[str]:
    told = [line.split()[0] for line in stamp.splitlines()]
    if told[0] != made_from():
        yield "The queries, or what they ask for in the schema, are not those from which the client was made."
    if told[1] != made():
        yield "The client is not as it was made."


def made() -> str:
    return digest(f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in sorted(API.glob("*.py")))


def made_from(schema: GraphQLSchema | None = None) -> str:
    """The queries, how the generator is set, and of the schema what the queries reach: the rest may grow."""
    queries = [path.read_text(encoding="utf-8") for path in sorted((HERE / "queries").glob("*.graphql"))]
    settings = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ariadne-codegen"]
    plugin = (HERE / "generator.py").read_text(encoding="utf-8")
    if schema is None:
        schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    return digest([*queries, repr(settings), plugin, *reached(schema, queries)])


def reached(schema: GraphQLSchema, queries: list[str]) -> list[str]:
    """Each field of the queries with its type and arguments, and the enums and inputs that these name."""
    document = concat_ast([parse(text, no_location=True) for text in queries])
    if errors := [each for each in validate(schema, document) if "is never used" not in each.message]:
        sys.exit("\n".join(each.message for each in errors))
    types = TypeInfo(schema)
    found: set[str] = set()

    class Fields(Visitor):
        def enter_field(self, *_: object) -> None:
            parent, field = types.get_parent_type(), types.get_field_def()
            if parent is not None and field is not None:
                found.add(f"{parent.name}: {field.type}")
                found.update(lines_of(get_named_type(field.type)))

        def enter_argument(self, *_: object) -> None:
            argument: GraphQLArgument | None = types.get_argument()
            if argument is not None:
                found.add(f"{argument.type}")
                found.update(lines_of(get_named_type(argument.type)))

    visit(document, TypeInfoVisitor(types, Fields()))
    return sorted(found)


def lines_of(kind: GraphQLNamedType, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    if isinstance(kind, GraphQLEnumType):
        yield f"{kind.name} = {sorted(kind.values)}"
    elif isinstance(kind, GraphQLInputObjectType) and kind.name not in seen:
        for name, field in kind.fields.items():
            each: GraphQLInputField = field
            yield f"{kind.name}.{name}: {each.type}"
            yield from lines_of(get_named_type(each.type), seen | {kind.name})


def digest(parts: Iterator[str] | list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


if __name__ == "__main__":
    main()
