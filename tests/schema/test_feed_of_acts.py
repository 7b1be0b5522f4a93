"""The Second Meeting of States Parties, held step by step: after each, whoever follows the feed holds what the lists
show them, no more, no less, and nothing of it as it was before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

import db
from db.engine import Database
from examples.second_meeting import SecondMeeting
from isu.app import create_app
from isu.settings import Settings
from mandate.actor import PUBLIC, Actor
from resolvers.account import actor_of
from resolvers.reading import Reader
from tests.api import TODAY
from tests.call import ask
from tests.make import ISU, key_for
from tests.server import serving

TEXT = "{ original }"
# What each shows of itself and of its parts; of other objects no more than which.
FIELDS = {
    "documents": (
        "Document",
        f"""version visibility symbol isReserved issuedOn originalLanguage author note title {TEXT} kind {{ code }}
        meeting {{ code }} alsoServes {{ code }} agendaItems {{ id }} missingLanguages submittedBy {{ id }}
        languageVersions {{ language status isAdvance files {{ name sha256 }} }}
        relations {{ type target {{ id }} }} relatedBy {{ type document {{ id }} }}""",
    ),
    "meetings": (
        "Meeting",
        f"""code version visibility status startsOn endsOn firstPlannedOn city title {TEXT} presidency {{ code }}
        president {{ id }} invitations {{ category invitedOn }} attendance {{ participantClass count }}
        observers {{ organisation {{ code }} status version purpose requestedOn invitedOn decidedOn decision {{ id }} }}
        agendaAdoption {{ adoptedOn decision {{ id }} }} evaluations {{ rule {{ code }} verdict }}
        waivers {{ reason }}""",
    ),
    "meetingRecords": (
        "MeetingRecord",
        f"""version visibility toBeSeenBy status kind title {TEXT} paragraphs {{ number text {TEXT} }}
        meeting {{ code }} approvedBy {{ id }} approvedOn publishedOn reviewClosesOn decision {{ id }}
        corrigenda {{ number reason }}""",
    ),
    "statements": (
        "Statement",
        f"""version visibility toBeSeenBy status text {TEXT} by {{ id }} onBehalfOf {{ id }} meeting {{ code }}
        agendaItem {{ id }} submittedOn deliveredOn publishedOn speaker {{ id }}""",
    ),
    "communications": (
        "Communication",
        f"""version visibility status reference sentAt kind subject {TEXT} body {TEXT} documents {{ id }}
        corrects {{ id }} inReplyTo {{ id }} acknowledgements {{ party {{ id }} means at }}
        dispatch {{ approvedAt audience {{ asOf }} }}""",
    ),
    "decisions": (
        "Decision",
        f"""version visibility number adoptedOn method title {TEXT} meeting {{ code }} agendaItem {{ id }}""",
    ),
    "participations": (
        "Participation",
        """version visibility status role credentials { status submittedOn judgedOn } registeredOn attended
        inviteCategory meeting { code } party { id } person { id } evaluations { rule { code } verdict }""",
    ),
}
TYPES = {
    "documents": "DOCUMENT",
    "meetings": "MEETING",
    "meetingRecords": "MEETING_RECORD",
    "statements": "STATEMENT",
    "communications": "COMMUNICATION",
    "decisions": "DECISION",
    "participations": "PARTICIPATION",
}
CALLERS = {
    "public": None,
    "delegation": "The delegation of Germany",
    "ngo": "Human Rights Watch",
    "isu": "A colleague at the ISU",
}
_AFTER = ", ".join(f"${name}: String" for name in FIELDS)
_CHANGES = " ".join(
    f"""told_{name}: changes(after: ${name}, types: [{TYPES[name]}], first: 250) {{
      pageInfo {{ endCursor hasNextPage }} nodes {{ kind changedFields subjectId tombstone {{ id }}
      node {{ id ... on {type_name} {{ {fields} }} }} }} }}"""
    for name, (type_name, fields) in FIELDS.items()
)
_LISTS = " ".join(
    {
        "decisions": f"decisions {{ id {fields} }}",
        "participations": f'meeting(code: "2MSP") {{ participations(first: 250) {{ nodes {{ id {fields} }} }} }}',
    }.get(name, f"{name}(first: 250) {{ nodes {{ id {fields} }} }}")
    for name, (_, fields) in FIELDS.items()
)
AT_FIRST = f"{{ serviceStatus {{ latestCursor }} {_LISTS} }}"
SINCE = f"query ({_AFTER}) {{ {_CHANGES} {_LISTS} }}"
"""What is told, and what there is, of one moment."""


def listed(name: str, data: Any) -> dict[str, Any]:
    match name:
        case "participations":
            nodes = [] if data["meeting"] is None else data["meeting"]["participations"]["nodes"]
        case "decisions":
            nodes = data["decisions"]
        case _:
            nodes = data[name]["nodes"]
    return {node["id"]: node for node in nodes}


class Viewer:
    """Keeps a copy of each list by the feed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.cursors: dict[str, str] = {}
        self.copies: dict[str, dict[str, Any]] = {}

    async def follow(self, database: Database, step: str) -> list[str]:
        """Where the copy is not what the lists show."""
        actor = await self._actor(database)
        if not self.cursors:
            data = await _asked(database, actor, AT_FIRST)
            self.cursors = dict.fromkeys(FIELDS, data["serviceStatus"]["latestCursor"])
            self.copies = {name: listed(name, data) for name in FIELDS}
            return []
        data = await _asked(database, actor, SINCE, **self.cursors)
        faults = []
        for name in FIELDS:
            page, there = data[f"told_{name}"], listed(name, data)
            assert not page["pageInfo"]["hasNextPage"]
            self.cursors[name] = page["pageInfo"]["endCursor"]
            for change in page["nodes"]:
                if change["node"] is None:
                    assert change["tombstone"] == {"id": change["subjectId"]}
                    self.copies[name].pop(change["subjectId"], None)
                else:
                    self.copies[name][change["subjectId"]] = change["node"]
            faults += [f"{step}: {self.name}: {name}: {each}" for each in differences(self.copies[name], there)]
            # Each fault once: what comes after it is judged by what is there.
            self.copies[name] = there
        return faults

    async def _actor(self, database: Database) -> Actor:
        """As the door would know them now."""
        label = CALLERS[self.name]
        if label is None:
            return PUBLIC
        async with database.reading() as connection:
            reader = Reader(connection, PUBLIC, TODAY)
            (account,) = await reader.rows(select(col(db.Account.id)).where(col(db.Account.label) == label))
            return await actor_of(reader, account.id, TODAY)


def differences(copy: dict[str, Any], there: dict[str, Any]) -> list[str]:
    found = [f"{key} is held and not listed" for key in sorted(copy.keys() - there.keys())]
    found += [f"{key} is listed and not told of" for key in sorted(there.keys() - copy.keys())]
    for key in sorted(copy.keys() & there.keys()):
        found += [
            f"{field} is {value}, and was told as {copy[key][field]}"
            for field, value in there[key].items()
            if value != copy[key][field]
        ]
    return found


async def _asked(database: Database, actor: Actor, query: str, **variables: Any) -> Any:
    answer = await ask(database, actor, query, **variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


@pytest.fixture
def address(states_url: str, tmp_path: Path) -> Iterator[str]:
    settings = Settings(
        database_url=states_url, rate_limit="off", files=str(tmp_path / "files"), outbox=tmp_path / "outbox"
    )
    with serving(create_app(settings, today=lambda: TODAY, delivers=False)) as url:
        yield url


def test_whoever_follows_the_feed_holds_what_the_lists_show_after_every_step(address: str, states_url: str) -> None:
    with asyncio.Runner() as runner:
        database = Database(states_url)
        meeting = SecondMeeting(address, runner.run(key_for(database, ISU, admin=True)))
        viewers = [Viewer(name) for name in CALLERS]
        faults: list[str] = []

        def follow(name: str) -> None:
            for viewer in viewers:
                faults.extend(runner.run(viewer.follow(database, name)))

        try:
            for step in SecondMeeting.STEPS:
                step(meeting)
                follow(step.__name__)
        finally:
            meeting.finish()
            runner.run(database.close())

    assert not faults, "\n".join(faults)
