"""Names of Alembic's modules that projects import, and that limbeck's own code has no use for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar

from sqlalchemy import Constraint, Index

if TYPE_CHECKING:
    from limbeck.autogenerate.compare.indexes import _Item

_Fn = TypeVar("_Fn", bound=Callable[..., Any])

CompareConstraintType: TypeAlias = Constraint | Index
PostWriteHookConfig: TypeAlias = Mapping[str, str]

only_source_rev_file = re.compile(r"(?!__init__)(?!\.#)(.*\.py)$")
sourceless_rev_file = re.compile(r"(?!__init__)(?!\.#)(.*\.py)(c|o)?$")


def is_index_sig(sig: _Item) -> bool:
    """Tell whether what autogenerate compares is an index."""
    return sig.is_index


def is_uq_sig(sig: _Item) -> bool:
    """Tell whether what autogenerate compares is a unique constraint."""
    return not sig.is_index


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
