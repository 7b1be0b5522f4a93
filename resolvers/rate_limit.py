"""How a caller stands with fair use, as the front door counted it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """In points of cost, of which so many are granted a minute."""

    cost: int
    limit: int
    remaining: int
    reset_at: datetime
    """When all of them are there again, if nothing more is asked until then."""
