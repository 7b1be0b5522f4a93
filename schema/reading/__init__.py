"""Fields that say where they come from, and the way from a GraphQL operation to what is asked of the reader."""

from schema.reading.acting import Executing
from schema.reading.answer import complete, complete_in, install, read_nodes
from schema.reading.asking import asked_of, python_arguments, shape_of
from schema.reading.declare import (
    COMPUTED,
    NO_NODES,
    ONLY,
    TABLES,
    Argument,
    Node,
    beside,
    column,
    computed,
    connection,
    derived,
    down,
    lookup,
    many,
    names_rows,
    node,
    one,
    over,
    ref,
    rows,
)
from schema.reading.page import Connection
from schema.reading.resolved import asked_below
from schema.reading.where import condition, where_input

__all__ = [
    "COMPUTED",
    "NO_NODES",
    "ONLY",
    "TABLES",
    "Argument",
    "Connection",
    "Executing",
    "Node",
    "asked_below",
    "asked_of",
    "beside",
    "column",
    "complete",
    "complete_in",
    "computed",
    "condition",
    "connection",
    "derived",
    "down",
    "install",
    "lookup",
    "many",
    "names_rows",
    "node",
    "one",
    "over",
    "python_arguments",
    "read_nodes",
    "ref",
    "rows",
    "shape_of",
    "where_input",
]
