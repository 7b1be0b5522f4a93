"""Who may call: accounts, their keys, and in what capacity each of them calls on a day."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, and_, bindparam, false, or_, select, union
from sqlmodel import col

import db
from db.office import ON_A_DAY, held_on
from db.participation import takes_part
from db.party import party_id
from db.table import Kept, new_id
from db.unit import Unit, instant
from db.visibility import seen
from mandate import webhook
from mandate.account import AccountKind, AccountStatus
from mandate.actor import (
    ABOUT,
    KIND_CAPACITY,
    OWN_RIGHTS,
    Act,
    Actor,
    Capacity,
    Held,
    Permission,
    Scope,
    may,
    sits_in_committee,
)
from mandate.day import PartialDate
from mandate.meeting import MeetingStatus
from mandate.party import ISU_PARTY, PartyKind, code_of
from mandate.treaty_action import TreatyActionType, TreatyStatusKind, status_on
from resolvers import office, text, treaty_action
from resolvers.context import Context, already, find
from resolvers.error import Conflict, Forbidden, Invalid, NotFound, UserError
from resolvers.reading import Reader

LONGEST_LIFE = timedelta(days=365)
_LABEL, _SUBJECT = 200, 255
_FOR_ADMINS = "Accounts of administrators are for ADMIN."
_FOR_OTHERS = "Nobody suspends the account that they call with; on the command line, `isu account suspend` does."


# ---------- in what capacity ----------


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """What of an account its capacities follow from."""

    id: str
    label: str | None
    party: str
    person: str | None = None
    is_admin: bool = False


CALLER = (
    col(db.Account.id),
    col(db.Account.label),
    col(db.Account.party_id),
    col(db.Account.person_id),
    col(db.Account.is_admin),
)


def caller(row: Any) -> Caller:
    """From a row that holds the columns CALLER."""
    return Caller(id=row.id, label=row.label, party=row.party_id, person=row.person_id, is_admin=row.is_admin)


async def capacities_on(reader: Reader, caller: Caller, day: date) -> frozenset[Held]:
    """Computed for the day: an office that ended yesterday gives nothing today."""
    kind, _, code = caller.party.partition(":")
    held = {Held(Capacity.PUBLIC)}
    if caller.is_admin:
        held.add(Held(Capacity.ADMIN))
    if kind == PartyKind.STATE:
        held.add(Held(await _of_state(reader, code, day)))
    else:
        held.add(Held(KIND_CAPACITY[PartyKind(kind)]))
    if caller.party in OWN_RIGHTS:
        held.add(Held(OWN_RIGHTS[caller.party]))
    held |= await _of_offices(reader, caller, day)
    held |= await _of_meetings(reader, caller, day)
    if sits_in_committee(held, day):
        held.add(Held(Capacity.COMMITTEE_MEMBER))
    return frozenset(held)


async def actor_of(reader: Reader, account: str, day: date) -> Actor:
    """For who has a shell on the machine, and its database anyway: the account, with every scope."""
    rows = await reader.rows(select(*CALLER, col(db.Account.status)).where(col(db.Account.id) == account))
    if not rows:
        raise NotFound("There is no such account: `isu account list` shows them.")
    if rows[0].status is AccountStatus.SUSPENDED:
        raise Forbidden("The account is suspended.")
    calls = caller(rows[0])
    return Actor(
        account=calls.id,
        label=calls.label or calls.id,
        party=calls.party,
        held=await capacities_on(reader, calls, day),
        scopes=frozenset(Scope),
    )


async def _of_state(reader: Reader, code: str, day: date) -> Capacity:
    """A State that has consented but is not bound yet is what it was before: a signatory, if it signed."""
    rows = await reader.rows_of(_actions, state=code)
    kind = status_on(treaty_action.acts(rows), day).kind
    if kind is TreatyStatusKind.STATE_PARTY:
        return Capacity.STATE_PARTY
    signed = any(
        row.type is TreatyActionType.SIGNATURE and row.date is not None and row.date.earliest <= day for row in rows
    )
    if kind is TreatyStatusKind.SIGNATORY or (kind is TreatyStatusKind.CONSENT_EXPRESSED and signed):
        return Capacity.SIGNATORY
    return Capacity.OBSERVER_STATE


def _actions(_reader: Reader) -> Executable:
    action = db.TreatyAction
    return select(col(action.type), col(action.date), col(action.takes_effect_on)).where(
        col(action.state_code) == bindparam("state"), col(action.convention_code) == "CCM"
    )


async def _of_offices(reader: Reader, caller: Caller, day: date) -> set[Held]:
    of = {"party": caller.party, "day": PartialDate.of(day)}
    if caller.person is not None:
        of["person"] = caller.person
    rows = await reader.rows_of(_offices, caller.person is not None, **of)
    president, designate = office.in_turn(rows, day)
    held = set()
    for row in rows:
        of_party = row.party_id == caller.party
        match row.role_code:
            case "president" if of_party and row is president:
                held.add(Held(Capacity.PRESIDENT))
            case "president" | "president_designate" if of_party and row is designate:
                held.add(Held(Capacity.PRESIDENT_DESIGNATE))
            case "coordinator" if of_party:
                held.add(Held(Capacity.COORDINATOR, row.body_code))
            case "coordination_committee_member" if of_party:
                held.add(Held(Capacity.COMMITTEE_MEMBER))
            case "isu_director" if of_party and caller.person is not None and row.person_id == caller.person:
                held.add(Held(Capacity.ISU_DIRECTOR))
    return held


def _offices(_reader: Reader, of_person: bool) -> Executable:
    """With all Presidents, for who is designated follows from who comes next: every request pays for it."""
    term, held_today = db.OfficeTerm, held_on(ON_A_DAY)
    theirs = [col(term.party_id) == bindparam("party")]
    if of_person:
        theirs.append(col(term.person_id) == bindparam("person"))
    return (
        select(
            col(term.id),
            col(term.party_id),
            col(term.person_id),
            col(term.office_code),
            col(term.starts_on),
            col(term.ends_on),
            col(db.Office.role_code),
            col(db.Office.body_code),
            held_today.label("held"),
        )
        .join(db.Office, col(db.Office.code) == col(term.office_code))
        .where(or_(col(term.office_code).in_(["president", "president_designate"]), and_(or_(*theirs), held_today)))
        .order_by(col(term.starts_on))
    )


async def _of_meetings(reader: Reader, caller: Caller, day: date) -> set[Held]:
    """From the day of the first registration on, and for good: who took part keeps seeing what is theirs.

    Whoever presides over a meeting takes part in it from its opening on, registered or not.
    """
    state = code_of(caller.party) if caller.party.startswith(PartyKind.STATE) else None
    rows = await reader.rows_of(_meetings, party=caller.party, state=state, day=day, known=PartialDate.of(day))
    return {Held(Capacity.PARTICIPANT, row[0]) for row in rows}


def _meetings(_reader: Reader) -> Executable:
    part, meeting = db.Participation, db.Meeting
    registered = select(col(part.meeting_code)).where(
        col(part.party_id) == bindparam("party"), col(part.registered_on) <= bindparam("day"), takes_part()
    )
    presided = select(col(meeting.code)).where(
        col(meeting.presidency_code) == bindparam("state"),
        # As it is kept, the month sorts before its days: it has opened, as far as is known.
        col(meeting.starts_on) <= bindparam("known"),
        col(meeting.status).in_([MeetingStatus.IN_PROGRESS, MeetingStatus.CLOSED]),
    )
    return union(registered, presided)


async def capacities_of_viewer(context: Context, day: date | None) -> frozenset[Held]:
    """Of who calls, today or on another day."""
    if day is None or day == context.today or context.actor.party is None:
        return context.actor.held
    async with context.reader() as reader:
        rows = await reader.rows(select(*CALLER).where(col(db.Account.id) == context.actor.account))
        return await capacities_on(reader, caller(rows[0]), day) if rows else context.actor.held


_TABLES: Mapping[str, type[Kept]] = {
    "Account": db.Account,
    "AdviceRequest": db.AdviceRequest,
    "AgendaItem": db.AgendaItem,
    "ApiKey": db.ApiKey,
    "Communication": db.Communication,
    "ContactPoint": db.Contact,
    "Contribution": db.Contribution,
    "CoordinatorTerm": db.OfficeTerm,
    "Decision": db.Decision,
    "Document": db.Document,
    "DecisionParagraph": db.DecisionParagraph,
    "IsuArrangement": db.IsuArrangement,
    "Meeting": db.Meeting,
    "MeetingRecord": db.MeetingRecord,
    "OfficeTerm": db.OfficeTerm,
    "Participation": db.Participation,
    "Person": db.Person,
    "Recipient": db.Recipient,
    "RecordComment": db.RecordComment,
    "Statement": db.Statement,
    "TreatyAction": db.TreatyAction,
    "Webhook": db.Webhook,
    "WorkPlan": db.WorkPlan,
}
"""Of what acts are about, beside parties."""


async def can(context: Context, action: str, subject: tuple[str, str] | None) -> Permission:
    """Whether who calls may do the act, upon something or upon their own party; with the reasons where not.

    What the caller does not see answers as what is not there, and both as the act would.
    """
    if action not in set(Act):
        raise UserError("There is no such act.")
    act = Act(action)
    if subject is None:
        return may(context.actor, act, context.actor.party)
    name, key = subject
    if name not in ABOUT.get(act, ()):
        return Permission(False, (f"{act} is not done upon an object of this type.",))
    party: str | None = None
    if name in ("State", "Organisation"):
        party = party_of(name, key)
        found = await _seen(context, db.Party, party)
    else:
        found = await _seen(context, _TABLES[name], key)
        if name in ("ContactPoint", "OfficeTerm", "CoordinatorTerm", "Participation", "Statement"):
            party = context.actor.party if found is None else found["party_id"]
    if act is Act.COMMENT_ON_MEETING_RECORD:
        # Upon the ISU's record, and for the caller's own party.
        party = context.actor.party
    permission = may(context.actor, act, party)
    if not permission.allowed:
        return permission
    if name == "Webhook" and found is not None:
        upon = webhook.may_act_upon(context.actor, act, account=found["account_id"], scopes=found["scopes"])
        if upon is None or found["status"] is webhook.WebhookStatus.DELETED:
            found = None
        elif not upon.allowed:
            return upon
    if found is None:
        return Permission(False, ("There is no such object.",))
    async with context.reader() as reader:
        concerned = await reader.rows(select(*CALLER).where(_accounts_of(name, key)))
    if Capacity.ADMIN not in context.actor.capacities and any(each.is_admin for each in concerned):
        return Permission(False, (_FOR_ADMINS,))
    suspends = act in (Act.SUSPEND_ACCOUNT, Act.ERASE_PERSON)
    if suspends and any(each.id == context.actor.account for each in concerned):
        return Permission(False, (_FOR_OTHERS,))
    return permission


def _accounts_of(name: str, key: str) -> ColumnElement[bool]:
    """The accounts that an act upon the object concerns."""
    match name:
        case "Account":
            return col(db.Account.id) == key
        case "ApiKey":
            return col(db.Account.id).in_(select(col(db.ApiKey.account_id)).where(col(db.ApiKey.id) == key))
        case "Person":
            return col(db.Account.person_id) == key
    return false()


async def _seen(context: Context, table: type[Kept], key: str) -> Mapping[str, Any] | None:
    async with context.reader() as reader:
        rows = await reader.rows(seen(table, key, context.actor))
    return rows[0]._mapping if rows else None  # noqa: SLF001  its public name is the same


def party_of(type_name: str, code: str) -> str:
    """The ISU is listed among the organisations, and is a party of its own kind."""
    if type_name == "Organisation" and party_id(PartyKind.ISU, code) == ISU_PARTY:
        return ISU_PARTY
    return party_id(PartyKind.STATE if type_name == "State" else PartyKind.ORGANISATION, code)


# ---------- the acts ----------


async def create(
    context: Context,
    *,
    label: str,
    kind: AccountKind,
    party: str,
    subject: str | None = None,
    person: str | None = None,
    is_admin: bool = False,
) -> str:
    """Let somebody call, on behalf of a State, an organisation or the ISU."""
    async with context.act(Act.CREATE_ACCOUNT) as unit:
        only_admins_manage_admins(context, is_admin)
        against = [("label", reason) for reason in text.against(label, _LABEL)]
        if subject is not None:
            against += [("subject", reason) for reason in text.against(subject, _SUBJECT)]
        if person is not None and kind is not AccountKind.PERSON:
            against.append(("person", "A service is nobody: only the account of a person names one."))
        if against:
            raise Invalid(*against)
        if await unit.row(db.Party, (party,)) is None:
            raise NotFound("There is no such party.")
        if person is not None:
            named = await unit.row(db.Person, (person,))
            if named is None:
                raise NotFound("There is no such person.")
            if named["full_name"] is None:
                raise Invalid(("person", "The person was erased."))
        if subject is not None and await _is_taken(unit, subject):
            raise Conflict("Another account has this subject.", code="DUPLICATE")
        key = new_id()
        account = {
            "id": key,
            "label": label.strip(),
            "kind": kind,
            "party_id": party,
            "subject": subject,
            "person_id": person,
            "is_admin": is_admin,
            "status": AccountStatus.ACTIVE,
        }
        await unit.keep(db.Account, [account])
    return key


async def suspend(context: Context, *, key: str, expected_version: int | None = None) -> str:
    """Close an account; its keys and tokens are refused from the next request on."""
    async with context.act(Act.SUSPEND_ACCOUNT) as unit:
        account = await find(unit, db.Account, key, expected_version)
        only_admins_manage_admins(context, account["is_admin"])
        only_others_suspend(context, key)
        if account["status"] is AccountStatus.SUSPENDED:
            raise already("is suspended", account)
        await unit.change(db.Account, [((key,), {"status": AccountStatus.SUSPENDED})])
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A new key; nobody can read its secret again."""

    id: str
    token: str


async def issue(
    context: Context,
    *,
    account: str,
    label: str,
    scopes: Collection[Scope],
    expires_at: datetime | None = None,
) -> Issued:
    """Issue a key for an account, for a year at most, and for no more than the key that issues it is for."""
    async with context.act(Act.ISSUE_API_KEY) as unit:
        row = await find(unit, db.Account, account)
        only_admins_manage_admins(context, row["is_admin"])
        _within_its_own(context, scopes)
        if row["status"] is AccountStatus.SUSPENDED:
            raise Invalid(("account", "It is suspended."))
        now = datetime.now(UTC)
        expires_at = expires_at or now + LONGEST_LIFE
        against = [("label", reason) for reason in text.against(label, _LABEL)]
        if not scopes:
            against.append(("scopes", "A key without a scope opens nothing."))
        if expires_at <= now:
            against.append(("expiresAt", "The key would have expired already."))
        if expires_at > now + LONGEST_LIFE:
            against.append(("expiresAt", f"A key expires within {LONGEST_LIFE.days} days."))
        if against:
            raise Invalid(*against)
        key, secret = new_id(), secrets.token_urlsafe(32)
        kept = {
            "id": key,
            "account_id": account,
            "label": label.strip(),
            "secret_hash": secret_hash(secret),
            "scopes": sorted(scope.value for scope in set(scopes)),
            "created_at": instant(now),
            "expires_at": instant(expires_at),
            "revoked_at": None,
        }
        await unit.keep(db.ApiKey, [kept])
    return Issued(id=key, token=f"isu_{key}_{secret}")


async def revoke(context: Context, *, key: str, expected_version: int | None = None) -> str:
    """Refuse a key from the next request on."""
    async with context.act(Act.REVOKE_API_KEY) as unit:
        row = await find(unit, db.ApiKey, key, expected_version)
        account = await find(unit, db.Account, row["account_id"])
        only_admins_manage_admins(context, account["is_admin"])
        if row["revoked_at"] is not None:
            raise already("is revoked", row)
        await unit.change(db.ApiKey, [((key,), {"revoked_at": instant()})])
    return key


async def first_key(context: Context) -> Issued | None:
    """For who has just set up an instance: the ISU's, for every act; None where there are accounts already."""
    async with context.reader() as reader:
        accounts = await reader.rows(select(col(db.Account.id)).limit(1))
        isu = await reader.rows(select(col(db.Party.id)).where(col(db.Party.id) == ISU_PARTY))
    if accounts or not isu:
        return None
    key = await create(context, label="Local use", kind=AccountKind.SERVICE, party=ISU_PARTY, is_admin=True)
    return await issue(context, account=key, label="Made at the first start", scopes=list(Scope))


async def every(context: Context) -> Sequence[Any]:
    """All accounts, the oldest first."""
    async with context.reader() as reader:
        shown = (*CALLER, col(db.Account.kind), col(db.Account.status), col(db.Account.subject))
        return await reader.rows(select(*shown).order_by(CALLER[0]))


async def keys(context: Context) -> Sequence[Any]:
    """All keys, the oldest first; never what they are checked against."""
    key = db.ApiKey
    shown = (key.id, key.account_id, key.label, key.scopes, key.expires_at, key.revoked_at, db.KeyUse.last_used_at)
    async with context.reader() as reader:
        return await reader.rows(
            select(*(col(each) for each in shown))
            .outerjoin(db.KeyUse, col(db.KeyUse.key_id) == col(key.id))
            .order_by(col(key.id))
        )


def secret_hash(secret: str) -> str:
    """A fast hash is enough: 256 random bits can not be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def only_admins_manage_admins(context: Context, is_admin: bool) -> None:
    """Else the key of an administrator could be had by whoever may issue keys."""
    if is_admin and Capacity.ADMIN not in context.actor.capacities:
        raise Forbidden(_FOR_ADMINS)


def only_others_suspend(context: Context, account: str) -> None:
    """Else the last administrator could leave nobody to let anybody in."""
    if account == context.actor.account:
        raise Forbidden(_FOR_OTHERS)


def _within_its_own(context: Context, scopes: Collection[Scope]) -> None:
    """Else a narrow key would be as good as any."""
    beyond = sorted(set(scopes) - context.actor.scopes)
    if beyond:
        raise Forbidden(f"A key issues none for more than itself: {', '.join(beyond)}.")


async def _is_taken(unit: Unit, subject: str) -> bool:
    found = await unit.connection.execute(select(col(db.Account.id)).where(col(db.Account.subject) == subject))
    return found.first() is not None
