"""A page for each decision under a path that stays: there for whoever may see the decision, and absent for others."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote, unquote

import orjson
from starlette.requests import Request
from starlette.responses import Response

from isu.accept import MAX_LENGTH, negotiate
from isu.door import HTML, JSON, READING, RESPONSE, Door, check, options_of
from isu.operation import Parameters
from isu.turned_away import TurnedAway
from schema.error import Code

QUERY = """query Permalink($meeting: String!, $number: String!, $language: LanguageCode!) {
  decisions(meeting: $meeting, number: $number) {
    id number adoptedOn method permalink
    meeting { code title { ...In } }
    title { ...In }
    text { ...In }
    votes { inFavour against abstentions }
    paragraphs {
      number type status dueOn actors
      text { ...In }
      addressees { name { ...In } }
      supersededBy { number decision { permalink } }
      followUps { notedOn status note }
    }
  }
}
fragment In on LocalizedText { in(language: $language) { value language } }"""
FROM_RIGHT = frozenset({"ar"})


class Permalink(Door):
    """Asks the API, as whoever calls: so it shows what the API shows, and costs what that costs."""

    async def _let_in(self, request: Request, accept: str, media: str | None) -> Response:
        if (options := options_of(request, READING)) is not None:
            return options
        shown = negotiate(accept, (JSON, HTML)) if len(accept) <= MAX_LENGTH else None
        if shown is None:
            raise TurnedAway(406, f"A decision comes as {HTML} or {JSON}.")
        if self.fair_use is not None:
            self.fair_use.greet(request)
        given = request.query_params
        # As at the other doors; links that have the longer word stay good.
        variables = {**_named(request), "language": given.get("lang", given.get("language", "en"))}
        check(variables)
        # In the newer media type what can not run has a status of its own.
        answer = await self._answer(request, Parameters(QUERY, variables, None), RESPONSE)
        found = orjson.loads(bytes(answer.body))
        if found.get("errors"):
            return answer
        if not found["data"]["decisions"]:
            raise TurnedAway(404, "There is no such decision.", Code.NOT_FOUND)
        (decision,) = found["data"]["decisions"]
        for paragraph in decision["paragraphs"]:
            # Of a decision that has no page for the caller, there is nothing to say.
            if not ((paragraph["supersededBy"] or {}).get("decision") or {}).get("permalink"):
                paragraph["supersededBy"] = None
        if shown == JSON:
            return Response(orjson.dumps(decision), headers={"Content-Type": f"{JSON}; charset=utf-8"})
        policy = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
        return Response(_page(decision), headers={"Content-Type": f"{HTML}; charset=utf-8", **policy})


def _named(request: Request) -> dict[str, str]:
    """As they were sent: there alone a slash within the code or the number is told from the one between them."""
    sent = request.scope.get("raw_path") or quote(request.url.path).encode()
    meeting, _, number = sent.decode("latin-1").split("/", 2)[-1].partition("/")
    return {"meeting": unquote(meeting), "number": unquote(number)}


def _page(decision: dict[str, Any]) -> str:
    title = f"{decision['meeting']['code']}, decision {decision['number']}"
    how = f"{decision['adoptedOn']}, {decision['method']}"
    if (votes := decision["votes"]) is not None:
        how += f": {votes['inFavour']} in favour, {votes['against']} against, {votes['abstentions']} abstained"
    parts = [
        _text("h2", decision["meeting"]["title"]),
        _text("h1", decision["title"]),
        _plain(how),
        _text("p", decision["text"]),
        *(_paragraph(each) for each in decision["paragraphs"]),
    ]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    return head + "\n".join(parts)


def _paragraph(paragraph: dict[str, Any]) -> str:
    addressed = [*(each["name"]["in"]["value"] for each in paragraph["addressees"]), *paragraph["actors"]]
    told = [paragraph["type"], paragraph["status"], *([f"due on {paragraph['dueOn']}"] if paragraph["dueOn"] else [])]
    later = paragraph["supersededBy"]
    if later is not None:
        told.append(f"by {later['decision']['permalink']}, paragraph {later['number']}")
    return "\n".join(
        [
            f"<h3>{escape(paragraph['number'])}</h3>",
            _text("p", paragraph["text"]),
            _plain(", ".join(told)),
            *([_plain(f"To: {', '.join(addressed)}")] if addressed else []),
            *(_plain(f"{each['notedOn']}, {each['status']}: {each['note']}") for each in paragraph["followUps"]),
        ]
    )


def _text(tag: str, text: dict[str, Any] | None) -> str:
    if text is None:
        return ""
    language = text["in"]["language"]
    direction = "rtl" if language in FROM_RIGHT else "ltr"
    value = escape(text["in"]["value"]).replace("\n", "<br>")
    return f'<{tag} lang="{escape(language)}" dir="{direction}">{value}</{tag}>'


def _plain(text: str) -> str:
    return f"<p>{escape(text)}</p>"
