"""Declared views and triggers on each database: what is generated runs, is complete, and is reverted."""

from __future__ import annotations

from pathlib import Path

import pytest
from limbeck.util.exc import CommandError
from support.object_projects import ObjectProject

_USERS = """
users = sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)), sa.Column("active", sa.Integer))
"""


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> ObjectProject:
    made = ObjectProject(tmp_path / "project", database_url)
    made.models(_USERS)
    return made


def test_views_are_created_changed_and_dropped(project: ObjectProject) -> None:
    project.declare(
        {
            # The first one needs the second one.
            "a": "CREATE VIEW a_names AS\n  SELECT name FROM b_active -- the names\n  WHERE name LIKE '%x:y';",
            "b": "CREATE VIEW b_active AS SELECT id, name FROM users WHERE active = 1",
        }
    )
    text = project.migrate()
    assert text.index("create view b_active") < text.index("create view a_names")
    assert text.index("op.create_table") < text.index("create view b_active")
    project.declare({"b": "CREATE VIEW b_active AS SELECT id, name FROM users WHERE active > 1"})
    text = project.migrate()
    assert " view b_active" in text
    project.declare({"a": None, "b": None})
    text = project.migrate()
    assert "DROP VIEW a_names" in text.partition("def downgrade")[0]
    assert project.left() == []


def test_layout_of_a_declaration_is_no_difference(project: ObjectProject) -> None:
    project.declare({"v": "CREATE VIEW v AS SELECT id, name FROM users WHERE active = 1"})
    project.migrate()
    project.declare(
        {
            "v": "/* v */ CREATE VIEW v AS\n\n  SELECT id,   name -- two\n FROM users WHERE active = 1;\n"
        }
    )
    assert project.left() == []


def test_view_gets_a_column_that_is_new(project: ObjectProject) -> None:
    project.declare({"v": "CREATE VIEW v AS SELECT id, name FROM users"})
    project.declare({"w": "CREATE VIEW w AS SELECT name FROM v"})
    project.migrate()
    project.models(_USERS.replace('"active"', '"role"'))
    project.declare({"v": "CREATE VIEW v AS SELECT id, role, name FROM users"})
    text = project.migrate()
    assert "add_column" in text
    project.execute("INSERT INTO users (id, name, role) VALUES (1, 'n', 2)")
    assert project.rows("SELECT role FROM v") == [(2,)]
    assert project.rows("SELECT name FROM w") == [("n",)]


def test_object_that_no_revision_has_made_stays(
    project: ObjectProject, caplog: pytest.LogCaptureFixture
) -> None:
    project.migrate()
    project.execute("CREATE VIEW theirs AS SELECT id FROM users")
    caplog.set_level("INFO")
    assert project.left() == []
    text = project.generate()
    assert "theirs" not in text


_TRIGGER = {
    "sqlite": """CREATE TRIGGER stamp AFTER INSERT ON users BEGIN
        UPDATE users SET active = CASE WHEN name = 'a;b' THEN {} ELSE 9 END WHERE id = new.id; END;""",
    "mariadb": """CREATE TRIGGER stamp BEFORE INSERT ON users FOR EACH ROW BEGIN
        IF new.name = 'a;b' THEN SET new.active = {}; ELSE SET new.active = 9; END IF; END;""",
    "postgresql": """CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        new.active := CASE WHEN new.name = 'a;b' THEN {} ELSE 9 END; RETURN new; END $$;
        CREATE TRIGGER stamp BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION stamp();""",
}


def test_triggers_are_created_changed_and_dropped(project: ObjectProject) -> None:
    kind = project.url.partition(":")[0].partition("+")[0].replace("mysql", "mariadb")
    for value in (1, 2):
        project.declare({"stamp": _TRIGGER[kind].format(value)})
        project.migrate()
        project.execute(f"INSERT INTO users (id, name) VALUES ({value}, 'a;b')")
        assert project.rows(f"SELECT active FROM users WHERE id = {value}") == [(value,)]
    project.declare({"stamp": None})
    assert "DROP TRIGGER" in project.migrate()


def test_wrong_declaration_is_named_with_its_line(project: ObjectProject) -> None:
    project.declare(
        {"v": "CREATE VIEW v AS SELECT 1 AS one;\n\nCREATE VIEW w AS SELECT nope FROM users;"}
    )
    with pytest.raises(CommandError, match=r"^sql/v.sql:3 cannot be made on a scratch database: "):
        project.generate()
    project.declare({"v": "DROP VIEW v"})
    with pytest.raises(
        CommandError, match=r"^sql/v.sql:1 declares nothing that is compared: 'DROP VIEW V …'"
    ):
        project.generate()
    assert list((project.folder / "migrations" / "versions").glob("*.py")) == []


def test_table_and_column_are_renamed_below_a_view(project: ObjectProject) -> None:
    project.declare({"v": "CREATE VIEW v AS SELECT name FROM users"})
    project.migrate()
    project.execute("INSERT INTO users (id, name) VALUES (1, 'n')")
    project.models(
        """
sa.Table("people", metadata, sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("nick", sa.Text(), info={"renamed_from": "name"}), sa.Column("active", sa.Integer),
    info={"renamed_from": "users"})
options = {"render_as_batch": True}
"""
    )
    project.declare({"v": "CREATE VIEW v AS SELECT nick AS name FROM people"})
    text = project.migrate()
    assert "op.rename_table('users', 'people')" in text
    assert project.rows("SELECT name FROM v") == [("n",)]


def test_trigger_made_by_hand_stays_when_its_table_changes(project: ObjectProject) -> None:
    project.migrate()
    kind = project.url.partition(":")[0].partition("+")[0].replace("mysql", "mariadb")
    made = project.snapshot().objects.keys()
    parts = _TRIGGER[kind].format(1)
    project.execute(*(parts.split(";\n") if kind == "postgresql" else [parts]))
    (trigger,) = (o for o in project.snapshot().objects.keys() - made if o.kind == "trigger")
    project.models(
        _USERS.replace("sa.String(50)", "sa.String(70)") + 'options = {"render_as_batch": True}\n'
    )
    text = project.migrate()
    assert trigger in project.snapshot().objects
    assert text.count("restore trigger stamp") in (0, 2)
