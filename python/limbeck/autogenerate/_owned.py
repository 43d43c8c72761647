"""The tables that a project owns: with `owned_only`, a comparison leaves all others alone.

A project owns the tables that its models have, and those that its revisions have made and not dropped. A table whose maker
is uncertain, as a revision computes its name, is left alone: the price of an error is a table that nobody drops.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from limbeck import _core
from limbeck.autogenerate._settings import project_settings

if TYPE_CHECKING:
    from limbeck.autogenerate.context import AutogenContext
    from limbeck.script.base import Script, ScriptDirectory

    #: The schema, `None` for the default schema, and the name.
    TableName = tuple[str | None, str]

log = logging.getLogger("alembic.autogenerate.compare.owned")

_SHOWN = 5
#: The values of `--head` that name no branch.
_ANY_HEAD = ("head", "heads")
#: Partitions, and tables of extensions, which a revision may have made too.
_KEPT_BY_SERVER = sa.text(
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relname IN :names AND "
    "(c.relispartition OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = CAST('pg_class' AS regclass) "
    "AND d.objid = c.oid AND d.deptype = 'e'))"
).bindparams(sa.bindparam("names", expanding=True))


def owned_tables_of(context: AutogenContext) -> OwnedTables | None:
    """Return the tables that a comparison is limited to; `None` if it has all.

    :param context: the context of the comparison.
    """
    return OwnedTables(context) if project_settings(context).owned_only else None


class OwnedTables:
    """The tables that a project owns.

    :param context: the context of the comparison, which has an environment.
    """

    def __init__(self, context: AutogenContext) -> None:
        self._context = context
        self._default_schema = context.dialect.default_schema_name
        self._left_alone: list[str] = []

    def select(self, schema: str | None, names: Sequence[str]) -> list[str]:
        """Return the tables of the database that are compared.

        :param schema: the schema of the tables.
        :param names: all tables of the schema that the hooks accept.
        """
        in_models = {name for name in names if self._key(schema, name) in self._models}
        made = [name for name in names if self._key(schema, name) in self._made.tables]
        not_in_models = [name for name in made if name not in in_models]
        kept = self._kept_by_server(schema, not_in_models)
        owned = in_models.union(made) - kept
        self._left_alone += [
            name if schema is None else f"{schema}.{name}" for name in names if name not in owned
        ]
        return [name for name in names if name in owned]

    def log(self) -> None:
        """Log once how many tables were left alone."""
        names, doubtful = sorted(self._left_alone), self._made.doubtful
        if not names:
            return
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        shown = ", ".join(f"'{name}'" for name in names[:_SHOWN]) + more
        note = f"; {', '.join(doubtful[:_SHOWN])} may make more tables" if doubtful else ""
        log.info(
            "Left alone %s, neither in the models nor made by a revision: %s%s",
            "1 table" if len(names) == 1 else f"{len(names)} tables",
            shown,
            note,
        )

    def _key(self, schema: str | None, name: str) -> TableName:
        """Return a table as the database compares its name."""
        if self._context.dialect.name == "sqlite":
            schema, name = schema and schema.lower(), name.lower()
        return (None if schema == self._default_schema else schema, name)

    @cached_property
    def _models(self) -> set[TableName]:
        return {self._key(table.schema, table.name) for table in self._context.sorted_tables}

    def _kept_by_server(self, schema: str | None, names: list[str]) -> set[str]:
        """Return the tables that belong to another table or to an extension."""
        if not names or self._context.dialect.name != "postgresql":
            return set()
        assert self._context.connection is not None
        of = self._context.dialect.identifier_preparer.quote(schema or self._default_schema or "")
        found = self._context.connection.execute(_KEPT_BY_SERVER, {"schema": of, "names": names})
        return set(found.scalars())

    # -- the revisions ---------------------------------------------------------------

    @cached_property
    def _made(self) -> _Made:
        """The tables that the revisions have made, as their files say."""
        environment = self._context.migration_context.environment_context
        assert environment is not None
        script = environment.script
        ordered = list(reversed(list(script.walk_revisions())))
        if (branch := self._branch(script)) is not None:
            return self._read([one for one in ordered if one.revision in branch])
        parts = list(_connected(ordered))
        found = [self._read(part) for part in parts]
        if len(found) > 1:
            # Each base may have models of its own; those of the others are not dropped.
            found = [made for made in found if made.ever & self._models]
        return _Made(
            set().union(*(made.tables for made in found)),
            set().union(*(made.ever for made in found)),
            [name for made in found for name in made.doubtful],
        )

    def _branch(self, script: ScriptDirectory) -> set[str] | None:
        """Return the revisions below the one that `--head` names; `None` if it names no branch."""
        revision_context = self._context.migration_context.opts.get("revision_context")
        head = getattr(revision_context, "command_args", {}).get("head", "head")
        if head in _ANY_HEAD:
            return None
        found: set[str] = set()
        waiting = list(script.get_revisions(head))
        while waiting:
            revision = waiting.pop()
            if revision is not None and revision.revision not in found:
                found.add(revision.revision)
                waiting += script.get_revisions(revision._versioned_down_revisions)
        return found

    def _read(self, scripts: Iterable[Script]) -> _Made:
        """Read the files of revisions, oldest first."""
        made = _Made(set(), set(), [])
        for script in scripts:
            source = Path(script.path).read_bytes()
            is_certain = True
            for function in self._functions():
                calls = _core.read_tables(source, function)
                is_certain &= calls is not None
                for call in calls or ():
                    is_certain &= self._apply(made, *call)
            if not is_certain:
                made.doubtful.append(Path(script.path).name)
        return made

    def _functions(self) -> Iterator[str]:
        """Yield the functions that upgrade this database; with several databases, each has one of its own."""
        yield "upgrade"
        token = str(self._context.migration_context.opts.get("upgrade_token") or "")
        if token.endswith("_upgrades"):
            yield f"upgrade_{token.removesuffix('_upgrades')}"

    def _apply(
        self, made: _Made, kind: str, schema: str | None, name: str | None, new: str | None
    ) -> bool:
        """Apply a call of a revision; return whether it is certain which tables it makes."""
        if kind == "execute" and name is not None:
            return self._apply_sql(made, name)
        if kind == "rename_table":
            made.drop(None if name is None else self._key(schema, name))
            name = new
        if name is None:
            return kind == "drop_table"
        if kind == "drop_table":
            made.drop(self._key(schema, name))
        else:
            made.add(self._key(schema, name))
        return True

    def _apply_sql(self, made: _Made, sql: str) -> bool:
        """Apply the statements of a text; return whether each that makes a table was read."""
        changes, unread = _core.read_sql(sql, self._context.dialect.name)
        for change in changes:
            if change.table is None or "temporary" in change.flags:
                continue
            schema, name = _split(change.table)
            if change.kind == "create_table":
                made.add(self._key(schema, name))
            elif change.kind == "drop_table":
                made.drop(self._key(schema, name))
            elif change.kind == "rename_table" and change.new_name is not None:
                new_schema, new = _split(change.new_name)
                made.drop(self._key(schema, name))
                made.add(self._key(new_schema or schema, new))
        return not unread or "table" not in sql.lower()


class _Made(NamedTuple):
    """What revisions have made.

    :ivar tables: the tables that they have left.
    :ivar ever: these, and those that they have dropped or renamed afterwards.
    :ivar doubtful: the files that may make further tables.
    """

    tables: set[TableName]
    ever: set[TableName]
    doubtful: list[str]

    def add(self, table: TableName) -> None:
        self.tables.add(table)
        self.ever.add(table)

    def drop(self, table: TableName | None) -> None:
        if table is not None:
            self.tables.discard(table)


def _split(name: str) -> tuple[str | None, str]:
    """Return the schema and the table of a name in SQL."""
    schema, _, table = name.rpartition(".")
    return schema or None, table


def _connected(scripts: Sequence[Script]) -> Iterator[list[Script]]:
    """Yield the revisions of each history that no other joins, in their order."""
    root: dict[str, str] = {one.revision: one.revision for one in scripts}

    def find(revision: str) -> str:
        while root[revision] != revision:
            revision = root[revision]
        return revision

    for one in scripts:
        for parent in one._versioned_down_revisions:
            if parent in root:
                root[find(one.revision)] = find(parent)
    parts: Mapping[str, list[Script]] = {find(one.revision): [] for one in scripts}
    for one in scripts:
        parts[find(one.revision)].append(one)
    yield from parts.values()
