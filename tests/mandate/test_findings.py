"""What the standing rules on meetings and Working Groups miss, and what they leave alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import mandate.agenda
import mandate.participation  # noqa: F401
from mandate.meeting import INTERSESSIONAL, Formality, InviteCategory, MeetingFacts, MeetingStatus
from mandate.review import Situation
from mandate.rule import FINDERS, PROPOSAL, Found, rule_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that is known on a day, as far as these rules look at it."""

    as_of: date
    begun: date = date(2011, 9, 16)
    meetings: tuple[MeetingFacts, ...] = ()


def found(rule: str, as_of: str, *meetings: MeetingFacts, **known: Any) -> list[Found]:
    situation = Known(as_of=date.fromisoformat(as_of), meetings=meetings, **known)
    return list(FINDERS[rule](situation, rule_sets()[PROPOSAL].rules[rule].parameters))


def whom(findings: list[Found]) -> list[str]:
    return [each.concerns[1] for each in findings if each.concerns is not None]


def intersessional(year: int, **given: Any) -> MeetingFacts:
    whole: dict[str, Any] = {
        "code": f"IM-{year}",
        "kind": INTERSESSIONAL,
        "formality": Formality.INFORMAL,
        "status": MeetingStatus.CLOSED,
        "opens": date(year, 4, 16),
        "closes": date(year, 4, 19),
        **given,
    }
    return MeetingFacts(**whole)


def conference(**given: Any) -> MeetingFacts:
    whole: dict[str, Any] = {
        "code": "1RC",
        "kind": "review_conference",
        "formality": Formality.FORMAL,
        "status": MeetingStatus.CONFIRMED,
        "opens": date(2015, 9, 7),
        "closes": date(2015, 9, 11),
        **given,
    }
    return MeetingFacts(**whole)


# ---------- intersessional-methods ----------


def test_a_meeting_that_opened_without_working_methods_is_found() -> None:
    (missing,) = found("intersessional-methods", "2012-04-16", intersessional(2012))

    assert missing.concerns == ("Meeting", "IM-2012")
    assert missing.since == missing.due_on == date(2012, 4, 16)


def test_nothing_is_due_at_a_meeting_that_nobody_has_decided_to_hold() -> None:
    assert found("intersessional-methods", "2012-04-16", intersessional(2012, status=MeetingStatus.TENTATIVE)) == []


def test_working_methods_are_not_due_before_the_opening_nor_before_the_mandate() -> None:
    assert found("intersessional-methods", "2012-04-15", intersessional(2012)) == []
    assert found("intersessional-methods", "2012-04-20", intersessional(2012, has_methods=True)) == []
    assert found("intersessional-methods", "2012-04-20", intersessional(2011)) == []
    for status in (MeetingStatus.CANCELLED, MeetingStatus.POSTPONED):
        assert found("intersessional-methods", "2012-04-20", intersessional(2012, status=status)) == []


# ---------- intersessional-annual ----------


def test_a_year_without_an_intersessional_meeting_is_found_once_its_half_is_over() -> None:
    held = [
        intersessional(2012),
        intersessional(2013, status=MeetingStatus.POSTPONED),
        intersessional(2014, status=MeetingStatus.CANCELLED),
    ]

    findings = found("intersessional-annual", "2014-07-01", *held)

    assert [each.inputs["year"] for each in findings] == [2013, 2014]
    assert (findings[0].due_on, findings[0].since) == (date(2013, 6, 30), date(2013, 7, 1))


def test_neither_the_year_of_the_mandate_nor_one_whose_half_runs_is_found() -> None:
    assert found("intersessional-annual", "2012-06-30") == []
    assert found("intersessional-annual", "2011-12-31") == []
    assert found("intersessional-annual", "2013-01-01", intersessional(2012)) == []


# ---------- intersessional-open ----------


def test_every_category_that_is_not_invited_is_found() -> None:
    invited = frozenset({InviteCategory.STATES_PARTIES, InviteCategory.ORGANISATIONS})

    findings = found("intersessional-open", "2012-05-01", intersessional(2012, invited=invited))

    assert [each.inputs["category"] for each in findings] == ["OBSERVER_STATES", "NGOS"]
    assert all(each.since == each.due_on == date(2012, 4, 16) for each in findings)


def test_of_a_meeting_ahead_all_are_to_be_invited() -> None:
    ahead = intersessional(2012, status=MeetingStatus.CONFIRMED)

    findings = found("intersessional-open", "2012-01-01", ahead)

    assert len(findings) == 4
    assert all(each.since is None and each.due_on == date(2012, 4, 16) for each in findings)
    assert found("intersessional-open", "2012-04-16", ahead) == [], "it opens, and may have invited all of them"
    assert found("intersessional-open", "2012-01-01", intersessional(2012, invited=frozenset(InviteCategory))) == []


def test_of_a_meeting_that_is_over_nothing_is_found_where_no_invitation_is_kept() -> None:
    assert found("intersessional-open", "2012-05-01", intersessional(2012)) == []
    assert found("intersessional-open", "2012-01-01", intersessional(2012)) == []
    # The mandate had not begun.
    assert found("intersessional-open", "2012-01-01", intersessional(2011, invited={InviteCategory.NGOS})) == []


# ---------- review-first-rc ----------


def test_the_first_review_conference_reviews_all_three() -> None:
    findings = found("review-first-rc", "2015-01-01", conference(has_agenda=True, subjects=frozenset({"ISU"})))

    assert [each.inputs["subject"] for each in findings] == ["INTERSESSIONAL_PROGRAMME", "COORDINATION_COMMITTEE"]
    assert all(each.since is None and each.due_on == date(2015, 9, 7) for each in findings)


def test_it_is_not_looked_for_before_there_is_an_agenda_or_the_conference_has_closed() -> None:
    closed = conference(status=MeetingStatus.CLOSED)
    subjects = frozenset({"ISU", "INTERSESSIONAL_PROGRAMME", "COORDINATION_COMMITTEE"})

    assert found("review-first-rc", "2015-01-01", conference()) == []
    assert found("review-first-rc", "2015-09-10", closed) == []
    assert len(found("review-first-rc", "2015-09-11", closed)) == 3
    assert found("review-first-rc", "2015-09-11", conference(has_agenda=True, subjects=subjects)) == []
    assert found("review-first-rc", "2020-01-01", conference(code="2RC", has_agenda=True)) == []
    assert len(found("review-first-rc", "2015-09-11", closed, begun=date(2015, 9, 7))) == 3
    assert found("review-first-rc", "2015-09-11", closed, begun=date(2015, 9, 8)) == [], "no version asked it then"


# ---------- isu-records ----------


def test_every_meeting_that_has_closed_has_a_record() -> None:
    findings = found("isu-records", "2015-12-31", intersessional(2012), conference(status=MeetingStatus.CLOSED))

    assert whom(findings) == ["IM-2012", "1RC"]
    assert (findings[0].since, findings[0].due_on) == (date(2012, 4, 19), None)


def test_no_record_is_missed_of_what_has_not_closed_or_is_part_of_another() -> None:
    assert found("isu-records", "2012-04-18", intersessional(2012)) == []
    assert len(found("isu-records", "2012-04-19", intersessional(2012))) == 1
    assert len(found("isu-records", "2012-04-19", intersessional(2011, closes=date(2011, 9, 16)))) == 1
    assert found("isu-records", "2012-05-01", intersessional(2012, has_record=True)) == []
    assert found("isu-records", "2012-05-01", intersessional(2012, is_part=True)) == []
    assert found("isu-records", "2012-05-01", intersessional(2012, status=MeetingStatus.IN_PROGRESS)) == []
    assert found("isu-records", "2012-05-01", intersessional(2011)) == []


# ---------- which meetings are formal ----------


def test_the_first_year_after_that_of_the_mandate_is_the_first_one_looked_at() -> None:
    (first,) = found("intersessional-annual", "2012-07-01")
    assert first.inputs["year"] == 2012


def test_formal_meetings_are_those_that_were_not_called_off_and_are_whole() -> None:
    known = [
        conference(),
        conference(code="X", status=MeetingStatus.CANCELLED),
        conference(code="1RC-P1", is_part=True),
        intersessional(2012),
        conference(code="3MSP", kind="meeting_of_states_parties"),
    ]
    situation = Situation(as_of=date(2016, 1, 1), begun=date(2011, 9, 16), meetings=known)
    assert [each.code for each in situation.formal_meetings] == ["1RC", "3MSP"]
