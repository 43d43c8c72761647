"""The statement of a backfill, limited to a range of keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from limbeck.backfills.ranges import Keys

_NAME = r"(?:[\w.$]|\"[^\"]+\"|`[^`]+`|\[[^\]]+\])+"
#: The two conditions of a statement that is given as text; both include their key.
_CONDITION = re.compile(rf"(?P<key>{_NAME})\s*(?:>\s*:low|<=\s*:high)\b")


class Change:
    """The statement of a backfill.

    :param statement: an `UPDATE` or `DELETE`, as a construct or text.
    :param key: the column.
    :param place: the place of the call, for messages.
    :raises CommandError: it is another statement, or cannot be limited.
    """

    def __init__(self, statement: Any, key: Any, place: str) -> None:
        if isinstance(statement, str):
            statement = sa.text(statement)
        if isinstance(statement, sa.TextClause):
            _check_text(statement.text, place)
        elif not isinstance(statement, (sa.Update, sa.Delete)):
            raise CommandError(
                f"The statement of a backfill is no UPDATE or DELETE ({place})\n\n"
                "hint: pass a construct of SQLAlchemy, such as `table.update().values(...)`, or text "
                "with the conditions `key > :low AND key <= :high`"
            )
        elif _sets(statement, key):
            raise CommandError(
                f"The statement of a backfill changes '{key.name}', which is its key ({place})\n\n"
                "hint: use another indexed column as the key"
            )
        self.statement: Any = statement
        self._floor: Any = None

    @property
    def is_text(self) -> bool:
        """Whether the statement is given as text."""
        return isinstance(self.statement, sa.TextClause)

    def prepare(self, keys: Keys) -> None:
        """Find a value below all keys, if the statement needs one.

        :param keys: the values of the key.
        """
        if self.is_text:
            self._floor = keys.below_all()

    def within(self, column: Any, low: Any, high: Any) -> Any:
        """Return the statement for a range of keys.

        :param column: the column of the key.
        :param low: the key before the range; `None` for the first range.
        :param high: the last key of the range.
        """
        if self.is_text:
            type_ = None if isinstance(column.type, sa.types.NullType) else column.type
            low = self._floor if low is None else low
            return self.statement.bindparams(
                sa.bindparam("low", low, type_), sa.bindparam("high", high, type_)
            )
        own = _as_in(self.statement, column)
        limited = self.statement.where(own <= high)
        return limited if low is None else limited.where(own > low)

    def over_all_rows(self) -> Any:
        """Return the statement for all rows."""
        if not self.is_text:
            return self.statement
        # The names of SQLAlchemy's parameters are replaced, so none is left to bind.
        return sa.text(_CONDITION.sub(r"\g<key> IS NOT NULL", self.statement.text))

    def text(self, dialect: Dialect) -> tuple[str, Any]:
        """Return the SQL without a range, and its parameters.

        :param dialect: the dialect of the database.
        """
        compiled = self.statement.compile(dialect=dialect)
        return str(compiled), sorted(compiled.params.items())


def _check_text(text: str, place: str) -> None:
    found = " ".join(match[0] for match in _CONDITION.finditer(text))
    rest = _CONDITION.sub("", text)
    is_complete = ":low" in found and ":high" in found
    if not is_complete or re.search(r"(?<!:):(?:low|high)\b", rest):
        raise CommandError(
            f"The text of a backfill's statement is not limited to a range of keys ({place})\n\n"
            "hint: add the conditions `key > :low AND key <= :high`, with the name of the key"
        )
    if not re.match(r"\s*(?:UPDATE|DELETE|WITH)\b", text, re.IGNORECASE):
        raise CommandError(
            f"The statement of a backfill is no UPDATE or DELETE ({place})\n\n"
            "hint: execute other statements with `op.execute()`"
        )


def _is_same_table(table: Any, other: Any) -> bool:
    return (table.name, table.schema) == (other.name, other.schema)


def _sets(statement: Any, key: Any) -> bool:
    """Return whether an UPDATE sets the column of the key."""
    values = getattr(statement, "_values", None) or {}
    names = {getattr(column, "name", column) for column in values}
    return key.name in names and _is_same_table(statement.table, key.table)


def _as_in(statement: Any, column: Any) -> Any:
    """Return the column of the key as the statement refers to it."""
    table = statement.table
    if column.table is table or not _is_same_table(table, column.table):
        return column
    # Another object for the same table would be added to the statement as another table.
    if column.name in table.c:
        return sa.type_coerce(table.c[column.name], column.type)
    return sa.column(column.name, column.type)
