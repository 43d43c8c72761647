"""The states of databases: the live one, and those that are made on scratch databases."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import MetaData, inspect
from sqlalchemy.exc import SAWarning

from limbeck.runtime._notices import quiet_runs
from limbeck.runtime.environment import EnvironmentContext
from limbeck.scratch import scratch_databases
from limbeck.scratch.models import create_models
from limbeck.settings.database_url import configured_scratch_url
from limbeck.snapshot import Snapshot, take
from limbeck.util import sqla_compat
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.base import ScriptDirectory


class State(NamedTuple):
    """What a database has.

    :ivar rows: the rows of the version table, sorted.
    :ivar snapshot: its catalog.
    :ivar metadata: its tables, if they were asked for.
    """

    rows: tuple[str, ...]
    snapshot: Snapshot
    metadata: MetaData | None = None


def live_snapshot(
    config: Config, script: ScriptDirectory, *, tag: str | None = None, reflects: bool = False
) -> State:
    """Return what the database of env.py has. It is only read.

    :param config: the configuration.
    :param script: the script directory.
    :param tag: the value of `get_tag_argument()` in env.py.
    :param reflects: also reflect the tables.
    :raises CommandError: env.py runs no migrations, or migrates several databases.
    """
    found: list[State] = []

    def look(rows: Any, context: MigrationContext) -> list[Any]:
        with sqla_compat._ensure_scope_for_ddl(context.connection):
            snapshot = take(context.connection, (context.version_table,))
            metadata = _reflected(context.connection) if reflects else None
        found.append(State(tuple(sorted(rows)), snapshot, metadata))
        return []

    with EnvironmentContext(config, script, fn=look, dont_mutate=True, tag=tag):
        script.run_env()
    if len(found) != 1:
        raise CommandError(
            f"{script.env_py_location} migrates {len(found)} databases; exactly one can be compared"
        )
    return found[0]


def revisions_snapshot(
    config: Config,
    script: ScriptDirectory,
    targets: Sequence[str] = ("heads",),
    *,
    reflects: bool = False,
) -> State:
    """Return what revisions make of an empty database, which is a scratch database.

    :param config: the configuration.
    :param script: the script directory.
    :param targets: the targets to upgrade to; none leaves the database empty.
    :param reflects: also reflect the tables.
    :raises CommandError: no scratch database can be made, env.py runs no migrations, or it migrates several databases.
    """
    with scratch_databases(url=configured_scratch_url(config)), quiet_runs():
        upgrade_to(config, script, targets)
        return live_snapshot(config, script, reflects=reflects)


def upgrade_to(config: Config, script: ScriptDirectory, targets: Sequence[str]) -> None:
    """Upgrade the database of env.py, which the caller has replaced by a scratch database.

    :param config: the configuration.
    :param script: the script directory.
    :param targets: the targets.
    """
    for target in targets:

        def plan(heads: Any, context: MigrationContext, target: str = target) -> list[Any]:
            return list(script._upgrade_revs(target, heads))

        with EnvironmentContext(config, script, fn=plan, destination_rev=target):
            script.run_env()


def models_snapshot(config: Config, script: ScriptDirectory, *, reflects: bool = False) -> State:
    """Return what `target_metadata` of env.py makes of an empty database, which is a scratch database.

    :param config: the configuration.
    :param script: the script directory.
    :param reflects: also reflect the tables.
    :raises CommandError: as for :func:`revisions_snapshot`, or env.py has no models.
    """

    def create(heads: Any, context: MigrationContext) -> list[Any]:
        models = context.opts.get("target_metadata")
        if models is None:
            raise CommandError(
                f"{script.env_py_location} has no models to compare with\n\n"
                "hint: pass `target_metadata` to context.configure()"
            )
        with sqla_compat._ensure_scope_for_ddl(context.connection):
            for metadata in models if isinstance(models, Sequence) else (models,):
                create_models(context.connection, metadata)
        return []

    with scratch_databases(url=configured_scratch_url(config)), quiet_runs():
        with EnvironmentContext(config, script, fn=create, dont_mutate=True):
            script.run_env()
        return live_snapshot(config, script, reflects=reflects)


def _reflected(connection: Connection) -> MetaData:
    """Return the tables of all schemas of the user."""
    metadata = MetaData()
    with expression_indexes_skipped():
        metadata.reflect(connection)
        if connection.dialect.name == "postgresql":
            inspector = inspect(connection)
            for schema in inspector.get_schema_names():
                if schema not in ("information_schema", inspector.default_schema_name):
                    metadata.reflect(connection, schema=schema)
    return metadata


@contextmanager
def expression_indexes_skipped() -> Iterator[None]:
    """Within the block, SQLAlchemy does not warn of indexes on expressions, which it does not reflect for SQLite."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection", SAWarning)
        yield
