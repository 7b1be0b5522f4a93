"""What is searched for, and the one normalised form in which texts and questions meet.

Both engines are given these words and make none of their own, so that they find the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from html import escape
from itertools import pairwise
from typing import NamedTuple

LONGEST_QUERY = 200
"""Characters."""
_LONGEST_WORD = 64
_MOST_BYTES = 500_000
"""Of the different words of one text: PostgreSQL keeps no more than a megabyte of them."""
_BEGINNING = 3
"""A word of so many letters also finds those that begin with it: munition finds munitions, Ливан finds Ливаном."""
_AROUND = 60
"""Characters of the text that a highlight shows on either side."""
_MOST_MARKS = 20
"""In one part: a text may hold nothing but what was found."""
MOST_HIGHLIGHTS = 3

_LETTERS = {
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "ħ": "h",
    "ı": "i",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ٱ": "ا",
    "ى": "ي",
    "ی": "ي",
    "ک": "ك",
    "ە": "ه",
    "ة": "ه",
    "ـ": "",  # tatweel
}
"""Variants of a letter that Unicode does not take apart."""
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x323AF),
)
"""Scripts that are written without spaces between the words."""
_ARTICLES = ("وال", "بال", "كال", "فال", "ال", "لل")


class SearchType(StrEnum):
    STATE = "STATE"
    ORGANISATION = "ORGANISATION"
    MEETING = "MEETING"
    DOCUMENT = "DOCUMENT"
    DECISION = "DECISION"
    AGENDA_ITEM = "AGENDA_ITEM"
    RECORD = "RECORD"
    STATEMENT = "STATEMENT"
    COMMUNICATION = "COMMUNICATION"


class Word(NamedTuple):
    """A normalised word, and where it stands in its text."""

    text: str
    start: int
    end: int
    first_end: int
    """Where its first letter ends: of a pair of Chinese characters, the first alone may be meant."""


class Sought(NamedTuple):
    """A word of a question."""

    text: str
    begins: bool
    """Words that begin with it are found too."""

    def finds(self, word: str) -> bool:
        return word.startswith(self.text) if self.begins else word == self.text


def words(text: str) -> list[str]:
    """Of a text, in its order."""
    return [word.text for word in _words(text)]


def kept_words(texts: Iterable[str]) -> str:
    """Each word once, with spaces between: as much of the texts as is kept for searching."""
    found: dict[str, None] = {}
    size = 0
    for text in texts:
        for word in _words(text):
            if word.text in found:
                continue
            size += len(word.text.encode()) + 1
            if size > _MOST_BYTES:
                return " ".join(found)
            found[word.text] = None
    return " ".join(found)


def sought(query: str) -> list[Sought]:
    """The different words of a question, all of which must be found. Its signs and operators mean nothing."""
    found: dict[str, Sought] = {}
    for run in _runs(query):
        if run.unspaced:
            letters = [letter for letter, _, _ in run.letters]
            if len(letters) == 1:
                found.setdefault(letters[0], Sought(letters[0], begins=True))
            for pair in pairwise(letters):
                found.setdefault("".join(pair), Sought("".join(pair), begins=False))
        else:
            word = run.word()
            begins = len(word) >= _BEGINNING and not any(letter.isdecimal() for letter in word)
            found.setdefault(word, Sought(word, begins))
    return list(found.values())


def highlights(text: str, wanted: Sequence[Sought]) -> list[str]:
    """Parts of the text around what was found, as HTML: escaped, and what was found within <mark> and </mark>."""
    parts: list[list[tuple[int, int]]] = []
    for start, end in _marks(text, tuple(wanted)):
        if parts and start <= parts[-1][-1][1]:
            parts[-1][-1] = (parts[-1][-1][0], max(end, parts[-1][-1][1]))
        elif parts and start - parts[-1][-1][1] <= 2 * _AROUND and len(parts[-1]) < _MOST_MARKS:
            parts[-1].append((start, end))
        elif len(parts) == MOST_HIGHLIGHTS:
            break
        else:
            parts.append([(start, end)])
    return [_marked(text, part) for part in parts]


def _marks(text: str, wanted: tuple[Sought, ...]) -> Iterator[tuple[int, int]]:
    """Where something was found: from where, up to where."""
    for between in _BETWEEN_SPACES.finditer(text):
        part = between[0]
        marks = _known_marks_in(part, wanted) if len(part) <= _LONGEST_WORD else _marks_in(part, wanted)
        if marks:
            place = between.start()
            for start, end in marks:
                yield place + start, place + end


@lru_cache(maxsize=20_000)
def _known_marks_in(text: str, wanted: tuple[Sought, ...]) -> Sequence[tuple[int, int]]:
    return tuple(_marks_in(text, wanted))


def _marks_in(text: str, wanted: tuple[Sought, ...]) -> Sequence[tuple[int, int]]:
    marks = []
    for word in _words_in(text):
        found = next((each for each in wanted if each.finds(word.text)), None)
        if found is not None:
            alone = len(found.text) == 1 and len(word.text) > 1
            marks.append((word.start, word.first_end if alone else word.end))
    return marks


def _marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    begins, ends = max(0, marks[0][0] - _AROUND), min(len(text), marks[-1][1] + _AROUND)
    shown, place = ["…" if begins else ""], begins
    for start, end in marks:
        shown += [escape(text[place:start]), "<mark>", escape(text[start:end]), "</mark>"]
        place = end
    return "".join([*shown, escape(text[place:ends]), "…" if ends < len(text) else ""])


@dataclass(slots=True)
class _Run:
    """Letters and digits without anything between them, each with where it stands in the text."""

    unspaced: bool
    letters: list[tuple[str, int, int]]

    def word(self) -> str:
        return _bare("".join(letter for letter, _, _ in self.letters)[:_LONGEST_WORD])


def _words(text: str) -> Iterator[Word]:
    # No word goes over a space, and the same few thousand stand between spaces again and again.
    for between in _BETWEEN_SPACES.finditer(text):
        part, place = between[0], between.start()
        for word in _known_words_in(part) if len(part) <= _LONGEST_WORD else _words_in(part):
            yield Word(word.text, place + word.start, place + word.end, place + word.first_end)


_BETWEEN_SPACES = re.compile("[^ \\t\\n\\r\\f\\v]+")


@lru_cache(maxsize=20_000)
def _known_words_in(text: str) -> tuple[Word, ...]:
    return tuple(_words_in(text))


def _words_in(text: str) -> Iterator[Word]:
    for run in _runs(text):
        letters = run.letters
        if not run.unspaced:
            yield Word(run.word(), letters[0][1], letters[-1][2], letters[0][2])
            continue
        # Pairs, and the last character alone: so each one begins a word, and can be found by itself.
        for place, (letter, start, end) in enumerate(letters):
            if place + 1 < len(letters):
                following = letters[place + 1]
                yield Word(letter + following[0], start, following[2], end)
            else:
                yield Word(letter, start, end, end)


def _runs(text: str) -> Iterator[_Run]:
    run: _Run | None = None
    for place, character in enumerate(text):
        for letter in _folded(character):
            if letter == " ":
                if run is not None:
                    yield run
                run = None
                continue
            unspaced = _is_unspaced(letter)
            if run is not None and run.unspaced != unspaced:
                yield run
                run = None
            if run is None:
                run = _Run(unspaced, [])
            run.letters.append((letter, place, place + 1))
    if run is not None:
        yield run


@lru_cache(maxsize=20_000)
def _folded(character: str) -> str:
    """A character as the letters that it stands for: nothing for an accent or a sign without width, a space for all
    that parts words."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    found = ""
    for each in plain:
        category = unicodedata.category(each)
        if category in ("Mn", "Me", "Cf"):
            continue
        if category == "Nd":
            found += str(unicodedata.decimal(each))
        elif category[0] in "LN" or category == "Mc":
            found += _LETTERS.get(each, each)
        else:
            found += " "
    return found


@lru_cache(maxsize=20_000)
def _is_unspaced(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _UNSPACED)


def _bare(word: str) -> str:
    """Without the Arabic article, which is written as part of the word."""
    for article in _ARTICLES:
        if word.startswith(article) and len(word) >= len(article) + _BEGINNING:
            return word.removeprefix(article)
    return word
