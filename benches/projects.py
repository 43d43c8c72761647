"""Projects to measure: a line of revisions on SQLite, with one of these bodies.

`empty`
    `pass`.
`mixed`
    In turn: a table, a column, an index, rows, and an UPDATE with another column.
`tables`
    A table of eight columns with defaults, a named foreign key, a unique constraint and an index.
"""

import re
from pathlib import Path

ENV = """\
from logging.config import fileConfig

from alembic import context
from sqlalchemy import engine_from_config, pool

config = context.config
if config.config_file_name is not None:
    fileConfig(config.config_file_name)


def offline():
    context.configure(
        url=config.get_main_option("sqlalchemy.url"),
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()


def online():
    engine = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()


offline() if context.is_offline_mode() else online()
"""
INI = """\
[alembic]
script_location = %(here)s/migrations
path_separator = os
sqlalchemy.url = sqlite:///bench.db

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console
qualname =

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain

[formatter_plain]
format = %(levelname)-5.5s [%(name)s] %(message)s
"""
HEADER = '''\
"""step {number} of a long history

Revision ID: {revision}
Revises: {down}
Create Date: 2024-01-01 12:00:00.000000

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = {revision!r}
down_revision: Union[str, Sequence[str], None] = {down!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
{up}

def downgrade() -> None:
{down_body}'''
_EMPTY = (("    pass\n", "    pass\n"),)
#: `upgrade()` and `downgrade()` of five revisions, which are repeated; {n} is the number of the repetition.
_MIXED = (
    (
        """\
    op.create_table(
        "thing_{n}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created", sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_thing_{n}"),
    )
""",
        '    op.drop_table("thing_{n}")\n',
    ),
    (
        '    op.add_column("thing_{n}", sa.Column("size", sa.Integer(), nullable=True))\n',
        '    op.drop_column("thing_{n}", "size")\n',
    ),
    (
        '    op.create_index("ix_thing_{n}_name", "thing_{n}", ["name"], unique=False)\n',
        '    op.drop_index("ix_thing_{n}_name", table_name="thing_{n}")\n',
    ),
    (
        """\
    thing = sa.table("thing_{n}", sa.column("name", sa.String), sa.column("size", sa.Integer))
    op.bulk_insert(thing, [{{"name": "one", "size": 1}}, {{"name": "two", "size": 2}}])
""",
        '    op.execute("DELETE FROM thing_{n}")\n',
    ),
    (
        """\
    op.execute("UPDATE thing_{n} SET size = 0 WHERE size IS NULL")
    op.add_column("thing_{n}", sa.Column("kind", sa.String(length=20), server_default="plain"))
""",
        '    op.drop_column("thing_{n}", "kind")\n',
    ),
)

_TABLES = (
    (
        """\
    op.create_table(
        "thing_{n}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="plain", nullable=False),
        sa.Column("size", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(), server_default=sa.text("CURRENT_TIMESTAMP"), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["thing_{n}.id"], name="fk_thing_{n}_parent"),
        sa.PrimaryKeyConstraint("id", name="pk_thing_{n}"),
        sa.UniqueConstraint("name", "kind", name="uq_thing_{n}_name_kind"),
    )
    op.create_index("ix_thing_{n}_created", "thing_{n}", ["created"], unique=False)
""",
        """\
    op.drop_index("ix_thing_{n}_created", table_name="thing_{n}")
    op.drop_table("thing_{n}")
""",
    ),
)
BODIES = {"empty": _EMPTY, "mixed": _MIXED, "tables": _TABLES}


def make(folder: Path, revisions: int, body: str = "empty") -> None:
    """Write a project with a line of revisions into a folder.

    :param body: a key of `BODIES`
    """
    rounds = BODIES[body]
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(INI)
    (folder / "migrations" / "env.py").write_text(ENV)
    down: str | None = None
    for number in range(revisions):
        # Distributed like real identifiers, and the same in each run.
        revision = f"{(number * 2654435761 + 12345) % 2**48:012x}"
        up, back = rounds[number % len(rounds)]
        text = HEADER.format(
            number=number,
            revision=revision,
            down=down,
            up=up.format(n=number // len(rounds)),
            down_body=back.format(n=number // len(rounds)),
        )
        if down is None:
            text = re.sub(r"^Revises: None$", "Revises: ", text, flags=re.MULTILINE)
        (versions / f"{revision}_step_{number}.py").write_text(text)
        down = revision


def set_url(folder: Path, url: str, settings: str = "") -> None:
    """Write the database's URL, and the settings of `[limbeck]`, into a project's alembic.ini."""
    ini = INI.replace("sqlite:///bench.db", url.replace("%", "%%"))
    (folder / "alembic.ini").write_text(f"{ini}\n[limbeck]\n{settings}" if settings else ini)
