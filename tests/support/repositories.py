"""Git repositories with the revisions of a team: a branch `main`, and branches with revisions of their own."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from limbeck.config import Config

from support import projects
from support.programs import Completed, Program

#: A file as `alembic revision` writes it; the header has the annotations of the template.
ANNOTATED = '''"""{message}

Revision ID: {id}
Revises: {revises}
Create Date: 2026-01-02 03:04:05

"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '{id}'
down_revision: Union[str, Sequence[str], None] = {down}  # the parent
branch_labels: Union[str, Sequence[str], None] = {labels}
depends_on: Union[str, Sequence[str], None] = {needs}


def upgrade() -> None:
    {upgrade}


def downgrade() -> None:
    {downgrade}
'''


class Repository:
    """A project in a Git repository.

    :ivar folder: the folder of alembic.ini.
    :ivar versions: the folder of the revision files.
    """

    def __init__(
        self, folder: Path, program: Program | None = None, *, linear: bool = True, more: str = ""
    ) -> None:
        settings = "[limbeck]\nlinear = true\n" if linear else ""
        self.folder = projects.make(folder, "sqlite:///app.db", settings=settings, more=more)
        self.versions = folder / "migrations" / "versions"
        self.program = program
        (folder / "migrations" / "script.py.mako").write_text(MAKO)
        (folder / ".gitignore").write_text("__pycache__/\n*.db\n")
        # Text stays as it is written, also on a machine with another setting.
        (folder / ".gitattributes").write_text("* -text\n")
        self.git("init", "--quiet", "--initial-branch=main")

    @property
    def config(self) -> Config:
        return Config(str(self.folder / "alembic.ini"))

    def git(self, *arguments: str, check: bool = True) -> str:
        """Run Git, and return its output."""
        identity = ("-c", "user.name=a", "-c", "user.email=a@localhost")
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
            env={**os.environ, "GIT_EDITOR": "true"},
        )
        assert not check or done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def commit(self, message: str = "x") -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)

    def switch(self, branch: str, *, new: bool = False) -> None:
        """Switch to a branch."""
        self.git("switch", "--quiet", *(["--create"] if new else []), branch)

    def add(
        self,
        id: str,
        down: str | Sequence[str] | None,
        upgrade: str | None = None,
        *,
        head: str | None = None,
        labels: Sequence[str] | None = None,
        needs: str | Sequence[str] | None = None,
        newline: str = "\n",
        encoding: str = "utf-8",
        text: str = ANNOTATED,
        folder: Path | None = None,
        commit: bool = True,
    ) -> Path:
        """Write a revision, which creates a table, and commit it.

        :param head: the content of `versions/HEAD`.
        """
        parents = [down] if isinstance(down, str) else list(down or ())
        body = f'op.create_table("t_{id}", sa.Column("id", sa.Integer))'
        source = text.format(
            id=id,
            message=f"make {id}",
            revises=", ".join(parents),
            down=repr(tuple(down)) if isinstance(down, (list, tuple)) else repr(down),
            labels=repr(labels),
            needs=repr(needs),
            upgrade=upgrade or body,
            downgrade="pass" if upgrade == "pass" else f'op.drop_table("t_{id}")',
        )
        path = (folder or self.versions) / f"{id}_make.py"
        path.parent.mkdir(exist_ok=True)  # Git removes an empty folder
        path.write_bytes(source.replace("\n", newline).encode(encoding))
        if head is not None:
            (self.versions / "HEAD").write_text(f"{head}\n")
        if commit:
            self.commit(id)
        return path

    def run(self, *arguments: str, status: int = 0) -> Completed:
        """Run `alembic`."""
        assert self.program is not None
        done = self.program.alembic(self.folder, *arguments)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def files(self, copy: Path | None = None) -> dict[str, bytes]:
        """Return the content of all files below the script directory, or below that of a copy."""
        folder = copy or self.folder
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in (folder / "migrations").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }


def changed_lines(before: bytes, after: bytes) -> list[int]:
    """Return the numbers of the lines that differ in two files with equally many lines."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    assert len(old) == len(new)
    return [number for number, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b]


MAKO = '''"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
Create Date: ${create_date}

"""
from alembic import op
import sqlalchemy as sa

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''
