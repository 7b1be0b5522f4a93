"""The examples run as they are, and at each step everybody sees what they should and nothing more."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from pathlib import Path
from typing import Any

from db.engine import Database
from examples import second_meeting
from isu.app import create_app
from isu.outbox import Worker
from isu.settings import Settings
from tests.api import TODAY
from tests.make import ISU, key_for
from tests.server import serving

EVERYBODY = ("public", "delegation", "ngo", "isu")
AT_FIRST: dict[str, Any] = {
    "meeting": "CONFIRMED",
    "invited": 0,
    "agenda": 0,
    "observers": None,
    "participants": 0,
    "documents": 0,
    "found": 0,
    "statements": [],
    "decisions": 0,
    "record": [],
    "communications": [],
}


def to_all(**seen: Any) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(EVERYBODY, seen)


CHANGES: list[tuple[str, dict[str, dict[str, Any]]]] = [
    ("schedule", {}),
    ("invite", to_all(invited=4)),
    ("nominate", {"delegation": {"participants": 2}, "isu": {"participants": 6}}),
    ("request_observer_status", to_all(observers="PROVISIONAL")),
    ("plan", to_all(agenda=4)),
    # One of them is for States Parties.
    (
        "issue_documents",
        to_all(documents=1, found=1)
        | {"delegation": {"documents": 2, "found": 2}, "isu": {"documents": 2, "found": 2}},
    ),
    ("begin", to_all(meeting="IN_PROGRESS")),
    ("decide", to_all(observers="ADMITTED", decisions=2)),
    # The CMC has not published what it said.
    ("speak", to_all(statements=["PUBLISHED"]) | {"isu": {"statements": ["PUBLISHED", "DELIVERED"]}}),
    ("elect", {}),
    ("close", to_all(meeting="CLOSED")),
    ("draft_record", {"isu": {"record": ["DRAFT"]}}),
    ("review_record", {"delegation": {"record": ["UNDER_REVIEW"]}, "isu": {"record": ["UNDER_REVIEW"]}}),
    ("approve_record", {"delegation": {"record": ["APPROVED"]}, "isu": {"record": ["APPROVED"]}}),
    ("publish_record", to_all(record=["PUBLISHED"])),
    ("draft_circular", {"isu": {"communications": ["DRAFT"]}}),
    ("send_circular", {"delegation": {"communications": ["SENDING"]}, "isu": {"communications": ["SENDING"]}}),
    ("acknowledge", {}),
]


def test_the_second_meeting_is_held_and_everybody_sees_what_they_should(states_url: str, tmp_path: Path) -> None:
    settings = Settings(
        database_url=states_url, rate_limit="off", files=str(tmp_path / "files"), outbox=tmp_path / "outbox"
    )
    key = asyncio.run(_key(states_url))

    with serving(create_app(settings, today=lambda: TODAY, delivers=False)) as url:
        sights = second_meeting.hold(url, key)

    should = {caller: deepcopy(AT_FIRST) for caller in EVERYBODY}
    assert [step for step, _ in sights] == [step for step, _ in CHANGES]
    for (step, seen), (_, changes) in zip(sights, CHANGES, strict=True):
        for caller, change in changes.items():
            should[caller] |= change
        assert seen == should, step
    assert asyncio.run(_deliver(states_url, settings)) == {"ACCEPTED": 3}
    messages = [path.read_bytes() for path in (tmp_path / "outbox").iterdir()]
    assert sum(b"informe final" in message for message in messages) == 1


async def _key(url: str) -> str:
    """Of an administrator of the ISU."""
    database = Database(url)
    key = await key_for(database, ISU, admin=True)
    await database.close()
    return key


async def _deliver(url: str, settings: Settings) -> dict[str, int]:
    database = Database(url)
    tally = await Worker(database, settings).deliver()
    await database.close()
    return {str(outcome): count for outcome, count in tally.items()}
