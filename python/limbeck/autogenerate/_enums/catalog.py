"""Reads the enums of PostgreSQL, and what uses them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from limbeck.autogenerate._enums.models import TypeName

_TYPES = text("""
    SELECT CASE WHEN n.nspname = :default THEN NULL ELSE n.nspname END AS schema, t.typname AS name, t.oid AS id,
      ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels,
      obj_description(t.oid, 'pg_type') AS comment
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'e' AND n.nspname IN :schemas
    ORDER BY 1, 2
""").bindparams(bindparam("schemas", expanding=True))

# Constants of a type depend on it, so `pg_depend` has each CHECK, index, default and view whose text names it.
_USES = text("""
    WITH RECURSIVE types AS (
      SELECT oid, typarray FROM pg_type WHERE oid IN :ids
    ), depending AS (
      SELECT DISTINCT t.oid AS type, d.classid, d.objid, d.objsubid
      FROM types t JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray)
      WHERE NOT (d.classid = 'pg_type'::regclass AND d.objid = t.typarray)
    ), columns AS (
      SELECT t.oid AS type, c.oid AS class, n.nspname, c.relname, a.attnum, a.attname, a.atttypid = t.typarray AS is_array,
        a.attinhcount, a.attgenerated, pg_get_expr(f.adbin, f.adrelid) AS expression
      FROM types t JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
    ), views (type, class, level) AS (
      SELECT x.type, r.ev_class, 1 FROM depending x JOIN pg_rewrite r ON r.oid = x.objid
      WHERE x.classid = 'pg_rewrite'::regclass
      UNION
      SELECT x.type, r.ev_class, 1 FROM columns x
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = x.class AND d.refobjsubid = x.attnum
      JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
      UNION
      SELECT v.type, r.ev_class, v.level + 1 FROM views v
      JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = v.class
      JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid AND r.ev_class <> v.class
    )
    SELECT type AS id, CASE WHEN attgenerated <> '' THEN 'other' ELSE 'column' END AS kind, nspname AS schema, relname AS
      relation, CASE WHEN attgenerated <> '' THEN format('generated column %I.%I', relname, attname) ELSE attname END AS name,
      expression AS definition, is_array, 0 AS level, NULL::text[] AS statements
    FROM columns WHERE attinhcount = 0
    UNION ALL
    SELECT x.type, CASE WHEN a.attgenerated <> '' THEN 'other' ELSE 'default' END, n.nspname, c.relname, a.attname,
      pg_get_expr(f.adbin, f.adrelid), false, 0, NULL
    FROM depending x JOIN pg_attrdef f ON f.oid = x.objid JOIN pg_class c ON c.oid = f.adrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
    WHERE x.classid = 'pg_attrdef'::regclass AND a.attinhcount = 0
      AND NOT EXISTS (SELECT FROM columns y WHERE y.class = f.adrelid AND y.attnum = f.adnum AND y.type = x.type)
    UNION ALL
    SELECT x.type, 'check', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid), false, 0, NULL
    FROM depending x JOIN pg_constraint k ON k.oid = x.objid JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE x.classid = 'pg_constraint'::regclass AND k.contype = 'c' AND k.coninhcount = 0
    UNION ALL
    SELECT x.type, 'index', n.nspname, t.relname, c.relname, pg_get_indexdef(c.oid), false, 0,
      ARRAY(SELECT format('COMMENT ON INDEX %s IS %L', c.oid::regclass, obj_description(c.oid, 'pg_class'))
        WHERE obj_description(c.oid, 'pg_class') IS NOT NULL)
    FROM depending x JOIN pg_class c ON c.oid = x.objid AND c.relkind IN ('i', 'I') JOIN pg_index i ON i.indexrelid = c.oid
    JOIN pg_class t ON t.oid = i.indrelid AND t.relkind <> 'm' JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE x.classid = 'pg_class'::regclass AND NOT c.relispartition
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
    UNION ALL
    SELECT v.type, 'view', n.nspname, c.relname, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
      c.oid::regclass::text, false, max(v.level),
      ARRAY[format('CREATE %s %s%s AS %s%s', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END,
        c.oid::regclass, ' WITH (' || array_to_string(c.reloptions, ', ') || ')',
        rtrim(pg_get_viewdef(c.oid), ';'), CASE WHEN c.relispopulated THEN '' ELSE ' WITH NO DATA' END)]
      || ARRAY(SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = c.oid ORDER BY i.indexrelid)
      || ARRAY(SELECT pg_get_triggerdef(g.oid) FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)
      || ARRAY(SELECT format('ALTER TABLE %s OWNER TO %I', c.oid::regclass, pg_get_userbyid(c.relowner))
        WHERE pg_get_userbyid(c.relowner) <> current_user)
      || ARRAY(SELECT format('GRANT %s ON %s TO %s%s', p.privilege_type, c.oid::regclass,
          CASE p.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(p.grantee)) END,
          CASE WHEN p.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM aclexplode(c.relacl) p WHERE p.grantee <> c.relowner)
      || ARRAY(SELECT CASE o.objsubid WHEN 0 THEN format('COMMENT ON %s %s IS %L',
          CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, c.oid::regclass, o.description)
          ELSE format('COMMENT ON COLUMN %s.%I IS %L', c.oid::regclass, a.attname, o.description) END
        FROM pg_description o LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.objsubid
        WHERE o.classoid = 'pg_class'::regclass AND o.objoid = c.oid)
    FROM views v JOIN pg_class c ON c.oid = v.class JOIN pg_namespace n ON n.oid = c.relnamespace
    GROUP BY v.type, n.nspname, c.oid, c.relname, c.relkind, c.reloptions, c.relispopulated, c.relowner, c.relacl
    UNION ALL
    SELECT x.type, 'other', NULL, NULL, pg_describe_object(x.classid, x.objid, x.objsubid), NULL, false, 0, NULL
    FROM depending x LEFT JOIN pg_class c ON x.classid = 'pg_class'::regclass AND c.oid = x.objid
    LEFT JOIN pg_constraint k ON x.classid = 'pg_constraint'::regclass AND k.oid = x.objid
    WHERE x.classid NOT IN ('pg_rewrite'::regclass, 'pg_attrdef'::regclass)
      AND (c.oid IS NULL OR c.relkind NOT IN ('r', 'p', 'f', 'v', 'm', 'i', 'I')
        OR EXISTS (SELECT FROM pg_constraint y WHERE y.conindid = c.oid))
      AND (k.oid IS NULL OR k.conrelid = 0)
    ORDER BY 1, 2, 8, 3, 4, 5
""").bindparams(bindparam("ids", expanding=True))


@dataclass(frozen=True)
class EnumType:
    """An enum of the database.

    :ivar name: its name.
    :ivar id: its oid.
    :ivar labels: in order.
    :ivar comment: its comment, if any.
    """

    name: TypeName
    id: int
    labels: tuple[str, ...]
    comment: str | None


@dataclass(frozen=True)
class Use:
    """What depends on an enum.

    :ivar kind: "column", "default" (of a column of another type), "check", "index", "view" or "other".
    :ivar schema: the schema of the table or view, `None` for the default one.
    :ivar relation: the table or view.
    :ivar name: the name of the column, constraint or index; of a view, "VIEW" or "MATERIALIZED VIEW"; else a description.
    :ivar definition: the default, condition or statement that creates it; of a view, its quoted name.
    :ivar is_array: whether the column has an array of the enum.
    :ivar statements: what creates a view, with its indexes and grants; what follows for an index.
    """

    kind: str
    schema: str | None
    relation: str
    name: str
    definition: str | None
    is_array: bool
    statements: tuple[str, ...]


def read_types(
    connection: Connection, schemas: Iterable[str], default: str | None
) -> dict[TypeName, EnumType]:
    """Return the enums of schemas.

    :param default: the default schema.
    """
    rows = connection.execute(_TYPES, {"schemas": list(schemas), "default": default})
    return {
        (row.schema, row.name): EnumType(
            (row.schema, row.name), row.id, tuple(row.labels), row.comment
        )
        for row in rows
    }


def read_uses(
    connection: Connection, types: Iterable[EnumType], default: str | None
) -> dict[TypeName, list[Use]]:
    """Return what depends on enums; views in the order in which they can be created."""
    names = {type_.id: type_.name for type_ in types}
    found: dict[Any, list[Use]] = {name: [] for name in names.values()}
    for row in connection.execute(_USES, {"ids": list(names)}):
        found[names[row.id]].append(
            Use(
                row.kind,
                None if row.schema == default else row.schema,
                row.relation,
                row.name,
                row.definition,
                row.is_array,
                tuple(row.statements or ()),
            )
        )
    return found
