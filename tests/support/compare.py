"""A project in two copies: Alembic runs each command in one, limbeck in the other, and the results must be equal."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from support.programs import Completed, Program

#: Patterns of text that differs between two runs, and their replacements.
_VARYING = (
    (re.compile(r"\d{4}[-/]\d{2}[-/]\d{2}[ T]\d{2}:\d{2}:\d{2}([.,]\d+)?"), "<time>"),
    # JupyterHub's log format names the file and line that logged.
    (re.compile(r"(?<= )\w+:\d+\]"), "<place>]"),
    (re.compile(r"0x[0-9a-f]+"), "<address>"),
)
_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"


def normalized(text: str, folder: Path, url: str) -> str:
    """Return `text` with a placeholder for each part that differs between two runs."""
    address = sa.make_url(url)
    text = text.replace(str(address), "<url>").replace(str(address.database), "<database>")
    text = text.replace(str(folder), "<project>")
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return text


def _lines(statement: str | None) -> list[str]:
    """Return the sorted lines of a CREATE TABLE: a rebuild writes unnamed constraints in any order."""
    return sorted(line.strip().rstrip(",") for line in (statement or "").splitlines())


def describe(url: str) -> Any:
    """Return a database's reflected tables, its version rows, and on SQLite its stored CREATE statements."""
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


def without_hint(text: str) -> str:
    """Return limbeck's standard error without the hint, which Alembic does not give."""
    before, found, _ = text.rpartition("\nhint: ")
    return before if found else text


def exception_line(text: str) -> str:
    """Return the line that names the exception at the end of a traceback; empty if there is none.

    The lines below it are left out, because limbeck adds the revision that failed and the recorded state there.
    """
    _, _, last = text.rpartition("Traceback (most recent call last):\n")
    return next((line for line in last.splitlines() if line[:1] not in ("", " ")), "")


@dataclass
class Copy:
    """The copy of one program."""

    program: Program
    folder: Path
    url: str
    env: Mapping[str, str] = field(default_factory=dict)

    def alembic(self, *args: str) -> Completed:
        return self.program.alembic(self.folder, *args, env=self.env)

    def normalized(self, text: str) -> str:
        """Return `text` with placeholders, as the function `normalized` does, for this copy."""
        return normalized(text, self.folder, self.url)


@dataclass
class Twins:
    """Both copies; each method acts on both."""

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
        """Run a command with both programs, and assert the same exit status, output and database.

        Of a traceback, only the line of the exception is compared.

        :param fails: whether the command has to fail; None if either is right
        :param ordered: False compares sorted lines: SQLAlchemy reflects tables in the order of a set
        :return: limbeck's run
        """
        theirs, ours = (copy.alembic(*args) for copy in self.both)
        report = f"alembic {' '.join(args)}\n--- Alembic\n{theirs.stdout}{theirs.stderr}"
        report += f"--- limbeck\n{ours.stdout}{ours.stderr}"
        assert ours.returncode == theirs.returncode, report
        if fails is not None:
            assert (theirs.returncode != 0) is fails, report
        for stream in ("stdout", "stderr"):
            expected = self.reference.normalized(getattr(theirs, stream))
            found = without_hint(self.limbeck.normalized(getattr(ours, stream)))
            if "Traceback (most recent call last)" in expected:
                expected, found = exception_line(expected), exception_line(found)
            if not ordered:
                expected, found = ("\n".join(sorted(t.splitlines())) for t in (expected, found))
            assert found == expected, report
        self.same_database(report)
        return ours

    def same_database(self, report: str = "") -> None:
        """Assert that both databases have the same schema and version rows."""
        theirs, ours = (describe(copy.url) for copy in self.both)
        assert ours == theirs, report

    def same_files(self) -> None:
        """Assert that both folders have the same file names; the texts of templates differ."""
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
    """Create two copies of `source`, or two empty folders.

    :param urls: the databases of Alembic and limbeck; SQLite files by default
    """
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
