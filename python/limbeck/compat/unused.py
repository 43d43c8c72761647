"""Names that Alembic's modules define and projects import, but limbeck itself does not use."""

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
    """Return whether an item of a comparison is an index."""
    return sig.is_index


def is_uq_sig(sig: _Item) -> bool:
    """Return whether an item of a comparison is a unique constraint."""
    return not sig.is_index


def is_ck_sig(sig: _Item) -> bool:
    """Return whether an item of a comparison is a check constraint."""
    return isinstance(sig.object, CheckConstraint)


def is_fk_sig(sig: _Item) -> bool:
    """Return whether an item of a comparison is a foreign key."""
    return isinstance(sig.object, ForeignKeyConstraint)


def path_walk(path: Path, *, top_down: bool = True) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Walk a folder like `os.walk`, with `Path` objects.

    :param path: the folder
    :param top_down: yield a folder before its subfolders
    """
    for folder, folders, files in os.walk(path, topdown=top_down):
        yield Path(folder), folders, files


def formatannotation_fwdref(annotation: Any, base_module: Any | None = None) -> str:
    """Return an annotation as source code; a string is returned unchanged.

    :param base_module: a module whose name is omitted
    """
    if isinstance(annotation, str):
        return annotation
    return inspect.formatannotation(annotation, base_module)


def _make_name_error(proxied: str) -> Callable[[str, Exception], NoReturn]:
    def name_error(name: str, from_: Exception) -> NoReturn:
        raise NameError(
            f"Can't invoke function '{name}', as the proxy object has not yet been established for "
            f"the Alembic '{proxied}' class.  Try placing this code inside a callable."
        ) from from_

    return name_error


#: Functions that raise the error for a function of `op` or `context` that is called outside of a migration.
op_name_error = _make_name_error("Operations")
context_name_error = _make_name_error("EnvironmentContext")


def with_legacy_names(translations: Any) -> Callable[[_Fn], _Fn]:
    """Return a decorator that does nothing: Alembic 1.20 has no legacy names to translate.

    :param translations: pairs of an old and a new name
    """
    return lambda function: function
