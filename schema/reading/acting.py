"""What an act answers with, written by a function that is compiled once for the field that did it.

GraphQL-core's executor asks at every field what it is. The act itself is done by its resolver, as ever; where there is
no function, or it stumbles, the executor completes the very value that the resolver gave, and has the words for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from resolvers.reading.declaration import answer_key
from schema.reading.asking import InDocuments
from schema.reading.completing import Complete, Completing, Question, sets_of


class Executing(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's, but for acts and their values."""

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Where the operation is one act, there is nothing to be collected, and nothing that comes after it."""
        field = _only_field(self.operation)
        root = self.schema.mutation_type
        if field is None or root is None or self.operation.operation is not OperationType.MUTATION:
            return super().execute_operation(serially)
        return self._act(root, field)

    async def _act(self, root: GraphQLObjectType, field: FieldNode) -> ExecutionResult:
        name = (field.alias or field.name).value
        data = None
        try:
            result: Any = self.execute_field(
                root, self.root_value, [FieldDetails(field, None)], Path(None, name, root.name), None
            )
            data = {name: await result}
        except GraphQLError as error:
            self.collected_errors.add(error, None)
        found: Any = self.build_response(data)
        return cast("ExecutionResult", found)

    async def complete_awaitable_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        write = None
        if path.prev is None and self.operation.operation is OperationType.MUTATION:
            write = writing(info)
        if write is None:
            return await super().complete_awaitable_value(
                return_type, field_details_list, info, path, result, position_context
            )
        try:
            value = await result
            try:
                return write(value)
            except Exception:
                # Nothing in it has to be waited for, else there would be no function.
                return self.complete_value(return_type, field_details_list, info, path, value, position_context)
        except Exception as error:
            self.handle_field_error(error, return_type, field_details_list, path)
            return None


def _only_field(operation: OperationDefinitionNode) -> FieldNode | None:
    """None where there are others, or where it may be left out."""
    (first, *others) = operation.selection_set.selections
    return first if isinstance(first, FieldNode) and not others and not first.directives else None


def writing(info: GraphQLResolveInfo[Any]) -> Complete | None:
    """What writes the value of a root field; None where something in it has to be asked for, or left out."""
    kept = _kept.of(info)
    if kept is None:
        return None
    if not kept:
        try:
            kept.append(_Acting(info).optional(info.return_type, sets_of(info.field_nodes)))
        except Exception:  # whatever it is, the executor has its own way
            kept.append(None)
    return kept[0]


_kept: InDocuments[list[Complete | None]] = InDocuments(list)


class _Acting(Completing):
    """Of rows, what was asked of them stands in what was fetched."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        document = DocumentNode(definitions=(info.operation, *info.fragments.values()))
        schema: Any = info.schema
        super().__init__(Question(schema._strawberry_schema, document, info.operation), {})  # noqa: SLF001

    def declared(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode], declaration: Any) -> Complete:
        definition = type_.fields[nodes[0].name.value]
        name = definition.extensions["strawberry-definition"].python_name
        key = answer_key(name, self.arguments(definition, nodes[0]))
        return lambda value: value.fetched[key]
