"""Transactions around the whole run, around each revision, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any

from limbeck.util import sqla_compat
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Transaction
    from typing_extensions import Self

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.runtime.migration import MigrationContext


#: The module name of the classes in tracebacks and pickles.
_SHOWN_IN = "alembic.runtime.migration"


class _ProxyTransaction:
    """The current transaction of a context, which :func:`autocommit_block` replaces.

    :param migration_context: the context.
    """

    __module__ = _SHOWN_IN

    def __init__(self, migration_context: MigrationContext) -> None:
        self.migration_context = migration_context

    @property
    def _proxied_transaction(self) -> Transaction | None:
        return self.migration_context._transaction

    def _end(self, how: str) -> None:
        transaction = self._proxied_transaction
        assert transaction is not None, "this transaction has ended already"
        getattr(transaction, how)()
        self.migration_context._transaction = None

    def rollback(self) -> None:
        """Roll back the transaction."""
        self._end("rollback")

    def commit(self) -> None:
        """Commit the transaction."""
        self._end("commit")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        type_: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        transaction = self._proxied_transaction
        if transaction is not None:
            transaction.__exit__(type_, value, traceback)
            self.migration_context._transaction = None


def begin(
    context: MigrationContext, per_migration: bool
) -> _ProxyTransaction | AbstractContextManager[None, bool | None]:
    """Begin the transaction of a run or a revision, if there is one.

    :param context: the context.
    :param per_migration: the call is for one revision, not for the whole run.
    """
    transactional = context.impl.transactional_ddl
    # Without transactional DDL, each revision has a transaction for its DML and version row.
    wanted = per_migration == context._transaction_per_migration if transactional else per_migration
    if context._in_external_transaction or not wanted:
        return nullcontext()
    if context.as_sql:
        return _written(context.impl) if transactional else nullcontext()
    if not transactional and context._transaction is not None:
        return nullcontext()
    assert context.connection is not None
    context._transaction = sqla_compat._safe_begin_connection_transaction(context.connection)
    return _ProxyTransaction(context)


@contextmanager
def _written(impl: DefaultImpl) -> Iterator[None]:
    impl.emit_begin()
    yield
    impl.emit_commit()


@contextmanager
def autocommit_block(context: MigrationContext) -> Iterator[None]:
    """Within the block, each statement is committed separately.

    :param context: the context.
    :raises CommandError: in a transaction that was not begun by the context.
    """
    if context.as_sql:
        with _outside(context.impl):
            yield
        return
    interrupted = context._in_connection_transaction()
    if interrupted:
        if context._transaction is None:
            raise CommandError(
                "autocommit_block() cannot leave a transaction that was begun outside of "
                "alembic: begin it with context.begin_transaction() in env.py"
            )
        context._transaction.commit()
        context._transaction = None
        if context._commits is not None:
            context._commits.commit_in_step()
    connection: Any = context.connection
    assert connection is not None
    level = connection.get_isolation_level()
    context.connection = context.impl.connection = connection.execution_options(
        isolation_level="AUTOCOMMIT"
    )
    # SQLAlchemy would begin an implicit transaction anyway, without effect in autocommit.
    nominal = connection.begin()
    try:
        yield
    finally:
        nominal.commit()
        connection.execution_options(isolation_level=level)
        context.connection = context.impl.connection = connection
        if interrupted:
            context._transaction = connection.begin()


@contextmanager
def _outside(impl: DefaultImpl) -> Iterator[None]:
    if impl.transactional_ddl:
        impl.emit_commit()
    try:
        yield
    finally:
        if impl.transactional_ddl:
            impl.emit_begin()
