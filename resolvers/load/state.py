"""states.csv: States, and what each of them signed and deposited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

import db
from db.party import party_id
from db.table import Kept
from mandate.day import PartialDate
from mandate.party import PartyKind
from mandate.provenance import ProvenanceBasis
from mandate.text import LocalizedText, sort_key
from mandate.treaty_action import (
    BINDING,
    CONVENTION_IN_FORCE,
    TreatyActionType,
    entry_into_force,
)
from resolvers.load.cell import M49, Alpha2, Alpha3, Date, Day, Name, Short, Text, Texts
from resolvers.load.reference import CONVENTION
from resolvers.load.register import CONSENT, Register, Source, provenance
from resolvers.load.sheet import Line, Row

_CHECKED = {"two_sources": "Rests on two sources.", "one_source": "Rests on one source."}


class StateRow(Row):
    alpha2: Alpha2
    alpha3: Alpha3
    m49: M49
    name: Name
    short_name: Name
    un_status: Literal["member", "observer", "non-member"]
    un_regional_group: Short | None
    m49_region: Short | None
    m49_subregion: Short | None
    status: Literal["state_party", "signatory", "withdrawn", "state_not_party"]
    signed: Date | None
    deposited: Date | None
    how: Literal["ratification", "acceptance", "approval", "accession", "succession"] | None
    entry_into_force: Day | None
    entry_into_force_check: Text | None
    original_thirty: Literal["yes", "no"] | None
    provisional_application: Date | None
    withdrawal_effective: Day | None
    source_check: Literal["two_sources", "one_source", "disagree"] | None
    disagreement: Text | None
    note: Text | None
    sources: Texts


def turn(line: Line[StateRow], register: Register) -> Iterator[Kept]:
    row = line.row
    _check(line)
    register.only_here(line, "alpha2", db.State, row.alpha3)
    register.only_here(line, "m49", db.State, row.alpha3)
    party = db.Party(id=party_id(PartyKind.STATE, row.alpha3), kind=PartyKind.STATE, code=row.alpha3)
    state = db.State(
        code=row.alpha3,
        party_id=party.id,
        alpha2=row.alpha2,
        m49=row.m49,
        name=LocalizedText.of(row.short_name),
        official_name=LocalizedText.of(row.name),
        sort_name=sort_key(row.short_name),
        un_status=row.un_status,
        regional_group=row.un_regional_group,
        m49_region=row.m49_region,
        m49_subregion=row.m49_subregion,
    )
    yield state
    yield party
    yield from provenance(state, sources=row.sources, note=row.note, disagreement=row.disagreement)
    for action in _actions(row, register):
        yield action
        yield from _provenance_of(action, row)


def _check(line: Line[StateRow]) -> None:
    """What follows from the dates is in the file too: both must agree."""
    row = line.row
    if (row.deposited is None) != (row.how is None):
        line.refuse("how", "a deposit has a date and a manner, or neither")
    if row.withdrawal_effective and not row.deposited:
        line.refuse("withdrawal_effective", "only a State that deposited can withdraw")
    in_force = entry_into_force(row.deposited) if row.deposited else None
    if row.entry_into_force != in_force:
        line.refuse("entry_into_force", f"by Article 17 it should be {in_force or 'empty'}, from the deposit")
    first = None if in_force is None else "yes" if in_force == CONVENTION_IN_FORCE else "no"
    if row.original_thirty != first:
        line.refuse("original_thirty", f"should be {first or 'empty'}, from the deposit")
    if row.withdrawal_effective:
        status = "withdrawn"
    elif row.deposited:
        status = "state_party"
    else:
        status = "signatory" if row.signed else "state_not_party"
    if row.status != status:
        line.refuse("status", f"should be {status}, from the dates")


def _actions(row: StateRow, register: Register) -> Iterator[db.TreatyAction]:
    of = (CONVENTION, row.alpha3)

    def action(
        type: TreatyActionType,
        on: PartialDate | None,
        effect: date | None = None,
        stated: bool = False,
    ) -> db.TreatyAction:
        keys = (type, CONSENT) if type in BINDING else (type,)
        return db.TreatyAction(
            id=register.id_of(db.TreatyAction, *((*of, key) for key in keys)),
            convention_code=CONVENTION,
            state_code=row.alpha3,
            type=type,
            date=on,
            takes_effect_on=effect,
            stated_takes_effect_on=PartialDate.of(effect) if effect and stated else None,
        )

    if row.signed:
        yield action(TreatyActionType.SIGNATURE, row.signed)
    if row.deposited and row.how:
        agreed = "agrees" in (row.entry_into_force_check or "")
        consent = TreatyActionType(row.how.upper())
        yield action(consent, row.deposited, row.entry_into_force, stated=agreed)
    if row.provisional_application:
        yield action(TreatyActionType.PROVISIONAL_APPLICATION, row.provisional_application)
    if row.withdrawal_effective:
        yield action(TreatyActionType.WITHDRAWAL, None, row.withdrawal_effective, stated=True)


def _provenance_of(action: db.TreatyAction, row: StateRow) -> Iterator[db.Provenance]:
    yield from provenance(
        action,
        sources=row.sources,
        note=_CHECKED.get(row.source_check or ""),
        disagreement=_disagreement_on(action, row.disagreement),
    )
    if action.type in BINDING and action.takes_effect_on:
        yield from provenance(
            action,
            "entersIntoForceOn",
            basis=ProvenanceBasis.COMPUTED,
            note=row.entry_into_force_check,
        )


def _disagreement_on(action: db.TreatyAction, text: str | None) -> str | None:
    """`signature: …; deposit: …`: each act is told its own part."""
    act = {TreatyActionType.SIGNATURE: "signature"}.get(action.type)
    if action.type in BINDING:
        act = "deposit"
    parts = [part for part in (text or "").split("; ") if part.startswith(f"{act}: ")]
    return "; ".join(parts) or None


SOURCE = Source(name="states", row=StateRow, main=db.State, known_by=("alpha3",), turn=turn)
