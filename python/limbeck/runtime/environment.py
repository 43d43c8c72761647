"""The environment of a command, which env.py accesses as `alembic.context`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, Literal, Optional, TextIO, TypeAlias, cast, overload

from limbeck.operations import Operations
from limbeck.runtime import plugins
from limbeck.runtime._expected_database import expected_database
from limbeck.runtime._run_hooks import RUN_HOOKS
from limbeck.runtime.migration import MigrationContext
from limbeck.util.exc import CommandError
from limbeck.util.langhelpers import ModuleClsProxy, to_tuple

if TYPE_CHECKING:
    from sqlalchemy import Executable
    from sqlalchemy.engine import URL, Connection
    from sqlalchemy.engine.interfaces import ReflectedColumn
    from sqlalchemy.schema import Column, FetchedValue, MetaData, SchemaItem
    from sqlalchemy.types import TypeEngine
    from typing_extensions import Self

    from limbeck.autogenerate.api import AutogenContext
    from limbeck.config import Config
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import MigrationScript
    from limbeck.runtime.migration import MigrationInfo
    from limbeck.script import ScriptDirectory

__all__ = ("EnvironmentContext", "MigrationContext", "Operations")

# The types of configure()'s arguments; projects import them for annotations. Optional and Union, because they are
# evaluated at import.
_RevNumber: TypeAlias = str | tuple[str, ...] | None
_GetRevArg: TypeAlias = str | Iterable[str | None] | Iterable[str]

ProcessRevisionDirectiveFn: TypeAlias = Callable[
    [MigrationContext, _GetRevArg, list["MigrationScript"]], None
]
RenderItemFn: TypeAlias = Callable[[str, Any, "AutogenContext"], str | Literal[False]]
NameFilterType: TypeAlias = Literal[
    "schema",
    "table",
    "column",
    "index",
    "unique_constraint",
    "foreign_key_constraint",
    "check_constraint",
]
NameFilterParentNames: TypeAlias = MutableMapping[
    Literal["schema_name", "table_name", "schema_qualified_table_name"], str | None
]
IncludeNameFn: TypeAlias = Callable[[str | None, NameFilterType, NameFilterParentNames], bool]
IncludeObjectFn: TypeAlias = Callable[
    ["SchemaItem", str | None, NameFilterType, bool, Optional["SchemaItem"]], bool
]
OnVersionApplyFn: TypeAlias = Callable[
    [MigrationContext, "MigrationInfo", Collection[Any], Mapping[str, Any]], None
]
CompareServerDefault: TypeAlias = Callable[
    [
        MigrationContext,
        "Column[Any]",
        "Column[Any]",
        str | None,
        Optional["FetchedValue"],
        str | None,
    ],
    bool | None,
]
CompareType: TypeAlias = Callable[
    [
        MigrationContext,
        "ReflectedColumn",
        "Column[Any]",
        "TypeEngine[Any]",
        "TypeEngine[Any]",
    ],
    bool | None,
]


class EnvironmentContext(ModuleClsProxy):
    """The environment in which a command runs env.py.

    Within a `with` block, `alembic.context` refers to it. There, the command calls `script.run_env()`, and env.py calls
    :meth:`configure` and :meth:`run_migrations`. See the runtime chapter of Alembic's documentation.

    :param config: the configuration
    :param script: the script directory
    :param kw: options for the migration context: `fn`, `as_sql`, `starting_rev`,
        `destination_rev`, `tag`, ...
    """

    _migration_context: MigrationContext | None = None

    config: Config = cast("Config", None)
    """The configuration of the command."""

    script: ScriptDirectory = cast("ScriptDirectory", None)
    """The script directory of the command."""

    def __init__(self, config: Config, script: ScriptDirectory, **kw: Any) -> None:
        self.config = config
        self.script = script
        self.context_opts = kw
        #: The database that the user has named, compared with each connection that is configured.
        self._expected_database = expected_database(config, script, kw.get("tag"))
        # Before env.py configures logging, and before a revision can use a plugin's operations.
        plugins.find_installed()

    def __enter__(self) -> Self:
        """Make this environment `alembic.context`."""
        # Imported now, so that the module knows the current environment.
        import limbeck.context  # noqa: F401

        self._install_proxy()
        return self

    def __exit__(self, *arg: object, **kw: Any) -> None:
        """Remove this environment from `alembic.context`."""
        self._remove_proxy()

    # ---- arguments of the command ----

    def is_offline_mode(self) -> bool:
        """Return whether SQL is printed instead of executed (`--sql`)."""
        offline: bool = self.context_opts.get("as_sql", False)
        return offline

    def is_transactional_ddl(self) -> bool:
        """Return whether DDL is transactional, by the backend or `transactional_ddl`.

        :raises Exception: before :meth:`configure`
        """
        return self.get_context().impl.transactional_ddl

    def requires_connection(self) -> bool:
        """Return whether the command needs a connection, which is the opposite of offline mode."""
        return not self.is_offline_mode()

    def get_head_revision(self) -> _RevNumber:
        """Return the identifier of the head revision.

        :raises CommandError: if there are several heads
        """
        return self.script.as_revision_number("head")

    def get_head_revisions(self) -> _RevNumber:
        """Return the identifiers of all head revisions."""
        return self.script.as_revision_number("heads")

    def get_starting_revision_argument(self) -> _RevNumber:
        """Return the start of an offline run (`start:end`), if given.

        :raises CommandError: if it was not given, and :meth:`configure` has not been called
        """
        if self._migration_context is None and "starting_rev" not in self.context_opts:
            raise CommandError("No starting revision argument is available.")
        return self.script.as_revision_number(self.context_opts.get("starting_rev"))

    def get_revision_argument(self) -> _RevNumber:
        """Return the target revision of the command; `None` for the base."""
        return self.script.as_revision_number(self.context_opts["destination_rev"])

    def get_tag_argument(self) -> str | None:
        """Return the value of `--tag`, which limbeck itself does not use."""
        tag: str | None = self.context_opts.get("tag")
        return tag

    @overload
    def get_x_argument(self, as_dictionary: Literal[False]) -> list[str]: ...

    @overload
    def get_x_argument(self, as_dictionary: Literal[True]) -> dict[str, str]: ...

    @overload
    def get_x_argument(self, as_dictionary: bool = ...) -> list[str] | dict[str, str]: ...

    def get_x_argument(self, as_dictionary: bool = False) -> list[str] | dict[str, str]:
        """Return the values of `-x`, which are meant for env.py.

        :param as_dictionary: split each at its first `=`; the value is empty without one
        """
        options = self.config.cmd_opts
        given: list[str] = (options.x if options is not None else None) or []
        if not as_dictionary:
            return given
        pairs = (argument.partition("=") for argument in given)
        return {key: value for key, _, value in pairs}

    # ---- calls from env.py ----

    def configure(
        self,
        connection: Connection | None = None,
        url: str | URL | None = None,
        dialect_name: str | None = None,
        dialect_opts: dict[str, Any] | None = None,
        transactional_ddl: bool | None = None,
        transaction_per_migration: bool = False,
        output_buffer: TextIO | None = None,
        starting_rev: str | None = None,
        tag: str | None = None,
        template_args: dict[str, Any] | None = None,
        render_as_batch: bool = False,
        target_metadata: MetaData | Sequence[MetaData] | None = None,
        include_name: IncludeNameFn | None = None,
        include_object: IncludeObjectFn | None = None,
        include_schemas: bool = False,
        process_revision_directives: ProcessRevisionDirectiveFn | None = None,
        compare_type: bool | CompareType = True,
        compare_server_default: bool | CompareServerDefault = False,
        render_item: RenderItemFn | None = None,
        literal_binds: bool = False,
        upgrade_token: str = "upgrades",
        downgrade_token: str = "downgrades",
        alembic_module_prefix: str = "op.",
        sqlalchemy_module_prefix: str = "sa.",
        user_module_prefix: str | None = None,
        on_version_apply: OnVersionApplyFn | None = None,
        autogenerate_plugins: Sequence[str] | None = None,
        **kw: Any,
    ) -> None:
        """Create the migration context for :meth:`run_migrations`.

        May be called several times, for several databases. Options of an earlier call remain unless a later one sets them, except
        for parameters with a default other than `None`.

        The database:

        :param connection: the SQLAlchemy connection to migrate; needed unless offline
        :param url: determines the dialect, without a connection
        :param dialect_name: the dialect, without a connection and a URL
        :param dialect_opts: arguments of the dialect's constructor
        :param transactional_ddl: override whether the backend has transactional DDL
        :param transaction_per_migration: one transaction per revision, instead of one for the run

        The run:

        :param output_buffer: the output of an offline run; by default that of the configuration,
            else standard output
        :param starting_rev: the start of an offline run
        :param tag: replaces the value of `--tag`
        :param literal_binds: render values as literals in an offline run
        :param on_version_apply: called after each revision, with the keywords `ctx`, `step`,
            `heads` and `run_args`; or several such functions

        Autogenerate:

        :param target_metadata: the model
        :param include_name: a hook that decides by name whether an object of the database is read
        :param include_object: a hook that decides whether an object is compared
        :param include_schemas: compare all schemas
        :param compare_type: whether types are compared, or a function that compares them
        :param compare_server_default: the same for server defaults
        :param autogenerate_plugins: the names of the plugins that compare
        :param process_revision_directives: a hook that may change the directives
        :param template_args: further variables of script.py.mako
        :param render_as_batch: render the changes of a table as a batch block
        :param render_item: a hook that renders types and other objects
        :param upgrade_token: the variable of script.py.mako with the upgrade's body
        :param downgrade_token: the variable with the downgrade's body
        :param alembic_module_prefix: the prefix of operations
        :param sqlalchemy_module_prefix: the prefix of SQLAlchemy's names
        :param user_module_prefix: the prefix of other types; by default their module

        :param kw: options of the migration context (`version_table`, `version_table_schema`,
            `version_table_pk`, `output_encoding`), and of dialects of other packages
        :raises Exception: if the dialect cannot be determined
        :raises CommandError: if `connection` is an engine, or leads to another database than `database_url`
        """
        opts = self.context_opts
        opts.update(
            transaction_per_migration=transaction_per_migration,
            target_metadata=target_metadata,
            include_name=include_name,
            include_object=include_object,
            include_schemas=include_schemas,
            render_as_batch=render_as_batch,
            upgrade_token=upgrade_token,
            downgrade_token=downgrade_token,
            sqlalchemy_module_prefix=sqlalchemy_module_prefix,
            alembic_module_prefix=alembic_module_prefix,
            user_module_prefix=user_module_prefix,
            literal_binds=literal_binds,
            process_revision_directives=process_revision_directives,
            on_version_apply=to_tuple(on_version_apply, default=()),
            compare_type=compare_type,
            compare_server_default=compare_server_default,
            script=self.script,
        )
        if output_buffer is None:
            output_buffer = self.config.output_buffer
        only_if_given = {
            "transactional_ddl": transactional_ddl,
            "output_buffer": output_buffer,
            "starting_rev": starting_rev,
            "tag": tag,
            "render_item": render_item,
            "autogenerate_plugins": autogenerate_plugins,
        }
        opts.update((key, value) for key, value in only_if_given.items() if value is not None)
        if template_args and "template_args" in opts:
            opts["template_args"].update(template_args)
        opts.update(kw)
        expected = None if self.is_offline_mode() else self._expected_database
        if expected is not None and connection is not None:
            expected.check_connection(connection)
        self._migration_context = MigrationContext.configure(
            connection=connection,
            url=url,
            dialect_name=dialect_name,
            environment_context=self,
            dialect_opts=dialect_opts,
            opts=opts,
        )
        if expected is not None:
            expected.check_version_table(self._migration_context)

    def run_migrations(self, **kw: Any) -> None:
        """Run the migrations of the command, starting at the current revisions.

        :param kw: passed to each `upgrade()` or `downgrade()`
        :raises Exception: before :meth:`configure`
        """
        context = self.get_context()
        context._run_arguments = kw
        with Operations.context(context), ExitStack() as surroundings:
            for around in RUN_HOOKS.get():
                surroundings.enter_context(around(context, self.context_opts["fn"]))
            context.run_migrations(**kw)

    def begin_transaction(self) -> AbstractContextManager[Any]:
        """Return a context manager for the transaction of the run.

        Offline, it writes BEGIN and COMMIT. Without transactional DDL, it does nothing.
        """
        return self.get_context().begin_transaction()

    def execute(
        self, sql: Executable | str, execution_options: dict[str, Any] | None = None
    ) -> None:
        """Execute a statement, or write it in offline mode."""
        self.get_context().execute(sql, execution_options=execution_options)

    def static_output(self, text: str) -> None:
        """Write text to the output of an offline run."""
        self.get_context().impl.static_output(text)

    def get_context(self) -> MigrationContext:
        """Return the migration context.

        :raises Exception: before :meth:`configure`
        """
        if self._migration_context is None:
            raise Exception("No context has been configured yet.")  # noqa: TRY002 - Alembic's type
        return self._migration_context

    def get_bind(self) -> Connection:
        """Return the connection of the migration context; `None` in offline mode."""
        return self.get_context().bind  # type: ignore[return-value]  # as documented by Alembic

    def get_impl(self) -> DefaultImpl:
        """Return the impl of the dialect."""
        return self.get_context().impl
