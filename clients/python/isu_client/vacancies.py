"""Offices that fall vacant in a year, the next one where none is named, and those that are vacant already.

The seats of Coordinators are as the API reckons them, `upcomingVacancies`. Of all other offices it lists the terms that
are held at the beginning of the year and end in it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from isu_client import sheet
from isu_client.api import Client
from isu_client.server import arguments, client, script

HEAD = ("opens_on", "office", "seat", "title", "held_by", "until", "affected_state_preferred")


def vacancies(api: Client, year: int) -> list[tuple[sheet.Cell, ...]]:
    """The earliest first."""
    seats = [
        (
            str(each.opens_on),
            f"coordinator:{each.portfolio.code}",
            each.seat.value,
            each.portfolio.name.english.value if each.portfolio.name.english else None,
            None,
            None if each.until is None else str(each.until),
            "yes" if each.affected_state_preferred else "no",
        )
        for each in api.vacancies(before=date(year + 1, 1, 1))
    ]
    others = [
        (
            term.ends_on,
            term.office.code,
            None,
            term.office.title.english.value if term.office.title.english else None,
            None if term.holder is None or term.holder.name.english is None else term.holder.name.english.value,
            None,
            None,
        )
        for term in api.terms_in_office(day=date(year, 1, 1))
        if term.office.role.code != "coordinator" and term.ends_on is not None and term.ends_on[:4] == str(year)
    ]
    return sorted([*seats, *others], key=lambda row: tuple(cell or "" for cell in row[:3]))


def calendar_year(text: str) -> int:
    """One that has a next: argparse tells in a line what is none."""
    return date(date(int(text), 1, 1).year + 1, 1, 1).year - 1


@script
def main() -> None:
    parser = arguments(__doc__.partition("\n")[0])
    next_year = datetime.now(UTC).year + 1
    parser.add_argument("--year", type=calendar_year, default=next_year, help="%(default)s where none is named")
    parser.add_argument("--out", type=Path, help="a file such as vacancies.csv; the terminal where none is named")
    options = parser.parse_args()
    with client(options) as api:
        rows = vacancies(api, options.year)
    sheet.write(options.out, HEAD, rows)


if __name__ == "__main__":
    main()
