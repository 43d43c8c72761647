"""What a PostgreSQL database has and no snapshot shows, so that it cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

#: The first identifier of an object that PostgreSQL has not made itself.
_FIRST = 16384
#: Catalogs whose objects have names of their own.
_CATALOGS = (
    *("pg_cast", "pg_collation", "pg_conversion", "pg_default_acl", "pg_event_trigger"),
    *("pg_foreign_data_wrapper", "pg_foreign_server", "pg_language", "pg_opclass", "pg_operator"),
    *("pg_opfamily", "pg_publication", "pg_statistic_ext", "pg_transform", "pg_ts_config"),
    *("pg_ts_dict", "pg_ts_parser", "pg_ts_template"),
)
_OBJECT = """
SELECT (pg_identify_object('{catalog}'::regclass, o.oid, 0)).type || ' ' || (pg_identify_object('{catalog}'::regclass, o.oid, 0)).identity
FROM {catalog} o WHERE o.oid >= {first} AND NOT EXISTS
  (SELECT FROM pg_depend d WHERE d.objid = o.oid AND d.classid = '{catalog}'::regclass AND d.deptype IN ('e', 'i'))
"""
#: What is changed of objects that a snapshot has.
_CHANGES = (
    ("privileges on the function", "pg_proc", "o.oid::regprocedure::text", "o.proacl IS NOT NULL"),
    ("privileges on the type", "pg_type", "o.oid::regtype::text", "o.typacl IS NOT NULL"),
    ("privileges on the schema", "pg_namespace", "o.nspname::text", "o.nspacl IS NOT NULL"),
    (
        *("the owner of", "pg_class", "o.oid::regclass::text"),
        "o.relkind IN ('r', 'p', 'v', 'm', 'S') AND o.relowner <> current_user::regrole",
    ),
    (
        *("the replica identity of table", "pg_class", "o.oid::regclass::text"),
        "o.relkind IN ('r', 'p') AND o.relreplident <> 'd'",
    ),
    (
        *("the tablespace of", "pg_class", "o.oid::regclass::text"),
        "o.relkind IN ('r', 'p', 'i', 'm') AND o.reltablespace <> 0",
    ),
)
_CHANGE = """
SELECT '{what} ' || {name} FROM {catalog} o WHERE o.oid >= {first} AND {condition} AND NOT EXISTS
  (SELECT FROM pg_depend d WHERE d.objid = o.oid AND d.classid = '{catalog}'::regclass AND d.deptype = 'e')
"""
_REST = """
SELECT 'rule ' || r.rulename || ' on ' || r.ev_class::regclass::text FROM pg_rewrite r
WHERE r.oid >= {first} AND r.rulename <> '_RETURN'
UNION ALL
SELECT 'options of column ' || a.attrelid::regclass::text || '.' || a.attname
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.oid >= {first} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND (a.attacl IS NOT NULL OR a.attoptions IS NOT NULL OR a.attstorage <> t.typstorage OR a.attcompression <> ''
    OR coalesce(a.attstattarget, -1) >= 0)
UNION ALL
SELECT 'comment on ' || (pg_identify_object(d.classoid, d.objoid, d.objsubid)).type || ' ' || (pg_identify_object(d.classoid, d.objoid, d.objsubid)).identity
FROM pg_description d WHERE d.objoid >= {first} AND d.classoid NOT IN ('pg_class'::regclass, 'pg_extension'::regclass)
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = d.objoid AND e.classid = d.classoid AND e.deptype = 'e')
UNION ALL
SELECT 'setting ' || unnest(s.setconfig) FROM pg_db_role_setting s JOIN pg_database b ON b.oid = s.setdatabase WHERE b.datname = current_database()
"""


def read_unseen(connection: Connection) -> set[str]:
    """Return descriptions of objects, privileges and options that snapshots leave out."""
    statement = " UNION ALL ".join(_statements())
    return {row[0] for row in connection.execute(text(statement.replace(":", "\\:")))}


def _statements() -> Iterator[str]:
    for catalog in _CATALOGS:
        yield _OBJECT.format(catalog=catalog, first=_FIRST)
    for what, catalog, name, condition in _CHANGES:
        yield _CHANGE.format(
            what=what, catalog=catalog, name=name, condition=condition, first=_FIRST
        )
    yield _REST.format(first=_FIRST)
