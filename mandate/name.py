"""Names of States in a text, however they are written: a summary for all has none of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cache
from operator import and_

from mandate.text import LocalizedText

# ---------- what is looked for ----------

ALSO = (
    *("Britain", "Great Britain", "England", "Holland", "Korea", "Congo", "Palestine", "Vatican", "Turkey", "Burma"),
    *("Macedonia", "Bosnia", "Herzegovina", "Czech Republic", "Swaziland", "East Timor", "Emirates", "Upper Volta"),
    *("Trinidad", "Tobago", "Barbuda", "Saint Kitts", "St Kitts", "St Vincent", "Sao Tome"),
    # In French.
    *("Grande-Bretagne", "Angleterre", "Hollande", "Corée", "Saint-Siège", "Birmanie", "Macédoine", "Bosnie"),
    *("Émirats", "République tchèque", "Bélarus"),
    # In Spanish.
    *("Gran Bretaña", "Inglaterra", "Holanda", "Corea", "Palestina", "Vaticano", "Santa Sede", "Birmania", "Belarús"),
    *("Emiratos", "República Checa", "Suazilandia", "Nueva Zelandia", "Kazajstán", "Tabago"),
    # In Russian.
    *("Англия", "Соединенное Королевство", "Голландия", "Корея", "Молдавия", "Палестина", "Святой Престол", "Бирма"),
    *("Микронезия", "Македония", "Босния", "Чешская Республика", "Свазиленд", "Берег Слоновой Кости", "Конго"),
    *("Эмираты", "Белоруссия", "Туркмения", "Кыргызстан", "Тимор-Лешти", "Центральноафриканская Республика"),
    *("Багамские Острова", "Коморские Острова", "Мальдивские Острова", "Сейшелы", "Южная Африка"),
    # In Arabic.
    *("بريطانيا", "إنجلترا", "كوريا", "سورية", "فلسطين", "الكرسي الرسولي", "بورما", "مقدونيا", "تشيكيا", "البوسنة"),
    *("سوازيلاند", "كوت ديفوار", "تيمور الشرقية", "الكونغو", "بيلاروسيا", "شيلي", "تايلند", "ملديف", "بروني"),
    *("كابو فيردي", "سان تومي", "سيشيل", "السعودية", "الإمارات"),
    # In Chinese.
    *("巴勒斯坦", "教廷", "马其顿", "大韩民国", "阿联酋", "沙特", "印尼", "波黑"),
)
"""What they are called in none of the lists, for it is short, or old, or usual in the United Nations alone.

A capital here is one in the text: united States are any.
"""

USUAL_CODES = (
    *("UK", "US", "USA", "UAE", "DPRK", "ROK", "DRC", "PRC", "KSA", "FYROM", "EUA", "EEUU"),
    *("США", "КНДР", "КНР", "ДРК", "ЮАР", "ОАЭ"),
)

_ALSO_WORDS = frozenset(
    (
        *("turkey", "china", "chad", "guinea", "jordan", "georgia", "japan", "chile", "panama", "brazil", "malta"),
        *("iran", "india", "salvador"),
        *("suisse", "inde", "maurice", "mauricio", "dominique", "dominica", "grenada", "granada", "grenade"),
        *("того", "чад", "куба", "перу", "гана", "мали"),
    )
)
"""Names that are words with a small letter: a hand grenade is `granada` in Spanish, and `того` is "of that"."""

_CODES_ALSO_WORDS = frozenset(
    (
        *("US", "AND", "ARE", "CAN", "NOR", "PER", "FIN", "LIE", "TON", "COD"),
        *("ARM", "CUB", "PAN", "GIN", "SUR", "EST", "SEN", "MAR", "DOM", "BEN"),
    )
)
"""Codes that are words where all is in capitals."""

_OTHER_CODES = frozenset({"CMR"})
"""Cluster munition remnants are in most of what is written here, and Cameroon is seldom written so."""

_ISLANDS = frozenset({"islands", "iles", "islas", "острова"})
"""They go without a capital too: les îles Cook."""

_ISLANDS_IN_FULL = ("о-ва", "Острова")

_MASCULINE_WORDS = frozenset({"مالي", "قطر"})
"""In Arabic Mali is written as "financial", and Qatar as "diameter"; the States are feminine."""
_BEFORE_A_STATE = re.compile("في|من|الى|مع|عن|على|بين|لدى|ان|وفد|ممثل|شمال|جنوب|شرق|غرب|[^\\W\\d_]*[تة]")
"""Words after which they are States: a preposition, a feminine verb, or a noun that has no masculine adjective."""

_NO_STATE_THERE = {
    "日本": (re.compile(r"[\d〇一二三四五六七八九十今昨]"), None),  # 20日本届会议: on the 20th, this session.
    "海地": (re.compile(r"[沿近公远深]"), None),  # 沿海地区: coastal areas.
    "加纳": (re.compile(r"[增参添]"), re.compile("入")),  # 增加纳税人: more taxpayers.
    "南非": (None, re.compile("洲")),  # 东南非洲: South-East Africa.
    "印度": (None, re.compile("洋")),  # 印度洋: the Indian Ocean.
    "中国": (re.compile("其"), None),  # 其中国内措施: of these, measures at home.
    "马里": (None, re.compile("[兰乌奥]")),  # Maryland, Mariupol, Mario.
    "智利": (None, re.compile("[用益]")),
}
"""In Chinese, where nothing parts words: what stands before or after shows that a State is not named."""
# 发展中国家, 拉美国家 and 非法国际贸易: developing, Latin American, illegal. Of the State itself it would be 中国国家.
_NO_LAND_THERE = re.compile("[家际際](?![庭长長电電具族])")

_SURNAMES = frozenset(
    (
        *("jordan", "chad", "georgia", "holland", "france", "israel", "england", "britain", "salvador", "trinidad"),
        *("maurice", "mauricio", "dominique"),
    )
)
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Ambassador|Sir|Madam|M|Mme|Mlle|Sr|Sra)\.?\s+$")
_OTHER_THINGS = {
    "guinea": frozenset({"pig", "pigs", "fowl", "hen", "hens", "worm", "worms"}),
    "brazil": frozenset({"nut", "nuts"}),
}

# ---------- letters ----------

_TATWEEL = "\u0640"
_BLANK = frozenset("\u115f\u1160\u2800" + _TATWEEL)
"""Letters by their category that show nothing of their own."""
_LIKE = str.maketrans("ıɑɡᴀʙᴄᴅᴇʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "iagabcdehijklmnoprstuvwyz")
"""Latin letters that are to be read as others, and that no normalization makes the same."""
_WORD = re.compile(r"[^\W\d_]+")
"""Of letters alone: neither emphasis (`_Lebanon_`) nor the number of a note belongs to a name."""
_JOINT = re.compile(r"(?<=[^\W\d_])(?:[-\u2010-\u2013\u2212\u00b7._]|[-\u2010\u2011]\s*\n\s*)(?=[^\W\d_])")
"""What may stand within a word and part it: `Z-ambia`, and one that a line has broken."""
_CAPITALS = re.compile(r"(?:[A-Z]{1,2}\.[ \u00a0]?)+[A-Z]{1,2}\b|[^\W\d_]+")
"""A word, or letters with stops: U.S., EE.UU."""
_DOLLARS = re.compile(r"\s?\$|\s+(?:dollars?|cents?)\b")
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}|\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f?")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
# Of nouns and adjectives in any case.
_ENDINGS = re.compile(r"(?:[аеиоуыьэюяй]{0,3}|[аеоыия]м|[аеоыия]х|ами|ями|ого|его|ому|ему|[ое]в)")
_VOWELS = "аеиоуыьэюяй"
_ARTICLES = ("the ", "la ", "le ", "les ", "el ", "los ", "las ", "l'")
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "COPTIC", "CHEROKEE", "LISU"})
"""Scripts of which letters look the same; µm and kΩ are none that somebody would misread."""
_LONGEST_UNIT = 3
_START = 3
"""Letters by which names are looked up whose first word has several forms."""


Placed = Sequence[tuple[str, int]]
"""Characters, each with its place in the text."""


@dataclass(frozen=True, slots=True)
class Named:
    """What was found, as it stands in the text, and where."""

    word: str
    at: int
    what: str = "names"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a summary may not contain: names, in any language."""

    texts: Collection[str]
    usual: Collection[str] = ()
    """As `ALSO`: in letters that have capitals, none is found without its own."""
    codes: Collection[str] = ()
    """Of capitals, such as LBN or ICRC: `can` is no Canada."""


@dataclass(frozen=True, slots=True)
class _Name:
    words: tuple[str, ...]
    capitals: tuple[bool, ...]
    """For each word, whether it is no name unless it begins with one."""


class NameFinder:
    """Finds names in texts, in whatever of the six languages either is, those given and the usual ones.

    Reading: an adjective names a State too, but no register lists them; whoever drafts has to see to those. It helps
    whoever drafts honestly, and is no match for somebody who wants a name to be read.
    """

    def __init__(self, names: Names) -> None:
        self._codes = frozenset({*names.codes, *USUAL_CODES}) - _OTHER_CODES
        self._han: set[str] = set()
        self._most_words = 1
        self._by_word: dict[str, set[_Name]] = {}
        self._by_start: dict[str, set[_Name]] = {}
        for text in names.texts:
            self._learn(text, usual=False)
        for text in (*names.usual, *ALSO):
            self._learn(text, usual=True)

    def _learn(self, text: str, *, usual: bool) -> None:
        for form in {form for each in _forms(text) for form in (each, _JOINT.sub("", each))}:
            folded = _shown(form).casefold()
            if _HAN.search(folded):
                self._han.add("".join(_WORD.findall(folded)))
                continue
            words = tuple(_WORD.findall(folded))
            capitals = tuple(
                usual and not word[0].islower() and word.casefold() not in _ISLANDS
                for word in _WORD.findall(_shown(form))
            )
            if len(words) == 1 and words[0] in _ALSO_WORDS:
                capitals = (True,)
            if words and sum(map(len, words)) > 1:
                self._most_words = max(self._most_words, len(words))
                named = _Name(words, capitals)
                if _CYRILLIC.match(words[0]):
                    self._by_start.setdefault(words[0][:_START], set()).add(named)
                else:
                    self._by_word.setdefault(words[0], set()).add(named)

    def first(self, text: str) -> Named | None:
        """The name that stands first in the text, or what can not be read as a name or none."""
        kept = _parts(text)
        if text.isascii():
            folded = _parts(text.casefold())
        else:
            folded = [(small, place) for part, place in kept for small in part.casefold()]
        found = [
            *self._words(text, folded),
            *self._joined(text, folded),
            *self._in_capitals(text, kept),
            *self._in_chinese(text, folded),
            *_flags(text),
            *_of_two_scripts(text, kept),
        ]
        return min(found, key=lambda each: (each.at, -len(each.word)), default=None)

    def _in_capitals(self, text: str, kept: Placed) -> Iterator[Named]:
        shown = "".join(part for part, _ in kept)
        words = list(_CAPITALS.finditer(shown))
        for place, match in enumerate(words):
            code = match[0] if match[0].isalpha() else re.sub(r"[.\s]", "", match[0])
            if code not in self._codes or (code == "US" and _DOLLARS.match(shown, match.end())):
                continue
            if code in _CODES_ALSO_WORDS and "." not in match[0]:
                before = words[place - 1][0] if place else ""
                after = words[place + 1][0] if place + 1 < len(words) else ""
                if before != "THE" and any(self._is_shouted(each) for each in (before, after)):
                    continue
            start = kept[match.start()][1]
            yield Named(text[start : kept[match.end() - 1][1] + 1], start)
            return

    def _is_shouted(self, word: str) -> bool:
        return len(word) > 1 and word.isupper() and word not in self._codes

    def _in_chinese(self, text: str, folded: Placed) -> Iterator[Named]:
        if text.isascii():
            return
        kept = [(each, place) for each, place in folded if not each.isspace()]
        plain = "".join(each for each, _ in kept)
        for name in self._han:
            start = plain.find(name)
            while start >= 0 and _is_other_words(plain, name, start):
                start = plain.find(name, start + 1)
            if start >= 0:
                yield Named(name, kept[start][1])

    def _joined(self, text: str, folded: Placed) -> Iterator[Named]:
        """Once more without what parts words: with a capital alone, for to-go is nowhere."""
        if _JOINT.search(text) is None:
            return
        parted = {place for match in _JOINT.finditer(text) for place in range(match.start(), match.end())}
        yield from self._words(text, [each for each in folded if each[1] not in parted], parted)

    def _words(self, text: str, folded: Placed, parted: Set[int] = frozenset()) -> Iterator[Named]:
        plain = "".join(each for each, _ in folded)
        words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(plain)]
        for place, (word, begins, _) in enumerate(words):
            if word not in self._by_word and word[:_START] not in self._by_start and not _ARABIC.match(word):
                continue
            origin, longest = folded[begins][1], -1
            small = [text[folded[starts][1]].islower() for _, starts, _ in words[place : place + self._most_words]]
            for name, first in self._beginning_with(word):
                end = place + len(name.words)
                following = [first, *(each for each, _, _ in words[place + 1 : end])]
                if len(following) < len(name.words) or any(map(and_, name.capitals, small)):
                    continue
                # Мали is a State, and мало is little.
                declined = not small[0] and not _is_never_declined(name.words)
                if not all(_is(*each, declined) for each in zip(following, name.words, strict=True)):
                    continue
                last = folded[words[end - 1][2] - 1][1]
                if parted and (small[0] or parted.isdisjoint(range(origin, last))):
                    continue
                if name.words[0] in _MASCULINE_WORDS and len(name.words) == 1:
                    before = words[place - 1] if place else ("", 0, 0)
                    if not _is_arabic_state(word, name.words[0], before[0], plain[before[2] : begins]):
                        continue
                if _is_something_else(text[:origin], name.words, words[end][0] if end < len(words) else ""):
                    continue
                longest = max(longest, last)
            if longest >= 0:
                yield Named(text[origin : longest + 1], origin)
                return

    def _beginning_with(self, word: str) -> Iterator[tuple[_Name, str]]:
        for first in _readings(word):
            for name in (*self._by_word.get(first, ()), *self._by_start.get(first[:_START], ())):
                yield name, first


def _flags(text: str) -> Iterator[Named]:
    match = _FLAG.search(text)
    if match is not None:
        yield Named(match[0], match.start(), "shows the flag")


def _of_two_scripts(text: str, kept: Placed) -> Iterator[Named]:
    """Letters of one that stand for those of another look like a name, and are none to whoever searches."""
    if text.isascii():
        return
    for match in _WORD.finditer("".join(part for part, _ in kept)):
        if match[0].isascii() or len({_script(each) for each in match[0]} & _ALIKE) < 2:
            continue
        if len(match[0]) <= _LONGEST_UNIT and any(_script(each) == "GREEK" for each in match[0]):
            continue
        start, last = kept[match.start()][1], kept[match.end() - 1][1]
        yield Named(text[start : last + 1], start, "mixes the letters of two scripts in")
        return


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _is_something_else(before: str, words: tuple[str, ...], after: str) -> bool:
    """Mr. Jordan is somebody, and a guinea pig something."""
    if len(words) > 1:
        return False
    (word,) = words
    return (word in _SURNAMES and _TITLE.search(before[-20:]) is not None) or after in _OTHER_THINGS.get(word, ())


def _is_other_words(plain: str, name: str, start: int) -> bool:
    """Chinese characters that make a name, and belong to words on either side."""
    end = start + len(name)
    if name.endswith(("国", "國")) and _NO_LAND_THERE.match(plain, end):
        return True
    before, after = _NO_STATE_THERE.get(name, (None, None))
    preceded = before is not None and start > 0 and before.match(plain, start - 1) is not None
    return preceded or (after is not None and after.match(plain, end) is not None)


def _is_arabic_state(word: str, name: str, before: str, between: str) -> bool:
    """Whether it is not the other word: of all that is written to one, `for` alone tells of a State."""
    if word != name:
        return word == f"ل{name}"
    return not before or not between.isspace() or _BEFORE_A_STATE.fullmatch(before) is not None


def _parts(text: str) -> Placed:
    """Without accents and what is not shown."""
    if text.isascii():
        return list(zip(text, range(len(text)), strict=True))
    return [(part, place) for place, character in enumerate(text) for part in _letters(character)]


@cache
def _letters(character: str) -> str:
    """What one character is read as, which may be several or none."""
    if character.isascii():
        return character
    code = ord(character)
    for first in (0x1F150, 0x1F170):  # White on black: no normalization reads them.
        if first <= code < first + 26:
            return chr(ord("A") + code - first)
    return "".join(
        part.translate(_LIKE)
        for part in unicodedata.normalize("NFKD", character)
        if unicodedata.category(part) not in ("Cf", "Mn", "Mc", "Me") and part not in _BLANK
    )


def _shown(text: str) -> str:
    return "".join(part for part, _ in _parts(text))


def _forms(name: str) -> Iterator[str]:
    """A name as it is listed, and as it is said: `Iran (Islamic Republic of)` is Iran, `The Gambia` Gambia."""
    for form in (name, re.sub(r"\s*[(\uff08].*", "", name), name.replace(*_ISLANDS_IN_FULL)):
        bare = form.strip()
        yield bare
        for article in _ARTICLES:
            if bare.casefold().startswith(article):
                yield bare[len(article) :]


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


def _is_never_declined(words: tuple[str, ...]) -> bool:
    """Малые is no form of Мали."""
    last = words[-1]
    return len(words) == 1 and last.endswith(("о", "у", "э", "е", "и")) and not last.endswith(("аи", "еи"))


def _is(word: str, name: str, declined: bool) -> bool:
    """Whether a word is this word of a name; Russian declines names."""
    if word == name:
        return True
    if not declined or not _CYRILLIC.search(name):
        return False
    # Of Дания the last letter changes, and данные are something else; й has become и.
    stem = name[:-1] if name.endswith(("ия", "ея", "аи", "еи")) else name.rstrip(_VOWELS)
    # The start by which names are looked up is part of the stem, or else only the name as it is listed is found.
    return len(stem) >= _START and word.startswith(stem) and _ENDINGS.fullmatch(word[len(stem) :]) is not None


def names_in(
    finder: NameFinder, texts: Sequence[tuple[str, LocalizedText]], as_shown: Callable[[str], str]
) -> list[tuple[str, str]]:
    """By the member of the input, the first name in each language, and where: as it is written, or else as shown."""
    found = []
    for path, text in texts:
        for language, wording in text.wordings.items():
            named, where = finder.first(wording.value), ""
            if named is None:
                shown = as_shown(wording.value)
                named, where = (None if shown == wording.value else finder.first(shown)), " as it is shown"
            if named is not None:
                place = f"at character {named.at + 1} of the text in {language}{where}"
                found.append((path, f"It {named.what} {named.word}, {place}."))
    return found
