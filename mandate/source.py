"""What the rules are taken from, paragraph by paragraph: a citation that leads nowhere stops the import."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from mandate.text import LocalizedText

CONVENTION = "CCM"
PAPER = "CCM/MSP/2011/WP.2"
"""The discussion paper of 2011; its symbol is inferred, as its provenance says."""


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


@dataclass(frozen=True, slots=True)
class Source:
    """A text, the language in which it stands, and its paragraphs in their order, by language."""

    original: str
    paragraphs: Mapping[str, Mapping[str, str]]


@cache
def source(name: str) -> Source:
    text = (files("mandate") / "sources" / f"{name.replace('/', '-')}.toml").read_text(encoding="utf-8")
    read = tomllib.loads(text)
    return Source(read["original"], read["paragraphs"])


def cite(name: str, paragraph: str) -> Citation:
    if paragraph not in source(name).paragraphs:
        raise LookupError(f"{name} has no paragraph {paragraph}")
    return Citation(name, paragraph)


@lru_cache(maxsize=1_000)
def quote(citation: Citation) -> LocalizedText | None:
    """The paragraph with its items, in the language of the source and in translation; None where we have no text."""
    try:
        of = source(citation.source)
    except FileNotFoundError:
        return None
    parts = list(_with_items(of, citation.paragraph))
    if not parts:
        return None
    texts = {language: "\n".join(part[language] for part in parts) for language in parts[0]}
    original = texts.pop(of.original)
    return LocalizedText.of(original, of.original, **texts)


def _with_items(of: Source, paragraph: str) -> Iterator[Mapping[str, str]]:
    for name, texts in of.paragraphs.items():
        if name == paragraph:
            yield texts
        elif name.startswith(f"{paragraph}("):
            mark = name.removeprefix(paragraph)
            yield {language: f"{mark} {text}" for language, text in texts.items()}
