"""What one run of the benches has in common: the programs, the projects, the databases, and the limits of a row."""

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.programs import Program

from benches import projects
from benches.databases import Databases
from benches.measuring import Command, CommandFailed, Measured, in_turn
from benches.results import Row


@dataclass
class Bench:
    """One run of the benches.

    :ivar programs: the two programs by the titles of their columns, the one to compare with first
    :ivar folder: the scratch folder, in memory where the system has that
    :ivar pairs: the pairs of a row
    :ivar seconds: the time of a row, see `in_turn()`
    :ivar only: parts of `table/name` of the rows to measure; empty for all
    """

    programs: Mapping[str, Program]
    folder: Path
    databases: Databases
    pairs: int = 7
    seconds: float = 25.0
    only: Sequence[str] = ()

    @property
    def has_alembic(self) -> bool:
        """Whether limbeck is compared with Alembic, and not with another revision of itself."""
        return any(program.name == "reference" for program in self.programs.values())

    @property
    def current(self) -> tuple[str, Program]:
        """The title and the program under test."""
        return list(self.programs.items())[-1]

    def wants(self, table: str, name: str, kind: str = "sqlite") -> bool:
        """Return whether a row is to be measured and its kind of database exists."""
        patterns = [re.escape(part) + r"(?!\d)" for part in self.only]  # 1000 is not in 10000
        asked = not patterns or any(re.search(part, f"{table}/{name}") for part in patterns)
        if asked and kind not in self.databases.missing and not self.databases.has(kind):
            print(f"{kind} is left out: {self.databases.missing[kind]}", file=sys.stderr)
        return asked and kind not in self.databases.missing

    def row(
        self,
        table: str,
        name: str,
        title: str,
        sides: Mapping[str, Measured],
        *,
        size: int = 0,
        pairs: int | None = None,
    ) -> list[Row]:
        """Measure a row.

        :param sides: what is compared, by the titles of the columns
        :param pairs: fewer pairs than those of other rows
        :return: the row; nothing if the other revision of limbeck does not have the command
        """
        print(f"{table}/{name} ...", end="", flush=True, file=sys.stderr)
        if not self.has_alembic:
            try:
                next(iter(sides.values())).sample()
            except CommandFailed as failed:
                print(f" left out: {failed}", file=sys.stderr)
                return []
        found = in_turn(sides, min(pairs or self.pairs, self.pairs), self.seconds)
        row = Row(table, name, title, found, size)
        ratio = row.ratio("cpu")
        print(f" {ratio.median:.2f} x" if ratio else "", file=sys.stderr)
        return [row]

    def project(
        self, title: str, revisions: int, body: str = "empty", *, purpose: str = ""
    ) -> Path:
        """Return the folder of a program's project, which is made on first use.

        :param title: the program's title
        :param purpose: gives projects of the same kind separate folders
        """
        words = (title, body, purpose, str(revisions))
        folder = self.folder / "-".join(word for word in words if word).replace(" ", "-")
        if not folder.exists():
            projects.make(folder, revisions, body)
        return folder

    def remove_projects(self, revisions: int) -> None:
        """Remove the projects of a number of revisions that takes much memory."""
        for folder in self.folder.glob(f"*-{revisions}"):
            shutil.rmtree(folder)

    def run(self, title: str, folder: Path, *args: str) -> None:
        """Run `alembic *args` with a program, outside of the measurements.

        :raises CommandFailed: the command failed
        """
        self.command(title, folder, *args).sample()

    def command(
        self, title: str, folder: Path, *args: str, env: Mapping[str, str] | None = None
    ) -> Command:
        """Return `alembic *args` with a program in a folder."""
        program = self.programs[title]
        return Command([*program.launch, *args], folder, program.environment(env))
