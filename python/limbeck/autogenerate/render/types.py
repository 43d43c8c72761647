"""Renders column types by their `repr()`, and adds the import of a dialect's module."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from limbeck.autogenerate.render.names import call_render_item, sqlalchemy_prefix, user_prefix

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from limbeck.autogenerate.context import AutogenContext


def _repr_type(
    type_: TypeEngine[Any], autogen_context: AutogenContext, _skip_variants: bool = False
) -> str:
    """Render a type.

    `render_item` comes first, then the dialect's impl, then the type's `repr()`. A dialect's type is
    rendered as a member of the dialect's module, whose import is added; a type that is not
    SQLAlchemy's as a member of its own module.
    """
    rendered = call_render_item("type", type_, autogen_context)
    if rendered is not False:
        return rendered  # type: ignore[return-value] # None from a hook is rendered as such
    # variants first: the impl renders a single type
    variants = {} if _skip_variants else getattr(type_, "_variant_mapping", None) or {}
    if variants:
        return _with_variants(type_, variants, autogen_context)
    # None in contexts that tests make
    impl = getattr(autogen_context.migration_context, "impl", None)
    by_impl: str | Literal[False] = False
    if impl is not None:
        by_impl = impl.render_type(type_, autogen_context)
    if by_impl:
        return by_impl

    module = type(type_).__module__
    dialect = re.match(r"sqlalchemy\.dialects\.(\w+)", module)
    if dialect is not None:
        name = dialect[1]
        if autogen_context.imports is not None:
            autogen_context.imports.add(f"from sqlalchemy.dialects import {name}")
        return f"{name}.{type_!r}"
    if not module.startswith("sqlalchemy."):
        return f"{user_prefix(autogen_context, type_)}{type_!r}"
    if type_.__visit_name__ == "ARRAY":
        array = _render_type_w_subtype(type_, autogen_context, "item_type", r"(.+?\()")
        if array:
            return array
    return f"{sqlalchemy_prefix(autogen_context)}{type_!r}"


def _with_variants(type_: TypeEngine[Any], variants: Any, autogen_context: AutogenContext) -> str:
    parts = [_repr_type(type_, autogen_context, _skip_variants=True)]
    for dialect, variant in sorted(variants.items()):
        code = _repr_type(variant, autogen_context, _skip_variants=True)
        parts.append(f"with_variant({code}, {dialect!r})")
    return ".".join(parts)


def _render_type_w_subtype(
    type_: TypeEngine[Any],
    autogen_context: AutogenContext,
    attrname: str,
    regexp: str,
    prefix: str | None = None,
) -> str | Literal[False] | None:
    """Render a type that has another type as an argument.

    :param type_: the outer type.
    :param autogen_context: the state of this run.
    :param attrname: the attribute with the inner type.
    :param regexp: matches the text before the inner type, in the repr of the outer one.
    :param prefix: the prefix of the outer type; by default that of its module.
    :return: the code; `False` if there is no inner type.
    """
    inner = getattr(type_, attrname, None)
    if inner is None:
        return False
    inner_code = _repr_type(inner, autogen_context)
    if prefix is None:
        prefix = _module_prefix(type_, autogen_context)
    pattern = regexp + re.escape(repr(inner))
    return prefix + re.sub(pattern, lambda found: found[1] + inner_code, repr(type_))


def _module_prefix(type_: TypeEngine[Any], autogen_context: AutogenContext) -> str:
    dialect = re.match(r"sqlalchemy\.dialects\.(\w+)", type(type_).__module__)
    if dialect is None:
        return sqlalchemy_prefix(autogen_context)
    autogen_context.imports.add(f"from sqlalchemy.dialects import {dialect[1]}")
    return f"{dialect[1]}."
