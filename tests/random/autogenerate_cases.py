"""Random databases, each with a model that differs from it in a few places."""

from __future__ import annotations

import copy
import random
from typing import Any

Spec = dict[str, Any]

#: Types of columns, grouped by the defaults that fit them.
_TYPES: dict[str, list[str]] = {
    "number": [
        "sa.Integer()",
        "sa.BigInteger()",
        "sa.SmallInteger()",
        "sa.Numeric(10, 2)",
        "sa.Numeric()",
        "sa.Float()",
        "sa.Double()",
    ],
    "text": ["sa.String(20)", "sa.String(50)", "sa.Unicode(30)", "sa.CHAR(3)"],
    "boolean": ["sa.Boolean()", "sa.Boolean(create_constraint=True, name='is_it')"],
    "time": ["sa.DateTime()", "sa.Date()", "sa.TIMESTAMP()"],
    "other": [
        "sa.Text()",
        "sa.LargeBinary()",
        "sa.JSON()",
        "sa.Uuid()",
        "sa.Enum('a', 'b', name='ab')",
        "sa.Enum('a', 'b', 'c', name='ab', native_enum=False)",
        "sa.String(7).with_variant(sa.Text(), 'sqlite')",
    ],
}
_MORE_TYPES: dict[str, dict[str, list[str]]] = {
    "postgresql": {
        "number": ["pg.DOUBLE_PRECISION()", "pg.REAL()"],
        "time": ["sa.DateTime(timezone=True)", "pg.TIMESTAMP(precision=3)"],
        "other": [
            "pg.JSONB()",
            "pg.ARRAY(sa.Integer())",
            "pg.UUID()",
            "pg.INET()",
            "pg.TSVECTOR()",
        ],
    },
    "mariadb": {
        "number": ["mysql.INTEGER(unsigned=True)", "mysql.TINYINT(1)", "mysql.DOUBLE()"],
        "other": ["mysql.LONGTEXT()", "mysql.ENUM('a', 'b')", "mysql.ENUM('b', 'a')"],
    },
    "sqlite": {},
}
_DEFAULTS: dict[str, list[str]] = {
    "number": ["'5'", "'0'", "sa.text('5')", "sa.text('(1 + 1)')", "sa.text('-1')"],
    "text": ["'x'", "''", '"it\'s"', "sa.text(\"'y'\")", "sa.text(\"'5'\")", "\"'q'\"", "'5'"],
    "boolean": ["sa.true()", "sa.false()"],
    "time": ["sa.func.now()", "sa.text('CURRENT_TIMESTAMP')", "sa.func.current_timestamp()"],
    "other": ["sa.text('NULL')"],
}
#: Further defaults, by a part of the type's source; `on` limits them to a dialect.
_MORE_DEFAULTS: dict[str, list[str]] = {
    "Numeric": ["'1.50'", "'1.5'", "sa.text('1.50')"],
    "Enum": ["'a'", "'b'", "sa.text(\"'a'\")"],
    "ENUM": ["'a'"],
    "JSON": ["sa.text(\"'{}'\")", "'{}'", "'[]'"],
    "Text": ["'a'", "''", "'it is'"],
    "Boolean on postgresql": ["'true'", "'f'", "sa.text(\"'t'\")"],
    "Boolean on mariadb": ["'1'", "sa.text('1')"],
    "Boolean on sqlite": ["'1'", "sa.text('1')", "'true'"],
}
_NAMES = ["a", "b", "c", "d", "order", "Mixed", "x y", "e" * 50]
_TABLES = ["t", "u", "Person", "group", "w" * 40]
_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def _drop_duplicates(table: Spec) -> None:
    """Remove unnamed indexes and unique constraints to which a convention could give the name of another one.

    Of two with the same name, Alembic compares either.
    """
    indexed = {column["name"] for column in table["columns"] if column.get("index")}
    for index in list(table["indexes"]):
        if index["name"] is None:
            names = {
                c["name"] for c in table["columns"] if f"[{c['name']!r}]" in str(index["entries"])
            }
            if names & indexed:
                table["indexes"].remove(index)
            indexed |= names
    unique_columns = {column["name"] for column in table["columns"] if column.get("unique")}
    # Without a convention, Alembic takes two unnamed constraints on the same columns for one.
    column_sets: list[set[str]] = []
    for unique in list(table["uniques"]):
        if unique["kw"]["name"] is None:
            columns = set(unique["columns"])
            if unique["columns"][0] in unique_columns or columns in column_sets:
                table["uniques"].remove(unique)
            unique_columns.add(unique["columns"][0])
            column_sets.append(columns)


class Maker:
    """Makes the cases of one dialect."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.types = {
            kind: [*found, *_MORE_TYPES[dialect].get(kind, [])] for kind, found in _TYPES.items()
        }

    def case(self, rnd: random.Random) -> Spec:
        """Return a case; `run_autogenerate.py` describes its form."""
        schemas = self.dialect != "mariadb" and rnd.random() < 0.15
        convention = self.convention(rnd)
        tables = [
            self.table(rnd, name, "other" if schemas and rnd.random() < 0.5 else None)
            for name in rnd.sample(_TABLES, rnd.randint(1, 3))
        ]
        self.add_foreign_keys(rnd, tables)
        model = copy.deepcopy(tables)
        for _ in range(rnd.choice([0, 1, 1, 2, 3, 5])):
            self.change(rnd, model)
        for table in (*tables, *model):
            _drop_duplicates(table)
        options = self.options(rnd)
        if schemas and rnd.random() < 0.8:
            options["include_schemas"] = True
        return {
            "options": options,
            # Without the key `ix`, SQLAlchemy could not create an unnamed index.
            "database": {
                "convention": convention and {"ix": _CONVENTION["ix"], **convention},
                "tables": tables,
            },
            "model": {
                "convention": convention if rnd.random() < 0.8 else self.convention(rnd),
                "tables": model,
            },
        }

    def convention(self, rnd: random.Random) -> dict[str, str] | None:
        """Return no naming convention, a complete one, or one with keys missing."""
        if rnd.random() < 0.4:
            return None
        keys = rnd.sample(sorted(_CONVENTION), rnd.randint(1, 5))
        return {key: _CONVENTION[key] for key in keys}

    def options(self, rnd: random.Random) -> Spec:
        """Return options of `MigrationContext.configure()`; `{"gives": x}` is a function that returns x.

        `without_objects` and `without_names` become `include_object` and `include_name`: they reject the given types if
        the last letter of the name is one of the given letters.
        """
        answers = [True, True, True, False, {"gives": None}, {"gives": True}, {"gives": False}]
        answers.append({"gives": 0})
        options: Spec = {}
        if rnd.random() < 0.5:
            options["compare_type"] = rnd.choice(answers)
        if rnd.random() < 0.6:
            options["compare_server_default"] = rnd.choice(answers)
        if rnd.random() < 0.3:
            options["render_as_batch"] = True
        if rnd.random() < 0.5:
            options["few_tables"] = 0
        if rnd.random() < 0.15:
            options["comparator"] = rnd.choice(["table", "column"])
        kinds = ["table", "column", "index", "unique_constraint", "foreign_key_constraint"]
        for option in ("without_objects", "without_names"):
            if rnd.random() < 0.15:
                last_letters = "".join(rnd.sample("abcdterwp_e", 4))
                options[option] = [rnd.sample(kinds, rnd.randint(1, 3)), last_letters]
        return options

    # -- the parts of a table

    def table(self, rnd: random.Random, name: str, schema: str | None) -> Spec:
        """Return a table without foreign keys."""
        columns = [{"name": "id", "type": "sa.Integer()", "primary_key": True}]
        if self.dialect == "mariadb" or rnd.random() < 0.1:
            # MariaDB allows no computed column over an AUTO_INCREMENT column
            columns[0]["autoincrement"] = self.dialect != "mariadb" and rnd.random() < 0.5
        columns += [self.column(rnd, n) for n in rnd.sample(_NAMES, rnd.randint(1, 5))]
        table: Spec = {"name": name, "columns": columns, "uniques": [], "indexes": [], "fks": []}
        table["kw"] = {} if schema is None else {"schema": schema}
        if rnd.random() < 0.15:
            table["kw"]["comment"] = rnd.choice(["one", "it's two"])
        if rnd.random() < 0.2:
            text = rnd.choice(["id > 0", "id <> 7"])
            table["checks"] = [{"text": text, "kw": {"name": f"ck{rnd.randint(1, 3)}"}}]
        for _ in range(rnd.choice([0, 0, 1, 2])):
            table["uniques"].append(self.unique(rnd, table))
        for _ in range(rnd.choice([0, 0, 1, 2])):
            table["indexes"].append(self.index(rnd, table))
        return table

    def column(self, rnd: random.Random, name: str) -> Spec:
        """Return a column outside of the primary key."""
        kind = rnd.choice(["number", "number", "text", "text", "boolean", "time", "other"])
        type_ = rnd.choice(self.types[kind])
        column: Spec = {"name": name, "type": type_.replace("is_it", f"is_{name[0]}")}
        if rnd.random() < 0.4:
            column["nullable"] = rnd.random() < 0.4
        if rnd.random() < 0.35:
            column["server_default"] = self.default(rnd, kind, column["type"])
        elif "Integer" in column["type"] and rnd.random() < 0.4:
            column["extra"] = [self.generated(rnd)]
        if rnd.random() < 0.12:
            column["comment"] = rnd.choice(["one", "it's two", ""])
        if rnd.random() < 0.15 and kind in ("number", "text"):
            column["index"] = True
        if rnd.random() < 0.12 and kind in ("number", "text"):
            column["unique"] = True
        return column

    def default(self, rnd: random.Random, kind: str, type_: str) -> str:
        """Return a server default that fits a type."""
        found = list(_DEFAULTS[kind])
        for part, more in _MORE_DEFAULTS.items():
            name, _, dialect = part.partition(" on ")
            if name in type_ and dialect in ("", self.dialect):
                found += more
        return rnd.choice(found)

    def generated(self, rnd: random.Random) -> str:
        """Return the source of a Computed or an Identity."""
        if rnd.random() < 0.5:
            stored = ", persisted=True"
            if self.dialect != "postgresql" and rnd.random() < 0.4:
                stored = rnd.choice(["", ", persisted=False"])
            return f"sa.Computed({rnd.choice(['id + 1', 'id * 2', '(id)+1'])!r}{stored})"
        options = [
            "",
            "always=True",
            "start=5",
            "always=True, increment=2",
            "minvalue=1, maxvalue=99",
        ]
        return f"sa.Identity({rnd.choice([*options, 'cycle=True', 'cache=7', 'nominvalue=True'])})"

    def some_columns(self, rnd: random.Random, table: Spec) -> list[str]:
        """Return the names of one to three indexable columns."""
        fit = [
            column["name"]
            for column in table["columns"]
            if (column["name"] == "id" or column["type"] in (*_TYPES["number"], *_TYPES["text"]))
            and "extra" not in column
        ]
        return rnd.sample(fit, min(len(fit), rnd.randint(1, 3)))

    def unique(self, rnd: random.Random, table: Spec) -> Spec:
        """Return a unique constraint."""
        taken = {other["kw"]["name"] for other in table["uniques"]}
        names = {
            f"uq1_{table['name']}",
            f"uq2_{table['name']}",
            f"uq_{'u' * 50}_{table['name'][:3]}",
        } - taken
        options: Spec = {"name": rnd.choice([None, *sorted(names)])}
        if self.dialect == "postgresql" and rnd.random() < 0.2:
            options.update(
                rnd.choice([{"deferrable": True}, {"initially": "DEFERRED", "deferrable": True}])
            )
            if rnd.random() < 0.3:
                options = {"name": options["name"], "postgresql_nulls_not_distinct": True}
        return {"columns": self.some_columns(rnd, table), "kw": options}

    def index(self, rnd: random.Random, table: Spec) -> Spec:
        """Return an index."""
        columns = self.some_columns(rnd, table)
        entries = [f"c[{name!r}]" for name in columns]
        texts = {c["name"] for c in table["columns"] if c["type"] in _TYPES["text"]}
        options: Spec = {}
        if rnd.random() < 0.25:
            options["unique"] = True
        if self.dialect != "mariadb":
            entries = [
                rnd.choice(
                    [
                        f"sa.func.{'lower' if name in texts else 'abs'}({entry})",
                        f"{entry}.desc()",
                        f"{entry}.asc()",
                        "sa.text('(id + 1)')",
                        f"sa.nulls_first({entry})",
                    ]
                )
                if rnd.random() < 0.2
                else entry
                for name, entry in zip(columns, entries, strict=True)
            ]
            if rnd.random() < 0.15:
                options[f"{self.dialect}_where"] = rnd.choice(["sa.text('id > 5')", "c.id > 5"])
        if self.dialect == "postgresql" and rnd.random() < 0.2:
            options.update(
                rnd.choice(
                    [
                        {"postgresql_using": "btree"},
                        {"postgresql_include": ["id"]},
                        {"postgresql_nulls_not_distinct": True},
                        {"postgresql_with": {"fillfactor": 50}},
                    ]
                )
            )
        # index names are unique per schema on some databases
        taken = {other["name"] for other in table["indexes"]}
        names = {
            f"ix1_{table['name']}",
            f"ix2_{table['name']}",
            f"ix_{'i' * 50}_{table['name'][:3]}",
        } - taken
        name = rnd.choice([*sorted(names), None])
        return {"name": name, "entries": entries, "kw": options}

    def add_foreign_keys(self, rnd: random.Random, tables: list[Spec]) -> None:
        """Add foreign keys between the tables, and from tables to themselves."""
        for number, table in enumerate(tables):
            if rnd.random() < 0.5:
                self.add_foreign_key(rnd, table, tables[: number + 1])

    def add_foreign_key(self, rnd: random.Random, table: Spec, targets: list[Spec]) -> None:
        """Add a column with a foreign key to a table."""
        target = rnd.choice(targets)
        name = f"to_{len(table['fks'])}"
        table["columns"].append({"name": name, "type": "sa.Integer()"})
        schema = target["kw"].get("schema")
        full = f"{schema}.{target['name']}" if schema else target["name"]
        table["fks"].append({"columns": [name], "to": [f"{full}.id"], "kw": self.key_options(rnd)})

    def key_options(self, rnd: random.Random) -> Spec:
        """Return options of a foreign key."""
        options: Spec = {"name": rnd.choice([None, f"fk{rnd.randint(1, 999)}"])}
        actions = ["CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "cascade"]
        for name in ("ondelete", "onupdate"):
            if rnd.random() < 0.3:
                options[name] = rnd.choice(actions)
        if self.dialect != "mariadb" and rnd.random() < 0.3:
            options["deferrable"] = rnd.random() < 0.6
            if options["deferrable"] and rnd.random() < 0.5:
                options["initially"] = rnd.choice(["DEFERRED", "IMMEDIATE"])
        return options

    # -- differences between model and database

    def change(self, rnd: random.Random, tables: list[Spec]) -> None:
        """Apply one random change to the tables, if there are any."""
        changes = [name for name in dir(self) if name.startswith("change_")]
        if tables:
            getattr(self, rnd.choice(changes))(rnd, tables, rnd.choice(tables))

    def change_no_table(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        tables.remove(table)
        for other in tables:
            other["fks"] = [
                key for key in other["fks"] if not key["to"][0].endswith(f"{table['name']}.id")
            ]

    def change_new_table(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        taken = {other["name"] for other in tables}
        free = [name for name in (*_TABLES, "n") if name not in taken]
        if not free:
            return
        new_table = self.table(rnd, free[0], table["kw"].get("schema"))
        tables.append(new_table)
        if rnd.random() < 0.5:
            self.add_foreign_key(rnd, new_table, tables)

    def change_column(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        columns = [c for c in table["columns"] if c["name"] in _NAMES]
        if columns:
            column = rnd.choice(columns)
            other = self.column(rnd, column["name"])
            for key in (
                "type",
                "server_default",
                "nullable",
                "comment",
                "extra",
                "index",
                "unique",
            ):
                if rnd.random() < 0.4:
                    column.pop(key, None) if key != "type" else None
                    if key in other and not (key == "extra" and "server_default" in column):
                        column[key] = other[key]
            if "extra" in column:
                column.pop("server_default", None)

    #: A second name makes this change twice as frequent.
    change_column_too = change_column

    def change_default(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        columns = [c for c in table["columns"] if c["name"] in _NAMES]
        if columns:
            column = rnd.choice(columns)
            kinds = (kind for kind, found in self.types.items() if column["type"] in found)
            default = self.default(rnd, next(kinds, "other"), column["type"])
            column.pop("extra", None)
            column["server_default"] = default if rnd.random() < 0.9 else "sa.FetchedValue()"

    def change_new_column(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        taken = {column["name"] for column in table["columns"]}
        free = [name for name in (*_NAMES, "new") if name not in taken]
        if free:
            table["columns"].append(self.column(rnd, rnd.choice(free)))

    def change_no_column(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        used = {name for key in (*table["fks"], *table["uniques"]) for name in key["columns"]}
        text = repr(table["indexes"])
        free = [
            column
            for column in table["columns"]
            if column["name"] not in used
            and f"c[{column['name']!r}]" not in text.replace('"', "")
            and column["name"] != "id"
        ]
        if free:
            table["columns"].remove(rnd.choice(free))

    def change_unique(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        self._replace_or_add(rnd, table["uniques"], self.unique(rnd, table))

    def change_order(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        for found in (*table["uniques"], *table["indexes"]):
            rnd.shuffle(found.get("columns") or found["entries"])

    def change_index(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        self._replace_or_add(rnd, table["indexes"], self.index(rnd, table))

    def change_twice(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        if table["uniques"]:
            twin = copy.deepcopy(rnd.choice(table["uniques"]))
            twin["kw"]["name"] = rnd.choice([None, f"twin{len(table['uniques'])}"])
            table["uniques"].append(twin)

    def change_key(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        if table["fks"] and rnd.random() < 0.6:
            key = rnd.choice(table["fks"])
            if rnd.random() < 0.3:
                table["fks"].remove(key)
            else:
                key["kw"] = self.key_options(rnd)
        else:
            self.add_foreign_key(rnd, table, [table])

    def change_comment(self, rnd: random.Random, tables: list[Spec], table: Spec) -> None:
        table["kw"].pop("comment", None)
        if rnd.random() < 0.7:
            table["kw"]["comment"] = rnd.choice(["one", "three", "it's two", ""])

    def _replace_or_add(self, rnd: random.Random, items: list[Spec], other: Spec) -> None:
        """Add `other`, or replace an item by it, mostly under the same name, or remove an item."""
        if items and rnd.random() < 0.6:
            place = rnd.randrange(len(items))
            if rnd.random() < 0.4:
                del items[place]
            else:
                if "name" in other:
                    other["name"] = items[place]["name"]
                elif rnd.random() < 0.7:
                    other["kw"]["name"] = items[place]["kw"]["name"]
                items[place] = other
        else:
            items.append(other)
