"""Names of Alembic's modules that projects import, and that limbeck's own code has no use for."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, TypeVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Constraint,
    FetchedValue,
    ForeignKeyConstraint,
    Index,
)
from sqlalchemy.sql.base import _NoneName
from sqlalchemy.sql.elements import TextClause

from limbeck.script.revision import Revision

if TYPE_CHECKING:
    from limbeck.autogenerate.compare.indexes import _Item

_Fn = TypeVar("_Fn", bound=Callable[..., Any])

CompareConstraintType: TypeAlias = Constraint | Index
PostWriteHookConfig: TypeAlias = Mapping[str, str]
ConstraintNameDefined: TypeAlias = str | _NoneName
ConstraintName: TypeAlias = ConstraintNameDefined | None
ServerDefaultType: TypeAlias = FetchedValue | str | TextClause | ColumnElement[Any]
ServerDefaultArgument: TypeAlias = ServerDefaultType | Literal[False] | None
RevisionMapType: TypeAlias = dict[str | tuple[()] | None, Revision | None]

only_source_rev_file = re.compile(r"(?!__init__)(?!\.#)(.*\.py)$")
sourceless_rev_file = re.compile(r"(?!__init__)(?!\.#)(.*\.py)(c|o)?$")


def is_index_sig(sig: _Item) -> bool:
    """Tell whether what autogenerate compares is an index."""
    return sig.is_index


def is_uq_sig(sig: _Item) -> bool:
    """Tell whether what autogenerate compares is a unique constraint."""
    return not sig.is_index


def is_ck_sig(sig: _Item) -> bool:
    """Tell whether what autogenerate compares is a check constraint."""
    return isinstance(sig.object, CheckConstraint)


def is_fk_sig(sig: _Item) -> bool:
    """Tell whether what autogenerate compares is a foreign key."""
    return isinstance(sig.object, ForeignKeyConstraint)


def path_walk(path: Path, *, top_down: bool = True) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Walk through a folder as `os.walk` does, with paths.

    :param path: the folder
    :param top_down: a folder before those inside it
    """
    for folder, folders, files in os.walk(path, topdown=top_down):
        yield Path(folder), folders, files


def formatannotation_fwdref(annotation: Any, base_module: Any | None = None) -> str:
    """Write an annotation as source; one that is text already stays as it is.

    :param base_module: a module whose name is left out
    """
    if isinstance(annotation, str):
        return annotation
    return inspect.formatannotation(annotation, base_module)


def _not_established(proxied: str) -> Callable[[str, Exception], NoReturn]:
    def name_error(name: str, from_: Exception) -> NoReturn:
        raise NameError(
            f"Can't invoke function '{name}', as the proxy object has not yet been established for "
            f"the Alembic '{proxied}' class.  Try placing this code inside a callable."
        ) from from_

    return name_error


#: Say that a function of `op` or of `context` was called where no migration runs.
op_name_error = _not_established("Operations")
context_name_error = _not_established("EnvironmentContext")


def with_legacy_names(translations: Any) -> Callable[[_Fn], _Fn]:
    """Return a decorator that leaves a function as it is: Alembic 1.20 has no old names left to translate.

    :param translations: pairs of an old and a new name
    """
    return lambda function: function
