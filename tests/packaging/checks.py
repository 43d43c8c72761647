"""What an environment with limbeck in it has to be able to do."""

from pathlib import Path

from .conftest import run


def alembic_works(interpreter: Path, folder: Path) -> None:
    """Both commands, `python -m` and the packages; a project on SQLite there and back."""
    folder.mkdir(parents=True, exist_ok=True)
    bin_ = interpreter.parent
    assert "limbeck" in run(bin_ / "alembic", "--version", cwd=folder)
    assert "limbeck" in run(bin_ / "limbeck", "--version", cwd=folder)
    assert "limbeck" in run(interpreter, "-m", "alembic", "--version", cwd=folder)
    code = "import alembic.op, limbeck.op; print(alembic.__version__, alembic.op is limbeck.op)"
    assert run(interpreter, "-c", code, cwd=folder) == "1.20.1 True\n"
    run(bin_ / "alembic", "init", "migrations", cwd=folder)
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", "sqlite:///a.db"))
    run(bin_ / "alembic", "revision", "-m", "one", "--rev-id", "aa", cwd=folder)
    run(bin_ / "alembic", "upgrade", "head", cwd=folder)
    assert run(bin_ / "alembic", "current", cwd=folder) == "aa (head)\n"
    run(bin_ / "alembic", "downgrade", "base", cwd=folder)
    assert run(bin_ / "alembic", "current", cwd=folder) == ""
