"""All that the standing rules look at on one day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from mandate.meeting import MeetingFacts
from mandate.obligation import Reporting
from mandate.office import Portfolio, Term


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
    reporting: Sequence[Reporting] = ()
    """Where reports under Article 7 are kept: of what is not kept nothing is missing."""
