"""Print what the comparison hooks of each dialect return for many pairs of values; runs with Alembic and with limbeck.

    python compare_script.py

Needs no database: the values below stand for what a database would report.
"""

import io
import warnings
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from sqlalchemy import types
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql

DIALECTS = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")


def _call(make: Any, *arguments: Any) -> Any:
    """Return a type whose constructor SQLAlchemy has not annotated."""
    return make(*arguments)


TYPES: list[Any] = [
    *(sa.Integer(), sa.BigInteger(), sa.SmallInteger(), sa.Boolean(), sa.Text(), sa.JSON()),
    *(sa.String(), sa.String(50), sa.String(60), sa.Unicode(50), sa.String(50, collation="xyz")),
    *(sa.Numeric(), sa.Numeric(10), sa.Numeric(10, 2), sa.Numeric(8, 2), sa.DECIMAL(10, 2)),
    *(sa.Float(), sa.Float(53), sa.Double(), sa.REAL(), sa.Date(), sa.Time(), sa.Interval()),
    *(sa.DateTime(), sa.DateTime(timezone=True), sa.TIMESTAMP(), sa.LargeBinary(5), sa.Uuid()),
    *(sa.Enum("a", "bb"), sa.Enum("a", "bb", name="e1"), sa.Enum("a", "bb", native_enum=False)),
    *(sa.CHAR(5), sa.NCHAR(5), sa.NVARCHAR(50), sa.String(50).with_variant(sa.Text(), "mysql")),
    mysql.VARCHAR(50, charset="utf8mb4", collation="utf8mb4_bin"),
    mysql.VARCHAR(50, charset="latin1"),
    *(mysql.INTEGER(unsigned=True), mysql.INTEGER(display_width=11), mysql.TINYINT(1)),
    *(mysql.LONGTEXT(), mysql.DOUBLE(10, 2), mysql.ENUM("b", "a"), mysql.ENUM("a", "b", "c")),
    *(mysql.DATETIME(fsp=6), mysql.DECIMAL(10, 2, unsigned=True), mysql.SET("a", "b")),
    *(postgresql.ARRAY(sa.Integer), postgresql.ARRAY(sa.String(5)), postgresql.JSONB()),
    *(postgresql.INTERVAL(fields="YEAR"), postgresql.DOUBLE_PRECISION(), postgresql.BIT(5)),
    *(postgresql.TIMESTAMP(precision=3), postgresql.TIMESTAMP(precision=3, timezone=True)),
    *(postgresql.ENUM("a", name="e1", schema="s"), postgresql.DOMAIN("d1", sa.Integer())),
    *(oracle.VARCHAR2(50), oracle.RAW(5), mssql.BIT(), mssql.NTEXT(), mssql.MONEY()),
    *(_call(oracle.NUMBER), _call(oracle.NUMBER, 10), _call(oracle.FLOAT, 5)),
    *(_call(mssql.DATETIME2, 5), _call(mssql.DATETIMEOFFSET)),
]

DEFAULTS: list[str | None] = [
    *(None, "", "x", "5", "55", "-5", "5.5", ".5", "'x'", "''", '"x"', "'it''s'", "(x)", "()"),
    *("((x))", "(a)+(b)", "CURRENT_TIMESTAMP", "NULL", "null", "true", "'a' || 'b'", "x'00'"),
    *("( x )", "'a\nb'", "datetime('now')", "('x')", "(5)", "'5'", "((5))", "now()", "NOW()"),
    *("CURRENT_TIMESTAMP()", "current_timestamp()", "getdate()", "(getdate())", "SYSDATE "),
    *("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", "N'x'", "0", "rand()", "(rand())"),
    *("current_timestamp() ON UPDATE current_timestamp()", "a, b", "a,b", "(NULL)", "5.0"),
]

IDENTITIES: list[dict[str, Any] | None] = [
    None,
    {},
    {"always": True},
    {"always": False},
    *({"start": 1}, {"start": 5}, {"increment": 7}, {"minvalue": 1}, {"maxvalue": 9}),
    *({"nominvalue": True}, {"nomaxvalue": False}, {"cycle": True}, {"cycle": False}),
    *({"cache": 20}, {"start": 0}),
    {
        "always": True,
        "start": 5,
        "increment": 1,
        "minvalue": 1,
        "maxvalue": 2147483647,
        "cycle": False,
        "cache": 1,
    },
]

INDEXES: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    (("b",), {}),
    (("a", "b"), {}),
    (("b", "a"), {}),
    (("a",), {"unique": True}),
    ((lambda t: t.c.a.desc(),), {}),
    ((lambda t: t.c.a.desc().nulls_last(),), {}),
    ((lambda t: t.c.a.desc().nulls_first(),), {}),
    ((lambda t: t.c.a.asc().nulls_last(),), {}),
    ((lambda t: t.c.a.nulls_first(),), {}),
    ((lambda t: sa.func.lower(t.c.b),), {}),
    ((lambda t: sa.text("lower((b)::text)"),), {}),
    ((lambda t: sa.text("lower(b) text_pattern_ops"),), {}),
    ((lambda t: sa.text("CAST(CAST(a AS NUMERIC(10, 2)) AS TEXT)"),), {}),
    ((lambda t: sa.text("((a)::numeric(10,2))::text"),), {}),
    ((lambda t: t.c.b.collate("C"),), {}),
    (("a",), {"postgresql_nulls_not_distinct": True}),
    (("a",), {"postgresql_using": "gin", "postgresql_include": ["b"]}),
]

COMPUTED = ["a + B", '(a)  * "b"', "[a]`b`'C'\t\n\r", "1.5::numeric(10, 2)", "Cast(X as Integer)"]


def fk(*columns: str, name: str = "f") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(columns, [f"r.{column}" for column in columns], name=name)


#: Constraints and indexes of a table with the columns a, b and c: in the database, and in the model.
CONTENTS: dict[str, tuple[Any, Any]] = {
    "doubled unique": (
        lambda: [sa.UniqueConstraint("a", name="u"), sa.Index("u", "a", unique=True)],
        lambda: [sa.UniqueConstraint("a", name="u")],
    ),
    "doubled unique, model has the index": (
        lambda: [sa.UniqueConstraint("a", name="u"), sa.Index("u", "a", unique=True)],
        lambda: [sa.Index("u", "a", unique=True)],
    ),
    "plain index": (lambda: [sa.Index("i", "a")], lambda: [sa.Index("i", "a")]),
    "index named as its key": (lambda: [sa.Index("f", "a"), fk("a")], lambda: [fk("a")]),
    "index named as its column": (lambda: [sa.Index("a", "a"), fk("a")], lambda: [fk("a")]),
    "index named as its column, in the model too": (
        lambda: [sa.Index("a", "a"), fk("a")],
        lambda: [sa.Index("a", "a"), fk("a")],
    ),
    "index of more columns": (lambda: [sa.Index("f", "b", "a"), fk("a")], list),
    "index named as another column": (lambda: [sa.Index("b", "b", "a"), fk("a")], list),
    "index of a column without key": (lambda: [sa.Index("f", "c"), fk("a")], list),
    "index with another name": (lambda: [sa.Index("zz", "a"), fk("a")], list),
    "unique index named as its key": (lambda: [sa.Index("f", "a", unique=True), fk("a")], list),
    "another index of the same name in the model": (
        lambda: [sa.Index("f", "a"), fk("a")],
        lambda: [sa.Index("f", "b", unique=True)],
    ),
    "index of the model only": (list, lambda: [sa.Index("f", "a"), fk("a")]),
    "expression index of the model only": (
        list,
        lambda: [sa.Index("e", sa.func.lower(sa.column("a")))],
    ),
}
RULES = (None, "RESTRICT", "NO ACTION", "CASCADE", "restrict")


def corrected(impl: Any, database: Any, model: Any) -> list[Any]:
    """Return the names that the correction leaves: unique constraints and indexes of the database, then of the model."""
    sides: list[set[Any]] = []
    for items in (database(), model()):
        table = sa.Table("t", sa.MetaData(), *(sa.Column(name, sa.Integer) for name in "abc"))
        sa.Table("r", table.metadata, *(sa.Column(name, sa.Integer) for name in "abc"))
        for item in items:
            if isinstance(item, sa.Index):
                entries = [
                    table.c[str(e)] if isinstance(e, str) else e
                    for e in item.__dict__.get("_pending_colargs", ())
                ]
                entries = entries or [sa.func.lower(table.c.a)]
                sa.Index(item.name, *entries, unique=item.unique)
            else:
                table.append_constraint(item)
        uniques = {c for c in table.constraints if isinstance(c, sa.UniqueConstraint)}
        for index in table.indexes:
            if any(unique.name == index.name for unique in uniques):
                index.info["duplicates_constraint"] = index.name
        sides += [uniques, set(table.indexes)]
    impl.correct_for_autogen_constraints(*sides)
    return [sorted(str(item.name) for item in side) for side in sides]


def corrected_rules(impl: Any, present: str | None, wanted: str | None) -> list[Any]:
    """Return ON DELETE and ON UPDATE of the database's key and of the model's key, after the correction."""
    keys = []
    for rule in (present, wanted):
        table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
        sa.Table("r", table.metadata, sa.Column("a", sa.Integer))
        key = sa.ForeignKeyConstraint(["a"], ["r.a"], ondelete=rule, onupdate=rule)
        table.append_constraint(key)
        keys.append(key)
    impl.correct_for_autogen_foreignkeys({keys[0]}, {keys[1]})
    return [(key.ondelete, key.onupdate) for key in keys]


OPTIONS: list[dict[str, Any]] = [
    {},
    {"dialect_options": {"postgresql_include": []}},
    {"dialect_options": {"postgresql_include": ["a"], "postgresql_using": "btree"}},
    {"dialect_options": {"mssql_include": [], "mssql_clustered": False}},
    {"dialect_options": {"mssql_include": ["x"], "mssql_clustered": True}},
]


def make_index(entries: tuple[Any, ...], options: dict[str, Any]) -> sa.Index:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer), sa.Column("b", sa.String(5)))
    resolved = [table.c[e] if isinstance(e, str) else e(table) for e in entries]
    return sa.Index("ix", *resolved, _table=table, **options)


def compilable(type_: Any, dialect: Any) -> bool:
    try:
        type_.compile(dialect=dialect)
    except Exception:  # noqa: BLE001 - the dialect does not have the type
        return False
    return True


def outcome(compare: Any, *pair: Any) -> str:
    """Return the result or the exception of a hook, and its warnings, as text."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = compare(*pair)
        except Exception as error:  # noqa: BLE001 - any exception is an outcome
            found = f"{type(error).__name__}: {error}"
    if isinstance(found, tuple) and isinstance(found[0], set):
        found = [sorted(part) if isinstance(part, set) else part for part in found]
    shown = tuple(found) if isinstance(found, tuple) else found
    return f"{shown} {[str(warning.message) for warning in caught]}"


def main() -> None:
    for name in DIALECTS:
        context = MigrationContext.configure(
            dialect_name=name, opts={"as_sql": True, "output_buffer": io.StringIO()}
        )
        impl, dialect = context.impl, context.dialect
        supported = [type_ for type_ in TYPES if compilable(type_, dialect)]
        for ours in supported:
            for theirs in supported:
                found = outcome(impl.compare_type, sa.Column("x", theirs), sa.Column("x", ours))
                print(name, "type", repr(theirs), repr(ours), found)
        if name != "postgresql":  # whose hook needs a server
            for kind in (types.Integer, types.String, types.DateTime):
                column = sa.Column("x", kind())
                for wanted in DEFAULTS:
                    for present in DEFAULTS:
                        found = outcome(
                            impl.compare_server_default, column, column, wanted, present
                        )
                        print(name, "default", kind.__name__, [wanted, present], found)
        for wanted_options in IDENTITIES:
            for present_options in IDENTITIES:
                pair = [
                    None if options is None else sa.Identity(**options)
                    for options in (wanted_options, present_options)
                ]
                found = outcome(impl._compare_identity_default, *pair)
                print(name, "identity", [wanted_options, present_options], found)
        for wanted_index in INDEXES:
            for present_index in INDEXES:
                indexes = [make_index(*wanted_index), make_index(*present_index)]
                shown = [str(entry) for index in indexes for entry in index.expressions]
                print(name, "index", shown, outcome(impl.compare_indexes, *indexes))
        for label, (database, model) in CONTENTS.items():
            print(name, "corrected", label, outcome(corrected, impl, database, model))
        for present in RULES:
            for wanted in RULES:
                found = outcome(corrected_rules, impl, present, wanted)
                print(name, "rules", [present, wanted], found)
        for options in OPTIONS:
            found = outcome(impl.adjust_reflected_dialect_options, options, "index")
            print(name, "options", options, found)
        for text in COMPUTED:
            print(name, "computed", repr(text), impl._normalize_computed_default(text))


if __name__ == "__main__":
    main()
