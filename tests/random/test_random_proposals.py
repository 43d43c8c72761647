"""Whatever differs, the proposal of `drift --sql` removes the difference or lists it, and runs."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from limbeck import command
from limbeck.config import Config
from limbeck.drift import drift
from limbeck.script.base import ScriptDirectory
from support import projects

from .conftest import _seed
from .schema_cases import Schema, changed, make, statements

_CAST = re.compile(r"::(text|character varying)\b")
_BY_HAND = "-- Not written as statements:\n"


def project(folder: Path, url: str, kind: str, schema: Schema) -> Config:
    """Write a project whose revision makes a schema."""
    projects.make(folder, url)
    lines = [
        f"op.get_bind().exec_driver_sql({text.replace('%', '%%')!r})"
        for text in statements(kind, schema)
    ]
    projects.chain(folder, 1, {0: "\n".join(lines)})
    return Config(str(folder / "alembic.ini"))


def execute(url: str, *texts: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for text in texts:
            connection.exec_driver_sql(text.replace("%", "%%"))


def test_proposal_removes_what_it_does_not_list(
    database_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """The database is changed with all attributes in some cases, and with one in the others."""
    kind = sa.make_url(database_url).get_backend_name()
    seed = _seed(pytestconfig)
    removed = 0
    for number in range(pytestconfig.getoption("random_cases", None) or 10):
        rng = random.Random(f"{seed} {kind} {number}")
        name, first, second = changed(kind, make(kind, rng), rng)
        if number % 3 == 0:
            second = make(kind, rng)
        if first["n.type"] != second["n.type"]:
            # PostgreSQL refuses that while the column is used elsewhere.
            unused = {"g": "", "policy": ""}
            first, second = {**first, **unused}, {**second, **unused}
        config = project(tmp_path / str(number), database_url, kind, first)
        command.stamp(config, "head")
        execute(database_url, *statements(kind, second))
        script = ScriptDirectory.from_config(config)
        found = drift(config, script, proposes=True)
        proposed, _, by_hand = found.proposal.partition(_BY_HAND)
        listed = by_hand.splitlines()
        case = f"case {number}: {name}\n{found.proposal}"
        for difference in found.differences:
            assert f"-- {difference}" in found.proposal.splitlines(), case
        text = "\n".join(line for line in proposed.splitlines() if not line.startswith("-- "))
        try:
            execute(database_url, *filter(None, map(str.strip, text.split(";\n"))))
        except sa.exc.DBAPIError as error:
            raise AssertionError(f"{case}\n{error}") from error
        left = [
            difference
            for difference in drift(config, script).differences
            # PostgreSQL keeps the type of a default, which has no effect.
            if _CAST.sub("", difference.before or "") != _CAST.sub("", difference.after or "")
        ]
        names = {str(difference.object) for difference in left}
        allowed = {line for line in names if any(line in item for item in listed)}
        if any("column t.s" in item for item in listed):
            # Its type is a part of the expressions.
            allowed |= names & {"index t.ie", "index t.ix", "constraint t.ck"}
        assert names == allowed, f"{case}\nleft: {left}"
        removed += len(found.differences) - len(left)
        _drop(database_url)
    assert removed > 0


def _drop(url: str) -> None:
    """Empty the database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if engine.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
            return
        connection.exec_driver_sql("DROP VIEW IF EXISTS v")
        for table in ("c", "p", "t", "alembic_version"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
