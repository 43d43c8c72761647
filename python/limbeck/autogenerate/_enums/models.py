"""The enums in the types of columns."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import ARRAY, Enum, TypeDecorator
from sqlalchemy.dialects import postgresql

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

    from limbeck.autogenerate.context import AutogenContext

#: A schema, `None` for the default one, and the name of a type.
TypeName: TypeAlias = tuple[str | None, str]


class _Enum(postgresql.ENUM):
    """An enum that no table creates: the revision does."""

    def __repr__(self) -> str:
        # SQLAlchemy 2.0 omits `create_type`.
        arguments = [repr(label) for label in self.enums]
        arguments.append(f"name={str(self.name)!r}")
        if self.schema is not None:
            arguments.append(f"schema={str(self.schema)!r}")
        return f"ENUM({', '.join(arguments)}, create_type=False)"


# Types are rendered as members of their module.
_Enum.__module__ = postgresql.ENUM.__module__


def enum_of(type_: TypeEngine[Any] | None, dialect: Dialect) -> Enum | None:
    """Return the native enum that a type is, or is made of; `None` if there is none."""
    if type_ is None:
        return None
    variants: Any = getattr(type_, "_variant_mapping", None) or {}
    if dialect.name in variants:
        return enum_of(variants[dialect.name], dialect)
    if isinstance(type_, TypeDecorator):
        return enum_of(type_.load_dialect_impl(dialect), dialect)
    if isinstance(type_, ARRAY):
        return enum_of(type_.item_type, dialect)
    if isinstance(type_, Enum) and type_.native_enum and type_.name:
        return type_
    return None


def name_of(context: AutogenContext, enum: Enum) -> TypeName:
    """Return the name of an enum."""
    default = context.dialect.default_schema_name
    assert enum.name is not None
    return (None if enum.schema in (None, default) else str(enum.schema), str(enum.name))


def enums_of_models(context: AutogenContext) -> Iterator[tuple[str, Enum]]:
    """Yield the native enums of the models, each with the column that has it."""
    for table in context.sorted_tables if context.metadata is not None else ():
        for column in table.c:
            enum = enum_of(column.type, context.dialect)
            if enum is not None:
                yield f"{table.fullname}.{column.name}", enum


def not_created(type_: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """Return a type for revisions, whose enum is not created by the table that has it."""
    enum = enum_of(type_, dialect)
    if enum is None or isinstance(enum, _Enum):
        return type_
    variants: Any = getattr(type_, "_variant_mapping", None) or {}
    if dialect.name in variants:
        kept = copy(type_)
        inner = not_created(variants[dialect.name], dialect)
        kept._variant_mapping = type(variants)({**variants, dialect.name: inner})
        return kept
    if isinstance(type_, TypeDecorator):
        return not_created(type_.load_dialect_impl(dialect), dialect)
    if isinstance(type_, ARRAY):
        return postgresql.ARRAY(not_created(type_.item_type, dialect), dimensions=type_.dimensions)
    return _Enum(*enum.enums, name=enum.name, schema=enum.schema, create_type=False)
