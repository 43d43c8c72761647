"""Random renames in random models: rows survive, a second comparison finds nothing, the downgrade restores the catalog."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from support import generated

from .conftest import _seed

_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_TABLES = ("account", "address", "order", "Item", "log entry")
_COLUMNS = ("name", "e mail", "Size", "user", "city", "kind", "note")
_TYPES = (sa.String(40), sa.Integer(), sa.Numeric(8, 2), sa.Boolean(), sa.Date(), sa.Text())
_VALUES: tuple[Any, ...] = ("x", 5, 1, True, sa.func.current_date(), "text")


@dataclass
class _Column:
    name: str
    type: int
    nullable: bool
    default: bool
    part: str


@dataclass
class _Table:
    name: str
    columns: list[_Column]
    #: The tables to which it refers, by place, each with the name of the referring column.
    references: dict[int, str] = field(default_factory=dict)


def _tables(rng: random.Random, prefix: str = "") -> list[_Table]:
    tables: list[_Table] = []
    for number, name in enumerate(rng.sample(_TABLES, rng.randint(1, 3))):
        columns = [
            _Column(
                prefix + column,
                type_ := rng.randrange(len(_TYPES)),
                rng.random() < 0.5,
                type_ < 2 and rng.random() < 0.4,
                rng.choice(["", "", "index", "unique", "both", "check", "expression"])
                if type_ < 2
                else "",
            )
            for column in rng.sample(_COLUMNS, rng.randint(1, 4))
        ]
        references = {
            target: f"{tables[target].name}_id" for target in range(number) if rng.random() < 0.6
        }
        tables.append(_Table(name, columns, references))
    return tables


def _metadata(tables: list[_Table], kind: str, conventional: bool) -> sa.MetaData:
    metadata = sa.MetaData(naming_convention=_CONVENTION) if conventional else sa.MetaData()
    for table in tables:
        items: list[Any] = [sa.Column("id", sa.Integer, primary_key=True)]
        for column in table.columns:
            default = ("7" if column.type == 1 else "seven") if column.default else None
            items.append(
                sa.Column(
                    column.name,
                    _TYPES[column.type],
                    nullable=column.nullable,
                    server_default=default,
                )
            )
            if column.part in ("index", "both"):
                name = None if conventional else f"ix_{table.name}_{column.name}"
                items.append(sa.Index(name, column.name))
            if column.part in ("unique", "both"):
                items.append(sa.UniqueConstraint(column.name))
            if column.part == "check" and conventional:
                quoted = "`{}`" if kind == "mariadb" else '"{}"'
                text = f"{quoted.format(column.name)} <> '9'"
                items.append(sa.CheckConstraint(text, name=column.name))
        for target, name in table.references.items():
            items.append(
                sa.Column(name, sa.ForeignKey(f"{tables[target].name}.id", ondelete="CASCADE"))
            )
        made = sa.Table(table.name, metadata, *items)
        for column in table.columns:
            if column.part == "expression" and column.type == 0 and kind == "postgresql":
                sa.Index(f"lower_{column.name}", sa.func.lower(made.c[column.name]))
    return metadata


def _renamed(rng: random.Random, tables: list[_Table]) -> tuple[list[_Table], list[str]]:
    """Return tables of which some have other names, and the renames."""
    renames: list[str] = []
    after: list[_Table] = []
    for table in tables:
        name = table.name
        if rng.random() < 0.6:
            name = rng.choice(["member", "Group", table.name + "s", "new " + table.name])
            name = f"{name}{len(after)}"
            renames.append(f"{table.name}:{name}")
        columns: list[_Column] = []
        for column in table.columns:
            new = column.name
            if rng.random() < 0.5:
                new = rng.choice(["title", "Label", "from", column.name + "_"]) + str(len(columns))
                renames.append(f"{rng.choice([table.name, name])}.{column.name}:{new}")
            columns.append(_Column(new, column.type, column.nullable, column.default, column.part))
        references = dict(table.references)
        for target, reference in references.items():
            if rng.random() < 0.5:
                references[target] = f"{reference}_ref"
                renames.append(f"{table.name}.{reference}:{reference}_ref")
        after.append(_Table(name, columns, references))
    return after, rng.sample(renames, len(renames))


def _change(rng: random.Random, tables: list[_Table]) -> None:
    """Change what is not a name."""
    for table in tables:
        for column in table.columns:
            if rng.random() < 0.3:
                column.nullable = True
        if rng.random() < 0.3:
            table.columns.append(_Column("added", 1, True, False, rng.choice(["", "index"])))


def _fill(connection: sa.Connection, metadata: sa.MetaData, tables: list[_Table]) -> None:
    for table in tables:
        values: dict[str, Any] = {c.name: _VALUES[c.type] for c in table.columns}
        values |= {"id": 1, **dict.fromkeys(table.references.values(), 1)}
        connection.execute(metadata.tables[table.name].insert().values(values))
    connection.commit()


def test_random_renames(database_url: str, pytestconfig: pytest.Config) -> None:
    kind = {"mysql": "mariadb"}.get(
        sa.make_url(database_url).get_backend_name(), sa.make_url(database_url).get_backend_name()
    )
    seed = _seed(pytestconfig)
    for number in range(pytestconfig.getoption("random_cases", None) or 20):
        rng = random.Random(f"{seed} {kind} {number}")
        before = _tables(rng)
        after, renames = _renamed(rng, before)
        _change(rng, after)
        conventional = rng.random() < 0.7
        old, new = _metadata(before, kind, conventional), _metadata(after, kind, conventional)
        batch = kind == "sqlite" or rng.random() < 0.3
        case = f"case {number}: {renames}"
        with generated.database(database_url) as connection:
            old.create_all(connection)
            _fill(connection, old, before)
            counts = [len(table.columns) + len(table.references) for table in before]
            try:
                made = generated.there_and_back(
                    connection, old, new, renames=renames, render_as_batch=batch
                )
            except Exception as error:
                raise AssertionError(f"{case}\n{error}") from error
            assert "create_table" not in made.upgrade, case
            assert "drop_column" not in made.upgrade, case
            for table, count in zip(after, counts, strict=True):
                row = connection.execute(sa.select(new.tables[table.name])).one()
                kept = [value for name, value in row._mapping.items() if name != "added"]
                assert None not in kept and len(kept) == count + 1, case
            connection.rollback()
            new.drop_all(connection)
            connection.commit()
