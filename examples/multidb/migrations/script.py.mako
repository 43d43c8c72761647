<%!
import re
%>"""${message}

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


def upgrade(engine_name: str) -> None:
    """Upgrade schema."""
    globals()["upgrade_%s" % engine_name]()


def downgrade(engine_name: str) -> None:
    """Downgrade schema."""
    globals()["downgrade_%s" % engine_name]()

## One pair of functions for each database that alembic.ini lists.



% for name in (name for name in re.split(r"[,\s]+", config.get_main_option("databases") or "") if name):
% for direction in ("upgrade", "downgrade"):

def ${direction}_${name}() -> None:
    """${direction.capitalize()} ${name} schema."""
    ${context.get(f"{name}_{direction}s") or "pass"}

% endfor
% endfor
