"""Keep what an engine says of finished matches."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
safe_while_older_nodes_serve = True


def upgrade() -> None:
    if sa.inspect(op.get_bind()).has_table("analyses"):
        return  # MariaDB had committed it before a crash
    op.create_table(
        "analyses",
        sa.Column(
            "match_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "engine",
            sa.String(length=64),
            nullable=False,
            comment="which engine and net have made it",
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON, see uttt.storage.analyses"),
        sa.ForeignKeyConstraint(
            ["match_id"],
            ["matches.id"],
            name=op.f("fk_analyses_match_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_analyses")),
        comment="what an engine says of finished matches; can be made anew, so no backup has it",
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
