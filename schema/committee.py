"""The Coordination Committee on a day, its free seats, and the act by which organisations name who represents them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any

import strawberry

import db
import mandate.committee
from mandate.committee import CommitteeCapacity, CommitteeRole
from mandate.day import PartialDate
from mandate.office import Seat
from resolvers import committee as resolve
from resolvers import office
from resolvers.error import UserError
from resolvers.rule import rule_set_on
from schema.body import Portfolio
from schema.explanation import RuleCitation
from schema.id import key_of
from schema.office import CoordinatorTerm, OfficeTerm
from schema.party import Party
from schema.person import Person
from schema.problem import Conflict, Forbidden, Invalid, NotFound, Refusal
from schema.reading import asked_below, complete, names_rows, ref
from schema.rule import RuleEvaluation, day_of, said
from schema.state import State
from schema.success import Success


@names_rows
@strawberry.type(description="A seat on the Coordination Committee, and the paragraph that it rests on")
class CommitteeSeat:
    role: CommitteeRole
    capacity: CommitteeCapacity
    party: strawberry.Private[str | None]
    person_id: strawberry.Private[str | None]
    body: strawberry.Private[str | None]
    term_id: strawberry.Private[str | None]
    holder: Party | None = ref("party", db.Party.id)
    representative: Person | None = ref(
        "person_id", db.Person.id, description="Null where nobody is named, or the caller may not know"
    )
    portfolio: Portfolio | None = ref("body", db.Body.code, description="Of a Coordinator")
    term: OfficeTerm | None = ref(
        "term_id", db.OfficeTerm.id, description="Null where the seat comes from what its holder is"
    )
    basis: list[RuleCitation]
    since: PartialDate | None = strawberry.field(description="Null where no source tells")
    until: PartialDate | None = strawberry.field(description="The first day no longer; null where no end is known")

    @classmethod
    def of(cls, seat: mandate.committee.CommitteeSeat) -> CommitteeSeat:
        return cls(
            role=seat.role,
            capacity=seat.capacity,
            party=seat.party,
            person_id=seat.person,
            body=seat.portfolio,
            term_id=seat.term,
            basis=[RuleCitation.of(each) for each in seat.basis],
            since=seat.since,
            until=seat.until,
        )


@names_rows
@strawberry.type(description="A Coordinator's seat that is free, or will be")
class Vacancy:
    body: strawberry.Private[str]
    left: strawberry.Private[str | None]
    portfolio: Portfolio = ref("body", db.Body.code)
    seat: Seat
    opens_on: datetime.date
    completes: CoordinatorTerm | None = ref(
        "left", db.OfficeTerm.id, description="A term left early, of which it is the rest"
    )
    until: datetime.date | None = strawberry.field(description="The end of that rest")
    excluded: strawberry.Private[tuple[str, ...]]
    excluded_states: list[State] = ref(
        "excluded",
        db.State.code,
        description="That rotation excludes on that day, unless it is necessary (Prop. 2(6))",
    )
    affected_state_preferred: bool = strawberry.field(
        description="Whether the group would else have no Coordinator from an affected State (Prop. 2(5))"
    )

    @classmethod
    def of(cls, vacancy: mandate.committee.Vacancy) -> Vacancy:
        return cls(
            body=vacancy.portfolio,
            left=vacancy.completes,
            seat=vacancy.seat,
            opens_on=vacancy.opens_on,
            until=vacancy.until,
            excluded=vacancy.excluded,
            affected_state_preferred=vacancy.affected_preferred,
        )


@strawberry.type(description="Who sits on the Coordination Committee on a day (Prop. 3)")
class CoordinationCommittee:
    as_of: datetime.date
    rule_set: str = strawberry.field(description="The code of the version by which it is composed")
    chair: CommitteeSeat | None = strawberry.field(description="The President; null where none is known")
    composed: strawberry.Private[Sequence[mandate.committee.CommitteeSeat]]
    answered: strawberry.Private[dict[CommitteeCapacity | None, list[CommitteeSeat]]]
    vacancies: list[Vacancy] = strawberry.field(description="Seats of Coordinators that are free on the day")

    @strawberry.field(description="All seats, or those of one capacity")
    def seats(self, capacity: CommitteeCapacity | None = None) -> list[CommitteeSeat]:
        # Asked for twice, with other arguments, the same seat is two objects: each is asked for something else.
        if capacity not in self.answered:
            chosen = [seat for seat in self.composed if capacity in (None, seat.capacity)]
            self.answered[capacity] = [CommitteeSeat.of(seat) for seat in chosen]
        return self.answered[capacity]


@strawberry.input(description="The ICRC, the United Nations or the CMC names who represents it")
class NameCommitteeRepresentativeInput:
    organisation: str = strawberry.field(description="The code of the caller's own organisation: ICRC, UN or CMC")
    person: strawberry.ID | None = strawberry.field(default=None, description="Somebody on record")
    full_name: str | None = strawberry.field(
        default=None, description="Of somebody who is not on record yet; seen by the Committee and the ISU"
    )
    starts_on: datetime.date | None = strawberry.field(
        default=None, description="Today where none is given; whoever represented it until then no longer does"
    )


@names_rows
@strawberry.type(description="The representative is named")
class CommitteeRepresentativeNamed(Success):
    key: strawberry.Private[str | None]
    term: OfficeTerm | None = ref("key", db.OfficeTerm.id, description="Null where the act was only validated")
    rule_evaluations: list[RuleEvaluation] = strawberry.field(description="What every rule said")


NameCommitteeRepresentativeResult = Annotated[
    CommitteeRepresentativeNamed | Refusal | Invalid | NotFound | Forbidden | Conflict,
    strawberry.union("NameCommitteeRepresentativeResult"),
]


@strawberry.type
class CommitteeMutation:
    @strawberry.mutation(description="Name who represents the caller's organisation on the Coordination Committee")
    async def name_committee_representative(
        self,
        info: strawberry.Info[Any, Any],
        input: NameCommitteeRepresentativeInput,
        validate_only: bool = False,
    ) -> NameCommitteeRepresentativeResult:
        key, evaluations = await office.name_representative(
            info.context,
            organisation=input.organisation,
            person=None if input.person is None else key_of("Person", input.person, "person"),
            full_name=input.full_name,
            starts_on=input.starts_on,
            validate_only=validate_only,
        )
        return await complete(info, CommitteeRepresentativeNamed(key=key, rule_evaluations=said(evaluations)))


@strawberry.type
class CommitteeQuery:
    @strawberry.field(
        description="The Coordination Committee on a day, today where none is named; null before the close of the "
        "Second Meeting of States Parties, which gave the Convention one"
    )
    async def coordination_committee(
        self, info: strawberry.Info[Any, Any], as_of: datetime.date | None = None, rule_set: str | None = None
    ) -> CoordinationCommittee | None:
        async with info.context.reader() as reader:
            day, with_vacancies = day_of(info, as_of), "vacancies" in asked_below(info)
            found = await resolve.committee_on(reader, day, rule_set, with_vacancies=with_vacancies)
        if found is None:
            return None
        value = CoordinationCommittee(
            as_of=found.as_of,
            rule_set=found.rule_set.code,
            chair=None if found.chair is None else CommitteeSeat.of(found.chair),
            composed=found.seats,
            answered={},
            vacancies=[Vacancy.of(each) for each in found.vacancies],
        )
        return await complete(info, value)

    @strawberry.field(description="Seats of Coordinators that are free, or fall free before a day")
    async def upcoming_vacancies(
        self, info: strawberry.Info[Any, Any], before: datetime.date, rule_set: str | None = None
    ) -> list[Vacancy]:
        today = info.context.today
        day = day_of(info, before)
        async with info.context.reader() as reader:
            version = await rule_set_on(reader, max(today, day), rule_set)
            if version is None:
                raise UserError(f"No version of the mandate is in force on {day}.")
            found = await resolve.upcoming_vacancies(reader, min(today, day), day, version)
        return await complete(info, [Vacancy.of(each) for each in found])
