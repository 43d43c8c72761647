"""A generated revision that is rendered, run and reverted on a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from limbeck.autogenerate import produce_migrations, render_python_code
from limbeck.migration import MigrationContext
from limbeck.operations import Operations, ops
from limbeck.snapshot import Snapshot, compare, take
from sqlalchemy.dialects import mysql, postgresql, sqlite


@dataclass
class Generated:
    """The code of a revision, and the database to which it belongs."""

    connection: sa.Connection
    upgrade: str
    downgrade: str

    def run(self, code: str) -> None:
        """Run the body of one direction."""
        context = MigrationContext.configure(self.connection)
        names: dict[str, Any] = {
            "sa": sa,
            "op": Operations(context),
            "mysql": mysql,
            "postgresql": postgresql,
            "sqlite": sqlite,
        }
        with context.begin_transaction():
            exec(code, names)  # noqa: S102 # the code is generated here
        self.connection.commit()

    def snapshot(self) -> Snapshot:
        """Return the catalog."""
        found = take(self.connection)
        self.connection.rollback()
        return found


@contextmanager
def database(url: str) -> Iterator[sa.Connection]:
    """Open a connection."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield connection


#: A template of a revision file with little besides the operations.
SHORT_MAKO = '''"""${message}"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}

def upgrade():
    ${upgrades if upgrades else "pass"}

def downgrade():
    ${downgrades if downgrades else "pass"}
'''


def generate(connection: sa.Connection, model: sa.MetaData, **opts: Any) -> Generated:
    """Compare a database with a model, and render the revision."""
    opts = {"compare_server_default": True, **opts}
    context = MigrationContext.configure(connection, opts=opts)
    script = produce_migrations(context, model)
    connection.rollback()
    batch = bool(opts.get("render_as_batch"))
    codes = [
        render_python_code(
            part, render_as_batch=batch, migration_context=MigrationContext.configure(connection)
        ).replace("\n    ", "\n")
        for part in (script.upgrade_ops, script.downgrade_ops)
        if isinstance(part, (ops.UpgradeOps, ops.DowngradeOps))
    ]
    return Generated(connection, *codes)


def is_empty(generated: Generated) -> bool:
    """Return whether a revision changes nothing."""
    return [line for line in generated.upgrade.split("\n") if line.strip()[:1] != "#"] == ["pass"]


def there_and_back(
    connection: sa.Connection, before: sa.MetaData, after: sa.MetaData, **opts: Any
) -> Generated:
    """Upgrade a database from a model to another, and back; keep it upgraded.

    The second comparison has to find nothing, and the downgrade has to restore the catalog.

    :param opts: options of the migration context, such as `renames`.
    """
    generated = generate(connection, after, **opts)
    first = generated.snapshot()
    generated.run(generated.upgrade)
    again = generate(connection, after, **{**opts, "renames": []})
    assert is_empty(again), f"{generated.upgrade}\nleft:\n{again.upgrade}"
    second = generated.snapshot()
    generated.run(generated.downgrade)
    differences = list(compare(first, generated.snapshot()))
    assert not differences, f"{generated.downgrade}\n{differences}"
    generated.run(generated.upgrade)
    assert not list(compare(second, generated.snapshot()))
    return generated
