"""limbeck's own plugins run only if a setting, env.py, the command line or the models ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from limbeck.autogenerate import _plugins
from limbeck.autogenerate.context import AutogenContext
from limbeck.config import Config
from limbeck.migration import MigrationContext
from limbeck.runtime.environment import EnvironmentContext
from limbeck.script import ScriptDirectory
from limbeck.util.exc import CommandError


def _enabled(tmp_path: Path, setting: str, **opts: Any) -> list[str]:
    ini = tmp_path / "alembic.ini"
    ini.write_text(
        f"[alembic]\nscript_location = {tmp_path}\n[limbeck]\nautogenerate = {setting}\n"
    )
    config = Config(str(ini))
    environment = EnvironmentContext(config, ScriptDirectory(str(tmp_path)))
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        migration = MigrationContext.configure(
            connection, environment_context=environment, opts=opts
        )
        context = AutogenContext(migration, sa.MetaData())
        return _plugins.enabled_plugins(context, compares=True)


def test_off_by_default(tmp_path: Path) -> None:
    assert _enabled(tmp_path, "") == ["alembic.autogenerate.*"]


def test_option_asks_for_renames(tmp_path: Path) -> None:
    assert _enabled(tmp_path, "", renames=["a:b"])[-1] == "limbeck.renames"


def test_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CommandError, match=r"'autogenerate' of \[limbeck\] names 'enumz'; there are "
    ):
        _enabled(tmp_path, "enumz")
