"""Write the stubs of operations: `op.pyi`, and the base classes of `Operations` and `BatchOperations`.

The directives are made at run time, from the classmethods of the operation classes; type checkers
and editors read these files instead. A test compares them with what this script writes:

    python tools/operation_stubs.py          writes them
    python tools/operation_stubs.py --check  fails if they are not current
"""

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from limbeck.operations import BatchOperations, Operations
from limbeck.operations.base import AbstractOperations
from proxy_stubs import LIMBECK, formatted

#: The names in annotations, by the module from which the stub imports them.
NAMES = {
    "collections.abc": ("Awaitable", "Callable", "Iterator", "Mapping", "Sequence"),
    "contextlib": ("contextmanager",),
    "typing": ("Any", "Literal", "TypeVar"),
    "sqlalchemy": ("Table",),
    "sqlalchemy.engine": ("Connection",),
    "sqlalchemy.sql": ("Executable", "TableClause"),
    "sqlalchemy.sql.elements": ("ColumnElement", "TextClause", "conv"),
    "sqlalchemy.sql.schema": ("Column", "SchemaItem"),
    "sqlalchemy.types": ("TypeEngine",),
    "limbeck.operations._ops.alter_column": ("_ServerDefaultArgument",),
    "limbeck.operations.base": ("BatchOperations", "Operations"),
    "limbeck.operations.ops": ("MigrateOperation",),
    "limbeck.runtime.migration": ("MigrationContext",),
    "limbeck.util.sqla_compat": ("_literal_bindparam",),
}

TYPE_VARIABLES = {"_T": '_T = TypeVar("_T")', "_C": '_C = TypeVar("_C", bound=Callable[..., Any])'}

#: Methods that `op` does not have as functions.
NOT_IN_OP = {"create_module_class_proxy"}

HEADER = '''"""{title}

Written by tools/operation_stubs.py from the operation classes; edit those.
"""
'''


def directives(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the public methods of a class by name."""
    for name in sorted(dir(cls)):
        method = getattr(cls, name)
        if not name.startswith("_") and callable(method) and name not in NOT_IN_OP:
            yield name, method


def default_of(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return ""
    is_literal = (
        isinstance(parameter.default, (bool, str, int, type(None))) or not parameter.default
    )
    text = repr(parameter.default) if is_literal else "..."
    text = "..." if "immutabledict" in text else text.replace("'", '"')
    return f" = {text}"


_STARS: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def parameters_of(method: Callable[..., Any], with_self: bool) -> Iterator[str]:
    star_seen = False
    for name, parameter in inspect.signature(method).parameters.items():
        if name == "self":
            if with_self:
                yield "self"
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not star_seen:
            yield "*"
            star_seen = True
        star_seen = star_seen or parameter.kind is parameter.VAR_POSITIONAL
        stars = _STARS.get(parameter.kind, "")
        yield f"{stars}{name}: {parameter.annotation}{default_of(parameter)}"


def stub_of(name: str, method: Callable[..., Any], with_self: bool) -> str:
    manages_context = "Iterator[" in str(inspect.signature(method).return_annotation)
    lines = ["@contextmanager"] if manages_context else []
    lines.append(f"def {name}(")
    lines += [f"    {parameter}," for parameter in parameters_of(method, with_self)]
    lines.append(f") -> {inspect.signature(method).return_annotation}:")
    documentation = inspect.getdoc(method)
    if documentation is None:
        raise SystemExit(f"{name} has no documentation")
    quoted = documentation.replace("\\", "\\\\")
    quoted = f'"""{quoted}"""' if "\n" not in quoted else f'"""{quoted}\n"""'
    lines.append(textwrap.indent(quoted, "    "))
    return "\n".join(lines)


def imports_for(body: str) -> str:
    # All of them: ruff removes those that are not used.
    lines = [f"from {module} import {', '.join(names)}" for module, names in NAMES.items()]
    variables = [line for name, line in TYPE_VARIABLES.items() if f"{name}]" in body]
    return "\n".join([*lines, "", *variables])


def op_stub() -> str:
    functions = [stub_of(name, method, False) for name, method in directives(Operations)]
    body = "\n\n".join(functions)
    title = "The functions of `alembic.op`, for type checkers and editors."
    imports = imports_for(body).replace(
        "BatchOperations, Operations", "BatchOperations, Operations as Operations"
    )
    return formatted(f"{HEADER.format(title=title)}\n{imports}\n\n{body}\n")


def directives_stub() -> str:
    common = {name for name, _ in directives(AbstractOperations)}
    classes = []
    for class_name, cls in (
        ("OperationDirectives", Operations),
        ("BatchDirectives", BatchOperations),
    ):
        methods = [
            textwrap.indent(stub_of(name, method, True), "    ")
            for name, method in directives(cls)
            if name not in common
        ]
        classes.append(f"class {class_name}:\n" + "\n\n".join(methods))
    body = "\n\n".join(classes)
    title = "The directives that operation classes register, for type checkers and editors."
    return formatted(f"{HEADER.format(title=title)}\n{imports_for(body)}\n\n{body}\n")


STUBS = {
    LIMBECK / "op.pyi": op_stub,
    LIMBECK / "operations" / "_directives.pyi": directives_stub,
}


def main() -> None:
    for path, make in STUBS.items():
        text = make()
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            sys.exit(f"{path.name} is not current: run `python tools/operation_stubs.py`")


if __name__ == "__main__":
    main()
