"""What States are called in the six languages, as the Unicode Consortium keeps it."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from babel import Locale

# With those regions that say it otherwise: Costa de Marfil and Côte d'Ivoire, 德国 and 德國.
_WHERE_SPOKEN = ("ar", "en", "en_AU", "en_CA", "es", "es_419", "fr", "fr_CA", "ru", "zh", "zh_Hant", "zh_Hant_HK")


def usual_names(alpha2_codes: Collection[str]) -> frozenset[str]:
    """Of the States with these codes of two letters; one that has no such code in use has none."""
    return frozenset(names[code] for names in _names() for code in alpha2_codes if code in names)


@cache
def _names() -> tuple[dict[str, str], ...]:
    return tuple(dict(Locale.parse(place).territories) for place in _WHERE_SPOKEN)
