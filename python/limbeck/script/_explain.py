"""Translates errors of the graph into errors of a command."""

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

_NOT_ANCESTOR = (
    "Requested range {start}:{end} does not refer to ancestor/descendant revisions along the "
    "same branch"
)
#: The message for several heads where one is needed.
SEVERAL_HEADS = (
    "Multiple head revisions are present for given argument '{argument}'; please specify a "
    "specific target revision, '<branchname>@{argument}' to narrow to a specific head, or "
    "'heads' for all heads"
)
_UNKNOWN = "Can't locate revision identified by '{argument}'"


class MissingParent(CommandError, KeyError):
    """A revision refers to one that does not exist; also a `KeyError`, as in Alembic."""

    __module__ = "alembic.util.exc"

    def __str__(self) -> str:
        return str(self.args[0])


@contextmanager
def as_command_errors(
    *,
    not_ancestor: str = _NOT_ANCESTOR,
    several_heads: str = SEVERAL_HEADS,
    unknown: str = _UNKNOWN,
    start: object = None,
    end: object = None,
) -> Iterator[None]:
    """Within the block, translate errors of the graph into errors of the command.

    Messages may contain `{start}`, `{end}` and `{argument}`, which is the identifier that caused the error. For several heads, it
    is also the start or the end if there is none.

    :param not_ancestor: the message for a range whose lower end is not an ancestor of its upper end.
    :param several_heads: the message for several heads where one is needed.
    :param unknown: the message for an unknown identifier.
    :param start: the lower end of the requested range.
    :param end: the upper end of the range.
    :raises CommandError: instead of the graph's error, which becomes the cause.
    """
    try:
        yield
    except RangeNotAncestorError as error:
        raise CommandError(_format(not_ancestor, start, end, None)) from error
    except MultipleHeads as error:
        raise CommandError(
            _format(several_heads, start or error.argument, end or error.argument, error.argument)
        ) from error
    except ResolutionError as error:
        raise CommandError(_format(unknown, start, end, error.argument)) from error
    except MissingRevisionError as error:
        raise MissingParent(str(error)) from error
    except RevisionError as error:
        raise CommandError(str(error.args[0])) from error


def _format(text: str, start: object, end: object, argument: object) -> str:
    return text.format(start=start, end=end, argument=argument)
