"""From the parameters of a URL to the variables of a document."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from isu.door import MAX_BODY
from isu.turned_away import TurnedAway
from schema.error import Code
from schema.trusted import Argument

_INT = re.compile(r"-?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
_BOOLEANS = {"true": True, "false": False}
_MOST = 200

Pairs = list[tuple[str, str]]
Given = dict[str, list[str]]


def pairs_of(request: Request) -> Pairs:
    raw: bytes = request.scope["query_string"]
    if len(raw) > MAX_BODY:
        raise TurnedAway(414, f"A URL may have {MAX_BODY:,} bytes at most.")
    if raw.count(b"&") >= _MOST:
        raise TurnedAway(414, f"A URL may have {_MOST} parameters at most.")
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise TurnedAway(400, "The URL is not UTF-8.") from None


def taken(pairs: Pairs, own: Collection[str], arguments: Collection[Argument]) -> Given:
    """The values by parameter. What is not known is refused: overlooked, it would be taken for done."""
    known = {*own, *(each.name for each in arguments)}
    unknown = sorted({name for name, _ in pairs} - known)
    if unknown:
        there = f"There are {', '.join(sorted(known))}." if known else "There are none."
        raise refused(f"There is no parameter {', '.join(each[:60] for each in unknown[:5])}. {there}")
    many = {each.name for each in arguments if each.is_many}
    found: Given = {}
    for name, value in pairs:
        # An empty parameter is one that was left out.
        if value:
            found.setdefault(name, []).append(value)
    twice = [name for name, values in found.items() if len(values) > 1 and name not in many]
    if twice:
        raise refused(f"The parameter {twice[0]} is given twice, and takes one value.")
    return found


def variables(given: Given, arguments: Collection[Argument]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in arguments:
        if each.name in given:
            values = [_value(each, text) for text in given[each.name]]
            found[each.name] = values if each.is_many else values[0]
        elif each.is_required:
            raise refused(f"The parameter {each.name} is missing ({each.type}).")
    return found


def refused(message: str) -> TurnedAway:
    return TurnedAway(400, message, Code.BAD_USER_INPUT)


def _value(argument: Argument, text: str) -> Any:
    """What is not of the type stays as it is, and is refused where all values are judged."""
    if argument.is_object:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise refused(f"The parameter {argument.name} is not valid JSON.") from None
    if argument.values and text not in argument.values:
        raise refused(f"The parameter {argument.name} is {text[:60]}. There are {', '.join(argument.values)}.")
    match argument.of:
        case "Int" if _INT.fullmatch(text):
            return int(text)
        case "Float" if _FLOAT.fullmatch(text):
            return float(text)
        case "Boolean":
            return _BOOLEANS.get(text, text)
    return text
