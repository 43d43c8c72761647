"""Compares a random database with a random model by autogenerate.

A case has `options` (of `MigrationContext.configure()`), and under `database` and `model` a naming `convention` and `tables`;
columns, constraints and indexes are keyword arguments, in which `type`, `server_default`, `extra`, `entries` and `…_where` are
Python expressions. The option `comparator` adds a comparator without findings. The option `few_tables` is the number of tables up to which limbeck uses SQLAlchemy's statements.
`LIMBECK_RANDOM_URL` is the URL of an empty database; without it, SQLite in memory.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import warnings
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult
from sqlalchemy.dialects import mysql, postgresql

_URL = os.environ.get("LIMBECK_RANDOM_URL", "sqlite://")
_READING: Any = importlib.import_module("alembic.autogenerate.compare.util")
_NAMES = {"sa": sa, "pg": postgresql, "mysql": mysql}
_ENGINE = sa.create_engine(_URL, poolclass=sa.pool.StaticPool if _URL == "sqlite://" else None)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


def _evaluate(text: str, **names: Any) -> Any:
    return eval(text, {**_NAMES, **names})


def _column(spec: dict[str, Any]) -> sa.Column[Any]:
    keywords = dict(spec)
    arguments = [_evaluate(text) for text in keywords.pop("extra", [])]
    if "server_default" in keywords:
        keywords["server_default"] = _evaluate(keywords["server_default"])
    return sa.Column(keywords.pop("name"), _evaluate(keywords.pop("type")), *arguments, **keywords)


def _metadata(part: dict[str, Any]) -> sa.MetaData:
    convention = part.get("convention")
    metadata = sa.MetaData(**({} if convention is None else {"naming_convention": convention}))
    for spec in part.get("tables", []):
        table = sa.Table(
            spec["name"],
            metadata,
            *(_column(column) for column in spec.get("columns", [])),
            *(sa.UniqueConstraint(*c["columns"], **c["kw"]) for c in spec.get("uniques", [])),
            *(
                sa.ForeignKeyConstraint(c["columns"], c["to"], **c["kw"])
                for c in spec.get("fks", [])
            ),
            *(sa.CheckConstraint(c["text"], **c["kw"]) for c in spec.get("checks", [])),
            **spec.get("kw", {}),
        )
        for index in spec.get("indexes", []):
            options = {
                name: _evaluate(value, c=table.c) if name.endswith("_where") else value
                for name, value in index["kw"].items()
            }
            sa.Index(index["name"], *(_evaluate(e, c=table.c) for e in index["entries"]), **options)
    return metadata


#: The calls of hooks and of additional comparators, with their arguments.
_calls: list[str] = []


def _described(value: Any) -> str:
    """Return an argument of a hook as text, in which equal objects are equal."""
    if isinstance(value, (sa.Table, sa.Column, sa.Constraint, sa.Index)):
        return f"{type(value).__name__}({', '.join(_details(value))})"
    if isinstance(value, sa.types.TypeEngine):
        return repr(value)
    if isinstance(value, sa.schema.FetchedValue):
        return f"{type(value).__name__}({getattr(value, 'arg', '')})"
    if isinstance(value, dict):
        return str(sorted((str(key), _described(entry)) for key, entry in value.items()))
    return str(value) if isinstance(value, str) else _normalized(repr(type(value)))


def _details(item: Any) -> list[str]:
    table = item if isinstance(item, sa.Table) else item.table
    details = [str(item.name), str(table.name), str(table.schema)]
    if isinstance(item, sa.Column):
        details += [repr(item.type), str(item.nullable), _described(item.server_default)]
    else:
        details += [str(column.name) for column in getattr(item, "columns", ())]
    return details


def _recorded(name: str, hook: Any) -> Any:
    """Return a hook that adds its calls to `_calls`."""

    def record(*arguments: Any) -> Any:
        _calls.append(f"{name}: {', '.join(map(_described, arguments))}")
        return hook(*arguments)

    return record


def _add_comparators() -> None:
    """Add a plugin with a comparator of tables, and one with a comparator of columns."""
    for target in ("table", "column"):

        def compare(
            context: Any, found: Any, schema: Any, *arguments: Any, target: str = target
        ) -> Any:
            _calls.append(f"{target}: {', '.join(map(_described, arguments))}")
            return PriorityDispatchResult.CONTINUE

        plugin = Plugin(f"random.{target}")
        plugin.add_autogenerate_comparator(compare, target, "random")


_add_comparators()


def _compare_option(name: str, kind: Any) -> Any:
    """Return a value of `compare_type` or `compare_server_default`: a boolean, or a function that returns `gives`."""
    return kind if isinstance(kind, bool) else _recorded(name, lambda *_: kind["gives"])


def _options(spec: dict[str, Any]) -> dict[str, Any]:
    options = dict(spec)
    for name in ("compare_type", "compare_server_default"):
        if name in options:
            options[name] = _compare_option(name, options[name])
    if "comparator" in options:
        plugin = f"random.{options.pop('comparator')}"
        options["autogenerate_plugins"] = ["alembic.autogenerate.*", plugin]
    if "without_objects" in options:
        types, letters = options.pop("without_objects")

        def include_object(item: Any, name: Any, type_: str, reflected: bool, against: Any) -> bool:
            return not (type_ in types and str(name)[-1:] in letters)

        options["include_object"] = _recorded("include_object", include_object)
    if "without_names" in options:
        kinds, endings = options.pop("without_names")

        def include_name(name: Any, type_: str, parents: dict[str, Any]) -> bool:
            return not (type_ in kinds and str(name)[-1:] in endings)

        options["include_name"] = _recorded("include_name", include_name)
    return options


def _create_schema(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        attached = {row[1] for row in connection.exec_driver_sql("PRAGMA database_list")}
        if "other" not in attached:
            connection.exec_driver_sql("ATTACH ':memory:' AS other")
    elif connection.dialect.name == "postgresql":
        connection.exec_driver_sql('CREATE SCHEMA IF NOT EXISTS "other"')
    connection.commit()


def _compare(connection: sa.Connection, case: dict[str, Any]) -> dict[str, Any]:
    model = _metadata(case["model"])
    options = _options(case["options"])
    batch = options.pop("render_as_batch", False)
    # Alembic has no such setting.
    _READING._FEW = options.pop("few_tables", 20)
    context = MigrationContext.configure(
        connection, opts={"target_metadata": model, "render_as_batch": batch, **options}
    )
    _calls.clear()
    log = _Lines()
    logger = logging.getLogger("alembic")
    logger.setLevel(logging.INFO)
    logger.addHandler(log)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            script = produce_migrations(context, model)
            texts = [
                render_python_code(part, migration_context=context, render_as_batch=batch)
                for part in (script.upgrade_ops, script.downgrade_ops)
                if part is not None
            ]
    finally:
        logger.removeHandler(log)
    return {
        "upgrade": texts[0],
        "downgrade": texts[1],
        "log": [_normalized(line) for line in log.lines],
        # Alembic compares tables, and what belongs to one, in the order of sets.
        "calls": sorted(_calls),
        # By default, Python shows equal warnings once.
        "warnings": sorted({_normalized(str(warning.message)) for warning in caught}),
    }


def _normalized(text: str) -> str:
    """Return `text` without package names and memory addresses."""
    text = re.sub(r"(<|\b)(?:alembic|limbeck)\.", r"\1", text)
    return re.sub(r" at 0x\w+", "", text)


def run(case: dict[str, Any]) -> Any:
    """Return the rendered code, the log and the warnings of autogenerate, or a text if the database rejects the tables."""
    with _ENGINE.connect() as connection:
        _create_schema(connection)
        database = _metadata(case["database"])
        try:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    database.create_all(connection)
                    connection.commit()
            except (
                sa.exc.SQLAlchemyError,
                AssertionError,
            ):  # SQLAlchemy asserts that names are valid
                return "tables rejected"
            return _compare(connection, case)
        finally:
            connection.rollback()
            _drop_all(connection)


def _drop_all(connection: sa.Connection) -> None:
    name = connection.dialect.name
    if name == "postgresql":
        connection.exec_driver_sql(
            'DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA "other" CASCADE'
        )
    elif name == "sqlite":
        for schema in ("main", "other"):
            for (table,) in connection.exec_driver_sql(
                f"SELECT name FROM {schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).all():
                connection.exec_driver_sql(f'DROP TABLE {schema}."{table}"')
    else:
        connection.exec_driver_sql("SET foreign_key_checks = 0")
        for (table,) in connection.exec_driver_sql("SHOW TABLES").all():
            connection.exec_driver_sql(f"DROP TABLE `{table}`")
        connection.exec_driver_sql("SET foreign_key_checks = 1")
    connection.commit()
