from __future__ import annotations

import datetime

import strawberry


@strawberry.type(description="How the caller stands with fair use: points of cost, granted anew all the time")
class RateLimit:
    cost: int = strawberry.field(description="What this operation costs")
    limit: int = strawberry.field(description="The points of a minute, and the most that can be saved up")
    remaining: int = strawberry.field(description="What is left once this operation is paid for")
    reset_at: datetime.datetime = strawberry.field(
        description="When all points are there again, if nothing more is asked until then"
    )
