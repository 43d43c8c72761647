"""What `op` and `batch_op` are: the directives of a migration, bound to a migration context."""

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
    """Return an annotation as source text; one that is text already stays as it is."""
    if isinstance(annotation, str):
        return annotation
    return inspect.formatannotation(annotation, base_module).replace("typing.", "")


class AbstractOperations(ModuleClsProxy):
    """What `Operations` and `BatchOperations` have in common."""

    #: The implementations, by operation class and dialect.
    _to_impl: ClassVar[Dispatcher] = Dispatcher()

    impl: Any

    def __init__(
        self, migration_context: MigrationContext, impl: BatchOperationsImpl | None = None
    ) -> None:
        """Bind the directives to a migration context.

        :param migration_context: where the operations take effect.
        :param impl: receives the operations in place of the context's own implementation.
        """
        self.migration_context = migration_context
        self.impl = migration_context.impl if impl is None else impl
        self.schema_obj = SchemaObjects(migration_context)

    @classmethod
    def register_operation(
        cls, name: str, sourcename: str | None = None
    ) -> Callable[[type[_T]], type[_T]]:
        """Class decorator: give `op` a directive that makes and invokes this operation.

        For example::

            @Operations.register_operation("create_sequence")
            class CreateSequenceOp(MigrateOperation):
                def __init__(self, sequence_name):
                    self.sequence_name = sequence_name

                @classmethod
                def create_sequence(cls, operations, sequence_name):
                    return operations.invoke(cls(sequence_name))

        From then on there is ``op.create_sequence("ticket_seq")``.

        :param name: the name of the directive.
        :param sourcename: the name of the classmethod, where it is another one.
        """

        def register(op_cls: type[_T]) -> type[_T]:
            setattr(cls, name, _directive(cls, name, getattr(op_cls, sourcename or name)))
            return op_cls

        return register

    @classmethod
    def implementation_for(cls, op_cls: Any, replace: bool = False) -> Callable[[_C], _C]:
        """Decorator: this function carries out operations of that class.

        For example::

            @Operations.implementation_for(CreateSequenceOp)
            def create_sequence(operations, operation):
                operations.execute(f"CREATE SEQUENCE {operation.sequence_name}")

        :param op_cls: the class of operations.
        :param replace: allow an implementation that is there already, such as one of the
         built-in ones, to be replaced.
        :raises ValueError: where there is one already and `replace` is not set.
        """
        return cls._to_impl.dispatch_for(op_cls, replace=replace)

    @classmethod
    @contextmanager
    def context(cls, migration_context: MigrationContext) -> Iterator[Operations]:
        """Make `alembic.op` speak to this migration context within a `with` block.

        For example::

            with Operations.context(migration_context):
                op.add_column("account", sa.Column("closed", sa.Date))
        """
        current = Operations(migration_context)
        # A module that a revision file is the first to import would not know who is current.
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
        """Gather the changes of one table and carry them out together.

        For example::

            with op.batch_alter_table("account") as batch_op:
                batch_op.add_column(sa.Column("closed", sa.Date))
                batch_op.drop_column("note")

        SQLite can hardly alter a table. There, the changes are made to a new table, into which
        the rows are copied and which then takes the place of the old one. Other backends get
        plain ALTER statements when the block ends. Nothing happens if the block raises.

        :param table_name: the table.
        :param schema: its schema, where it is not the default one.
        :param recreate: ``"auto"`` makes a new table where the backend needs one for what the
         batch contains; ``"always"`` does so in any case, and ``"never"`` in none.
        :param partial_reordering: tuples of column names that will follow each other in the new
         table, such as ``[("id", "name", "closed")]``.
        :param copy_from: a Table that says what the table looks like now, in place of reading
         it from the database; in offline mode there is no other way to make a new table.
        :param table_args: constraints and columns to add to the new table.
        :param table_kwargs: keywords for the new `Table`, such as ``{"sqlite_strict": True}``.
        :param reflect_args: columns that replace what is read from the database, such as
         ``[sa.Column("flag", sa.Boolean(create_constraint=False))]``.
        :param reflect_kwargs: keywords for the `Table` that is read from the database, such as
         ``{"listeners": [("column_reflect", fn)]}``.
        :param naming_convention: gives names to constraints that the database has without one,
         so that `drop_constraint()` can speak of them, such as
         ``{"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"}``.
        :raises alembic.util.CommandError: where a new table is needed and cannot be made.
        """
        gathered = batch.BatchOperationsImpl(
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
        yield BatchOperations(self.migration_context, impl=gathered)
        gathered.flush()

    def get_context(self) -> MigrationContext:
        """Return the migration context that the operations take effect in."""
        return self.migration_context

    def invoke(self, operation: MigrateOperation) -> Any:
        """Carry out an operation object.

        For example::

            op.invoke(ops.DropTableOp("account"))

        :return: what the implementation returns; for `CreateTableOp` that is the Table.
        :raises ValueError: where no implementation is registered for it.
        """
        implementation = self._to_impl.dispatch(operation, self.migration_context.impl.__dialect__)
        return implementation(self, operation)

    def f(self, name: str) -> conv:
        """Mark a name as complete, so that no naming convention changes it.

        For example::

            op.create_check_constraint(op.f("ck_account_name"), "account", "name <> ''")
        """
        return conv(name)

    def inline_literal(
        self, value: str | int, type_: TypeEngine[Any] | None = None
    ) -> _literal_bindparam:
        """Return an expression that is written into the statement rather than bound to it.

        For example::

            op.execute(
                account.update()
                .where(account.c.name == op.inline_literal("loan"))
                .values(name=op.inline_literal("credit"))
            )

        :param value: the value: a string or a number; other types of value need a `type_` that
         can write them.
        :param type_: the type; by default the one that goes with the value.
        """
        return sqla_compat._literal_bindparam(None, value, type_=type_)

    def get_bind(self) -> Connection:
        """Return the connection that migrations run on; in offline mode there is none, so None.

        For example::

            names = op.get_bind().execute(sa.text("SELECT name FROM account")).scalars().all()
        """
        # None offline, but few callers run there and all would have to say so.
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
        :return: what it returns, awaited.
        :raises NotImplementedError: in offline mode.
        :raises ValueError: where the connection is not one of an asynchronous engine.
        """
        connection = self.get_bind()
        if connection is None:
            raise NotImplementedError("Cannot call run_async in SQL mode")
        if not connection.dialect.is_async:
            raise ValueError("Cannot call run_async with a sync engine")

        # Imported here: few migrations need asyncio.
        from sqlalchemy.ext.asyncio import AsyncConnection
        from sqlalchemy.util import await_only

        proxied = AsyncConnection._retrieve_proxy_for_target(connection)
        return await_only(async_function(proxied, *args, **kw_args))


def _directive(owner: type, name: str, source: Callable[..., Any]) -> Callable[..., Any]:
    """The method `name` of `owner` that passes itself and its arguments on to `source`."""

    def method(self: AbstractOperations, *args: Any, **kw: Any) -> Any:
        return source(self, *args, **kw)

    method.__name__ = name
    method.__qualname__ = f"{owner.__name__}.{name}"
    method.__module__ = owner.__module__
    method.__doc__ = source.__doc__
    signature = inspect.signature(source)
    _, *parameters = signature.parameters.values()
    as_self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    method.__signature__ = signature.replace(  # type: ignore[attr-defined] # inspect reads it
        parameters=[as_self, *parameters]
    )
    return method


class Operations(AbstractOperations, OperationDirectives):
    """The directives of `alembic.op`.

    In a revision file one calls them as functions of the module `alembic.op`. Outside of one,
    bind them to a migration context::

        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        with engine.begin() as connection:
            op = Operations(MigrationContext.configure(connection))
            op.add_column("account", sa.Column("closed", sa.Date))
    """


class BatchOperations(AbstractOperations, BatchDirectives):
    """The directives of `batch_op`, which leave out the name of the table.

    `Operations.batch_alter_table()` makes these objects.
    """

    impl: BatchOperationsImpl

    def __getattr__(self, name: str) -> Any:
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        if not name.startswith("_") and hasattr(Operations, name):
            message += f": {name} is not about one table; call op.{name}() outside of the batch"
        raise AttributeError(message)
