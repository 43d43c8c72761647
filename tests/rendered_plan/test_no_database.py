"""A rendering never reaches a database, whatever the body does to get to one."""

import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from limbeck.rendered_plan.drivers import guarded_drivers
from limbeck.rendered_plan.no_database import no_database
from limbeck.rendered_plan.recorder import NeedsDatabaseError
from sqlalchemy.pool import StaticPool

from .rendering import one

#: An engine as an application has it: opened before, with a connection in its pool.
APPLICATION = sa.create_engine(
    "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "sa.create_engine('sqlite://').connect()",
            "the body opens a connection of its own",
        ),
        (
            "with sa.create_engine('sqlite://').begin() as c:\n    c.execute(sa.text('SELECT 1'))",
            "the body opens a connection of its own",
        ),
        (
            "from sqlalchemy.orm import Session\nSession(sa.create_engine('sqlite://')).execute(sa.text('SELECT 1'))",
            "the body opens a connection of its own",
        ),
        (
            "try:\n    sa.create_engine('sqlite://').connect()\nexcept Exception:\n    pass",
            "the body opens a connection of its own",
        ),
        (
            "import sys\nsys.modules['application'].engine.connect()",
            "the body uses an engine of its own",
        ),
        (
            """
import sys
from sqlalchemy.orm import Session
with Session(sys.modules['application'].engine) as s:
    s.execute(sa.text('DELETE FROM kept'))
""",
            "the body uses an engine of its own",
        ),
    ],
)
def test_body_with_an_engine_is_refused(
    tmp_path: Path, body: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with APPLICATION.begin() as connection:
        connection.execute(sa.text("CREATE TABLE IF NOT EXISTS kept (a INTEGER)"))
        connection.execute(sa.text("INSERT INTO kept VALUES (1)"))
    monkeypatch.setitem(sys.modules, "application", type("", (), {"engine": APPLICATION}))
    step = one(tmp_path / "p", f"op.drop_table('before')\n{body}\nop.drop_table('after')")
    assert len(step.statements) == 1
    assert step.unrendered is not None
    assert step.unrendered.reason == reason
    with APPLICATION.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM kept")).scalar_one() == 1
        connection.execute(sa.text("DROP TABLE kept"))


_DRIVERS = (
    ("psycopg", "psycopg.connect({url!r})"),
    ("psycopg", "psycopg.Connection.connect({url!r})"),
    ("psycopg2", "psycopg2.connect({url!r})"),
    ("asyncpg", "__import__('asyncio').run(asyncpg.connect({url!r}))"),
    ("pymysql", "pymysql.connect(host='127.0.0.1')"),
    ("sqlite3", "sqlite3.connect('never.db')"),
    ("sqlite3.dbapi2", "sqlite3.dbapi2.connect('never.db')"),
    ("aiosqlite", "__import__('asyncio').run(aiosqlite.connect('never.db'))"),
)


@pytest.mark.parametrize(("driver", "call"), _DRIVERS)
@pytest.mark.parametrize("is_loaded", [True, False])
def test_driver_of_a_body_does_not_connect(
    driver: str,
    call: str,
    is_loaded: bool,
    postgresql_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether the driver was imported before, or is by the body."""
    pytest.importorskip(driver, reason=f"pip install {driver}")
    monkeypatch.chdir(tmp_path)
    if not is_loaded:
        for name in [n for n in sys.modules if n.partition(".")[0] == driver.partition(".")[0]]:
            monkeypatch.delitem(sys.modules, name)
    url = sa.make_url(postgresql_url).set(drivername="postgresql")
    text = call.format(url=url.render_as_string(hide_password=False))
    step = one(tmp_path / "p", f"import {driver}\nop.drop_table('before')\n{text}")
    assert len(step.statements) == 1
    assert step.unrendered is not None
    assert step.unrendered.reason.startswith("the body connects with ")
    assert not (tmp_path / "never.db").exists()


@pytest.mark.parametrize("name", ["asyncmy", "pymysql"])
def test_driver_asks_before_it_connects(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType(name)
    module.connect = lambda: "connected"  # type: ignore[attr-defined] # like the driver
    monkeypatch.setitem(sys.modules, name, module)
    asked: list[str] = []
    with guarded_drivers(asked.append):
        assert module.connect() == "connected"
    assert module.connect() == "connected"
    assert asked == [name]


def test_drivers_are_as_before(tmp_path: Path) -> None:
    """After the last block, also of a driver that was imported within one; other threads connect at any time."""
    code = """
import sqlite3, sys, threading
from limbeck.rendered_plan.drivers import guarded_drivers
from limbeck.rendered_plan.no_database import no_database
before = sqlite3.connect
done = []
def work():
    with no_database():
        pass
    sqlite3.connect(":memory:").close()
    done.append(1)
with no_database():
    import psycopg
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert sqlite3.connect is not before
assert done == [1]
assert sqlite3.connect is before
assert sqlite3.dbapi2.connect is before
assert psycopg.connect == psycopg.Connection.connect
assert psycopg.Connection.__dict__["connect"].__func__.__module__ == "psycopg.connection"
assert all(type(finder).__module__ != "limbeck.rendered_plan.drivers" for finder in sys.meta_path)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_threads_keep_their_engines() -> None:
    answers: list[int] = []

    def ask() -> None:
        with sa.create_engine("sqlite://").connect() as connection:
            answers.append(connection.execute(sa.text("SELECT 1")).scalar_one())

    with no_database():
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        with pytest.raises(NeedsDatabaseError):
            ask()
    ask()
    assert answers == [1, 1]


def test_no_listener_remains() -> None:
    """With `_has_events`, every statement of the process would look for listeners."""
    before = (sa.Engine._has_events, sa.engine.Dialect._has_events)
    with no_database():
        pass
    assert (sa.Engine._has_events, sa.engine.Dialect._has_events) == before
    engine = sa.create_engine("sqlite://")
    assert not engine.dispatch.engine_connect
    assert not engine.dialect.dispatch.do_connect
