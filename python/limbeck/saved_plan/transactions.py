"""Which statements of a plan share a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.step import DDL, read_statement

if TYPE_CHECKING:
    from limbeck.lint.step import Server
    from limbeck.rendered_plan import RenderedStatement

#: The kinds of statements before which Python's sqlite3 begins a transaction; before others it does not.
_BEGINS_ON_SQLITE = ("delete", "insert", "update")


class Transactions:
    """Numbers the transactions of a plan, statement by statement.

    They differ from SQLAlchemy's transactions: MySQL commits at each DDL statement, and Python's sqlite3 begins a transaction at the
    first statement that writes rows.

    :param server: the server.
    :param transactional_ddl: whether the run relies on DDL that can be rolled back.
    """

    def __init__(self, server: Server, *, transactional_ddl: bool) -> None:
        self._server = server
        self._transactional_ddl = transactional_ddl
        #: SQLAlchemy's number, and how often the server has committed.
        self._numbers: dict[tuple[int, int], int] = {}
        self._commits = 0

    def number(self, statement: RenderedStatement) -> int | None:
        """Return the number of the next statement's transaction; `None` if it commits by itself."""
        if statement.transaction is None:
            return None
        key = (statement.transaction, self._commits)
        if not self._transactional_ddl:
            kinds = {change.kind for change in read_statement(statement, self._server).changes}
            if self._server.dialect == "sqlite":
                if key not in self._numbers and not kinds.intersection(_BEGINS_ON_SQLITE):
                    return None
            elif kinds.intersection(DDL):
                self._commits += 1
                return None
        return self._numbers.setdefault(key, len(self._numbers) + 1)
