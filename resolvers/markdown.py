"""Markdown as HTML that a browser or a mail reader can show: nothing in it runs, loads or hides."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
# A picture would be loaded from elsewhere, and tell who has opened the letter.
_MARKDOWN.disable("image")
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}

# Shown as they are here; another reader may take them for HTML, and hide them.
_MARKUP = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)
_PLAIN = re.compile(r"[^*_`~\[\]\\&<]*")

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "ur", "dv", "ckb"})


def html_of(markdown: str) -> str:
    return nh3.clean(
        _MARKDOWN.render(markdown),
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"https", "http", "mailto"},
        link_rel="noopener noreferrer",
    )


def plain(markdown: str) -> str:
    """The words alone, as somebody reads them."""
    if _PLAIN.fullmatch(markdown):
        return markdown
    return _MARKUP.sub("", "\n".join(_blocks(_MARKDOWN.parse(markdown))))


def _blocks(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        if token.children is not None:
            yield "".join("\n" if each.type.endswith("break") else each.content for each in token.children)
        elif token.content:
            yield token.content


def direction_of(language: str) -> str:
    """In which a language is written: `rtl` for Arabic."""
    return "rtl" if language.lower().partition("-")[0] in RIGHT_TO_LEFT else "ltr"
