"""a job has a priority

Revision ID: 9b3d5f7e1c02
Revises: 2f8e0d6c1a37
Create Date: 2026-01-01 12:00:00

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "9b3d5f7e1c02"
down_revision: str | Sequence[str] | None = "2f8e0d6c1a37"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Upgrade schema."""
    op.add_column("job", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Downgrade schema."""
    op.drop_column("job", "priority")
