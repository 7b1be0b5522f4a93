"""Who presides on a day, and who is to preside next."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from mandate.day import PartialDate
from resolvers.office import in_turn

DAY = date(2012, 1, 1)


def term(office: str, party: str, starts: str | None, ends: str | None, *, held: bool = True) -> Any:
    starts_on, ends_on = (None if each is None else PartialDate.parse(each) for each in (starts, ends))
    return SimpleNamespace(office_code=office, party_id=party, starts_on=starts_on, ends_on=ends_on, held=held)


PRESIDES = term("president", "STATE:LBN", "2011-09-12", "2012-09-11")
NEXT = term("president", "STATE:NOR", "2012-09-11", "2013-09-10", held=False)


def test_of_several_who_are_designated_it_is_the_one_whose_meeting_opens_first() -> None:
    later = term("president_designate", "STATE:ZMB", "2011-09-16", "2013-09-10")
    without_days = term("president_designate", "STATE:CRI", "2011-09-16", None)
    first = term("president_designate", "STATE:NOR", "2011-09-17", "2012-09-11")

    assert in_turn([PRESIDES, later, without_days, first, NEXT], DAY) == (PRESIDES, first)
    assert in_turn([PRESIDES, later, without_days], DAY) == (PRESIDES, later)


def test_whoever_presides_by_now_is_designated_no_longer() -> None:
    still = term("president_designate", "STATE:LBN", "2010-11-12", None)

    assert in_turn([still, PRESIDES, NEXT], DAY) == (PRESIDES, NEXT)
    assert in_turn([still, PRESIDES], DAY) == (PRESIDES, None)
    assert in_turn([still, NEXT], DAY) == (None, still)
