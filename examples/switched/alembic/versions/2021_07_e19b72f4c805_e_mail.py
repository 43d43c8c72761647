"""members have an e-mail address

Revision e19b72f4c805, after 5f0c3a91d2e4, of 2021-07-11 09:30:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "e19b72f4c805"
down_revision = "5f0c3a91d2e4"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("member") as batch:
        batch.add_column(sa.Column("email", sa.String(200)))
        batch.create_unique_constraint("uq_member_email", ["email"])


def downgrade():
    with op.batch_alter_table("member") as batch:
        batch.drop_constraint("uq_member_email", type_="unique")
        batch.drop_column("email")
