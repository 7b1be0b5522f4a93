"""Who calls, in what capacity, and what they may do; accounts and their keys."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import strawberry

import db
from mandate.account import AccountKind, AccountStatus
from mandate.actor import Capacity, Held, Scope
from mandate.party import PartyKind
from resolvers import account as resolve
from resolvers import webhook
from schema.export import Export, every
from schema.id import decode_id, encode_id, key_of
from schema.party import Party, party_key
from schema.person import Person
from schema.problem import Conflict, Forbidden, Invalid, NotFound
from schema.reading import asked_of, column, complete, derived, down, many, names_rows, one, over, read_nodes, ref, rows
from schema.success import Success
from schema.webhook import Webhook


def _last_used(uses: Sequence[Any]) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(uses[0].last_used_at) if uses else None


# Neither is a Node: `node` answers everybody, and these are for their holder and for who manages them.


@over(db.ApiKey, description="A key of an account; nobody can read its secret again")
class ApiKey:
    id: strawberry.ID = column(db.ApiKey.id, convert=partial(encode_id, "ApiKey"))
    label: str = column(db.ApiKey.label)
    scopes: list[Scope] = column(db.ApiKey.scopes, convert=lambda scopes: [Scope(scope) for scope in scopes])
    created_at: datetime.datetime = column(db.ApiKey.created_at, convert=datetime.datetime.fromisoformat)
    expires_at: datetime.datetime = column(db.ApiKey.expires_at, convert=datetime.datetime.fromisoformat)
    revoked_at: datetime.datetime | None = column(db.ApiKey.revoked_at, convert=datetime.datetime.fromisoformat)
    last_used_at: datetime.datetime | None = derived(
        _last_used,
        uses=[rows(db.KeyUse.key_id)],
        description="Noted once a minute at most; null where it was never used",
    )
    version: int = column(db.ApiKey.version)


@over(db.Account, description="Somebody, or some service, who may call on behalf of a party")
class Account:
    id: strawberry.ID = column(db.Account.id, convert=partial(encode_id, "Account"))
    label: str | None = column(db.Account.label, description="Null once it was erased")
    kind: AccountKind = column(db.Account.kind)
    party: Party = one(db.Account.party_id)
    subject: str | None = column(db.Account.subject, description="Its name at the configured issuer of tokens")
    person: Person | None = one(db.Account.person_id)
    is_admin: bool = column(db.Account.is_admin)
    status: AccountStatus = column(db.Account.status)
    keys: list[ApiKey] = many(db.ApiKey.account_id, order_by=[down(db.ApiKey.id)])
    version: int = column(db.Account.version)


@strawberry.type(description="In what capacity somebody calls, as it follows from offices held on the day")
class HeldCapacity:
    name: Capacity
    of: str | None = strawberry.field(
        description="The code of a Coordinator's working group or theme, or of a participant's meeting"
    )


@strawberry.type(description="Whether the caller may do an act, and why not")
class Permission:
    allowed: bool
    reasons: list[str] = strawberry.field(description="All that stand against it; empty where it is allowed")


@strawberry.type(description="Who calls")
class Viewer:
    @strawberry.field(description="Null for the public")
    async def account(self, info: strawberry.Info[Any, Any]) -> Account | None:
        asked = asked_of(info._raw_info, {})  # noqa: SLF001  Strawberry shows only a copy of it
        (shape,), key = asked.targets, info.context.actor.account
        async with info.context.reader() as reader:
            found: dict[str, Account] = await reader.by(shape, shape.key, [key], asked.inner)
        return found.get(key)

    @strawberry.field(description="On whose behalf; empty for the public")
    async def parties(self, info: strawberry.Info[Any, Any]) -> list[Party]:
        kind, _, code = (info.context.actor.party or "").partition(":")
        if not code:
            return []
        type_name = "State" if kind == PartyKind.STATE else "Organisation"
        return [each for each in await read_nodes(info, [encode_id(type_name, code)]) if each is not None]

    @strawberry.field(
        description="In what capacity they call, as it follows from the status of their party and the offices held"
    )
    async def capacities(
        self,
        info: strawberry.Info[Any, Any],
        as_of: Annotated[
            datetime.date | None,
            strawberry.argument(
                description="As status and offices were, or will be, on this day; today where none is named. "
                "Who is an administrator today is one on every day"
            ),
        ] = None,
    ) -> list[HeldCapacity]:
        held = await resolve.capacities_of_viewer(info.context, as_of)
        return [HeldCapacity(name=each.capacity, of=each.of) for each in sorted(held, key=_place)]

    @strawberry.field(
        description="What the key may be used for: it narrows what the account may do. A token of the issuer has all"
    )
    def scopes(self, info: strawberry.Info[Any, Any]) -> list[Scope]:
        return sorted(info.context.actor.scopes, key=list(Scope).index)

    @strawberry.field(
        description="The webhooks of the caller, the latest first; or, for who manages accounts, those of an account"
    )
    async def webhooks(self, info: strawberry.Info[Any, Any], account: strawberry.ID | None = None) -> list[Webhook]:
        of = None if account is None else key_of("Account", account)
        keys = await webhook.of_account(info.context, of)
        asked = asked_of(info._raw_info, {})  # noqa: SLF001  Strawberry shows only a copy of it
        (shape,) = asked.targets
        async with info.context.reader() as reader:
            found: dict[str, Webhook] = await reader.by(shape, shape.key, keys, asked.inner)
            listed = [found[key] for key in keys]
            reader.admit(listed, asked.times)
        return listed

    @strawberry.field(description="Those that the caller has asked for, the latest first; at most a hundred")
    async def exports(self, info: strawberry.Info[Any, Any]) -> list[Export]:
        return await every(info)

    @strawberry.field(description="Whether the caller may do an act, such as recordTreatyAction")
    async def can(
        self,
        info: strawberry.Info[Any, Any],
        action: str,
        subject: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="What it would be done upon: the party or the State that the input names, or the object "
                "whose id it takes. Without one the answer is for the caller's own party"
            ),
        ] = None,
    ) -> Permission:
        upon = None if subject is None else decode_id(subject)
        found = await resolve.can(info.context, action, upon)
        return Permission(allowed=found.allowed, reasons=list(found.reasons))


def _place(held: Held) -> tuple[int, str]:
    return list(Capacity).index(held.capacity), held.of or ""


@strawberry.type
class AccountQuery:
    @strawberry.field(description="Who calls, in what capacity, and what they may do")
    def viewer(self) -> Viewer:
        return Viewer()


@strawberry.input(description="Somebody, or some service, is to call on behalf of a party")
class CreateAccountInput:
    label: str = strawberry.field(description="Who it is, for people; one line, at most 200 characters")
    kind: AccountKind
    party: strawberry.ID = strawberry.field(description="The id of the State or the organisation, the ISU among them")
    subject: str | None = strawberry.field(
        default=None, description="Its name at the configured issuer of tokens, for callers without a key"
    )
    person: strawberry.ID | None = strawberry.field(
        default=None, description="Who it is on record: an office held in person is then a capacity of theirs"
    )
    is_admin: bool = strawberry.field(default=False, description="Only an administrator makes another")


@strawberry.input(description="Whose keys and tokens are no longer to be taken")
class SuspendAccountInput:
    id: strawberry.ID
    expected_version: int


@strawberry.input(description="A key for an account, narrowed to some scopes")
class IssueApiKeyInput:
    account: strawberry.ID
    label: str = strawberry.field(description="Where it is used; one line, at most 200 characters")
    scopes: list[Scope] = strawberry.field(description="None that the key, by which it is issued, has not itself")
    expires_at: datetime.datetime | None = strawberry.field(
        default=None, description="Within 365 days, which is also what holds where nothing is said"
    )


@strawberry.input(description="A key that is no longer to be taken")
class RevokeApiKeyInput:
    id: strawberry.ID
    expected_version: int


@names_rows
@strawberry.type(description="The account is there; it needs a key, or a subject, to call")
class AccountCreated(Success):
    key: strawberry.Private[str]
    account: Account = ref("key", db.Account.id)


@names_rows
@strawberry.type(description="The account is closed: its keys and tokens are refused from now on")
class AccountSuspended(Success):
    key: strawberry.Private[str]
    account: Account = ref("key", db.Account.id)


@names_rows
@strawberry.type(description="The key is issued")
class ApiKeyIssued(Success):
    key: strawberry.Private[str]
    token: str = strawberry.field(
        description="What to send as `Authorization: Bearer …`. It is shown this once, and kept nowhere"
    )
    api_key: ApiKey = ref("key", db.ApiKey.id)


@names_rows
@strawberry.type(description="The key is refused from now on")
class ApiKeyRevoked(Success):
    key: strawberry.Private[str]
    api_key: ApiKey = ref("key", db.ApiKey.id)


CreateAccountResult = Annotated[
    AccountCreated | Invalid | NotFound | Forbidden | Conflict, strawberry.union("CreateAccountResult")
]
SuspendAccountResult = Annotated[
    AccountSuspended | Invalid | NotFound | Forbidden | Conflict, strawberry.union("SuspendAccountResult")
]
IssueApiKeyResult = Annotated[
    ApiKeyIssued | Invalid | NotFound | Forbidden | Conflict, strawberry.union("IssueApiKeyResult")
]
RevokeApiKeyResult = Annotated[
    ApiKeyRevoked | Invalid | NotFound | Forbidden | Conflict, strawberry.union("RevokeApiKeyResult")
]


@strawberry.type
class AccountMutation:
    @strawberry.mutation(description="Let somebody call, on behalf of a State, an organisation or the ISU")
    async def create_account(self, info: strawberry.Info[Any, Any], input: CreateAccountInput) -> CreateAccountResult:
        key = await resolve.create(
            info.context,
            label=input.label,
            kind=input.kind,
            party=party_key(input.party, "party"),
            subject=input.subject,
            person=None if input.person is None else key_of("Person", input.person, "person"),
            is_admin=input.is_admin,
        )
        return await complete(info, AccountCreated(key=key))

    @strawberry.mutation(description="Close an account, with all its keys; another than the one that calls")
    async def suspend_account(
        self, info: strawberry.Info[Any, Any], input: SuspendAccountInput
    ) -> SuspendAccountResult:
        key = await resolve.suspend(
            info.context, key=key_of("Account", input.id, "id"), expected_version=input.expected_version
        )
        return await complete(info, AccountSuspended(key=key))

    @strawberry.mutation(description="Issue a key; its secret is shown once")
    async def issue_api_key(self, info: strawberry.Info[Any, Any], input: IssueApiKeyInput) -> IssueApiKeyResult:
        issued = await resolve.issue(
            info.context,
            account=key_of("Account", input.account, "account"),
            label=input.label,
            scopes=input.scopes,
            expires_at=input.expires_at,
        )
        # The door keeps answers for those who repeat a request: this one holds a secret.
        info.context.shows_secrets_of.append(encode_id("ApiKey", issued.id))
        return await complete(info, ApiKeyIssued(key=issued.id, token=issued.token))

    @strawberry.mutation(description="Refuse a key from now on")
    async def revoke_api_key(self, info: strawberry.Info[Any, Any], input: RevokeApiKeyInput) -> RevokeApiKeyResult:
        key = await resolve.revoke(
            info.context, key=key_of("ApiKey", input.id, "id"), expected_version=input.expected_version
        )
        return await complete(info, ApiKeyRevoked(key=key))
