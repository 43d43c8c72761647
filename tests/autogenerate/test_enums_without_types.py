"""Labels of MySQL's ENUM and of CHECK constraints, there and back on real databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from support.generated import database, there_and_back

_PLUGINS = ["alembic.autogenerate.*", "limbeck.enums"]


def _model(*labels: str, **options: Any) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("The kind", sa.Enum(*labels, name="kind", **options), nullable=False),
    )
    return metadata


@pytest.mark.parametrize("labels", [("a", "b", "cc"), ("b", "a"), ("a",), ("x", "it's", "a")])
def test_enum_column_of_mariadb(mariadb_url: str, labels: tuple[str, ...]) -> None:
    before, after = _model("a", "b"), _model(*labels)
    with database(mariadb_url) as connection:
        before.create_all(connection)
        connection.commit()
        made = there_and_back(connection, before, after, autogenerate_plugins=_PLUGINS)
    assert "alter_column" in made.upgrade


@pytest.mark.parametrize("labels", [("a", "b", "ccc"), ("a",), ("a", "x"), ("it's", "b")])
def test_check_of_an_enum(database_url: str, labels: tuple[str, ...]) -> None:
    options = {"native_enum": False, "create_constraint": True}
    before, after = _model("a", "b", **options), _model(*labels, **options)
    with database(database_url) as connection:
        before.create_all(connection)
        connection.commit()
        batch = connection.dialect.name == "sqlite"
        there_and_back(
            connection, before, after, autogenerate_plugins=_PLUGINS, render_as_batch=batch
        )
        connection.execute(after.tables["t"].insert().values({"The kind": labels[-1]}))
