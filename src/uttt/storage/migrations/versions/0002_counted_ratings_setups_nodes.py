"""Count accounts by rating, let a match begin with a position, note which nodes serve."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
# nodes of 0001 change ratings without counting them
safe_while_older_nodes_serve = False

_OPTIONS: dict[str, Any] = {
    "sqlite_with_rowid": False,
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
}


def upgrade() -> None:
    # MariaDB commits each of these by itself: after a crash some may be done already
    connection = op.get_bind()
    found = sa.inspect(connection)
    if "setup" not in {column["name"] for column in found.get_columns("matches")}:
        op.add_column(
            "matches",
            sa.Column(
                "setup",
                sa.String(length=160),
                nullable=True,
                comment="the position with which the journal begins; null: the empty board",
            ),
        )
    if not found.has_table("nodes"):
        op.create_table(
            "nodes",
            sa.Column("id", sa.String(length=32), nullable=False),
            sa.Column("version", sa.String(length=32), nullable=False, comment="of the program"),
            sa.Column(
                "revision",
                sa.String(length=32),
                nullable=False,
                comment="of the tables that it knows",
            ),
            sa.Column("address", sa.String(length=255), nullable=False, comment="where it serves"),
            sa.Column("started_at", sa.BigInteger(), nullable=False),
            sa.Column(
                "seen_at", sa.BigInteger(), nullable=False, comment="written every few seconds"
            ),
            sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
            comment="the servers that run on this database, so that an upgrade can wait for old "
            "ones",
            **_OPTIONS,
        )
    if not found.has_table("rating_counts"):
        op.create_table(
            "rating_counts",
            sa.Column("rating", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column(
                "accounts", sa.Integer(), nullable=False, comment="how many have this rating"
            ),
            sa.PrimaryKeyConstraint("rating", name=op.f("pk_rating_counts")),
            comment="what a rank is summed up from, so that nobody counts accounts at each login",
            **_OPTIONS,
        )
    op.execute("DELETE FROM rating_counts")
    op.execute(
        "INSERT INTO rating_counts (rating, accounts) "
        "SELECT rating, COUNT(*) FROM players WHERE rating IS NOT NULL GROUP BY rating"
    )
