"""From a GraphQL operation to a plan of the reader's: every field that says where it comes from is planned, and a
resolver that computes its answer runs within the plan.

What it does not plan raises `Unplanned`: the operation is then executed field by field, over the same declarations,
and that is also where every error is told. So a plan has one answer to give, the one without errors.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLID,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    print_ast,
)
from graphql.execution.values import VariableValues
from sqlalchemy import String

from db.driver import Driver, Rendered, Snapshot
from mandate.actor import Actor
from resolvers.error import UserError
from resolvers.reading import Asked, Column, Many, Page, Ref
from resolvers.reading.declaration import Free, Shape, frozen
from resolvers.reading.direct import DirectReader
from resolvers.reading.page import LARGEST_SIZE, Keyset
from resolvers.reading.plan import Ahead, Plan, Planner, ValuePlan, plan_by, plan_list, plan_page, plan_value
from resolvers.reading.run import Run
from resolvers.reading.statement import Statements
from resolvers.reading.want import NamedRows, PageWant, Unplanned, Want
from resolvers.reading.worked import WorkedOut
from schema.id import decode_id, key_of
from schema.reading.asking import shape_of
from schema.reading.completing import Complete, Completing, Leave, Question, declaration_of, nullable, sets_of
from schema.reading.declare import COMPUTED, NO_NODES, sql_of
from schema.reading.resolved import PlannedContext, PlannedInfo, names_within


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """An operation that is answered without executing it."""

    roots: Sequence[tuple[str, Root]]
    several: Callable[[Mapping[str, Any]], bool]
    """Whether it takes more than one statement, by the values of its variables."""
    tells: bool
    """Whether its statements tell where the journal stands, and so whether all have read one moment."""

    async def answer(
        self, snapshot: Snapshot, variables: Mapping[str, Any], head: Rendered | None = None
    ) -> dict[str, Any]:
        run = Run(snapshot, head)
        answer = {name: await root(run, variables) for name, root in self.roots}
        await run.end()
        return answer


Root = Callable[[Run, Mapping[str, Any]], Any]
Resolved = Callable[[Run, Mapping[str, Any], Any], Any]
"""With the object whose field it is; a root field has none."""


_WORKED_OUT = WorkedOut()
"""For all plans."""


def plan(
    question: Question, variables: Mapping[str, Any], driver: Driver, actor: Actor, today: datetime.date
) -> Planned:
    """`variables` are coerced; those that come with each asking stand there as `Free`."""
    return _Planning(question, variables, Planner(driver, actor, today)).planned()


class _Planning(Completing):
    def __init__(self, question: Question, variables: Mapping[str, Any], planner: Planner) -> None:
        super().__init__(question, variables)
        self._planner = planner
        self._several: list[Callable[[Mapping[str, Any]], bool]] = []
        self._named: list[NamedRows] = []
        self._tells = True

    def planned(self) -> Planned:
        query = self.core.query_type
        assert query is not None  # noqa: S101  there is one
        roots = []
        for name, nodes in self.fields(query, [self.operation.selection_set]).items():
            roots.append((name, self._root(query, nodes)))
        (several,) = self._several if len(roots) == len(self._several) == 1 else (_always_several,)
        return Planned(roots, several, tells=len(roots) == 1 and self._tells and self._planner.driver.is_remote)

    # ---------- root fields ----------

    def _root(self, query: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Root:
        name = nodes[0].name.value
        if name == "__typename":
            return _always(query.name)
        definition = query.fields.get(name)
        if definition is None:
            raise Unplanned
        if name == "node":
            return self._node(query, nodes)
        if name == "nodes":
            return self._nodes(query, nodes)
        declaration = declaration_of(definition)
        if declaration is None:
            return self._worked_out(self._resolved(query, nodes))
        args = self.arguments(definition, nodes[0])
        asked = self.asking.field(query, name, args, nodes)
        want = self._want(query, name, nodes)
        if isinstance(declaration, Page):
            return self._page(asked, want)
        if isinstance(declaration, Many):
            return self._list(asked, want)
        return self._lookup(declaration, asked, want)

    def _keep(self, plan: Plan) -> Plan:
        self._several.append(lambda _variables: plan.several)
        return plan

    def _list(self, asked: Asked, want: Want) -> Root:
        plan = self._keep(plan_list(self._planner, asked, want))

        async def root(run: Run, variables: Mapping[str, Any]) -> Any:
            return (await plan.every(run, variables)).get(None, [])

        return root

    def _page(self, asked: Asked, want: Want) -> Root:
        keyset = self._keyset(asked)
        places = {name: cursor for name in ("after", "before") if isinstance(cursor := asked.args.get(name), Free)}
        free = [parameter for cursor in places.values() for parameter in keyset.free(cursor)]
        plan = self._keep(plan_page(self._planner, asked, want, free))

        async def root(run: Run, variables: Mapping[str, Any]) -> Any:
            values: dict[str, Any] = {}
            for name, cursor in places.items():
                place = keyset.place(name, variables[cursor.name])
                values |= dict(zip(keyset.free(cursor), place, strict=True))
            return (await plan.every(run, values))[None]

        return root

    def _keyset(self, asked: Asked) -> Keyset:
        (shape,), page = asked.targets, asked.declaration
        assert isinstance(page, Page)  # noqa: S101
        return Keyset(Statements.orders(asked, page, shape), asked.args)

    def _lookup(self, lookup: Any, asked: Asked, want: Want) -> Root:
        given = asked.args.get("by", asked.args)
        names = [name for name in lookup.columns if given.get(name) is not None]
        if len(names) != 1:
            raise Unplanned
        (name,), (shape,) = names, asked.targets
        column = shape.key if name == "id" else sql_of(lookup.columns[name])
        plan = self._keep(plan_by(self._planner, shape, column, asked, want, most=1))
        value = given[name]

        async def root(run: Run, variables: Mapping[str, Any]) -> Any:
            key = variables[value.name] if isinstance(value, Free) else value
            if name == "id":
                key = key_of(shape.name, key)
            return (await plan.every(run, variables, [str(key)])).get(str(key))

        return root

    def _node(self, query: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Root:
        definition = query.fields["node"]
        find, several = self._by_id(query, "node", nodes)
        value = self.arguments(definition, nodes[0])["id"]

        def place_in(variables: Mapping[str, Any]) -> tuple[str, str]:
            return decode_id(variables[value.name] if isinstance(value, Free) else value)

        async def root(run: Run, variables: Mapping[str, Any]) -> Any:
            place = place_in(variables)
            return (await find(run, [place])).get(place)

        self._several.append(lambda variables: several(place_in(variables)[0]))
        return root

    def _nodes(self, query: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Root:
        definition = query.fields["nodes"]
        find, _ = self._by_id(query, "nodes", nodes)
        self._tells = False
        self._several.append(_always_several)

        async def root(run: Run, variables: Mapping[str, Any]) -> Any:
            ids = self.given(definition, nodes[0], VariableValues({}, dict(variables)))["ids"]
            places = [decode_id(each) for each in ids]
            if len(places) > LARGEST_SIZE:
                raise UserError("These are too many.")
            if len(set(places)) < len(places):
                # What is named twice is written out twice, and counted once here.
                raise Unplanned
            found = await find(run, places)
            return [found.get(place) for place in places]

        return root

    def _by_id(
        self, query: GraphQLObjectType, name: str, nodes: Sequence[FieldNode]
    ) -> tuple[Callable[[Run, Sequence[tuple[str, str]]], Any], Callable[[str], bool]]:
        """What finds them, and says whether one of a type takes several statements: types are seen when the ids are."""
        asked = self.asking.field(query, name, {}, nodes)
        shapes = {shape.name: shape for shape in asked.targets}
        kinds = {kind.name: kind for kind in self.concrete(get_named_type(query.fields[name].type))}
        plans: dict[str, Plan] = {}
        values: dict[str, ValuePlan] = {}
        sets, most = sets_of(nodes), 1 if name == "node" else LARGEST_SIZE

        def planned(kind: str) -> Plan:
            if kind not in plans:
                want = Want(name, asked, inner={kind: self._wants(kinds[kind], sets)})
                plans[kind] = plan_by(self._planner, shapes[kind], shapes[kind].key, asked, want, most)
            return plans[kind]

        def computed(kind: str) -> ValuePlan:
            if kind not in values:
                values[kind] = self._value(kinds[kind], sets, asked.times)
            return values[kind]

        async def find(run: Run, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Any]:
            found: dict[tuple[str, str], Any] = {}
            for kind in dict.fromkeys(kind for kind, _ in places):
                keys = [key for other, key in places if other == kind]
                if kind in COMPUTED:
                    plan = computed(kind)
                    objects = {key: await plan.write(run, COMPUTED[kind](key)) for key in keys}
                elif kind in shapes and kind not in NO_NODES:
                    objects = await planned(kind).every(run, {}, keys)
                else:
                    raise UserError("This is no id of a node.")
                found |= {(kind, key): each for key, each in objects.items()}
            return found

        return find, lambda kind: kind not in shapes or planned(kind).several

    def _value(self, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode], times: int) -> ValuePlan:
        complete, named = self._with_names(nullable(type_), sets)
        want = Want("", complete=complete, required=is_non_null_type(type_), named=named)
        return plan_value(self._planner, want, times)

    @staticmethod
    def _worked_out(resolved: Resolved) -> Root:
        """Told by its variables and what it reads: all else, the caller and the day, is of this plan."""
        place = object()

        async def root(run: Run, variables: Mapping[str, Any]) -> Any:
            return await _WORKED_OUT.of(run, (place, frozen(variables)), lambda: resolved(run, variables, None))

        return root

    def _resolved(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Resolved:
        """By its own resolver, which is given a reader whose statements go to the driver."""
        definition = parent.fields[nodes[0].name.value]
        field: Any = definition.extensions.get("strawberry-definition")
        resolver = None if field is None else field.base_resolver
        if resolver is None or field.extensions or field.permission_classes:
            raise Unplanned
        if resolver.parent_parameter or resolver.root_parameter:
            raise Unplanned
        write, ahead = self._writing(parent, nodes)
        asked, planner = names_within(nodes, self.fragments), self._planner
        self._several.append(_always_several)

        async def resolved(run: Run, variables: Mapping[str, Any], source: Any) -> Any:
            given = self.given(definition, nodes[0], VariableValues({}, dict(variables)))
            if resolver.info_parameter:
                reader = DirectReader(planner.driver, run, planner.actor, planner.today, ahead)
                given[resolver.info_parameter.name] = PlannedInfo(PlannedContext(reader, planner.today), asked)
            value = resolver.wrapped_func(*[source] if resolver.self_parameter else (), **given)
            return await write(run, variables, await value if resolver.is_async else value)

        return resolved

    def _writing(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode]) -> tuple[Resolved, Ahead | None]:
        """Of an object some of whose fields have to ask, field by field; of anything else at once.

        With what reads ahead of it, where something can.
        """
        name, sets = nodes[0].name.value, sets_of(nodes)
        type_ = parent.fields[name].type
        own = nullable(type_)
        fields = self.fields(own, sets) if isinstance(own, GraphQLObjectType) else {}
        if not any(_asks(own, each) for each in fields.values()):
            plan = self._value(type_, sets, self.asking.field(parent, name, {}, nodes).times)

            async def write(run: Run, _variables: Mapping[str, Any], value: Any) -> Any:
                return await plan.write(run, value)

            return write, plan.ahead
        assert isinstance(own, GraphQLObjectType)  # noqa: S101
        members = {response: self._part(own, each) for response, each in fields.items()}

        async def write_parts(run: Run, variables: Mapping[str, Any], value: Any) -> Any:
            if value is None:
                raise Unplanned
            run.count(1)
            return {response: await member(run, variables, value) for response, member in members.items()}

        return write_parts, None

    def _part(self, parent: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Resolved:
        if _asks(parent, nodes):
            return self._resolved(parent, nodes)
        get, complete = self._member(parent, nodes)

        async def part(_run: Run, _variables: Mapping[str, Any], source: Any) -> Any:
            return complete(get(source))

        return part

    # ---------- what is written of an object that is read ----------

    def _want(self, parent: GraphQLObjectType, name: str, nodes: Sequence[FieldNode]) -> Want:
        """Of a field that is declared."""
        node = nodes[0]
        response = node.alias.value if node.alias else node.name.value
        if name == "__typename":
            return Want(response, constant=parent.name)
        definition = parent.fields[name]
        args = self.arguments(definition, node)
        asked = self.asking.field(parent, name, args, nodes)
        declaration = asked.declaration
        required = is_non_null_type(definition.type)
        sets = sets_of(nodes)
        if isinstance(declaration, Column):
            complete = self._column(declaration, parent, definition, sets)
            return Want(response, asked, complete, self._known_as(parent, name, sets), required=required)
        if isinstance(declaration, Page):
            return Want(response, asked, page=self._page_wants(get_named_type(definition.type), sets))
        if asked.targets:
            return Want(response, asked, required=required, inner=self._inner(definition.type, sets))
        if declaration is None:
            raise Unplanned
        complete, named = self._with_names(nullable(definition.type), sets)
        return Want(response, asked, complete, required=required, named=named)

    def left_open(self, type_: GraphQLObjectType, nodes: Sequence[FieldNode]) -> Leave | None:
        """A row that the value names is fetched when all of its kind are known."""
        name = nodes[0].name.value
        declaration = declaration_of(type_.fields.get(name))
        if not isinstance(declaration, Ref):
            return None
        named = NamedRows(self._want(type_, name, nodes))
        self._named.append(named)
        key = attrgetter(declaration.attribute)
        return lambda written, value: named.leave(written, key(value))

    def _with_names(
        self, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode]
    ) -> tuple[Complete, Sequence[NamedRows]]:
        """What is written of a computed value, and the rows that are named in it."""
        outer, self._named = self._named, []
        complete, named = self.complete(type_, sets), self._named
        self._named = outer
        return complete, named

    def _inner(self, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode]) -> Mapping[str, Sequence[Want]]:
        return {
            concrete.name: self._wants(concrete, sets)
            for concrete in self.concrete(get_named_type(type_))
            if _is_kept(concrete)
        }

    def _wants(self, concrete: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Sequence[Want]:
        fields = self.fields(concrete, sets).values()
        return [self._want(concrete, nodes[0].name.value, nodes) for nodes in fields]

    def _column(
        self, column: Column, parent: GraphQLObjectType, definition: GraphQLField, sets: Sequence[SelectionSetNode]
    ) -> Complete | None:
        type_ = nullable(definition.type)
        if is_leaf_type(type_) and column.convert is None and _is_text(type_) and _reads_text(column, shape_of(parent)):
            return None
        complete, named = self._with_names(type_, sets)
        if named:
            raise Unplanned
        return complete

    def _known_as(self, parent: GraphQLObjectType, name: str, sets: Sequence[SelectionSetNode]) -> Hashable:
        """Equal where the same values are written alike: below a leaf there is nothing to be asked otherwise."""
        if not sets:
            return parent.name, name
        below = [print_ast(each) for each in sets]
        # What a fragment is called does not tell what it asks for.
        named = [print_ast(each) for each in self.fragments.values()] if any("..." in each for each in below) else []
        return parent.name, name, *below, *named, frozen(self.variables.coerced)

    def _page_wants(self, connection: Any, sets: Sequence[SelectionSetNode]) -> list[PageWant]:
        wants = []
        for response, nodes in self.fields(connection, sets).items():
            name, inner = nodes[0].name.value, sets_of(nodes)
            match name:
                case "__typename":
                    wants.append(PageWant(response, name, constant=connection.name))
                case "totalCount":
                    wants.append(PageWant(response, name))
                case "nodes":
                    wants.append(PageWant(response, name, self._row(connection.fields[name].type, inner)))
                case "edges":
                    edge: Any = get_named_type(connection.fields[name].type)
                    wants.append(PageWant(response, name, parts=self._edge(edge, inner)))
                case "pageInfo":
                    info: Any = get_named_type(connection.fields[name].type)
                    parts = [
                        PageWant(key, each[0].name.value, constant=info.name)
                        for key, each in self.fields(info, inner).items()
                    ]
                    wants.append(PageWant(response, name, parts=parts))
                case _:
                    raise Unplanned
        return wants

    def _edge(self, edge: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> list[PageWant]:
        parts = []
        for response, nodes in self.fields(edge, sets).items():
            name = nodes[0].name.value
            if name == "node":
                parts.append(PageWant(response, name, self._row(edge.fields[name].type, sets_of(nodes))))
            elif name in {"cursor", "__typename"}:
                parts.append(PageWant(response, name, constant=edge.name))
            else:
                raise Unplanned
        return parts

    def _row(self, type_: GraphQLOutputType, sets: Sequence[SelectionSetNode]) -> Sequence[Want]:
        concrete = self.concrete(get_named_type(type_))
        if len(concrete) != 1:
            raise Unplanned
        return self._inner(type_, sets)[concrete[0].name]


def _asks(parent: Any, nodes: Sequence[FieldNode]) -> bool:
    """Whether a field has a resolver that looks for more than what its object holds."""
    definition = parent.fields.get(nodes[0].name.value)
    field = None if definition is None else definition.extensions.get("strawberry-definition")
    resolver = None if field is None else field.base_resolver
    return resolver is not None and bool(resolver.is_async or resolver.info_parameter)


def _always_several(_variables: Mapping[str, Any]) -> bool:
    return True


def _always(value: Any) -> Root:
    async def root(_run: Run, _variables: Mapping[str, Any]) -> Any:
        return value

    return root


def _is_kept(type_: GraphQLObjectType) -> bool:
    shape = shape_of(type_)
    return shape is not None and shape.table is not None


def _is_text(type_: Any) -> bool:
    return type_ in (GraphQLString, GraphQLID) or getattr(type_, "serialize", None) is str


def _reads_text(column: Column, shape: Shape | None) -> bool:
    """Whether it is kept as it is written."""
    table = column.table if column.table is not None else None if shape is None else shape.table
    return table is not None and type(table.columns[column.name].type) is String
