"""What becomes of a paragraph that was decided, which votes decide, and whose decision may be cited."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mandate.decision import (
    DecisionMethod,
    ParagraphStatus,
    ParagraphType,
    Votes,
    against_follow_up,
    against_votes,
    by_formal_meeting,
)
from tests.mandate.judging import AT_2MSP

DUE = date(2013, 6, 30)


def against(to: ParagraphStatus, today: date = DUE, due_on: date | None = DUE, *, later: bool = False) -> list[str]:
    type_ = ParagraphType.OPERATIONAL
    return [member for member, _ in against_follow_up(type=type_, due_on=due_on, to=to, today=today, later=later)]


def test_what_is_due_on_a_day_has_elapsed_once_that_day_is_over() -> None:
    assert against(ParagraphStatus.ELAPSED, DUE) == ["status"]
    assert against(ParagraphStatus.ELAPSED, date(2013, 7, 1)) == []
    assert against(ParagraphStatus.ELAPSED, due_on=None) == ["status"]


def test_what_takes_its_place_is_named_where_it_is_superseded_and_only_then() -> None:
    assert against(ParagraphStatus.SUPERSEDED, later=True) == against(ParagraphStatus.RETIRED) == []
    assert against(ParagraphStatus.SUPERSEDED) == against(ParagraphStatus.RETIRED, later=True) == ["supersededBy"]


@pytest.mark.parametrize(
    ("in_favour", "opposed", "abstentions", "told"),
    [(2, 1, 0, []), (1, 0, 0, []), (1, 1, 5, ["votes"]), (1, 0, -1, ["votes"]), (2, -1, 0, ["votes"])],
)
def test_more_vote_for_it_than_against_and_nobody_is_less_than_none(
    in_favour: int, opposed: int, abstentions: int, told: list[str]
) -> None:
    votes = Votes(in_favour=in_favour, against=opposed, abstentions=abstentions)

    assert [member for member, _ in against_votes(DecisionMethod.VOTE, votes)] == told
    assert [member for member, _ in against_votes(DecisionMethod.CONSENSUS, votes)] == ["votes"]


def test_a_meeting_that_is_cancelled_decides_nothing_and_is_to_decide_nothing() -> None:
    assert by_formal_meeting(AT_2MSP).holds
    for decided in (AT_2MSP, replace(AT_2MSP, adopted_on=None, method=None)):
        said = by_formal_meeting(replace(decided, cancelled=True))
        assert (said.holds, "cancelled" in said.explanation) == (False, True)
