"""People's names: how they are kept, and when two of them are one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from mandate.search import words
from mandate.text import sort_key

# By the shape that they share in capitals, so that a name is the same in capitals and in small letters.
_ALIKE = str.maketrans("авеіјкмнорстухѕԁԛԝһѵαβεζηικμνορτυχϲ", "abeijkmhopctyxsdqwhvabezhikmnoptyxc")
# Beside Latin letters a small one is read by its own shape: ν as v.
_SMALL_BESIDE_LATIN = str.maketrans("ηνυμγωпигѡ", "nvuuywnurw")
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[A-Za-z]")
_TITLES = frozenset(
    (
        "mr mrs ms miss mx sir madam dr prof professor ambassador amb excellency"
        " monsieur madame mademoiselle mme mlle ambassadeur ambassadrice excellence"
        " senor senora senorita sr sra srta dra embajador embajadora excelencia"
        " господин госпожа посол доктор профессор دكتور دكتوره"
    )
    .translate(_ALIKE)
    .split()
)
"""As `words` has them. None that people are called too: Don, Dame, Major, سيد."""
_EXCELLENCIES = frozenset({"excellency", "excellence", "excelencia"})
_WHOSE = frozenset({"his", "her", "son", "sa", "su"})
_SHORT_EXCELLENCIES = (["h", "e"], ["s", "e"])
_WRITTEN_TO_IT = re.compile(r"(?:先生|女士|小姐|博士|教授|大使)\s*$")


def kept_name(name: str) -> str:
    """In one form, whichever system it was typed on."""
    return unicodedata.normalize("NFC", name.strip())


def same_name(name: str) -> tuple[str, ...]:
    """What two spellings of one name have in common: MUSTERMANN Erika is Dr. Erika Mustermann.

    Order, capitals, accents, titles and what stands between the words do not count; Cyrillic and Greek letters are read
    as the Latin ones that they look like. That is the limit: who is misspelled, is written in another script, or has a
    name more or less, is for people to see.
    """
    found = [word.translate(_ALIKE) for word in words(_WRITTEN_TO_IT.sub("", _as_it_looks(name)))]
    titles = _TITLES if _EXCELLENCIES.isdisjoint(found) else _TITLES | _WHOSE
    bare = [word for word in found if word not in titles]
    if bare[:2] in _SHORT_EXCELLENCIES and len(bare) > 3:
        del bare[:2]
    return tuple(sorted(bare or found)) or (sort_key(name.strip()),)


def may_be(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names, as `same_name` has them, may be one: an initial stands for a name, or is left out."""
    mine, theirs = Counter(one), Counter(other)
    common = mine & theirs
    if all(_is_initial(word) for word in common):
        return mine == theirs
    return _stand_for(mine - common, theirs - common) and _stand_for(theirs - common, mine - common)


def _stand_for(initials: Counter[str], names: Counter[str]) -> bool:
    """Whether there is an initial for each of the names."""
    wanted = Counter(name[0] for name in names.elements() if not _is_initial(name))
    return wanted <= Counter(each for each in initials.elements() if _is_initial(each))


def _is_initial(word: str) -> bool:
    return len(word) == 1


def _as_it_looks(name: str) -> str:
    """Without accents and what is not shown, and no letter of another script beside Latin ones that passes for one."""
    plain = unicodedata.normalize("NFKD", name)
    shown = "".join(each for each in plain if unicodedata.category(each) not in ("Mn", "Me", "Cf"))
    return _WORD.sub(lambda word: word[0].translate(_SMALL_BESIDE_LATIN) if _LATIN.search(word[0]) else word[0], shown)
