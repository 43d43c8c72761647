"""Files and folders on which Alembic only fails."""

from pathlib import Path

import pytest
from support.programs import Program


def make(folder: Path, limbeck: Program) -> Path:
    """Make a project with one revision, and return its ini file."""
    folder.mkdir()
    assert limbeck.alembic(folder, "init", "m").returncode == 0
    ini = folder / "alembic.ini"
    text = ini.read_text()
    url = next(line for line in text.splitlines() if line.startswith("sqlalchemy.url"))
    ini.write_text(text.replace(url, "sqlalchemy.url = sqlite:///app.db"))
    assert limbeck.alembic(folder, "revision", "-m", "a", "--rev-id", "a1").returncode == 0
    return ini


@pytest.mark.parametrize("name", ["a%b c", "100%", "%(here)s", "a%%b"])
def test_folder_with_a_percent_sign(tmp_path: Path, limbeck: Program, name: str) -> None:
    folder = tmp_path / name
    make(folder, limbeck)
    assert limbeck.alembic(folder, "heads").stdout == "a1 (head)\n"
    done = limbeck.alembic(folder, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert limbeck.alembic(folder, "current").stdout == "a1 (head)\n"


def test_byte_order_mark(tmp_path: Path, limbeck: Program) -> None:
    ini = make(tmp_path / "p", limbeck)
    ini.write_bytes(b"\xef\xbb\xbf" + ini.read_bytes())
    assert limbeck.alembic(ini.parent, "heads").stdout == "a1 (head)\n"
    assert limbeck.alembic(ini.parent, "upgrade", "head").returncode == 0


def test_utf_8_in_another_locale(tmp_path: Path, limbeck: Program) -> None:
    ini = make(tmp_path / "p", limbeck)
    ini.write_text("# größer: 5 €\n" + ini.read_text(), encoding="utf-8")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for command in (["heads"], ["upgrade", "head"]):
        done = limbeck.alembic(ini.parent, *command, env=ascii_only)
        assert done.returncode == 0, done.stderr


def test_exit_status_of_a_hook(tmp_path: Path, limbeck: Program) -> None:
    ini = make(tmp_path / "p", limbeck)
    hook = "hooks = h\nh.type = exec\nh.executable = false\n"
    ini.write_text(ini.read_text().replace("[post_write_hooks]\n", f"[post_write_hooks]\n{hook}"))
    done = limbeck.alembic(ini.parent, "revision", "-m", "b")
    assert done.returncode == 0
    assert done.stderr.endswith("post write hook 'h' ended with exit status 1\n")
