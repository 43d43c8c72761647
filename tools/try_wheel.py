"""Run the main job with the installed package: a new project, a revision, up and down on SQLite.

Needs nothing but the package, so that it runs in any environment in which a wheel was installed.
"""

import subprocess
import sys
import tempfile
from pathlib import Path


def alembic(folder: Path, *arguments: str) -> str:
    """Run a command, and return what it prints.

    :raises SystemExit: it failed
    """
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"alembic {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(alembic(folder, "--version").strip())
        alembic(folder, "init", "migrations")
        ini = folder / "alembic.ini"
        text = ini.read_text(encoding="utf-8")
        url = "driver://user:pass@localhost/dbname"
        ini.write_text(text.replace(url, "sqlite:///app.db"), encoding="utf-8")
        alembic(folder, "revision", "-m", "first", "--rev-id", "1a")
        alembic(folder, "upgrade", "head")
        if not alembic(folder, "current").startswith("1a (head)"):
            raise SystemExit("`alembic current` does not show the revision")
        alembic(folder, "downgrade", "base")
        alembic(folder, "heads")
    print("the installed package works")


if __name__ == "__main__":
    main()
