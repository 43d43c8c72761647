"""Random schemas as choices, of which each can be changed alone."""

import random
from collections.abc import Mapping, Sequence

#: A schema: the chosen text of each attribute.
Schema = Mapping[str, str]

_LITERALS = ["", "'a b'", "'a  b'", "'x''y'", "'x''  y'", "'-- z'", "''", "'a\nb'"]
_COMMENTS = ["", "'a b'", "'a  b'", "'it''s'"]
_ORDERS = ["id s u n m g", "id u s n m g", "id n m s u g"]
#: The choices of each attribute, by the kind of database.
_COMMON: dict[str, Sequence[str]] = {
    "order": _ORDERS,
    "s.default": _LITERALS,
    "n.type": ["integer", "bigint"],
    "n.null": ["", " NOT NULL"],
    "n.default": ["", "1", "2"],
    "g": ["", "n + 1", "n + 2"],
    "key": ["id", "id own", "id, m"],
    "unique": ["", "(u)", "(u, m)"],
    "unique.name": ["uq", "other_uq"],
    "check": ["", "n > 0", "n > 1", "s <> 'a b'", "s <> 'a  b'"],
    "ix": ["", "(n)", "(n, m)", "(m, n)", "(n DESC)"],
    "ix.unique": ["", "UNIQUE "],
    "delete": ["", " ON DELETE CASCADE", " ON DELETE SET NULL"],
    "update": ["", " ON UPDATE CASCADE"],
    "view": ["1", "2", "'a b'", "'a  b'", "'a'' b'"],
}
CHOICES: dict[str, dict[str, Sequence[str]]] = {
    "postgresql": {
        **_COMMON,
        "s.type": ["varchar(9)", "varchar(20)", "text"],
        "s.collation": ["", ' COLLATE "C"', ' COLLATE "POSIX"'],
        "deferrable": ["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"],
        "where": ["", " WHERE n > 0", " WHERE s = 'a b'", " WHERE s = 'a  b'"],
        "expression": ["", "lower(s)", "upper(s)", "(s || 'a b')", "(s || 'a  b')"],
        "table.comment": _COMMENTS,
        "s.comment": _COMMENTS,
        "trigger": ["", "BEFORE INSERT", "AFTER INSERT", "BEFORE UPDATE"],
        "function": ["NEW", "OLD", "NULL", "$x$a b$x$", "$x$a  b$x$"],
        "grant": ["", "SELECT", "SELECT, INSERT"],
        "labels": ["'a'", "'a', 'b'", "'b', 'a'", "'a b'", "'a  b'"],
        "step": ["1", "2"],
        "policy": ["", "n = 1", "n = 2"],
    },
    "mysql": {
        **_COMMON,
        "s.type": ["varchar(9)", "varchar(20)", "text"],
        "s.collation": ["", " COLLATE utf8mb4_bin", " COLLATE utf8mb4_unicode_ci"],
        "table.comment": _COMMENTS,
        "s.comment": _COMMENTS,
        "trigger": ["", "SET NEW.s = 'a b'", "SET NEW.s = 'a  b'", "SET NEW.n = 1"],
        # MariaDB ignores DESC.
        "ix": ["", "(n)", "(n, m)", "(m, n)"],
    },
    "sqlite": {
        **_COMMON,
        "s.type": ["varchar(9)", "varchar(20)", "text"],
        "s.collation": ["", " COLLATE NOCASE", " COLLATE RTRIM"],
        "deferrable": ["", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"],
        "where": ["", " WHERE n > 0", " WHERE s = 'a b'", " WHERE s = 'a  b'"],
        "expression": ["", "lower(s)", "upper(s)", "(s || 'a b')", "(s || 'a  b')"],
        "trigger": ["", "SELECT 'a b'", "SELECT 'a  b'", "SELECT 1"],
    },
}
#: Attributes without effect while another one is empty.
_NEEDS = {"ix.unique": "ix", "where": "ix", "unique.name": "unique", "function": "trigger"}


def make(kind: str, rng: random.Random) -> Schema:
    """Return a random schema."""
    return {name: rng.choice(values) for name, values in CHOICES[kind].items()}


def changed(kind: str, schema: Schema, rng: random.Random) -> tuple[str, Schema, Schema]:
    """Return the name of an attribute, and two schemas that differ by it alone."""
    name = rng.choice(list(CHOICES[kind]))
    needed = _NEEDS.get(name)
    first = dict(schema)
    if needed is not None and not first[needed]:
        first[needed] = next(filter(None, CHOICES[kind][needed]))
    value = rng.choice([text for text in CHOICES[kind][name] if text != first[name]])
    return name, first, {**first, name: value}


def statements(kind: str, schema: Schema) -> list[str]:
    """Return the statements that make a schema."""
    columns = _columns(kind, schema)
    parts = [columns[name] for name in schema["order"].split() if name in columns]
    key = schema["key"]
    if not (kind == "sqlite" and key == "id own"):
        parts.append(f"PRIMARY KEY ({key.removesuffix(' own')})")
    if schema["unique"]:
        parts.append(f"CONSTRAINT {schema['unique.name']} UNIQUE {schema['unique']}")
    if schema["check"]:
        parts.append(f"CONSTRAINT ck CHECK ({schema['check']})")
    actions = f"{schema['delete']}{schema['update']}{schema.get('deferrable', '')}"
    made = [
        "CREATE TABLE p (id integer PRIMARY KEY)",
        f"CREATE TABLE t ({', '.join(parts)})",
        f"CREATE TABLE c (p_id integer, CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id){actions})",
        f"CREATE VIEW v AS SELECT {schema['view']} AS x",
    ]
    if schema["ix"]:
        unique, where = schema["ix.unique"], schema.get("where", "")
        made.append(f"CREATE {unique}INDEX ix ON t {schema['ix']}{where}")
    if expression := schema.get("expression"):
        made.append(f"CREATE INDEX ie ON t ({expression})")
    return [*made, *_MORE[kind](schema)]


def _columns(kind: str, schema: Schema) -> dict[str, str]:
    own = {
        "postgresql": "id integer GENERATED BY DEFAULT AS IDENTITY",
        "mysql": "id integer AUTO_INCREMENT",
        "sqlite": "id integer PRIMARY KEY AUTOINCREMENT",
    }
    default = f" DEFAULT {schema['s.default']}" if schema["s.default"] else ""
    number = f" DEFAULT {schema['n.default']}" if schema["n.default"] else ""
    comment = schema.get("s.comment", "") if kind == "mysql" else ""
    found = {
        "id": own[kind] if schema["key"] == "id own" else "id integer NOT NULL",
        "s": f"s {schema['s.type']}{schema['s.collation']}{default}{comment and f' COMMENT {comment}'}",
        "u": "u varchar(9)",
        "n": f"n {schema['n.type']}{schema['n.null']}{number}",
        "m": "m integer NOT NULL",
    }
    if schema["g"]:
        found["g"] = f"g integer GENERATED ALWAYS AS ({schema['g']}) STORED"
    return found


def _more_of_postgresql(schema: Schema) -> list[str]:
    made = [
        f"CREATE TYPE mood AS ENUM ({schema['labels']})",
        f"CREATE SEQUENCE numbers INCREMENT {schema['step']}",
        f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN\n  RAISE NOTICE '%', 'it''s';\n  RETURN {schema['function']}; END$f$",
    ]
    if schema["trigger"]:
        made.append(f"CREATE TRIGGER tr {schema['trigger']} ON t EXECUTE FUNCTION f()")
    if schema["grant"]:
        made.append(f"GRANT {schema['grant']} ON t TO public")
    if schema["policy"]:
        made.append(f"CREATE POLICY po ON t USING ({schema['policy']})")
    made += [
        f"COMMENT ON {what} IS {schema[name]}"
        for what, name in (("TABLE t", "table.comment"), ("COLUMN t.s", "s.comment"))
        if schema[name]
    ]
    return made


def _more_of_mysql(schema: Schema) -> list[str]:
    made = []
    if schema["table.comment"]:
        made.append(f"ALTER TABLE t COMMENT = {schema['table.comment']}")
    if schema["trigger"]:
        made.append(f"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW {schema['trigger']}")
    return made


def _more_of_sqlite(schema: Schema) -> list[str]:
    if not schema["trigger"]:
        return []
    return [f"CREATE TRIGGER tr AFTER INSERT ON t BEGIN {schema['trigger']}; END"]


_MORE = {
    "postgresql": _more_of_postgresql,
    "mysql": _more_of_mysql,
    "sqlite": _more_of_sqlite,
}
