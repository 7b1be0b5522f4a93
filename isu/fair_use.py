"""What each caller may ask for in a minute, counted in points of cost."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import HTTPConnection

from isu.address import Network, client_network
from isu.turned_away import TurnedAway
from resolvers.rate_limit import RateLimit
from schema.error import Code

MINUTE = 60.0
PER_ACCOUNT = 100_000
PER_ADDRESS = 20_000
# An operation of scalars alone costs nothing to answer, but a request is still one.
LEAST_COST = 1
# What can not run was parsed and judged all the same: two hundred times a minute, and no more.
REFUSED_COST = 100
MAX_CALLERS = 50_000
MAX_STREAMS = 200
"""Of one caller at a time."""


def in_utc() -> datetime:
    return datetime.now(UTC)


class Buckets:
    """The points left to each caller, which flow back all the time; who was not seen for long is forgotten first."""

    def __init__(self, limit: int, most: int, clock: Callable[[], float]) -> None:
        self.limit = limit
        self._most = most
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def left(self, caller: str) -> float:
        """Below nothing for who owes."""
        left, since = self._left.get(caller, (float(self.limit), 0.0))
        return min(float(self.limit), left + (self._clock() - since) * self.limit / MINUTE)

    def take(self, caller: str, cost: int) -> float:
        """And say what is left."""
        # A debt of one more than was taken would be a punishment, and nobody reads it.
        left = max(self.left(caller) - cost, -float(cost))
        self._left[caller] = (left, self._clock())
        self._left.move_to_end(caller)
        while len(self._left) > self._most:
            self._left.popitem(last=False)
        return left

    def give_back(self, caller: str, cost: int) -> None:
        self._left[caller] = (self.left(caller) + cost, self._clock())

    def seconds_until(self, caller: str, points: int) -> float:
        return self.seconds_between(self.left(caller), points)

    def seconds_between(self, left: float, points: int) -> float:
        return max(0.0, (points - left) * MINUTE / self.limit)


class FairUse:
    """Counted in this process alone (`docs/decisions/0005`); accounts apart from addresses, which have no end."""

    def __init__(
        self,
        *,
        per_account: int = PER_ACCOUNT,
        per_address: int = PER_ADDRESS,
        callers: int = MAX_CALLERS,
        proxies: Sequence[Network] = (),
        enforced: bool = True,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = in_utc,
    ) -> None:
        self._accounts = Buckets(per_account, callers, clock)
        self._addresses = Buckets(per_address, callers, clock)
        self._strangers = Buckets(per_address, callers, clock)
        self._proxies = proxies
        self._streams: Counter[tuple[bool, str]] = Counter()
        self.enforced = enforced
        self._now = now

    def greet(self, request: HTTPConnection, account: str | None = None) -> None:
        """Before anything is parsed: who owes is sent away; who brings a credential is known a little later."""
        if self.enforced and (account is not None or "authorization" not in request.headers):
            self._let_in(*self._who(request, account))

    def charge(self, request: HTTPConnection, account: str | None, cost: int) -> RateLimit:
        """Before an operation runs; the anonymous of one address pay together."""
        cost = max(cost, LEAST_COST)
        buckets, caller = self._who(request, account)
        if not self.enforced:
            return self._standing(buckets, buckets.limit, cost)
        if buckets.left(caller) < cost:
            raise self._too_much(buckets, caller, cost, f"The operation costs {_points(cost)}")
        return self._standing(buckets, buckets.take(caller, cost), cost)

    def give_back(self, request: HTTPConnection, account: str | None, cost: int) -> None:
        """Of what was charged before it was known that less would be read."""
        if self.enforced and cost > 0:
            buckets, caller = self._who(request, account)
            buckets.give_back(caller, cost)

    def seconds_until(self, request: HTTPConnection, account: str | None, cost: int) -> float:
        """How long who calls has to wait until there is as much."""
        if not self.enforced:
            return 0.0
        buckets, caller = self._who(request, account)
        return buckets.seconds_until(caller, max(cost, LEAST_COST))

    def charge_afterwards(self, request: HTTPConnection, account: str | None, cost: int) -> None:
        """For what was done before it was known how much it is; who asked may come to owe."""
        if self.enforced:
            buckets, caller = self._who(request, account)
            buckets.take(caller, cost)

    def charge_refused(self, request: HTTPConnection, account: str | None = None) -> None:
        """For what was parsed and can not run."""
        self.charge_afterwards(request, account, REFUSED_COST)

    def charge_stranger(self, request: HTTPConnection) -> None:
        """For a credential that was refused: apart, so that neither good ones nor the anonymous of the address pay."""
        if self.enforced:
            address = self._address(request)
            self._let_in(self._strangers, address)
            self._strangers.take(address, REFUSED_COST)

    def take_stream(self, request: HTTPConnection, account: str | None = None) -> Callable[[], None]:
        """For something that stays open; what is returned gives it back."""
        caller = (account is None, self._address(request) if account is None else account)
        if self.enforced and self._streams[caller] >= MAX_STREAMS:
            raise TurnedAway(
                429, f"There may be {MAX_STREAMS} streams at a time.", Code.RATE_LIMITED, {"Retry-After": "60"}
            )
        self._streams[caller] += 1

        def give_back() -> None:
            self._streams[caller] -= 1
            if not self._streams[caller]:
                del self._streams[caller]

        return give_back

    def _who(self, request: HTTPConnection, account: str | None) -> tuple[Buckets, str]:
        return (self._addresses, self._address(request)) if account is None else (self._accounts, account)

    def _let_in(self, buckets: Buckets, caller: str) -> None:
        if buckets.left(caller) < LEAST_COST:
            why = f"What can not run, and a credential that is refused, costs {_points(REFUSED_COST)}"
            raise self._too_much(buckets, caller, LEAST_COST, why)

    def _address(self, request: HTTPConnection) -> str:
        return client_network(request, self._proxies)

    def _standing(self, buckets: Buckets, left: float, cost: int) -> RateLimit:
        seconds = math.ceil(buckets.seconds_between(left, buckets.limit))
        return RateLimit(
            cost=cost,
            limit=buckets.limit,
            remaining=max(0, math.floor(left)),
            reset_at=(self._now() + timedelta(seconds=seconds)).replace(microsecond=0),
        )

    def _too_much(self, buckets: Buckets, caller: str, cost: int, why: str) -> TurnedAway:
        left = buckets.left(caller)
        seconds = math.ceil(buckets.seconds_between(left, cost)) or 1
        standing = self._standing(buckets, left, cost)
        return TurnedAway(
            429,
            f"{why}, and {standing.remaining:,} are left of {standing.limit:,} a minute; try again in {seconds} s.",
            Code.RATE_LIMITED,
            {"Retry-After": str(seconds)},
            cost_extension(standing),
        )


def _points(number: int) -> str:
    return "1 point" if number == 1 else f"{number:,} points"


def cost_extension(standing: RateLimit) -> dict[str, Any]:
    return {
        "cost": {
            "requested": standing.cost,
            "remaining": standing.remaining,
            "limit": standing.limit,
            "resetAt": standing.reset_at.isoformat(),
        }
    }
