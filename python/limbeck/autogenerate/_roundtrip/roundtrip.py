"""Compares what a database has with what its server makes of the model."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from limbeck.autogenerate._roundtrip.decision import ByText, Kind
from limbeck.autogenerate._roundtrip.definitions import (
    Definitions,
    is_supported,
    read,
    read_index,
)
from limbeck.autogenerate._roundtrip.scratch_tables import ScratchTables
from limbeck.ddl._compare_postgresql import without_casts
from limbeck.scratch import scratch_beside
from limbeck.scratch.servers import first_line
from limbeck.settings.database_url import configured_scratch_url
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Index, Table

    from limbeck.autogenerate.context import AutogenContext

log = logging.getLogger("alembic.autogenerate.compare.roundtrip")

_Table = tuple["str | None", str]
#: The server writes them with the type of their column.
_WITH_TYPE = ("default", "computed", "identity")
#: Their text has casts that follow from the types of columns.
_WITH_CASTS = ("check", "index")


class Roundtrip(ByText):
    """The comparison that makes the model's version of a table on a scratch database, and reads both back.

    The scratch database is made when the first part of a table is in doubt, and has only the tables with such parts. Where it cannot be
    made, the comparison of texts stands.

    :param context: the context of the comparison.
    """

    asks_server = True

    def __init__(self, context: AutogenContext) -> None:
        self._context = context
        self._stack = ExitStack()
        self._scratch: ScratchTables | None = None
        self._is_refused = False
        self._present: dict[_Table, Definitions] = {}
        self._wanted: dict[_Table, Definitions | None] = {}

    def differs(
        self,
        kind: Kind,
        table: _Table,
        name: str,
        *,
        by_text: bool,
        is_certain: Callable[[], bool] = lambda: True,
    ) -> bool:
        if not by_text and is_certain():
            return False
        wanted = self._of_model(table)
        if wanted is None:
            return by_text
        present = self._of_database(table)
        key = (kind, name)
        if kind in _WITH_TYPE and (present.get(("type", name)) != wanted.get(("type", name))):
            return by_text  # it is written with the type
        if kind in _WITH_CASTS and _types(present) != _types(wanted):
            return without_casts(present.get(key, "")) != without_casts(wanted.get(key, ""))
        return present.get(key) != wanted.get(key)

    def shows_more_indexes(self, table: _Table) -> bool:
        return self._context.dialect.name == "sqlite" and self._of_model(table) is not None

    def index(self, table: _Table, name: str) -> Index | None:
        connection = self._context.connection
        assert connection is not None, "a database is compared"
        return read_index(connection, name, self._model_table(table))

    def close(self) -> None:
        with self._stack:
            self._scratch = None

    def _of_database(self, table: _Table) -> Definitions:
        if table not in self._present:
            connection = self._context.connection
            assert connection is not None, "a database is compared"
            self._present[table] = read(connection, *table)
        return self._present[table]

    def _of_model(self, table: _Table) -> Definitions | None:
        """Return what the server makes of a table of the model; `None` if that cannot be found out."""
        if table not in self._wanted:
            self._wanted[table] = self._made(table)
        return self._wanted[table]

    def _made(self, table: _Table) -> Definitions | None:
        schema, name = table
        renames = self._context._renames
        old = renames.old_table(schema, name)
        if self._is_refused or old != name or renames.columns_of((schema, old)):
            return None  # the database writes its parts with the old names
        full_name = f"{schema}.{name}" if schema else name
        try:
            if self._scratch is None:
                self._scratch = self._open()
            return self._scratch.make(self._model_table(table))
        except (CommandError, SQLAlchemyError) as error:
            self._is_refused = self._scratch is None
            reason = first_line(getattr(error, "orig", None) or error)
            what = "This database" if self._is_refused else f"Table '{full_name}'"
            log.warning("%s is compared by text: %s", what, reason)
            return None

    def _open(self) -> ScratchTables:
        connection = self._context.connection
        assert connection is not None, "a database is compared"
        if not is_supported(connection.dialect.name):
            raise CommandError(f"there is no round trip for {connection.dialect.name}")
        environment = getattr(self._context.migration_context, "environment_context", None)
        url = None if environment is None else configured_scratch_url(environment.config)
        scratch = self._stack.enter_context(scratch_beside(connection, url))
        return ScratchTables(connection, scratch)

    def _model_table(self, table: _Table) -> Table:
        """Return a table of the model, which may name the default schema."""
        schema, name = table
        tables = self._context.table_key_to_table
        if schema is None and name not in tables:
            assert self._context.connection is not None, "a database is compared"
            schema = self._context.connection.dialect.default_schema_name
        return tables[f"{schema}.{name}" if schema else name]


def _types(definitions: Definitions) -> dict[str, str]:
    return {name: text for (kind, name), text in definitions.items() if kind == "type"}
