"""The limit: what a good engineer would write by hand for these queries and no others.

Raw Starlette, asyncpg, and one statement for each query, which gives the JSON of the answer as the public sees it. It
parses no query, knows no caller but the public, and counts no fair use; that is the point of it. The act writes its 21
rows in one transaction, without rules and without a journal.
"""

# ruff: noqa: S608  nothing is put into these statements but their own parts

from __future__ import annotations

import base64
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.plain import run

CONNECTIONS = 10
"""As many as the reading pool of ours has."""


@dataclass(frozen=True, slots=True)
class Written:
    """A statement, and its parameters out of the variables of a request."""

    sql: str
    parameters: Callable[[Mapping[str, Any]], Sequence[Any]]


def _id(kind: str, key: str) -> str:
    encoded = f"translate(encode(convert_to('{kind}:' || ({key}), 'UTF8'), 'base64'), E'+/=\\n', '-_')"
    return f"{encoded} AS id"


def _in(language: str, column: str) -> str:
    """A text in this language, else in the one in which it was written."""
    value = f"coalesce({column} -> '{language}' ->> 0, {column} -> ({column} ->> 'original') ->> 0)"
    return f"json_build_object('in', json_build_object('value', {value}))"


_STATES = f"""
SELECT row_to_json(data) FROM (
  SELECT row_to_json(page) AS states FROM (
    SELECT coalesce(json_agg(node), '[]') AS nodes FROM (
      SELECT {_id("State", "s.code")}, s.code, s.un_status AS "unStatus", s.regional_group AS "regionalGroup",
        s.m49_region AS "m49Region", s.m49_subregion AS "m49Subregion",
        {_in("fr", "s.name")} AS name, {_in("en", "s.official_name")} AS "officialName"
      FROM state s ORDER BY s.sort_name, s.code LIMIT $1
    ) node
  ) page
) data
"""

_MEETING = f"""
SELECT row_to_json(data) FROM (
  SELECT (SELECT row_to_json(meeting) FROM (
    SELECT m.code, {_in("en", "m.title")} AS title, json_build_object('code', m.kind_code) AS kind,
      m.starts_on AS "startsOn", m.ends_on AS "endsOn", m.city,
      (SELECT coalesce(json_agg(item), '[]') FROM (
        SELECT a.number, {_in("en", "a.title")} AS title FROM agenda_item a
        WHERE a.meeting_code = m.code AND a.parent_id IS NULL AND a.visibility = 'PUBLIC'
        ORDER BY a.number_order, a.id
      ) item) AS agenda,
      json_build_object('nodes', (SELECT coalesce(json_agg(node), '[]') FROM (
        SELECT {_id("Document", "d.id")}, d.symbol, d.issued_on AS "issuedOn", {_in("en", "d.title")} AS title,
          json_build_object('code', d.kind_code) AS kind,
          (SELECT coalesce(json_agg(own), '[]') FROM (
            SELECT l.language_code AS language, l.text_status AS status, l.is_advance AS "isAdvance"
            FROM document_language l WHERE l.document_id = d.id ORDER BY l.language_code
          ) own) AS "languageVersions"
        FROM document d WHERE d.meeting_code = m.code AND d.visibility = 'PUBLIC' ORDER BY d.id LIMIT 50
      ) node)) AS documents,
      json_build_object('nodes', (SELECT coalesce(json_agg(node), '[]') FROM (
        SELECT p.role, p.registered_on AS "registeredOn", p.attended,
          CASE WHEN q.id IS NOT NULL THEN json_build_object('fullName', q.full_name) END AS person
        FROM (
          SELECT * FROM participation WHERE meeting_code = m.code AND visibility = 'PUBLIC' ORDER BY id LIMIT 50
        ) p LEFT JOIN person q ON q.id = p.person_id AND q.visibility = 'PUBLIC'
        ORDER BY p.id
      ) node)) AS participations
    FROM meeting m WHERE m.code = $1 AND m.visibility = 'PUBLIC'
  ) meeting) AS meeting
) data
"""

_COMMUNICATIONS = f"""
WITH page AS MATERIALIZED (
  SELECT * FROM communication WHERE id < coalesce($1, '~') AND visibility = 'PUBLIC' ORDER BY id DESC LIMIT 101
), shown AS (SELECT * FROM page ORDER BY id DESC LIMIT 100)
SELECT row_to_json(data) FROM (
  SELECT row_to_json(page_) AS communications FROM (
    SELECT
      json_build_object('hasNextPage', (SELECT count(*) > 100 FROM page),
        'endCursor', (SELECT min(id) FROM shown)) AS "pageInfo",
      (SELECT coalesce(json_agg(node), '[]') FROM (
        SELECT c.reference, c.kind, c.status,
          replace(replace(c.sent_at, '.000000', ''), 'Z', '+00:00') AS "sentAt", {_in("en", "c.subject")} AS subject,
          (SELECT row_to_json(dispatch) FROM (
            SELECT json_build_object('groups', d.audience -> 'groups') AS audience,
              (SELECT json_agg(hand) FROM (
                SELECT {_id("Account", "h ->> 'account'")}, a.label
                FROM json_array_elements(d.drafted_by) h LEFT JOIN account a ON a.id = h ->> 'account'
              ) hand) AS "draftedBy"
            FROM dispatch d WHERE d.communication_id = c.id AND d.visibility = 'PUBLIC'
          ) dispatch) AS dispatch,
          json_build_object('totalCount', counted.every) AS recipients,
          json_build_object('totalCount', counted.bounced) AS bounced
        FROM shown c, LATERAL (
          SELECT count(*) AS every, count(*) FILTER (WHERE r.status = 'BOUNCED') AS bounced
          FROM recipient r WHERE r.communication_id = c.id AND r.visibility = 'PUBLIC'
        ) counted
        ORDER BY c.id DESC
      ) node) AS nodes
  ) page_
) data
"""

_HELD = """
  coalesce(t.starts_on, t.attested_from) <= $1
  AND (t.ends_on > $1 OR t.ends_on IS NULL OR length(t.ends_on) < 10 AND left($1, length(t.ends_on)) = t.ends_on)
  AND (t.ends_on IS NOT NULL OR t.attested_until IS NULL OR t.attested_until > $1
    OR left($1, length(t.attested_until)) = t.attested_until)
"""

_COMMITTEE = f"""
WITH president AS MATERIALIZED (
  SELECT t.* FROM office_term t WHERE t.office_code = 'president' AND {_HELD} ORDER BY t.starts_on, t.id LIMIT 1
), seat AS (
  SELECT 1 AS part, 0 AS place, t.starts_on AS since, t.ends_on AS until, t.id, t.party_id,
    'PRESIDENT' AS role, 'MEMBER' AS capacity, NULL AS body FROM president t
  UNION ALL
  SELECT 2, b.position, t.starts_on, t.ends_on, t.id, t.party_id,
    CASE b.kind WHEN 'THEMATIC_AREA' THEN 'THEMATIC_COORDINATOR' ELSE 'WORKING_GROUP_COORDINATOR' END, 'MEMBER', b.code
  FROM office_term t JOIN office o ON o.code = t.office_code JOIN body b ON b.code = o.body_code
  WHERE o.role_code = 'coordinator' AND {_HELD}
  UNION ALL
  SELECT 3, 0, next.starts_on, next.ends_on, next.id, next.party_id, 'PRESIDENT_DESIGNATE', 'MEMBER', NULL FROM (
    SELECT * FROM (
      SELECT 0 AS choice, coalesce(t.ends_on, '9999') AS place, t.starts_on, t.ends_on, t.id, t.party_id
      FROM office_term t WHERE t.office_code = 'president_designate' AND {_HELD}
        AND t.party_id IS DISTINCT FROM (SELECT party_id FROM president)
      UNION ALL
      SELECT 1, t.starts_on, NULL, t.starts_on, t.id, t.party_id
      FROM office_term t WHERE t.office_code = 'president' AND t.starts_on > $1
    ) each ORDER BY choice, place LIMIT 1
  ) next
  UNION ALL
  SELECT 4, named.place, CASE WHEN t.id IS NULL THEN '2011-09-16' ELSE t.starts_on END, t.ends_on, t.id,
    'ORGANISATION:' || named.code, named.role, 'MEMBER', NULL
  FROM (VALUES (1, 'ICRC', 'ICRC'), (2, 'UN', 'UNITED_NATIONS'), (3, 'CMC', 'CLUSTER_MUNITION_COALITION'))
    AS named (place, code, role)
  LEFT JOIN office_term t ON t.party_id = 'ORGANISATION:' || named.code
    AND t.office_code IN (SELECT code FROM office WHERE role_code = 'committee_representative') AND {_HELD}
), invited AS (
  SELECT 5, 0, m.starts_on, to_char(coalesce(m.ends_on, m.starts_on)::date + 1, 'YYYY-MM-DD'), NULL, i.party_id,
    'INVITED_PARTY', 'INVITED', NULL
  FROM committee_invitation i JOIN meeting m ON m.code = i.meeting_code
  WHERE m.status NOT IN ('CANCELLED', 'POSTPONED') AND m.visibility = 'PUBLIC'
    AND m.starts_on <= $1 AND coalesce(m.ends_on, m.starts_on) >= $1
    AND i.party_id NOT IN (SELECT party_id FROM seat WHERE party_id IS NOT NULL)
)
SELECT row_to_json(data) FROM (
  SELECT (SELECT row_to_json(committee) FROM (
    SELECT $1 AS "asOf", '2011-proposal' AS "ruleSet", (SELECT json_agg(shown) FROM (
      SELECT s.role, s.capacity, s.since, s.until,
        CASE
          WHEN a.code IS NOT NULL THEN json_build_object('__typename', 'State', 'name', {_in("en", "a.name")})
          WHEN g.code IS NOT NULL THEN json_build_object('__typename', 'Organisation', 'name', {_in("en", "g.name")})
        END AS holder,
        CASE WHEN b.code IS NOT NULL THEN json_build_object('code', b.code, 'name', {_in("en", "b.name")}) END
          AS portfolio
      FROM (SELECT * FROM seat UNION ALL SELECT * FROM invited) s
      LEFT JOIN state a ON a.party_id = s.party_id LEFT JOIN organisation g ON g.party_id = s.party_id
      LEFT JOIN body b ON b.code = s.body
      ORDER BY s.part, s.place, s.since, s.id
    ) shown) AS seats
  ) committee) AS "coordinationCommittee"
) data
"""

_NODE = f"""
SELECT row_to_json(data) FROM (
  SELECT (SELECT row_to_json(node) FROM (
    SELECT {_id("State", "s.code")}, s.code, {_in("en", "s.name")} AS name, s.un_status AS "unStatus",
      s.regional_group AS "regionalGroup"
    FROM state s WHERE s.code = $1
  ) node) AS node
) data
"""


def _encoded(kind: str, key: str) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{key}".encode()).rstrip(b"=").decode()


def _decoded(id_: str) -> tuple[str, str]:
    kind, _, key = base64.urlsafe_b64decode(id_ + "=" * (-len(id_) % 4)).decode().partition(":")
    return kind, key


def _key(variables: Mapping[str, Any]) -> str:
    kind, key = _decoded(variables["id"])
    if kind != "State":
        raise ValueError("only States are asked for")
    return key


_DAY = Written(_COMMITTEE, lambda variables: [str(date.fromisoformat(variables["asOf"]))])
_PAGE = Written(_COMMUNICATIONS, lambda variables: [variables.get("after")])
WRITTEN: Mapping[str, Written] = {
    "Q1": Written(_STATES, lambda variables: [variables["first"]]),
    "Q2": Written(_MEETING, lambda variables: [variables["code"]]),
    "Q3": _PAGE,
    "Q3D": _PAGE,
    "Q4": _DAY,
    "Q4N": _DAY,
    "Q5": Written(_NODE, lambda variables: [_key(variables)]),
}


_DRAFTED = (
    """
INSERT INTO communication (id, version, kind, status, edition, subject, body, visibility)
VALUES ($1, 1, $2, 'DRAFT', 1, $3, $4, 'ISU')
""",
    """
INSERT INTO dispatch (communication_id, version, audience, drafted_by, visibility) VALUES ($1, 1, $2, $3, 'ISU')
""",
    """
INSERT INTO communication_document (communication_id, document_id, position, version)
SELECT $1, given.id, given.place - 1, 1 FROM unnest($2::text[]) WITH ORDINALITY AS given (id, place)
""",
)


ACT = len(_DRAFTED)
"""Of how many statements it consists, beside those that begin and end a transaction."""


async def _draft(pool: Any, account: str, given: Mapping[str, Any]) -> str:
    """The 21 rows of an act, and the key of the first."""
    key = str(uuid.uuid4())
    audience = {"groups": given["audience"]["groups"], "include": [], "exclude": [], "as_of": None, "meeting": None}
    hands = [{"account": account, "person": None}]
    documents = [_decoded(each)[1] for each in given["documents"]]
    communication, dispatch, attached = _DRAFTED
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(communication, key, given["kind"], _text(given["subject"]), _text(given["body"]))
        await connection.execute(dispatch, key, orjson.dumps(audience).decode(), orjson.dumps(hands).decode())
        await connection.execute(attached, key, documents)
    return key


def _text(given: Sequence[Mapping[str, str]]) -> str:
    texts = {each["language"]: [each["value"], "OFFICIAL"] for each in given}
    return orjson.dumps({"original": given[0]["language"], **texts}).decode()


def app(url: str, tails: Path) -> Starlette:
    """`tails` has what follows the data in an answer, for each query: what it costs is known beforehand."""
    ends = {file.stem: file.read_bytes() for file in tails.glob("*.tail")}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            url,
            max_size=CONNECTIONS,
            reset=_nothing_to_reset,
            server_settings={"plan_cache_mode": "force_generic_plan"},
        ) as app.state.pool:
            app.state.account = await app.state.pool.fetchval("SELECT id FROM account")
            yield

    async def answer(request: Request) -> Response:
        name = request.url.query
        written, variables = WRITTEN[name], orjson.loads(await request.body())["variables"]
        data: str = await request.app.state.pool.fetchval(written.sql, *written.parameters(variables))
        return Response(b'{"data":%b%b' % (data.encode(), ends[name]), media_type="application/json")

    async def act(request: Request) -> Response:
        variables = orjson.loads(await request.body())["variables"]
        state = request.app.state
        key = await _draft(state.pool, state.account, variables["input"])
        done = {"__typename": "CommunicationDrafted", "communication": {"id": _encoded("Communication", key)}}
        return Response(orjson.dumps({"data": {"draftCommunication": done}}), media_type="application/json")

    async def asked(request: Request) -> Response:
        return await (act if request.url.query == "M1" else answer)(request)

    return Starlette(
        routes=[Route("/", asked, methods=["POST"]), Route("/health/live", lambda _request: Response())],
        lifespan=lifespan,
    )


async def _nothing_to_reset(_connection: Any) -> None:
    """What is read leaves nothing behind."""


if __name__ == "__main__":
    url, tails, port = sys.argv[1:]
    run(app(url, Path(tails)), int(port))
