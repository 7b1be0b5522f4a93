"""Who is bound since when: signature, consent, entry into force, withdrawal."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mandate.day import PartialDate, first_of_month_after, months_after, years_after
from mandate.rule import derives, figures
from mandate.source import Citation, Explanation, cite

IN_FORCE_FOR_THE_FIRST = cite("CCM", "Article 17(1)")
IN_FORCE_FOR_THE_LATER = cite("CCM", "Article 17(2)")
SIGNATURE_OPEN = cite("CCM", "Article 15")
CONSENT = cite("CCM", "Article 16(1)")
ACCESSION_OPEN = cite("CCM", "Article 16(2)")
PROVISIONAL = cite("CCM", "Article 18")
NO_RESERVATIONS = cite("CCM", "Article 19")
WITHDRAWAL_RIGHT = cite("CCM", "Article 20(2)")
WITHDRAWAL_EFFECT = cite("CCM", "Article 20(3)")

ADOPTED = datetime.date(2008, 5, 30)
OPENED = datetime.date(2008, 12, 3)
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
OF_SIGNATORIES = frozenset({TreatyActionType.RATIFICATION, TreatyActionType.ACCEPTANCE, TreatyActionType.APPROVAL})


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


@dataclass(frozen=True, slots=True)
class Objection:
    """What stands against an act: the member that tells it, and the paragraph."""

    member: str
    reason: str
    citation: Citation

    def __str__(self) -> str:
        return f"{self.reason} ({self.citation.paragraph})."


@derives("entry-into-force")
def entry_into_force(deposited: PartialDate) -> datetime.date | None:
    """The first day of the sixth month after the month of deposit, never before the Convention's own.

    A deposit known only to the year says too little to compute from.
    """
    if deposited.month is None:
        return None
    return _in_force_after(deposited.earliest)


def _in_force_after(deposited: datetime.date) -> datetime.date:
    return max(first_of_month_after(deposited, figures("entry-into-force")["months"]), CONVENTION_IN_FORCE)


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


def against(act: TreatyAct, others: Iterable[TreatyAct], stated: datetime.date | None = None) -> Iterator[Objection]:
    """What the Convention has against an act, by itself and beside the others of its State.

    `stated` is the day from which a source lets it take effect. Reading: a date known only to the month or the year
    is good if one of its days is. Who succeeds to another State is asked for neither a signature nor the lack of one.
    """
    yield from _against_itself(act, stated)
    by_type = {each.type: each for each in (*others, act)}
    signature, withdrawal = by_type.get(TreatyActionType.SIGNATURE), by_type.get(TreatyActionType.WITHDRAWAL)
    consent, provisional = consent_of(by_type.values()), by_type.get(TreatyActionType.PROVISIONAL_APPLICATION)
    if act.type in OF_SIGNATORIES and signature is None:
        yield Objection("type", "It is for Signatories, and no signature is on record", CONSENT)
    if act.type is TreatyActionType.WITHDRAWAL and consent is None:
        yield Objection("type", "Only a State that has consented to be bound can withdraw", WITHDRAWAL_RIGHT)
    if consent is None:
        return
    if signature and (act is signature or act is consent):
        yield from _against_signed(signature, consent)
    if withdrawal and (act is withdrawal or act is consent):
        yield from _against_withdrawn(withdrawal, consent.takes_effect_on, act)
    if provisional and (act is provisional or act is consent):
        yield from _against_applied(provisional, consent.takes_effect_on)


def _against_itself(act: TreatyAct, stated: datetime.date | None) -> Iterator[Objection]:
    if act.type is TreatyActionType.RESERVATION:
        yield Objection("type", "The Convention is not subject to reservations", NO_RESERVATIONS)
    if act.date is not None:
        signs = act.type is TreatyActionType.SIGNATURE
        if act.date.latest < ADOPTED:
            yield Objection("date", f"The Convention was adopted on {ADOPTED}", SIGNATURE_OPEN)
        elif signs and (act.date.latest < OPENED or act.date.earliest >= CONVENTION_IN_FORCE):
            period = f"from {OPENED} until it entered into force on {CONVENTION_IN_FORCE}"
            yield Objection("date", f"The Convention was open for signature {period}", SIGNATURE_OPEN)
    if stated is not None:
        yield from _against_effect(act, stated)
    elif act.type is TreatyActionType.WITHDRAWAL and act.date is not None and act.date.exact is None:
        # It would never take effect, and the State be told to be bound for good.
        reason = f"Received in {act.date}, it takes effect on a day that has to be named: six months later or after"
        yield Objection("takesEffectOn", reason, WITHDRAWAL_EFFECT)


def _against_effect(act: TreatyAct, stated: datetime.date) -> Iterator[Objection]:
    """Reading: where a source states another entry into force than the rule gives, it is no more than a year away."""
    if act.type is TreatyActionType.WITHDRAWAL:
        if act.date and stated < months_after(act.date.earliest, 6):
            reason = f"Received on {act.date}, it takes effect six months later at the earliest"
            yield Objection("takesEffectOn", reason, WITHDRAWAL_EFFECT)
    elif act.type not in BINDING:
        reason = "Only a consent to be bound and a withdrawal take effect on a day of their own"
        yield Objection("takesEffectOn", reason, IN_FORCE_FOR_THE_LATER)
    elif act.date:
        first, last = (_in_force_after(day) for day in (act.date.earliest, act.date.latest))
        if not max(act.date.earliest, years_after(first, -1)) <= stated <= years_after(last, 1):
            reason = f"Deposited on {act.date}, it takes effect on the first day of the sixth month after the month"
            yield Objection("takesEffectOn", reason, IN_FORCE_FOR_THE_LATER)


def _against_signed(signature: TreatyAct, consent: TreatyAct) -> Iterator[Objection]:
    if consent.type is TreatyActionType.ACCESSION:
        yield Objection("type", "Accession is for States that have not signed", ACCESSION_OPEN)
    elif signature.date and consent.date and consent.date.latest < signature.date.earliest:
        reason = f"Signed on {signature.date}, the State can not have deposited on {consent.date}"
        yield Objection("date", reason, CONSENT)


def _against_withdrawn(withdrawal: TreatyAct, in_force: datetime.date | None, act: TreatyAct) -> Iterator[Objection]:
    """Of some withdrawals only the day is known on which they took effect."""
    received, effect = withdrawal.date, withdrawal.takes_effect_on
    if in_force is None:
        return
    reason = f"The Convention is in force for the State from {in_force}, and only a State Party can withdraw"
    if received is not None:
        if received.latest < in_force:
            yield Objection("date", reason, WITHDRAWAL_RIGHT)
    elif effect is not None and effect < months_after(in_force, 6):
        member = "takesEffectOn" if act is withdrawal else "date"
        yield Objection(member, f"{reason}, six months ahead", WITHDRAWAL_EFFECT)


def _against_applied(provisional: TreatyAct, in_force: datetime.date | None) -> Iterator[Objection]:
    if provisional.date and in_force and provisional.date.earliest >= in_force:
        reason = f"It is provisional until the Convention is in force for the State, which is from {in_force}"
        yield Objection("date", reason, PROVISIONAL)


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
