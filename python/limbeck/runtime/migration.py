"""The migration context: the state shared by a run, the version table and operations."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.engine import url as sqla_url

from limbeck import ddl
from limbeck.runtime import _run, _transactions
from limbeck.runtime._offline_output import EncodedIO, output_buffer, writing_connection
from limbeck.runtime._steps import MigrationInfo, MigrationStep, RevisionStep, StampStep
from limbeck.runtime._transactions import _ProxyTransaction
from limbeck.runtime._version_rows import HeadMaintainer
from limbeck.util import sqla_compat
from limbeck.util.exc import CommandError
from limbeck.util.langhelpers import to_list, to_tuple

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect, Transaction
    from sqlalchemy.engine.mock import MockConnection
    from sqlalchemy.sql import Executable

    from limbeck.config import Config
    from limbeck.runtime.environment import EnvironmentContext
    from limbeck.script.base import ScriptDirectory

__all__ = [
    "EncodedIO",
    "HeadMaintainer",
    "MigrationContext",
    "MigrationInfo",
    "MigrationStep",
    "RevisionStep",
    "StampStep",
]

log = logging.getLogger("alembic.runtime.migration")


class MigrationContext:
    """The context of a migration run on a database, or of an SQL script.

    Usually created by :meth:`.EnvironmentContext.configure`. A separate one can read the current revision:

        context = MigrationContext.configure(connection)
        context.get_current_revision()

    :param dialect: the SQLAlchemy dialect.
    :param connection: the connection; `None` in offline mode.
    :param opts: the options of :meth:`.EnvironmentContext.configure`.
    :param environment_context: the environment of the context, if there is one.
    """

    def __init__(
        self,
        dialect: Dialect,
        connection: Connection | None,
        opts: dict[str, Any],
        environment_context: EnvironmentContext | None = None,
    ) -> None:
        self.environment_context = environment_context
        self.opts = opts
        self.dialect = dialect
        self.script: ScriptDirectory | None = opts.get("script")
        self.as_sql: bool = opts.get("as_sql", False)
        self.purge: bool = opts.get("purge", False)
        self.transactional_ddl: bool | None = opts.get("transactional_ddl")
        self.on_version_apply_callbacks: tuple[Callable[..., None], ...] = opts.get(
            "on_version_apply", ()
        )
        self.output_buffer = output_buffer(opts)
        self.version_table: str = opts.get("version_table", "alembic_version")
        self.version_table_schema: str | None = opts.get("version_table_schema")
        self._transaction_per_migration: bool = opts.get("transaction_per_migration", False)
        self._transaction: Transaction | None = None
        #: Runs one step; run hooks may replace it.
        self._run_step: _run.RunStep = _run.StepRun.attempt
        #: Describes what a failed body has left in the database; run hooks may replace it.
        self._describe_failure: _run.DescribeFailure = _run.FailedBody.count_notes
        #: What the running migrations have committed; `None` before a run.
        self._commits: _run.Commits | None = None
        self._migrations_fn: _Planner | None = opts.get("fn")
        #: What `run_migrations()` of the environment passes to each body.
        self._run_arguments: _RunArguments = {}
        self._start_from_rev: Any = opts.get("starting_rev")
        self._user_compare_type = opts.get("compare_type", True)
        self._user_compare_server_default = opts.get("compare_server_default", False)
        self.connection: Any = self._stdout_connection(connection) if self.as_sql else connection
        self._in_external_transaction = (
            not self.as_sql and sqla_compat._get_connection_in_transaction(connection)
        )
        self.impl = ddl.DefaultImpl.get_by_dialect(dialect)(
            dialect,
            cast("Any", self.connection),
            self.as_sql,
            self.transactional_ddl,
            self.output_buffer,
            opts,
        )
        self._version = self.impl.version_table_impl(
            version_table=self.version_table,
            version_table_schema=self.version_table_schema,
            version_table_pk=opts.get("version_table_pk", True),
        )
        self._log_start()

    def _log_start(self) -> None:
        log.info("Context impl %s.", type(self.impl).__name__)
        if self.as_sql:
            log.info("Generating static SQL")
        kind = "transactional" if self.impl.transactional_ddl else "non-transactional"
        log.info("Will assume %s DDL.", kind)

    @classmethod
    def configure(
        cls,
        connection: Connection | None = None,
        url: str | sqla_url.URL | None = None,
        dialect_name: str | None = None,
        dialect: Dialect | None = None,
        environment_context: EnvironmentContext | None = None,
        dialect_opts: dict[str, str] | None = None,
        opts: Any | None = None,
    ) -> MigrationContext:
        """Create a context for a database, or for the SQL of a dialect.

        :param connection: a connection to the database, which also determines the dialect.
        :param url: determines the dialect, without a connection.
        :param dialect_name: the name of the dialect, without a connection and a URL.
        :param dialect: the dialect, without any of these.
        :param environment_context: the environment of the context.
        :param dialect_opts: arguments of the dialect, if it is created from the URL or name.
        :param opts: the options of :meth:`.EnvironmentContext.configure`.
        :raises CommandError: if `connection` is not a connection, for example an engine.
        """
        if connection is not None:
            # Mock connections are accepted; objects that cannot execute a statement are not.
            if not hasattr(connection, "execute"):
                raise CommandError(
                    "'connection' argument to configure() is expected to be a "
                    f"sqlalchemy.engine.Connection instance, got {connection!r}"
                )
            dialect = connection.dialect
        elif url or dialect_name:
            address = sqla_url.make_url(url or f"{dialect_name}://")
            dialect = address.get_dialect()(**dialect_opts or {})
        elif dialect is None:
            raise Exception("Connection, url, or dialect_name is required.")  # noqa: TRY002 - Alembic's type
        return cls(dialect, connection, opts if opts is not None else {}, environment_context)

    def _stdout_connection(self, connection: Connection | None) -> MockConnection:
        return writing_connection(self)

    @property
    def bind(self) -> Connection | None:
        """The connection; in offline mode, one that writes statements."""
        bind: Connection | None = self.connection
        return bind

    @property
    def config(self) -> Config | None:
        """The configuration, if the context belongs to an environment."""
        return None if self.environment_context is None else self.environment_context.config

    def execute(
        self, sql: Executable | str, execution_options: dict[str, Any] | None = None
    ) -> None:
        """Execute a statement, or write it in offline mode.

        :param sql: the statement, or its text.
        :param execution_options: the execution options of the statement.
        """
        self.impl._exec(sql, execution_options)

    # -- transactions

    def _in_connection_transaction(self) -> bool:
        return sqla_compat._get_connection_in_transaction(self.connection)

    def begin_transaction(
        self, _per_migration: bool = False
    ) -> _ProxyTransaction | AbstractContextManager[None, bool | None]:
        """Return a context manager for the transaction of the run.

        Does nothing with one transaction per migration, or without transactional DDL.
        """
        return _transactions.begin(self, _per_migration)

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Within the block, run statements outside of a transaction, such as PostgreSQL's `ALTER TYPE … ADD VALUE`.

        The current transaction is committed first.

        :raises CommandError: in a transaction that was not begun by this context.
        """
        with _transactions.autocommit_block(self):
            yield

    # -- the version table

    def get_current_revision(self) -> str | None:
        """Return the row of the version table; `None` if there is none.

        :raises CommandError: if there are several rows.
        """
        heads = self.get_current_heads()
        if len(heads) > 1:
            raise CommandError(
                f"Version table '{self.version_table}' has more than one head present; "
                "please use get_current_heads()"
            )
        return heads[0] if heads else None

    def get_current_heads(self) -> tuple[str, ...]:
        """Return the rows of the version table; in offline mode, the start of the script.

        :raises CommandError: if a start was given with a database connection.
        """
        return self._rows()[0]

    def _rows(self) -> tuple[tuple[str, ...], bool]:
        """Return the rows, and whether the table exists."""
        if self.as_sql:
            return self._offline_rows(), True
        if self._start_from_rev:
            raise CommandError(
                "Can't specify current_rev to context when using a database connection"
            )
        if not self._has_version_table():
            return (), False
        found = self.connection.execute(select(self._version.c.version_num))
        return tuple(row[0] for row in found), True

    def _offline_rows(self) -> tuple[str, ...]:
        start = self._start_from_rev
        if start == "base":
            return ()
        if start is not None and self.script is not None:
            names = [name for name in to_list(start, default=[]) if name not in (None, "base")]
            scripts = [script for name in names for script in self.script._get_any((), name)]
            start = [script.revision for script in scripts if script is not None]
        names_given: tuple[str, ...] = to_tuple(start, default=())
        return names_given

    def _has_version_table(self) -> bool:
        return sqla_compat._connectable_has_table(
            self.connection, self.version_table, self.version_table_schema
        )

    def _ensure_version_table(self, purge: bool = False, _absent: bool = False) -> None:
        """Create the version table if it does not exist.

        :param purge: delete its rows.
        :param _absent: it is known not to exist.
        """
        with sqla_compat._ensure_scope_for_ddl(self.connection):
            self._version.create(self.connection, checkfirst=not _absent)
            if purge:
                self.connection.execute(self._version.delete())

    # -- running

    def stamp(self, script_directory: ScriptDirectory, revision: str) -> None:
        """Write a revision to the version table, without running a revision.

        :param script_directory: the directory of the revision.
        :param revision: the revision.
        :raises CommandError: if it does not exist.
        """
        heads, present = self._rows()
        if not present:
            self._ensure_version_table(_absent=True)
        maintainer = HeadMaintainer(self, heads)
        for step in script_directory._stamp_revs(revision, heads):
            maintainer.update_to_step(step)

    def run_migrations(self, **kw: Any) -> None:
        """Run the migrations of the command.

        :param kw: passed to each `upgrade()` or `downgrade()`.
        :raises CommandError: if the version table does not have the expected rows.
        """
        assert self._migrations_fn is not None, "this context was made without a command to run"
        self.impl.start_migrations()
        if self.purge:
            if self.as_sql:
                raise CommandError("Can't use --purge with --sql mode")
            self._ensure_version_table(purge=True)
            heads: tuple[str, ...] = ()
        else:
            heads, present = self._rows()
            if not (present or self.opts.get("dont_mutate", False)):
                self._ensure_version_table(_absent=True)
        steps = self._migrations_fn(heads, self)
        _run.run(self, HeadMaintainer(self, heads), steps, kw)


_Planner = Callable[[tuple[str, ...], MigrationContext], "Iterable[RevisionStep | StampStep]"]
_RunArguments = Mapping[str, Any]
