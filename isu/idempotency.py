"""Idempotency-Key: whoever repeats a request under one key gets the answer of the first, and no second effect."""

import hashlib
import json
from typing import Any, NamedTuple

from starlette.requests import Request

from db.kept_answer import find_answer, keep_answer
from isu.turned_away import TurnedAway
from mandate.actor import Actor
from resolvers.context import Context
from schema.error import Code

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_KEY = 255


class Repeatable(NamedTuple):
    """A mutation with a key, which is the account's own."""

    key: str
    query: str
    variables: dict[str, Any]
    operation_name: str | None

    async def kept(self, context: Context) -> bytes | None:
        """What was answered before; looked up under the write lock, so that of two at once one waits for the other."""
        account = _account(context)
        found = await find_answer(await context.connection(), account, self.key)
        if found is None:
            return None
        request_hash, answer = found
        if request_hash != self._hash(context.actor):
            raise TurnedAway(
                409,
                f"This {HEADER} was used for another request, or by a caller who may see or do something else; "
                "choose a new one.",
                Code.IDEMPOTENCY_CONFLICT,
            )
        return answer.encode()

    async def keep(self, context: Context, answer: bytes) -> None:
        """In the operation's own transaction: there is never an effect without its answer, nor the reverse."""
        connection = await context.connection()
        kept = _without_secrets(context.shows_secrets_of) if context.shows_secrets_of else answer.decode()
        await keep_answer(connection, _account(context), self.key, self._hash(context.actor), kept)

    def _hash(self, actor: Actor) -> str:
        """Tells one request from another: the same from a key with other scopes would have had another answer."""
        held = sorted(f"{each.capacity}:{each.of}" for each in actor.held)
        told = [self.query, self.variables, self.operation_name, sorted(actor.scopes), held]
        # The standard writer, for orjson refuses numbers that a variable may hold.
        text = json.dumps(told, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def key_of(request: Request) -> str | None:
    """None where no key is given."""
    given = request.headers.getlist(HEADER)
    if not given:
        return None
    (first, *more) = given
    # Blanks around a value are no part of it: a proxy on the way may take them off, and the parser leaves those behind.
    key = first.strip(" \t")
    if more or not 0 < len(key) <= MAX_KEY or not (key.isascii() and key.isprintable()):
        raise TurnedAway(
            400, f"Give one {HEADER}, of 1 to {MAX_KEY} printable ASCII characters.", Code.IDEMPOTENCY_KEY_INVALID
        )
    return key


def _without_secrets(ids: list[str]) -> str:
    """Kept instead of an answer with a secret in it; who lost that can still revoke the key, or rotate the secret."""
    message = (
        "This was done already, and its answer held a secret that is shown once. If it was lost, revoke the key, or "
        "rotate the secret of the webhook: "
        f"{', '.join(ids)}."
    )
    return json.dumps({"errors": [{"message": message, "extensions": {"code": Code.SECRET_WAS_SHOWN, "ids": ids}}]})


def _account(context: Context) -> str:
    account = context.actor.account
    if account is None:
        raise TurnedAway(
            400, f"An {HEADER} belongs to an account: sign in, or leave it out.", Code.IDEMPOTENCY_NEEDS_ACCOUNT
        )
    return account
