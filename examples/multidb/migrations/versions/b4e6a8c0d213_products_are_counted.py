"""products are counted

Revision ID: b4e6a8c0d213
Revises: 71b0c9d3e5a2
Create Date: 2026-01-01 12:00:00

"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b4e6a8c0d213"
down_revision: str | Sequence[str] | None = "71b0c9d3e5a2"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade(engine_name: str) -> None:
    """Upgrade schema."""
    globals()[f"upgrade_{engine_name}"]()


def downgrade(engine_name: str) -> None:
    """Downgrade schema."""
    globals()[f"downgrade_{engine_name}"]()


def upgrade_shop() -> None:
    """Upgrade shop schema."""
    op.add_column("product", sa.Column("stock", sa.Integer(), server_default="0", nullable=False))


def downgrade_shop() -> None:
    """Downgrade shop schema."""
    op.drop_column("product", "stock")


def upgrade_audit() -> None:
    """Upgrade audit schema."""


def downgrade_audit() -> None:
    """Downgrade audit schema."""
