"""The transactions in which a backfill is refused, because its commits would publish something half-way."""

from __future__ import annotations

import random
import time
import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from limbeck.execution.backends import SqliteBackend, backend_of
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.execution.attempts import Progress
    from limbeck.runtime.migration import MigrationContext

#: Seconds after a read for which the server answers from the cache of `innodb_trx`.
_CACHED = 0.1
_READS = 20
_BLOCK = "`with op.get_context().autocommit_block():`"


def refuse_transaction(context: MigrationContext, progress: Progress | None, place: str) -> None:
    """Refuse a transaction that the commits of a backfill would divide.

    :param context: the migration context.
    :param progress: what the running attempt has done, if it is known.
    :param place: the place of the call, for messages.
    :raises CommandError: env.py has begun the transaction, or it has changed something.
    """
    connection: Connection = context.connection
    if connection._is_autocommit_isolation():
        return
    if context._in_external_transaction or connection.in_nested_transaction():
        which = "a savepoint" if connection.in_nested_transaction() else "a transaction of env.py"
        raise CommandError(
            f"backfill() commits each batch, and cannot do so within {which} ({place})\n\n"
            + (
                "hint: call it outside of `begin_nested()`"
                if connection.in_nested_transaction()
                else "hint: begin the transaction with `context.begin_transaction()` in env.py, after "
                "`context.configure()`"
            )
        )
    if not _has_changes(context, progress):
        return
    is_whole_run = context.impl.transactional_ddl and not context._transaction_per_migration
    split = (
        "give the backfill a revision of its own, and each revision its own transaction: with "
        "`transaction_per_migration=True` in context.configure() of env.py, or with `lock_retries` "
        "under [limbeck]"
        if is_whole_run
        else "give the backfill a revision of its own"
    )
    what = "earlier statements of the run" if is_whole_run else "earlier statements of the revision"
    raise CommandError(
        f"backfill() would commit {what} half-way, which are in the same transaction ({place})\n\n"
        f"hint: {split}; or call it within {_BLOCK}, which commits them first"
    )


def _has_changes(context: MigrationContext, progress: Progress | None) -> bool:
    """Return whether the open transaction has changed anything."""
    connection: Connection = context.connection
    name = connection.dialect.name
    if name == "postgresql":
        query = "SELECT txid_current_if_assigned()"
        return connection.execute(sa.text(query)).scalar() is not None
    if name in ("mysql", "mariadb"):
        return _rows_modified(context) > 0
    backend = backend_of(connection)
    if isinstance(backend, SqliteBackend):
        # With `sqlite_transactional_ddl`, the transaction has begun with the revision.
        return backend.in_transaction and (progress is None or progress.has_changes)
    return progress is not None and progress.has_changes


def _rows_modified(context: MigrationContext) -> int:
    """Return the number of rows that the open transaction of MySQL or MariaDB has modified; 0 if it cannot be read."""
    connection: Connection = context.connection
    # A transaction that has read nothing is not in the table.
    connection.execute(sa.select(context._version.c.version_num).limit(1))
    for attempt in range(_READS):
        if attempt:
            # A random time, because each read of another session prolongs the cache.
            time.sleep(random.uniform(1, 2) * _CACHED)
        # The table is a cache. It shows this query if it has been filled now.
        mark = uuid.uuid4().hex
        query = (
            f"SELECT trx_rows_modified, trx_query /* {mark} */ FROM information_schema.innodb_trx "
            "WHERE trx_mysql_thread_id = connection_id()"
        )
        try:
            row = connection.exec_driver_sql(query).first()
        except DBAPIError:  # the account lacks the right PROCESS
            return 0
        if row is not None and mark in (row[1] or ""):
            return int(row[0])
    return 0
