"""One project in two copies: every command is run with Alembic in one and with limbeck in the other, and must do the same."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from support.programs import Completed, Program

#: What differs between two runs of one program, and what it becomes.
_CHANGING = (
    (re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}[ T]\d{2}:\d{2}:\d{2}([.,]\d+)?"), "<time>"),
    # JupyterHub's log format names the file and line that logged.
    (re.compile(r"(?<= )\w+:\d+\]"), "<place>]"),
    (re.compile(r"0x[0-9a-f]+"), "<address>"),
)
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"


def settled(text: str, folder: Path, url: str) -> str:
    """`text` without what differs between two runs."""
    address = sa.make_url(url)
    text = text.replace(str(address), "<url>").replace(str(address.database), "<database>")
    text = text.replace(str(folder), "<project>")
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    return text


def _lines(statement: str | None) -> list[str]:
    """The lines of a CREATE TABLE, sorted: where a table is copied, constraints without a name come in any order."""
    return sorted(line.strip().rstrip(",") for line in (statement or "").splitlines())


def describe(url: str) -> Any:
    """What is in a database: its tables as SQLAlchemy reflects them, and every row of the version tables."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            inspector = sa.inspect(connection)
            tables = {
                name: {
                    "columns": [
                        {**c, "type": repr(c["type"]), "default": str(c.get("default"))}
                        for c in inspector.get_columns(name)
                    ],
                    "primary key": inspector.get_pk_constraint(name),
                    "foreign keys": sorted(map(str, inspector.get_foreign_keys(name))),
                    "indexes": sorted(map(str, inspector.get_indexes(name))),
                    "unique": sorted(map(str, inspector.get_unique_constraints(name))),
                    "checks": sorted(map(str, inspector.get_check_constraints(name))),
                }
                for name in sorted(inspector.get_table_names())
            }
            versions = {
                name: sorted(connection.exec_driver_sql(f"SELECT * FROM {name}").scalars())
                for name in tables
                if name.startswith("alembic_version")
            }
            raw = (
                [(*row[:3], _lines(row[3])) for row in connection.exec_driver_sql(_SCHEMA)]
                if engine.dialect.name == "sqlite"
                else []
            )
            return {"tables": tables, "versions": versions, "raw": raw}
    finally:
        engine.dispose()


def raised(text: str) -> str:
    """The line of the exception itself in a text that ends with a traceback.

    Not what follows: limbeck adds which revision failed, and what is recorded as applied.
    """
    _, _, last = text.rpartition("Traceback (most recent call last):\n")
    return next((line for line in last.splitlines() if line[:1] not in ("", " ")), "")


@dataclass
class Copy:
    """One program's copy of the project."""

    program: Program
    folder: Path
    url: str
    env: Mapping[str, str] = field(default_factory=dict)

    def alembic(self, *args: str) -> Completed:
        return self.program.alembic(self.folder, *args, env=self.env)

    def settled(self, text: str) -> str:
        """`text` as either copy's program should have written it."""
        return settled(text, self.folder, self.url)


@dataclass
class Twins:
    """The two copies; each method acts on both."""

    reference: Copy
    limbeck: Copy

    @property
    def both(self) -> tuple[Copy, Copy]:
        return self.reference, self.limbeck

    def write(self, path: str, text: str) -> None:
        for copy in self.both:
            target = copy.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("<url>", copy.url), encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        for copy in self.both:
            target = copy.folder / path
            text = target.read_text(encoding="utf-8")
            assert old in text, f"{target} does not have {old!r}"
            target.write_text(text.replace(old, new.replace("<url>", copy.url)), encoding="utf-8")

    def do(self, action: Callable[[Copy], object]) -> None:
        for copy in self.both:
            action(copy)

    def alembic(self, *args: str, fails: bool | None = False, ordered: bool = True) -> Completed:
        """Run one command with both; give limbeck's run.

        Their exit status, output and the database afterwards must agree; where a traceback ends a command, the
        exception. `fails` is what is expected of both, None where either may be. Without `ordered`, lines may come in any
        order: SQLAlchemy reflects tables in the order of a set.
        """
        theirs, ours = (copy.alembic(*args) for copy in self.both)
        told = f"alembic {' '.join(args)}\n--- Alembic\n{theirs.stdout}{theirs.stderr}"
        told += f"--- limbeck\n{ours.stdout}{ours.stderr}"
        assert ours.returncode == theirs.returncode, told
        if fails is not None:
            assert (theirs.returncode != 0) is fails, told
        for stream in ("stdout", "stderr"):
            expected = self.reference.settled(getattr(theirs, stream))
            found = self.limbeck.settled(getattr(ours, stream))
            if "Traceback (most recent call last)" in expected:
                expected, found = raised(expected), raised(found)
            if not ordered:
                expected, found = ("\n".join(sorted(t.splitlines())) for t in (expected, found))
            assert found == expected, told
        self.same_database(told)
        return ours

    def same_database(self, told: str = "") -> None:
        """Assert that both databases have the same schema and version rows."""
        theirs, ours = (describe(copy.url) for copy in self.both)
        assert ours == theirs, told

    def same_files(self) -> None:
        """Assert that both folders have files of the same names: the words of templates are each program's own."""
        theirs, ours = (
            {
                path.relative_to(copy.folder).as_posix()
                for path in copy.folder.rglob("*")
                if path.is_file() and path.suffix not in (".pyc", ".db")
            }
            for copy in self.both
        )
        assert ours == theirs


def twins(
    reference: Program,
    limbeck: Program,
    folder: Path,
    urls: tuple[str, str] | None = None,
    source: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Twins:
    """Two copies of `source`, or two empty folders; on SQLite files unless `urls` are given."""
    copies = []
    for number, program in enumerate((reference, limbeck)):
        home = folder / program.name
        if source:
            shutil.copytree(source, home)
        else:
            home.mkdir(parents=True)
        url = urls[number] if urls else f"sqlite:///{home / 'test.db'}"
        copies.append(Copy(program, home, url, env or {}))
    return Twins(*copies)
