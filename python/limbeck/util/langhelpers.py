"""Small helpers for values; re-exports the registries of handlers, which projects import from here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property as memoized_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from sqlalchemy.util import asbool, immutabledict

    from limbeck.util.dispatch import (
        Dispatcher,
        DispatchPriority,
        PriorityDispatcher,
        PriorityDispatchResult,
    )
    from limbeck.util.proxy import ModuleClsProxy

    EMPTY_DICT: immutabledict[Any, Any]

_T = TypeVar("_T")

__all__ = (
    "EMPTY_DICT",
    "DispatchPriority",
    "Dispatcher",
    "ModuleClsProxy",
    "PriorityDispatchResult",
    "PriorityDispatcher",
    "asbool",
    "dedupe_tuple",
    "immutabledict",
    "memoized_property",
    "not_none",
    "rev_id",
    "to_list",
    "to_tuple",
    "unique_list",
)


#: The module of each re-exported name: SQLAlchemy's, or one that not every command needs.
_MODULE_OF = {
    "asbool": "sqlalchemy.util",
    "immutabledict": "sqlalchemy.util",
    "DispatchPriority": "limbeck.util.dispatch",
    "Dispatcher": "limbeck.util.dispatch",
    "PriorityDispatchResult": "limbeck.util.dispatch",
    "PriorityDispatcher": "limbeck.util.dispatch",
    "ModuleClsProxy": "limbeck.util.proxy",
}


def __getattr__(name: str) -> Any:
    """Import a re-exported name on first use."""
    module = _MODULE_OF.get(name)
    if module is not None:
        value = globals()[name] = getattr(import_module(module), name)
        return value
    if name == "EMPTY_DICT":
        from sqlalchemy.util import immutabledict

        value = globals()[name] = immutabledict()
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def rev_id() -> str:
    """Return a new revision identifier: twelve random hexadecimal digits."""
    return os.urandom(6).hex()


@overload
def to_tuple(x: Any, default: tuple[Any, ...]) -> tuple[Any, ...]: ...


@overload
def to_tuple(x: None, default: tuple[Any, ...] | None = ...) -> tuple[Any, ...] | None: ...


@overload
def to_tuple(x: Any, default: tuple[Any, ...] | None = None) -> tuple[Any, ...]: ...


def to_tuple(x: Any, default: tuple[Any, ...] | None = None) -> tuple[Any, ...] | None:
    """Return `x` as a tuple: a string or a single value becomes its only element.

    :param default: the result for `None`
    """
    if x is None:
        return default
    if type(x) is tuple:  # the usual case; the checks below are slow
        return x
    if isinstance(x, str) or not isinstance(x, Iterable):
        return (x,)
    return tuple(x)


@overload
def to_list(x: Any, default: list[Any]) -> list[Any]: ...


@overload
def to_list(x: Any, default: list[Any] | None = None) -> list[Any] | None: ...


def to_list(x: Any, default: list[Any] | None = None) -> list[Any] | None:
    """Return `x` as a list: a string or a single value becomes its only element.

    :param default: the result for `None`
    """
    if x is None:
        return default
    if isinstance(x, list):
        return x
    if isinstance(x, (str, bytes)) or not isinstance(x, Iterable):
        return [x]
    return list(x)


def unique_list(seq: Iterable[_T]) -> list[_T]:
    """Return the elements in order, without duplicates."""
    return list(dict.fromkeys(seq))


def dedupe_tuple(tup: tuple[str, ...]) -> tuple[str, ...]:
    """Return the elements of a tuple in order, without duplicates."""
    return tuple(dict.fromkeys(tup))


def not_none(value: _T | None) -> _T:
    """Return `value`, which is not `None`.

    :raises AssertionError: if it is `None`
    """
    assert value is not None
    return value
