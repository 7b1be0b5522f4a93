"""Every text of the real files that has to be read as a date."""

import pytest

from mandate.day import PartialDate
from resolvers.load.dates_in_words import attested, first_planned_on


@pytest.mark.parametrize(
    ("note", "day"),
    [
        ("Postponed from 8 June 2020 (informal virtual briefing held on that day)", "2020-06-08"),
        (
            "First planned for 3 June 2015. Symbol prefix inferred from that of the first preparatory meeting",
            "2015-06-03",
        ),
        (
            "…, the Lausanne Action Plan 2021-2026; first planned for 4-5 February 2021. Symbol prefix inferred",
            "2021-02-04",
        ),
        ("Held virtually; planned for Lausanne on 23-27 November 2020", "2020-11-23"),
        (
            "Moved the second preparatory meeting from 3 to 24 June 2015 (CCM/CONF/2015/PM.1/2)",
            None,
        ),
        ("Adopted the Convention on 30 May 2008", None),
        ("", None),
    ],
)
def test_the_day_first_planned_is_read_from_the_note(note: str, day: str | None) -> None:
    assert first_planned_on(note) == (day and PartialDate.parse(day))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1MSP", "2010-11-09", "2010-11-09"),
        ("1MSP, June 2011", "2010-11-09", "2011-06"),
        ("2 Sep 2019", "2019-09-02", "2019-09-02"),
        ("2012 to 2015", "2012", "2015"),
        ("2016 to 2020", "2016", "2020"),
        ("2016-2017, 2017-2018", "2016", "2018"),
        ("2017-2018", "2017", "2018"),
        ("2017-2018, Nov 2018", "2017", "2018-11"),
        ("2MSP to 3MSP", "2011-09-12", "2012-09-11"),
        ("2MSP, 2012-2013, 2014-2015", "2011-09-12", "2015"),
        (
            "2MSP, 2012-2013, 2014-2015, Aug 2016, 2017-2018, Oct 2019, May 2022",
            "2011-09-12",
            "2022-05",
        ),
        ("Aug 2016", "2016-08", "2016-08"),
        ("Dec 2017, May 2018", "2017-12", "2018-05"),
        ("Dec 2021, May 2022, Nov 2022", "2021-12", "2022-11"),
        ("Feb 2017, 2017-2018", "2017", "2018"),
        ("Feb 2017, June 2017", "2017-02", "2017-06"),
        ("Jan 2020, Nov 2020, Nov 2021", "2020-01", "2021-11"),
        ("Jan 2020, Nov 2021, May 2022", "2020-01", "2022-05"),
        ("Jan 2024", "2024-01", "2024-01"),
        ("June 2011, 2MSP", "2011-06", "2011-09-12"),
        ("June 2020 to May 2022", "2020-06", "2022-05"),
        ("June to Nov 2020", "2020-06", "2020-11"),
        ("May 2017", "2017-05", "2017-05"),
        ("Nov 2017, 2017-2018", "2017", "2018"),
        ("Nov 2018, Jan 2020", "2018-11", "2020-01"),
        ("Oct 2019, Jan 2020, Nov 2021", "2019-10", "2021-11"),
        ("before Nov 2017", None, "2017-11"),
        ("since Sep 2015, 2016-2017", "2015-09", "2017"),
    ],
)
def test_attested_dates_are_read_as_they_are_written(text: str, first: str | None, last: str) -> None:
    meetings = {"1MSP": "2010-11-09", "2MSP": "2011-09-12", "3MSP": "2012-09-11"}

    span = attested(text, lambda code: PartialDate.parse(meetings[code]))

    assert span == (first and PartialDate.parse(first), PartialDate.parse(last))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("for some time", "'for some time' is no date that can be read"),
        ("June", "'June' has no year"),
        ("31 Feb 2017", "31 Feb 2017 is not in the calendar"),
        ("2017,2018", "'2017,2018' is no date that can be read"),
        ("", "'' is no date that can be read"),
    ],
)
def test_what_is_no_date_is_told(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        attested(text, lambda _code: PartialDate(2010))
