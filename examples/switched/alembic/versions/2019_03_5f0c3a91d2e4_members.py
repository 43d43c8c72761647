"""members

Revision 5f0c3a91d2e4, after nothing, of 2019-03-11 09:30:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "5f0c3a91d2e4"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "member",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
    )


def downgrade():
    op.drop_table("member")
