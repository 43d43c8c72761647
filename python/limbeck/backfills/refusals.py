"""The transactions in which a backfill is refused, because its commits would publish something half-way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from limbeck.execution.backends import SqliteBackend, backend_of
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from limbeck.execution.attempts import Progress
    from limbeck.runtime.migration import MigrationContext

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
    if not _has_changes(connection, progress):
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


def _has_changes(connection: Connection, progress: Progress | None) -> bool:
    """Return whether the open transaction has changed anything."""
    name = connection.dialect.name
    if name == "postgresql":
        query = "SELECT txid_current_if_assigned()"
        return connection.execute(sa.text(query)).scalar() is not None
    if name in ("mysql", "mariadb"):
        return bool(_rows_modified(connection))
    backend = backend_of(connection)
    if isinstance(backend, SqliteBackend):
        # With `sqlite_transactional_ddl`, the transaction has begun with the revision.
        return backend.in_transaction and (progress is None or progress.has_changes)
    return progress is not None and progress.has_changes


def _rows_modified(connection: Connection) -> int:
    query = (
        "SELECT trx_rows_modified FROM information_schema.innodb_trx "
        "WHERE trx_mysql_thread_id = connection_id()"
    )
    try:
        return int(connection.execute(sa.text(query)).scalar() or 0)
    except DBAPIError:  # the account lacks the right PROCESS
        return 0
