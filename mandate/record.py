"""Records of meetings: their way to publication, how visible they may become, and summaries that name nobody."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mandate.actor import Visibility
from mandate.meeting import COMMITTEE, MeetingStatus, is_within
from mandate.text import LocalizedText

KEEPS_RECORDS = "f"
"""The task of the ISU under which it keeps records of meetings (Prop. 4(4)(f))."""


class RecordKind(StrEnum):
    FULL = "FULL"
    PUBLIC_SUMMARY = "PUBLIC_SUMMARY"


class RecordStatus(StrEnum):
    DRAFT = "DRAFT"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    CORRECTED = "CORRECTED"


class RecordStep(StrEnum):
    EDIT = "EDIT"
    SUBMIT = "SUBMIT"
    COMMENT = "COMMENT"
    APPROVE = "APPROVE"
    PUBLISH = "PUBLISH"
    CORRECT = "CORRECT"


FROM: Mapping[RecordStep, Collection[RecordStatus]] = {
    RecordStep.EDIT: (RecordStatus.DRAFT, RecordStatus.UNDER_REVIEW, RecordStatus.APPROVED),
    RecordStep.SUBMIT: (RecordStatus.DRAFT,),
    RecordStep.COMMENT: (RecordStatus.UNDER_REVIEW,),
    RecordStep.APPROVE: (RecordStatus.UNDER_REVIEW,),
    RecordStep.PUBLISH: (RecordStatus.APPROVED,),
    RecordStep.CORRECT: (RecordStatus.PUBLISHED, RecordStatus.CORRECTED),
}
"""Where a record stands for a step to be taken.

One that is edited is a draft again: what was reviewed and approved was another text. One that is published is never
edited; a corrigendum stands beside it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    number: str
    text: LocalizedText


def may_become(visibility: Visibility, *, kind: RecordKind, meeting_kind: str, meeting: Visibility) -> bool:
    """Within its meeting; what is said in the Coordination Committee stays there, though the meeting be for all.

    A summary that names nobody may be for all.
    """
    if visibility is Visibility.CONCERNED:
        return False
    if kind is RecordKind.PUBLIC_SUMMARY:
        return True
    stays = (Visibility.COMMITTEE, Visibility.PARTICIPANTS, Visibility.ISU)
    if meeting_kind == COMMITTEE and visibility not in stays:
        return False
    return is_within(visibility, meeting, was_said=True)


def proposed(*, kind: RecordKind, meeting_kind: str, meeting: Visibility) -> Visibility:
    """How visible it becomes where nothing is said."""
    if kind is RecordKind.PUBLIC_SUMMARY:
        return Visibility.PUBLIC
    return Visibility.COMMITTEE if meeting_kind == COMMITTEE and meeting is Visibility.PUBLIC else meeting


# ---------- who approves ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A meeting, as far as the approval of a record asks for it."""

    code: str
    kind: str
    status: MeetingStatus
    opens: date | None
    presidency: str | None = None
    """The State that presides, as a party."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """That of the version which is to be approved: one that is drafted anew is reviewed anew."""

    began_on: date
    committee_opened_on: Sequence[date] = ()
    """The days on which the Coordination Committee has met since, that day among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A decision that is to approve a record."""

    by: str
    on: date
    recorded_since: bool
    """Whether it was recorded after the review began, and not before."""


def against_approval(
    of: Held, review: Review, *, by_isu: bool, at: Held | None, decision: Taken | None
) -> Iterator[tuple[str, str]]:
    """Minutes of the Committee are approved at its next meeting; else the President approves, or the meeting did.

    Reading of Prop. 4(4)(f), which has the ISU keep records and says nothing of their approval: the meeting whose
    record it is approves it by a decision of its own, or its President does for it. It decides upon what it has before
    it, so not before the review began; it may on that very day, as it does of its report when it closes.
    """
    if of.kind == COMMITTEE:
        yield from _against_next(of, review, at)
        if decision is not None and (at is None or decision.by != at.code):
            yield "decision", "It is not of the meeting at which the minutes are approved."
    else:
        if at is not None:
            yield "atMeeting", "Only minutes of the Coordination Committee are approved at another meeting."
        if decision is not None and decision.by != of.code:
            yield "decision", f"It is not of {of.code}."
        if by_isu and decision is None:
            yield "decision", "The ISU acts for the meeting: cite the decision by which it approved its record."
    if decision is not None and decision.on < review.began_on:
        yield "decision", f"It was adopted on {decision.on}, and the review began on {review.began_on}."
    elif decision is not None and not decision.recorded_since:
        yield "decision", f"It was recorded before the review began, on {review.began_on}: it is of something else."


def _against_next(of: Held, review: Review, at: Held | None) -> Iterator[tuple[str, str]]:
    """The next that opened once the minutes were in review; of one that opened on the day itself they may be late."""
    if at is None:
        yield "atMeeting", "Minutes of the Coordination Committee are approved at its next meeting: name it."
    elif at.kind != COMMITTEE:
        yield "atMeeting", f"{at.code} is no meeting of the Coordination Committee."
    elif at.opens is None or of.opens is None or at.opens <= of.opens:
        yield "atMeeting", f"{at.code} is not later than {of.code}."
    elif at.status not in (MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED):
        yield "atMeeting", f"{at.code} was not opened."
    elif at.opens < review.began_on:
        yield "atMeeting", f"{at.code} opened on {at.opens}, and the review began on {review.began_on}."
    else:
        sooner = [day for day in review.committee_opened_on if review.began_on < day < at.opens]
        if sooner:
            yield "atMeeting", f"{at.code} is not the next meeting of the Committee: it met on {min(sooner)}."


# ---------- names of States ----------

_TATWEEL = "\u0640"
_WORD = re.compile(r"[^\W\d_]+")
"""Of letters alone: neither emphasis (`_Lebanon_`) nor the number of a note belongs to a name."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
# Of nouns and adjectives in any case.
_ENDINGS = re.compile(r"(?:[аеиоуыьэюяй]{0,3}|[аеоыия]м|[аеоыия]х|ами|ями|ого|его|ому|ему|[ое]в)")
_VOWELS = "аеиоуыьэюяй"
_ARTICLES = ("the ", "la ", "le ", "les ", "el ", "los ", "las ", "l'")


@dataclass(frozen=True, slots=True)
class Named:
    """A name that was found, as it stands in the text, and where."""

    word: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a summary may not contain: names, in any language."""

    texts: Collection[str]
    codes: Collection[str] = ()
    """Of capitals, such as LBN or ICRC: `can` is no Canada."""


class NameFinder:
    """Finds names in texts, in whatever of the six languages either is.

    Reading: an adjective names a State too, but no register lists them; whoever drafts has to see to those.
    """

    def __init__(self, names: Names) -> None:
        self._codes = frozenset(names.codes)
        self._han: set[str] = set()
        self._by_start: dict[str, list[tuple[str, ...]]] = {}
        for text in {form for name in names.texts for form in _forms(name)}:
            folded = "".join(character for character, _ in _folded(text))
            if _HAN.search(folded):
                self._han.add("".join(_WORD.findall(folded)))
                continue
            words = tuple(_WORD.findall(folded))
            if words and sum(map(len, words)) > 1:
                self._by_start.setdefault(_start(words[0]), []).append(words)

    def first(self, text: str) -> Named | None:
        """The name that stands first in the text."""
        found = [*self._words(text), *self._in_capitals(text), *self._in_chinese(text)]
        return min(found, key=lambda each: each.at, default=None)

    def _in_capitals(self, text: str) -> Iterator[Named]:
        shown = [
            (part, place)
            for place, character in enumerate(text)
            if unicodedata.category(character) != "Cf"
            for part in unicodedata.normalize("NFKC", character)
        ]
        for match in re.finditer(r"[A-Za-z]+", "".join(part for part, _ in shown)):
            if match[0] in self._codes:
                yield Named(match[0], shown[match.start()][1])
                return

    def _in_chinese(self, text: str) -> Iterator[Named]:
        kept = [(each, place) for each, place in _folded(text) if not each.isspace()]
        plain = "".join(each for each, _ in kept)
        for name in self._han:
            start = plain.find(name)
            if start >= 0:
                yield Named(name, kept[start][1])

    def _words(self, text: str) -> Iterator[Named]:
        folded = _folded(text)
        plain = "".join(each for each, _ in folded)
        words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(plain)]
        for place, (word, begins, _) in enumerate(words):
            for first in _readings(word):
                for name in self._by_start.get(_start(first), ()):
                    following = [first, *(each for each, _, _ in words[place + 1 : place + len(name)])]
                    origin = folded[begins][1]
                    # Мали is a State, and мало is little.
                    declined = not text[origin].islower()
                    if len(following) == len(name) and all(
                        _is(*each, declined) for each in zip(following, name, strict=True)
                    ):
                        ends = words[place + len(name) - 1][2]
                        yield Named(text[origin : folded[ends - 1][1] + 1], origin)
                        return


def _folded(text: str) -> list[tuple[str, int]]:
    """Without case, accents and what is not shown; each character with its place in the text."""
    return [
        (part, place)
        for place, character in enumerate(text)
        if unicodedata.category(character) != "Cf" and character != _TATWEEL
        for part in unicodedata.normalize("NFKD", character).casefold()
        if not unicodedata.combining(part)
    ]


def _forms(name: str) -> Iterator[str]:
    """A name as it is listed, and as it is said: `Iran (Islamic Republic of)` is Iran, `The Gambia` Gambia."""
    for form in (name, re.sub(r"\s*[(\uff08].*", "", name)):
        bare = form.strip()
        yield bare
        for article in _ARTICLES:
            if bare.casefold().startswith(article):
                yield bare[len(article) :]


def _start(word: str) -> str:
    return word[:3]


def _readings(word: str) -> Iterator[str]:
    """An Arabic word may have `and`, `in`, `as`, `for` written to it: two at most, then an article that is its own."""
    yield word
    if not _ARABIC.search(word):
        return
    for match in (re.match(r"[وف]", word), re.match(r"[وف]?[بكل]", word)):
        if match is not None and len(word) - match.end() > 1:
            rest = word[match.end() :]
            yield rest
            # Of `for` and the article the first letter is left out.
            if match[0].endswith("ل") and rest.startswith("ل"):
                yield f"ا{rest}"


def _is(word: str, name: str, declined: bool) -> bool:
    """Whether a word is this word of a name; Russian declines names."""
    if word == name:
        return True
    if not declined or not _CYRILLIC.search(name):
        return False
    stem = name.rstrip(_VOWELS)
    # The start by which names are looked up is part of the stem, or else only the name as it is listed is found.
    return len(stem) >= 3 and word.startswith(stem) and _ENDINGS.fullmatch(word[len(stem) :]) is not None


def names_in(finder: NameFinder, texts: Sequence[tuple[str, LocalizedText]]) -> list[tuple[str, str]]:
    """By the member of the input, the first name in each language, and where it stands."""
    found = []
    for path, text in texts:
        for language, wording in text.wordings.items():
            named = finder.first(wording.value)
            if named is not None:
                found.append((path, f"It names {named.word}, at character {named.at + 1} of the text in {language}."))
    return found
