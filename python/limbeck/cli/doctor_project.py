"""What `limbeck doctor` finds in a project: its configuration, revision files, env.py and database."""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.cli.doctor_database import used_databases
from limbeck.cli.hints import hint_for
from limbeck.lock.backends import lock_for
from limbeck.runtime._notices import quiet_runs
from limbeck.runtime._run import _actual_length
from limbeck.settings.limbeck_section import Settings
from limbeck.state.report import advice, summary
from limbeck.state.sqlalchemy_readers import name_for_messages
from limbeck.state.status import open_script
from limbeck.state.types import Recorded, compare, rows_as_strings
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import ScriptDirectory


class Check(NamedTuple):
    """One thing that was looked at.

    :ivar about: what it is: `configuration`, `revisions`, `env.py`, `database`, `version table`, `indexes` or `lock`.
    :ivar ok: whether it is in order.
    :ivar text: what was found.
    :ivar hint: what to do; `None` if it is in order, or nothing is known.
    """

    about: str
    ok: bool
    text: str
    hint: str | None = None


def settings_file(config: Config) -> str | None:
    """Return the path of the settings; `None` where no project is, so that there is nothing to look at."""
    for name in (config.config_file_name, config.toml_file_name):
        if name is not None and Path(name).is_file():
            return name
    return None


def look(config: Config) -> Iterator[Check]:
    """Look at a project. The database is only read.

    What needs a part that is in disorder is left out.
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            script = open_script(config)
            Settings.read(config)
    except Exception as error:  # noqa: BLE001 - any error is a finding
        failed = _failed("configuration", error, config)
        yield failed._replace(hint=failed.hint or f"correct {settings_file(config)}")
        return
    deprecated = [one for one in caught if issubclass(one.category, DeprecationWarning)]
    yield Check("configuration", True, f"{settings_file(config)}, revisions in {script.dir}")
    for one in deprecated:  # they still work
        yield Check("configuration", True, str(one.message), f"correct {settings_file(config)}")
    revisions = list(_revisions(config, script))
    yield from revisions
    if all(check.ok for check in revisions):
        yield from _databases(config, script)


def _failed(about: str, error: Exception, config: Config) -> Check:
    """Return the finding that is an error, with its hint."""
    text, _, own = str(error).partition("\n")
    hint = own.strip().removeprefix("hint: ") or hint_for(error, config, Namespace(config=None))
    name = "" if isinstance(error, CommandError) else f"{type(error).__name__}: "
    return Check(about, False, f"{name}{text}", hint)


# -- files

_CORRECT = "correct the file; `heads`, `history` and `status` read only its header"


def _revisions(config: Config, script: ScriptDirectory) -> Iterator[Check]:
    found = False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            scripts = list(script.walk_revisions())
            heads = script.get_heads()
    except Exception as error:  # noqa: BLE001 - any error is a finding
        yield _failed("revisions", error, config)
        return
    for text in dict.fromkeys(str(one.message) for one in caught):
        if "more than once" in text:
            found = True
            yield Check("revisions", False, text, "give one of the files another identifier")
    for path in (Path(one.path) for one in scripts):
        problem = _syntax_error(path)
        if problem is not None:
            found = True
            yield Check("revisions", False, problem, _CORRECT)
    if not scripts:
        yield Check(
            "revisions", True, "there are none", "`alembic revision -m MESSAGE` makes the first"
        )
    elif not found:
        named = ", ".join(heads)
        yield Check(
            "revisions",
            True,
            f"{len(scripts)}, {'head' if len(heads) == 1 else f'{len(heads)} heads'}: {named}",
        )


def _syntax_error(path: Path) -> str | None:
    """Return what is wrong with a file that Python cannot compile, of which the engine reads only the header."""
    if path.suffix != ".py":
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about its strings and comparisons
            compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"{path}{f', line {line}' if line else ''}: {getattr(error, 'msg', error)}"
    return None


# -- the database


def _databases(config: Config, script: ScriptDirectory) -> Iterator[Check]:
    checks: list[Check] = []
    try:
        with quiet_runs():
            used = used_databases(
                config, script, lambda context: checks.extend(_read(context, script))
            )
    except Exception as error:  # noqa: BLE001 - any error is a finding
        yield _failed("env.py", error, config)
        return
    yield Check("env.py", True, f"uses {', '.join(name_for_messages(one.url) for one in used)}")
    for one in used:
        if one.difference is not None:
            yield Check(
                "database", False, one.difference, "`limbeck doctor --database` proposes settings"
            )
    yield from checks


def _read(context: MigrationContext, script: ScriptDirectory) -> Iterator[Check]:
    connection = context.connection
    database = name_for_messages(connection.engine.url)
    rows, has_table = context._rows()
    found = compare(
        script,
        Recorded(
            tuple(sorted(rows_as_strings(rows, context.version_table, database))),
            "env.py",
            None,
            database,
            has_table,
        ),
    )
    # Behind and unstamped is what a database may be.
    is_ok = not (found.unknown or found.redundant or found.pruned)
    yield Check("database", is_ok, f"{database}: {summary(found)}", advice(found))
    if has_table:
        yield from _version_table(context, script)
    if connection.dialect.name == "postgresql":
        yield from _invalid_indexes(connection)
    yield from _lock(context)


def _version_table(context: MigrationContext, script: ScriptDirectory) -> Iterator[Check]:
    length = None if context.dialect.name == "sqlite" else _actual_length(context)
    longest = max((one.revision for one in script.walk_revisions()), key=len, default="")
    column = f"{context.version_table}.version_num"
    if length is not None and len(longest) > length:
        yield Check(
            "version table",
            False,
            f"{column} takes {length} characters, and '{longest}' has {len(longest)}",
            "widen the column with ALTER TABLE",
        )
    else:
        yield Check("version table", True, column)


_INVALID = """
    SELECT n.nspname, c.relname FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT i.indisvalid AND NOT EXISTS (
        SELECT 1 FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid
    ) ORDER BY 1, 2
"""


def _invalid_indexes(connection: Any) -> Iterator[Check]:
    for schema, name in connection.exec_driver_sql(_INVALID):
        yield Check(
            "indexes",
            False,
            f"{schema}.{name} is invalid: CREATE INDEX CONCURRENTLY has left it",
            f"`DROP INDEX CONCURRENTLY {schema}.{name}`, or run its revision again",
        )


def _lock(context: MigrationContext) -> Iterator[Check]:
    """Find whether a migration runs with the lock; by taking it for a moment, since that is what counts."""
    connection = context.connection
    if connection.dialect.name not in ("postgresql", "mysql", "mariadb"):
        return  # the lock of SQLite is a file, which would be made
    lock = lock_for(connection, context.version_table, context.version_table_schema)
    try:
        if not lock.try_acquire():
            yield Check("lock", False, f"held by {lock.holder()}", "a migration runs now")
    finally:
        lock.close()
