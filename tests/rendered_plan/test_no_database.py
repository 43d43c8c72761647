"""A rendering never reaches a database, whatever the body does to get to one."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
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
    monkeypatch.setitem(
        __import__("sys").modules, "application", type("", (), {"engine": APPLICATION})
    )
    step = one(tmp_path / "p", f"op.drop_table('before')\n{body}\nop.drop_table('after')")
    assert len(step.statements) == 1
    assert step.unrendered is not None
    assert step.unrendered.reason == reason
    with APPLICATION.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM kept")).scalar_one() == 1
        connection.execute(sa.text("DROP TABLE kept"))


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
