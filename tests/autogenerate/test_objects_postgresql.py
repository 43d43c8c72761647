"""The objects of PostgreSQL: every kind, dependents with their grants and indexes, order, offline mode."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import compare_metadata
from limbeck.migration import MigrationContext
from limbeck.util.exc import CommandError
from support.object_projects import ObjectProject
from support.programs import Program
from support.statements import recorded_statements

_TABLE = """
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(50)),
    sa.Column("amount", sa.Integer))
"""


@pytest.fixture
def project(tmp_path: Path, postgresql_url: str) -> ObjectProject:
    made = ObjectProject(tmp_path / "project", postgresql_url)
    made.models(_TABLE)
    return made


@pytest.fixture
def role(project: ObjectProject) -> Iterator[str]:
    name = f"limbeck test {secrets.token_hex(4)}"
    project.execute(f'CREATE ROLE "{name}"')
    yield f'"{name}"'
    project.execute(f'DROP OWNED BY "{name}"', f'DROP ROLE "{name}"')


_FIRST = {
    "function": "CREATE FUNCTION f(a integer, b text DEFAULT ':x') RETURNS text LANGUAGE sql AS $$ SELECT b || ':y%' || a::text $$",
    "procedure": "CREATE PROCEDURE p(a integer) LANGUAGE plpgsql AS $$ BEGIN\n  UPDATE t SET amount = a;\nEND $$",
    "view": "CREATE VIEW \"Some View\" WITH (security_barrier) AS SELECT id, f(id) AS text FROM t WHERE name LIKE '%:a\\b'",
    "matview": "CREATE MATERIALIZED VIEW m AS SELECT id, amount FROM t; CREATE UNIQUE INDEX m_id ON m (id);",
    "trigger": """
        CREATE FUNCTION on_t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER g BEFORE UPDATE OF amount ON t FOR EACH ROW WHEN (new.amount > 1) EXECUTE FUNCTION on_t();
        """,
    "policy": "CREATE POLICY own ON t FOR SELECT USING (name = current_user); ALTER TABLE t ENABLE ROW LEVEL SECURITY;",
    "extension": "CREATE EXTENSION IF NOT EXISTS pg_trgm;",
    "sequence": "CREATE SEQUENCE s INCREMENT BY 2;",
    "domain": "CREATE DOMAIN positive AS integer DEFAULT 1 CONSTRAINT is_positive CHECK (value > 0);",
    "comment": "COMMENT ON VIEW \"Some View\" IS 'it''s';",
}
_SECOND = {
    "function": "CREATE FUNCTION f(a integer, b text DEFAULT ':x') RETURNS text LANGUAGE sql AS $$ SELECT b || ':z%' || a::text $$",
    "procedure": "CREATE PROCEDURE p(a integer) LANGUAGE plpgsql AS $$ BEGIN\n  UPDATE t SET amount = a + 1;\nEND $$",
    "view": 'CREATE VIEW "Some View" AS SELECT id, f(id) AS text, name FROM t',
    "matview": "CREATE MATERIALIZED VIEW m AS SELECT id, amount + 1 AS amount FROM t; CREATE INDEX m_amount ON m (amount);",
    "trigger": """
        CREATE FUNCTION on_t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER g AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION on_t();
        """,
    "policy": "CREATE POLICY own ON t AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (amount > 0); ALTER TABLE t FORCE ROW LEVEL SECURITY;",
    "sequence": "CREATE SEQUENCE s AS integer INCREMENT BY 5 CYCLE;",
    "domain": "CREATE DOMAIN positive AS integer NOT NULL DEFAULT 2 CONSTRAINT is_positive CHECK (value > 0) CONSTRAINT small CHECK (value < 9);",
    "comment": "COMMENT ON COLUMN \"Some View\".text IS 'text';",
}


@pytest.mark.parametrize("kind", _FIRST)
def test_kind_is_created_changed_and_dropped(project: ObjectProject, kind: str) -> None:
    if kind in ("view", "comment"):
        project.declare({"function": _FIRST["function"]})
    if kind == "comment":
        project.declare({"view": _FIRST["view"]})
    project.migrate()
    project.declare({kind: _FIRST[kind]})
    assert "create" in project.migrate()
    if kind in _SECOND:
        project.declare({kind: _SECOND[kind]})
        assert project.migrate().count("limbeck.objects") >= 2
    project.declare({kind: None})
    assert "drop" in project.migrate()


def test_all_kinds_in_one_revision(project: ObjectProject) -> None:
    project.declare(_FIRST)
    project.migrate()
    project.declare(_SECOND)
    project.migrate()
    project.declare(dict.fromkeys(_FIRST))
    text = project.migrate()
    assert text.partition("def downgrade")[0].count("drop") >= len(_FIRST)


def test_unchanged_objects_take_at_most_8_statements(project: ObjectProject) -> None:
    project.declare(_FIRST)
    project.migrate()
    engine = sa.create_engine(project.url)
    counts = []
    plugins = ["alembic.autogenerate.*"], ["alembic.autogenerate.*", "limbeck.objects"]
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50)),
        sa.Column("amount", sa.Integer),
    )
    for enabled in plugins:
        with engine.connect() as connection, recorded_statements(connection) as statements:
            opts = {"autogenerate_plugins": enabled, "sql_objects": project.folder / "sql"}
            context = MigrationContext.configure(connection, opts=opts)
            assert compare_metadata(context, metadata) == []
        counts.append(len(statements))
    engine.dispose()
    assert 0 < counts[1] - counts[0] <= 8, counts


def test_type_of_a_column_changes_below_views(project: ObjectProject, role: str) -> None:
    project.declare(
        {
            "v": "CREATE VIEW v AS SELECT id, amount FROM t",
            "w": "CREATE VIEW w AS SELECT amount FROM v; COMMENT ON VIEW w IS 'w';",
            "m": "CREATE MATERIALIZED VIEW m AS SELECT amount FROM w; CREATE INDEX ix_m ON m (amount);",
            "p": "CREATE POLICY p ON t USING (amount > 0)",
        }
    )
    project.migrate()
    project.execute(
        f"GRANT SELECT, INSERT ON v TO {role}",
        f"GRANT SELECT ON m TO {role} WITH GRANT OPTION",
        f"GRANT SELECT (amount) ON w TO {role}",
        "CREATE VIEW theirs AS SELECT amount FROM w",
    )
    project.models(_TABLE.replace('"amount", sa.Integer', '"amount", sa.BigInteger'))
    text = project.migrate()
    assert text.index("drop view v") < text.index("op.alter_column") < text.index("restore view v")
    assert "restore view theirs" in text
    with project.connection() as connection:
        acl = connection.exec_driver_sql(
            "SELECT has_table_privilege(%(r)s, 'v', 'INSERT'), has_table_privilege(%(r)s, 'm', 'SELECT WITH GRANT OPTION'),"
            " has_column_privilege(%(r)s, 'w', 'amount', 'SELECT')",
            {"r": role.strip('"')},
        ).one()
    assert tuple(acl) == (True, True, True)


def test_function_that_returns_another_type_takes_its_dependents_with_it(
    project: ObjectProject, role: str
) -> None:
    project.declare(
        {
            "f": "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a'",
            "v": "CREATE VIEW v AS SELECT f(id) AS f FROM t",
        }
    )
    project.migrate()
    project.execute(
        "REVOKE ALL ON FUNCTION f FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION f TO {role}",
    )
    project.declare(
        {"f": "CREATE FUNCTION f(a integer) RETURNS bigint LANGUAGE sql AS 'SELECT a::bigint'"}
    )
    text = project.migrate()
    upgrade = text.partition("def downgrade")[0]
    assert upgrade.index("DROP VIEW v") < upgrade.index("DROP FUNCTION f(integer)")
    (row,) = project.rows("SELECT proacl::text FROM pg_proc WHERE proname = 'f'")
    assert "limbeck test" in row[0] and "{=X" not in row[0]


def test_tables_use_a_domain_a_sequence_and_a_function(project: ObjectProject) -> None:
    project.declare(
        {
            "d": "CREATE DOMAIN code AS text CHECK (is_code(value))",
            "f": "CREATE FUNCTION is_code(a text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT a <> '' $$",
            "s": "CREATE SEQUENCE numbers",
            "v": "CREATE VIEW v AS SELECT code FROM t",
        }
    )
    code = """
from sqlalchemy.dialects.postgresql import DOMAIN
sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("code", DOMAIN("code", sa.Text(), create_type=False)),
    sa.Column("number", sa.Integer, server_default=sa.text("nextval('numbers')")),
    sa.CheckConstraint("is_code(code)", name="ck"))
"""
    project.models(code)
    text = project.generate()
    upgrade = text.partition("def downgrade")[0]
    order = ["create function is_code", "create domain code", "op.create_table", "create view v"]
    places = [upgrade.index(part) for part in order]
    assert places == sorted(places)
    project.upgrade()
    assert project.left() == []


def test_declaration_uses_what_the_database_has(project: ObjectProject) -> None:
    """An extension, an enum and a function that revisions have made by hand."""
    project.migrate()
    project.execute(
        "CREATE EXTENSION citext",
        "CREATE TYPE mood AS ENUM ('a', 'it''s')",
        "CREATE FUNCTION mine(a mood) RETURNS citext LANGUAGE sql AS 'SELECT a::text::citext'",
    )
    project.declare({"v": "CREATE VIEW v AS SELECT mine('a') AS mine"})
    text = project.migrate()
    assert text.count("limbeck.objects") == 2


def test_objects_of_another_schema(project: ObjectProject) -> None:
    project.execute('CREATE SCHEMA "Other"')
    project.declare(
        {
            "v": 'CREATE VIEW "Other".v AS SELECT id FROM t; CREATE FUNCTION "Other".f() RETURNS integer LANGUAGE sql AS \'SELECT 1\''
        }
    )
    assert '"Other".v' in project.migrate()
    project.declare({"v": None})
    project.migrate()


def test_constructs_of_the_models(project: ObjectProject) -> None:
    """What `create_all()` makes is declared: CreateView of SQLAlchemy 2.1, DDL, and sequences."""
    project.models(
        _TABLE
        + """
sa.Sequence("numbers", metadata=metadata, start=5)
t = metadata.tables["t"]
sa.event.listen(metadata, "after_create", sa.DDL("CREATE VIEW by_ddl AS SELECT id FROM t"))
from sqlalchemy import schema
if hasattr(schema, "CreateView"):
    schema.CreateView(sa.select(t.c.id, t.c.name), "by_construct", metadata=metadata)
"""
    )
    text = project.migrate()
    assert "create view by_ddl" in text
    assert "create sequence numbers" in text
    if hasattr(sa.schema, "CreateView"):
        assert "create view by_construct" in text


def test_generated_file_runs_with_alembic_online_and_offline(
    project: ObjectProject, reference: Program
) -> None:
    project.declare(_FIRST)
    project.migrate()
    after = project.snapshot()
    for arguments in (["downgrade", "base"], ["upgrade", "head"]):
        done = reference.alembic(project.folder, *arguments)
        assert done.returncode == 0, done.stderr
    assert project.snapshot() == after
    assert reference.alembic(project.folder, "downgrade", "base").returncode == 0


def test_sequence_of_a_column_is_refused(project: ObjectProject) -> None:
    project.declare({"s": "CREATE SEQUENCE s OWNED BY t.id"})
    with pytest.raises(CommandError, match=r"^sql/s.sql:1 declares a sequence that a column owns"):
        project.generate()


def test_default_schema_may_be_named(project: ObjectProject) -> None:
    project.models(
        _TABLE.replace(
            'sa.Column("amount", sa.Integer)', "sa.Column(\"amount\", sa.Integer), schema='public'"
        )
    )
    project.declare({"v": "CREATE VIEW v AS SELECT amount FROM t"})
    project.migrate()
    project.models(
        _TABLE.replace(
            'sa.Column("amount", sa.Integer)',
            "sa.Column(\"amount\", sa.BigInteger), schema='public'",
        )
    )
    assert "restore view v" in project.migrate()


def test_policy_made_by_hand_goes_with_its_table(project: ObjectProject) -> None:
    project.models(_TABLE + "sa.Table('gone', metadata, sa.Column('id', sa.Integer))\n")
    project.migrate()
    project.execute(
        "CREATE POLICY p ON gone USING (id > 0)", "ALTER TABLE gone ENABLE ROW LEVEL SECURITY"
    )
    project.models(_TABLE)
    assert "DROP POLICY p ON gone" in project.migrate()


def test_function_that_tables_use_keeps_its_result(project: ObjectProject) -> None:
    project.models(
        _TABLE.replace(
            '"amount", sa.Integer', '"amount", sa.Integer, server_default=sa.text("f()")'
        )
    )
    function = "CREATE FUNCTION f() RETURNS {} LANGUAGE sql AS 'SELECT {}'"
    project.declare({"f": function.format("integer", 1)})
    project.generate()
    project.upgrade()
    project.declare({"f": function.format("bigint", "1::bigint")})
    with pytest.warns(
        UserWarning, match=r"^function f\(\) cannot be replaced, because tables use it"
    ):
        assert project.left() == []
    project.declare({"f": function.format("integer", 2)})
    assert "change function f()" in project.migrate()


def test_declared_function_stays_while_a_view_made_by_hand_needs_it(
    project: ObjectProject,
) -> None:
    project.declare({"f": "CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'"})
    project.migrate()
    project.execute("CREATE VIEW theirs AS SELECT f() AS f")
    project.declare({"f": None})
    with pytest.warns(UserWarning, match=r"^function f\(\) is not declared, but an object"):
        assert project.left() == []
