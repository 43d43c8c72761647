"""The migration context: what a run of migrations, the version table and operations share."""

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
    """A database, or a file of SQL, that migrations are run on.

    Usually made by :meth:`.EnvironmentContext.configure`; on its own it reads a database's revision:

        context = MigrationContext.configure(connection)
        context.get_current_revision()

    :param dialect: of SQLAlchemy.
    :param connection: the connection, of which offline mode has none.
    :param opts: the options of :meth:`.EnvironmentContext.configure`.
    :param environment_context: what made this context, if anything did.
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
        self._migrations_fn: _Planner | None = opts.get("fn")
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
        """Make a context for a database, or for SQL of a dialect.

        :param connection: the database; it tells the dialect as well.
        :param url: tells the dialect, where there is no connection.
        :param dialect_name: names the dialect, where there is neither.
        :param dialect: the dialect itself, where there is nothing else.
        :param environment_context: what asks for the context.
        :param dialect_opts: arguments for the dialect, when it is made from the URL or name.
        :param opts: the options of :meth:`.EnvironmentContext.configure`.
        :raises CommandError: if the connection is something else, such as an engine.
        """
        if connection is not None:
            # SQLAlchemy's mock connections are welcome; what cannot run a statement is not.
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
            raise Exception("Connection, url, or dialect_name is required.")  # noqa: TRY002 - the type that callers know
        return cls(dialect, connection, opts if opts is not None else {}, environment_context)

    def _stdout_connection(self, connection: Connection | None) -> MockConnection:
        return writing_connection(self)

    @property
    def bind(self) -> Connection | None:
        """The connection; offline, one that writes what is run on it."""
        bind: Connection | None = self.connection
        return bind

    @property
    def config(self) -> Config | None:
        """The configuration, if the context belongs to an environment."""
        return None if self.environment_context is None else self.environment_context.config

    def execute(
        self, sql: Executable | str, execution_options: dict[str, Any] | None = None
    ) -> None:
        """Run a statement, or write it offline.

        :param sql: the statement, or its text.
        :param execution_options: for this statement.
        """
        self.impl._exec(sql, execution_options)

    # -- transactions

    def _in_connection_transaction(self) -> bool:
        return sqla_compat._get_connection_in_transaction(self.connection)

    def begin_transaction(
        self, _per_migration: bool = False
    ) -> _ProxyTransaction | AbstractContextManager[None, bool | None]:
        """The transaction to run migrations in, as a context manager.

        Where each migration has its own, or the backend cannot undo DDL, this does nothing.
        """
        return _transactions.begin(self, _per_migration)

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Run statements outside of any transaction, such as PostgreSQL's `ALTER TYPE … ADD VALUE`.

        What was done before in the migration's transaction is committed first.

        :raises CommandError: in a transaction that was not begun through this context.
        """
        with _transactions.autocommit_block(self):
            yield

    # -- the version table

    def get_current_revision(self) -> str | None:
        """The one row of the version table; `None` if there is none.

        :raises CommandError: if there are several.
        """
        heads = self.get_current_heads()
        if len(heads) > 1:
            raise CommandError(
                f"Version table '{self.version_table}' has more than one head present; "
                "please use get_current_heads()"
            )
        return heads[0] if heads else None

    def get_current_heads(self) -> tuple[str, ...]:
        """The rows of the version table; offline, the revisions that the SQL starts from.

        :raises CommandError: if such revisions were given, but there is a database.
        """
        return self._rows()[0]

    def _rows(self) -> tuple[tuple[str, ...], bool]:
        """The rows, and whether there is a table that could have some."""
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
            scripts = map(self.script.get_revision, names)
            start = [script.revision for script in scripts if script is not None]
        names_given: tuple[str, ...] = to_tuple(start, default=())
        return names_given

    def _has_version_table(self) -> bool:
        return sqla_compat._connectable_has_table(
            self.connection, self.version_table, self.version_table_schema
        )

    def _ensure_version_table(self, purge: bool = False, _absent: bool = False) -> None:
        """Create the version table if it is not there.

        :param purge: remove its rows.
        :param _absent: it is known not to be there.
        """
        with sqla_compat._ensure_scope_for_ddl(self.connection):
            self._version.create(self.connection, checkfirst=not _absent)
            if purge:
                self.connection.execute(self._version.delete())

    # -- running

    def stamp(self, script_directory: ScriptDirectory, revision: str) -> None:
        """Write a revision to the version table, without running anything.

        :param script_directory: knows the revision.
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
        """Run the migrations that the command asks for.

        :param kw: passed to each `upgrade()` or `downgrade()`.
        :raises CommandError: if the version table is not as it should be.
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
