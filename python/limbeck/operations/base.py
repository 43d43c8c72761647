"""`Operations` and `BatchOperations`: the directives of `op` and `batch_op`."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, cast

from sqlalchemy.sql.elements import conv

from limbeck.operations import batch
from limbeck.operations.schemaobj import SchemaObjects
from limbeck.util import EMPTY_DICT, Dispatcher, ModuleClsProxy, sqla_compat

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Connection
    from sqlalchemy.types import TypeEngine

    from limbeck.operations._directives import BatchDirectives, OperationDirectives
    from limbeck.operations._ops.core import MigrateOperation
    from limbeck.operations.batch import BatchOperationsImpl
    from limbeck.runtime.migration import MigrationContext
    from limbeck.util.sqla_compat import _literal_bindparam
else:
    # Type checkers read the registered directives in _directives.pyi; at run time they are
    # attributes that register_operation() sets.
    BatchDirectives = OperationDirectives = object

_T = TypeVar("_T")
_C = TypeVar("_C", bound=Callable[..., Any])


def formatannotation_fwdref(annotation: Any, base_module: str | None = None) -> str:
    """Return an annotation as source text; a string is returned unchanged."""
    if isinstance(annotation, str):
        return annotation
    return inspect.formatannotation(annotation, base_module).replace("typing.", "")


class AbstractOperations(ModuleClsProxy):
    """The base class of `Operations` and `BatchOperations`."""

    #: The implementations, by operation class and dialect.
    _to_impl: ClassVar[Dispatcher] = Dispatcher()

    impl: Any

    def __init__(
        self, migration_context: MigrationContext, impl: BatchOperationsImpl | None = None
    ) -> None:
        """Bind the directives to a migration context.

        :param migration_context: the context whose database the operations change.
        :param impl: the impl that receives the operations, instead of the context's own.
        """
        self.migration_context = migration_context
        self.impl = migration_context.impl if impl is None else impl
        self.schema_obj = SchemaObjects(migration_context)

    @classmethod
    def register_operation(
        cls, name: str, sourcename: str | None = None
    ) -> Callable[[type[_T]], type[_T]]:
        """Class decorator that adds a directive for the operation class to `op`.

        For example::

            @Operations.register_operation("create_sequence")
            class CreateSequenceOp(MigrateOperation):
                def __init__(self, sequence_name):
                    self.sequence_name = sequence_name

                @classmethod
                def create_sequence(cls, operations, sequence_name):
                    return operations.invoke(cls(sequence_name))

        This adds ``op.create_sequence("ticket_seq")``.

        :param name: the name of the directive.
        :param sourcename: the classmethod that the directive calls, by default `name`.
        """

        def register(op_cls: type[_T]) -> type[_T]:
            setattr(cls, name, _directive(cls, name, getattr(op_cls, sourcename or name)))
            return op_cls

        return register

    @classmethod
    def implementation_for(cls, op_cls: Any, replace: bool = False) -> Callable[[_C], _C]:
        """Decorator that registers the function as the implementation of an operation class.

        For example::

            @Operations.implementation_for(CreateSequenceOp)
            def create_sequence(operations, operation):
                operations.execute(f"CREATE SEQUENCE {operation.sequence_name}")

        :param op_cls: the operation class.
        :param replace: whether the function may replace an implementation, such as a built-in one.
        :raises ValueError: the class has an implementation and `replace` is not set.
        """
        return cls._to_impl.dispatch_for(op_cls, replace=replace)

    @classmethod
    @contextmanager
    def context(cls, migration_context: MigrationContext) -> Iterator[Operations]:
        """Connect `alembic.op` to a migration context for a `with` block.

        For example::

            with Operations.context(migration_context):
                op.add_column("account", sa.Column("closed", sa.Date))
        """
        current = Operations(migration_context)
        # Imported here, as `limbeck.op` imports this module.
        import limbeck.op  # noqa: F401

        current._install_proxy()
        try:
            yield current
        finally:
            current._remove_proxy()

    @contextmanager
    def batch_alter_table(
        self,
        table_name: str,
        schema: str | None = None,
        recreate: Literal["auto", "always", "never"] = "auto",
        partial_reordering: list[tuple[str, ...]] | None = None,
        copy_from: Table | None = None,
        table_args: tuple[Any, ...] = (),
        table_kwargs: Mapping[str, Any] = EMPTY_DICT,
        reflect_args: tuple[Any, ...] = (),
        reflect_kwargs: Mapping[str, Any] = EMPTY_DICT,
        naming_convention: dict[str, str] | None = None,
    ) -> Iterator[BatchOperations]:
        """Collect the changes of a table and apply them together.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.add_column(sa.Column("closed", sa.Date))
                batch_op.drop_column("note")

        SQLite supports few ALTER TABLE statements. There, the batch creates a new table with the
        changes, copies the rows, drops the old table and renames the new one. Other backends run
        ALTER statements when the block ends. Nothing happens if the block raises.

        :param table_name: the name of the table.
        :param schema: the schema of the table, if it is not the default one.
        :param recreate: ``"auto"`` creates a new table if the backend needs one for a change in
         the batch, ``"always"`` in any case, ``"never"`` not at all.
        :param partial_reordering: tuples of column names that follow each other in the new table,
         such as ``[("id", "name", "closed")]``.
        :param copy_from: a Table that describes the current table, instead of reading it from the
         database. Offline mode needs it to create a new table.
        :param table_args: constraints and columns to add to the new table.
        :param table_kwargs: keywords for the new `Table`, such as ``{"sqlite_strict": True}``.
        :param reflect_args: columns that replace reflected ones, such as
         ``[sa.Column("flag", sa.Boolean(create_constraint=False))]``.
        :param reflect_kwargs: keywords for the reflected `Table`, such as
         ``{"listeners": [("column_reflect", fn)]}``.
        :param naming_convention: names for constraints that have none in the database, so that
         `drop_constraint()` can refer to them, such as
         ``{"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"}``.
        :raises alembic.util.CommandError: a new table is needed and cannot be created.
        """
        recorder = batch.BatchOperationsImpl(
            self,
            table_name,
            schema,
            recreate,
            copy_from,
            table_args,
            dict(table_kwargs),
            reflect_args,
            dict(reflect_kwargs),
            naming_convention,
            partial_reordering,
        )
        yield BatchOperations(self.migration_context, impl=recorder)
        recorder.flush()

    def get_context(self) -> MigrationContext:
        """Return the migration context of the operations."""
        return self.migration_context

    def invoke(self, operation: MigrateOperation) -> Any:
        """Run an operation object.

        For example::

            op.invoke(ops.DropTableOp("account"))

        :return: the result of the implementation, for `CreateTableOp` the Table.
        :raises ValueError: the operation has no implementation.
        """
        implementation = self._to_impl.dispatch(operation, self.migration_context.impl.__dialect__)
        return implementation(self, operation)

    def f(self, name: str) -> conv:
        """Mark a name as final, so that no naming convention changes it.

        For example::

            op.create_check_constraint(op.f("ck_account_name"), "account", "name <> ''")
        """
        return conv(name)

    def inline_literal(
        self, value: str | int, type_: TypeEngine[Any] | None = None
    ) -> _literal_bindparam:
        """Return an expression that is rendered in the statement instead of bound as a parameter.

        For example::

            op.execute(
                account.update()
                .where(account.c.name == op.inline_literal("loan"))
                .values(name=op.inline_literal("credit"))
            )

        :param value: a string or a number. Other values need a `type_` that can render them.
        :param type_: the type, by default that of the value.
        """
        return sqla_compat._literal_bindparam(None, value, type_=type_)

    def get_bind(self) -> Connection:
        """Return the connection of the migration, or None in offline mode.

        For example::

            names = op.get_bind().execute(sa.text("SELECT name FROM account")).scalars().all()
        """
        # The annotation leaves out None: nearly all callers run online only.
        bind: Any = self.migration_context.impl.bind
        return cast("Connection", bind)

    def run_async(
        self, async_function: Callable[..., Awaitable[_T]], *args: Any, **kw_args: Any
    ) -> _T:
        """Call a coroutine function with the `AsyncConnection` of the migration.

        For example::

            async def load(connection, rows):
                await connection.execute(account.insert(), rows)

            op.run_async(load, [{"name": "savings"}])

        :param async_function: called with the connection, then `args` and `kw_args`.
        :return: the awaited result.
        :raises NotImplementedError: the migration runs in offline mode.
        :raises ValueError: the engine is not asynchronous.
        """
        connection = self.get_bind()
        if connection is None:
            raise NotImplementedError("Cannot call run_async in SQL mode")
        if not connection.dialect.is_async:
            raise ValueError("Cannot call run_async with a sync engine")

        # Imported here for start-up time: few migrations need asyncio.
        from sqlalchemy.ext.asyncio import AsyncConnection
        from sqlalchemy.util import await_only

        async_connection = AsyncConnection._retrieve_proxy_for_target(connection)
        return await_only(async_function(async_connection, *args, **kw_args))


def _directive(owner: type, name: str, source: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method for `owner` that calls `source` with the instance and the arguments."""

    def method(self: AbstractOperations, *args: Any, **kw: Any) -> Any:
        return source(self, *args, **kw)

    method.__name__ = name
    method.__qualname__ = f"{owner.__name__}.{name}"
    method.__module__ = owner.__module__
    method.__doc__ = source.__doc__
    signature = inspect.signature(source)
    _, *parameters = signature.parameters.values()
    self_parameter = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    method.__signature__ = signature.replace(  # type: ignore[attr-defined] # inspect reads it
        parameters=[self_parameter, *parameters]
    )
    return method


class Operations(AbstractOperations, OperationDirectives):
    """The directives of `alembic.op`.

    A revision file calls them as functions of the module `alembic.op`. Elsewhere, create an
    instance for a migration context::

        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        with engine.begin() as connection:
            op = Operations(MigrationContext.configure(connection))
            op.add_column("account", sa.Column("closed", sa.Date))
    """


class BatchOperations(AbstractOperations, BatchDirectives):
    """The directives of `batch_op`, which take no table name.

    Created by `Operations.batch_alter_table()`.
    """

    impl: BatchOperationsImpl

    def __getattr__(self, name: str) -> Any:
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        if not name.startswith("_") and hasattr(Operations, name):
            message += f": {name}() is not a batch operation; call op.{name}() outside of the batch"
        raise AttributeError(message)
