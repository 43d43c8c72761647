"""a first note"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("INSERT INTO notes (text) VALUES ('welcome')")


def downgrade() -> None:
    op.execute("DELETE FROM notes WHERE text = 'welcome'")
