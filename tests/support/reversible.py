"""Projects whose revisions have a `downgrade()`."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from limbeck.config import Config

from support import projects

_MODULE = '''"""{name}"""
import sqlalchemy as sa
from alembic import op
revision = {name!r}
down_revision = {down!r}
{more}

def upgrade():
{up}


def downgrade():
{down_body}
'''
_TABLE = "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', sa.String(9), server_default='x'), sa.Column('b', sa.Integer))"


class Body(NamedTuple):
    """The functions of a revision, and names of the file."""

    up: str
    down: str
    more: str = ""


FIRST = Body(_TABLE, "op.drop_table('t')")


def write(folder: Path, url: str, bodies: Sequence[Body], env: str = projects.GENERIC) -> Config:
    """Write a project with the revisions r0001, r0002, ..."""
    projects.make(folder, url, env=env)
    for number, body in enumerate(bodies, 1):
        name, down = f"r{number:04}", f"r{number - 1:04}" if number > 1 else None
        text = _MODULE.format(
            name=name,
            down=down,
            more=body.more,
            up=textwrap.indent(body.up, "    "),
            down_body=textwrap.indent(body.down, "    "),
        )
        (folder / "migrations" / "versions" / f"{name}.py").write_text(text)
    return Config(str(folder / "alembic.ini"))


def right_chain(count: int) -> list[Body]:
    """Return right revisions of many kinds."""
    kinds = [
        Body("op.create_table('n{n}', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('n{n}')"),
        Body("op.add_column('t', sa.Column('c{n}', sa.Integer, server_default='5'))", "op.drop_column('t', 'c{n}')"),
        Body("op.create_index('ix{n}', 't', ['b'])", "op.drop_index('ix{n}', 't')"),
        Body(
            "with op.batch_alter_table('t') as batch:\n    batch.alter_column('b', nullable=False, existing_type=sa.Integer)",
            "with op.batch_alter_table('t') as batch:\n    batch.alter_column('b', nullable=True, existing_type=sa.Integer)",
        ),
        Body(
            "with op.batch_alter_table('t') as batch:\n    batch.alter_column('b', nullable=True, existing_type=sa.Integer)",
            "with op.batch_alter_table('t') as batch:\n    batch.alter_column('b', nullable=False, existing_type=sa.Integer)",
        ),
        Body("op.execute(\"INSERT INTO t (id, b) VALUES ({n}, 1)\")", "op.execute('DELETE FROM t WHERE id = {n}')"),
        Body(
            "op.create_table('u{n}', sa.Column('a', sa.Integer), sa.UniqueConstraint('a', name='uq{n}'))",
            "op.drop_table('u{n}')",
        ),
        Body(
            "with op.batch_alter_table('t') as batch:\n    batch.create_check_constraint('ck{n}', 'b < 100{n}')",
            "with op.batch_alter_table('t') as batch:\n    batch.drop_constraint('ck{n}', type_='check')",
        ),
    ]  # fmt: skip
    made = [
        Body(*(part.replace("{n}", str(number)) for part in kinds[number % len(kinds)]))
        for number in range(count - 1)
    ]
    return [FIRST, *made]
