"""A trusted document behind an address of its own: asked by GET, answered in the form that was chosen."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import strawberry
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from isu.accept import MAX_LENGTH, has, negotiate
from isu.door import JSON, READING, Door, Identifying, check, options_of
from isu.fair_use import LEAST_COST, FairUse
from isu.operation import OPERATION_SECONDS, Executable, Opening, Parameters, execute_in
from isu.pages import NOTHING, pages
from isu.plain import arguments, spreadsheet
from isu.plain.form import AS_CSV, AS_JSON, CSV, CSV_PAGE, Form, Found, PlainRequest
from isu.plans import Plans
from isu.turned_away import LATER, TurnedAway
from mandate.actor import Actor
from resolvers import feed
from schema.error import TOO_SLOW, Code, Shown, at_most, in_execution
from schema.id import decode_id
from schema.limits import MAX_COST
from schema.operation import cost_error
from schema.reading import TABLES
from schema.trusted import Trusted, TrustedDocuments

MAX_ROWS = 5_000
"""Of all pages together, where they are followed."""
FRESH_SECONDS = 60
"""For which a cache may answer everybody without asking here."""
_STATUS: Mapping[str, int] = {"FORBIDDEN": 403, Code.INTERNAL: 500, Code.UNAVAILABLE: 503, Code.TIMEOUT: 503}


class Failed(Exception):  # noqa: N818  it reads as what happened
    """There is no answer, or only a part of one, which nobody could tell from the whole."""

    def __init__(self, errors: Sequence[Shown]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors

    def response(self) -> Response:
        status = _STATUS.get(self.errors[0]["extensions"]["code"], 400)
        headers = {"Content-Type": f"{JSON}; charset=utf-8", **(LATER if status == 503 else {})}
        return Response(orjson.dumps({"errors": self.errors}), status, headers)


class Plain(Door):
    """What all doors share: who asks, what it costs, whether they have it already."""

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        open_context: Opening,
        identify: Identifying,
        fair_use: FairUse,
        documents: TrustedDocuments,
        url: str,
        operation_seconds: float = OPERATION_SECONDS,
        plans: Plans | None = None,
    ) -> None:
        super().__init__(schema, open_context, lambda _: RedirectResponse("/q"), identify, fair_use, operation_seconds)
        self._schema = schema
        self._open_context = open_context
        self._seconds = operation_seconds
        self._plans = plans
        self.documents = documents
        self._url = url

    async def _let_in(self, request: Request, accept: str, media: str | None) -> Response:
        if (options := options_of(request, READING)) is not None:
            return options
        if len(accept) > MAX_LENGTH:
            raise TurnedAway(431, f"Accept may have {MAX_LENGTH:,} characters at most.")
        if self.fair_use is not None:
            self.fair_use.greet(request)
        return await self._served(request, accept)

    async def _served(self, request: Request, accept: str) -> Response:
        account = await self._who(request)
        try:
            asked = self._asked(request, accept)
            check(dict(asked.variables))
            cost = self._cost(asked)
        except TurnedAway:
            self._charge_refused(request, account)
            raise
        except Failed as failed:
            self._charge_refused(request, account)
            return failed.response()
        try:
            found = await self._found(request, asked, cost)
        except Failed as failed:
            return failed.response()
        headers = self._headers(request, asked, found, is_public=account is None)
        if found.data is None:
            return Response(status_code=304, headers=headers)
        body = asked.form.write(asked, found)
        headers["Content-Type"] = f"{asked.form.media}; charset=utf-8"
        return Response(body, headers=headers)

    def _asked(self, request: Request, accept: str) -> PlainRequest:
        raise NotImplementedError

    def _asks(
        self,
        request: Request,
        document: Trusted,
        form: Form,
        given: arguments.Given,
        variables: Mapping[str, Any],
        sheet: spreadsheet.Sheet | None = None,
    ) -> PlainRequest:
        chosen = urlencode(sorted(given.items()), doseq=True)
        return PlainRequest(
            document=document,
            variables=variables,
            form=form,
            url=self._url,
            path=f"{quote(request.url.path)}?{chosen}" if chosen else quote(request.url.path),
            language=str(variables.get("lang", "en")).lower(),
            sheet=sheet or spreadsheet.Sheet(),
        )

    def _headers(self, request: Request, asked: PlainRequest, found: Found, *, is_public: bool) -> dict[str, str]:
        is_kept = asked.document.is_of_the_journal
        headers = {
            **({"ETag": found.tag} if is_kept else {}),
            # What one caller may see is nothing for the cache of all.
            "Cache-Control": f"public, max-age={FRESH_SECONDS}" if is_public else "private, no-cache",
            "Vary": "Authorization",
        }
        if not is_kept:
            headers["Cache-Control"] = "no-store"
        if found.after is not None:
            pairs = [pair for pair in arguments.pairs_of(request) if pair[0] != "after"]
            query = urlencode([*pairs, ("after", found.after)])
            headers["Link"] = f'<{quote(request.url.path)}?{query}>; rel="next"'
        if asked.form.name == "csv":
            headers["Content-Disposition"] = f'attachment; filename="{asked.document.name}.csv"'
        return headers

    # ---------- reading ----------

    async def _found(self, request: Request, asked: PlainRequest, cost: int) -> Found:
        if self.fair_use is not None:
            self.fair_use.charge(request, request.state.found.actor.account, LEAST_COST)
        request.state.operation, request.state.cost = "query", cost
        try:
            async with asyncio.timeout(self._seconds) as deadline, self._open_context(request) as context:
                async with context.reader() as reader:
                    head = await feed.journal_hash(reader)
                tag = self._tag(asked, context.actor, head, str(context.today))
                if asked.document.is_of_the_journal and has(request, tag):
                    return Found(tag=tag)
                data, after = await self._pages(request, asked, context, head, cost)
                changed = await self._changed(context, data) if asked.form.tells_changes else {}
                return Found(tag=tag, data=data, after=after, changed=changed)
        except TimeoutError:
            if deadline.expired():
                raise TurnedAway(503, TOO_SLOW, Code.TIMEOUT, LATER) from None
            raise

    def _cost(self, asked: PlainRequest) -> int:
        assert asked.document.operation is not None  # noqa: S101  it is a door
        cost = asked.document.prepared.cost(asked.document.operation, asked.variables)
        if (error := cost_error(cost)) is not None:
            raise Failed([error])
        return cost

    async def _pages(
        self, request: Request, asked: PlainRequest, context: Any, head: str, cost: int
    ) -> tuple[Mapping[str, Any], str | None]:
        """Those that follow too, as far as a single operation might go."""

        async def read(variables: Mapping[str, Any]) -> Mapping[str, Any]:
            planned = await self._planned(asked, context, head, variables, cost)
            return planned or await self._one_page(request, asked, await context.anew(), variables)

        self._pay(request, context, cost)
        async with aclosing(pages(asked.document, asked.variables, read)) as following:
            page = first = await anext(following)
            if first.is_of_nothing:
                raise TurnedAway(404, NOTHING, Code.NOT_FOUND)
            if first.after is None or not asked.form.follows or not first.rows:
                return first.data, first.after
            assert asked.document.rows is not None  # noqa: S101  it has pages
            left = min(MAX_COST // cost, MAX_ROWS // len(first.rows)) - 1
            total = asked.document.rows.total(first.data)
            if total is not None:
                left = min(left, -(-total // len(first.rows)) - 1)
            if total is not None and left:
                # All that follow are paid at once: who can not pay for them does not pay for some, and in vain.
                self._pay(request, context, cost * left)
            try:
                while left and page.after is not None:
                    if total is None:
                        self._pay(request, context, cost)
                    left -= 1
                    page = await anext(following)
                    first.rows.extend(page.rows)
            finally:
                if total is not None:
                    # The total is of all that there are, also where only those after a cursor are asked for.
                    self._give_back(request, context, cost * left)
        return first.data, page.after

    def _pay(self, request: Request, context: Any, cost: int) -> None:
        if self.fair_use is not None:
            context.rate_limit = self.fair_use.charge(request, context.actor.account, cost)

    def _give_back(self, request: Request, context: Any, cost: int) -> None:
        if self.fair_use is not None:
            self.fair_use.give_back(request, context.actor.account, cost)

    async def _planned(
        self, asked: PlainRequest, context: Any, head: str, variables: Mapping[str, Any], cost: int
    ) -> Mapping[str, Any] | None:
        """The page as it stood where the rest of the answer is read: at this place of the journal."""
        document = asked.document
        if self._plans is None or document.operation is None:
            return None
        parameters = Parameters(document.text, dict(variables), None)
        operation = Executable(parameters, document.prepared.document, document.operation, cost)
        return await self._plans.answer_at(head, operation, context.actor, context.today)

    async def _one_page(
        self, request: Request, asked: PlainRequest, context: Any, variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        result = await execute_in(self._schema, context, asked.document.prepared.document, variables)
        if result.errors or result.data is None:
            raise _failed(result.errors or [], request.state.request_id)
        return result.data

    async def _changed(self, context: Any, data: Mapping[str, Any]) -> Mapping[str, str]:
        """By the feed, as far as who asks is told of it."""
        places = {id_: (TABLES[name], key) for id_ in _ids(data) for name, key in [decode_id(id_)]}
        async with context.reader() as reader:
            found = await feed.last_changes(reader, set(places.values()))
        return {id_: found[place] for id_, place in places.items() if place in found}

    def _tag(self, asked: PlainRequest, actor: Actor, head: str, day: str) -> str:
        """Whatever an answer depends on; so that whether one is still good is seen by the journal's head alone."""
        sight = [actor.account, actor.party, sorted(map(repr, actor.held)), sorted(actor.scopes)]
        form = [asked.form.name, asked.sheet, self._url]
        facts = [_contract(self._schema), asked.document.id, asked.variables, form, sight, head, day]
        return f'"{hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:40]}"'


class Named(Plain):
    """`/q/{name}`: any trusted query, as JSON, as CSV, or as the text that it is."""

    async def _served(self, request: Request, accept: str) -> Response:
        if request.path_params["name"].endswith(".graphql"):
            try:
                document = self._document(request.path_params["name"].removesuffix(".graphql"))
            except TurnedAway:
                self._charge_refused(request, None)
                raise
            headers = {"Cache-Control": f"public, max-age={FRESH_SECONDS}"}
            return Response(document.text, headers={**headers, "Content-Type": "application/graphql; charset=utf-8"})
        return await super()._served(request, accept)

    def _document(self, name: str) -> Trusted:
        document = self.documents.named(name)
        if document is None or not document.is_door:
            raise TurnedAway(404, "There is no such query; /q lists those that there are.", Code.NOT_FOUND)
        return document

    def _asked(self, request: Request, accept: str) -> PlainRequest:
        name, _, suffix = request.path_params["name"].partition(".")
        document = self._document(name)
        given = arguments.taken(arguments.pairs_of(request), _own(document), document.arguments)
        form = _form(document, suffix, given.get("format", [""])[0], accept)
        sheet = {}
        for each, choices in spreadsheet.CHOICES.items():
            if each in given:
                (sheet[each],) = given[each]
                if sheet[each] not in choices:
                    raise arguments.refused(f"The parameter {each} is one of {', '.join(choices)}.")
        if form.name == "csv" and "first" in given:
            # Who names the size of a page wants that one.
            form = CSV_PAGE
        variables = arguments.variables(given, document.arguments)
        return self._asks(request, document, form, given, variables, spreadsheet.Sheet(**sheet))


class Fixed(Plain):
    """One trusted document in one form, with some of its variables chosen here."""

    def __init__(
        self, schema: strawberry.Schema, *, name: str, form: Form, fixed: Mapping[str, Any], **given: Any
    ) -> None:
        super().__init__(schema, **given)
        document = self.documents.named(name)
        assert document is not None  # noqa: S101  it is one of ours
        self._document = document
        self._form = form
        self._fixed = fixed
        self._arguments = [each for each in document.arguments if each.name not in {*fixed, "after", "first"}]

    def _asked(self, request: Request, accept: str) -> PlainRequest:
        given = arguments.taken(arguments.pairs_of(request), (), self._arguments)
        variables = {**arguments.variables(given, self._arguments), **self._fixed}
        return self._asks(request, self._document, self._form, given, variables)

    def _headers(self, request: Request, asked: PlainRequest, found: Found, *, is_public: bool) -> dict[str, str]:
        # What it shows is not for the client to choose, and so there is no next page to ask for.
        return super()._headers(request, asked, replace(found, after=None), is_public=is_public)


def _form(document: Trusted, suffix: str, asked: str, accept: str) -> Form:
    forms = {"json": AS_JSON, "csv": AS_CSV}
    if suffix and asked and suffix != asked:
        raise arguments.refused(f"The address says {suffix[:20]}, and format says {asked[:20]}.")
    name = suffix or asked
    if not name:
        offers = (JSON, CSV) if document.rows is not None else (JSON,)
        media = negotiate(accept, offers)
        if media is None:
            raise TurnedAway(406, f"This comes as {' or '.join(offers)}.")
        return AS_CSV if media == CSV else AS_JSON
    if name not in forms:
        raise TurnedAway(404, "This comes as json or csv.", Code.NOT_FOUND)
    if name == "csv" and document.rows is None:
        raise TurnedAway(406, "This is no single list, and comes as JSON alone.")
    return forms[name]


def _own(document: Trusted) -> tuple[str, ...]:
    return ("format", *spreadsheet.CHOICES) if document.rows is not None else ("format",)


# ---------- in an answer ----------


@cache
def _contract(schema: strawberry.Schema) -> str:
    """Another release may answer the same question otherwise."""
    return hashlib.sha256(f"{version('isu-api')} {schema.as_str()}".encode()).hexdigest()


def _ids(value: Any) -> list[str]:
    """Of the objects of its lists, not of those that they name."""
    if isinstance(value, Mapping):
        return [id_ for each in value.values() for id_ in _ids(each)]
    if isinstance(value, list):
        return [each["id"] for each in value if isinstance(each, Mapping) and "id" in each]
    return []


def _failed(errors: Sequence[GraphQLError], request_id: str) -> Exception:
    turned_away = next((each.original_error for each in errors if isinstance(each.original_error, TurnedAway)), None)
    return turned_away or Failed(at_most(in_execution(errors, request_id)))
