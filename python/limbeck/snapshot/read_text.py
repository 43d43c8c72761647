"""Reads the text of a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from limbeck.snapshot.types import Object, Snapshot

#: The kinds of objects that belong to a table; those of two words first.
_OF_A_TABLE = (
    *("primary key", "foreign key"),
    *("column", "constraint", "index", "trigger", "policy", "grant", "comment"),
)
_ALONE = (
    *("materialized view", "table", "view", "sequence", "schema", "extension"),
    *("enum", "domain", "range", "type", "function", "procedure", "aggregate", "package"),
)


def read_text(text: str, live: Snapshot) -> Snapshot:
    """Return the snapshot that :meth:`Snapshot.as_text` has written.

    The text does not say where a name ends that has `: ` or a dot in it. There, the objects of the database decide.

    :param text: the text.
    :param live: the snapshot of the database with which it is compared.
    :raises ValueError: a line is none of a snapshot; the message has its number.
    """
    by_name = {str(name): name for name in live.objects}
    lines = [
        (number, *_split(line, by_name))
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]
    tables = {name.table for name in live.objects}
    tables |= {rest for _, name, _ in lines for kind, rest in _kinds(name, _ALONE)}
    return Snapshot(
        live.dialect,
        {
            by_name.get(name) or _object(name, tables, number): definition
            for number, name, definition in lines
        },
    )


def _split(line: str, known: Collection[str]) -> tuple[str, str]:
    """Split a line into the name of its object and the definition."""
    if line in known:
        return line, ""
    name, colon, definition = line.rpartition(": ")
    while colon and name not in known:
        name, colon, _ = name.rpartition(": ")
    if colon:
        return name, line[len(name) + 2 :]
    name, _, definition = line.partition(": ")
    return name, definition


def _kinds(name: str, kinds: Collection[str]) -> Iterator[tuple[str, str]]:
    for kind in kinds:
        if name.startswith(f"{kind} "):
            yield kind, name[len(kind) + 1 :]


def _object(name: str, tables: Collection[str], number: int) -> Object:
    for kind, rest in _kinds(name, _ALONE):
        return Object(rest, kind)
    for kind, rest in _kinds(name, _OF_A_TABLE):
        owners = [table for table in tables if rest == table or rest.startswith(f"{table}.")]
        table = max(owners, key=len, default=rest.partition(".")[0])
        return Object(table, kind, rest[len(table) + 1 :])
    raise ValueError(f"line {number} is none of a snapshot")
