"""Finds what is renamed in one database: what the command asks for, and `info={"renamed_from": …}` of the models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table

from limbeck.autogenerate._renames.renames import Renames, TableName, in_order, with_schema
from limbeck.util.exc import CommandError

if TYPE_CHECKING:
    from sqlalchemy import Column

    from limbeck.autogenerate._renames.request import Asked, Request
    from limbeck.autogenerate.context import AutogenContext

#: The key in `info` of a table or column of the models, with its former name.
RENAMED_FROM = "renamed_from"


def is_asked(context: AutogenContext) -> bool:
    """Return whether the command or the models ask for renames.

    :param context: the context of the comparison.
    """
    return bool(context.opts.get("renames")) or any(
        RENAMED_FROM in vars(item).get("info", ())
        for table in (context.sorted_tables if context.metadata is not None else ())
        for item in (table, *table.c)
    )


class Finder:
    """Finds the renames of a database.

    :param context: the context of the comparison.
    """

    def __init__(self, context: AutogenContext) -> None:
        self._context = context
        self._inspector = context.inspector
        self._default_schema = context.dialect.default_schema_name
        self._models: dict[TableName, Table] = {
            (self._schema(table.schema), table.name): table for table in context.sorted_tables
        }
        self._tables: dict[TableName, str] = {}
        self._columns: dict[TableName, dict[str, str]] = {}

    def find(self, request: Request) -> Renames:
        """Return the renames: those of the request, and those of the models that fit the database.

        :param request: learns which of its renames are applied, and why the others are not.
        :raises CommandError: a rename has two meanings, `renamed_from` is invalid, or the renames form a ring.
        """
        of_tables = [(asked, table) for asked in request.asked if (table := self._table_of(asked))]
        freed_tables = {table for _, table in of_tables}
        for asked, table in of_tables:
            if self._column_of(asked) is not None:
                raise self._ambiguous(asked)
            problem = self._problem_of_table(table, asked.new, freed_tables)
            if problem is None:
                self._tables[table] = asked.new
            request.note(asked, problem)
        tables = {asked for asked, _ in of_tables}
        rest = [asked for asked in request.asked if asked not in tables]
        of_columns = [(asked, self._column_of(asked)) for asked in rest]
        freed_columns = {
            (table, asked.path[-1]) for asked, table in of_columns if table is not None
        }
        for asked, place in of_columns:
            if place is None:
                request.note(asked, self._missing(asked))
                continue
            problem = self._problem_of_column(place, asked.path[-1], asked.new, freed_columns)
            if problem is None:
                self._columns.setdefault(place, {})[asked.path[-1]] = asked.new
            request.note(asked, problem)
        self._add_from_models()
        return Renames(
            in_order(self._tables, lambda table, new: (table[0], new)),
            {of: in_order(names, lambda old, new: new) for of, names in self._columns.items()},
            quote=self._context.dialect.identifier_preparer.quote,
            on_column=self._adjust,
        )

    def _adjust(self, table: TableName, record: dict[str, Any]) -> None:
        """Let the dialect adjust the record of a column under its name in the database."""
        empty = Table(table[1], MetaData(), schema=table[0])
        impl = self._context.migration_context.impl
        impl.autogen_column_reflect(self._inspector, empty, record)

    # -- the database ----------------------------------------------------------------

    def _schema(self, name: str | None) -> str | None:
        return None if name == self._default_schema else name

    def _has_table(self, table: TableName) -> bool:
        schema, name = table
        return (
            schema is None or schema in self._inspector.get_schema_names()
        ) and name in self._inspector.get_table_names(schema=schema)

    def _column_names(self, table: TableName) -> list[str]:
        """Return the columns of a table of the database; none if there is no such table."""
        if not self._has_table(table):
            return []
        return [column["name"] for column in self._inspector.get_columns(table[1], schema=table[0])]

    def _place(self, path: tuple[str, ...]) -> TableName | None:
        """Return the table that one or two names mean; `None` for another number."""
        if not 0 < len(path) < 3:
            return None
        return (self._schema(path[0]) if len(path) == 2 else None, path[-1])

    def _old(self, table: TableName) -> TableName:
        """Return a table as the database names it, as it may be named with its new name."""
        if self._has_table(table):
            return table
        return (table[0], Renames(self._tables).old_table(*table))

    def _table_of(self, asked: Asked) -> TableName | None:
        """Return the table that a rename means; `None` if the database has no such table."""
        table = self._place(asked.path)
        return table if table and self._has_table(table) else None

    def _column_of(self, asked: Asked) -> TableName | None:
        """Return the table of the column that a rename means; `None` if the database has no such column."""
        table = self._place(asked.path[:-1])
        if table is None:
            return None
        table = self._old(table)
        return table if asked.path[-1] in self._column_names(table) else None

    # -- problems --------------------------------------------------------------------

    def _problem_of_table(
        self, table: TableName, new: str, freed: set[TableName]
    ) -> CommandError | None:
        """Return why a table of the database cannot get a name; `None` if it can.

        :param freed: the tables whose names become free.
        """
        schema = table[0]
        what = f"table '{with_schema(table)}' to '{new}'"
        if schema is not None and not self._context.opts.get("include_schemas"):
            return CommandError(
                f"Cannot rename {what}: the schema '{schema}' is not compared\n\n"
                "hint: set `include_schemas=True` in context.configure() of env.py"
            )
        if (schema, new) not in self._models:
            known = [name for of_schema, name in self._models if of_schema == schema]
            return _not_in_models(what, f"table '{new}'", new, known)
        if self._has_table((schema, new)) and (schema, new) not in freed:
            return _exists_already(what, f"table '{new}'")
        return None

    def _problem_of_column(
        self, table: TableName, old: str, new: str, freed: set[tuple[TableName, str]]
    ) -> CommandError | None:
        """Return why a column of the database cannot get a name; `None` if it can.

        :param freed: the columns whose names become free.
        """
        what = f"column '{with_schema(table)}.{old}' to '{new}'"
        schema, name = table[0], Renames(self._tables).new_table(*table)
        model = self._models.get((schema, name))
        if model is None:
            known = [known for of_schema, known in self._models if of_schema == schema]
            return _not_in_models(what, f"table '{name}'", name, known)
        columns = [column.name for column in model.c]
        if new not in columns:
            return _not_in_models(what, f"column '{name}.{new}'", new, columns)
        if new in self._column_names(table) and (table, new) not in freed:
            return _exists_already(what, f"column '{with_schema(table)}.{new}'")
        return None

    def _missing(self, asked: Asked) -> CommandError:
        """Return the error for a rename of what the database does not have."""
        table = self._place(asked.path[:-1])
        if table is not None and self._has_table(self._old(table)):
            columns = self._column_names(self._old(table))
            what, name = f"column '{'.'.join(asked.path)}'", asked.path[-1]
            return _not_found(asked, what, name, columns)
        names = self._inspector.get_table_names()
        name = asked.path[0] if len(asked.path) == 2 else asked.path[-1]
        if len(asked.path) == 3:
            name = asked.path[1]
        return _not_found(asked, f"table '{name}'", name, names)

    def _ambiguous(self, asked: Asked) -> CommandError:
        schema, name = asked.path
        return CommandError(
            f"'{asked.text}' is a table of the schema '{schema}', and a column of the table '{schema}'\n\n"
            f"hint: for the column, write '{self._default_schema}.{schema}.{name}:{asked.new}'"
        )

    # -- the models ------------------------------------------------------------------

    def _add_from_models(self) -> None:
        """Add the former names of the models that the database has, where it has not the new ones.

        What it has not was renamed by an earlier revision, or never existed there.

        :raises CommandError: a former name is no text, or two have the same.
        """
        for table, model in self._models.items():
            old = _former_name(model, f"table '{with_schema(table)}'")
            former = (table[0], old) if old else None
            if former and self._has_table(former) and not self._has_table(self._old(table)):
                _add_once(self._tables, former, table[1], f"table '{with_schema(former)}'")
        for table, model in self._models.items():
            place = self._old(table)
            for column in model.c:
                where = f"column '{with_schema(table)}.{column.name}'"
                old = _former_name(column, where)
                names = self._columns.setdefault(place, {}) if old else {}
                if old and column.name not in names.values():
                    present = self._column_names(place)
                    if old in present and column.name not in present:
                        what = f"column '{with_schema(place)}.{old}'"
                        _add_once(names, old, column.name, what)


def _former_name(item: Table | Column[Any], where: str) -> str | None:
    """Return the former name of a table or column of the models; `None` if it has none.

    :raises CommandError: it is no text.
    """
    name = vars(item).get("info", {}).get(RENAMED_FROM)
    if name is None or (isinstance(name, str) and name):
        return name
    raise CommandError(
        f"`{RENAMED_FROM}` of {where} of the models is no name: {name!r}\n\n"
        f'hint: write info={{"{RENAMED_FROM}": "old_name"}}'
    )


def _add_once(names: dict[Any, str], old: Any, new: str, what: str) -> None:
    """Add a rename of the models.

    :raises CommandError: it is renamed to another name already.
    """
    if names.setdefault(old, new) != new:
        raise CommandError(
            f"{what} is renamed to '{names[old]}' and to '{new}'\n\n"
            f"hint: remove `{RENAMED_FROM}` from one of the two in the models"
        )


def _not_found(asked: Asked, what: str, name: str, known: list[str]) -> CommandError:
    hint = _likely(name, known) or f"a rename is 'old:new'; the database has {_listed(known)}"
    return CommandError(f"Cannot rename '{asked.text}': the database has no {what}\n\nhint: {hint}")


def _not_in_models(what: str, missing: str, name: str, known: list[str]) -> CommandError:
    hint = _likely(name, known) or "a rename is 'old:new': first the name in the database"
    return CommandError(f"Cannot rename {what}: the models have no {missing}\n\nhint: {hint}")


def _exists_already(what: str, existing: str) -> CommandError:
    return CommandError(
        f"Cannot rename {what}: the database has the {existing} already\n\n"
        "hint: drop or rename that one in a revision before"
    )


def _likely(name: str, known: list[str]) -> str | None:
    import difflib  # imported here for start-up time

    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean '{near[0]}'?" if near else None


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names)[:10]) or "none"
