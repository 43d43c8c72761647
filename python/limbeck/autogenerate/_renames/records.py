"""The inspector's records of a database in which the renames are made already.

All comparators then find a renamed table or column under its new name, and report only what else differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from limbeck.autogenerate._renames.renames import Renames, TableName

_Record = dict[str, Any]


def with_new_names(
    renames: Renames, kind: str, records: Mapping[TableName, Any]
) -> dict[TableName, Any]:
    """Return records with the new names.

    :param renames: the renames.
    :param kind: the kind of the records, as in `get_multi_indexes()` without `get_multi_`.
    :param records: the records by schema and table.
    """
    change = _CHANGES.get(kind)
    found = {}
    for (schema, name), value in records.items():
        table = (schema, name)
        if change is not None and isinstance(value, list):
            value = [change(renames, table, dict(record)) for record in value]
        elif change is not None and value:
            value = change(renames, table, dict(value))
        found[schema, renames.new_table(schema, name)] = value
    return found


def _column(renames: Renames, table: TableName, record: _Record) -> _Record:
    new = renames.columns_of(table).get(record["name"])
    if new is not None:
        renames.on_column(table, record)
        record["name"] = new
    if "computed" in record:
        sql = renames.in_sql(table, record["computed"]["sqltext"])
        record["computed"] = {**record["computed"], "sqltext": sql}
    return record


def _foreign_key(renames: Renames, table: TableName, record: _Record) -> _Record:
    target = (record["referred_schema"], record["referred_table"])
    record = _named("foreign_keys")(renames, table, record)
    record["constrained_columns"] = _columns(renames, table, record["constrained_columns"])
    record["referred_columns"] = _columns(renames, target, record["referred_columns"])
    record["referred_table"] = renames.new_table(*target)
    return record


def _index(renames: Renames, table: TableName, record: _Record) -> _Record:
    record = _named("indexes")(renames, table, record)
    for key in ("column_names", "include_columns"):
        if key in record:
            record[key] = _columns(renames, table, record[key])
    if "expressions" in record:
        record["expressions"] = _entries(renames, table, record["expressions"])
    if "column_sorting" in record:
        record["column_sorting"] = _by_column(renames, table, record["column_sorting"])
    if "duplicates_constraint" in record:
        name = record["duplicates_constraint"]
        record["duplicates_constraint"] = _new_name(renames, table, "unique_constraints", name)
    if "dialect_options" in record:
        record["dialect_options"] = {
            option: _option(renames, table, value)
            for option, value in record["dialect_options"].items()
        }
    return record


def _option(renames: Renames, table: TableName, value: Any) -> Any:
    """Rename columns in an option of an index: its condition, its further columns, or what each column has."""
    if isinstance(value, str):
        return renames.in_sql(table, value)
    if isinstance(value, list):
        return _columns(renames, table, value)
    return _by_column(renames, table, value) if isinstance(value, dict) else value


def _unique(renames: Renames, table: TableName, record: _Record) -> _Record:
    record = _named("unique_constraints")(renames, table, record)
    record["column_names"] = _columns(renames, table, record["column_names"])
    if "duplicates_index" in record:
        name = record["duplicates_index"]
        record["duplicates_index"] = _new_name(renames, table, "indexes", name)
    return record


def _primary_key(renames: Renames, table: TableName, record: _Record) -> _Record:
    record = _named("pk_constraint")(renames, table, record)
    record["constrained_columns"] = _columns(renames, table, record["constrained_columns"])
    return record


def _check(renames: Renames, table: TableName, record: _Record) -> _Record:
    record = _named("check_constraints")(renames, table, record)
    record["sqltext"] = renames.in_sql(table, record["sqltext"])
    return record


def _named(kind: str) -> Callable[[Renames, TableName, _Record], _Record]:
    def change(renames: Renames, table: TableName, record: _Record) -> _Record:
        record["name"] = _new_name(renames, table, kind, record["name"])
        return record

    return change


def _new_name(renames: Renames, table: TableName, kind: str, name: Any) -> Any:
    return renames.names.get(table, {}).get((kind, name), name)


def _columns(renames: Renames, table: TableName, names: Iterable[Any]) -> list[Any]:
    columns = renames.columns_of(table)
    return [columns.get(name, name) for name in names]


def _entries(renames: Renames, table: TableName, entries: Iterable[str]) -> list[str]:
    """Rename columns in the entries of an index, which are columns or expressions."""
    columns = renames.columns_of(table)
    return [columns.get(entry) or renames.in_sql(table, entry) for entry in entries]


def _by_column(renames: Renames, table: TableName, values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip(_entries(renames, table, values), values.values(), strict=True))


_CHANGES: dict[str, Callable[[Renames, TableName, _Record], _Record]] = {
    "columns": _column,
    "pk_constraint": _primary_key,
    "foreign_keys": _foreign_key,
    "indexes": _index,
    "unique_constraints": _unique,
    "check_constraints": _check,
}
