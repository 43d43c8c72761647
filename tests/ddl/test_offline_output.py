"""The output stream of `--sql`."""

import io
from pathlib import Path

import pytest
from limbeck import command
from limbeck.config import Config


def test_offline_sql_is_written_to_output_buffer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "migrations"
    config = Config(tmp_path / "alembic.ini", stdout=io.StringIO())
    command.init(config, str(folder))
    buffer = io.StringIO()
    config = Config(tmp_path / "alembic.ini", output_buffer=buffer, stdout=io.StringIO())
    config.set_main_option("sqlalchemy.url", "postgresql://")
    command.revision(config, "one", rev_id="abc")
    capsys.readouterr()  # discard the output of `init` and `revision`
    command.upgrade(config, "head", sql=True)
    assert "INSERT INTO alembic_version (version_num) VALUES ('abc')" in buffer.getvalue()
    assert capsys.readouterr().out == ""
