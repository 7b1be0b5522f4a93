"""All that the standing rules look at on one day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from mandate.contribution import ContributionFacts
from mandate.decision import FORMAL_MEETINGS
from mandate.meeting import MeetingFacts
from mandate.obligation import Reporting
from mandate.office import Portfolio, Term
from mandate.report import ReportFacts
from mandate.support import ArrangementFacts, DirectorFacts
from mandate.workplan import PlanFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known on the day, and to the one who asks."""

    as_of: date
    begun: date
    """The first day on which there was a mandate: before it nothing was asked."""
    portfolios: Sequence[Portfolio] = ()
    terms: Sequence[Term] = ()
    affected: Mapping[str, frozenset[int]] = field(default_factory=dict)
    representatives: Mapping[str, date | None] = field(default_factory=dict)
    """By organisation, when its last representative left; None while it has one."""
    meetings: Sequence[MeetingFacts] = ()
    directors: Sequence[DirectorFacts] = ()
    arrangements: Sequence[ArrangementFacts] = ()
    plans: Sequence[PlanFacts] = ()
    reports: Sequence[ReportFacts] = ()
    contributions: Sequence[ContributionFacts] = ()
    documents_of: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By kind of document, the meetings to which one was issued; of a part, the whole."""
    reporting: Sequence[Reporting] = ()
    """Where reports under Article 7 are kept: of what is not kept nothing is missing."""

    @property
    def formal_meetings(self) -> list[MeetingFacts]:
        return [each for each in self.meetings if each.kind in FORMAL_MEETINGS and each.is_decided and not each.is_part]
