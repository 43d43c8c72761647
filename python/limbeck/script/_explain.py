"""What the graph's complaints mean to somebody who typed a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from limbeck.script.revision import (
    MissingRevisionError,
    MultipleHeads,
    RangeNotAncestorError,
    ResolutionError,
    RevisionError,
)
from limbeck.util.exc import CommandError

_NOT_A_LINE = (
    "Requested range {start}:{end} does not refer to ancestor/descendant revisions along the "
    "same branch"
)
#: Said where one head is needed and there are more.
SEVERAL_HEADS = (
    "Multiple head revisions are present for given argument '{argument}'; please specify a "
    "specific target revision, '<branchname>@{argument}' to narrow to a specific head, or "
    "'heads' for all heads"
)
_UNKNOWN = "Can't locate revision identified by '{argument}'"


class MissingParent(CommandError, KeyError):
    """A revision names another one that does not exist; a `KeyError` too, which is what Alembic raises here."""

    __module__ = "alembic.util.exc"

    def __str__(self) -> str:
        return str(self.args[0])


@contextmanager
def as_command_errors(
    *,
    not_a_line: str = _NOT_A_LINE,
    several_heads: str = SEVERAL_HEADS,
    unknown: str = _UNKNOWN,
    start: object = None,
    end: object = None,
) -> Iterator[None]:
    """Turn errors of the graph into errors of the command.

    Each text may use `{start}`, `{end}` and `{argument}`, the identifier that could not be resolved.

    :param not_a_line: said where two revisions are not on one line.
    :param several_heads: said where one head is needed and there are more.
    :param unknown: said where nothing has the identifier.
    :param start: lower end of the range that was asked for.
    :param end: its upper end.
    :raises CommandError: in place of the graph's own error, which becomes its cause.
    """
    try:
        yield
    except RangeNotAncestorError as error:
        raise CommandError(_filled(not_a_line, start, end, None)) from error
    except MultipleHeads as error:
        raise CommandError(
            _filled(several_heads, start or error.argument, end or error.argument, error.argument)
        ) from error
    except ResolutionError as error:
        raise CommandError(_filled(unknown, start, end, error.argument)) from error
    except MissingRevisionError as error:
        raise MissingParent(str(error)) from error
    except RevisionError as error:
        raise CommandError(str(error.args[0])) from error


def _filled(text: str, start: object, end: object, argument: object) -> str:
    return text.format(start=start, end=end, argument=argument)
