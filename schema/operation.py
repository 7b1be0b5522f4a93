"""From the text of a query to a document that may be executed, remembered by text."""

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.values import get_variable_values
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from resolvers.error import Invalid
from schema.error import Code, Shown, in_request
from schema.limits import MAX_COST, MAX_TOKENS, Bill, measure, too_costly, too_many_tokens

MAX_DOCUMENTS = 1_000
MAX_BYTES = 8 * 1024 * 1024
# A good document takes some 700 bytes a token, so that its text says little about its size.
MAX_TOKENS_KEPT = 200_000

_NUL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\u(?:0000|\{0+\})")
_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


class Prepared(NamedTuple):
    """A document that was parsed, measured and validated, and may be executed."""

    document: DocumentNode
    bill: Bill

    def operation(self, name: str | None) -> OperationDefinitionNode | Shown:
        """The operation to execute, or the error that says why there is none."""
        operation = get_operation_ast(self.document, name)
        if operation is not None:
            return operation
        return in_request(
            GraphQLError(
                f"The document has no operation named '{name}'."
                if name
                else "Give operationName: the document has no single operation."
            ),
            Code.OPERATION_NOT_FOUND,
        )

    def cost(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        return self.bill.cost(operation.name.value if operation.name else "", variables)


class Documents:
    """Prepared documents, the least recently used forgotten first."""

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        max_documents: int = MAX_DOCUMENTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self._max_documents = max_documents
        self._max_bytes = max_bytes
        self._bytes = 0
        self._tokens = 0
        self._kept: OrderedDict[str, Prepared | list[Shown]] = OrderedDict()

    def prepare(self, text: str) -> Prepared | list[Shown]:
        """The document, or the errors found in it: both are worth remembering."""
        prepared = self._kept.get(text)
        if prepared is not None:
            self._kept.move_to_end(text)
            return prepared
        prepared = self._kept[text] = self._prepare(text)
        self._count(text, prepared, 1)
        while len(self._kept) > self._max_documents or self._bytes > self._max_bytes or self._tokens > MAX_TOKENS_KEPT:
            self._count(*self._kept.popitem(last=False), -1)
        return prepared

    def _count(self, text: str, prepared: Prepared | list[Shown], sign: int) -> None:
        self._bytes += sign * (len(text) if text.isascii() else len(text.encode()))
        self._tokens += sign * (prepared.document.token_count if isinstance(prepared, Prepared) else 0)

    def _prepare(self, text: str) -> Prepared | list[Shown]:
        try:
            document = parse(text, max_tokens=MAX_TOKENS)
        except GraphQLSyntaxError as error:
            is_long = "Document contains more than" in error.message
            return [in_request(too_many_tokens() if is_long else error, Code.PARSE_FAILED)]
        errors, bill = measure(self._schema, document)
        if not errors:
            errors = validate(self._schema, document, _RULES, hide_suggestions=True)
        # Kept as they will be shown: the errors themselves would hold the whole document.
        shown = [in_request(error, Code.VALIDATION_FAILED) for error in errors]
        return shown or Prepared(document, bill)


@cache
def documents_of(schema: strawberry.Schema) -> Documents:
    """Those of a process: by whatever door a text comes, it is prepared once."""
    return Documents(schema)


def cost_error(cost: int) -> Shown | None:
    return in_request(too_costly(cost), Code.BAD_USER_INPUT) if cost > MAX_COST else None


def variables_of(value: Any) -> dict[str, Any]:
    """Those that are a member of an act's input, as JSON."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid(("variables", "An object, with a member for each variable."))
    return value


def against_variables(
    schema: strawberry.Schema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Iterator[str]:
    """All that keeps values from being those of the operation's variables."""
    definitions = operation.variable_definitions or ()
    declared = {each.variable.name.value for each in definitions}
    yield from (f"The document does not declare ${name}." for name in variables if name not in declared)
    found = get_variable_values(
        schema._schema,  # noqa: SLF001  Strawberry has no public name for it
        definitions,
        dict(variables),
        hide_suggestions=True,
    )
    if isinstance(found, list):
        yield from (each.message for each in found if isinstance(each, GraphQLError))


def has_nul_escape(text: str) -> bool:
    """Whether the text writes NUL as an escape, or the same letters in a block string."""
    return "\\u" in text and _NUL_ESCAPE.search(text) is not None
