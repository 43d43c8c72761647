"""CREATE INDEX CONCURRENTLY on PostgreSQL, repeated after an attempt that failed or was not recorded.

A failed CREATE INDEX CONCURRENTLY leaves an invalid index, because of which the next attempt fails. With IF NOT EXISTS, PostgreSQL
keeps whatever has the name: an invalid index, or one of another definition.
https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from limbeck.execution.backends import Backend, PostgresqlBackend
from limbeck.util._driver_cursor import execute as execute_text
from limbeck.util._driver_cursor import query
from limbeck.util._sql_text import concurrent_index
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.execution.attempts import Attempts

#: The part of pg_get_indexdef() that follows the names of index and table, of the index `i` of the table `t`.
_DEFINITION = """
    CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || substr(
        pg_get_indexdef(i.indexrelid),
        strpos(pg_get_indexdef(i.indexrelid), '.' || quote_ident(t.relname) || ' USING ')
        + length('.' || quote_ident(t.relname) || ' USING ')
    )
"""
#: PostgreSQL itself refuses partitioned tables.
_EXISTING = f"""
    SELECT format('%I.%I', n.nspname, r.relname), format('%I.%I', n.nspname, t.relname), quote_ident(t.relname),
           t.relkind = 'r', i.indrelid = t.oid AND NOT i.indisvalid,
           CASE WHEN i.indrelid = t.oid THEN {_DEFINITION} ELSE pg_get_indexdef(i.indexrelid) END
    FROM pg_class t
    JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_class r ON r.relnamespace = n.oid AND r.relname = CAST((parse_ident(:name))[1] AS name)
    LEFT JOIN pg_index i ON i.indexrelid = r.oid
    WHERE t.oid = to_regclass(:table) AND t.relkind IN ('r', 'm')
"""
_WANTED = f"""
    SELECT {_DEFINITION}
    FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid
    WHERE t.oid = to_regclass(:table)
"""


class IndexDiffers(CommandError):
    """The name of a wanted index is in use for something else.

    :ivar hint: what to do next.
    """

    hint = "drop or rename what has the name, or change the revision, and run the command again"


class _Existing(NamedTuple):
    """What has the name of a wanted index; names are quoted."""

    name: str
    table: str
    #: The table's name without its schema.
    relation: str
    is_lockable: bool
    #: Whether it is an invalid index of the table.
    is_invalid: bool
    #: Of an index of another table, the whole statement; `None` if it is no index.
    definition: str | None


def is_to_be_executed(
    backend: Backend, statement: str, execute: Callable[[str], None], attempts: Attempts
) -> bool:
    """Return false for a CREATE INDEX CONCURRENTLY whose index exists; drop an invalid index of that name.

    :param backend: the backend of the run.
    :param statement: any statement, as the driver gets it.
    :param execute: executes another statement with the same parameters.
    :param attempts: the attempts of the revision, for messages.
    :raises CommandError: the name is in use for something else.
    """
    # PostgreSQL refuses the statement in a transaction, and among several at once.
    if not isinstance(backend, PostgresqlBackend) or not backend.in_autocommit:
        return True
    match = concurrent_index(statement)
    if match is None:
        return True
    connection = backend.connection
    existing = _find(connection, match)
    if existing is None:
        return True
    with _undone_transaction(connection):
        if existing.is_invalid and existing.is_lockable:
            # An index is also invalid while another session builds it, with this lock.
            execute_text(connection, f"LOCK TABLE {existing.table} IN SHARE UPDATE EXCLUSIVE MODE")
            existing = _find(connection, match)
            if existing is None:
                return True
        if not existing.is_invalid:
            wanted = _wanted_definition(connection, match, existing, execute)
            if existing.definition != wanted:
                raise IndexDiffers(
                    f"{attempts.name}: {existing.name} exists, but is not the index that is wanted on {existing.table}\n"
                    f"  exists: {existing.definition or 'no index'}\n"
                    f"  wanted: {wanted}"
                )
            attempts.notify(
                f"index {existing.name} exists and has the wanted definition, so it is not built"
            )
            return False
    attempts.notify(
        f"index {existing.name} is invalid after an earlier attempt, so it is dropped and built"
    )
    execute_text(connection, f"DROP INDEX CONCURRENTLY {existing.name}")
    return True


def _find(connection: Connection, match: re.Match[str]) -> _Existing | None:
    escapes = connection.dialect.paramstyle in ("format", "pyformat")
    names = {
        key: match[key].replace("%%", "%") if escapes else match[key] for key in ("name", "table")
    }
    row = _first_row(connection, _EXISTING, names)
    return None if row is None else _Existing(*row)


def _wanted_definition(
    connection: Connection,
    match: re.Match[str],
    existing: _Existing,
    execute: Callable[[str], None],
) -> str:
    """Return the definition of the wanted index, built on an empty copy of the table."""
    # The copy has the table's name, because expressions may contain it.
    copy = f"pg_temp.{existing.relation}"
    execute_text(connection, f"CREATE TEMP TABLE {existing.relation} (LIKE {existing.table})")
    execute(f"CREATE {match['unique'] or ''} INDEX ON pg_temp.{match['relation']}{match['rest']}")
    row = _first_row(connection, _WANTED, {"table": copy})
    assert row is not None
    return str(row[0])


@contextmanager
def _undone_transaction(connection: Connection) -> Iterator[None]:
    """Within the block, a connection in autocommit is in a transaction, which is rolled back."""
    execute_text(connection, "BEGIN")
    try:
        yield
    finally:
        execute_text(connection, "ROLLBACK")


def _first_row(connection: Connection, statement: str, values: dict[str, str]) -> Any:
    """Run a query below SQLAlchemy, with parameters as its driver takes them."""
    from sqlalchemy import text

    compiled = text(statement).bindparams(**values).compile(dialect=connection.dialect)
    parameters: Any = compiled.params
    if compiled.positional:
        parameters = tuple(parameters[name] for name in compiled.positiontup or ())
    rows = query(connection, str(compiled), parameters)
    return rows[0] if rows else None
