"""since when someone is a member

Revision c48e06a7f13d, after 30c6f5d8b9a2, of 2023-01-11 09:30:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "c48e06a7f13d"
down_revision = "30c6f5d8b9a2"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("member", sa.Column("since", sa.Date))
    op.execute("UPDATE member SET since = '2019-03-11'")


def downgrade():
    with op.batch_alter_table("member") as batch:
        batch.drop_column("since")
