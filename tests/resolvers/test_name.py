"""Every State of the register is found by what it is called in the six languages."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from babel import Locale

from mandate.name import NameFinder, Names
from resolvers.name import usual_names

SENTENCES = {
    "ar": "عرضت {} المساعدة على الدول المتضررة.",
    "en": "One said that {} had offered help.",
    "es": "Se dijo que {} ofreció ayuda.",
    "fr": "On a dit que {} a offert son aide.",
    "ru": "Было сказано: {} предлагает помощь.",
    "zh": "会上说，{}提供了援助。",
}


def states() -> list[dict[str, str]]:
    with (Path(__file__).parents[2] / "data/ccm/states.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


STATES = states()
FINDER = NameFinder(
    Names(
        texts={state[column] for state in STATES for column in ("name", "short_name")},
        usual=usual_names([state["alpha2"] for state in STATES]),
        codes={state["alpha3"] for state in STATES},
    )
)


@pytest.mark.parametrize("language", SENTENCES)
def test_every_state_is_found_in_every_language(language: str) -> None:
    before = len(SENTENCES[language].partition("{")[0])
    missed = []
    for state in STATES:
        name = Locale(language).territories[state["alpha2"]]
        found = FINDER.first(SENTENCES[language].format(name))
        if found is None or not before <= found.at < before + len(name):
            missed.append((name, found))

    assert len(STATES) == 197
    assert missed == []


@pytest.mark.parametrize("language", SENTENCES)
def test_the_sentence_itself_names_nobody(language: str) -> None:
    assert FINDER.first(SENTENCES[language].format("…")) is None


# As the United Nations write them, where that is not what the list says.
@pytest.mark.parametrize(
    ("language", "names"),
    [
        (
            "ar",
            ("جمهورية كوريا", "شيلي", "تايلند", "كابو فيردي", "كوت ديفوار", "بيلاروس", "الكرسي الرسولي", "دولة فلسطين"),
        ),
        (
            "en",
            ("Holy See", "State of Palestine", "Lao People's Democratic Republic", "Türkiye", "Viet Nam", "Cabo Verde"),
        ),
        ("es", ("Belarús", "Nueva Zelandia", "Kazajstán", "Côte d’Ivoire", "Arabia Saudita", "Santa Sede", "Viet Nam")),
        ("fr", ("Bélarus", "Kirghizistan", "Saint-Kitts-et-Nevis", "République de Corée", "Saint-Siège", "Cabo Verde")),
        (
            "ru",
            ("Кыргызстан", "Тимор-Лешти", "Республика Молдова", "Святой Престол", "Маршалловы Острова", "Острова Кука"),
        ),
        ("zh", ("大韩民国", "刚果民主共和国", "教廷", "巴勒斯坦国", "老挝人民民主共和国", "阿拉伯叙利亚共和国")),
    ],
)
def test_a_state_is_found_as_the_united_nations_call_it(language: str, names: tuple[str, ...]) -> None:
    assert [name for name in names if FINDER.first(SENTENCES[language].format(name)) is None] == []


def test_a_code_that_nobody_has_gives_no_names() -> None:
    assert usual_names(["QQ"]) == frozenset()
