"""The way of a record, how far it may be seen, who approves it."""

from __future__ import annotations

from datetime import date

import pytest

from mandate.actor import Visibility
from mandate.meeting import COMMITTEE, MeetingStatus
from mandate.record import (
    FROM,
    Held,
    RecordKind,
    RecordStatus,
    RecordStep,
    Review,
    Taken,
    against_approval,
    may_become,
    proposed,
)

KINDS = [COMMITTEE, "meeting_of_states_parties", "intersessional_meeting"]

# ---------- the way ----------


def test_a_record_is_published_from_approval_alone_and_approved_from_review_alone() -> None:
    assert set(FROM[RecordStep.PUBLISH]) == {RecordStatus.APPROVED}
    assert set(FROM[RecordStep.APPROVE]) == {RecordStatus.UNDER_REVIEW}


def test_what_is_published_is_corrected_and_never_edited() -> None:
    after = {RecordStatus.PUBLISHED, RecordStatus.CORRECTED}

    assert not after & set(FROM[RecordStep.EDIT])
    assert set(FROM[RecordStep.CORRECT]) == after


# ---------- how visible ----------


@pytest.mark.parametrize("meeting_kind", KINDS)
@pytest.mark.parametrize("meeting", [each for each in Visibility if each is not Visibility.CONCERNED])
def test_what_is_proposed_is_always_possible(meeting_kind: str, meeting: Visibility) -> None:
    for kind in RecordKind:
        to = proposed(kind=kind, meeting_kind=meeting_kind, meeting=meeting)

        possible = may_become(to, kind=kind, meeting_kind=meeting_kind, meeting=meeting)
        # Of a meeting of the Committee that is for all States Parties there is no telling who may read its minutes.
        assert possible or (meeting_kind == COMMITTEE and meeting is Visibility.STATES_PARTIES)


@pytest.mark.parametrize("to", list(Visibility))
@pytest.mark.parametrize("meeting", list(Visibility))
def test_no_record_is_wider_than_its_meeting(to: Visibility, meeting: Visibility) -> None:
    """In plain terms: as its meeting is, for its participants, for the ISU; or the meeting is for all."""
    allowed = may_become(to, kind=RecordKind.FULL, meeting_kind="intersessional_meeting", meeting=meeting)

    if allowed:
        assert to in (meeting, Visibility.PARTICIPANTS, Visibility.ISU) or meeting is Visibility.PUBLIC


@pytest.mark.parametrize("meeting", list(Visibility))
def test_what_is_said_in_the_committee_stays_there_whoever_knows_of_the_meeting(meeting: Visibility) -> None:
    possible = {
        to for to in Visibility if may_become(to, kind=RecordKind.FULL, meeting_kind=COMMITTEE, meeting=meeting)
    }

    assert possible <= {Visibility.COMMITTEE, Visibility.PARTICIPANTS, Visibility.ISU}
    assert (Visibility.COMMITTEE in possible) == (meeting in (Visibility.COMMITTEE, Visibility.PUBLIC))


@pytest.mark.parametrize("kind", RecordKind)
@pytest.mark.parametrize("meeting", list(Visibility))
def test_of_no_record_is_said_which_parties_it_concerns(kind: RecordKind, meeting: Visibility) -> None:
    assert not may_become(Visibility.CONCERNED, kind=kind, meeting_kind="meeting_of_states_parties", meeting=meeting)


# ---------- who approves ----------


def held(code: str, opens: str, kind: str = COMMITTEE, status: MeetingStatus = MeetingStatus.CLOSED) -> Held:
    return Held(code=code, kind=kind, status=status, opens=date.fromisoformat(opens))


BEGAN = date(2012, 6, 1)


def taken(by: str, on: date = BEGAN, *, recorded_since: bool = True) -> Taken:
    return Taken(by=by, on=on, recorded_since=recorded_since)


def wrong(
    of: Held, *, at: Held | None = None, decision: Taken | None = None, by_isu: bool = True, met: tuple[date, ...] = ()
) -> list[str]:
    review = Review(began_on=BEGAN, committee_opened_on=met)
    return [path for path, _ in against_approval(of, review, by_isu=by_isu, at=at, decision=decision)]


def test_minutes_are_approved_at_a_later_meeting_of_the_committee() -> None:
    minutes = held("CC-1", "2012-05-02")

    assert wrong(minutes, at=held("CC-2", "2012-06-06")) == []
    assert wrong(minutes, at=held("CC-2", "2012-06-06", status=MeetingStatus.IN_PROGRESS)) == []
    assert wrong(minutes, at=held("CC-2", "2012-06-06"), decision=taken("CC-2")) == []
    assert wrong(minutes, at=held("CC-2", "2012-06-06"), decision=taken("CC-1")) == ["decision"]
    assert wrong(minutes) == ["atMeeting"]
    assert wrong(minutes, decision=taken("CC-1")) == ["atMeeting", "decision"]
    assert wrong(minutes, at=minutes) == ["atMeeting"]
    on_the_day_of_the_review = held("CC-1", str(BEGAN))
    assert wrong(on_the_day_of_the_review, at=on_the_day_of_the_review) == ["atMeeting"]
    assert wrong(minutes, at=held("CC-0", "2012-04-04")) == ["atMeeting"]
    assert wrong(minutes, at=held("CC-2", "2012-06-06", status=MeetingStatus.CONFIRMED)) == ["atMeeting"]
    assert wrong(minutes, at=held("2MSP", "2012-06-06", "meeting_of_states_parties")) == ["atMeeting"]


def test_minutes_are_approved_at_the_next_meeting_that_opened_once_they_were_in_review() -> None:
    """One that opened on the day on which the review began may have been too early for them, or not."""
    minutes = held("CC-1", "2012-05-02")
    met = (BEGAN, date(2012, 6, 6), date(2012, 7, 4))

    assert wrong(minutes, at=held("CC-2", "2012-05-31"), met=met) == ["atMeeting"]
    assert wrong(minutes, at=held("CC-2", "2012-06-01"), met=met) == []
    assert wrong(minutes, at=held("CC-3", "2012-06-06"), met=met) == []
    assert wrong(minutes, at=held("CC-4", "2012-07-04"), met=met) == ["atMeeting"]
    review = Review(began_on=BEGAN, committee_opened_on=met)
    later = against_approval(minutes, review, by_isu=True, at=held("CC-4", "2012-07-04"), decision=None)
    assert list(later) == [("atMeeting", "CC-4 is not the next meeting of the Committee: it met on 2012-06-06.")]


def test_the_isu_approves_by_a_decision_of_the_meeting_and_the_president_without_one() -> None:
    meeting = held("2MSP", "2011-09-12", "meeting_of_states_parties")

    assert wrong(meeting, by_isu=False) == []
    assert wrong(meeting) == ["decision"]
    assert wrong(meeting, decision=taken("2MSP")) == []
    assert wrong(meeting, decision=taken("3MSP")) == ["decision"]
    assert wrong(meeting, decision=taken("2MSP"), at=meeting) == ["atMeeting"]


@pytest.mark.parametrize("by_isu", [True, False])
def test_a_decision_approves_what_was_in_review_when_it_was_taken_and_recorded(by_isu: bool) -> None:
    meeting = held("2MSP", "2011-09-12", "meeting_of_states_parties")

    assert wrong(meeting, by_isu=by_isu, decision=taken("2MSP", date(2012, 6, 2))) == []
    assert wrong(meeting, by_isu=by_isu, decision=taken("2MSP", date(2012, 5, 31))) == ["decision"]
    assert wrong(meeting, by_isu=by_isu, decision=taken("2MSP", recorded_since=False)) == ["decision"]
