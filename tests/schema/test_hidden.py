"""A hidden object answers exactly as an absent one: the same words, in as many statements of the same text.

Each is hidden in one copy of the register, and taken out of another; all that can be asked is asked of both.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType
from sqlalchemy import Connection, delete, inspect, select, update

import db
from db.engine import Database
from db.table import Kept, kept_tables
from db.unit import OF_THE_UNIT, Signature, Unit
from mandate.actor import PUBLIC, Actor, Capacity, Visibility
from mandate.communication import Audience, AudienceGroup, CommunicationKind
from mandate.contact import ContactRole
from mandate.document import DocumentRelationType
from mandate.text import LocalizedText
from mandate.workplan import Activity, BudgetLine
from resolvers import communication, contact, workplan
from resolvers.context import Context, Operation
from schema import api as offered
from schema.id import encode_id
from tests.api import TODAY
from tests.call import ISU, act, ask, caller, hide, statements
from tests.conftest import Templates

pytestmark = pytest.mark.anyio

STATE = caller("STATE:FRA", Capacity.STATE_PARTY, Capacity.COORDINATOR, Capacity.COMMITTEE_MEMBER)
CALLERS = {"the public": PUBLIC, "a State": STATE}
Question = tuple[str, dict[str, Any]]


@pytest.fixture
def another_register_url(templates: Templates) -> Iterator[str]:
    url = templates.databases.copy(templates.register)
    yield url
    templates.databases.drop(url)


@pytest.fixture
async def copies(register_url: str, another_register_url: str) -> AsyncIterator[tuple[Database, Database]]:
    """The register twice: in the first something will be hidden, in the second it will not be there."""
    copies = Database(register_url), Database(another_register_url)
    yield copies
    for database in copies:
        await database.close()


# ---------- two ways for something not to be there ----------


async def take_out(database: Database, table: type[Kept], key: str) -> None:
    """As if it had never been recorded: nothing refers to it, and nothing says where it comes from."""
    source = inspect(table).local_table
    (primary,) = source.primary_key
    async with database.writing() as connection:

        def go(sync: Connection) -> None:
            for other in reversed(list(kept_tables())):
                for column in inspect(other).local_table.columns:
                    if any(reference.column is primary for reference in column.foreign_keys):
                        rows = delete(other) if column.primary_key else update(other).values({column.key: None})
                        sync.execute(rows.where(column == key), execution_options=OF_THE_UNIT)
            provenance = delete(db.Provenance).where(db.Provenance.subject_key == key)  # type: ignore[arg-type]
            sync.execute(provenance, execution_options=OF_THE_UNIT)
            sync.execute(delete(table).where(primary == key), execution_options=OF_THE_UNIT)

        await connection.run_sync(go)


async def answers(database: Database, actor: Actor, question: Question) -> tuple[str, list[str]]:
    query, variables = question
    with statements(database) as sent:
        answer = await ask(database, actor, query, **variables)
    return json.dumps(answer, sort_keys=True, default=str), sent


async def assert_same(copies: tuple[Database, Database], questions: list[Question], *telling: str) -> None:
    """Alike for whoever may not see it; and the ISU, who may, is told of it by most of the questions."""
    hidden, absent = copies
    told = ""
    for question in questions:
        for who, actor in CALLERS.items():
            one, sent = await answers(hidden, actor, question)
            other, wanted = await answers(absent, actor, question)
            assert one == other, (who, question)
            assert '"errors"' not in one, (who, question)
            assert sent == wanted, (who, question)
            assert sent, (who, question)
            for text in telling:
                assert text not in one.replace(json.dumps(question[1]), ""), (who, question)
        told += (await answers(hidden, ISU, question))[0]
    for text in telling:
        assert text in told, text


# ---------- every way to ask ----------


def of_list(field: str, node: str, where: dict[str, Any], order_field: str) -> Iterator[Question]:
    """A connection: edges, nodes, pages in every order, the total, every filter and what is not in it."""
    orders = offered._schema.type_map[order_field]
    assert isinstance(orders, GraphQLEnumType)
    kind = order_field.removesuffix("OrderField")
    filters = offered._schema.type_map[f"{kind}Where"]
    assert isinstance(filters, GraphQLInputObjectType)
    assert set(where) == set(filters.fields) - {"and", "or", "not"}, "every filter is asked about"

    page = f"""query ($where: {kind}Where, $order: [{kind}Order!], $first: Int, $last: Int) {{
      {field}(where: $where, orderBy: $order, first: $first, last: $last) {{
        totalCount edges {{ cursor node {{ id }} }} nodes {{ id }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    yield f"{{ {field}(first: 250) {{ nodes {{ {node} }} }} }}", {}
    yield f"{{ {field} {{ totalCount }} }}", {}
    for order in orders.values:
        for direction, size in (("ASC", "first"), ("DESC", "first"), ("ASC", "last")):
            yield page, {"order": [{"field": order, "direction": direction}], size: 250}
    both = f"""query ($with: {kind}Where, $without: {kind}Where) {{
      with: {field}(where: $with, first: 250) {{ totalCount nodes {{ id }} }}
      without: {field}(where: $without, first: 250) {{ totalCount nodes {{ id }} }} }}"""
    for name, value in where.items():
        yield both, {"with": {name: value}, "without": {"not": {name: value}}}
    yield page, {"where": where}


def of_node(type_name: str, key: str, fields: str) -> Iterator[Question]:
    own, another = encode_id(type_name, key), encode_id("State", "LAO")
    yield f"query ($id: ID!) {{ node(id: $id) {{ id ... on {type_name} {{ {fields} }} }} }}", {"id": own}
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id ... on {type_name} {{ {fields} }} }} }}"
    yield query, {"ids": [another, own, own]}


SEARCH = """query ($words: String!, $types: [SearchType!], $language: LanguageCode, $where: SearchWhere) {
  search(query: $words, types: $types, language: $language, where: $where, first: 20) {
    totalCount facets { field values { value count } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor score language highlights node { __typename ... on Node { id } } } } }"""


def of_search(words: str, type_name: str, where: dict[str, Any]) -> Iterator[Question]:
    """A search: by words that it alone has and by some that others have too, of each kind and by every condition."""
    filters = offered._schema.type_map["SearchWhere"]
    assert isinstance(filters, GraphQLInputObjectType)
    assert set(where) == set(filters.fields), "every condition is asked about"

    for query in (words, words.split()[0], "of", "meeting"):
        yield SEARCH, {"words": query}
        yield SEARCH, {"words": query, "types": [type_name]}
        yield SEARCH, {"words": query, "language": "en"}
        for name, value in where.items():
            yield SEARCH, {"words": query, "where": {name: value}}
    yield "query ($words: String!) { search(query: $words) { totalCount } }", {"words": words}


DOCUMENT = """symbol title { original in(language: "en") { value } } meeting { code } author kind { code }
              submittedBy { id } languageVersions { language } missingLanguages portfolio { id }
              provenance { sources } visibility alsoServes { code } agendaItems { number } lateLanguages { language }
              relations { type target { symbol } } relatedBy { type document { symbol } } isReserved"""
MEETING = """code title { original } parts { code } partOf { code } documents { totalCount nodes { symbol } }
             sharedDocuments { totalCount nodes { symbol } } president { fullName } presidency { code }
             attendance { count } provenance { sources } visibility"""
TERMS = """person { id fullName } startsOn endsOn startsAt { moment meeting { code } }
           endsAt { moment meeting { code } } holder { id }"""


async def test_a_hidden_document_is_none(copies: tuple[Database, Database]) -> None:
    async with copies[0].reading() as connection:
        analysis = select(db.ExtensionRequest.analysis_id, db.ExtensionRequest.state_code)  # type: ignore[call-overload]
        request = (await connection.execute(analysis.where(db.ExtensionRequest.analysis_id.is_not(None)))).first()  # type: ignore[union-attr]
    assert request is not None
    await _hidden_document(copies, request.analysis_id, request.state_code)


async def test_a_hidden_document_of_a_state_is_none(copies: tuple[Database, Database]) -> None:
    async with copies[0].reading() as connection:
        document, author = db.Document.__table__, db.DocumentAuthor.__table__  # type: ignore[attr-defined]
        query = select(document.c.id, author.c.party_id).join(author, author.c.document_id == document.c.id)
        query = query.where(document.c.symbol.is_not(None), document.c.meeting_code.is_not(None))
        query = query.where(author.c.party_id.startswith("STATE:"), document.c.body_code.is_not(None))
        row = (await connection.execute(query.order_by(document.c.symbol))).first()
    assert row is not None
    await _hidden_document(copies, row.id, row.party_id.removeprefix("STATE:"))


async def _hidden_document(copies: tuple[Database, Database], key: str, state: str) -> None:
    document = encode_id("Document", key)
    about = f"""query ($id: ID!) {{ document(id: $id) {{ symbol kind {{ code }} meeting {{ code }} issuedOn
                 portfolio {{ ... on WorkingGroup {{ code }} ... on ThematicArea {{ code }} }} {DOCUMENT} }} }}"""
    found = (await ask(copies[0], ISU, about, id=document))["data"]["document"]
    symbol, meeting = found["symbol"], found["meeting"]["code"]
    for copy in copies:
        # So that every filter can find it.
        async with copy.writing() as connection:
            whole = update(db.Document).where(db.Document.id == key)  # type: ignore[arg-type]
            values = {"issued_on": db.Document.__table__.c.issued_on.type.process_result_value("2019-02-12", None)}  # type: ignore[attr-defined]
            values |= {"is_un_document": True, "body_code": "clearance_and_risk_reduction"}
            await connection.execute(whole.values(**values), execution_options=OF_THE_UNIT)
    await hide(copies[0], db.Document, key)
    await take_out(copies[1], db.Document, key)
    where = {
        "symbolPrefix": symbol,
        "kind": [found["kind"]["code"]],
        "meeting": [meeting],
        "portfolio": ["clearance_and_risk_reduction"],
        "language": "en",
        "missingLanguage": "zh",
        "issuedOn": {"eq": "2019-02-12"},
        "isUnDocument": True,
    }

    await assert_same(
        copies,
        [
            *of_node("Document", key, DOCUMENT),
            *of_list("documents", DOCUMENT, where, "DocumentOrderField"),
            (about, {"id": document}),
            *of_search(
                symbol,
                "DOCUMENT",
                {"on": {"eq": "2019-02-12"}, "meeting": [meeting], "kind": [found["kind"]["code"]]},
            ),
            (f"query ($symbol: DocumentSymbol!) {{ document(symbol: $symbol) {{ {DOCUMENT} }} }}", {"symbol": symbol}),
            (
                f"query ($code: String!) {{ meeting(code: $code) {{ {MEETING} }} }}",
                {"code": meeting},
            ),
            (
                """query ($code: CountryCode!) { state(by: {code: $code}) {
                     documents(first: 250) { totalCount nodes { symbol } }
                     extensionRequests { code analysis { symbol } consideredAt { code } } } }""",
                {"code": state},
            ),
            ("{ states(first: 250) { nodes { code documents { totalCount } } } }", {}),
            ("{ workingGroups { citations { document { symbol } } } }", {}),
        ],
        symbol,
    )


async def test_what_a_hidden_document_is_to_another_is_nothing(copies: tuple[Database, Database]) -> None:
    symbol, other_symbol = "CCM/MSP/2011/WP.2", "CCM/MSP/2011/WP.3/Rev.1"
    async with copies[0].reading() as connection:
        query = select(db.Document.symbol, db.Document.id).where(db.Document.symbol.in_([symbol, other_symbol]))  # type: ignore[call-overload,union-attr]
        keys = {row.symbol: row.id for row in await connection.execute(query)}
    key, other = keys[symbol], keys[other_symbol]
    related = {"type": DocumentRelationType.SUMMARY, "languages": None}
    for copy in copies:
        async with copy.writing() as connection:
            unit = Unit(connection, Signature(act="test"))
            await unit.keep(db.DocumentRelation, [{**related, "document_id": key, "target_id": other}])
            await unit.keep(db.DocumentRelation, [{**related, "document_id": other, "target_id": key}])
    await hide(copies[0], db.Document, key)
    await take_out(copies[1], db.Document, key)

    await assert_same(copies, [*of_node("Document", other, DOCUMENT)], symbol)


async def test_that_a_document_serves_a_hidden_meeting_too_is_not_told(copies: tuple[Database, Database]) -> None:
    meeting, symbol = "3MSP", "CCM/MSP/2011/WP.2"
    async with copies[0].reading() as connection:
        query = select(db.Document.id).where(db.Document.symbol == symbol)  # type: ignore[call-overload]
        key = (await connection.execute(query)).scalar_one()
    for copy in copies:
        async with copy.writing() as connection:
            serves = {"document_id": key, "meeting_code": meeting}
            await Unit(connection, Signature(act="test")).keep(db.DocumentMeeting, [serves])
    await hide(copies[0], db.Meeting, meeting)
    await take_out(copies[1], db.Meeting, meeting)
    of_it = {"meeting": [meeting], "symbolPrefix": symbol}
    counted = "query ($where: DocumentWhere) { documents(where: $where) { totalCount nodes { alsoServes { code } } } }"

    await assert_same(
        copies,
        [
            *of_node("Document", key, DOCUMENT),
            (counted, {"where": of_it}),
            (f"query ($code: String!) {{ meeting(code: $code) {{ {MEETING} }} }}", {"code": meeting}),
        ],
        meeting,
    )


async def test_the_paper_is_cited_but_not_shown_where_it_is_hidden(copies: tuple[Database, Database]) -> None:
    paper = "CCM/MSP/2011/WP.2"
    async with copies[0].reading() as connection:
        query = select(db.Document.id).where(db.Document.symbol == paper)  # type: ignore[call-overload]
        key = (await connection.execute(query)).scalar_one()
    await hide(copies[0], db.Document, key)
    await take_out(copies[1], db.Document, key)
    citations = "{ workingGroups { citations { document { id symbol } paragraph } } }"

    await assert_same(copies, [(citations, {})], paper)


async def test_a_hidden_meeting_is_none(copies: tuple[Database, Database]) -> None:
    # Whoever takes it out has to say what begins and ends with it: nothing, for those who may not see it.
    key = "2MSP"
    await hide(copies[0], db.Meeting, key, Visibility.PARTICIPANTS)
    await take_out(copies[1], db.Meeting, key)
    where = {
        "code": [key],
        "kind": ["meeting_of_states_parties"],
        "status": ["CLOSED"],
        "formality": "FORMAL",
        "startsOn": {"eq": "2011-09-12"},
        "country": ["LBN"],
        "wasPostponed": False,
    }
    document_filter = {"where": {"meeting": [key]}}
    documents = """query ($where: DocumentWhere) { documents(where: $where, first: 250) {
                     totalCount nodes { symbol meeting { code } } } }"""

    await assert_same(
        copies,
        [
            *of_node("Meeting", key, MEETING),
            *of_list("meetings", MEETING, where, "MeetingOrderField"),
            *of_search(
                "2MSP", "MEETING", {"on": {"eq": "2011-09-12"}, "meeting": [key], "kind": ["meeting_of_states_parties"]}
            ),
            ("query ($code: String!) { meeting(code: $code) { title { original } } }", {"code": key}),
            ("query ($id: ID!) { meeting(id: $id) { title { original } } }", {"id": encode_id("Meeting", key)}),
            (documents, document_filter),
            (documents, {"where": {"not": document_filter["where"]}}),
            (documents, {"where": {"meeting": ["3MSP"]}}),
            (documents, {"where": {"not": {"meeting": ["3MSP"]}}}),
            ("{ meetings(first: 250) { nodes { code partOf { code } parts { code } } } }", {}),
            (f"{{ officeTerms {{ {TERMS} }} coordinatorTerms {{ startsAt {{ meeting {{ code }} }} }} }}", {}),
            (
                f"""{{ presidency(asOf: "2011-10-01") {{ president {{ {TERMS} }} guides {{ code }}
                        explanation {{ summary inputs }} }}
                      meeting(code: "IM-2012") {{ programme {{ awaited {{ party {{ id }} portfolio {{ id }} }} }} }}
                      state(by: {{code: "LBN"}}) {{ officeTerms {{ {TERMS} }} }} }}""",
                {},
            ),
            ("{ states(first: 250) { nodes { extensionRequests { code consideredAt { code } } } } }", {}),
        ],
        '"2MSP"',
    )


async def test_a_hidden_person_is_nobody(copies: tuple[Database, Database]) -> None:
    async with copies[0].reading() as connection:
        query = select(db.Person.id).where(db.Person.full_name == "Adnan Mansour")  # type: ignore[call-overload]
        hidden = (await connection.execute(query)).scalar_one()
    await hide(copies[0], db.Person, hidden)
    await take_out(copies[1], db.Person, hidden)

    await assert_same(
        copies,
        [
            *of_node("Person", hidden, "fullName positions { id } version"),
            (f"{{ officeTerms {{ {TERMS} }} }}", {}),
            ('{ meeting(code: "2MSP") { president { id fullName positions { id } } } }', {}),
            ("{ meetings(first: 250) { nodes { code president { fullName } } } }", {}),
            (f'{{ presidency(asOf: "2011-10-01") {{ president {{ {TERMS} }} }} }}', {}),
        ],
        "Adnan Mansour",
    )


POINT = """id role title party { id } person { fullName } emails phones preferredLanguages validFrom validUntil
           lastConfirmedAt visibility version"""


@pytest.mark.parametrize("visibility", [Visibility.CONCERNED, Visibility.ISU])
async def test_a_hidden_point_of_contact_is_none(copies: tuple[Database, Database], visibility: Visibility) -> None:
    hidden = copies[0]
    async with Context(hidden, TODAY, ISU, Operation(writes=True)) as context:
        key = await contact.record(
            context,
            contact.Given(
                party="STATE:DEU",
                full_name="Erika Mustermann",
                role=ContactRole.NATIONAL_FOCAL_POINT,
                title="Counsellor",
                languages=["en"],
                emails=["ccm@berlin.example"],
                phones=["+4930123456"],
                valid_from=TODAY.replace(year=2025),
                visibility=visibility,
            ),
        )
    async with hidden.reading() as connection:
        person = (await connection.execute(select(db.Contact.person_id))).scalar_one()  # type: ignore[call-overload]
    points = f"contactPoints {{ {POINT} }}"
    questions: list[Question] = [
        *of_node("ContactPoint", key, POINT),
        *of_node("Person", person, f"fullName positions {{ {POINT} }}"),
        (f'{{ state(by: {{code: "DEU"}}) {{ {points} }} }}', {}),
        (
            f"""query ($day: Date) {{ state(by: {{code: "DEU"}}) {{
                  contactPoints(asOf: $day, role: NATIONAL_FOCAL_POINT) {{ {POINT} }} }} }}""",
            {"day": str(TODAY)},
        ),
        (f'{{ states(where: {{code: ["DEU", "FRA"]}}) {{ nodes {{ code {points} }} }} }}', {}),
        (f'{{ officeTerms(role: ["president"]) {{ holder {{ {points} }} }} }}', {}),
    ]

    await assert_same(copies, questions, "Erika Mustermann", "ccm@berlin.example", "+4930123456", "Counsellor")


PLAN = """title { original } yearFrom yearTo activities { code tasks } budget { total } status visibility version
          evaluations { explanation } history { totalCount nodes { act after } }"""


async def test_a_draft_of_a_work_plan_is_none(copies: tuple[Database, Database]) -> None:
    async with Context(copies[0], TODAY, ISU, Operation(writes=True)) as context:
        key, _ = await workplan.draft(
            context,
            workplan.Given(
                title=LocalizedText.of("Unseen"),
                year_from=2027,
                year_to=2027,
                currency="CHF",
                activities=[Activity(code="UNSEEN", title=LocalizedText.of("Unseen"), tasks=("a",))],
                budget_lines=[BudgetLine(code="UNSEEN", title=LocalizedText.of("Unseen"), amount=Decimal("123456789"))],
            ),
        )
    assert key is not None

    questions: list[Question] = [
        *of_node("WorkPlan", key, PLAN),
        (f"{{ workPlans {{ {PLAN} }} }}", {}),
        (f"{{ workPlans(year: 2027) {{ id {PLAN} }} }}", {}),
        ("{ isuSupport { establishedOn } contributions { id } annualReports { id } workPlans { id } }", {}),
    ]
    await assert_same(copies, questions, "UNSEEN", "123456789")


COMMUNICATION = """reference kind status subject { original } body { original } bodyHtml(language: "en") { value }
  sentAt documents { id } corrects { id } correctedBy { id } inReplyTo { id } replies { id } acknowledgements { at }
  dispatch { approvedAt draftedBy { label } audience { groups } } recipients { totalCount nodes { reason } }
  version visibility history { totalCount nodes { act after } }"""


async def test_a_draft_of_a_communication_is_none(copies: tuple[Database, Database]) -> None:
    words = LocalizedText.of("Unseen words")
    written = communication.Written(subject=words, body=words)
    given = communication.Given(
        kind=CommunicationKind.NEWSLETTER, written=written, audience=Audience(groups=(AudienceGroup.PUBLIC,))
    )
    async with Context(copies[0], TODAY, ISU, Operation(writes=True)) as context:
        key = await communication.draft(context, given)
    assert key is not None

    listed = f"communications {{ totalCount nodes {{ id {COMMUNICATION} }} }}"
    questions: list[Question] = [
        *of_node("Communication", key, COMMUNICATION),
        (f"{{ {listed} }}", {}),
        (f"{{ {listed.replace('communications', 'communications(status: [DRAFT], kind: [NEWSLETTER])')} }}", {}),
        (f"{{ {listed.replace('communications', 'communications(where: { not: { state: [] } })')} }}", {}),
        (
            f"query ($id: ID!) {{ communication(id: $id) {{ {COMMUNICATION} }} }}",
            {"id": encode_id("Communication", key)},
        ),
        ("{ complianceReview(rules: []) { taskCoverage { task year recorded } } }", {}),
        ("{ incomingCommunications { totalCount } adviceRequests { totalCount } liaison { totalCount } }", {}),
    ]
    await assert_same(copies, questions, "NEWSLETTER", "draftCommunication")


ACTS = {
    "confirmContact": "ConfirmContactInput",
    "endContact": "EndContactInput",
}


@pytest.mark.parametrize("mutation", ACTS)
async def test_acts_upon_a_hidden_contact_say_what_they_say_of_none(
    copies: tuple[Database, Database], mutation: str
) -> None:
    hidden, absent = copies
    async with Context(hidden, TODAY, ISU, Operation(writes=True)) as context:
        key = await contact.record(
            context,
            contact.Given(
                party="STATE:FRA", role=ContactRole.CAPITAL, title="X", valid_from=TODAY, visibility=Visibility.ISU
            ),
        )
    query = f"""mutation ($input: {ACTS[mutation]}!) {{ {mutation}(input: $input) {{
                  __typename ... on Problem {{ message code }} ... on Conflict {{ currentVersion }} }} }}"""

    for actor in (PUBLIC, STATE):
        for version in (1, 7):
            said = []
            for database in (hidden, absent):
                given = {"id": encode_id("ContactPoint", key), "expectedVersion": version}
                with statements(database) as sent:
                    said.append((await act(database, actor, query, input=given), sent))
            assert said[0] == said[1]
            assert said[0][0]["__typename"] == ("Forbidden" if actor is PUBLIC else "NotFound")
