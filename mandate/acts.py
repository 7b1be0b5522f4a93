"""Which acts are judged by which rules: the rules themselves stand with their concepts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mandate.extension
import mandate.obligation
import mandate.treaty_action
from mandate.actor import Act
from mandate.agenda import ADDITION, AGREEMENT
from mandate.committee import NOMINATION
from mandate.meeting import SCHEDULE
from mandate.office import ELECTION, RESIGNATION
from mandate.participation import REGISTRATION
from mandate.rule import Check
from mandate.support import APPOINTMENT, ARRANGEMENT, INSTRUCTION
from mandate.workplan import DRAFTING, ENDORSEMENT, NEXT_STEP

GOVERNED: Mapping[Act, Sequence[Check]] = {
    Act.ELECT_COORDINATOR: ELECTION,
    Act.FILL_VACANCY: ELECTION,
    Act.RESIGN_OFFICE: RESIGNATION,
    Act.NAME_COMMITTEE_REPRESENTATIVE: NOMINATION,
    Act.SCHEDULE_MEETING: SCHEDULE,
    Act.RESCHEDULE_MEETING: SCHEDULE,
    Act.CONFIRM_MEETING: SCHEDULE,
    Act.POSTPONE_MEETING: SCHEDULE,
    Act.OPEN_MEETING: SCHEDULE,
    Act.CLOSE_MEETING: SCHEDULE,
    Act.ADD_AGENDA_ITEM: ADDITION,
    Act.MOVE_AGENDA_ITEM: ADDITION,
    Act.AGREE_PROGRAMME: AGREEMENT,
    Act.NOMINATE_DELEGATION: REGISTRATION,
    Act.REGISTER_PARTICIPANT: REGISTRATION,
    Act.REGISTER_PARTICIPANTS: REGISTRATION,
    Act.DRAFT_WORK_PLAN: DRAFTING,
    Act.ENDORSE_WORK_PLAN: ENDORSEMENT,
    Act.SUBMIT_WORK_PLAN: NEXT_STEP,
    Act.APPROVE_WORK_PLAN: NEXT_STEP,
    Act.RETURN_WORK_PLAN: NEXT_STEP,
    Act.APPOINT_DIRECTOR: APPOINTMENT,
    Act.ARRANGE_ISU_SUPPORT: ARRANGEMENT,
    Act.INSTRUCT_ISU: INSTRUCTION,
}

WAITING = {check.rule for check in (*mandate.extension.GRANT, *mandate.extension.REQUEST)}
"""Rules that are whole, and whose acts are not there yet."""


def acts_of(rule: str) -> list[Act]:
    """Those that the rule governs."""
    return [act for act, checks in GOVERNED.items() if any(check.rule == rule for check in checks)]
