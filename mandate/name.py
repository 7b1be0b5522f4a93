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

USUAL = (
    *("Britain", "Great Britain", "England", "United Kingdom", "United States", "Holland", "The Netherlands", "Korea"),
    *("North Korea", "South Korea"),
    *("Laos", "Iran", "Syria", "Russia", "Vietnam", "Viet Nam", "Bolivia", "Venezuela", "Moldova", "Tanzania", "Congo"),
    *("Palestine", "Vatican", "Holy See", "Turkey", "Türkiye", "Brunei", "Burma", "Micronesia", "Macedonia", "Bosnia"),
    *("Czech Republic", "Czechia", "Swaziland", "Ivory Coast", "Cape Verde", "East Timor", "Emirates", "Herzegovina"),
    *("Trinidad", "Tobago", "Barbuda", "Saint Kitts", "St Kitts", "St Lucia", "St Vincent", "Sao Tome", "Upper Volta"),
    # In French.
    *("Grande-Bretagne", "Angleterre", "Royaume-Uni", "États-Unis", "Hollande", "Pays-Bas", "Corée", "Syrie", "Russie"),
    *("Bolivie", "Moldavie", "Tanzanie", "Saint-Siège", "Turquie", "Birmanie", "Micronésie", "Macédoine", "Émirats"),
    *("République tchèque", "Tchéquie", "Côte d'Ivoire", "Cap-Vert", "Timor oriental", "Biélorussie", "Bosnie"),
    # In Spanish.
    *("Gran Bretaña", "Inglaterra", "Reino Unido", "Estados Unidos", "Holanda", "Países Bajos", "Corea", "Siria"),
    *("Rusia", "Irán", "Moldavia", "Tanzanía", "Palestina", "Vaticano", "Santa Sede", "Turquía", "Birmania"),
    *("República Checa", "Chequia", "Suazilandia", "Costa de Marfil", "Cabo Verde", "Emiratos", "Bielorrusia"),
    # In Russian.
    *("Великобритания", "Англия", "Соединенные Штаты", "Соединенное Королевство", "Голландия", "Нидерланды", "Корея"),
    *("Лаос", "Иран", "Сирия", "Россия", "Вьетнам", "Боливия", "Венесуэла", "Молдова", "Молдавия", "Танзания"),
    *("Палестина", "Ватикан", "Святой Престол", "Турция", "Бруней", "Бирма", "Мьянма", "Микронезия", "Македония"),
    *("Чехия", "Чешская Республика", "Свазиленд", "Кот-д'Ивуар", "Берег Слоновой Кости", "Кабо-Верде", "Конго"),
    *("Восточный Тимор", "Эмираты", "Белоруссия", "Киргизия", "Туркмения"),
    # In Arabic.
    *(
        "بريطانيا",
        "إنجلترا",
        "المملكة المتحدة",
        "الولايات المتحدة",
        "هولندا",
        "كوريا",
        "لاوس",
        "إيران",
        "سوريا",
        "سورية",
    ),
    *("روسيا", "فيتنام", "بوليفيا", "فنزويلا", "مولدوفا", "تنزانيا", "فلسطين", "الفاتيكان", "الكرسي الرسولي", "تركيا"),
    *("بروناي", "بورما", "ميانمار", "ميكرونيزيا", "مقدونيا", "تشيكيا", "سوازيلاند", "كوت ديفوار", "ساحل العاج"),
    *("الرأس الأخضر", "تيمور الشرقية", "الكونغو", "بيلاروسيا"),
    # In Chinese.
    *(
        "英国",
        "美国",
        "荷兰",
        "韩国",
        "朝鲜",
        "老挝",
        "伊朗",
        "叙利亚",
        "俄罗斯",
        "越南",
        "玻利维亚",
        "委内瑞拉",
        "摩尔多瓦",
    ),
    *("坦桑尼亚", "巴勒斯坦", "梵蒂冈", "教廷", "土耳其", "文莱", "缅甸", "密克罗尼西亚", "马其顿", "捷克", "斯威士兰"),
    *("科特迪瓦", "象牙海岸", "佛得角", "东帝汶", "刚果", "阿联酋", "白俄罗斯"),
)
"""As they are called beside the register, which may have a State by its whole name, and in one language.

A capital here is one in the text: united States are any.
"""

USUAL_CODES = (
    *("UK", "US", "USA", "UAE", "DPRK", "ROK", "DRC", "PRC", "KSA", "FYROM", "EUA", "EEUU"),
    *("США", "КНДР", "КНР", "ДРК", "ЮАР", "ОАЭ"),
)

_ALSO_WORDS = frozenset(
    (
        *("turkey", "china", "chad", "guinea", "jordan", "georgia", "japan", "chile", "panama", "brazil", "malta"),
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

_SURNAMES = frozenset({"jordan", "chad", "georgia", "holland", "france", "israel", "england", "britain"})
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
"""Letters by which names are looked up."""


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
        self._codes = frozenset({*names.codes, *USUAL_CODES})
        self._han: set[str] = set()
        self._by_start: dict[str, set[_Name]] = {}
        for text in names.texts:
            self._learn(text, usual=False)
        for text in USUAL:
            self._learn(text, usual=True)

    def _learn(self, text: str, *, usual: bool) -> None:
        for form in {form for each in _forms(text) for form in (each, _JOINT.sub("", each))}:
            folded = _shown(form).casefold()
            if _HAN.search(folded):
                self._han.add("".join(_WORD.findall(folded)))
                continue
            words = tuple(_WORD.findall(folded))
            capitals = tuple(usual and not word[0].islower() for word in _WORD.findall(_shown(form)))
            if len(words) == 1 and words[0] in _ALSO_WORDS:
                capitals = (True,)
            if words and sum(map(len, words)) > 1:
                self._by_start.setdefault(words[0][:_START], set()).add(_Name(words, capitals))

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
            code = re.sub(r"[.\s]", "", match[0])
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
        small = [text[folded[begins][1]].islower() for _, begins, _ in words]
        for place, (word, begins, _) in enumerate(words):
            if word[:_START] not in self._by_start and not _ARABIC.match(word):
                continue
            origin, longest = folded[begins][1], -1
            for name, first in self._beginning_with(word):
                end = place + len(name.words)
                following = [first, *(each for each, _, _ in words[place + 1 : end])]
                if len(following) < len(name.words) or any(map(and_, name.capitals, small[place:end])):
                    continue
                # Мали is a State, and мало is little.
                if not all(_is(*each, not small[place]) for each in zip(following, name.words, strict=True)):
                    continue
                last = folded[words[end - 1][2] - 1][1]
                if parted and (small[place] or parted.isdisjoint(range(origin, last))):
                    continue
                if _is_something_else(text[:origin], name.words, words[end][0] if end < len(words) else ""):
                    continue
                longest = max(longest, last)
            if longest >= 0:
                yield Named(text[origin : longest + 1], origin)
                return

    def _beginning_with(self, word: str) -> Iterator[tuple[_Name, str]]:
        for first in _readings(word):
            for name in self._by_start.get(first[:_START], ()):
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
    for form in (name, re.sub(r"\s*[(\uff08].*", "", name)):
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


def _is(word: str, name: str, declined: bool) -> bool:
    """Whether a word is this word of a name; Russian declines names."""
    if word == name:
        return True
    if not declined or not _CYRILLIC.search(name):
        return False
    stem = name.rstrip(_VOWELS)
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
