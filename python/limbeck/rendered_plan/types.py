"""The values of a rendered plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from limbeck.operations._ops.core import MigrateOperation


@dataclass(frozen=True)
class RenderedStatement:
    """A statement of a step.

    :ivar sql: the text that the driver gets.
    :ivar parameters: the parameters that the driver gets; a list for executemany, `None` for a text without parameters.
    :ivar operation: the operation that made it; `None` for a statement that the body executes on the connection, and for the
     version table.
    :ivar line: the line of the revision file that made it, from 1; `None` for the version table.
    :ivar transaction: the number of the transaction, from 1, as SQLAlchemy begins them; `None` in autocommit.
    :ivar is_conditional: whether it is executed only if its object does not exist yet, or still exists (`checkfirst`).
    """

    sql: str
    parameters: Any
    operation: MigrateOperation | None
    line: int | None
    transaction: int | None
    is_conditional: bool = False


@dataclass(frozen=True)
class Unrendered:
    """The rest of a body that could not be rendered.

    :ivar line: the line that ended the rendering; `None` if it is not in the file.
    :ivar reason: why.
    :ivar calls: the directives below the line as the file has them: name and line.
    :ivar needs_database: whether the body asks the database; otherwise it fails.
    """

    line: int | None
    reason: str
    calls: tuple[tuple[str, int], ...] = ()
    needs_database: bool = False


@dataclass(frozen=True)
class RenderedStep:
    """A step with its statements.

    :ivar revision: the identifier.
    :ivar is_upgrade: the direction.
    :ivar path: the revision file.
    :ivar statements: the statements of the body, in order.
    :ivar version_statements: the statements that change the version table afterwards.
    :ivar unrendered: what is not known; `None` if the step is fully known.
    """

    revision: str
    is_upgrade: bool
    path: str
    statements: tuple[RenderedStatement, ...]
    version_statements: tuple[RenderedStatement, ...]
    unrendered: Unrendered | None = None

    @property
    def is_certain(self) -> bool:
        """Whether exactly these statements will be executed."""
        return self.unrendered is None and not any(s.is_conditional for s in self.statements)
