"""A text in several languages, honest about which one it gives."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

UN_LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")


class TextStatus(StrEnum):
    OFFICIAL = "OFFICIAL"
    COURTESY = "COURTESY"
    MACHINE = "MACHINE"


@dataclass(frozen=True, slots=True)
class Wording:
    """The text in one language."""

    value: str
    status: TextStatus = TextStatus.OFFICIAL


@dataclass(frozen=True, slots=True)
class LocalizedText:
    """A text, the language it was written in, and its other language versions."""

    original: str
    wordings: Mapping[str, Wording]

    @classmethod
    def of(cls, value: str, language: str = "en", **others: str) -> LocalizedText:
        """Others are courtesy translations, by language."""
        wordings = {language: Wording(value)}
        wordings |= {code: Wording(text, TextStatus.COURTESY) for code, text in others.items()}
        return cls(language, wordings)

    def choose(self, language: str, fallback: Sequence[str]) -> str | None:
        """The first language that is there: the one asked for, then the fallback in its order."""
        return next((code for code in (language, *fallback) if code in self.wordings), None)


def sort_key(text: str) -> str:
    """Côte d'Ivoire stands among the Cs: accents and case do not count in an alphabetical list."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def is_blank(text: str) -> bool:
    """Nothing to see in it: spaces, ends of lines, and characters that nobody sees."""
    return all(unicodedata.category(character)[0] in "ZC" for character in text)
