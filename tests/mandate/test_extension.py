"""Extensions of the deadlines of Articles 3 and 4."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mandate.decision import Cited, DecisionMethod
from mandate.extension import Grant, Request
from mandate.obligation import Article
from tests.mandate.judging import is_silent, passes, refuses

CITED = Cited(
    meeting="9MSP",
    meeting_kind="meeting_of_states_parties",
    adopted_on=date(2019, 9, 3),
    method=DecisionMethod.CONSENSUS,
    sat=((date(2019, 9, 2), date(2019, 9, 4)),),
)
CLEARANCE = Grant(
    article=Article.ARTICLE_4,
    deadline=date(2020, 8, 1),
    granted_until=date(2025, 8, 1),
    number=1,
    exceptional=False,
    cited=CITED,
)
STOCKPILES = replace(CLEARANCE, article=Article.ARTICLE_3, granted_until=date(2024, 8, 1))
BOTH = (("stockpile-deadline", STOCKPILES), ("clearance-deadline", CLEARANCE))


def test_stockpiles_have_up_to_four_years_more_and_clearance_up_to_five() -> None:
    for rule, grant in BOTH:
        passes(rule, grant)
        refuses(rule, replace(grant, granted_until=grant.granted_until.replace(day=2)))
    refuses("stockpile-deadline", replace(CLEARANCE, article=Article.ARTICLE_3))
    refuses("clearance-deadline", replace(CLEARANCE, granted_until=date(2025, 8, 2)))


def test_an_extension_may_be_shorter_but_does_extend() -> None:
    for rule, grant in BOTH:
        passes(rule, replace(grant, granted_until=date(2020, 8, 2)))
        refuses(rule, replace(grant, granted_until=date(2020, 8, 1)))


def test_after_the_first_stockpiles_are_extended_in_exceptional_circumstances_only() -> None:
    assert "exceptional" in refuses("stockpile-deadline", replace(STOCKPILES, number=2)).explanation
    passes("stockpile-deadline", replace(STOCKPILES, number=2, exceptional=True))
    passes("clearance-deadline", replace(CLEARANCE, number=2))


def test_a_formal_meeting_grants_it() -> None:
    informal = replace(CITED, meeting_kind="intersessional_meeting")
    for rule, grant in BOTH:
        refuses(rule, replace(grant, cited=informal))
        refuses(rule, replace(grant, cited=replace(CITED, adopted_on=date(2019, 9, 5))))


def test_each_article_has_its_own_rule() -> None:
    is_silent("stockpile-deadline", CLEARANCE)
    is_silent("clearance-deadline", STOCKPILES)


REQUEST = Request(
    article=Article.ARTICLE_4,
    submitted_on=date(2018, 12, 2),
    considered_on=date(2019, 9, 2),
    deadline=date(2020, 8, 1),
)


def test_a_request_comes_nine_months_before_the_meeting() -> None:
    passes("extension-request-lead", REQUEST)
    late = refuses("extension-request-lead", replace(REQUEST, submitted_on=date(2018, 12, 3)))
    assert late.inputs["lastDay"] == "2018-12-02"


def test_one_on_clearance_comes_before_the_deadline_has_run_out() -> None:
    passes("extension-request-lead", replace(REQUEST, deadline=date(2018, 12, 2)))
    refuses("extension-request-lead", replace(REQUEST, deadline=date(2018, 12, 1)))
    passes("extension-request-lead", replace(REQUEST, article=Article.ARTICLE_3, deadline=date(2018, 12, 1)))
