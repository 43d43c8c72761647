"""What SQLite does with the examples."""

import pytest
import sqlalchemy as sa

from .linting import RULES
from .test_live_postgresql import prepare

_ROWS = (
    "op.execute(\"INSERT INTO shop VALUES (1, 'a')\")\n"
    'op.execute("INSERT INTO account VALUES (1, 1)")\n'
)


@pytest.mark.parametrize(("kind", "left"), [("wrong", 0), ("right", 1)])
def test_rebuild_with_foreign_keys_deletes_rows_of_other_tables(
    kind: str, left: int, sqlite_url: str
) -> None:
    (rule,) = (rule for rule in RULES if rule.name == "sqlite-rebuild-with-foreign-keys")
    engine = sa.create_engine(sqlite_url)
    sa.event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA foreign_keys = ON"))
    prepare(engine, f"{rule.example.before}\n{_ROWS}op.get_bind().commit()")
    prepare(engine, getattr(rule.example, kind))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM account").scalar_one() == left


def test_new_column_without_default_is_refused(sqlite_url: str) -> None:
    (rule,) = (rule for rule in RULES if rule.name == "not-null-without-default")
    engine = sa.create_engine(sqlite_url)
    prepare(engine, f"{rule.example.before}\nop.execute(\"INSERT INTO account VALUES (1, 'a')\")")
    with pytest.raises(sa.exc.OperationalError, match="NOT NULL column with default value NULL"):
        prepare(engine, rule.example.wrong)
    prepare(engine, rule.example.right)


_REFLECTED = """
with op.batch_alter_table("account"{more}) as batch:
    batch.alter_column("email", nullable=False)
"""


@pytest.mark.filterwarnings("ignore:Unnamed CHECK constraint")
@pytest.mark.parametrize(
    ("body", "is_kept"),
    [
        ("wrong", False),
        ("right", True),
        (_REFLECTED.format(more=""), False),
        (_REFLECTED.format(more=", table_args=(sa.CheckConstraint('age > 0'),)"), True),
    ],
)
def test_rebuild_loses_a_check_without_a_name(body: str, is_kept: bool, sqlite_url: str) -> None:
    (rule,) = (rule for rule in RULES if rule.name == "sqlite-rebuild-loses-constraint")
    engine = sa.create_engine(sqlite_url)
    prepare(engine, rule.example.before)
    prepare(engine, getattr(rule.example, body, body))
    with engine.begin() as connection:
        insert = "INSERT INTO account (age, email) VALUES (-1, 'a')"
        if is_kept:
            with pytest.raises(sa.exc.IntegrityError, match="CHECK constraint failed"):
                connection.exec_driver_sql(insert)
        else:
            connection.exec_driver_sql(insert)
