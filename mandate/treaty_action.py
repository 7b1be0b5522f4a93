"""Who is bound since when: signature, consent, entry into force, withdrawal."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mandate.day import PartialDate, first_of_month_after, months_after
from mandate.rule import derives, figures
from mandate.source import Citation, Explanation, cite

IN_FORCE_FOR_THE_FIRST = cite("CCM", "Article 17(1)")
IN_FORCE_FOR_THE_LATER = cite("CCM", "Article 17(2)")
SIGNATURE_OPEN = cite("CCM", "Article 15")
CONSENT = cite("CCM", "Article 16(1)")
ACCESSION_OPEN = cite("CCM", "Article 16(2)")
WITHDRAWAL_EFFECT = cite("CCM", "Article 20(3)")

CONVENTION_IN_FORCE = datetime.date(2010, 8, 1)
"""The thirtieth instrument was deposited on 16 February 2010 (Article 17(1))."""


class TreatyActionType(StrEnum):
    SIGNATURE = "SIGNATURE"
    RATIFICATION = "RATIFICATION"
    ACCEPTANCE = "ACCEPTANCE"
    APPROVAL = "APPROVAL"
    ACCESSION = "ACCESSION"
    SUCCESSION = "SUCCESSION"
    PROVISIONAL_APPLICATION = "PROVISIONAL_APPLICATION"
    DECLARATION = "DECLARATION"
    RESERVATION = "RESERVATION"
    OBJECTION = "OBJECTION"
    WITHDRAWAL = "WITHDRAWAL"


BINDING = frozenset(
    {
        TreatyActionType.RATIFICATION,
        TreatyActionType.ACCEPTANCE,
        TreatyActionType.APPROVAL,
        TreatyActionType.ACCESSION,
        TreatyActionType.SUCCESSION,
    }
)
"""The acts by which a State consents to be bound."""


class TreatyStatusKind(StrEnum):
    STATE_PARTY = "STATE_PARTY"
    CONSENT_EXPRESSED = "CONSENT_EXPRESSED"
    SIGNATORY = "SIGNATORY"
    STATE_NOT_PARTY = "STATE_NOT_PARTY"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatyAct:
    """What the rules may know of one treaty action."""

    type: TreatyActionType
    date: PartialDate | None
    takes_effect_on: datetime.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatyStatus:
    kind: TreatyStatusKind
    since: PartialDate | None
    in_force_since: datetime.date | None
    explanation: Explanation


@derives("entry-into-force")
def entry_into_force(deposited: PartialDate) -> datetime.date | None:
    """The first day of the sixth month after the month of deposit, never before the Convention's own.

    A deposit known only to the year says too little to compute from.
    """
    if deposited.month is None:
        return None
    months = figures("entry-into-force")["months"]
    return max(first_of_month_after(deposited.earliest, months), CONVENTION_IN_FORCE)


@derives("withdrawal")
def withdrawal_effect(received: PartialDate) -> datetime.date | None:
    """Six months after the Depositary received the instrument; an armed conflict can put it off."""
    return None if received.exact is None else months_after(received.exact, figures("withdrawal")["months"])


def explain_entry_into_force(deposited: PartialDate) -> Explanation:
    in_force = entry_into_force(deposited)
    first = in_force == CONVENTION_IN_FORCE
    rule = (
        "the instrument is among those with which the Convention entered into force"
        if first
        else "the first day of the sixth month after the month of deposit"
    )
    return Explanation(
        summary=f"Deposited on {deposited}: in force from {in_force} ({rule})."
        if in_force
        else f"A deposit known only as {deposited} does not give the day of entry into force.",
        citations=(IN_FORCE_FOR_THE_FIRST if first else IN_FORCE_FOR_THE_LATER,),
        inputs={"deposited": str(deposited), "conventionInForce": str(CONVENTION_IN_FORCE)},
    )


def consent_of(acts: Iterable[TreatyAct]) -> TreatyAct | None:
    """The act by which the State consented to be bound, if there is one."""
    return next((act for act in acts if act.type in BINDING), None)


def status_on(acts: Sequence[TreatyAct], day: datetime.date) -> TreatyStatus:
    """The State's place on a day. An act known only to the month counts from the month's first day."""
    signature = next((a for a in acts if a.type is TreatyActionType.SIGNATURE), None)
    consent = consent_of(acts)
    withdrawal = next((a for a in acts if a.type is TreatyActionType.WITHDRAWAL), None)
    in_force = consent.takes_effect_on if consent else None
    signed = signature.date if signature and _done(signature, day) else None
    inputs = {
        "asOf": str(day),
        "signed": _text(signature and signature.date),
        "deposited": _text(consent and consent.date),
        "consent": consent.type.value if consent else None,
        "entersIntoForceOn": _text(in_force),
        "withdrawalTakesEffectOn": _text(withdrawal and withdrawal.takes_effect_on),
    }

    since: PartialDate | None
    citations: tuple[Citation, ...]
    if withdrawal and withdrawal.takes_effect_on and withdrawal.takes_effect_on <= day:
        kind, since = TreatyStatusKind.WITHDRAWN, PartialDate.of(withdrawal.takes_effect_on)
        summary = (
            f"Its withdrawal took effect on {withdrawal.takes_effect_on}, six months after the "
            f"Depositary received the instrument; the Convention had been in force for it since "
            f"{in_force}."
        )
        citations = (WITHDRAWAL_EFFECT,)
    elif consent and in_force and in_force <= day:
        kind, since = TreatyStatusKind.STATE_PARTY, PartialDate.of(in_force)
        summary = (
            f"{consent.type.value.capitalize()} deposited on {consent.date}; the Convention is in "
            f"force for it since {in_force}."
        )
        if withdrawal and withdrawal.takes_effect_on:
            summary += f" Its withdrawal takes effect on {withdrawal.takes_effect_on}."
        first = in_force == CONVENTION_IN_FORCE
        citations = (IN_FORCE_FOR_THE_FIRST if first else IN_FORCE_FOR_THE_LATER,)
    elif consent and _done(consent, day):
        kind, since = TreatyStatusKind.CONSENT_EXPRESSED, consent.date
        summary = (
            f"{consent.type.value.capitalize()} deposited on {consent.date}; the Convention enters "
            f"into force for it on {in_force}."
        )
        first = in_force == CONVENTION_IN_FORCE
        citations = (IN_FORCE_FOR_THE_FIRST if first else IN_FORCE_FOR_THE_LATER,)
    elif signed:
        kind, since = TreatyStatusKind.SIGNATORY, signed
        summary = f"Signed on {signed}; no instrument deposited by {day}."
        citations = (CONSENT,)
    else:
        kind, since = TreatyStatusKind.STATE_NOT_PARTY, None
        summary = f"Neither signed nor deposited an instrument by {day}."
        citations = (SIGNATURE_OPEN, ACCESSION_OPEN)

    party = kind is TreatyStatusKind.STATE_PARTY
    return TreatyStatus(
        kind=kind,
        since=since,
        in_force_since=in_force if party else None,
        explanation=Explanation(summary=summary, citations=citations, inputs=inputs),
    )


def _done(act: TreatyAct, day: datetime.date) -> bool:
    return act.date is not None and act.date.earliest <= day


def _text(value: object) -> str | None:
    return None if value is None else str(value)
