# Written by tools/proxy_stubs.py from the class EnvironmentContext; edit that one.

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, TextIO, overload

from sqlalchemy import Executable
from sqlalchemy.engine import URL, Connection
from sqlalchemy.schema import MetaData

from limbeck.config import Config
from limbeck.ddl.impl import DefaultImpl
from limbeck.runtime.environment import (
    CompareServerDefault,
    CompareType,
    IncludeNameFn,
    IncludeObjectFn,
    OnVersionApplyFn,
    ProcessRevisionDirectiveFn,
    RenderItemFn,
    _RevNumber,
)
from limbeck.runtime.migration import MigrationContext
from limbeck.script import ScriptDirectory

config: Config
script: ScriptDirectory

def is_offline_mode() -> bool:
    """Whether SQL is printed in place of being executed (`--sql`)."""

def is_transactional_ddl() -> bool:
    """Whether the backend can roll back DDL, or was said to.

    :raises Exception: before :meth:`configure`"""

def requires_connection() -> bool:
    """Whether the command needs a connection: the opposite of offline mode."""

def get_head_revision() -> _RevNumber:
    """Return the identifier of the one head of the scripts.

    :raises CommandError: if there are several"""

def get_head_revisions() -> _RevNumber:
    """Return the identifiers of all heads of the scripts."""

def get_starting_revision_argument() -> _RevNumber:
    """Return where an offline run starts, if it was said (`start:end`).

    :raises CommandError: if nothing was said and :meth:`configure` has not been called"""

def get_revision_argument() -> _RevNumber:
    """Return the revision that the command is to reach; `None` for the base."""

def get_tag_argument() -> str | None:
    """Return what `--tag` was given; limbeck itself makes no use of it."""

@overload
def get_x_argument(as_dictionary: Literal[False]) -> list[str]: ...
@overload
def get_x_argument(as_dictionary: Literal[True]) -> dict[str, str]: ...
@overload
def get_x_argument(as_dictionary: bool = ...) -> list[str] | dict[str, str]: ...
def configure(
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
    :raises CommandError: if `connection` is an engine"""

def run_migrations(**kw: Any) -> None:
    """Run what the command asked for, from where the database is.

    :param kw: passed on to each `upgrade()` or `downgrade()`
    :raises Exception: before :meth:`configure`"""

def begin_transaction() -> AbstractContextManager[Any]:
    """Return the transaction to run migrations in, as a context manager.

    Offline it writes BEGIN and COMMIT; where DDL is not transactional, it does nothing."""

def execute(sql: Executable | str, execution_options: dict[str, Any] | None = None) -> None:
    """Execute a statement in the migration context, or write it when offline."""

def static_output(text: str) -> None:
    """Write text as it is to the script of an offline run."""

def get_context() -> MigrationContext:
    """Return the migration context.

    :raises Exception: before :meth:`configure`"""

def get_bind() -> Connection:
    """Return the connection of the migration context; `None` when offline."""

def get_impl() -> DefaultImpl:
    """Return what implements DDL for the dialect in use."""
