"""The body that the mode `schema` writes makes what the old revisions make."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from limbeck.config import Config
from limbeck.script.base import ScriptDirectory
from limbeck.squashing.body import Body
from limbeck.squashing.schema import write_schema
from limbeck.util.exc import CommandError
from support import projects
from support.programs import Program
from support.squashed import contents, replace_chain

TwoUrls = Callable[[str], tuple[str, str]]


def written(folder: Path, url: str, bodies: Sequence[str], first: int = 0, **options: Any) -> Body:
    """Write a project with a chain, and return the body for its revisions from the number `first` on."""
    projects.make(folder, url)
    names = projects.chain(folder, len(bodies), dict(enumerate(bodies)))
    config = Config(str(folder / "alembic.ini"))
    script = ScriptDirectory.from_config(config)
    return write_schema(config, script, [script.get_revision(n) for n in names[first:]], **options)


def assert_same(
    folder: Path,
    urls: tuple[str, str],
    bodies: Sequence[str],
    reference: Program,
    first: int = 0,
    *,
    stays: bool = False,
    **options: Any,
) -> Body:
    """Compare the database of a chain with that of the new revision, which Alembic itself runs.

    :param stays: leave both at the head.
    """
    old, new = urls
    body = written(folder, old, bodies, first, **options)
    ini = folder / "alembic.ini"
    command.upgrade(Config(str(ini)), "head")
    replace_chain(folder / "migrations" / "versions", body, first)
    ini.write_text(ini.read_text().replace(old.replace("%", "%%"), new.replace("%", "%%")))
    if first:
        command.upgrade(Config(str(ini)), f"r{first:04}")
    before = contents(new)
    done = reference.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert contents(new) == contents(old)
    if stays:
        return body
    done = reference.alembic(folder, "downgrade", f"r{first:04}" if first else "base")
    assert done.returncode == 0, done.stderr
    assert contents(new) == before
    return body


_POSTGRESQL = [
    """
op.execute("CREATE SCHEMA other")
op.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
op.execute("ALTER TYPE mood ADD VALUE 'happy' AFTER 'sad'")
op.execute("CREATE DOMAIN positive AS integer DEFAULT 1 NOT NULL CONSTRAINT is_positive CHECK (VALUE > 0)")
op.execute("CREATE TYPE pair AS (a integer, \\"B\\" text)")
op.execute("CREATE TYPE floats AS RANGE (SUBTYPE = float8)")
op.execute("CREATE SEQUENCE numbers START 7 INCREMENT 3 CACHE 5 CYCLE MAXVALUE 100")
op.execute('''CREATE FUNCTION double(x integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  -- '\\\\:x' and \\\\n and 100%
    RETURN x * 2;
END
$$''')
op.create_table(
    "parents",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(30), server_default="it's: 5", comment="what it's called"),
    sa.Column("mood", sa.Enum(name="mood", create_type=False), server_default="ok"),
    sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    sa.Column("total", sa.Numeric(10, 2), nullable=False),
    sa.Column("doubled", sa.Numeric, sa.Computed("total * 2", persisted=True)),
    sa.Column("state", sa.Enum("a", "it's", native_enum=False, create_constraint=True, name="state")),
    sa.CheckConstraint("total > 0", name="total_is_positive"),
    comment="The parents",
)
op.execute("ALTER TABLE parents RENAME TO elders")
op.execute("CREATE TABLE pairs (id serial PRIMARY KEY, pairs pair[], x positive, y text DEFAULT '5%')")
op.execute("ALTER TABLE pairs ADD CONSTRAINT late CHECK (x > 1) NOT VALID")
op.execute("ALTER TABLE elders ADD COLUMN code text COLLATE \\"C\\" DEFAULT double(2)::text")
op.execute("ALTER TABLE elders ADD COLUMN n bigint DEFAULT nextval('numbers')")
""",
    """
op.create_table(
    "children",
    sa.Column("id", sa.BigInteger, sa.Identity(always=True, start=10, increment=5), primary_key=True),
    sa.Column("elder", sa.Integer, sa.ForeignKey("elders.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")),
    sa.Column("friend", sa.BigInteger),
    sa.Column("tags", sa.ARRAY(sa.Text)),
    sa.Column("data", sa.JSON),
    sa.UniqueConstraint("elder", "friend", name="elder_friend"),
)
op.execute("ALTER TABLE children ADD COLUMN during int4range")
op.execute("ALTER TABLE children ADD CONSTRAINT apart EXCLUDE USING gist (during WITH &&)")
op.execute("ALTER TABLE elders ADD COLUMN favourite bigint REFERENCES children (id)")
op.execute("CREATE INDEX by_name ON elders (lower(name) DESC NULLS LAST, mood) INCLUDE (code) WHERE total > 5")
op.execute("CREATE UNIQUE INDEX by_code ON elders (code text_pattern_ops) NULLS NOT DISTINCT WITH (fillfactor = 70)")
op.execute("CREATE INDEX by_tags ON children USING gin (tags)")
op.create_table("things", sa.Column("id", sa.SmallInteger, primary_key=True), schema="other")
op.execute("CREATE INDEX by_id ON other.things (id DESC)")
op.execute("COMMENT ON INDEX by_tags IS 'all of them'")
""",
    """
op.execute("CREATE VIEW names AS SELECT id, name FROM elders WHERE mood <> 'sad' AND name IN ('a', 'it''s')")
op.execute("CREATE VIEW a_view_of_a_view AS SELECT name FROM names")
op.execute("COMMENT ON VIEW names IS 'the names'")
op.execute("CREATE MATERIALIZED VIEW totals AS SELECT sum(total) AS total FROM elders")
op.execute("CREATE FUNCTION elders_of(m mood) RETURNS SETOF elders LANGUAGE sql STABLE AS 'SELECT * FROM elders WHERE mood = m'")
op.execute("CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1'")
op.execute('''CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.at := now(); RETURN NEW; END $$''')
op.execute("CREATE TRIGGER touched BEFORE UPDATE OF name ON elders FOR EACH ROW WHEN (OLD.name <> NEW.name) EXECUTE FUNCTION touch()")
op.execute("ALTER TABLE elders ENABLE ROW LEVEL SECURITY")
op.execute("CREATE POLICY own ON elders FOR SELECT TO PUBLIC USING (name = current_user)")
op.execute("GRANT SELECT, INSERT ON elders TO PUBLIC")
op.execute("CREATE UNLOGGED TABLE cache (key text PRIMARY KEY, value xml)")
op.execute("CREATE TABLE logs (at date NOT NULL, text text, PRIMARY KEY (at)) PARTITION BY RANGE (at)")
op.execute("CREATE INDEX by_text ON logs (text)")
op.execute("CREATE TABLE logs_2026 PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')")
op.execute("CREATE EXTENSION citext")
""",
]
_SQLITE = [
    """
op.create_table(
    "parents",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(30), server_default="it's: 5%"),
    sa.Column("at", sa.DateTime, server_default=sa.func.now()),
    sa.Column("flag", sa.Boolean(create_constraint=True, name="flag_is_boolean"), nullable=False),
    sa.Column("total", sa.Numeric(10, 2), nullable=False),
    sa.CheckConstraint("total > 0", name="total_is_positive"),
)
op.execute("CREATE TABLE odd (id INTEGER PRIMARY KEY AUTOINCREMENT, u UUID, n TEXT COLLATE NOCASE, m AS (n || '\\\\:x') STORED, z)")
op.execute("CREATE TABLE strict_one (id INTEGER PRIMARY KEY, b ANY) STRICT")
op.execute("CREATE TABLE rowless (a TEXT, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID")
""",
    """
op.create_table(
    "children",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("parent", sa.Integer, sa.ForeignKey("parents.id", name="fk_parent", ondelete="CASCADE")),
    sa.UniqueConstraint("id", "parent", name="both"),
)
with op.batch_alter_table("parents") as batch:
    batch.add_column(sa.Column("child", sa.Integer))
    batch.create_foreign_key("fk_child", "children", ["child"], ["id"])
op.execute("CREATE INDEX by_name ON parents (lower(name) DESC, at) WHERE total > 5")
op.create_index("by_total", "parents", ["total"], unique=True)
op.execute("CREATE INDEX by_at ON parents (at COLLATE NOCASE DESC)")
op.execute("CREATE VIEW names AS SELECT id, name FROM parents -- all\\n WHERE total > 1")
op.execute('''CREATE TRIGGER touched AFTER UPDATE ON parents BEGIN
  UPDATE parents SET at = CURRENT_TIMESTAMP WHERE id = NEW.id;
    DELETE FROM odd;
END''')
op.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
""",
]


_MARIADB = [
    """
op.create_table(
    "parents",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(30), server_default="it's: 5%", comment="what it's called"),
    sa.Column("kind", sa.Enum("a", "b", name="kind"), nullable=False),
    sa.Column("at", sa.TIMESTAMP, server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"), nullable=False),
    sa.Column("total", sa.Numeric(10, 2), nullable=False),
    sa.Column("doubled", sa.Numeric(10, 2), sa.Computed("total * 2", persisted=True)),
    sa.Column("data", sa.JSON),
    sa.CheckConstraint("total > 0", name="total_is_positive"),
    comment="The parents",
    mysql_charset="latin1",
)
op.execute("ALTER TABLE parents ADD COLUMN code varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
op.execute("CREATE FUNCTION twice(x INT) RETURNS INT DETERMINISTIC RETURN x * 2")
""",
    """
op.create_table(
    "children",
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("parent", sa.Integer, sa.ForeignKey("parents.id", name="to_parent", ondelete="CASCADE")),
    sa.Column("words", sa.Text),
    sa.UniqueConstraint("id", "parent", name="both"),
)
op.add_column("parents", sa.Column("favourite", sa.BigInteger))
op.create_foreign_key("to_favourite", "parents", "children", ["favourite"], ["id"])
op.execute("CREATE INDEX by_name ON parents (name(10), total DESC)")
op.execute("CREATE FULLTEXT INDEX by_words ON children (words)")
op.execute("CREATE VIEW names AS SELECT id, name FROM parents WHERE total > 1")
op.execute("CREATE PROCEDURE nothing() SELECT 1")
op.execute('''CREATE TRIGGER doubled BEFORE INSERT ON children FOR EACH ROW BEGIN
  SET NEW.words = CONCAT(NEW.words, '5%');
END''')
op.execute("CREATE SEQUENCE numbers START WITH 7 INCREMENT BY 3")
""",
]


def test_postgresql(tmp_path: Path, two_urls: TwoUrls, reference: Program) -> None:
    body = assert_same(tmp_path, two_urls("postgresql"), _POSTGRESQL, reference)
    made = set(re.findall(r"op\.create_table\(\n    '(\w+)'", body.upgrade))
    assert made == {"elders", "children", "things", "logs"}


def test_sqlite(tmp_path: Path, two_urls: TwoUrls, reference: Program) -> None:
    body = assert_same(tmp_path, two_urls("sqlite"), _SQLITE, reference)
    assert "op.create_table(\n    'parents'," in body.upgrade


def test_mariadb(tmp_path: Path, two_urls: TwoUrls, reference: Program) -> None:
    body = assert_same(tmp_path, two_urls("mariadb"), _MARIADB, reference)
    assert "op.create_table(\n    'children'," in body.upgrade


_MIDDLE = [
    """
op.create_table("a", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.String(20)), sa.Column("y", sa.Integer))
op.create_index("ix_x", "a", ["x"])
op.create_table("b", sa.Column("id", sa.Integer, primary_key=True))
op.execute("CREATE VIEW v AS SELECT id FROM a")
""",
    """
with op.batch_alter_table("a") as batch:
    batch.add_column(sa.Column("z", sa.Integer, server_default="5", nullable=False))
    batch.alter_column("x", type_=sa.String(40), existing_type=sa.String(20))
op.create_index("ix_z", "a", ["z"], unique=True)
op.drop_table("b")
""",
    """
op.drop_index("ix_x", "a")
op.create_table("c", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer, sa.ForeignKey("a.id", name="to_a")))
op.execute("DROP VIEW v")
op.execute("CREATE VIEW w AS SELECT z FROM a")
""",
]


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_range_on_earlier_revisions(
    tmp_path: Path, two_urls: TwoUrls, reference: Program, database: str
) -> None:
    # A rebuild of SQLite fails with a view on the table.
    bodies = [re.sub(r".*VIEW v.*", "", b) if database == "sqlite" else b for b in _MIDDLE]
    body = assert_same(tmp_path, two_urls(database), bodies, reference, first=1)
    assert "'z'" in body.upgrade


def test_changed_constraints(tmp_path: Path, two_urls: TwoUrls, reference: Program) -> None:
    """Autogenerate compares no primary keys, and checks by their names only."""
    columns = "a integer NOT NULL, b varchar(9)"
    before = "CONSTRAINT key PRIMARY KEY (a), CONSTRAINT one CHECK (b IN ('x', 'y')), CONSTRAINT two UNIQUE (b)"
    statements = (
        "ALTER TABLE t DROP CONSTRAINT key",
        "ALTER TABLE t ADD CONSTRAINT key PRIMARY KEY (a, b)",
        "ALTER TABLE t DROP CONSTRAINT one",
        "ALTER TABLE t ADD CONSTRAINT one CHECK (b IN ('x', 'y', 'z'))",
        "ALTER TABLE t DROP CONSTRAINT two",
        "ALTER TABLE t ADD CONSTRAINT three EXCLUDE (a WITH =) DEFERRABLE",
    )
    bodies = [
        f'op.execute("CREATE TABLE t ({columns}, {before})")',
        "\n".join(f'op.execute("{statement}")' for statement in statements),
    ]
    assert_same(tmp_path, two_urls("postgresql"), bodies, reference, first=1)


class TestRefusals:
    def test_everything_is_listed(self, tmp_path: Path, postgresql_url: str) -> None:
        statements = (
            "CREATE TABLE t (id integer)",
            "ALTER TABLE t REPLICA IDENTITY FULL",
            "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
            "CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer)",
        )
        bodies = [f"op.execute({statement!r})" for statement in statements]
        with pytest.raises(CommandError) as found:
            written(tmp_path, postgresql_url, bodies)
        assert str(found.value).splitlines() == [
            "Not everything that the revisions make can be written as operations:",
            "  aggregate total(integer)",
            "  rule r on t",
            "  the replica identity of table t",
            "",
            "hint: use --mode concat",
        ]

    def test_pragma(self, tmp_path: Path, sqlite_url: str) -> None:
        with pytest.raises(CommandError, match="PRAGMA user_version = 7"):
            written(tmp_path, sqlite_url, ["op.execute('PRAGMA user_version = 7')"])

    def test_downgrade_that_is_not_the_state_before(
        self, tmp_path: Path, postgresql_url: str
    ) -> None:
        bodies = [
            """op.execute("CREATE TYPE mood AS ENUM ('a')")\nop.execute("CREATE TABLE t (m mood)")""",
            """op.execute("ALTER TYPE mood ADD VALUE 'b'")""",
        ]
        with pytest.raises(CommandError, match="cannot drop type mood"):
            written(tmp_path, postgresql_url, bodies, first=1)
