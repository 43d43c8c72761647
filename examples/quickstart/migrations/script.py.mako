"""${message}

Revision ID: ${up_revision}
Revises: ${comma(down_revision)}
Create Date: ${create_date}

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa
${imports or ""}

# revision identifiers, used by Alembic.
revision: str = ${repr(up_revision)}
% for name, value in dict(down_revision=down_revision, branch_labels=branch_labels, depends_on=depends_on).items():
${name}: Union[str, Sequence[str], None] = ${repr(value)}
% endfor


% for direction, body in (("upgrade", upgrades), ("downgrade", downgrades)):
% if not loop.first:


% endif
def ${direction}() -> None:
    """${direction.capitalize()} schema."""
    ${body or "pass"}
% endfor
