# Made by `make client` from queries/ and the schema; not to be edited.
from datetime import date
from typing import Any, Optional, Union

from .base_model import UNSET, UnsetType
from .changes import Changes
from .decisions import Decisions
from .documents_page import DocumentsPage
from .enums import ChangeSubject
from .fragments import NewsChanges
from .meetings_page import MeetingsPage
from .office_terms import OfficeTerms
from .organisations_page import OrganisationsPage
from .place import Place
from .records_page import RecordsPage
from .report_schedules import ReportSchedules, ReportSchedulesStates
from .statements_page import StatementsPage
from .states_page import StatesPage
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
        self, cursor: str, types: list[ChangeSubject], news: int, **kwargs: Any
    ) -> NewsChanges:
        query = gql("""
            query Changes($cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {"cursor": cursor, "types": types, "news": news}
        response = self.execute(
            query=query, operation_name="Changes", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Changes.model_validate(data).changes

    def states_page(
        self,
        first: int,
        cursor: str,
        types: list[ChangeSubject],
        news: int,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> StatesPage:
        query = gql("""
            query StatesPage($first: Int!, $after: String, $cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
              states(first: $first, after: $after) {
                nodes {
                  ...StateCopy
                }
                pageInfo {
                  ...Page
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {
            "first": first,
            "after": after,
            "cursor": cursor,
            "types": types,
            "news": news,
        }
        response = self.execute(
            query=query, operation_name="StatesPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return StatesPage.model_validate(data)

    def organisations_page(
        self,
        first: int,
        cursor: str,
        types: list[ChangeSubject],
        news: int,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> OrganisationsPage:
        query = gql("""
            query OrganisationsPage($first: Int!, $after: String, $cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
              organisations(first: $first, after: $after) {
                nodes {
                  ...OrganisationCopy
                }
                pageInfo {
                  ...Page
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {
            "first": first,
            "after": after,
            "cursor": cursor,
            "types": types,
            "news": news,
        }
        response = self.execute(
            query=query,
            operation_name="OrganisationsPage",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return OrganisationsPage.model_validate(data)

    def meetings_page(
        self,
        first: int,
        cursor: str,
        types: list[ChangeSubject],
        news: int,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> MeetingsPage:
        query = gql("""
            query MeetingsPage($first: Int!, $after: String, $cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
              meetings(first: $first, after: $after) {
                nodes {
                  ...MeetingCopy
                }
                pageInfo {
                  ...Page
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {
            "first": first,
            "after": after,
            "cursor": cursor,
            "types": types,
            "news": news,
        }
        response = self.execute(
            query=query, operation_name="MeetingsPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return MeetingsPage.model_validate(data)

    def documents_page(
        self,
        first: int,
        cursor: str,
        types: list[ChangeSubject],
        news: int,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> DocumentsPage:
        query = gql("""
            query DocumentsPage($first: Int!, $after: String, $cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
              documents(first: $first, after: $after) {
                nodes {
                  ...DocumentCopy
                }
                pageInfo {
                  ...Page
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {
            "first": first,
            "after": after,
            "cursor": cursor,
            "types": types,
            "news": news,
        }
        response = self.execute(
            query=query, operation_name="DocumentsPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return DocumentsPage.model_validate(data)

    def decisions(
        self, cursor: str, types: list[ChangeSubject], news: int, **kwargs: Any
    ) -> Decisions:
        query = gql("""
            query Decisions($cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {"cursor": cursor, "types": types, "news": news}
        response = self.execute(
            query=query, operation_name="Decisions", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Decisions.model_validate(data)

    def statements_page(
        self,
        first: int,
        cursor: str,
        types: list[ChangeSubject],
        news: int,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> StatementsPage:
        query = gql("""
            query StatementsPage($first: Int!, $after: String, $cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
              statements(first: $first, after: $after) {
                nodes {
                  ...StatementCopy
                }
                pageInfo {
                  ...Page
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {
            "first": first,
            "after": after,
            "cursor": cursor,
            "types": types,
            "news": news,
        }
        response = self.execute(
            query=query, operation_name="StatementsPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return StatementsPage.model_validate(data)

    def records_page(
        self,
        first: int,
        cursor: str,
        types: list[ChangeSubject],
        news: int,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> RecordsPage:
        query = gql("""
            query RecordsPage($first: Int!, $after: String, $cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
              meetingRecords(first: $first, after: $after) {
                nodes {
                  ...MeetingRecordCopy
                }
                pageInfo {
                  ...Page
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {
            "first": first,
            "after": after,
            "cursor": cursor,
            "types": types,
            "news": news,
        }
        response = self.execute(
            query=query, operation_name="RecordsPage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return RecordsPage.model_validate(data)

    def office_terms(
        self, cursor: str, types: list[ChangeSubject], news: int, **kwargs: Any
    ) -> OfficeTerms:
        query = gql("""
            query OfficeTerms($cursor: String!, $types: [ChangeSubject!]!, $news: Int!) {
              ...News
              officeTerms {
                ...OfficeTermCopy
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

            fragment News on Query {
              changes(after: $cursor, types: $types, first: $news) {
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
                  ...Page
                }
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
        variables: dict[str, object] = {"cursor": cursor, "types": types, "news": news}
        response = self.execute(
            query=query, operation_name="OfficeTerms", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return OfficeTerms.model_validate(data)

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
