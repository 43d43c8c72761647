"""`alembic drift --against`: the models, or a saved snapshot; and `--sql`."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from limbeck.config import Config
from limbeck.drift import Drift, drift, live_snapshot
from limbeck.script.base import ScriptDirectory
from limbeck.snapshot import Snapshot, compare, read_text
from limbeck.snapshot.types import Object
from limbeck.util.exc import CommandError
from support import projects
from support.compare import describe
from support.executing import execute
from support.programs import Program
from support.servers import Server

_TABLE = (
    "sa.Column('id', sa.Integer, primary_key=True), sa.Column('a', sa.String(9)), "
    "sa.Column('b', sa.Integer, server_default='5')"
)
_BODIES = [
    f"op.create_table('t', {_TABLE})\nop.create_index('ix', 't', ['a'])",
    "op.create_table('later', sa.Column('id', sa.Integer))",
]
#: The columns in another order than the revisions make them.
_MODELS = """
import sqlalchemy as sa
metadata = sa.MetaData()
sa.Table('t', metadata, sa.Column('id', sa.Integer, primary_key=True),
    sa.Column('b', sa.Integer, server_default='5'), sa.Column('a', sa.String(9)), sa.Index('ix', 'a'))
"""


def write(folder: Path, url: str, models: str = _MODELS) -> Config:
    """Write a project with models, and apply one of its two revisions."""
    env = models + projects.GENERIC.replace("target_metadata=None", "target_metadata=metadata")
    projects.make(folder, url, env=env)
    projects.chain(folder, len(_BODIES), dict(enumerate(_BODIES)))
    config = Config(str(folder / "alembic.ini"))
    command.upgrade(config, "r0001")
    return config


def found(config: Config, against: str, *, proposes: bool = False) -> Drift:
    return drift(config, ScriptDirectory.from_config(config), against=against, proposes=proposes)


def messages(result: Drift) -> list[str]:
    return [str(difference) for difference in result.differences]


class TestModels:
    def test_order_of_columns_and_other_objects_are_no_difference(
        self, database_url: str, tmp_path: Path
    ) -> None:
        config = write(tmp_path, database_url)
        execute(database_url, "CREATE VIEW v AS SELECT id FROM t")
        result = found(config, "models")
        assert messages(result) == []
        assert result.pending == ("r0002",)

    def test_difference_is_found(self, database_url: str, tmp_path: Path) -> None:
        config = write(tmp_path, database_url, _MODELS.replace("'ix'", "'other'"))
        execute(database_url, "CREATE TABLE by_hand (x integer)")
        before = describe(database_url)
        assert [text.partition(":")[0] for text in messages(found(config, "models"))] == [
            "table by_hand is new",
            "index t.ix is new",
            "index t.other is missing",
        ]
        assert describe(database_url) == before

    def test_several_models_and_schemas(self, postgresql_url: str, tmp_path: Path) -> None:
        models = _MODELS + (
            "more = sa.MetaData(schema='s')\n"
            "sa.Table('u', more, sa.Column('id', sa.Integer, primary_key=True))\n"
            "metadata = [metadata, more]\n"
        )
        config = write(tmp_path, postgresql_url, models)
        result = found(config, "models", proposes=True)
        assert [text.partition(":")[0] for text in messages(result)] == [
            "schema s is missing",
            "table s.u is missing",
            "sequence s.u_id_seq is missing",
        ]
        assert "CREATE SCHEMA s;" in result.proposal
        assert "CREATE TABLE s.u (" in result.proposal

    def test_schema_is_another_database_elsewhere(self, mariadb_url: str, tmp_path: Path) -> None:
        models = f"{_MODELS}sa.Table('u', metadata, sa.Column('id', sa.Integer), schema='mysql')\n"
        with pytest.raises(
            CommandError, match="have tables in the schema 'mysql'; only on Postgre"
        ):
            found(write(tmp_path, mariadb_url, models), "models")

    def test_project_without_models_is_an_error(self, sqlite_url: str, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="has no models to compare with"):
            found(write(tmp_path, sqlite_url, "metadata = None\n"), "models")


class TestFile:
    def test_saved_snapshot(self, database_url: str, tmp_path: Path) -> None:
        config = write(tmp_path, database_url)
        script = ScriptDirectory.from_config(config)
        file = tmp_path / "schema.txt"
        file.write_text(live_snapshot(config, script).snapshot.as_text(), encoding="utf-8")
        assert found(config, str(file)).differences == ()
        command.upgrade(config, "head")
        execute(database_url, "DROP TABLE t")
        first, second, *_ = messages(found(config, str(file)))
        assert first.startswith("table later is new: columns id")
        assert second.startswith("table t is missing: columns id, a, b")

    def test_text_is_read_as_it_was_written(self) -> None:
        """Also names that look like the end of a name."""
        objects = {
            Object("t", "table"): "columns a: b, c.d",
            Object("t", "column", "a: b"): "text DEFAULT ': '",
            Object("t", "column", "c.d"): "text",
            Object("s.t", "table"): "columns x",
            Object("s.t", "column", "x"): "text",
            Object("s.t", "primary key"): "x",
            Object("s", "schema"): "",
            Object("t", "constraint", "(CHECK (a <> 'b: c'))"): "",
            Object("f(x text, y text)", "function"): "CREATE FUNCTION f: ",
            Object("v", "materialized view"): "SELECT 1",
        }
        snapshot = Snapshot("postgresql", objects)
        assert read_text(snapshot.as_text(), snapshot) == snapshot
        changed = Snapshot("postgresql", {**objects, Object("t", "column", "c.d"): "integer"})
        (difference,) = compare(read_text(snapshot.as_text(), changed), changed)
        assert str(difference) == "column t.c.d was text; it is integer"
        nothing = Snapshot("postgresql", {})
        read = read_text(snapshot.as_text(), nothing).objects
        assert {name for name in objects if ": " not in str(name)} <= read.keys()

    def test_other_file_is_an_error(self, sqlite_url: str, tmp_path: Path) -> None:
        config = write(tmp_path, sqlite_url)
        for content in (None, b"\xff", b"something else\n"):
            file = tmp_path / "schema.txt"
            if content is not None:
                file.write_bytes(content)
            with pytest.raises(CommandError, match="Cannot read the snapshot in"):
                found(config, str(file))

    def test_it_gives_no_proposal(self, sqlite_url: str, tmp_path: Path) -> None:
        config = write(tmp_path, sqlite_url)
        with pytest.raises(CommandError, match="--sql needs tables"):
            found(config, "schema.txt", proposes=True)


class TestProposal:
    """`tests/random/test_random_proposals.py` executes proposals."""

    def test_statements_follow_the_models(self, database_url: str, tmp_path: Path) -> None:
        models = _MODELS.replace("'ix'", "'other'") + (
            "sa.Table('u', metadata, sa.Column('id', sa.Integer, primary_key=True))\n"
        )
        config = write(tmp_path, database_url, models)
        execute(database_url, "CREATE TABLE by_hand (x integer)")
        before = describe(database_url)
        text = found(config, "models", proposes=True).proposal
        assert describe(database_url) == before
        statements = [line for line in text.splitlines() if line and not line.startswith("--")]
        assert "Not written" not in text
        execute(database_url, *filter(str.strip, " ".join(statements).split(";")))
        assert messages(found(config, "models")) == []

    def test_rest_is_listed(self, postgresql_url: str, tmp_path: Path) -> None:
        """Also what a missing table had beside its columns."""
        config = write(tmp_path, postgresql_url, "metadata = None\n")
        revision = tmp_path / "migrations" / "versions" / "r0001.py"
        body = (
            "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))\n"
            "    op.execute('GRANT SELECT ON t TO public')\n"
            "    op.execute('ALTER TABLE t ENABLE ROW LEVEL SECURITY')\n"
            "    op.execute('CREATE VIEW v AS SELECT 1 AS x')\n"
            "    op.execute(\"CREATE TYPE mood AS ENUM ('it''s')\")\n"
            "    op.execute('CREATE TABLE moods (m mood)')\n"
        )
        head, _, tail = revision.read_text().partition("op.create_table")
        revision.write_text(head + body + tail[tail.index("\ndef downgrade") :])
        execute(postgresql_url, "DROP TABLE t")
        text = found(config, "migrations", proposes=True).proposal
        assert text.splitlines()[2:] == [
            "-- enum mood is missing: 'it''s'",
            "CREATE TYPE mood AS ENUM ('it''s');",
            "",
            "-- table moods is missing: columns m",
            "CREATE TABLE moods (",
            "    m mood",
            ");",
            "",
            "-- table t is missing: columns id; row security",
            "-- sequence t_id_seq is missing: integer START 1 INCREMENT 1 MIN 1 MAX 2147483647 OWNED BY t.id",
            "CREATE TABLE t (",
            "    id SERIAL NOT NULL, ",
            "    CONSTRAINT t_pkey PRIMARY KEY (id)",
            ");",
            "",
            "-- Not written as statements:",
            "-- view v is missing: SELECT 1 AS x;",
            "-- grant t.public is missing: SELECT",
            "-- table t has to be row security",
        ]

    def test_command(self, limbeck: Program, sqlite_url: str, tmp_path: Path) -> None:
        write(tmp_path, sqlite_url)
        done = limbeck.alembic(tmp_path, "drift", "--sql")
        assert (done.returncode, done.stdout) == (
            0,
            "-- no differences to r0001; pending, which is no drift: r0002\n",
        )
        execute(sqlite_url, "DROP INDEX ix")
        done = limbeck.alembic(tmp_path, "drift", "--sql", "--against", "models")
        assert done.returncode == 1
        assert done.stdout.endswith("CREATE INDEX ix ON t (a);\n")
        done = limbeck.alembic(tmp_path, "drift", "--against", "models")
        assert done.stdout.endswith("1 difference to the models; pending: r0002\n")
        done = limbeck.alembic(tmp_path, "drift", "--against", "models", "--format", "json")
        assert json.loads(done.stdout)["against"] == "models"
        for arguments in (("--sql", "--format", "json"), ("--against", "absent.txt")):
            assert limbeck.alembic(tmp_path, "drift", *arguments).returncode == 255


@pytest.mark.parametrize("against", ["migrations", "models"])
class TestReadOnly:
    """The database of the project is only read, by statements that it takes from a reader."""

    def check(self, config: Config, against: str) -> None:
        assert found(config, against, proposes=True).differences != ()

    def test_postgresql(self, postgresql_url: str, tmp_path: Path, against: str) -> None:
        config = write(tmp_path, postgresql_url)
        name = sa.make_url(postgresql_url).database
        execute(
            postgresql_url,
            "DROP INDEX ix",
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = on',
        )
        with pytest.raises(sa.exc.DBAPIError, match="read-only transaction"):
            execute(postgresql_url, "CREATE TABLE refused (x integer)")
        self.check(config, against)

    def test_mariadb(
        self, mariadb_server: Server, mariadb_url: str, tmp_path: Path, against: str
    ) -> None:
        write(tmp_path, mariadb_url)
        address = sa.make_url(mariadb_url)
        reader = f"'r{address.database}'@'%%'"
        execute(
            mariadb_url,
            "DROP INDEX ix ON t",
            f"CREATE USER {reader} IDENTIFIED BY 'x'",
            f"GRANT SELECT ON `{address.database}`.* TO {reader}",
            f"GRANT ALL ON `limbeck\\_scratch\\_%%`.* TO {reader}",
        )
        url = address.set(username=f"r{address.database}", password="x")
        text = url.render_as_string(hide_password=False)
        with pytest.raises(sa.exc.DBAPIError, match="denied"):
            execute(text, "CREATE TABLE refused (x integer)")
        ini = tmp_path / "alembic.ini"
        ini.write_text(ini.read_text().replace(mariadb_url, text))
        self.check(Config(str(ini)), against)
        execute(mariadb_url, f"DROP USER {reader}")

    def test_sqlite(self, sqlite_url: str, tmp_path: Path, against: str) -> None:
        write(tmp_path, sqlite_url)
        execute(sqlite_url, "DROP INDEX ix")
        path = sa.make_url(sqlite_url).database
        read_only = f"sqlite:///file:{path}?mode=ro&uri=true"
        with pytest.raises(sa.exc.OperationalError, match="readonly"):
            execute(read_only, "CREATE TABLE refused (x integer)")
        ini = tmp_path / "alembic.ini"
        ini.write_text(ini.read_text().replace(sqlite_url, read_only))
        self.check(Config(str(ini)), against)
