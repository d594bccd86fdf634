"""${message}."""

from alembic import op
import sqlalchemy as sa

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None
# True: servers of all older versions go on working; "0007": those that know these tables or later
safe_while_older_nodes_serve = False


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
