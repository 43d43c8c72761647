"""fees

Revision a7d4e8b60c13, after 5f0c3a91d2e4, of 2021-06-11 09:30:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "a7d4e8b60c13"
down_revision = "5f0c3a91d2e4"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "fee",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("member_id", sa.Integer, sa.ForeignKey("member.id"), nullable=False),
        sa.Column("cents", sa.Integer, nullable=False),
    )


def downgrade():
    op.drop_table("fee")
