"""Names that Alembic's modules expose only because they import them, and that projects import from there.

The `__getattr__` that :mod:`limbeck.compat.naming` gives to each module finds them here on first use.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from limbeck.util.logs import logger

#: Modules exposed under their own names.
_MODULES = (
    "atexit collections contextlib enum fcntl functools importlib io logging os "
    "pathlib re shutil struct sys tempfile termios textwrap typing uuid warnings "
)

#: The names that each module defines.
_DEFINED_IN = {
    "abc": "abstractmethod",
    "collections.abc": "Collection Iterable Iterator Mapping MutableMapping Sequence",
    "configparser": "ConfigParser",
    "contextlib": "ExitStack contextmanager nullcontext",
    "io": "StringIO",
    "itertools": "chain",
    "limbeck.compat.unused": (
        "CompareConstraintType PostWriteHookConfig formatannotation_fwdref is_ck_sig "
        "is_fk_sig is_index_sig is_uq_sig path_walk"
    ),
    "limbeck.autogenerate.compare.util": "_InspectorConv",
    "limbeck.runtime._transactions": "_ProxyTransaction",
    "limbeck.runtime.environment": (
        "CompareServerDefault CompareType IncludeNameFn IncludeObjectFn NameFilterParentNames "
        "NameFilterType OnVersionApplyFn ProcessRevisionDirectiveFn RenderItemFn"
    ),
    "limbeck.util.langhelpers": "PriorityDispatchResult",
    "limbeck.util.sqla_compat": (
        "_columns_for_constraint _conv_constraint_names _copy _copy_expression "
        "_ensure_scope_for_ddl _find_columns _fk_is_self_referential _fk_target_tokens "
        "_get_table_key _idx_table_bound_expressions _is_type_bound _literal_bindparam "
        "_name_type_bound_constraints _remove_column_from_collection _resolve_for_variant "
        "_table_for_constraint"
    ),
    "mako.pygen": "PythonPrinter",
    "mako.template": "Template",
    "os.path": "join splitext",
    "pathlib": "Path",
    "sqlalchemy": (
        "CheckConstraint Column Constraint FetchedValue ForeignKeyConstraint Index MetaData "
        "PrimaryKeyConstraint Table UniqueConstraint inspect literal_column select text"
    ),
    "sqlalchemy.dialects.postgresql": "ExcludeConstraint",
    "sqlalchemy.engine.base": "Engine",
    "sqlalchemy.engine.strategies": "MockEngineStrategy",
    "sqlalchemy.schema": "DDLElement",
    "sqlalchemy.sql.base": "SchemaEventTarget",
    "sqlalchemy.sql.elements": "ColumnElement Label TextClause conv quoted_name",
    "sqlalchemy.sql.functions": "FunctionElement",
    "sqlalchemy.sql.visitors": "traverse",
    "sqlalchemy.util": "OrderedDict",
    "sqlalchemy.util.compat": "inspect_formatargspec inspect_getfullargspec",
    "types": "ModuleType NoneType",
    "typing": (
        "Any Callable ClassVar ContextManager Deque Dict Generic List Literal NamedTuple "
        "NoReturn Optional Protocol TYPE_CHECKING TextIO Type TypeGuard TypeVar Union cast "
        "overload"
    ),
}

#: Objects exposed under another name, and modules in packages: `module`, or `module:name`.
_RENAMED = {
    "EncodedIO": "limbeck.runtime.migration:EncodedIO",
    "_ConstraintName": "limbeck.compat.unused:ConstraintName",
    "_ConstraintNameDefined": "limbeck.compat.unused:ConstraintNameDefined",
    "_DialectArgView": "sqlalchemy.sql.base:_DialectArgView",
    "_InterimRevisionMapType": "limbeck.compat.unused:RevisionMapType",
    "_RevisionMapType": "limbeck.compat.unused:RevisionMapType",
    "_ServerDefaultArgument": "limbeck.compat.unused:ServerDefaultArgument",
    "_ServerDefaultType": "limbeck.compat.unused:ServerDefaultType",
    "_autogen": "limbeck.ddl._autogen",
    "_constraint_sig": "limbeck.autogenerate.compare.indexes:_Item",
    "_default_file_template": "limbeck.script._naming:DEFAULT_TEMPLATE",
    "_legacy_rev": "limbeck.script._script:_ID_IN_NAME",
    "_only_source_rev_file": "limbeck.compat.unused:only_source_rev_file",
    "_preserving_path_as_str": "os:fspath",
    "_slug_re": "limbeck.script._naming:_WORD",
    "_sourceless_rev_file": "limbeck.compat.unused:sourceless_rev_file",
    "_user_autogenerate_prefix": "limbeck.autogenerate.render.names:user_prefix",
    "_with_legacy_names": "limbeck.compat.unused:with_legacy_names",
    "annotations": "__future__:annotations",
    "compat": "limbeck.util.compat",
    "ddl": "limbeck.ddl",
    "elements": "sqlalchemy.sql.elements",
    "event": "sqlalchemy.event",
    "exc": "limbeck.util.exc",
    "exceptions": "mako.exceptions",
    "expression": "sqlalchemy.sql.expression",
    "functions": "sqlalchemy.sql.functions",
    "metadata": "importlib.metadata",
    "migration": "limbeck.runtime.migration",
    "operators": "sqlalchemy.sql.operators",
    "ops": "limbeck.operations.ops",
    "render": "limbeck.autogenerate.render",
    "resources": "importlib.resources",
    "revision": "limbeck.script.revision",
    "sa_exc": "sqlalchemy.exc",
    "sa_schema": "sqlalchemy.schema",
    "schema": "sqlalchemy.schema",
    "schemaobj": "limbeck.operations.schemaobj",
    "sql": "sqlalchemy.sql",
    "sql_schema": "sqlalchemy.schema",
    "sqla_compat": "limbeck.util.sqla_compat",
    "sqla_url": "sqlalchemy.engine.url",
    "sqlautil": "sqlalchemy.util",
    "sqltypes": "sqlalchemy.types",
    "topological": "sqlalchemy.util.topological",
    "url": "sqlalchemy.engine.url",
    "util": "limbeck.util",
}

#: The names that each module exposes; `name=module:name` for a name with another meaning in that module.
_EXPOSED = {
    "limbeck.autogenerate.api": (
        "Iterator Sequence contextlib inspect log logging sqla_compat util"
    ),
    "limbeck.autogenerate.compare": "log logging",
    "limbeck.autogenerate.compare.constraints": (
        "Any Collection ForeignKeyConstraint Index Mapping PriorityDispatchResult TypeVar "
        "Union UniqueConstraint _InspectorConv cast expression is_index_sig is_uq_sig log "
        "logging ops sa_schema sqla_compat text util"
    ),
    "limbeck.autogenerate.compare.schema": "inspect log logging",
    "limbeck.autogenerate.compare.server_defaults": (
        "NoneType Sequence cast sa_schema sqla_compat"
    ),
    "limbeck.autogenerate.compare.tables": "event sa_schema",
    "limbeck.autogenerate.render": (
        "Label PythonPrinter StringIO _DialectArgView _user_autogenerate_prefix cast conv "
        "quoted_name re sa_schema sql sqla_compat"
    ),
    "limbeck.autogenerate.rewriter": "ProcessRevisionDirectiveFn",
    "limbeck.command": "compat pathlib",
    "limbeck.config": (
        "Mapping Path PostWriteHookConfig Protocol Sequence _preserving_path_as_str cast "
        "compat inspect=inspect log logging re util"
    ),
    "limbeck.context": "_name_error=limbeck.compat.unused:context_name_error",
    "limbeck.ddl._autogen": (
        "Any CheckConstraint ClassVar CompareConstraintType Constraint ForeignKeyConstraint "
        "Generic Index TYPE_CHECKING TypeGuard TypeVar Union UniqueConstraint _constraint_sig "
        "is_ck_sig is_fk_sig is_index_sig is_uq_sig sqla_compat util"
    ),
    "limbeck.ddl.base": (
        "Column ColumnElement DDLElement Literal TextClause Union _ServerDefaultArgument "
        "_ServerDefaultType _columns_for_constraint _find_columns _is_type_bound "
        "_table_for_constraint functools sqltypes"
    ),
    "limbeck.ddl.impl": (
        "Callable Iterable NamedTuple _autogen _constraint_sig cast=sqlalchemy:cast re"
    ),
    "limbeck.ddl.mssql": "re sqltypes",
    "limbeck.ddl.mysql": "_is_type_bound elements functions operators schema sqltypes",
    "limbeck.ddl.oracle": "sqltypes=sqlalchemy.sql.sqltypes",
    "limbeck.ddl.postgresql": (
        "ExcludeConstraint FunctionElement Sequence TextClause cast ops render schemaobj "
        "sqla_compat sqltypes"
    ),
    "limbeck.ddl.sqlite": "cast=sqlalchemy:cast schema sql",
    "limbeck.environment": (
        "Any Callable Collection Column CompareServerDefault CompareType ContextManager "
        "FetchedValue IncludeNameFn IncludeObjectFn Literal Mapping MutableMapping "
        "NameFilterParentNames NameFilterType OnVersionApplyFn Optional "
        "ProcessRevisionDirectiveFn RenderItemFn Sequence TextIO Union annotations overload "
        "util"
    ),
    "limbeck.ext.checkconstraint_byname": "Optional Union _InspectorConv sa_schema",
    "limbeck.migration": (
        "Any Callable Collection ContextManager Engine Iterable Iterator MockEngineStrategy "
        "Optional cast contextmanager ddl literal_column log=limbeck.runtime.migration:log "
        "logging nullcontext select sqla_compat sqla_url sys util"
    ),
    "limbeck.op": "_name_error=limbeck.compat.unused:op_name_error",
    "limbeck.operations.base": (
        "List NoReturn Sequence Type _ServerDefaultArgument _literal_bindparam "
        "inspect_formatargspec inspect_getfullargspec overload re schemaobj textwrap util"
    ),
    "limbeck.operations.batch": (
        "Any CheckConstraint Column ForeignKeyConstraint Index MetaData OrderedDict "
        "PrimaryKeyConstraint SchemaEventTarget Table _columns_for_constraint "
        "_conv_constraint_names _copy _copy_expression _ensure_scope_for_ddl "
        "_fk_is_self_referential _fk_target_tokens _get_table_key "
        "_idx_table_bound_expressions _is_type_bound _name_type_bound_constraints "
        "_remove_column_from_collection _resolve_for_variant annotations exc select "
        "sql_schema sqltypes topological util"
    ),
    "limbeck.operations.ops": (
        "Any Callable Iterator MutableMapping Sequence TypeVar abstractmethod annotations "
        "cast os pathlib re schemaobj sqla_compat util"
    ),
    "limbeck.operations.schemaobj": "util",
    "limbeck.runtime.environment": (
        "Column ContextManager FetchedValue Union _ProxyTransaction util"
    ),
    "limbeck.runtime.migration": (
        "Collection ContextManager Engine MockEngineStrategy Optional literal_column "
        "nullcontext sys util"
    ),
    "limbeck.runtime.plugins": "util",
    "limbeck.script.base": (
        "ModuleType Optional Path _default_file_template _legacy_rev _only_source_rev_file re "
        "_preserving_path_as_str _slug_re _sourceless_rev_file compat contextmanager "
        "migration revision shutil"
    ),
    "limbeck.script.revision": (
        "Deque Optional Union _InterimRevisionMapType _RevisionMapType collections overload "
        "sqlautil util"
    ),
    "limbeck.script.write_hooks": "_preserving_path_as_str",
    "limbeck.util": "_with_legacy_names",
    "limbeck.util.compat": (
        "ConfigParser EncodedIO Iterator formatannotation_fwdref inspect_formatargspec "
        "inspect_getfullargspec io metadata path_walk typing"
    ),
    "limbeck.util.editor": "join splitext",
    "limbeck.util.langhelpers": (
        "Callable Dict Mapping MutableMapping NoReturn Sequence _with_legacy_names cast "
        "collections enum inspect_getfullargspec textwrap uuid warnings"
    ),
    "limbeck.util.messaging": "TextIO fcntl logging struct termios textwrap url warnings",
    "limbeck.util.pyfiles": (
        "ExitStack ModuleType Template _preserving_path_as_str atexit exceptions importlib "
        "pathlib resources tempfile"
    ),
    "limbeck.util.sqla_compat": (
        "Callable Protocol TypeGuard Union _ConstraintName _ConstraintNameDefined chain sa_exc "
        "schema sql sqltypes traverse"
    ),
}

#: Modules that some systems do not have. There, Alembic exposes `None`.
_MAY_BE_MISSING = ("fcntl", "termios")


@cache
def _definitions() -> Mapping[str, str]:
    """Return where each name is defined (`module`, or `module:name`), unless its entry in `_EXPOSED` says it."""
    definitions = {name: name for name in _MODULES.split()}
    for module, names in _DEFINED_IN.items():
        definitions.update((name, f"{module}:{name}") for name in names.split())
    return definitions | _RENAMED


def names_of(module: str) -> Mapping[str, str]:
    """Return the names that a module exposes, and where each is defined (`module`, or `module:name`).

    The logger `log` is not defined anywhere: its value is empty.
    """
    entries = (entry.partition("=") for entry in _EXPOSED.get(module, "").split())
    return {name: where or _definitions().get(name, "") for name, _, where in entries}


def find(module: str, name: str) -> Any:
    """Return the object that a module exposes under a name.

    :raises AttributeError: the module exposes no such name, or the module that defines it is not installed
    """
    missing = AttributeError(f"module {module!r} has no attribute {name!r}")
    where = names_of(module).get(name)
    if where is None:
        raise missing
    if name == "log" and not where:
        return logger(module.replace("limbeck", "alembic", 1))
    defining_module, _, attribute = where.partition(":")
    try:
        imported = importlib.import_module(defining_module)
    except ImportError as error:
        if defining_module in _MAY_BE_MISSING:
            return None
        raise missing from error
    return getattr(imported, attribute) if attribute else imported
