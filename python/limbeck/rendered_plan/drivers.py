"""The functions of drivers that connect to a database, for code that uses a driver without SQLAlchemy."""

from __future__ import annotations

import functools
import importlib.machinery
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from threading import Lock
from types import ModuleType
from typing import Any

#: Modules of drivers, with the functions that connect. A dot leads to a class.
_CONNECT = {
    "MySQLdb": ("Connect", "connect"),
    "aiomysql": ("connect", "create_pool"),
    "aiosqlite": ("connect",),
    "asyncmy": ("connect", "create_pool"),
    "asyncpg": ("connect", "create_pool"),
    "mariadb": ("connect",),
    "mysql.connector": ("connect",),
    "oracledb": ("connect", "connect_async"),
    "pg8000": ("connect",),
    "pg8000.dbapi": ("connect",),
    "psycopg": ("connect", "AsyncConnection.connect", "Connection.connect"),
    "psycopg2": ("connect",),
    "pymssql": ("connect",),
    "pymysql": ("Connect", "connect"),
    "pyodbc": ("connect",),
    "sqlite3": ("connect",),
    "sqlite3.dbapi2": ("connect",),
}


#: The attribute of a guard that has the guarded function.
_ORIGINAL = "_limbeck_original"
#: The checks of the blocks that are open, in any thread.
_CHECKS: list[Callable[[str], None]] = []
#: What restores the functions after the last block.
_UNDO: list[Callable[[], None]] = []
_LOCK = Lock()


@contextmanager
def guarded_drivers(check: Callable[[str], None]) -> Iterator[None]:
    """Within the block, call a function before a driver connects, also before one that is imported in the block.

    :param check: gets the name of the driver, and raises if this thread must not connect.
    """
    with _LOCK:
        if not _CHECKS:
            for name in _CONNECT:
                if (module := sys.modules.get(name)) is not None:
                    _guard_module(module)
            sys.meta_path.insert(0, _FINDER)
        _CHECKS.append(check)
    try:
        yield
    finally:
        with _LOCK:
            _CHECKS.remove(check)
            if not _CHECKS:
                sys.meta_path.remove(_FINDER)
                while _UNDO:
                    _UNDO.pop()()


def _guard_module(module: ModuleType) -> None:
    for path in _CONNECT[module.__name__]:
        _guard(module, path)


def _guard(module: ModuleType, path: str) -> None:
    *classes, name = path.split(".")
    owner: Any = module
    for part in classes:
        owner = getattr(owner, part, None)
    if owner is None or name not in vars(owner):
        return
    original = vars(owner)[name]
    # A module that copies the names of another one has its guard.
    original = getattr(original, _ORIGINAL, original)
    is_method = isinstance(original, classmethod)
    function = original.__func__ if is_method else original

    @functools.wraps(function, updated=())
    def connect(*args: Any, **kw: Any) -> Any:
        for check in tuple(_CHECKS):
            check(module.__name__)
        return function(*args, **kw)

    setattr(connect, _ORIGINAL, original)
    setattr(owner, name, classmethod(connect) if is_method else connect)
    _UNDO.append(lambda: setattr(owner, name, original))


class _Finder(MetaPathFinder):
    """Guards the modules of drivers when they are imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in _CONNECT:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        loader: Any = None if spec is None else spec.loader
        if loader is None:
            return None
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if _CHECKS:
                _guard_module(module)

        loader.exec_module = exec_module
        return spec


_FINDER = _Finder()
