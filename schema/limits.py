"""How much one document may ask for, found in one pass before validation."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

MAX_TOKENS = 2_000
MAX_DEPTH = 12
MAX_INTROSPECTION_DEPTH = 16
MAX_VALUE_DEPTH = 32
MAX_ALIASES = 30
MAX_SELECTIONS = 100
MAX_DIRECTIVES = 10
# Validation compares fields of one name pair by pair, at some two microseconds each.
MAX_PAIRS = 50_000
MAX_COST = 20_000
PAGE_SIZE = 20
MAX_PAGE_SIZE = 250
# Lists of introspection have no pages, and a schema is long: types, of which each has fields, whose
# types have fields. Counted as ten each, the standard query passes and thirty nested ones do not.
INTROSPECTION_PAGE = 10
INTROSPECTION_LISTS = {
    "__Schema": {"types"},
    "__Type": {"fields", "inputFields", "enumValues", "possibleTypes"},
}
# Lists without pages that are worked out whole, by the type of what is in them, or where they are longer than others
# of it, by their own name: about as long as they are.
LENGTHS = {
    "ClassCount": 5,
    "AudienceMember": 250,
    "CommitteeSeat": 20,
    "DocumentsIssued.documents": 100,
    "FailedRow": 150,
    "Finding": 150,
    "MandateRule": 50,
    "MeetingObserver": 20,
    "MeetingSlot": 10,
    "Participation": 150,
    "RuleEvaluation": 10,
    "StateEligibility": 120,
    "TaskCoverage": 100,
    "Vacancy": 15,
    "Webhook": 5,
    "WebhookAttempt": 3,
}
# What is worked out before anything of the answer is chosen, so that a single scalar takes as much time.
WORK = {
    "approvalReadiness": 20,
    "audiencePreview": 100,
    "complianceReview": 100,
    "coordinationCommittee": 50,
    "coordinatorEligibility": 20,
    "eligibleStates": 500,
    "intersessionalSlots": 20,
    "mandateRules": 20,
    "mandateRuleSets": 50,
    "listOfParticipants": 20,
    "meetingFeasibility": 20,
    "search": 50,
    "upcomingVacancies": 50,
}

# Numbers stop growing here: a chain of doubled fragments reaches 2^60 and more.
MANY = 1_000_000_000
COST_UNIT = "points of cost (ask for smaller pages, or for less at once)"


class Factor(NamedTuple):
    """By what a field multiplies the cost of what is below it."""

    sources: tuple[int | str, ...]
    """Numbers, or names of variables that hold a number (or, for ids, a list)."""
    otherwise: int

    def value(self, variables: Mapping[str, Any]) -> int:
        sizes = [
            size
            for source in self.sources
            if (size := _size(variables.get(source) if isinstance(source, str) else source)) is not None
        ]
        return max(sizes, default=self.otherwise)


class Sum(NamedTuple):
    """A cost: a fixed part, and lines of the bill whose amounts depend on variables."""

    fixed: int = 0
    lines: tuple[int, ...] = ()


class Bill:
    """The cost of a document's operations, with the lines that wait for variables."""

    def __init__(self) -> None:
        self._lines: list[tuple[tuple[Factor, ...], Sum]] = []
        self._operations: dict[str, tuple[Sum, dict[str, Any]]] = {}

    def cost(self, operation_name: str, variables: Mapping[str, Any]) -> int:
        """The cost of one operation; a line only refers to lines before it."""
        total, defaults = self._operations[operation_name]
        if not total.lines:
            return total.fixed
        given = {**defaults, **variables}
        amounts: list[int] = []
        for factors, inner in self._lines:
            amount = inner.fixed + sum(amounts[line] for line in inner.lines)
            for factor in factors:
                amount *= factor.value(given)
            amounts.append(min(amount, MANY))
        return min(total.fixed + sum(amounts[line] for line in total.lines), MANY)

    @property
    def fixed_cost(self) -> int:
        """The highest cost that no variable can change."""
        return max((total.fixed for total, _ in self._operations.values()), default=0)

    def multiply(self, factors: tuple[Factor, ...], inner: Sum, work: int = 0) -> Sum:
        """What a field adds to the set it stands in: itself, its own work, and its factors times its own set."""
        own = 1 + work
        if inner.lines or any(isinstance(s, str) for factor in factors for s in factor.sources):
            return Sum(own, (self._line(factors, inner),))
        amount = inner.fixed
        for factor in factors:
            amount *= factor.value({})
        return Sum(min(own + amount, MANY))

    def shared(self, total: Sum) -> Sum:
        """The same amount as one line, so that a fragment spread twice is not copied twice."""
        return Sum(total.fixed, (self._line((), Sum(0, total.lines)),)) if total.lines else total

    def conclude(self, operation: OperationDefinitionNode, total: Sum) -> None:
        name = operation.name.value if operation.name else ""
        defaults = {
            variable.variable.name.value: _literal(variable.default_value)
            for variable in operation.variable_definitions or ()
            if variable.default_value is not None
        }
        self._operations[name] = (total, defaults)

    def _line(self, factors: tuple[Factor, ...], inner: Sum) -> int:
        self._lines.append((factors, inner))
        return len(self._lines) - 1


class Extent(NamedTuple):
    """What one selection set asks for, everything below it included."""

    depth: int = 0
    introspection: int = 0
    aliases: int = 0
    width: int = 0
    widest: int = 0
    cost: Sum = Sum()


def measure(schema: GraphQLSchema, document: DocumentNode) -> tuple[list[GraphQLError], Bill]:
    """The limits that the document breaks whatever its variables, and its bill."""
    return _Pass(schema, document).run()


def too_costly(cost: int) -> GraphQLError:
    return _exceeded("LIMIT_COST", cost, MAX_COST, COST_UNIT)


def too_many_tokens() -> GraphQLError:
    """The parser stops at the first token too many, so nobody knows how many there are."""
    return _exceeded("LIMIT_TOKENS", MAX_TOKENS + 1, MAX_TOKENS, "tokens", or_more=True)


class _Pass:
    """One walk over a document, in which each fragment is measured once."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._document = document
        self._bill = Bill()
        self._fragments: dict[str, Extent] = {}
        self._directives = 0
        self._value_depth = 0
        self._names: Counter[str] = Counter()

    def run(self) -> tuple[list[GraphQLError], Bill]:
        definitions = {
            definition.name.value: definition
            for definition in self._document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        for name in _innermost_first(definitions):
            fragment = definitions[name]
            self._values(fragment)
            condition = self._schema.get_type(fragment.type_condition.name.value)
            extent = self._set(fragment.selection_set, condition)
            self._fragments[name] = extent._replace(cost=self._bill.shared(extent.cost))
        # A fragment that nothing uses is judged too, for validation would walk it; by the wider
        # limit, for it may be one that belongs below __schema.
        extents = [
            extent._replace(depth=0, introspection=max(extent.depth, extent.introspection))
            for extent in self._fragments.values()
        ]
        for operation in self._document.definitions:
            if isinstance(operation, OperationDefinitionNode):
                self._values(operation)
                for variable in operation.variable_definitions or ():
                    self._values(variable)
                root = self._schema.get_root_type(operation.operation)
                extent = self._set(operation.selection_set, root)
                self._bill.conclude(operation, extent.cost)
                extents.append(extent)
        return list(self._broken(extents)), self._bill

    def _broken(self, extents: list[Extent]) -> Iterator[GraphQLError]:
        def most(figures: Iterator[int]) -> int:
            return max(figures, default=0)

        found = {
            "levels of fields": ("LIMIT_DEPTH", most(e.depth for e in extents), MAX_DEPTH),
            "levels of introspection": (
                "LIMIT_DEPTH",
                most(e.introspection for e in extents),
                MAX_INTROSPECTION_DEPTH,
            ),
            "levels in a value": ("LIMIT_DEPTH", self._value_depth, MAX_VALUE_DEPTH),
            "aliases": ("LIMIT_ALIASES", most(e.aliases for e in extents), MAX_ALIASES),
            "selections in one set": (
                "LIMIT_SELECTIONS",
                most(e.widest for e in extents),
                MAX_SELECTIONS,
            ),
            "pairs of fields of one name": (
                "LIMIT_SELECTIONS",
                sum(count * (count - 1) // 2 for count in self._names.values()),
                MAX_PAIRS,
            ),
            "directives in one place": ("LIMIT_DIRECTIVES", self._directives, MAX_DIRECTIVES),
            COST_UNIT: ("LIMIT_COST", self._bill.fixed_cost, MAX_COST),
        }
        told: set[str] = set()
        for text, (code, asked, allowed) in found.items():
            if asked > allowed and code not in told:
                told.add(code)
                yield _exceeded(code, asked, allowed, text)

    def _set(self, selection_set: SelectionSetNode | None, parent: object) -> Extent:
        """Recursion goes no deeper than the parser's own, which has a bound."""
        depth = introspection = aliases = width = widest = fixed = 0
        lines: list[int] = []
        for selection in selection_set.selections if selection_set else ():
            self._values(selection)
            match selection:
                case FieldNode():
                    extent = self._field(selection, parent)
                case InlineFragmentNode(type_condition=condition):
                    inner = self._schema.get_type(condition.name.value) if condition else parent
                    extent = self._set(selection.selection_set, inner)
                case FragmentSpreadNode():
                    # Unknown, or part of a cycle: validation reports it.
                    extent = self._fragments.get(selection.name.value, Extent())
                case _:
                    continue
            depth = max(depth, extent.depth)
            introspection = max(introspection, extent.introspection)
            aliases += extent.aliases
            # A spread of nothing counts too, or doubling nothing would be free.
            width += max(extent.width, 1)
            widest = max(widest, extent.widest)
            fixed += extent.cost.fixed
            lines += extent.cost.lines
        width = min(width, MANY)
        return Extent(
            depth,
            introspection,
            min(aliases, MANY),
            width,
            max(widest, width),
            Sum(min(fixed, MANY), tuple(lines)),
        )

    def _field(self, node: FieldNode, parent: object) -> Extent:
        name = node.name.value
        self._names[node.alias.value if node.alias else name] += 1
        field = parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if name in {"__schema", "__type"}:
            # The only fields of the root that have a type of their own and no place in it.
            result = self._schema.get_type("__Schema" if name == "__schema" else "__Type")
        else:
            result = get_named_type(field.type) if field else None
        below = self._set(node.selection_set, result)
        depth = 1 + below.depth
        introspection = 1 + below.introspection if below.introspection else 0
        if name in {"__schema", "__type"}:
            depth, introspection = 0, max(depth, introspection)
        cost = Sum()
        if node.selection_set:
            factors = tuple(_factors(node, getattr(parent, "name", None), field, result))
            work = WORK.get(name, 0) if parent is self._schema.query_type else 0
            cost = self._bill.multiply(factors, below.cost, work)
        aliases = below.aliases + (node.alias is not None)
        return Extent(depth, introspection, aliases, 1, below.widest, cost)

    def _values(self, node: Node) -> None:
        """Note how many directives stand at this node, and how deep its literal values go."""
        directives: tuple[DirectiveNode, ...] = getattr(node, "directives", None) or ()
        self._directives = max(self._directives, len(directives))
        arguments: list[ArgumentNode] = list(getattr(node, "arguments", None) or ())
        for directive in directives:
            arguments += directive.arguments or ()
        values = [argument.value for argument in arguments]
        if (default := getattr(node, "default_value", None)) is not None:
            values.append(default)
        while values:
            self._value_depth = max(self._value_depth, _depth(values.pop()))


def _innermost_first(fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """Each fragment after those it spreads; without recursion, for a chain may be long."""
    spreads = {name: set(_spreads(fragment)) for name, fragment in fragments.items()}
    order: dict[str, None] = {}
    begun: set[str] = set()
    for first in fragments:
        stack = [first]
        while stack:
            name = stack[-1]
            if name not in begun:
                begun.add(name)
                stack += [s for s in spreads[name] if s in fragments and s not in begun]
            else:
                order.setdefault(stack.pop())
    return list(order)


def _spreads(fragment: FragmentDefinitionNode) -> Iterator[str]:
    sets: list[SelectionSetNode] = [fragment.selection_set]
    while sets:
        for selection in sets.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                yield selection.name.value
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                sets.append(selection.selection_set)


def _factors(node: FieldNode, parent: str | None, field: GraphQLField | None, result: object) -> Iterator[Factor]:
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    is_connection = getattr(result, "name", "").endswith("Connection")
    pages = [_literal(given[name]) for name in ("first", "last") if name in given]
    otherwise = _default_page(field) or (PAGE_SIZE if is_connection else 1)
    sources = tuple(page for page in pages if isinstance(page, int | str))
    if sources or otherwise != 1:
        yield Factor(sources, otherwise)
    elif field is not None and is_list_type(get_nullable_type(field.type)) and not _is_of_a_page(parent):
        length = LENGTHS.get(getattr(result, "name", ""), 1)
        yield Factor((), LENGTHS.get(f"{parent}.{node.name.value}", length))
    if parent is not None and node.name.value in INTROSPECTION_LISTS.get(parent, ()):
        yield Factor((), INTROSPECTION_PAGE)
    if "ids" in given:
        ids = _literal(given["ids"])
        yield Factor((ids,), 1) if isinstance(ids, str) else Factor((), _size(ids) or 1)


def _is_of_a_page(parent: str | None) -> bool:
    """Its edges, or its nodes: they are as many as the page has, which is counted where the page is asked for."""
    return parent is not None and parent.endswith("Connection")


def _default_page(field: GraphQLField | None) -> int | None:
    """The page size that the schema itself gives where a query gives none."""
    argument = field.args.get("first") if field else None
    return None if argument is None or argument.default_value is Undefined else _size(argument.default_value)


def _literal(node: ValueNode | None) -> Any:
    """A number, as many None as a list is long, or the name of a variable; else None."""
    match node:
        case VariableNode():
            return node.name.value
        case ListValueNode():
            return [None] * len(node.values)
        case IntValueNode():
            # Python refuses to read numbers of thousands of digits.
            return int(node.value) if len(node.value) < 10 else MANY
    return None


def _size(value: object) -> int | None:
    """How many items are asked for, None where nothing is; the resolver refuses what is out of range."""
    match value:
        case None:
            return None
        case list():
            return min(len(value), MANY)
        case str():
            # One id where a list may stand; as a number it is refused.
            return 1
        case int() | float():
            # GraphQL takes 250.0 for 250.
            return int(min(max(0, value), MAX_PAGE_SIZE))
    return MAX_PAGE_SIZE


def _depth(value: ValueNode) -> int:
    deepest = 0
    waiting = [(value, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(node, ListValueNode):
            waiting += [(item, depth + 1) for item in node.values]
        elif isinstance(node, ObjectValueNode):
            waiting += [(item.value, depth + 1) for item in node.fields]
    return deepest


def _exceeded(code: str, asked: int, allowed: int, text: str, *, or_more: bool = False) -> GraphQLError:
    number = f"{asked:,} or more" if or_more or asked >= MANY else f"{asked:,}"
    return GraphQLError(
        f"The document asks for {number} {text}; {allowed:,} are allowed.",
        extensions={"code": code},
    )
