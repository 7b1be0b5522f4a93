"""Indices that have the order of a page

Revises: 0015

On SQLite a table that is changed by copying it loses its indices over expressions: whoever copies `document` makes
these two anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NEW = (
    ("document", "meeting_code", "id"),
    ("document_author", "party_id", "document_id"),
    ("document_meeting", "meeting_code", "document_id"),
    ("change", "subject_key", "subject_type", "sequence"),
    ("recipient", "communication_id", "party_id", "id"),
    ("incoming_communication", "received_on", "id"),
    ("participation", "meeting_code", "id"),
    ("statement", "meeting_code", "submitted_on", "id"),
    ("statement", "submitted_on", "id"),
    ("webhook_delivery", "webhook_id", "number", "id"),
    ("advice_request", "asked_on", "id"),
    ("liaison_entry", "on", "id"),
)
EMPTY_FIRST = (("document", "issued_on"), ("document", "symbol_order"))
OLD = (
    ("document", "meeting_code"),
    ("document", "symbol_order"),
    ("document_author", "party_id"),
    ("document_meeting", "meeting_code"),
    ("change", "subject_key", "subject_type"),
    ("recipient", "communication_id"),
    ("participation", "meeting_code"),
    ("statement", "meeting_code"),
)
"""With which one of the new ones begins."""


def name(table: str, *columns: str) -> str:
    return "_".join(("ix", table, *columns))


def upgrade() -> None:
    for table, *columns in NEW:
        op.create_index(name(table, *columns), table, columns)
    for table, column in EMPTY_FIRST:
        op.create_index(name(table, column, "order"), table, [sa.text(f"coalesce({column}, '')"), "id"])
    for table, *columns in OLD:
        op.drop_index(name(table, *columns), table)


def downgrade() -> None:
    for table, *columns in OLD:
        op.create_index(name(table, *columns), table, columns)
    for table, column in EMPTY_FIRST:
        op.drop_index(name(table, column, "order"), table)
    for table, *columns in NEW:
        op.drop_index(name(table, *columns), table)
