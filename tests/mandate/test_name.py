"""Names that a summary may not contain, however they are written, and what is no name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandate.name import NameFinder, Names, names_in
from mandate.text import LocalizedText
from resolvers.markdown import plain
from resolvers.name import usual_names

LISTED = {
    "Lebanon",
    "لبنان",
    "مالي",
    "黎巴嫩",
    "Liban",
    "Ливан",
    "Мали",
    "Líbano",
    "Côte d'Ivoire",
    "Iran (Islamic Republic of)",
    "The Gambia",
    "Соединенные Штаты Америки",
    "United States of America",
    "Niger",
}
FINDER = NameFinder(Names(texts=LISTED, codes={"LBN", "CAN", "AND"}))


@pytest.mark.parametrize(
    ("text", "word", "at"),
    [
        ("It was Lebanon.", "Lebanon", 7),
        ("lebanon's neighbours", "lebanon", 0),
        ("LEBANON", "LEBANON", 0),
        ("from Iran, it is said", "Iran", 5),
        ("the Islamic Republic of Iran", "Iran", 24),
        ("in Gambia", "Gambia", 3),
        ("the United\n States of  America", "United\n States of  America", 4),
        ("Le\u00adba\u200bnon spoke", "Le\u00adba\u200bnon", 0),
        ("Ｌｅｂａｎｏｎ", "Ｌｅｂａｎｏｎ", 0),
        ("la Côte d’Ivoire", "Côte d’Ivoire", 3),
        ("el libano", "libano", 3),
        ("au Liban et ailleurs", "Liban", 3),
        ("представитель Ливана сказал", "Ливана", 14),
        ("В Ливане", "Ливане", 2),
        ("и Соединенных Штатов Америки", "Соединенных Штатов Америки", 2),
        ("قال لبنان", "لبنان", 4),
        ("وللبنان قول", "وللبنان", 0),
        ("بلبنان", "بلبنان", 0),
        ("لبنـان", "لبنـان", 0),
        ("会上黎巴嫩代表说", "黎巴嫩", 2),
        ("会上黎 巴嫩代表说", "黎巴嫩", 2),
        ("(LBN)", "LBN", 1),
        ("LBN/CAN", "LBN", 0),
        ("_Lebanon_ and Liban¹", "Lebanon", 1),
        ("au Liban¹", "Liban", 3),
    ],
)
def test_a_name_is_found_however_it_is_written(text: str, word: str, at: int) -> None:
    found = FINDER.first(text)

    assert found is not None
    assert (found.word, found.at) == (word, at)


@pytest.mark.parametrize(
    "text",
    [
        "One State spoke, and another can help.",
        "A representative of an affected State in Africa",
        "Nigerian is an adjective, and Nigeria is not listed here.",
        "мало помощи",
        "المالية",
        "",
        "LBNX",
        "united States",
    ],
)
def test_what_is_no_name_is_none(text: str) -> None:
    assert FINDER.first(text) is None


def test_each_language_of_each_text_is_searched_and_told_by_its_place() -> None:
    texts = [
        ("title", LocalizedText.of("A summary", fr="Résumé du Liban")),
        ("paragraphs.0.text", LocalizedText.of("Lebanon spoke")),
    ]

    assert names_in(FINDER, texts, plain) == [
        ("title", "It names Liban, at character 11 of the text in fr."),
        ("paragraphs.0.text", "It names Lebanon, at character 1 of the text in en."),
    ]


@given(st.text(), st.sampled_from(["Lebanon", "Liban", "黎巴嫩", "LBN"]), st.text())
def test_no_surroundings_hide_a_name(before: str, name: str, after: str) -> None:
    found = FINDER.first(f"{before} ({name}) {after}")

    assert found is not None
    assert found.at <= len(before) + 2


def test_a_long_text_is_searched_quickly_enough_for_an_act() -> None:
    """Which has five seconds for a statement, and may have a thousand paragraphs."""
    many = NameFinder(Names(texts={f"Name{number}" for number in range(3_000)}))

    assert many.first("word " * 10_000) is None


# ---------- as it is shown, and as States are called ----------

REGISTER = NameFinder(
    Names(
        texts={
            *(
                "Zambia",
                "Lebanon",
                "Jordan",
                "Chad",
                "Guinea",
                "Togo",
                "Turkey",
                "China",
                "Georgia",
                "Grenada",
                "Brazil",
            ),
            *("Canada", "Guinea-Bissau", "Timor-Leste", "Того", "Чад", "Мали", "Grenade", "Granada", "United Kingdom"),
            *(
                "Iran (Islamic Republic of)",
                "Lao People's Democratic Republic",
                "Congo",
                "Suisse",
                "Ivory Coast",
                "Holy See",
            ),
        },
        usual=usual_names(
            (
                *(
                    "BN",
                    "BO",
                    "BY",
                    "CD",
                    "CI",
                    "CZ",
                    "ES",
                    "FR",
                    "GB",
                    "GD",
                    "IR",
                    "KP",
                    "KR",
                    "LA",
                    "LC",
                    "MD",
                    "MK",
                    "MM",
                ),
                *("NL", "PS", "QA", "ML", "RU", "SB", "SY", "TG", "TR", "TZ", "US", "VE", "VN", "DK", "CN", "CL", "GE"),
                *("GH", "HT", "IN", "JP", "KE", "ZA", "UY", "PY"),
            )
        ),
        codes={"ZMB", "AND", "CAN", "ARE", "USA", "CMR", "ICRC"},
    )
)


def told(text: str, language: str = "en") -> str | None:
    found = names_in(REGISTER, [("text", LocalizedText.of(text, language))], plain)
    return found[0][1] if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So Zam*bi*a said.", "names Zambia, at character 4 of the text in en as it is shown"),
        ("So **Zam**bia said.", "names Zambia, at character 4 of the text in en as it is shown"),
        ("So Zam`bia` said.", "names Zambia, at character 4 of the text in en as it is shown"),
        ("So [Zam](https://a.example)bia said.", "names Zambia, at character 4 of the text in en as it is shown"),
        ("So Zam<b></b>bia said.", "names Zambia, at character 4 of the text in en as it is shown"),
        ("So Zam<!-- - -->bia said.", "names Zambia, at character 4 of the text in en as it is shown"),
        ("So &#90;ambia said.", "names Zambia, at character 4 of the text in en as it is shown"),
        ("So &#x5A;am&#98;ia said.", "names Zambia, at character 4 of the text in en as it is shown"),
        (
            "# Head\n\n| a | b |\n|---|---|\n| c | Zam*bia* |",
            "names Zambia, at character 12 of the text in en as it is shown",
        ),
        ("```\nZambia\n```", "names Zambia, at character 5 of the text in en"),
        ("See [this](https://a.example/zambia).", "names zambia, at character 30 of the text in en"),
        ("So Z-ambia said.", "names Z-ambia, at character 4 of the text in en"),
        ("So Zam\u2011bia said.", "names Zam\u2011bia, at character 4 of the text in en"),
        ("So Zam-\nbia said.", "names Zam-\nbia, at character 4 of the text in en"),
        ("So Tim-or-Leste said.", "names Tim-or-Leste, at character 4 of the text in en"),
        ("So Guinea-Bissau said.", "names Guinea-Bissau, at character 4 of the text in en"),
        ("So Z&shy;ambia said.", "names Z\u00adambia, at character 4 of the text in en as it is shown"),
        ("So Zam\ufe0fb\u034fia said.", "names Zam\ufe0fb\u034fia, at character 4 of the text in en"),
        ("So \U0001f189ambia said.", "names \U0001f189ambia, at character 4 of the text in en"),
        ("So Zamb\u0131a said.", "names Zamb\u0131a, at character 4 of the text in en"),
        ("So Z\u0430mbia said.", "mixes the letters of two scripts in Z\u0430mbia, at character 4 of the text in en"),
        (
            "So Z&#1072;mbia said.",
            "mixes the letters of two scripts in Z\u0430mbia, at character 4 of the text in en as it is shown",
        ),
        ("So Zamb\u03b9a said.", "mixes the letters of two scripts in Zamb\u03b9a, at character 4 of the text in en"),
        ("So \U0001f1ff\U0001f1f2 said.", "shows the flag \U0001f1ff\U0001f1f2, at character 4 of the text in en"),
        (
            "So &#127487;&#127474; said.",
            "shows the flag \U0001f1ff\U0001f1f2, at character 4 of the text in en as it is shown",
        ),
    ],
)
def test_a_name_that_is_read_is_found(text: str, expected: str) -> None:
    assert told(text) == f"It {expected}."


@pytest.mark.parametrize(
    ("language", "text", "word"),
    [
        *[
            ("en", f"It was {each}, they said.", each)
            for each in (
                *("Korea", "South Korea", "Laos", "UK", "U.K.", "US", "U.S.", "USA", "U.S.A.", "the US", "Britain"),
                *("Turkey", "Türkiye", "Holland", "Ivory Coast", "Swaziland", "Burma", "Macedonia", "Czech Republic"),
                *("Syria", "Russia", "Iran", "Vietnam", "Viet Nam", "Bolivia", "Moldova", "Tanzania", "Palestine"),
                *("the Vatican", "the Holy See", "the Netherlands", "the United States", "DPRK", "England", "Jordan"),
                *("Chad", "Guinea", "CHAD", "TURKEY"),
            )
        ],
        *[
            ("fr", f"C'était {each}, dit-on.", each)
            for each in ("la Corée", "le Royaume-Uni", "les États-Unis", "la Suisse")
        ],
        *[("es", f"Fue {each}, se dijo.", each) for each in ("Corea", "el Reino Unido", "EE.UU.", "Siria", "Granada")],
        ("ru", "Так сказала Великобритания.", "Великобритания"),
        ("ru", "По словам России, нет.", "России"),
        ("ru", "В США считают иначе.", "США"),
        ("ru", "Республика Того поддержала.", "Того"),
        ("ar", "قالت بريطانيا ذلك", "بريطانيا"),
        ("ar", "وسوريا", "وسوريا"),
        ("zh", "会上韩国代表说", "韩国"),
        ("zh", "会上英国代表说", "英国"),
        ("zh", "會上英國代表說", "英國"),
        ("zh", "会上中国国家主席说", "中国"),
        ("zh", "其中日本提供了援助", "日本"),
        ("zh", "海地地区", "海地"),
        ("ru", "По словам Уругвая, нет.", "Уругвая"),
        ("ru", "С Данией согласились.", "Данией"),
        ("ru", "Соломоновы острова поддержали.", "Соломоновы острова"),
        ("ru", "На Соломоновых Островах", "Соломоновых Островах"),
        ("fr", "Aux îles Salomon, on déminait.", "îles Salomon"),
        ("fr", "L'Espagne a offert son aide.", "Espagne"),
        ("es", "Dinamarca ofreció ayuda.", "Dinamarca"),
        ("ar", "عرضت مالي المساعدة", "مالي"),
        ("ar", "في قطر", "قطر"),
        ("ar", "المساعدة لمالي", "لمالي"),
        ("ar", "مالي: عرضت المساعدة", "مالي"),
    ],
)
def test_a_state_is_found_as_it_is_usually_called(language: str, text: str, word: str) -> None:
    for article in ("the ", "la ", "le ", "les ", "el "):
        word = word.removeprefix(article)

    found = REGISTER.first(text)

    assert found is not None
    assert (found.word.rstrip("."), found.at) == (word.rstrip("."), text.index(word))


@pytest.mark.parametrize(
    "text",
    [
        "They told us that all of us can help, and so they are.",
        "LET US BEGIN AND SEE WHAT STATES CAN DO",
        "It costs US$ 5,000, or US dollars 5,000.",
        "The turkey was served on china; a chad fell off, and guinea pigs and Guinea worms were named.",
        "Mr. Jordan and Ms. Chad took the floor; so did M. France and Dr Georgia Smith.",
        "A to-go list, a no-man's-land, an on-going follow-up.",
        "The united states of several birds.",
        "They spoke in Latin America, in the Middle East and in Brazil nuts.",
        "Une grenade à main; les petits suisses.",
        "Una granada de mano, muy antigua.",
        "Для того, чтобы помочь; чад от огня, мало помощи.",
        "The area of 5 µm² and 3 kΩ, a 100 km² zone, e-mail-адрес, CCM缔约国 and الـCCM.",
        "State A & State B <state> *emphasis* of **both**, `code`, [a link](https://example.org/a_b).",
        "Nigerian, Zambian and Jordanian are adjectives: whoever drafts sees to those.",
        "| Area | km² |\n|---|---|\n| One | 5 |",
        "\u2764\ufe0f \U0001f3f4 \U0001f44d",
        "CMR were cleared from two areas.",
        "Todos irán a la reunión; una mujer india habló del salvador.",
        "M. Maurice et Mme Dominique ont pris la parole.",
        "Малые государства и Данные о помощи; Грузы доставлены.",
        "دعم مالي وتقني، ومالي أيضا؛ قنبلة بقطر خمسة، وقطر الدائرة",
        "最不发达国家和发展中国家，拉美国家，非法国际贸易，其中国内措施",
        "11月20日本届会议；沿海地区；印度洋；东南非洲；增加纳税人；發展中國家",
    ],
)
def test_what_only_looks_like_a_name_is_none(text: str) -> None:
    assert told(text) is None


def test_a_long_text_in_markdown_is_searched_quickly_enough_too() -> None:
    finder = NameFinder(Names(texts={f"Name{number}" for number in range(1_000)}))
    text = "A *word* of `many`, and so-called others: 5 µm. " * 1_000

    assert names_in(finder, [("text", LocalizedText.of(text))], plain) == []
