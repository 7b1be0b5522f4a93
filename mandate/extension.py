"""Requests to extend a deadline of Article 3 or 4, and the decisions on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mandate.day import months_after, years_after
from mandate.decision import Cited, by_formal_meeting
from mandate.obligation import Article
from mandate.rule import Outcome, Parameters, judges, says


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An extension that a meeting is to grant, or granted."""

    article: Article
    deadline: date
    """That it extends."""
    granted_until: date
    number: int
    """Of the State's extensions under the Article, from 1."""
    exceptional: bool
    """Whether the meeting found exceptional circumstances."""
    cited: Cited


@judges("stockpile-deadline")
def extends_stockpile_destruction_as_it_may(grant: Grant, parameters: Parameters) -> Outcome:
    """Up to four years each; after the first in exceptional circumstances only. It may be shorter than asked for."""
    if grant.article is not Article.ARTICLE_3:
        return says(None, "This is for Article 3.")
    return _as_it_may(grant, parameters, only_exceptional=True)


@judges("clearance-deadline")
def extends_clearance_as_it_may(grant: Grant, parameters: Parameters) -> Outcome:
    """Up to five years each, decided likewise."""
    if grant.article is not Article.ARTICLE_4:
        return says(None, "This is for Article 4.")
    return _as_it_may(grant, parameters, only_exceptional=False)


def _as_it_may(grant: Grant, parameters: Parameters, *, only_exceptional: bool) -> Outcome:
    latest = years_after(grant.deadline, parameters["extension_years"])
    known = {
        "deadline": grant.deadline,
        "grantedUntil": grant.granted_until,
        "latest": latest,
        "number": grant.number,
        "exceptional": grant.exceptional,
    }
    against = []
    if not grant.deadline < grant.granted_until <= latest:
        against.append(f"it ends between {grant.deadline} and {latest}, not on {grant.granted_until}")
    if only_exceptional and grant.number > 1 and not grant.exceptional:
        against.append("after the first, one is granted in exceptional circumstances only")
    decided = by_formal_meeting(grant.cited)
    if not decided.holds:
        against.append(f"it is granted by a formal meeting: {decided.explanation}")
    if against:
        return says(False, f"Of this extension: {'; '.join(against)}", **known)
    return says(True, f"Extended to {grant.granted_until}; {latest} is the latest.", **known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that is submitted for a meeting to consider."""

    article: Article
    submitted_on: date
    considered_on: date
    """The opening of the meeting."""
    deadline: date


@judges("extension-request-lead")
def is_submitted_in_time(request: Request, parameters: Parameters) -> Outcome:
    """The Convention says "shall", but Meetings have considered later ones: hence a warning."""
    last = months_after(request.considered_on, -parameters["months"])
    known = {
        "submittedOn": request.submitted_on,
        "lastDay": last,
        "consideredOn": request.considered_on,
        "deadline": request.deadline,
    }
    against = []
    if request.submitted_on > last:
        against.append(f"it was due by {last}, {parameters['months']} months before the meeting")
    if request.article is Article.ARTICLE_4 and request.submitted_on > request.deadline:
        against.append(f"the deadline ran out on {request.deadline}")
    if against:
        return says(False, f"Submitted on {request.submitted_on}: {' and '.join(against)}.", **known)
    return says(True, f"Submitted on {request.submitted_on}, by {last}.", **known)


GRANT = (extends_stockpile_destruction_as_it_may, extends_clearance_as_it_may)
REQUEST = (is_submitted_in_time,)
