"""The renames of one database: from the names that it has to those of the models."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from limbeck.util.exc import CommandError

#: A schema, `None` for the default one, and the name of a table in the database.
TableName: TypeAlias = tuple[str | None, str]
#: A kind of object, as in `get_indexes()` without `get_`, and its name in the database.
ObjectName: TypeAlias = tuple[str, str]

_Old = TypeVar("_Old")

#: A literal, a quoted name or a plain name in SQL.
_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\w+")


@dataclass(frozen=True)
class Renames:
    """What is renamed in a database.

    :ivar tables: the new name of each renamed table.
    :ivar columns: the new names of columns, by table and old name.
    :ivar names: the new names of indexes and constraints, by table and kind.
    :ivar quote: quotes a name where SQL needs it.
    :ivar on_column: adjusts the record of a column before it gets its new name, as the dialect does.
    """

    tables: Mapping[TableName, str] = field(default_factory=dict)
    columns: Mapping[TableName, Mapping[str, str]] = field(default_factory=dict)
    names: Mapping[TableName, Mapping[ObjectName, str]] = field(default_factory=dict)
    quote: Callable[[str], str] = str
    on_column: Callable[[TableName, dict[str, Any]], None] = lambda table, record: None

    def __bool__(self) -> bool:
        """Return whether anything is renamed."""
        return bool(self.tables or self.columns)

    def new_table(self, schema: str | None, old: str) -> str:
        """Return the new name of a table."""
        return self.tables.get((schema, old), old)

    def old_table(self, schema: str | None, new: str) -> str:
        """Return the name in the database of a table that has its new name."""
        for (of_schema, old), name in self.tables.items():
            if of_schema == schema and name == new:
                return old
        return new

    def columns_of(self, table: TableName) -> Mapping[str, str]:
        """Return the new names of the renamed columns of a table of the database."""
        return self.columns.get(table, {})

    def in_sql(self, table: TableName, text: str) -> str:
        """Return an expression with the new names of columns.

        :param table: the table of the expression in the database.
        :param text: the expression.
        """
        columns = self.columns_of(table)

        def renamed(match: re.Match[str]) -> str:
            mark = match[0][0] if match[0][0] in '"`' else ""
            new = columns.get(match[0].strip(mark) if mark else match[0])
            if new is None:
                return match[0]
            return f"{mark}{new}{mark}" if mark else self.quote(new)

        return _TOKEN.sub(renamed, text) if columns else text


#: No renames.
NOTHING = Renames()


def with_schema(table: TableName) -> str:
    """Return a table for a message."""
    schema, name = table
    return f"{schema}.{name}" if schema else name


def in_order(names: Mapping[_Old, str], renamed: Callable[[_Old, str], _Old]) -> dict[_Old, str]:
    """Return renames in an order in which each new name is free when it is given.

    :param names: the new names by old ones.
    :param renamed: returns an object with its new name.
    :raises CommandError: there is none, as names are exchanged.
    """
    rest, done = dict(names), dict[_Old, str]()
    while rest:
        free = [old for old, new in rest.items() if renamed(old, new) not in rest]
        if not free:
            listed = ", ".join(f"'{new}'" for new in rest.values())
            raise CommandError(
                f"Cannot exchange the names {listed}: each is free only after another rename\n\n"
                "hint: use a third name in a revision before"
            )
        done |= {old: rest.pop(old) for old in free}
    return done
