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
    """Return whether SQL is printed instead of executed (`--sql`)."""

def is_transactional_ddl() -> bool:
    """Return whether DDL is transactional, by the backend or `transactional_ddl`.

    :raises Exception: before :meth:`configure`"""

def requires_connection() -> bool:
    """Return whether the command needs a connection, which is the opposite of offline mode."""

def get_head_revision() -> _RevNumber:
    """Return the identifier of the head revision.

    :raises CommandError: if there are several heads"""

def get_head_revisions() -> _RevNumber:
    """Return the identifiers of all head revisions."""

def get_starting_revision_argument() -> _RevNumber:
    """Return the start of an offline run (`start:end`), if given.

    :raises CommandError: if it was not given, and :meth:`configure` has not been called"""

def get_revision_argument() -> _RevNumber:
    """Return the target revision of the command; `None` for the base."""

def get_tag_argument() -> str | None:
    """Return the value of `--tag`, which limbeck itself does not use."""

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
    :raises CommandError: if `connection` is an engine, or leads to another database than `database_url`"""

def run_migrations(**kw: Any) -> None:
    """Run the migrations of the command, starting at the current revisions.

    :param kw: passed to each `upgrade()` or `downgrade()`
    :raises Exception: before :meth:`configure`"""

def begin_transaction() -> AbstractContextManager[Any]:
    """Return a context manager for the transaction of the run.

    Offline, it writes BEGIN and COMMIT. Without transactional DDL, it does nothing."""

def execute(sql: Executable | str, execution_options: dict[str, Any] | None = None) -> None:
    """Execute a statement, or write it in offline mode."""

def static_output(text: str) -> None:
    """Write text to the output of an offline run."""

def get_context() -> MigrationContext:
    """Return the migration context.

    :raises Exception: before :meth:`configure`"""

def get_bind() -> Connection:
    """Return the connection of the migration context; `None` in offline mode."""

def get_impl() -> DefaultImpl:
    """Return the impl of the dialect."""
