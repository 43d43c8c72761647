"""Makes tables of the model on a scratch database."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import sqlalchemy.schema
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema
from sqlalchemy.sql.ddl import SchemaGenerator

from limbeck.autogenerate._roundtrip.definitions import Definitions, read
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

_SEARCH_PATH = "SELECT current_schema(), current_setting('search_path')"
_EXTENSIONS = """
SELECT e.extname, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'
"""
#: What `create_all()` checks before it makes an object.
_CHECK_ALL: Any = getattr(getattr(sqlalchemy.schema, "CheckFirst", None), "ALL", True)


class ScratchTables:
    """The tables of a scratch database, which are made one by one.

    :param connection: a connection to the database that is compared, which is read.
    :param scratch: a connection to the scratch database, in autocommit.
    """

    def __init__(self, connection: Connection, scratch: Connection) -> None:
        self._scratch = scratch
        self._default_schema = connection.dialect.default_schema_name
        if scratch.dialect.name == "postgresql":
            self._prepare_postgresql(connection)

    def make(self, table: Table) -> Definitions:
        """Make a table without its foreign keys, and return its parts as the server writes them.

        :param table: the table of the model.
        :raises CommandError: its schema is another database.
        :raises SQLAlchemyError: the server refuses it.
        """
        schema, scratch = table.schema, self._scratch
        if scratch.dialect.name == "postgresql":
            if schema is not None:
                scratch.execute(CreateSchema(schema, if_not_exists=True))
            self._make_types(table)
        elif schema is not None:
            if schema != self._default_schema:
                raise CommandError(f"its schema '{schema}' is another database")
            scratch = scratch.execution_options(schema_translate_map={schema: None})
            schema = None
        generate: Any = scratch._run_ddl_visitor
        generate(_WithoutForeignKeys, table.metadata, checkfirst=_CHECK_ALL, tables=[table])
        return read(scratch, schema, table.name)

    def _prepare_postgresql(self, connection: Connection) -> None:
        """Make the default schema and the extensions, and find names as the other connection does."""
        scratch = self._scratch
        schema, path = connection.execute(text(_SEARCH_PATH)).one()
        extensions = connection.execute(text(_EXTENSIONS)).all()
        for name in {schema, *(of_extension for _, of_extension in extensions)} - {None}:
            if not name.startswith("pg_"):
                scratch.execute(CreateSchema(name, if_not_exists=True))
        quote = scratch.dialect.identifier_preparer.quote_identifier
        for name, of_extension in extensions:
            with suppress(SQLAlchemyError):  # a table that needs it says so
                scratch.exec_driver_sql(
                    f"CREATE EXTENSION IF NOT EXISTS {quote(name)} SCHEMA {quote(of_extension)} CASCADE"
                )
        scratch.execute(text("SELECT set_config('search_path', :path, false)"), {"path": path})

    def _make_types(self, table: Table) -> None:
        """Make the types that are not made with the table, as its model says."""
        for column in table.columns:
            type_: Any = column.type
            type_ = getattr(type_, "item_type", type_)
            type_ = type_.dialect_impl(self._scratch.dialect)
            if getattr(type_, "create_type", True) is False:
                if type_.schema is not None:
                    self._scratch.execute(CreateSchema(type_.schema, if_not_exists=True))
                type_.create(self._scratch, checkfirst=True)


class _WithoutForeignKeys(SchemaGenerator):
    """Creates tables without foreign keys, whose targets are not there. SQLite does not mind."""

    def visit_table(self, table: Any, *args: Any, **kw: Any) -> None:
        visit: Any = super().visit_table
        visit(table, *args, **{**kw, "include_foreign_key_constraints": []})

    def visit_foreign_key_constraint(self, constraint: Any) -> None:
        """Create no foreign key after its table either."""
