"""Random models for SQLite, PostgreSQL and MariaDB.

`model(seed, dialect)` returns a model, and with `changed=True` the same model after a few changes. There are
few changes of each kind, because Alembic iterates over some of them as sets, in an order that depends on the
process.

This file is also a program that runs with Alembic or with limbeck. It creates the unchanged model in a
database, and prints the migration to the changed model that autogenerate produces.
"""

from __future__ import annotations

import logging
import random
import sys
import warnings
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
_WORDS = ["account", "Order", "line item", "user", "äöü", "events", "tag_2"]


def _types(dialect: str) -> list[Callable[[random.Random], Any]]:
    common: list[Callable[[random.Random], Any]] = [
        lambda r: sa.Integer(),
        lambda r: sa.String(r.choice([20, 50, 100])),
        lambda r: sa.Numeric(r.choice([8, 10]), 2),
        lambda r: sa.DateTime(),
        lambda r: sa.Date(),
        lambda r: sa.Text(),
        lambda r: sa.Boolean(),
        lambda r: sa.Float(),
    ]
    if dialect != "sqlite":
        common += [
            lambda r: sa.BigInteger(),
            lambda r: sa.SmallInteger(),
            lambda r: sa.LargeBinary(),
            lambda r: sa.JSON(),
        ]
    if dialect == "postgresql":
        common += [
            lambda r: postgresql.JSONB(),
            lambda r: postgresql.ARRAY(sa.Integer()),
            lambda r: postgresql.UUID(),
            lambda r: postgresql.TIMESTAMP(timezone=True),
            lambda r: postgresql.INET(),
            lambda r: postgresql.TSVECTOR(),
        ]
    if dialect == "mysql":
        common += [
            lambda r: mysql.INTEGER(unsigned=True),
            lambda r: mysql.ENUM("a", "b", "it's"),
            lambda r: mysql.LONGTEXT(),
            lambda r: mysql.DATETIME(fsp=6),
        ]
    return common


def _default(random_: random.Random, type_: Any) -> Any:
    # No empty strings, and no plain strings for an ENUM: Alembic and limbeck report such a default as
    # changed, because SQLite and MySQL reflect it differently.
    if random_.random() < 0.6:
        return None
    if isinstance(type_, mysql.ENUM):
        return sa.text("'a'")
    if isinstance(type_, sa.String) and not isinstance(type_, sa.Text):
        return random_.choice(["x", "it", sa.text("'y'")])
    if isinstance(type_, sa.Integer):
        return random_.choice(["5", sa.text("7"), sa.text("0")])
    if isinstance(type_, sa.DateTime) and not isinstance(type_, mysql.DATETIME):
        return sa.func.current_timestamp()
    return None


class _ModelMaker:
    def __init__(self, seed: int, dialect: str) -> None:
        self.random = random.Random(f"{dialect}-{seed}")
        self.dialect = dialect
        self.types = _types(dialect)
        self.metadata = sa.MetaData(
            naming_convention=_CONVENTION if self.random.random() < 0.5 else None
        )
        self.has_convention = self.metadata.naming_convention is not sa.MetaData().naming_convention
        self.supports_comments = dialect != "sqlite"

    def column(self, name: str, **kw: Any) -> sa.Column[Any]:
        type_ = self.random.choice(self.types)(self.random)
        default = _default(self.random, type_)
        comment = "its comment" if self.supports_comments and self.random.random() < 0.3 else None
        nullable = self.random.random() < 0.6
        return sa.Column(
            name, type_, nullable=nullable, server_default=default, comment=comment, **kw
        )

    def table(self, name: str, number: int, parents: list[sa.Table]) -> sa.Table:
        columns: list[Any] = [sa.Column("id", sa.Integer(), primary_key=True)]
        columns += [self.column(f"c{i}") for i in range(self.random.randint(2, 6))]
        columns += [sa.Column("k", sa.Integer(), nullable=False), sa.Column("n", sa.String(30))]
        # SQLAlchemy misreads a computed column of SQLite if a column is added after it.
        if self.dialect != "sqlite" and self.random.random() < 0.3:
            columns.append(sa.Column("calc", sa.Integer(), sa.Computed("k + 1", persisted=True)))
        if self.dialect == "postgresql" and self.random.random() < 0.3:
            columns.append(sa.Column("num", sa.Integer(), sa.Identity(start=5), nullable=False))
        if parents and self.random.random() < 0.7:
            target = self.random.choice(parents)
            columns.append(
                sa.Column(
                    "parent_id",
                    sa.Integer(),
                    sa.ForeignKey(
                        target.c.id,
                        name=None if self.has_convention else f"fk_{number}",
                        ondelete=self.random.choice([None, "CASCADE"]),
                    ),
                    nullable=True,
                )
            )
        comment = "about it" if self.supports_comments and self.random.random() < 0.4 else None
        table = sa.Table(name, self.metadata, *columns, comment=comment)
        if self.random.random() < 0.5:
            table.append_constraint(sa.UniqueConstraint("k", "n", name=f"uq_kn_{number}"))
        if self.random.random() < 0.4:
            sa.Index(f"ix_k_{number}", table.c.k)
        if self.random.random() < 0.3:
            sa.Index(f"ix_nk_{number}", table.c.n, table.c.k, unique=True)
        if self.dialect == "postgresql" and self.random.random() < 0.4:
            sa.Index(f"ix_lower_{number}", sa.func.lower(table.c.n))
        if self.dialect == "postgresql" and self.random.random() < 0.3:
            sa.Index(f"ix_part_{number}", table.c.n, postgresql_where=table.c.k > 5)
        if self.random.random() < 0.4:
            table.append_constraint(sa.CheckConstraint("k > -1", name=f"positive_{number}"))
        return table


def model(seed: int, dialect: str, *, changed: bool = False) -> sa.MetaData:
    """Return the model of a seed, or the changed model."""
    maker = _ModelMaker(seed, dialect)
    random_ = maker.random
    names = random_.sample(_WORDS, random_.randint(2, 5))
    tables: list[sa.Table] = []
    for number, name in enumerate(names):
        tables.append(maker.table(name, number, tables))
    if changed:
        _change(maker, tables)
    return maker.metadata


def _change(maker: _ModelMaker, tables: list[sa.Table]) -> None:
    """Change a model: each change has a probability, and occurs at most once per table."""
    random_ = maker.random
    metadata = maker.metadata
    leaves = [
        table
        for table in tables
        if not any(key.references(table) for other in tables for key in other.foreign_keys)
    ]
    if leaves and random_.random() < 0.4:
        dropped = random_.choice(leaves)
        metadata.remove(dropped)
        tables.remove(dropped)
    if random_.random() < 0.6:
        maker.table("brand_new", 99, [])
    for number, table in enumerate(tables):
        if random_.random() < 0.5:
            table.append_column(sa.Column("added", sa.String(10), nullable=True))
        if random_.random() < 0.3:
            table.append_column(sa.Column("added_too", sa.Integer(), server_default="3"))
        if random_.random() < 0.4:
            sa.Index(f"ix_added_{number}", table.c.k, table.c.id)
        if random_.random() < 0.3:
            table.append_constraint(sa.UniqueConstraint("id", "k", name=f"uq_added_{number}"))
        if table.indexes and random_.random() < 0.4:
            table.indexes.discard(min(table.indexes, key=lambda index: str(index.name)))
        if random_.random() < 0.4:
            table.c.n.nullable = False
        if random_.random() < 0.4:
            table.c.n.type = sa.String(60)
        if maker.supports_comments and random_.random() < 0.4:
            table.c.k.comment = "another comment"
        if maker.supports_comments and random_.random() < 0.4:
            table.comment = random_.choice([None, "it is about"])
        if maker.dialect != "sqlite" and random_.random() < 0.3:
            table.c.n.server_default = sa.DefaultClause("fresh")


def main(url: str, seed: int) -> None:
    """Create the model of a seed, print the upgrade to the changed one and the downgrade, and drop all tables."""
    from alembic.autogenerate import produce_migrations, render_python_code
    from alembic.migration import MigrationContext

    warnings.simplefilter("ignore")
    engine = sa.create_engine(url)
    dialect = "mysql" if engine.dialect.name == "mariadb" else engine.dialect.name
    before, after = model(seed, dialect), model(seed, dialect, changed=True)
    with engine.begin() as connection:
        before.create_all(connection)
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s", stream=sys.stdout)
    logging.getLogger("alembic.autogenerate").setLevel(logging.INFO)
    with engine.connect() as connection:
        for batch in (False, True):
            context = MigrationContext.configure(
                connection, opts={"compare_server_default": True, "target_metadata": after}
            )
            script = produce_migrations(context, after)
            for part in (script.upgrade_ops, script.downgrade_ops):
                assert part is not None
                print(render_python_code(part, migration_context=context, render_as_batch=batch))
    with engine.begin() as connection:
        before.drop_all(connection)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
