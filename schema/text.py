"""Texts in several languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

import mandate.text
from mandate.text import TextStatus, Wording
from resolvers.error import Invalid
from resolvers.text import against_lines, against_prose
from schema.reading import column
from schema.scalar import LanguageCode


@strawberry.type(description="A text in one language")
class LocalizedString:
    value: str
    language: LanguageCode
    status: TextStatus
    is_fallback: bool = strawberry.field(description="Not in the language that was asked for")


@strawberry.type(description="A text, and the languages in which it is there")
class LocalizedText:
    text: strawberry.Private[mandate.text.LocalizedText]

    @classmethod
    def of(cls, text: mandate.text.LocalizedText) -> LocalizedText:
        return cls(text=text)

    @strawberry.field(description="The language in which it was written")
    def original(self) -> LanguageCode:
        return LanguageCode(self.text.original)

    @strawberry.field
    def available(self) -> list[LanguageCode]:
        return [LanguageCode(code) for code in sorted(self.text.wordings)]

    @strawberry.field(
        name="in",
        description="In a language; else in the first of the fallbacks that is there, else in the original. "
        "An empty fallback asks for this language or nothing.",
    )
    def in_language(
        self,
        language: LanguageCode,
        fallback: Annotated[list[LanguageCode] | None, strawberry.argument(description="In this order")] = None,
    ) -> LocalizedString | None:
        chosen = self.text.choose(language, [self.text.original] if fallback is None else fallback)
        if chosen is None:
            return None
        wording = self.text.wordings[chosen]
        return LocalizedString(
            value=wording.value,
            language=LanguageCode(chosen),
            status=wording.status,
            is_fallback=chosen != language,
        )


def text(attribute: Any, *, description: str | None = None) -> Any:
    """A column that holds one."""
    return column(attribute, convert=LocalizedText.of, description=description)


@strawberry.input(description="A text in one language; the first of several is the one in which it was written")
class LocalizedTextInput:
    language: LanguageCode
    value: str
    status: TextStatus = TextStatus.OFFICIAL


LONGEST_TEXT = 50_000


def wording(name: str, given: Sequence[LocalizedTextInput]) -> mandate.text.LocalizedText:
    """Of what was given under the name, the first language as the original."""
    against: list[tuple[str, str]] = []
    if not given:
        against.append((name, "In one language at least."))
    for place, each in enumerate(given):
        against += [(f"{name}.{place}.value", reason) for reason in against_prose(each.value, LONGEST_TEXT)]
        if any(other.language == each.language for other in given[:place]):
            against.append((f"{name}.{place}.language", "The language is there already."))
    if against:
        raise Invalid(*against)
    wordings = {str(each.language): Wording(each.value.strip(), each.status) for each in given}
    return mandate.text.LocalizedText(given[0].language, wordings)


def line(name: str, given: Sequence[LocalizedTextInput]) -> mandate.text.LocalizedText:
    """The same of a title, or a subject: it stands in lists, headers and feeds among others."""
    written = wording(name, given)
    against = [
        (f"{name}.{place}.value", reason)
        for place, each in enumerate(given)
        for reason in against_lines(each.value.strip())
    ]
    if against:
        raise Invalid(*against)
    return written
