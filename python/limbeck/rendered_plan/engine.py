"""A SQLAlchemy engine without a database: it records each statement as the driver would get it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

from limbeck.rendered_plan.recorder import NeedsDatabaseError, Recorder
from limbeck.util._sqla_hooks import REDIRECTED

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Dialect


def recording_engine(dialect: Dialect, url: URL, recorder: Recorder) -> Engine:
    """Return an engine whose statements are recorded.

    :param dialect: the dialect, which is copied; what it knows about a server is kept.
    :param url: the URL that the engine shows.
    :param recorder: gets the statements.
    """
    return _RecordingEngine(dialect, url, recorder)


class RecordingConnection(Connection):
    """A connection whose results are unknown."""

    engine: _RecordingEngine

    def get_isolation_level(self) -> Any:
        return "READ COMMITTED"

    def _begin_impl(self, transaction: Any) -> None:
        if not self._is_autocommit_isolation():
            self.engine.recorder.begun()
        super()._begin_impl(transaction)

    def _run_ddl_visitor(self, visitorcallable: Any, element: Any, **kwargs: Any) -> None:
        """Create or drop an object as if it had to be, where SQLAlchemy would look first."""
        if not kwargs.get("checkfirst"):
            super()._run_ddl_visitor(visitorcallable, element, **kwargs)
            return
        with self.engine.recorder.conditional():
            super()._run_ddl_visitor(visitorcallable, element, **{**kwargs, "checkfirst": False})


class _RecordingEngine(Engine):
    _connection_cls = RecordingConnection

    def __init__(self, dialect: Dialect, url: URL, recorder: Recorder) -> None:
        self.recorder = recorder
        super().__init__(StaticPool(_DriverConnection), self._copy(dialect), url)

    def raw_connection(self) -> Any:
        """Connect, also where other engines are redirected."""
        connection = self.pool.connect()
        connection.info[REDIRECTED] = True
        return connection

    def _copy(self, dialect: Dialect) -> Dialect:
        """Return a copy of a dialect that records statements instead of executing them."""
        copy: Any = object.__new__(type(dialect))
        # Without the listeners, which are in `dispatch`.
        copy.__dict__.update((k, v) for k, v in dialect.__dict__.items() if k != "dispatch")
        copy._has_events = False
        copy.do_execute = copy.do_executemany = self._record
        copy.do_execute_no_params = self._record_text
        copy.do_set_input_sizes = _nothing
        copy.do_begin = copy.do_commit = copy.do_rollback = copy.do_close = copy.do_terminate = (
            _nothing
        )
        copy.do_ping = _true
        copy.set_isolation_level = copy.reset_isolation_level = _nothing
        copy.set_connection_execution_options = _set_options
        copy.supports_sane_rowcount = False
        for name in dir(copy):
            if name.startswith(_REFLECTION) and callable(getattr(copy, name)):
                setattr(copy, name, _refuse_reflection)
        # Without a driver, as for `--dialect`, there is none to ask.
        copy.dbapi = dialect.dbapi or _NoDriver()
        copy.loaded_dbapi = copy.dbapi
        return copy  # type: ignore[no-any-return] # a Dialect, seen as Any above

    def _record(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        autocommit = False
        if context is not None:
            autocommit = context.root_connection._is_autocommit_isolation()
            # There is no result to read.
            context.post_exec = _nothing
            context._setup_result_proxy = _UnknownResult
        self.recorder.record(statement, parameters, autocommit=autocommit)

    def _record_text(self, cursor: Any, statement: str, context: Any = None) -> None:
        self._record(cursor, statement, None, context)


#: The first parts of the names of methods that read a database's catalog, and of one that reads the isolation level.
_REFLECTION = ("has_", "get_multi_", "get_columns", "get_pk_", "get_foreign_", "get_table_", "get_view_", "get_temp_",
    "get_materialized_", "get_index", "get_unique_", "get_check_", "get_schema_", "get_sequence_", "get_enums", "get_domains")  # fmt: skip


def _refuse_reflection(*args: Any, **kw: Any) -> NoReturn:
    raise NeedsDatabaseError("reads the catalog of the database")


def _nothing(*args: Any, **kw: Any) -> None:
    """Replace a call of the driver that has no effect here."""


def _true(*args: Any, **kw: Any) -> bool:
    return True


def _set_options(connection: Any, options: Any) -> None:
    """Accept the options of a connection; its execution options hold the isolation level already."""


class _NoDriver:
    """Stands for the module of a driver that is not installed: its types are only compared."""

    Error = type("Error", (Exception,), {})
    paramstyle = "named"

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return object()


class _DriverConnection:
    """The driver's connection."""

    #: Oracle's function for values that are read.
    outputtypehandler = None

    def cursor(self, *args: Any, **kw: Any) -> _Cursor:
        return _Cursor()

    def close(self) -> None:
        """Do nothing."""

    def rollback(self) -> None:
        """Do nothing."""

    def commit(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        _refuse(name, "uses the driver's connection")


class _Cursor:
    """The driver's cursor after a statement whose result is unknown."""

    description = None
    rowcount = -1
    lastrowid = 0
    arraysize = 1
    #: psycopg2 logs the notices of its connection.
    connection = type("", (), {"notices": []})

    def var(self, *args: Any, **kw: Any) -> object:
        """Return Oracle's place for a returned value."""
        return object()

    def close(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        _refuse(name, "uses the driver's cursor")


class _UnknownResult:
    """The result of a statement: only that it may be ignored is known."""

    def close(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        _refuse(name, "reads the result of a statement")

    def __iter__(self) -> NoReturn:
        raise NeedsDatabaseError("reads the result of a statement")


def _refuse(name: str, what: str) -> NoReturn:
    if name.startswith("__"):
        raise AttributeError(name)
    raise NeedsDatabaseError(what)
