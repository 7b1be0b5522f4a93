"""Search

Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# `ascii` takes every letter beyond ASCII as it is: the words are ours, and no order of them is asked for.
TABLE = """
CREATE VIRTUAL TABLE search_words USING fts5(
  title, words, content='search_text', content_rowid='id', tokenize='ascii', detail='column')
"""
KEPT = """
CREATE TRIGGER search_text_kept AFTER INSERT ON search_text BEGIN
  INSERT INTO search_words(rowid, title, words) VALUES (new.id, new.title, new.words);
END
"""
GONE = """
CREATE TRIGGER search_text_gone AFTER DELETE ON search_text BEGIN
  INSERT INTO search_words(search_words, rowid, title, words) VALUES ('delete', old.id, old.title, old.words);
END
"""
# The words as they are: to_tsvector would parse them once more, in its own way.
INDEX = "CREATE INDEX ix_search_text_words ON search_text USING gin (array_to_tsvector(string_to_array(words, ' ')))"


def text(length: int | None = None) -> sa.String:
    """Sorts by code point on both engines."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    """Rows that are there already are indexed by `isu migrate` itself, once the tables are those of the code."""
    op.create_table(
        "search_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_type", text(64), nullable=False),
        sa.Column("subject_key", text(64), nullable=False),
        sa.Column("language", text(64), nullable=False),
        sa.Column("is_original", sa.Boolean(), nullable=False),
        sa.Column("code", text(200), nullable=True),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attached", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_text")),
        sa.UniqueConstraint(
            "subject_type", "subject_key", "language", name=op.f("uq_search_text_subject_type_subject_key_language")
        ),
    )
    op.create_table(
        "file_text",
        sa.Column("sha256", text(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_file_text")),
    )
    for statement in (TABLE, KEPT, GONE) if op.get_bind().dialect.name == "sqlite" else (INDEX,):
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER search_text_gone")
        op.execute("DROP TRIGGER search_text_kept")
        op.execute("DROP TABLE search_words")
    op.drop_table("file_text")
    op.drop_table("search_text")
