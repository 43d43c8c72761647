"""The values of a plan. A plan file is their JSON form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from limbeck.lint.finding import Finding
from limbeck.lint.output.paths import place

Direction = Literal["upgrade", "downgrade"]


@dataclass(frozen=True)
class Database:
    """Which database a plan is for. There is no password in it.

    :ivar dialect: SQLAlchemy's name of the dialect.
    :ivar name: the name of the database; for SQLite the absolute path of the file.
    :ivar schema: the schema that unqualified names lead to; empty where a database has none.
    :ivar server: what identifies the server, whatever its address is; empty if it cannot be asked for that.
    :ivar address: the host and the port; empty for a file.
    """

    dialect: str
    name: str
    schema: str
    server: str
    address: str

    def is_same(self, other: Database) -> bool:
        """Return whether both are the same database. Addresses count unless the server identifies itself in both."""
        mine, others = ((d.dialect, d.name, d.schema) for d in (self, other))
        if self.server and other.server:
            return mine == others and self.server == other.server
        return mine == others and self.address == other.address

    def __str__(self) -> str:
        place = f" at {self.address}" if self.address else ""
        schema = f", schema {self.schema}" if self.schema else ""
        return f"{self.dialect} {self.name or 'in memory'}{place}{schema}"


@dataclass(frozen=True)
class Statement:
    """A statement of a step.

    :ivar sql: the text that the driver gets.
    :ivar parameters: the parameters, as JSON has them: a value, a list or an object; `None` without parameters.
    :ivar operation: the directive, such as `create_table`; empty for a statement that the body executes itself.
    :ivar line: the line of the revision file; `None` for the version table.
    :ivar transaction: the number of its transaction in the plan, from 1; `None` if it commits by itself.
    :ivar is_conditional: whether it depends on a check if its object exists (`checkfirst`).
    :ivar varies: whether each rendering makes another text or other parameters, as with the time of day.
    """

    sql: str
    parameters: Any
    operation: str
    line: int | None
    transaction: int | None
    is_conditional: bool = False
    varies: bool = False


@dataclass(frozen=True)
class Unknown:
    """What is not known of a step before it runs.

    :ivar line: the line at which the knowledge ends; `None` if it is not in the file.
    :ivar reason: why.
    :ivar calls: the directives below the line as the file has them: name and line.
    """

    line: int | None
    reason: str
    calls: tuple[tuple[str, int], ...] = ()

    def describe(self) -> str:
        """Return one sentence."""
        text = f"partly known: {self.reason}"
        if self.calls:
            text += "; then " + ", ".join(f"{name} (line {line})" for name, line in self.calls)
        return text


@dataclass(frozen=True)
class Step:
    """A step.

    :ivar revision: the identifier.
    :ivar message: the first line of the message.
    :ivar path: the revision file, relative to the current folder where it is below it.
    :ivar file_hash: the SHA-256 of the file.
    :ivar statements: the statements of the body.
    :ivar version_statements: those that change the version table.
    :ivar unknown: what is not known; `None` if all statements are.
    """

    revision: str
    message: str
    path: str
    file_hash: str
    statements: tuple[Statement, ...]
    version_statements: tuple[Statement, ...]
    unknown: Unknown | None = None


@dataclass(frozen=True)
class Loss:
    """A statement that destroys rows or values.

    :ivar revision: the identifier of the step.
    :ivar path: the revision file.
    :ivar line: the line.
    :ivar what: what is lost, such as `drops the table account`.
    """

    revision: str
    path: str
    line: int | None
    what: str

    def __str__(self) -> str:
        return f"{self.revision} {self.what} ({place(self.path, self.line)})"


@dataclass(frozen=True)
class DatabasePlan:
    """The plan of one database.

    :ivar database: the database.
    :ivar version_table: the name of the version table, with its schema.
    :ivar rows: the rows of the version table, sorted.
    :ivar creates_version_table: whether the run has to create it.
    :ivar direction: the direction.
    :ivar target: the target as the user named it.
    :ivar steps: the steps.
    :ivar losses: what is destructive.
    :ivar findings: what lint finds.
    :ivar tables: the existing tables that the plan touches, with the number of rows that the catalog estimates; `None` if it has no
     estimate.
    """

    database: Database
    version_table: str
    rows: tuple[str, ...]
    creates_version_table: bool
    direction: Direction
    target: str
    steps: tuple[Step, ...]
    losses: tuple[Loss, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[tuple[str, int | None], ...] = ()

    @property
    def statements(self) -> int:
        """The number of the known statements of the bodies."""
        return sum(len(step.statements) for step in self.steps)


@dataclass(frozen=True)
class Plan:
    """A plan: of one database, or of several where env.py migrates several.

    :ivar made_at: when it was made, in UTC, as ISO 8601 has it.
    :ivar env_hash: the SHA-256 of env.py.
    :ivar databases: the databases, in the order of env.py.
    """

    made_at: str
    env_hash: str
    databases: tuple[DatabasePlan, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not any(plan.steps for plan in self.databases)

    @property
    def is_destructive(self) -> bool:
        """Whether a statement destroys rows or values."""
        return any(plan.losses for plan in self.databases)
