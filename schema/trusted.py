"""Trusted documents: queries with a name, which are the public doors. Ours, and those that a deployment adds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    print_ast,
    type_from_ast,
    visit,
)

from resolvers.error import UserError
from schema.operation import Documents, Prepared
from schema.rows import Rows, row_of, rows_of

OURS = Path(__file__).parents[1] / "documents"
SCHEME = "sha256:"

_BESIDE_THE_JOURNAL = frozenset({"export", "rateLimit", "serviceStatus", "viewer"})
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


class BadDocument(UserError):  # noqa: N818  it reads as what happened
    """A file that can not be served; the server does not start with it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"ISU_DOCUMENTS: {name}: {reason}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A variable of the document, for those who do not write GraphQL."""

    name: str
    type: str
    """As GraphQL writes it."""
    of: str
    """The name of its innermost type."""
    is_required: bool
    is_many: bool
    is_object: bool
    default: str | None
    values: Sequence[str] = ()
    """All that there are, of an enum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    name: str
    text: str
    description: str
    prepared: Prepared
    operation: OperationDefinitionNode | None
    """The only one; a document of several is trusted, and no door."""
    arguments: Sequence[Argument]
    rows: Rows | None
    table: Rows | None
    """Its rows, or its one object as the only row; None where it has several lists."""
    is_of_the_journal: bool
    """Whether its answer is another only once the journal has grown: exports, webhooks and fair use are not in it."""

    @property
    def id(self) -> str:
        return id_of(self.text)

    @property
    def is_door(self) -> bool:
        return self.operation is not None and self.operation.operation is OperationType.QUERY

    @property
    def has_pages(self) -> bool:
        """Whether what follows a page can be asked for."""
        return (
            self.rows is not None
            and self.rows.page_info is not None
            and any(each.name == "after" for each in self.arguments)
        )


class TrustedDocuments:
    """By name, and by the hash of their text."""

    def __init__(self, documents: Iterable[Trusted], *, only: bool = False) -> None:
        self._by_name: dict[str, Trusted] = {}
        for each in documents:
            if each.name in self._by_name:
                raise BadDocument(f"{each.name}.graphql", "there is a document of this name already")
            self._by_name[each.name] = each
        self._by_id = {each.id: each for each in self._by_name.values()}
        self.only = only
        """Whether nothing else is answered."""

    def __iter__(self) -> Iterator[Trusted]:
        return iter(sorted(self._by_name.values(), key=lambda each: each.name))

    def named(self, name: str) -> Trusted | None:
        return self._by_name.get(name)

    def text(self, document_id: str) -> str | None:
        """Of the document that a client names instead of sending it."""
        found = self._by_id.get(document_id)
        return None if found is None else found.text

    def admits(self, text: str) -> bool:
        """Whether a text that a client sends may be answered here."""
        return not self.only or id_of(text) in self._by_id


def id_of(text: str) -> str:
    return SCHEME + hashlib.sha256(text.encode()).hexdigest()


def trusted(schema: strawberry.Schema, folder: Path | None = None, *, only: bool = False) -> TrustedDocuments:
    """Ours, and those in the folder of a deployment."""
    added = () if folder is None else _read(schema, folder)
    return TrustedDocuments([*_ours(schema), *added], only=only)


@cache
def _ours(schema: strawberry.Schema) -> Sequence[Trusted]:
    return _read(schema, OURS)


def _read(schema: strawberry.Schema, folder: Path) -> Sequence[Trusted]:
    if not folder.is_dir():
        raise BadDocument(str(folder), "there is no such folder")
    documents = Documents(schema)
    return [_document(schema, documents, path) for path in sorted(folder.glob("*.graphql"))]


def _document(schema: strawberry.Schema, documents: Documents, path: Path) -> Trusted:
    if _NAME.fullmatch(path.stem) is None:
        raise BadDocument(path.name, "a name has small letters, digits and single hyphens")
    try:
        # As it is, to the byte: its hash is what clients send.
        text = path.read_bytes().decode()
    except UnicodeDecodeError:
        raise BadDocument(path.name, "it is not UTF-8") from None
    prepared = documents.prepare(text)
    if isinstance(prepared, list):
        raise BadDocument(path.name, prepared[0]["message"].rstrip("."))
    found = prepared.operation(None)
    operation = found if isinstance(found, OperationDefinitionNode) else None
    description = _description(text)
    if not description:
        raise BadDocument(path.name, "it begins with a comment that says what it gives")
    whole = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
    rows = rows_of(whole, prepared.document, operation) if operation else None
    return Trusted(
        name=path.stem,
        text=text,
        description=description,
        prepared=prepared,
        operation=operation,
        arguments=[_argument(whole, each) for each in operation.variable_definitions or ()] if operation else (),
        rows=rows,
        table=rows or (row_of(whole, prepared.document, operation) if operation else None),
        is_of_the_journal=_BESIDE_THE_JOURNAL.isdisjoint(_fields(prepared.document)),
    )


def _fields(document: DocumentNode) -> set[str]:
    found: set[str] = set()

    class Names(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            found.add(node.name.value)

    visit(document, Names())
    return found


def _description(text: str) -> str:
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return " ".join(filter(None, lines))


def _argument(schema: object, definition: VariableDefinitionNode) -> Argument:
    whole = type_from_ast(schema, definition.type)  # type: ignore[call-overload]
    named = get_named_type(whole)
    return Argument(
        name=definition.variable.name.value,
        type=print_ast(definition.type),
        of=named.name,
        is_required=get_nullable_type(whole) is not whole and definition.default_value is None,
        is_many=is_list_type(get_nullable_type(whole)),
        is_object=is_input_object_type(named),
        default=None if definition.default_value is None else print_ast(definition.default_value),
        values=tuple(named.values) if is_enum_type(named) else (),
    )
