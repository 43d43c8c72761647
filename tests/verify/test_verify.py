"""`alembic verify` finds what a downgrade leaves behind, on each kind of database, and nothing on right revisions."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from limbeck.config import Config
from limbeck.script.base import ScriptDirectory
from limbeck.util.exc import CommandError
from limbeck.verify import Report, verify
from support import projects
from support.compare import describe
from support.programs import Program
from support.reversible import FIRST, Body, right_chain, write


def verified(config: Config, *chosen: str, data: str | None = None) -> Report:
    """Verify revisions, by default all."""
    script = ScriptDirectory.from_config(config)
    names = chosen or [s.revision for s in script.walk_revisions()]
    return verify(config, script, names, data=data)


def messages(report: Report) -> list[str]:
    return [finding.message for finding in report.findings]


#: A fault, the database that has it, and the beginnings of what is found.
_FAULTS = {
    "a forgotten index": (
        "any",
        Body("op.create_index('ix', 't', ['b'])", "pass"),
        ["after downgrade(), index t.ix is new", "the second upgrade() fails"],
    ),
    "an enum type left behind": (
        "postgresql",
        Body(
            "from sqlalchemy.dialects.postgresql import ENUM\n"
            "ENUM('x', name='mood').create(op.get_bind())\n"
            "op.add_column('t', sa.Column('e', ENUM('x', name='mood', create_type=False)))",
            "op.drop_column('t', 'e')",
        ),
        ["after downgrade(), enum mood is new: 'x'"],
    ),
    "a default not restored": (
        "server",
        Body(
            "op.alter_column('t', 'a', server_default=None, existing_type=sa.String(9))",
            "op.alter_column('t', 'a', existing_type=sa.String(9))",
        ),
        ["after downgrade(), column t.a was "],
    ),
    "a changed order of columns after batch mode": (
        "sqlite",
        Body(
            "with op.batch_alter_table('t') as batch:\n    batch.drop_column('a')",
            "with op.batch_alter_table('t') as batch:\n"
            "    batch.add_column(sa.Column('a', sa.String(9), server_default='x'))",
        ),
        ["after downgrade(), table t was columns id, a, b; it is columns id, b, a"],
    ),
    "a grant lost": (
        "postgresql",
        Body(
            "op.rename_table('granted', 'old')\nop.create_table('granted', sa.Column('id', sa.Integer))",
            "op.drop_table('granted')\nop.rename_table('old', 'granted')\n"
            "op.execute('REVOKE SELECT ON granted FROM public')",
        ),
        ["after downgrade(), grant granted.public is missing: SELECT"],
    ),
    "a trigger lost with its table": (
        "postgresql",
        Body(
            "op.drop_table('granted')",
            "op.create_table('granted', sa.Column('id', sa.Integer))\nop.execute('GRANT SELECT ON granted TO public')",
        ),
        ["after downgrade(), trigger granted.tr is missing: "],
    ),
    "a constraint without its name": (
        "any",
        Body(
            "with op.batch_alter_table('t') as batch:\n    batch.create_unique_constraint('uq', ['b'])",
            "with op.batch_alter_table('t') as batch:\n    batch.drop_constraint('uq', type_='unique')\n"
            "    batch.create_unique_constraint('other', ['b'])",
        ),
        ["after downgrade(), "],
    ),
    "a downgrade that fails": (
        "any",
        Body("op.add_column('t', sa.Column('c', sa.Integer))", "op.drop_table('nothing')"),
        ["downgrade() fails: "],
    ),
}
#: Objects that some faults need.
_GRANTED = Body(
    "op.create_table('granted', sa.Column('id', sa.Integer))\n"
    "op.execute('GRANT SELECT ON granted TO public')\n"
    "op.execute(\"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'\")\n"
    "op.execute('CREATE TRIGGER tr BEFORE INSERT ON granted FOR EACH ROW EXECUTE FUNCTION f()')",
    "op.drop_table('granted')\nop.execute('DROP FUNCTION f()')",
)


@pytest.mark.parametrize("fault", _FAULTS)
def test_fault_is_found(database_url: str, tmp_path: Path, fault: str) -> None:
    where, body, expected = _FAULTS[fault]
    kind = sa.make_url(database_url).get_backend_name()
    if where not in ("any", kind) and (where != "server" or kind == "sqlite"):
        pytest.skip(f"only {where} can have it")
    bodies = [FIRST, _GRANTED, body] if kind == "postgresql" else [FIRST, body]
    config = write(tmp_path, database_url, bodies)
    before = describe(database_url)
    report = verified(config)
    found = messages(report)
    assert len(found) >= len(expected), found
    for text in expected:
        assert any(message.startswith(text) for message in found), (text, found)
    assert {finding.revision for finding in report.findings} == {f"r{len(bodies):04}"}
    assert report.verified == tuple(f"r{number:04}" for number in range(1, len(bodies)))
    source = Path(report.findings[0].path).read_text().splitlines()
    line = report.findings[0].line
    assert line is not None
    assert "def downgrade" in source[line - 1] or "nothing" in source[line - 1]
    assert describe(database_url) == before


def test_right_chain_has_no_findings(database_url: str, tmp_path: Path) -> None:
    report = verified(write(tmp_path, database_url, right_chain(50)))
    assert messages(report) == []
    assert len(report.verified) == 50


_DROPPED = Body(
    "op.drop_column('t', 'a')",
    "op.add_column('t', sa.Column('a', sa.String(9), server_default='x'))",
)


def test_dropped_column_is_the_last_one_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    """There, no downgrade brings it back to its place, except by another table."""
    assert messages(verified(write(tmp_path / "p", postgresql_url, [FIRST, _DROPPED]))) == []
    again = Body(
        _DROPPED.up,
        f"{_DROPPED.down}\nop.drop_column('t', 'id')\nop.add_column('t', sa.Column('id', sa.Integer))",
    )
    found = messages(verified(write(tmp_path / "q", postgresql_url, [FIRST, again])))
    assert any(message.startswith("after downgrade(), table t was columns") for message in found)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_dropped_column_has_its_place_elsewhere(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    (message,) = messages(verified(write(tmp_path, url, [FIRST, _DROPPED])))
    assert message.startswith("after downgrade(), table t was columns id, a, b")


def test_only_chosen_revisions_go_down(sqlite_url: str, tmp_path: Path) -> None:
    bodies = [
        FIRST,
        Body("op.create_index('ix', 't', ['b'])", "raise ValueError"),
        Body("pass", "pass"),
    ]
    report = verified(write(tmp_path, sqlite_url, bodies), "r0003")
    assert (report.verified, messages(report)) == (("r0003",), [])
    report = verified(write(tmp_path / "again", sqlite_url, bodies))
    assert messages(report) == ["downgrade() fails: ValueError: "]
    assert report.stopped_at is None


def test_revisions_after_a_broken_one_are_verified(database_url: str, tmp_path: Path) -> None:
    """On a new database, because the first one is no longer what the next revision expects."""
    column = Body("op.add_column('t', sa.Column('c', sa.Integer))", "op.drop_column('t', 'c')")
    bodies = [
        FIRST,
        Body("op.create_index('ix', 't', ['b'])", "pass"),
        column,
        Body("pass", "1 / 0"),
        column,
    ]
    bodies[4] = Body(*(part.replace("'c'", "'d'") for part in column[:2]))
    report = verified(write(tmp_path, database_url, bodies))
    assert report.verified == ("r0001", "r0003", "r0005")
    assert [finding.revision for finding in report.findings] == ["r0002", "r0002", "r0004"]


def test_upgrade_that_fails_ends_it(database_url: str, tmp_path: Path) -> None:
    report = verified(write(tmp_path, database_url, [FIRST, Body("1 / 0", "pass"), FIRST]))
    assert report.stopped_at == "r0002"
    assert messages(report) == ["upgrade() fails: ZeroDivisionError: division by zero"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (Body("pass", "pass", "irreversible = 'the rows are gone'"), "the rows are gone"),
        (Body("pass", "raise NotImplementedError('never')"), "never"),
        (Body("pass", "raise NotImplementedError"), "downgrade() raises NotImplementedError"),
    ],
)
def test_irreversible_revision_is_named(
    sqlite_url: str, tmp_path: Path, body: Body, reason: str
) -> None:
    report = verified(write(tmp_path, sqlite_url, [FIRST, body, Body("pass", "pass")]))
    assert report.irreversible == (("r0002", reason),)
    assert report.verified == ("r0001", "r0003")
    assert report.findings == ()


def test_statement_that_sqlite_lacks_is_a_failure(sqlite_url: str, tmp_path: Path) -> None:
    """The error of the library is a NotImplementedError too."""
    body = Body("pass", "op.create_unique_constraint('uq', 't', ['a'])")
    report = verified(write(tmp_path, sqlite_url, [FIRST, body]))
    (message,) = messages(report)
    assert message.startswith("downgrade() fails: NotImplementedError: No support for ALTER")
    assert report.irreversible == ()


def test_reason_of_a_helper_counts(sqlite_url: str, tmp_path: Path) -> None:
    helper = "def never():\n    raise NotImplementedError('rows are gone')\n"
    report = verified(write(tmp_path, sqlite_url, [FIRST, Body("pass", "never()", helper)]))
    assert report.irreversible == (("r0002", "rows are gone"),)


def test_line_of_a_file_that_only_python_parses(sqlite_url: str, tmp_path: Path) -> None:
    """Such as one with f-strings, and so many operators that it may be deeply nested."""
    body = Body(
        "op.create_index('ix', 't', ['b'])", "pass", f"x = f'{{1}}'\ny = {'+'.join('1' * 600)}"
    )
    report = verified(write(tmp_path, sqlite_url, [FIRST, body]))
    finding = report.findings[0]
    assert finding.line is not None
    assert Path(finding.path).read_text().splitlines()[finding.line - 1] == "def downgrade():"


def test_revision_that_denies_to_be_irreversible_is_verified(
    sqlite_url: str, tmp_path: Path
) -> None:
    body = Body("pass", "pass", "irreversible = False")
    report = verified(write(tmp_path, sqlite_url, [FIRST, body]))
    assert (report.verified, report.irreversible) == (("r0001", "r0002"), ())


_NOT_NULL = Body(
    "op.add_column('t', sa.Column('c', sa.Integer, nullable=False))", "op.drop_column('t', 'c')"
)


def test_not_null_fails_on_rows(database_url: str, tmp_path: Path) -> None:
    """MariaDB takes the default of the type, and SQLite refuses the column even without rows."""
    set_not_null = Body(
        "with op.batch_alter_table('t') as batch:\n    batch.alter_column('b', nullable=False, existing_type=sa.Integer)",
        "with op.batch_alter_table('t') as batch:\n    batch.alter_column('b', nullable=True, existing_type=sa.Integer)",
    )
    config = write(tmp_path / "p", database_url, [FIRST, set_not_null])
    rows = tmp_path / "rows.sql"
    rows.write_text(
        "-- at r0001\nINSERT INTO t (id, a)\n  VALUES (1, 'it''s; :x');\nINSERT INTO t (id) VALUES (2);\n"
    )
    assert messages(verified(config)) == []
    (message,) = messages(verified(config, data=str(rows)))
    assert message.startswith("upgrade() fails: ")
    if database_url.startswith("postgresql"):
        config = write(tmp_path / "q", database_url, [FIRST, _NOT_NULL])
        assert messages(verified(config)) == []
        (message,) = messages(verified(config, data="auto"))
        assert message.startswith("upgrade() fails: IntegrityError: ")


def test_generated_rows_follow_foreign_keys_and_types(database_url: str, tmp_path: Path) -> None:
    types = (
        "sa.Integer", "sa.BigInteger", "sa.String(1)", "sa.Text", "sa.Boolean", "sa.Float", "sa.Numeric(5, 2)", "sa.Date",
        "sa.DateTime", "sa.Time", "sa.JSON", "sa.LargeBinary", "sa.Uuid", "sa.Enum('x', 'y', name='e')",
    )  # fmt: skip
    columns = ", ".join(
        f"sa.Column('c{number}', {type_}, nullable=False)" for number, type_ in enumerate(types)
    )
    many = Body(
        f"op.create_table('many', sa.Column('id', sa.Integer, primary_key=True), {columns})",
        "op.drop_table('many')\nsa.Enum(name='e').drop(op.get_bind(), checkfirst=True)",
    )
    child = Body(
        "op.create_table('child', sa.Column('t_id', sa.Integer, sa.ForeignKey('t.id'), nullable=False), "
        "sa.Column('k', sa.String(9), primary_key=True))",
        "op.drop_table('child')",
    )
    seen = Body(
        "for table in ('t', 'many', 'child'):\n"
        "    assert op.get_bind().scalar(sa.text(f'SELECT count(*) FROM {table}')) == 1, table",
        "pass",
    )
    config = write(tmp_path, database_url, [FIRST, many, child, seen])
    report = verified(config, data="auto")
    assert report.refused == ()
    assert messages(report) == []


def test_table_that_refuses_its_row_is_named(database_url: str, tmp_path: Path) -> None:
    made = Body(
        "op.create_table('c', sa.Column('x', sa.Integer, nullable=False), sa.CheckConstraint('x > 5', name='ck'))",
        "op.drop_table('c')",
    )
    report = verified(write(tmp_path, database_url, [made, Body("pass", "pass")]), data="auto")
    assert [text.partition(":")[0] for text in report.refused] == ["c"]


def test_comments_among_rows_are_not_executed(database_url: str, tmp_path: Path) -> None:
    """Drivers refuse a statement that is only a comment."""
    config = write(tmp_path / "p", database_url, [FIRST])
    rows = tmp_path / "rows.sql"
    rows.write_text(
        "-- Rows of a shop.\n\n-- at r0001\n-- one\nINSERT INTO t (id) VALUES (1);\n-- the end\n"
    )
    assert messages(verified(config, data=str(rows))) == []


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t VALUES (1);\n",
        "-- at nowhere\nSELECT 1;\n",
        "-- at base\nSELECT 1;\n",
    ],
)
def test_wrong_file_of_rows_is_an_error(sqlite_url: str, tmp_path: Path, text: str) -> None:
    config = write(tmp_path / "p", sqlite_url, [FIRST])
    (tmp_path / "rows.sql").write_text(text)
    with pytest.raises(CommandError):
        verified(config, data=str(tmp_path / "rows.sql"))
    with pytest.raises(CommandError, match="Cannot read"):
        verified(config, data=str(tmp_path / "absent"))


def test_trigger_that_takes_the_row_is_named(sqlite_url: str, tmp_path: Path) -> None:
    trigger = "CREATE TRIGGER tr BEFORE INSERT ON t BEGIN SELECT RAISE(IGNORE); END"
    child = "op.create_table('c', sa.Column('t_id', sa.Integer, sa.ForeignKey('t.id')), sa.Column('k', sa.Integer))"
    first = Body(
        f"{FIRST.up}\nop.execute('{trigger}')\n{child}", f"op.drop_table('c')\n{FIRST.down}"
    )
    report = verified(write(tmp_path, sqlite_url, [first, Body("pass", "pass")]), data="auto")
    assert messages(report) == []
    assert report.refused == ("t: nothing was inserted",)


def test_models_are_compared_at_the_end(database_url: str, tmp_path: Path) -> None:
    env = (
        "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"
        "sa.Table('t', metadata, sa.Column('id', sa.Integer, primary_key=True), sa.Column('more', sa.Integer))\n"
        + projects.GENERIC.replace("target_metadata=None", "target_metadata=metadata")
    )
    config = write(tmp_path, database_url, [FIRST, Body("pass", "pass")], env)
    found = messages(verified(config))
    assert len(found) == 3
    assert all(message.startswith("the models differ: ") for message in found)
    assert "the models differ: add_column t.more" in found
    assert messages(verified(config, "r0001")) == []


@pytest.mark.parametrize("driver", projects.DRIVERS, ids=lambda driver: driver[1])
def test_each_driver_is_redirected(
    driver: tuple[str, str], tmp_path: Path, limbeck: Program, request: pytest.FixtureRequest
) -> None:
    """In a process for each: the drivers have different copies of OpenSSL, which crash now and then in one process."""
    kind, name = driver
    url = projects.with_driver(request.getfixturevalue(f"{kind}_url"), name)
    write(tmp_path, url, right_chain(9), projects.env_for(name))
    done = limbeck.alembic(tmp_path, "verify")
    assert (done.returncode, done.stdout) == (0, "no findings; 9 verified, 0 irreversible\n")


def test_project_without_migrations_is_an_error(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="runs no migrations"):
        verified(write(tmp_path, sqlite_url, [FIRST], "pass\n"))


class TestCommand:
    @pytest.fixture
    def folder(self, sqlite_url: str, tmp_path: Path) -> Path:
        fault = Body("op.create_index('ix', 't', ['b'])", "pass")
        write(tmp_path, sqlite_url, [FIRST, Body("pass", "pass", "irreversible = 'why'"), fault])
        return tmp_path

    def test_text(self, limbeck: Program, folder: Path) -> None:
        done = limbeck.alembic(folder, "verify")
        assert done.returncode == 1, done.stderr
        lines = done.stdout.splitlines()
        assert lines[0] == (
            "migrations/versions/r0003.py:12: r0003: after downgrade(), index t.ix is new: (b)"
        )
        assert "r0002: irreversible: why" in lines
        assert lines[-1] == "2 findings; 1 verified, 1 irreversible"
        assert (
            not (folder / "test.db").exists()
            or describe(f"sqlite:///{folder / 'test.db'}")["tables"] == {}
        )

    def test_right_range_is_0(self, limbeck: Program, folder: Path) -> None:
        done = limbeck.alembic(folder, "verify", "base:r0002")
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith("no findings; 1 verified, 1 irreversible\n")

    def test_json_and_junit(self, limbeck: Program, folder: Path) -> None:
        found = json.loads(limbeck.alembic(folder, "verify", "--format", "json").stdout)
        assert [item["revision"] for item in found["findings"]] == ["r0003", "r0003"]
        suite = ElementTree.fromstring(
            limbeck.alembic(folder, "verify", "--format", "junit").stdout
        )
        assert suite.attrib == {
            "name": "alembic verify", "tests": "3", "failures": "1", "skipped": "1",
        }  # fmt: skip

    def test_failure_to_look_is_255(self, limbeck: Program, folder: Path) -> None:
        assert limbeck.alembic(folder, "verify", "nowhere").returncode == 255
        (folder / "migrations" / "env.py").write_text("raise SystemError('no')\n")
        assert limbeck.alembic(folder, "verify").returncode == 255

    def test_kept_database_is_named(self, limbeck: Program, folder: Path, tmp_path: Path) -> None:
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        done = limbeck.alembic(folder, "verify", "--keep", env={"TMPDIR": str(temporary)})
        (kept,) = [line for line in done.stderr.splitlines() if line.startswith("kept: ")]
        assert "t" in describe(f"sqlite:///{kept.removeprefix('kept: ')}")["tables"]


def test_named_database_is_not_expected_of_a_scratch_database(
    database_url: str, tmp_path: Path
) -> None:
    """`database_url` under [limbeck] is compared with the connection of each other run."""
    write(tmp_path, database_url, right_chain(3))
    ini = tmp_path / "alembic.ini"
    ini.write_text(ini.read_text() + projects.url_section(database_url))
    report = verified(Config(str(ini)))
    assert messages(report) == []
    assert len(report.verified) == 3
