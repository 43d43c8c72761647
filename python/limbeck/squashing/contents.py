"""The rows of all tables, as values that can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import text

from limbeck.snapshot import Snapshot
from limbeck.util._words import counted

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect

_Row: TypeAlias = tuple[bytes, ...]


class Rows(NamedTuple):
    """The rows of a table.

    :ivar columns: the names of its columns.
    :ivar hashes: a hash of each value of each row.
    """

    columns: tuple[str, ...]
    hashes: list[_Row]

    def without(self, columns: set[str]) -> Counter[_Row]:
        """Return how often each row occurs if some columns are left out."""
        kept = [at for at, name in enumerate(self.columns) if name not in columns]
        return Counter(tuple(row[at] for at in kept) for row in self.hashes)

    def differing_columns(self, other: Rows) -> set[str]:
        """Return the columns whose values are not the same in both, in any order."""
        return {
            name
            for at, name in enumerate(self.columns)
            if Counter(row[at] for row in self.hashes) != Counter(row[at] for row in other.hashes)
        }


class Difference(NamedTuple):
    """How the rows of two databases differ.

    :ivar differences: a description for each table whose rows differ.
    :ivar ignored: the columns that were not compared, because they are not the same in two runs, as `table.column`.
    """

    differences: tuple[str, ...]
    ignored: tuple[str, ...]


def compare_rows(
    before: Mapping[str, Rows], after: Mapping[str, Rows], repeat: Callable[[], Mapping[str, Rows]]
) -> Difference:
    """Return how the rows of two databases differ, in the tables that have the same columns in both.

    :param before: the rows of one by table.
    :param after: those of the other.
    :param repeat: makes the first database again and returns its rows. A column that differs then, such as the time of the run, is
     not compared.
    """
    suspects = [
        table
        for table, rows in before.items()
        if table in after
        and rows.columns == after[table].columns
        and rows.without(set()) != after[table].without(set())
    ]
    differences: list[str] = []
    ignored: list[str] = []
    again = repeat() if suspects else {}
    for table in suspects:
        rows = before[table]
        volatile = rows.differing_columns(again[table])
        ignored += (f"{table}.{column}" for column in rows.columns if column in volatile)
        differences += _differences(table, rows, after[table], volatile)
    return Difference(tuple(differences), tuple(ignored))


def _differences(table: str, before: Rows, after: Rows, volatile: set[str]) -> Iterator[str]:
    """Yield how the rows of a table differ in the columns that are compared."""
    if before.without(volatile) == after.without(volatile):
        return
    if len(before.hashes) != len(after.hashes):
        counts = (counted(len(rows.hashes), "row") for rows in (before, after))
        yield "table {} had {}; it has {}".format(table, *counts)
        return
    found = before.differing_columns(after) - volatile
    columns = [column for column in before.columns if column in found]
    yield (
        f"table {table} has other values in {', '.join(columns)}"
        if columns
        else f"table {table} has the same values in other rows"
    )


def read_rows(connection: Connection, snapshot: Snapshot) -> dict[str, Rows]:
    """Return the rows of each table that is in a snapshot."""
    columns: dict[str, list[str]] = {}
    for table, kind, name in sorted(snapshot.objects):
        if kind == "column":
            columns.setdefault(table, []).append(name)
    tables = [name.table for name in snapshot.objects if name.kind == "table"]
    return {table: _rows(connection, table, columns.get(table, [])) for table in tables}


def _rows(connection: Connection, table: str, columns: Sequence[str]) -> Rows:
    quote = connection.dialect.identifier_preparer.quote
    # The drivers of PostgreSQL return None for NULL and for null of JSON.
    pattern = "CAST({} AS text)" if connection.dialect.name == "postgresql" else "{}"
    values = ", ".join(pattern.format(quote(column)) for column in columns) or "1"
    statement = f"SELECT {values} FROM {quoted(connection.dialect, table)}"
    result = connection.execute(text(statement.replace(":", "\\:")))
    return Rows(tuple(columns), [tuple(map(_hash, row)) for row in result])


def quoted(dialect: Dialect, table: str) -> str:
    """Return the quoted name of a table.

    :param dialect: the dialect.
    :param table: its name in a snapshot.
    """
    names = table.split(".", 1) if dialect.name == "postgresql" else [table]
    return ".".join(map(dialect.identifier_preparer.quote, names))


def _hash(value: Any) -> bytes:
    # The representation of a memoryview is its address.
    plain = bytes(value) if isinstance(value, memoryview) else value
    return blake2b(repr(plain).encode(), digest_size=16).digest()
