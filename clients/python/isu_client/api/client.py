# Made by `make client` from queries/ and the schema; not to be edited.
from datetime import date
from typing import Any, Optional, Union

from .base_model import UNSET, UnsetType
from .changes import Changes, ChangesChanges
from .decisions import Decisions, DecisionsDecisions
from .documents_page import DocumentsPage, DocumentsPageDocuments
from .enums import ChangeSubject
from .meetings_page import MeetingsPage, MeetingsPageMeetings
from .office_terms import OfficeTerms, OfficeTermsOfficeTerms
from .organisations_page import OrganisationsPage, OrganisationsPageOrganisations
from .place import Place
from .records_page import RecordsPage, RecordsPageMeetingRecords
from .report_schedules import ReportSchedules, ReportSchedulesStates
from .statements_page import StatementsPage, StatementsPageStatements
from .states_page import StatesPage, StatesPageStates
from .terms_in_office import TermsInOffice, TermsInOfficeOfficeTerms
from .transparency_reports import TransparencyReports, TransparencyReportsDocuments
from .transport import Transport
from .vacancies import Vacancies, VacanciesUpcomingVacancies


def gql(q: str) -> str:
    return q


class Client(Transport):
    def report_schedules(
        self, day: date, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> ReportSchedulesStates:
        query = gql("""
            query ReportSchedules($day: Date!, $after: String) {
              states(where: {status: [STATE_PARTY]}, asOf: $day, first: 60, after: $after) {
                nodes {
                  code
                  name {
                    ...Text
                  }
                  reportSchedule(asOf: $day) {
                    initialDueOn
                    annual {
                      calendarYear
                      dueOn
                    }
                  }
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"day": day, "after": after}
        response = self.execute(
            query=query, operation_name="ReportSchedules", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return ReportSchedules.model_validate(data).states

    def transparency_reports(
        self, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> TransparencyReportsDocuments:
        query = gql("""
            query TransparencyReports($after: String) {
              documents(where: {kind: ["article_7_report"]}, first: 100, after: $after) {
                nodes {
                  issuedOn
                  title {
                    ...Text
                  }
                  submittedBy {
                    __typename
                    ... on State {
                      code
                    }
                  }
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"after": after}
        response = self.execute(
            query=query,
            operation_name="TransparencyReports",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return TransparencyReports.model_validate(data).documents

    def place(self, **kwargs: Any) -> Place:
        query = gql("""
            query Place {
              viewer {
                account {
                  id
                }
              }
              serviceStatus {
                latestCursor
              }
            }
            """)
        variables: dict[str, object] = {}
        response = self.execute(
            query=query, operation_name="Place", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Place.model_validate(data)

    def changes(
        self, after: str, types: list[ChangeSubject], first: int, **kwargs: Any
    ) -> ChangesChanges:
        query = gql("""
            query Changes($after: String!, $types: [ChangeSubject!]!, $first: Int!) {
              changes(after: $after, types: $types, first: $first) {
                nodes {
                  subjectId
                  node {
                    __typename
                    id
                    ...StateCopy
                    ...OrganisationCopy
                    ...MeetingCopy
                    ...DocumentCopy
                    ...DecisionCopy
                    ...StatementCopy
                    ...MeetingRecordCopy
                    ...OfficeTermCopy
                  }
                }
                pageInfo {
                  hasNextPage
                  endCursor
                }
              }
            }

            fragment DecisionCopy on Decision {
              __typename
              id
              version
              number
              adoptedOn
              method
              title {
                ...Text
              }
              decisionText: text {
                ...Text
              }
            }

            fragment DocumentCopy on Document {
              __typename
              id
              version
              symbol
              issuedOn
              visibility
              meeting {
                id
              }
              title {
                ...Text
              }
              languageVersions {
                language
                status
              }
            }

            fragment MeetingCopy on Meeting {
              __typename
              id
              version
              code
              meetingStatus: status
              formality
              startsOn
              endsOn
              city
              country
              venue
              title {
                ...Text
              }
            }

            fragment MeetingRecordCopy on MeetingRecord {
              __typename
              id
              version
              kind
              recordStatus: status
              approvedOn
              publishedOn
              title {
                ...Text
              }
            }

            fragment OfficeTermCopy on OfficeTerm {
              __typename
              id
              version
              startsOn
              endsOn
              office {
                id
                code
              }
              holder {
                __typename
                id
              }
            }

            fragment OrganisationCopy on Organisation {
              __typename
              id
              version
              code
              acronym
              website
              name {
                ...Text
              }
            }

            fragment StateCopy on State {
              __typename
              id
              version
              countryCode: code
              regionalGroup
              name {
                ...Text
              }
            }

            fragment StatementCopy on Statement {
              __typename
              id
              version
              statementStatus: status
              submittedOn
              deliveredOn
              by {
                __typename
                id
              }
              text {
                ...Text
              }
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"after": after, "types": types, "first": first}
        response = self.execute(
            query=query, operation_name="Changes", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Changes.model_validate(data).changes

    def states_page(
        self, first: int, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> StatesPageStates:
        query = gql("""
            query StatesPage($first: Int!, $after: String) {
              states(first: $first, after: $after) {
                nodes {
                  ...StateCopy
                }
                pageInfo {
                  ...Page
                }
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              endCursor
            }

            fragment StateCopy on State {
              __typename
              id
              version
              countryCode: code
              regionalGroup
              name {
                ...Text
              }
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"first": first, "after": after}
        response = self.execute(
            query=query, operation_name="StatesPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return StatesPage.model_validate(data).states

    def organisations_page(
        self, first: int, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> OrganisationsPageOrganisations:
        query = gql("""
            query OrganisationsPage($first: Int!, $after: String) {
              organisations(first: $first, after: $after) {
                nodes {
                  ...OrganisationCopy
                }
                pageInfo {
                  ...Page
                }
              }
            }

            fragment OrganisationCopy on Organisation {
              __typename
              id
              version
              code
              acronym
              website
              name {
                ...Text
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              endCursor
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"first": first, "after": after}
        response = self.execute(
            query=query,
            operation_name="OrganisationsPage",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return OrganisationsPage.model_validate(data).organisations

    def meetings_page(
        self, first: int, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> MeetingsPageMeetings:
        query = gql("""
            query MeetingsPage($first: Int!, $after: String) {
              meetings(first: $first, after: $after) {
                nodes {
                  ...MeetingCopy
                }
                pageInfo {
                  ...Page
                }
              }
            }

            fragment MeetingCopy on Meeting {
              __typename
              id
              version
              code
              meetingStatus: status
              formality
              startsOn
              endsOn
              city
              country
              venue
              title {
                ...Text
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              endCursor
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"first": first, "after": after}
        response = self.execute(
            query=query, operation_name="MeetingsPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return MeetingsPage.model_validate(data).meetings

    def documents_page(
        self, first: int, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> DocumentsPageDocuments:
        query = gql("""
            query DocumentsPage($first: Int!, $after: String) {
              documents(first: $first, after: $after) {
                nodes {
                  ...DocumentCopy
                }
                pageInfo {
                  ...Page
                }
              }
            }

            fragment DocumentCopy on Document {
              __typename
              id
              version
              symbol
              issuedOn
              visibility
              meeting {
                id
              }
              title {
                ...Text
              }
              languageVersions {
                language
                status
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              endCursor
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"first": first, "after": after}
        response = self.execute(
            query=query, operation_name="DocumentsPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return DocumentsPage.model_validate(data).documents

    def decisions(self, **kwargs: Any) -> list[DecisionsDecisions]:
        query = gql("""
            query Decisions {
              decisions {
                ...DecisionCopy
              }
            }

            fragment DecisionCopy on Decision {
              __typename
              id
              version
              number
              adoptedOn
              method
              title {
                ...Text
              }
              decisionText: text {
                ...Text
              }
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {}
        response = self.execute(
            query=query, operation_name="Decisions", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Decisions.model_validate(data).decisions

    def statements_page(
        self, first: int, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> StatementsPageStatements:
        query = gql("""
            query StatementsPage($first: Int!, $after: String) {
              statements(first: $first, after: $after) {
                nodes {
                  ...StatementCopy
                }
                pageInfo {
                  ...Page
                }
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              endCursor
            }

            fragment StatementCopy on Statement {
              __typename
              id
              version
              statementStatus: status
              submittedOn
              deliveredOn
              by {
                __typename
                id
              }
              text {
                ...Text
              }
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"first": first, "after": after}
        response = self.execute(
            query=query, operation_name="StatementsPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return StatementsPage.model_validate(data).statements

    def records_page(
        self, first: int, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> RecordsPageMeetingRecords:
        query = gql("""
            query RecordsPage($first: Int!, $after: String) {
              meetingRecords(first: $first, after: $after) {
                nodes {
                  ...MeetingRecordCopy
                }
                pageInfo {
                  ...Page
                }
              }
            }

            fragment MeetingRecordCopy on MeetingRecord {
              __typename
              id
              version
              kind
              recordStatus: status
              approvedOn
              publishedOn
              title {
                ...Text
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              endCursor
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"first": first, "after": after}
        response = self.execute(
            query=query, operation_name="RecordsPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return RecordsPage.model_validate(data).meeting_records

    def office_terms(self, **kwargs: Any) -> list[OfficeTermsOfficeTerms]:
        query = gql("""
            query OfficeTerms {
              officeTerms {
                ...OfficeTermCopy
              }
            }

            fragment OfficeTermCopy on OfficeTerm {
              __typename
              id
              version
              startsOn
              endsOn
              office {
                id
                code
              }
              holder {
                __typename
                id
              }
            }
            """)
        variables: dict[str, object] = {}
        response = self.execute(
            query=query, operation_name="OfficeTerms", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return OfficeTerms.model_validate(data).office_terms

    def vacancies(
        self, before: date, **kwargs: Any
    ) -> list[VacanciesUpcomingVacancies]:
        query = gql("""
            query Vacancies($before: Date!) {
              upcomingVacancies(before: $before) {
                opensOn
                until
                seat
                affectedStatePreferred
                portfolio {
                  __typename
                  code
                  name {
                    ...Text
                  }
                }
              }
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"before": before}
        response = self.execute(
            query=query, operation_name="Vacancies", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Vacancies.model_validate(data).upcoming_vacancies

    def terms_in_office(
        self, day: date, **kwargs: Any
    ) -> list[TermsInOfficeOfficeTerms]:
        query = gql("""
            query TermsInOffice($day: Date!) {
              officeTerms(asOf: $day) {
                endsOn
                office {
                  code
                  role {
                    code
                  }
                  title {
                    ...Text
                  }
                }
                holder {
                  __typename
                  name {
                    ...Text
                  }
                }
              }
            }

            fragment Text on LocalizedText {
              original
              english: in(language: "en", fallback: ["fr", "es", "ru", "ar", "zh"]) {
                language
                value
              }
            }
            """)
        variables: dict[str, object] = {"day": day}
        response = self.execute(
            query=query, operation_name="TermsInOffice", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return TermsInOffice.model_validate(data).office_terms
