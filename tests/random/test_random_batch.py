"""Random batches on random tables, on SQLite and offline, against Alembic."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .driver import RandomCases

#: Types without a CHECK constraint.
PLAIN = (
    "sa.Integer()",
    "sa.SmallInteger()",
    "sa.BigInteger()",
    "sa.String(9)",
    "sa.Text()",
    "sa.Numeric(10, 2)",
    "sa.Float()",
    "sa.DateTime()",
    "sa.Date()",
    "sa.JSON()",
    "sa.LargeBinary()",
    "sa.Integer().with_variant(sa.String(4), 'sqlite')",
)
#: Boolean and Enum, with and without a CHECK constraint.
CHECKED = (
    "sa.Boolean()",
    "sa.Boolean(create_constraint=True)",
    "sa.Boolean(create_constraint=True, name='flag')",
    "sa.Boolean(name='flag')",
    "sa.Enum('x', 'y', name='en', create_constraint=True)",
    "sa.Enum('x', 'y', 'zz', name='en', create_constraint=True)",
    "sa.Enum('x', 'y', name='en')",
    "sa.Enum('x', 'y', create_constraint=True, native_enum=False)",
    "sa.Enum('x', 'zz', name='en2', create_constraint=True, native_enum=False)",
)
DEFAULTS = ("'5'", "'x'", "sa.text('7')", "sa.text(\"'y'\")", "sa.text('(1 + 1)')", "sa.func.now()")
NEW_NAMES = ("n1", "n2", "n3", "Big Name")
VALUES: dict[str, tuple[Any, ...]] = {"Boolean": (0, 1, None), "Enum": ("x", None)}


def a_type(rnd: random.Random) -> str:
    return rnd.choice(CHECKED if rnd.random() < 0.4 else PLAIN)


@dataclass
class TableState:
    """The table after the steps so far: most further steps refer to columns and constraints that exist."""

    rnd: random.Random
    columns: dict[str, str] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)
    indexes: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    number: int = 0

    def column(self) -> str:
        if self.columns and self.rnd.random() < 0.98:
            return self.rnd.choice(list(self.columns))
        return self.rnd.choice(["nope", *self.renamed])

    def some_columns(self) -> str:
        """Return the source of a list of one or two columns."""
        return repr(list({self.column(): None for _ in range(self.rnd.choice((1, 1, 2)))}))

    def new_constraint(self, kind: str) -> str:
        """Record a constraint, and return its name."""
        self.number += 1
        name = f"{kind}_{self.number}"
        self.constraints[name] = kind
        return name


def a_column(rnd: random.Random, table: TableState, name: str, *, added: bool) -> str:
    type_ = a_type(rnd)
    named = re.search(r"name='\w+'", type_)
    if not added and named and any(named[0] in other for other in table.columns.values()):
        # Of two CHECK constraints with one name, Alembic keeps either.
        type_ = "sa.Integer()"
    table.columns[name] = type_
    parts = [repr(name), type_]
    if rnd.random() < 0.05:
        parts.append("sa.Identity()")
    elif "id" in table.columns and rnd.random() < 0.05:
        stored = rnd.choice(("True", "False", "None"))
        parts.append(f"sa.Computed('id + 1', persisted={stored})")
    elif rnd.random() < 0.3:
        parts.append(f"server_default={rnd.choice(DEFAULTS)}")
    if not added and rnd.random() < 0.05:
        parts.insert(2, f"sa.CheckConstraint('id > 0', name='{table.new_constraint('in_column')}')")
    if rnd.random() < 0.1:
        parts.insert(2, f"sa.ForeignKey('par.id', name='{table.new_constraint('foreignkey')}')")
    if rnd.random() < 0.3:
        parts.append(f"nullable={rnd.random() < 0.6}")
    if rnd.random() < 0.04:
        parts.append("unique=True")
    if rnd.random() < 0.04:
        parts.append("index=True")
    if rnd.random() < 0.05:
        parts.append("comment='said'")
    return f"sa.Column({', '.join(parts)})"


def a_table(rnd: random.Random, table: TableState) -> tuple[list[str], list[str]]:
    columns, items = [], []
    if rnd.random() < 0.8:
        table.columns["id"] = "sa.Integer()"
        inline = rnd.random() < 0.6
        columns.append(f"sa.Column('id', sa.Integer(), primary_key={inline}, nullable=False)")
        if not inline and rnd.random() < 0.7:
            name = f", name='{table.new_constraint('primary')}'" if rnd.random() < 0.6 else ""
            items.append(f"sa.PrimaryKeyConstraint('id'{name})")
    for name in rnd.sample(("a", "b", "c", "d", "Order"), rnd.randint(1, 4)):
        columns.append(a_column(rnd, table, name, added=False))
    if "id" in table.columns and rnd.random() < 0.15:
        table.columns["second"] = "sa.Integer()"
        columns.append("sa.Column('second', sa.Integer(), primary_key=True)")
    present = list(table.columns)
    for _ in range(rnd.choice((0, 1, 1, 2, 3))):
        chosen = rnd.sample(present, min(len(present), rnd.choice((1, 1, 2))))
        kind = rnd.choice(("unique", "check", "foreignkey", "self", "index"))
        named = f", name='{table.new_constraint(kind.replace('self', 'foreignkey'))}'"
        named = named if rnd.random() < 0.8 else ""
        if kind == "unique":
            items.append(f"sa.UniqueConstraint({', '.join(map(repr, chosen))}{named})")
        elif kind == "check":
            check = rnd.choice(
                (f"'\"{chosen[0]}\" is not 1000'", f"sa.column({chosen[0]!r}) != 77")
            )
            items.append(f"sa.CheckConstraint({check}{named})")
        elif kind == "index":
            name = f"ix_{len(table.indexes)}"
            table.indexes.append(name)
            table.constraints.popitem()
            options = rnd.choice(
                ("", ", unique=True", f", sqlite_where=sa.text('\"{chosen[0]}\" > 1')")
            )
            what = ", ".join(map(repr, chosen))
            if rnd.random() < 0.15:
                what = f"sa.text('lower(\"{chosen[0]}\")')"
            items.append(f"sa.Index({name!r}, {what}{options})")
        else:
            target = "par.id" if kind == "foreignkey" else f"t.{rnd.choice(present)}"
            options = rnd.choice(
                (
                    "",
                    ", ondelete='CASCADE'",
                    ", deferrable=True",
                    ", deferrable=True, initially='DEFERRED'",
                )
            )
            items.append(f"sa.ForeignKeyConstraint([{chosen[0]!r}], ['{target}']{named}{options})")
    return columns, items


def an_alter(rnd: random.Random, table: TableState) -> str:
    name = table.column()
    parts = [repr(name)]
    if rnd.random() < 0.4:
        new = rnd.choice(NEW_NAMES if rnd.random() < 0.9 else tuple(table.columns) or NEW_NAMES)
        table.renamed.append(new)
        parts.append(f"new_column_name={new!r}")
    if rnd.random() < 0.5:
        type_ = a_type(rnd)
        parts.append(f"type_={type_}")
        if rnd.random() < 0.6:
            parts.append(f"existing_type={table.columns.get(name, type_)}")
        table.columns[name] = type_ if name in table.columns else table.columns.get(name, type_)
    elif rnd.random() < 0.3:
        parts.append(
            f"existing_type={table.columns.get(name, 'sa.Boolean(name=' + repr('flag') + ')')}"
        )
    if rnd.random() < 0.25:
        parts.append(f"nullable={rnd.random() < 0.7}")
    if rnd.random() < 0.25:
        parts.append(f"server_default={rnd.choice((*DEFAULTS, 'None', 'None'))}")
    if rnd.random() < 0.1:
        parts.append("comment='new words'")
    if rnd.random() < 0.05:
        parts.append(f"autoincrement={rnd.choice(('True', 'False'))}")
    return f"b.alter_column({', '.join(parts)})"


def an_add(rnd: random.Random, table: TableState) -> str:
    gone = [name for name in ("a", "b", "c", "d") if name not in table.columns]
    name = rnd.choice((*NEW_NAMES, *gone, *gone))
    place = ""
    if rnd.random() < 0.3:
        place = f", {rnd.choice(('insert_before', 'insert_after'))}={table.column()!r}"
    return f"b.add_column({a_column(rnd, table, name, added=True)}{place})"


def a_step(rnd: random.Random, table: TableState) -> str:
    kind = rnd.random()
    if kind < 0.35:
        return an_alter(rnd, table)
    if kind < 0.5:
        return an_add(rnd, table)
    if kind < 0.62:
        name = table.column()
        type_ = table.columns.pop(name, None)
        with_type = f", existing_type={type_}" if type_ and rnd.random() < 0.3 else ""
        return f"b.drop_column({name!r}{with_type})"
    if kind < 0.74:
        return a_new_constraint(rnd, table)
    if kind < 0.84:
        names = [*table.constraints, "flag", "en", "nope"]
        weights = [20] * len(table.constraints) + [1, 1, 1]
        (name,) = rnd.choices(names, weights)
        type_ = table.constraints.pop(name, "check").replace("in_column", "check")
        return f"b.drop_constraint({name!r}, type_={type_!r})"
    if kind < 0.92:
        table.number += 1
        name = f"ix_new_{table.number}"
        columns = table.some_columns()
        table.indexes.append(name)
        option = rnd.choice(("", "", ", unique=True", ", sqlite_where=sa.text('1 = 1')"))
        return f"b.create_index({name!r}, {columns}{option})"
    if table.indexes and rnd.random() < 0.95:
        name = table.indexes.pop(rnd.randrange(len(table.indexes)))
        return f"b.drop_index({name!r})"
    return "b.drop_index('ix_none')" if rnd.random() < 0.05 else an_alter(rnd, table)


def a_new_constraint(rnd: random.Random, table: TableState) -> str:
    kind = rnd.choice(("unique", "check", "foreignkey", "primary"))
    columns = table.some_columns()
    name = repr(table.new_constraint(kind)) if rnd.random() < 0.9 else "None"
    if kind == "unique":
        return f"b.create_unique_constraint({name}, {columns})"
    if kind == "primary":
        return f"b.create_primary_key({name}, {columns})"
    if kind == "check":
        first = table.column()
        text = rnd.choice((f"'\"{first}\" is not 99'", f"sa.column({first!r}) != 99", "'1 < 2'"))
        return f"b.create_check_constraint({name}, {text})"
    target = rnd.choice(("'par'", "'par'", "'t'"))
    remote = "'id'" if target == "'par'" else repr(table.column())
    options = rnd.choice(
        ("", "", ", ondelete='SET NULL'", ", onupdate='CASCADE'", ", deferrable=True")
    )
    return f"b.create_foreign_key({name}, {target}, [{table.column()!r}], [{remote}]{options})"


def a_value(rnd: random.Random, type_: str, number: int) -> Any:
    for prefix, values in VALUES.items():
        if type_.startswith(f"sa.{prefix}("):
            return rnd.choice(values)
    if "Date" in type_:
        return rnd.choice(("2020-01-02", None))
    if "JSON" in type_:
        return rnd.choice(('{"a": 1}', None))
    return rnd.choice((number, str(number), f"w{number}", None, 1.5))


def options_of(rnd: random.Random, table: TableState) -> dict[str, str]:
    options = {}
    if rnd.random() < 0.25:
        options["recreate"] = repr(rnd.choice(("always", "always", "auto", "never")))
    if rnd.random() < 0.2:
        options["naming_convention"] = f"CONVENTIONS[{rnd.choice(('full', 'columns'))!r}]"
    if rnd.random() < 0.1 and len(table.columns) > 1:
        order = rnd.sample(list(table.columns), rnd.randint(2, len(table.columns)))
        options["partial_reordering"] = repr([tuple(order)])
    if rnd.random() < 0.12:
        first = next(iter(table.columns))
        options["table_args"] = rnd.choice(
            (
                "(sa.CheckConstraint('1 < 3', name='ck_arg'),)",
                f"(sa.UniqueConstraint({first!r}, name='uq_arg'),)",
            )
        )
    if rnd.random() < 0.1:
        options["table_kwargs"] = rnd.choice(
            ("{'sqlite_autoincrement': True}", "{'mysql_engine': 'InnoDB'}", "{'comment': 'kept'}")
        )
    if rnd.random() < 0.15:
        name, type_ = rnd.choice(list(table.columns.items()))
        options["reflect_args"] = f"(sa.Column({name!r}, {type_}),)"
    if rnd.random() < 0.05:
        options["reflect_kwargs"] = "{'sqlite_with_rowid': True}"
    return options


def make(rnd: random.Random) -> Any:
    table = TableState(rnd)
    columns, items = a_table(rnd, table)
    case: dict[str, Any] = {}
    if rnd.random() < 0.3:
        case["dialect"] = rnd.choice(("sqlite", "postgresql", "mysql"))
        case["copy"] = True
        if rnd.random() < 0.3:
            case["schema"] = "s1"
    else:
        if rnd.random() < 0.2:
            case["copy"] = True
        if rnd.random() < 0.15:
            case["schema"] = "main"
        case["rows"] = [
            {name: a_value(rnd, type_, number) for name, type_ in table.columns.items()}
            for number in range(1, rnd.randint(1, 4))
        ]
        for number, row in enumerate(case["rows"], 1):
            row.update({key: number for key in ("id", "second") if key in table.columns})
    if "schema" in case:
        qualified = f"'{case['schema']}."
        columns = [re.sub(r"(?<=ForeignKey\()'", qualified, column) for column in columns]
        items = [re.sub(r"'(?=(par|t)\.)", qualified, item) for item in items]
    case.update(columns=columns, items=items)
    if rnd.random() < 0.3:
        case["convention"] = rnd.choice(("full", "columns"))
    if rnd.random() < 0.3:
        case["table_convention"] = rnd.choice(("full", "columns"))
    case["options"] = options_of(rnd, table)
    if case.get("dialect") in ("postgresql", "mysql"):
        case["options"]["recreate"] = "'always'"
    case["steps"] = [a_step(rnd, table) for _ in range(rnd.randint(1, 6))]
    return case


#: Failures of Alembic that limbeck need not share: exception type, a part of the message, the reason.
ONLY_ALEMBIC_FAILS = (
    ("KeyError", "'expr'", "Alembic cannot cast a column that the batch adds"),
    ("KeyError", "", "Alembic does not find a column that is there"),
    ("ValueError", "x not in list", "Alembic cannot drop a column that the batch adds"),
    ("ValueError", "No such index: 'ix_new", "Alembic cannot drop an index that the batch adds"),
    ("CommandError", "please specify recreate='always'", "Alembic decides on a rebuild too early"),
    ("NoReferencedTableError", "", "Alembic does not find the table of a foreign key"),
    ("NoReferencedColumnError", "", "Alembic does not find the column of a foreign key"),
    ("OperationalError", "cannot INSERT into generated column", "Alembic copies computed values"),
    ("OperationalError", "more than one primary key", "Alembic leaves the flag of an old key"),
    ("CompileError", "composite primary keys", "Alembic leaves the flag of an old key"),
    ("OperationalError", "error in generated column", "Alembic gives a computed column a default"),
    ("OperationalError", "GENERATED ALWAYS AS ()", "Alembic gives a computed column a default"),
    ("CircularDependencyError", "", "Alembic gives a new column the place of a dropped one's name"),
    ("DuplicateColumnError", "", "Alembic loses an index if a new column has a dropped one's name"),
)
#: Errors that only limbeck raises: a part of the message and the reason; Alembic fails differently or loses data.
ONLY_OURS_REFUSES = (
    ("it has a column of that name", "Alembic replaces the column and loses its values"),
    ("no column is left to copy the rows from", "Alembic writes SQL that no database takes"),
)
_RENAMED_KEY = "Alembic leaves the old column name in a foreign key of the table to itself"
_ONE_OF_SEVERAL = "Alembic keeps an arbitrary one of several constraints with one name"
#: A constraint without a name, as a convention names it.
_SHARED = re.compile(r"\n\s+CONSTRAINT (ck_t_\w* CHECK|uq_t_\w* UNIQUE) \([^\n]*\),?")
#: The columns of a foreign key of the table to itself.
_SELF_REFERENCE = re.compile(r"(REFERENCES (?:s1\.)?t) \([^()]*\)")
_OF_COMPUTED = re.compile(
    r"^INSERT INTO .*\n?.*$| GENERATED ALWAYS AS \(.*?\)( STORED| VIRTUAL)?", re.MULTILINE
)


_KEPT_CHECK = "Alembic keeps a CHECK that names dropped columns only"


def better(case: Any, ours: Any, theirs: Any) -> str | None:
    """Return why a difference is accepted, or None: Alembic fails, or loses something."""
    if "raised" in ours or "raised" in theirs:
        return None
    our_error, their_error = ours["error"], theirs["error"]
    if our_error is not None:
        if their_error is not None and (
            reason := _reason_of_kept_expression(case, their_error)
            or _reason_of_kept_check(case, their_error)
        ):
            return f"{reason}, and fails at it before it comes to what limbeck fails at"
        if ours == _without_checks_of_dropped(case, theirs):
            return _KEPT_CHECK
        return _better_refusal(case, ours, theirs)
    if their_error is not None:
        for type_, text, reason in ONLY_ALEMBIC_FAILS:
            if their_error["types"][0] == type_ and text in their_error["text"]:
                return reason
        return (
            _reason_of_kept_expression(case, their_error)
            or _reason_of_failing_check(case, their_error)
            or _reason_of_kept_check(case, their_error)
        )
    ours, theirs = (_without_checks_of_dropped(case, answer) for answer in (ours, theirs))
    if ours == theirs:
        return _KEPT_CHECK
    if (more := _reason_of_more(case, ours, theirs)) is not None:
        return more
    if _text_without_referred_columns(ours) == _text_without_referred_columns(theirs):
        return _RENAMED_KEY
    if (more := _reason_of_more(case, *map(_without_referred_columns, (ours, theirs)))) is not None:
        return more
    without = [
        _SELF_REFERENCE.sub(r"\1", json.dumps(_without_shared(answer))) for answer in (ours, theirs)
    ]
    if _constraints_share_a_name(case) and without[0] == without[1]:
        return _ONE_OF_SEVERAL
    return _better_sql(ours["sql"], theirs["sql"]) if "dialect" in case else None


def _constraints_share_a_name(case: Any) -> bool:
    """Return whether a naming convention may give one name to several constraints of the case."""
    parts = "\n".join([*case.get("columns", []), *case.get("items", [])])
    checks = re.findall(r"sa\.CheckConstraint\(.*|sa\.\w+\([^()]*create_constraint[^()]*", parts)
    uniques = re.findall(r"sa\.UniqueConstraint\(.*|unique=True", parts)
    conventions = (
        f"{case.get('table_convention')} {case.get('options', {}).get('naming_convention')}"
    )
    # "columns" names a CHECK after its first column, "full" names a UNIQUE after its first column.
    return any(
        convention in conventions and sum("name=" not in part for part in found) > 1
        for convention, found in (("columns", checks), ("full", uniques))
    )


def _without_shared(answer: Any) -> Any:
    sql = answer["sql"]
    if isinstance(sql, str):
        return _SHARED.sub("", sql)
    return [{name: _SHARED.sub("", made) for name, made in sql.items()}, answer["rows"]]


def _reason_of_kept_expression(case: Any, their_error: Any) -> str | None:
    text = their_error["text"]
    if "GENERATED ALWAYS AS" in text and "CONSTRAINT in_column" in text and "syntax error" in text:
        return "SQLAlchemy takes the CHECK of a computed column for a part of its expression"
    refusals = ("no such column", "generated columns cannot", "one non-generated column")
    refused = any(refusal in text for refusal in refusals)
    kept = refused and "GENERATED ALWAYS AS" in text
    if kept and any("server_default=" in step for step in case["steps"]):
        return "Alembic keeps the expression of a computed column that becomes a plain one"
    return None


def _reason_of_failing_check(case: Any, their_error: Any) -> str | None:
    text = their_error["text"]
    failed = "CHECK constraint failed: ck_t_" in text or (
        "no such column" in text and "CONSTRAINT ck_t_" in text
    )
    return _ONE_OF_SEVERAL if failed and _constraints_share_a_name(case) else None


def _dropped_columns(case: Any) -> list[str]:
    return re.findall(r"drop_column\('([^']+)'", "\n".join(case.get("steps", [])))


def _reason_of_kept_check(case: Any, their_error: Any) -> str | None:
    text, dropped = their_error["text"], _dropped_columns(case)
    missing = re.search(r"no such column: (\S+)", text)
    if missing is not None and "CHECK (" in text:
        return _KEPT_CHECK if missing[1] in dropped else None
    # SQLite takes a quoted name that is no column for a string.
    return _KEPT_CHECK if dropped and "CHECK constraint failed" in text else None


def _without_checks_of_dropped(case: Any, answer: Any) -> Any:
    """Return an answer without the conditions that name a dropped column, which SQLite takes for a string."""
    sql = answer["sql"]
    for column in _dropped_columns(case):
        check = re.compile(
            rf'(?:, *)?\n\s+(?:CONSTRAINT \S+ )?CHECK \(["`]?{re.escape(column)}\b[^\n]*?\)(?=(?:, *)?\n)'
        )
        if isinstance(sql, str):
            sql = check.sub("", sql)
        else:
            sql = {name: check.sub("", made) for name, made in sql.items()}
    return {**answer, "sql": sql}


def _text_without_referred_columns(answer: Any) -> str:
    return _SELF_REFERENCE.sub(r"\1", json.dumps(answer))


def _without_referred_columns(answer: Any) -> Any:
    """Return an answer without the columns that foreign keys to the same table refer to."""
    sql = answer["sql"]
    if isinstance(sql, str):
        return {**answer, "sql": _SELF_REFERENCE.sub(r"\1", sql)}
    return {**answer, "sql": {name: _SELF_REFERENCE.sub(r"\1", made) for name, made in sql.items()}}


def _better_refusal(case: Any, ours: Any, theirs: Any) -> str | None:
    our_error, their_error = ours["error"], theirs["error"]
    for text, reason in ONLY_OURS_REFUSES:
        if text in our_error["text"]:
            return reason
    indexed = any(".create_index" in step for step in case.get("steps", []))
    if their_error is None:
        return None
    if our_error["types"][0] == "UnknownColumnError" and indexed:
        return "limbeck refuses an index on a missing column before anything happens"
    if (failing := _reason_of_failing_check(case, their_error)) is not None:
        return f"{failing}; a later step fails with both"
    if their_error["types"][0].startswith("NoReferenced"):
        return "Alembic does not find what a foreign key points to; a later step fails with both"
    if their_error["types"][0] == "CircularDependencyError" and "contradict" in our_error["text"]:
        return "the same error in other words"
    for type_, text, reason in ONLY_ALEMBIC_FAILS:
        if text and their_error["types"][0] == type_ and text in their_error["text"]:
            return f"{reason}; a later step fails with both"
    later = ("ValueError", "IntegrityError", "OperationalError", "DuplicateColumnError")
    if their_error["types"][0] == "KeyError" and our_error["types"][0] in later:
        return "Alembic does not find a column that is there; a later step fails with both"
    if their_error["types"][1] == our_error["types"][0] == "CompileError":
        return "the same error in other words"
    if their_error["types"][0] not in our_error["types"]:
        return None
    ours, theirs = {**ours, "error": None}, {**theirs, "error": None}
    if "CREATE INDEX" in our_error["text"] or "CREATE UNIQUE INDEX" in our_error["text"]:
        # The indexes before the failing one are created; their order comes from a set.
        ours["sql"], theirs["sql"] = _without_indexes(ours["sql"]), _without_indexes(theirs["sql"])
    if ours == theirs:
        return "the same error in other words"
    if _text_without_referred_columns(ours) == _text_without_referred_columns(theirs):
        return _RENAMED_KEY
    if _constraints_share_a_name(case) and _without_shared(ours) == _without_shared(theirs):
        return _ONE_OF_SEVERAL
    return None


def _without_indexes(statements: Any) -> Any:
    if not isinstance(statements, dict):
        return statements
    return {
        name: sql for name, sql in statements.items() if not re.match("CREATE (UNIQUE )?INDEX", sql)
    }


def _lines(answer: Any) -> Counter[str]:
    sql = answer["sql"]
    text = sql if isinstance(sql, str) else "\n".join(sql.values())
    return Counter(line.rstrip(", ") for line in text.split("\n"))


def _reason_of_more(case: Any, ours: Any, theirs: Any) -> str | None:
    """Return why Alembic leaves out constraints, if nothing else differs."""
    our_lines, their_lines = _lines(ours), _lines(theirs)
    more = our_lines - their_lines
    if not more or their_lines - our_lines or ours.get("rows") != theirs.get("rows"):
        return None
    names = [re.match(r"\s+CONSTRAINT (\S+) ", line) for line in more]
    if all(
        name and sum(n for line, n in our_lines.items() if line.startswith(name[0])) > 1
        for name in names
    ):
        return _ONE_OF_SEVERAL
    conditions = [step for step in case["steps"] if re.search(r"create_check.*sa\.column", step)]
    checks = [name and re.search(r"check_\d+$", name[1]) for name in names]
    if all(check and any(f"'{check[0]}'" in step for step in conditions) for check in checks):
        return "Alembic leaves out a CHECK that refers to a column by its new name"
    return None


def _better_sql(ours: str, theirs: str) -> str | None:
    # Several reasons may apply at once.
    ours, theirs = _SELF_REFERENCE.sub(r"\1", ours), _SELF_REFERENCE.sub(r"\1", theirs)
    # The new key may have the flag too.
    flag = " PRIMARY KEY AUTOINCREMENT"
    if theirs.count(flag) > ours.count(flag) and ours.replace(flag, "") == theirs.replace(flag, ""):
        return "Alembic leaves the flag of an old key"
    computed = "GENERATED ALWAYS AS (" in theirs
    if computed and _OF_COMPUTED.sub("", ours) == _OF_COMPUTED.sub("", theirs):
        return "Alembic copies computed values, or gives a computed column a default"
    return None


def test_same_table_is_made(random_cases: RandomCases) -> None:
    random_cases.compare("batch", make, better=better, crashes=())
