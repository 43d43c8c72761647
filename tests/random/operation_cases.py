"""Makes random directives; `run_operations.py` describes the form of a case.

Longer than other files because it has one method per directive.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

#: Python source, a call, or a list of these.
Value = Any
DIALECTS = ("sqlite", "postgresql", "mysql", "mariadb", "mssql", "oracle")
NAMES = ("a", "b", "c", "id", "Mixed", "select", "with space")
TABLES = ("t", "u", "Other", "order")
CONVENTIONS: tuple[dict[str, str], ...] = (
    {"ck": "ck_%(table_name)s_%(constraint_name)s"},
    {
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    },
    {"ix": "project_%(constraint_name)s", "uq": "uq_%(constraint_name)s", "pk": "pk"},
)
TYPES = (
    "sa.Integer()",
    "sa.Integer",
    "sa.BigInteger()",
    "sa.String(20)",
    "sa.String()",
    "sa.Text()",
    "sa.Unicode(9)",
    "sa.Boolean()",
    "sa.Boolean(create_constraint=True)",
    "sa.Boolean(create_constraint=True, name='is_it')",
    "sa.Enum('x', 'y', name='kinds')",
    "sa.Enum('x', 'y')",
    "sa.Enum('x', 'y', name='kinds', native_enum=False, create_constraint=True)",
    "sa.Enum('x', 'y', native_enum=False, create_constraint=True)",
    "sa.Numeric(10, 2)",
    "sa.Float()",
    "sa.DateTime()",
    "sa.DateTime(timezone=True)",
    "sa.Date()",
    "sa.LargeBinary()",
    "sa.JSON()",
    "sa.Uuid()",
    "sa.Interval()",
    "sa.String(5).with_variant(sa.Text(), 'postgresql', 'mysql')",
    "Shouted()",
    "Wrapped()",
)
VALUES = (
    "1",
    "0",
    "None",
    "'x'",
    "'it\\'s'",
    "'100% :a \\\\ ?'",
    "True",
    "1.5",
    "datetime.date(2020, 1, 2)",
    "datetime.datetime(2020, 1, 2, 3, 4)",
    "sa.func.now()",
    "sa.text('5')",
    "sa.null()",
    "op.inline_literal('x')",
    "op.inline_literal(7, sa.Integer())",
    "sa.literal('x')",
    "b'ab'",
)
DEFAULTS = (
    "5",
    "'x'",
    "lambda: 5",
    "lambda context: 'x'",
    "sa.func.now()",
    "sa.text('7')",
    "sa.literal(3)",
    "sa.Sequence('numbers')",
    "sa.Sequence('numbers', schema='other')",
    "sa.select(sa.func.max(sa.table('u', sa.column('a')).c.a)).scalar_subquery()",
)
SERVER_DEFAULTS = (
    "'5'",
    "'it\\'s'",
    "''",
    "sa.text('now()')",
    "sa.func.now()",
    "sa.literal('x')",
    "sa.true()",
    "sa.text(\"'x:y'\")",
    "sa.FetchedValue()",
    "sa.Identity()",
    "sa.Identity(always=True, start=3)",
    "sa.Computed('a + 1')",
    "sa.Computed('a + 1', persisted=True)",
)
COMMENTS = ("'said'", "'it\\'s 5% :x'", "None")
CONDITIONS = ("'a > 5'", "sa.text('a > 5')", "sa.column('a') > 5", "\"b like '%x'\"")


class Maker:
    """Makes the parts of a case from one generator."""

    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd
        self.chance = rnd.random
        self.dialect = rnd.choice(DIALECTS)

    def one(self, parts: tuple[str, ...]) -> str:
        """Return one of several sources."""
        return self.rnd.choice(parts)

    def text(self, parts: tuple[str, ...]) -> str:
        """Return the source of one of several strings."""
        return repr(self.rnd.choice(parts))

    def name(self) -> str:
        return self.text(NAMES)

    def table(self) -> str:
        return self.text(TABLES)

    def names(self, most: int = 2) -> list[str]:
        """Return the sources of one to `most` different column names."""
        return [repr(name) for name in self.rnd.sample(NAMES, self.rnd.randint(1, most))]

    def optional(self, **parts: Callable[[], Value] | tuple[float, Callable[[], Value]]) -> Any:
        """Return a random choice of the parts by key; each has a probability, by default 0.2."""
        found = {}
        for key, part in parts.items():
            chance, make = part if isinstance(part, tuple) else (0.2, part)
            if self.chance() < chance:
                found[key] = make()
        return found

    def flag(self) -> str:
        return self.rnd.choice(("True", "False"))

    def schema(self) -> str:
        return self.text(("other", "Other"))

    def constraint_name(self) -> str:
        return self.rnd.choice(("None", "'cn'", "'Cn 2'", "op.f('final')", "'n' * 70"))

    # -- columns

    def column(self, name: str | None = None, *, kind: str = "sa.Column") -> Value:
        kind = "sa.Column" if kind == "sa.Column" or self.chance() < 0.5 else kind
        name = name or self.name()
        if kind == "sa.column":
            return {"f": "sa.column", "a": [name, *self.some_type(0.8)]}
        arguments: list[Value] = [name, *self.some_type(0.93)]
        if self.chance() < 0.1:
            target = self.rnd.choice(("'u.id'", "'other.u.Mixed'", "'t.a'"))
            options = self.optional(
                name=self.constraint_name,
                ondelete=lambda: "'CASCADE'",
                deferrable=self.flag,
                initially=lambda: "'DEFERRED'",
                use_alter=self.flag,
            )
            arguments.append({"f": "sa.ForeignKey", "a": [target], "k": options})
        if self.chance() < 0.07:
            arguments.append(self.one(SERVER_DEFAULTS[-4:]))
        if self.chance() < 0.05:
            arguments.append("sa.Sequence('numbers')")
        if self.chance() < 0.05:
            check = self.optional(name=self.constraint_name)
            arguments.append({"f": "sa.CheckConstraint", "a": [self.one(CONDITIONS)], "k": check})
        named = self.optional(
            primary_key=(0.1, self.flag),
            nullable=self.flag,
            default=(0.15, lambda: self.one(DEFAULTS)),
            onupdate=(0.05, lambda: self.one(DEFAULTS)),
            server_default=(0.15, lambda: self.one(SERVER_DEFAULTS)),
            server_onupdate=(0.03, lambda: "sa.FetchedValue()"),
            index=(0.1, self.flag),
            unique=(0.1, self.flag),
            autoincrement=(0.07, self.flag),
            comment=(0.1, lambda: self.one(COMMENTS)),
            key=(0.04, lambda: "'other_key'"),
            quote=(0.05, self.flag),
            system=(0.02, self.flag),
        )
        return {"f": "sa.Column", "a": arguments, "k": named}

    def some_type(self, chance: float) -> list[str]:
        """Return a list of one type with the probability `chance`, otherwise an empty list."""
        return [self.one(TYPES)] if self.chance() < chance else []

    # -- directives

    def create_table(self) -> Value:
        columns = [self.column(name) for name in self.names(4)]
        items = [self.table_item() for _ in range(self.rnd.choice((0, 0, 0, 1, 2)))]
        named = self.optional(
            schema=self.schema,
            comment=lambda: self.one(COMMENTS),
            if_not_exists=self.flag,
            prefixes=(0.05, lambda: "['TEMPORARY']"),
            info=(0.05, lambda: "{'a': 1}"),
            mysql_engine=(0.1, lambda: "'InnoDB'"),
            sqlite_autoincrement=(0.1, lambda: "True"),
            quote=(0.05, self.flag),
        )
        return {"f": "op.create_table", "a": [self.table(), *columns, *items], "k": named}

    def table_item(self) -> Value:
        options = self.optional(name=(0.5, self.constraint_name))
        kind = self.rnd.randrange(5)
        if kind == 0:
            return {"f": "sa.PrimaryKeyConstraint", "a": self.names(), "k": options}
        if kind == 1:
            return {"f": "sa.UniqueConstraint", "a": self.names(), "k": options}
        if kind == 2:
            return {"f": "sa.CheckConstraint", "a": [self.one(CONDITIONS)], "k": options}
        if kind == 3:
            local = [self.name()]
            return {"f": "sa.ForeignKeyConstraint", "a": [local, ["'u.id'"]], "k": options}
        return {"f": "sa.Index", "a": [self.constraint_name(), self.name()]}

    def drop_table(self) -> Value:
        named = self.optional(schema=self.schema, if_exists=self.flag)
        return {"f": "op.drop_table", "a": [self.table()], "k": named}

    def rename_table(self) -> Value:
        named = self.optional(schema=self.schema)
        return {"f": "op.rename_table", "a": [self.table(), self.table()], "k": named}

    def table_comment(self) -> Value:
        named = self.optional(schema=self.schema, existing_comment=lambda: self.one(COMMENTS))
        if self.chance() < 0.5:
            return {"f": "op.drop_table_comment", "a": [self.table()], "k": named}
        comment = self.one(COMMENTS)
        return {"f": "op.create_table_comment", "a": [self.table(), comment], "k": named}

    def add_column(self) -> Value:
        named = self.optional(
            schema=self.schema,
            if_not_exists=(0.1, self.flag),
            inline_references=(0.1, self.flag),
            inline_primary_key=(0.1, self.flag),
        )
        return {"f": "op.add_column", "a": [self.table(), self.column()], "k": named}

    def drop_column(self) -> Value:
        named = self.optional(
            schema=self.schema,
            if_exists=(0.1, self.flag),
            mssql_drop_default=(0.1, self.flag),
            mssql_drop_check=(0.1, self.flag),
            mssql_drop_foreign_key=(0.1, self.flag),
        )
        return {"f": "op.drop_column", "a": [self.table(), self.name()], "k": named}

    def alter_column(self) -> Value:
        def default() -> str:
            return self.rnd.choice((*SERVER_DEFAULTS, "None", "False"))

        named = self.optional(
            nullable=(0.3, self.flag),
            server_default=(0.3, default),
            new_column_name=(0.3, self.name),
            type_=(0.4, lambda: self.one(TYPES)),
            comment=lambda: self.one((*COMMENTS, "False")),
            autoincrement=(0.1, self.flag),
            existing_type=(0.6, lambda: self.one(TYPES)),
            existing_server_default=(0.3, default),
            existing_nullable=(0.3, self.flag),
            existing_comment=lambda: self.one(COMMENTS),
            existing_autoincrement=(0.05, self.flag),
            schema=self.schema,
            postgresql_using=(0.1, lambda: "'a::integer'"),
            mysql_existing_default=(0.02, default),
        )
        return {"f": "op.alter_column", "a": [self.table(), self.name()], "k": named}

    def create_index(self) -> Value:
        expressions = ["sa.text('lower(a)')", "sa.column('b').desc()", "sa.func.lower('a')"]
        columns = [*self.names(), *(expressions[:1] if self.chance() < 0.15 else [])]
        named = self.optional(
            schema=self.schema,
            unique=self.flag,
            if_not_exists=(0.1, self.flag),
            quote=(0.05, self.flag),
            postgresql_where=(0.1, lambda: "sa.text('a > 5')"),
            postgresql_using=(0.1, lambda: "'gin'"),
            postgresql_concurrently=(0.1, self.flag),
            postgresql_include=(0.1, lambda: "['b']"),
            mssql_include=(0.1, lambda: "['b', 'z']"),
            mssql_where=(0.1, lambda: "sa.text('a > 5')"),
            sqlite_where=(0.1, lambda: "sa.text('a > 5')"),
            mysql_length=(0.1, lambda: "5"),
            mysql_prefix=(0.05, lambda: "'FULLTEXT'"),
            oracle_compress=(0.05, lambda: "True"),
        )
        arguments = [self.constraint_name(), self.table(), columns]
        return {"f": "op.create_index", "a": arguments, "k": named}

    def drop_index(self) -> Value:
        named = self.optional(
            table_name=(0.7, self.table),
            schema=self.schema,
            if_exists=(0.1, self.flag),
            postgresql_concurrently=(0.1, self.flag),
        )
        return {"f": "op.drop_index", "a": [self.constraint_name()], "k": named}

    def create_constraint(self) -> Value:
        options = self.optional(
            schema=self.schema,
            deferrable=(0.1, self.flag),
            initially=(0.1, lambda: "'DEFERRED'"),
        )
        name, table = self.constraint_name(), self.table()
        kind = self.rnd.randrange(5)
        if kind == 0:
            return {"f": "op.create_primary_key", "a": [name, table, self.names()], "k": options}
        if kind == 1:
            options |= self.optional(postgresql_nulls_not_distinct=(0.1, self.flag))
            return {
                "f": "op.create_unique_constraint",
                "a": [name, table, self.names()],
                "k": options,
            }
        if kind == 2:
            options |= self.optional(postgresql_not_valid=(0.1, self.flag))
            condition = self.one(CONDITIONS)
            return {"f": "op.create_check_constraint", "a": [name, table, condition], "k": options}
        if kind == 3:
            if "schema" in options:
                options["source_schema"] = options.pop("schema")
            options |= self.optional(
                referent_schema=self.schema,
                ondelete=lambda: "'SET NULL'",
                onupdate=lambda: "'CASCADE'",
                match=(0.05, lambda: "'FULL'"),
                use_alter=(0.05, self.flag),
                postgresql_not_valid=(0.1, self.flag),
            )
            columns = self.names()
            others = [self.name() for _ in columns]
            arguments = [name, table, self.table(), columns, others]
            return {"f": "op.create_foreign_key", "a": arguments, "k": options}
        element = "(sa.column('a'), '=')"
        arguments = [name, table, element]
        options = self.optional(schema=self.schema, where=lambda: "'a > 5'", using=lambda: "'gist'")
        return {"f": "op.create_exclude_constraint", "a": arguments, "k": options}

    def drop_constraint(self) -> Value:
        kinds = ("'foreignkey'", "'primary'", "'unique'", "'check'", "None")
        named = self.optional(
            type_=(0.8, lambda: self.one(kinds)), schema=self.schema, if_exists=(0.1, self.flag)
        )
        arguments = [self.constraint_name(), self.table()]
        return {"f": "op.drop_constraint", "a": arguments, "k": named}

    def execute(self) -> Value:
        statements = (
            "'UPDATE t SET a = 5'",
            "'UPDATE t SET a = \\'10:30 100% \\\\\\\\:x ?\\''",
            "sa.text('UPDATE t SET a = :v').bindparams(v=5)",
            "sa.table('t', sa.column('a')).update().values(a=5)",
            "sa.table('t', sa.column('a', sa.String)).update().values(a=op.inline_literal('x'))",
            "sa.table('t', sa.column('a')).delete().where(sa.column('a') == sa.text('5'))",
            "'\\tSELECT 1\\n'",
            "'BEGIN; END'",
        )
        return {"f": "op.execute", "a": [self.one(statements)]}

    # -- rows

    def row(self, columns: list[Value]) -> str:
        """Return the source of a row, a dictionary with values for some of the columns."""
        names = [column["a"][0] for column in columns]
        chosen = [name for name in names if self.chance() < 0.75]
        if self.chance() < 0.02:
            chosen.append("'nope'")
        self.rnd.shuffle(chosen)
        return f"{{{', '.join(f'{name}: {self.one(VALUES)}' for name in chosen)}}}"

    def rows(self, table: Value, columns: list[Value]) -> Value:
        rows = [self.row(columns) for _ in range(self.rnd.choice((0, 1, 2, 3)))]
        if rows and self.chance() < 0.3:
            rows.append(self.rnd.choice(rows))
        named = self.optional(multiinsert=(0.2, self.flag))
        return {"f": "op.bulk_insert", "a": [table, rows], "k": named}

    def bulk_insert(self) -> Value:
        columns = [self.column(name, kind="sa.column") for name in self.names(4)]
        if self.chance() < 0.6:
            schema = self.optional(schema=self.schema)
            table = {"f": "sa.table", "a": [self.table(), *columns], "k": schema}
        else:
            columns = [self.column(column["a"][0]) for column in columns]
            options = self.optional(schema=self.schema)
            table = {"f": "sa.Table", "a": [self.table(), "sa.MetaData()", *columns], "k": options}
        return self.rows(table, columns)

    def step(self) -> list[Value]:
        """Return a directive; `create_table` is often followed by a `bulk_insert` into that table."""
        kind = self.rnd.randrange(24)
        if kind < 3:
            created = self.create_table()
            columns = [part for part in created["a"] if is_column(part)]
            return [created, *([self.rows("made", columns)] if self.chance() < 0.6 else [])]
        if kind < 9:
            return [self.bulk_insert()]
        if kind < 12:
            return [self.alter_column()]
        makers = (
            self.drop_table,
            self.rename_table,
            self.table_comment,
            self.add_column,
            self.add_column,
            self.drop_column,
            self.create_index,
            self.create_index,
            self.drop_index,
            self.create_constraint,
            self.create_constraint,
            self.drop_constraint,
        )
        return [makers[kind - 12]()]


def is_column(part: Value) -> bool:
    """Return whether a part of a case is a column."""
    return isinstance(part, dict) and part["f"] == "sa.Column"


def offline_case(rnd: random.Random) -> Value:
    """Return a case of few directives, mostly one, because a failing directive ends the case."""
    maker = Maker(rnd)
    opts: dict[str, Any] = {}
    if maker.chance() < 0.4:
        opts["convention"] = rnd.choice(CONVENTIONS)
    if maker.chance() < 0.15:
        opts["literal_binds"] = True
    if maker.chance() < 0.05:
        opts["mssql_batch_separator"] = opts["oracle_batch_separator"] = "NEXT"
    steps = [step for _ in range(rnd.choice((1, 1, 1, 2))) for step in maker.step()]
    if maker.chance() < 0.04:
        steps.append(maker.execute())
    return {"dialect": maker.dialect, "opts": opts, "steps": steps}


# -- on a database

#: Types with values for them; not all values fit.
ONLINE: dict[str, tuple[str, ...]] = {
    "sa.Integer": ("1", "0", "-5", "None", "True"),
    "sa.BigInteger()": ("1", "None"),
    "sa.String(20)": ("'x'", "'it\\'s'", "'100% :a ?'", "None", "''"),
    "sa.Text()": ("'x'", "'a\\\\b'", "None"),
    "sa.Boolean()": ("True", "False", "None"),
    "sa.Boolean(create_constraint=True)": ("True", "None"),
    "sa.Enum('x', 'y', name='kinds', native_enum=False, create_constraint=True)": ("'x'", "'y'"),
    "sa.Numeric(10, 2)": ("1", "1.5", "decimal.Decimal('2.25')", "None"),
    "sa.DateTime()": ("datetime.datetime(2020, 1, 2, 3, 4)", "None", "'never'"),
    "sa.Date()": ("datetime.date(2020, 1, 2)", "None"),
    "sa.JSON()": ("{'a': [1, None]}", "None", "'text'", "sa.null()", "sa.JSON.NULL"),
    "sa.LargeBinary()": ("b'ab'", "None"),
    "sa.Uuid()": ("uuid.UUID(int=5)", "None"),
    "Shouted()": ("'low'", "None"),
    "Wrapped()": ("'low'", "None"),
}
#: Values of `default`, by type.
ONLINE_DEFAULTS: dict[str, tuple[str, ...]] = {
    "sa.Integer": ("5", "lambda: 6", "sa.func.abs(-8)", "sa.text('4 + 5')", "sa.literal(3)"),
    "sa.String(20)": ("'d'", "lambda context: 'e'", "sa.func.lower('F')", "sa.text(\"'g'\")"),
    "Shouted()": ("'d'", "lambda: 'e'", "sa.func.lower('F')"),
    "sa.Boolean()": ("True", "lambda: False"),
    "sa.JSON()": ("{'a': 5}", "dict"),
}


class OnlineMaker(Maker):
    """Makes directives, most of which a database accepts."""

    def __init__(self, rnd: random.Random) -> None:
        super().__init__(rnd)
        self.dialect = rnd.choice(("sqlite", "postgresql", "mariadb"))
        self.types = {name: rnd.choice(list(ONLINE)) for name in rnd.sample("abcdef", 4)}

    def online_column(self, name: str) -> Value:
        type_ = self.types[name]
        defaults = ONLINE_DEFAULTS.get(type_, ())
        named = self.optional(
            nullable=(0.1, self.flag),
            index=(0.1, lambda: "True"),
            unique=(0.05, lambda: "True"),
            comment=(0.1, lambda: self.one(COMMENTS)),
        )
        if defaults and self.chance() < 0.5:
            named["default"] = self.one(defaults)
        return {"f": "sa.Column", "a": [repr(name), type_], "k": named}

    def some_rows(self, table: Value) -> Value:
        same = self.chance() < 0.7
        chosen = [name for name in self.types if self.chance() < 0.7]
        rows = []
        for _ in range(self.rnd.choice((1, 2, 3))):
            if not same:
                chosen = [name for name in self.types if self.chance() < 0.7]
            values = [f"{name!r}: {self.one(ONLINE[self.types[name]])}" for name in chosen]
            rows.append(f"{{{', '.join(values)}}}")
        named = self.optional(multiinsert=(0.25, self.flag))
        return {"f": "op.bulk_insert", "a": [table, rows], "k": named}

    def lightweight_table(self) -> Value:
        """Return a `sa.table()` of the table's columns but `id`."""
        kind = self.rnd.choice(("column", "Column"))
        columns = [
            self.online_column(name)
            if kind == "Column"
            else {"f": "sa.column", "a": [repr(name), self.types[name]]}
            for name in self.types
        ]
        return {"f": "sa.table", "a": ["'t'", *columns]}

    def change(self) -> Value:
        name, other = (repr(name) for name in self.rnd.sample(list(self.types), 2))
        type_ = self.types[name.strip("'")]
        kind = self.rnd.randrange(9)
        if kind == 0:
            added = {"f": "sa.Column", "a": ["'g'", self.rnd.choice(list(ONLINE))]}
            added["k"] = self.optional(index=self.flag, comment=lambda: self.one(COMMENTS))
            return {"f": "op.add_column", "a": ["'t'", added]}
        if kind == 1:
            return {"f": "op.drop_column", "a": ["'t'", name]}
        if kind == 2:
            named = self.optional(
                existing_type=(0.9, lambda: type_),
                new_column_name=(0.3, lambda: "'z'"),
                type_=(0.3, lambda: self.rnd.choice(("sa.String(40)", "sa.Text()", "sa.Integer"))),
                nullable=(0.3, self.flag),
                server_default=(0.3, lambda: self.rnd.choice(("'5'", "None", "sa.text('7')"))),
                comment=(0.2, lambda: self.one(COMMENTS)),
            )
            return {"f": "op.alter_column", "a": ["'t'", name], "k": named}
        if kind == 3:
            named = self.optional(unique=self.flag)
            columns = [name, other] if self.chance() < 0.5 else [name]
            return {"f": "op.create_index", "a": ["'ix1'", "'t'", columns], "k": named}
        if kind == 4:
            return {"f": "op.create_unique_constraint", "a": ["'uq1'", "'t'", [name, other]]}
        if kind == 5:
            return {"f": "op.create_check_constraint", "a": ["'ck1'", "'t'", "'id > 0'"]}
        if kind == 6:
            return {"f": "op.rename_table", "a": ["'t'", "'t2'"]}
        if kind == 7:
            return {"f": "op.create_table_comment", "a": ["'t'", self.one(COMMENTS)]}
        return {"f": "op.execute", "a": [f"'UPDATE t SET {name[1:-1]} = NULL WHERE id = 1'"]}


def online_case(rnd: random.Random) -> Value:
    """Return a case: a table, its rows, and changes of both."""
    maker = OnlineMaker(rnd)
    key = {"f": "sa.Column", "a": ["'id'", "sa.Integer"], "k": {"primary_key": "True"}}
    columns = [maker.online_column(name) for name in maker.types]
    comment = maker.optional(comment=lambda: maker.one(COMMENTS))
    steps: list[Value] = [{"f": "op.create_table", "a": ["'t'", key, *columns], "k": comment}]
    if maker.chance() < 0.15:
        columns[0]["k"]["default"] = "sa.Sequence('numbers')"
    for _ in range(rnd.choice((1, 2))):
        steps.append(maker.some_rows("made" if maker.chance() < 0.4 else maker.lightweight_table()))
    steps += [maker.change() for _ in range(rnd.choice((0, 0, 1, 2)))]
    case: dict[str, Any] = {"dialect": maker.dialect, "steps": steps}
    if maker.chance() < 0.2:
        case["convention"] = rnd.choice(CONVENTIONS[1:])
    return case
