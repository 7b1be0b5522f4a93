"""What the rules are taken from: a citation that leads nowhere stops the import."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Citation:
    """One paragraph of one source."""

    source: str
    paragraph: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How a derived value came about: the result in words, the paragraphs, the inputs."""

    summary: str
    citations: tuple[Citation, ...]
    inputs: Mapping[str, Any]


@cache
def _paragraphs(source: str) -> frozenset[str]:
    text = (files("mandate") / "sources" / f"{source}.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["paragraphs"])


def cite(source: str, paragraph: str) -> Citation:
    if paragraph not in _paragraphs(source):
        raise LookupError(f"{source} has no paragraph {paragraph}")
    return Citation(source, paragraph)
