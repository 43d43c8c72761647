"""What env.py talks to: the environment of one command, and the migration context it configures."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Any, Literal, Optional, TextIO, TypeAlias, cast, overload

from limbeck.operations import Operations
from limbeck.runtime import plugins
from limbeck.runtime._hooks import RUN_HOOKS
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

# The types of what env.py hands to configure(); projects import them to annotate their functions. They are written with
# Optional and Union because they are evaluated when this module is imported.
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
    """The environment in which one command runs env.py.

    Entered with `with`, it is what `alembic.context` shows until the block ends; within, a command
    calls `script.run_env()`, and env.py calls :meth:`configure` and :meth:`run_migrations`. See the
    runtime chapter of Alembic's documentation.

    :param config: the configuration
    :param script: the script directory
    :param kw: options that :meth:`configure` passes on to the migration context: `fn`, `as_sql`,
        `starting_rev`, `destination_rev`, `tag`, ...
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
        # Before env.py sets up logging, and before a revision could use what a plugin adds.
        plugins.find_installed()

    def __enter__(self) -> Self:
        """Show this environment as `alembic.context`."""
        # A module that env.py is the first to import would not know who is current.
        import limbeck.context  # noqa: F401

        self._install_proxy()
        return self

    def __exit__(self, *arg: object, **kw: Any) -> None:
        """Show it no longer."""
        self._remove_proxy()

    # ---- what the command was asked for ----

    def is_offline_mode(self) -> bool:
        """Whether SQL is printed in place of being executed (`--sql`)."""
        offline: bool = self.context_opts.get("as_sql", False)
        return offline

    def is_transactional_ddl(self) -> bool:
        """Whether the backend can roll back DDL, or was said to.

        :raises Exception: before :meth:`configure`
        """
        return self.get_context().impl.transactional_ddl

    def requires_connection(self) -> bool:
        """Whether the command needs a connection: the opposite of offline mode."""
        return not self.is_offline_mode()

    def get_head_revision(self) -> _RevNumber:
        """Return the identifier of the one head of the scripts.

        :raises CommandError: if there are several
        """
        return self.script.as_revision_number("head")

    def get_head_revisions(self) -> _RevNumber:
        """Return the identifiers of all heads of the scripts."""
        return self.script.as_revision_number("heads")

    def get_starting_revision_argument(self) -> _RevNumber:
        """Return where an offline run starts, if it was said (`start:end`).

        :raises CommandError: if nothing was said and :meth:`configure` has not been called
        """
        if self._migration_context is None and "starting_rev" not in self.context_opts:
            raise CommandError("No starting revision argument is available.")
        return self.script.as_revision_number(self.context_opts.get("starting_rev"))

    def get_revision_argument(self) -> _RevNumber:
        """Return the revision that the command is to reach; `None` for the base."""
        return self.script.as_revision_number(self.context_opts["destination_rev"])

    def get_tag_argument(self) -> str | None:
        """Return what `--tag` was given; limbeck itself makes no use of it."""
        tag: str | None = self.context_opts.get("tag")
        return tag

    @overload
    def get_x_argument(self, as_dictionary: Literal[False]) -> list[str]: ...

    @overload
    def get_x_argument(self, as_dictionary: Literal[True]) -> dict[str, str]: ...

    @overload
    def get_x_argument(self, as_dictionary: bool = ...) -> list[str] | dict[str, str]: ...

    def get_x_argument(self, as_dictionary: bool = False) -> list[str] | dict[str, str]:
        """Return what `-x` was given, for env.py to make of it what it likes.

        :param as_dictionary: split each at its first `=`; without one, the value is empty
        """
        options = self.config.cmd_opts
        given: list[str] = (options.x if options is not None else None) or []
        if not as_dictionary:
            return given
        pairs = (argument.partition("=") for argument in given)
        return {key: value for key, _, value in pairs}

    # ---- what env.py does ----

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
        """Set up the migration context that :meth:`run_migrations` will use.

        May be called several times, for one database after the other; what an earlier call set and
        a later one does not name stays, but for the parameters with a default that is not `None`.

        The database:

        :param connection: the SQLAlchemy connection to migrate; needed unless offline
        :param url: where there is no connection: tells the dialect
        :param dialect_name: where there is neither: the dialect itself
        :param dialect_opts: arguments of the dialect's constructor
        :param transactional_ddl: override whether the backend can roll back DDL
        :param transaction_per_migration: a transaction for each revision, in place of one for all

        The run:

        :param output_buffer: where an offline run writes; that of the configuration by default,
            and standard output where it has none
        :param starting_rev: where an offline run starts
        :param tag: replaces what `--tag` was given
        :param literal_binds: write values into the statements of an offline run
        :param on_version_apply: called after each revision, with the keywords `ctx`, `step`,
            `heads` and `run_args`; or several such functions

        Autogenerate:

        :param target_metadata: the schema that is wanted
        :param include_name: whether an object of the database is read, by its name
        :param include_object: whether an object takes part
        :param include_schemas: compare all schemas
        :param compare_type: whether types are compared, or a function that does
        :param compare_server_default: the same for server defaults
        :param autogenerate_plugins: names of the plugins that compare
        :param process_revision_directives: sees and may change what will be written
        :param template_args: more names for script.py.mako
        :param render_as_batch: write changes of a table as batches
        :param render_item: writes types and other objects in its own way
        :param upgrade_token: the name under which script.py.mako finds the upgrade's body
        :param downgrade_token: the same for the downgrade's
        :param alembic_module_prefix: what stands in front of an operation's name
        :param sqlalchemy_module_prefix: what stands in front of SQLAlchemy's names
        :param user_module_prefix: what stands in front of the names of other types; their module's
            name by default

        :param kw: options of the migration context (`version_table`, `version_table_schema`,
            `version_table_pk`, `output_encoding`), and of dialects of other packages
        :raises Exception: if the dialect cannot be known
        :raises CommandError: if `connection` is an engine
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
        self._migration_context = MigrationContext.configure(
            connection=connection,
            url=url,
            dialect_name=dialect_name,
            environment_context=self,
            dialect_opts=dialect_opts,
            opts=opts,
        )

    def run_migrations(self, **kw: Any) -> None:
        """Run what the command asked for, from where the database is.

        :param kw: passed on to each `upgrade()` or `downgrade()`
        :raises Exception: before :meth:`configure`
        """
        context = self.get_context()
        with Operations.context(context), ExitStack() as surroundings:
            for around in RUN_HOOKS.get():
                surroundings.enter_context(around(context, self.context_opts["fn"]))
            context.run_migrations(**kw)

    def begin_transaction(self) -> AbstractContextManager[Any]:
        """Return the transaction to run migrations in, as a context manager.

        Offline it writes BEGIN and COMMIT; where DDL is not transactional, it does nothing.
        """
        return self.get_context().begin_transaction()

    def execute(
        self, sql: Executable | str, execution_options: dict[str, Any] | None = None
    ) -> None:
        """Execute a statement in the migration context, or write it when offline."""
        self.get_context().execute(sql, execution_options=execution_options)

    def static_output(self, text: str) -> None:
        """Write text as it is to the script of an offline run."""
        self.get_context().impl.static_output(text)

    def get_context(self) -> MigrationContext:
        """Return the migration context.

        :raises Exception: before :meth:`configure`
        """
        if self._migration_context is None:
            raise Exception("No context has been configured yet.")  # noqa: TRY002 - what callers know
        return self._migration_context

    def get_bind(self) -> Connection:
        """Return the connection of the migration context; `None` when offline."""
        return self.get_context().bind  # type: ignore[return-value]  # as documented by Alembic

    def get_impl(self) -> DefaultImpl:
        """Return what implements DDL for the dialect in use."""
        return self.get_context().impl
