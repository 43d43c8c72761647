"""Reads the objects of PostgreSQL as the statements that make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from limbeck.autogenerate._objects.objects import Item, Key, Objects, TableRef
from limbeck.snapshot.postgresql import CLASS, OF_CLASS, OURS

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_OF_PROCEDURE = OURS.format(oid="p.oid", catalog="pg_proc")
_OF_TYPE = OURS.format(oid="t.oid", catalog="pg_type")
_ON = "quote_ident({name}) || ' ON ' || c.oid::regclass"
_GRANTEE = "CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END"
_WITH_GRANT = "CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END"
_OWNER_OF_CLASS = "CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE '' END"
_IS_PROCEDURE = "CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END"

#: Each has rows of: the kind, the name, the statements, the statement that drops, kind and name of the owner, the shape, and the class
#: and number that pg_depend has.
_PARTS = (
    f"""
    SELECT {_OWNER_OF_CLASS}, c.oid::regclass::text,
      ARRAY['CREATE ' || upper({_OWNER_OF_CLASS}) || ' ' || c.oid::regclass
        || coalesce(' WITH (' || array_to_string(c.reloptions, ', ') || ')', '') || E' AS\\n'
        || rtrim(pg_get_viewdef(c.oid), ';')
        || CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN ' WITH NO DATA' ELSE '' END],
      'DROP ' || upper({_OWNER_OF_CLASS}) || ' ' || c.oid::regclass, '', '',
      ARRAY(SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attcollation FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY a.attnum), 'pg_class', c.oid
    FROM {CLASS} WHERE c.relkind IN ('v', 'm') AND {OF_CLASS}
    """,
    f"""
    SELECT 'index', x.oid::regclass::text, ARRAY[pg_get_indexdef(x.oid)], 'DROP INDEX ' || x.oid::regclass,
      'materialized view', c.oid::regclass::text, ARRAY[]::text[], 'pg_class', x.oid
    FROM {CLASS} JOIN pg_index i ON i.indrelid = c.oid JOIN pg_class x ON x.oid = i.indexrelid
    WHERE c.relkind = 'm' AND {OF_CLASS}
    """,
    f"""
    SELECT {_IS_PROCEDURE}, p.oid::regprocedure::text, ARRAY[pg_get_functiondef(p.oid)],
      'DROP ' || upper({_IS_PROCEDURE}) || ' ' || p.oid::regprocedure, '', '', ARRAY[]::text[], 'pg_proc', p.oid
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind <> 'a' AND {_OF_PROCEDURE}
    """,
    f"""
    SELECT 'trigger', {_ON.format(name="t.tgname")},
      array_remove(ARRAY[pg_get_triggerdef(t.oid), CASE t.tgenabled WHEN 'O' THEN NULL ELSE 'ALTER TABLE ' || c.oid::regclass
        || CASE t.tgenabled WHEN 'D' THEN ' DISABLE' WHEN 'R' THEN ' ENABLE REPLICA' ELSE ' ENABLE ALWAYS' END
        || ' TRIGGER ' || quote_ident(t.tgname) END], NULL),
      'DROP TRIGGER ' || {_ON.format(name="t.tgname")}, {_OWNER_OF_CLASS}, c.oid::regclass::text, ARRAY[]::text[], 'pg_trigger', t.oid
    FROM {CLASS} JOIN pg_trigger t ON t.tgrelid = c.oid
    WHERE NOT t.tgisinternal AND {OF_CLASS}
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.classid = 'pg_trigger'::regclass AND d.deptype = 'P')
    """,
    f"""
    SELECT 'policy', {_ON.format(name="p.polname")},
      ARRAY['CREATE POLICY ' || {_ON.format(name="p.polname")}
        || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
        || CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE' WHEN 'd' THEN ' FOR DELETE' ELSE '' END
        || ' TO ' || (SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', ' ORDER BY r) FROM unnest(p.polroles) r)
        || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
        || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')],
      'DROP POLICY ' || {_ON.format(name="p.polname")}, '', '', ARRAY[]::text[], 'pg_policy', p.oid
    FROM {CLASS} JOIN pg_policy p ON p.polrelid = c.oid WHERE {OF_CLASS}
    """,
    f"""
    SELECT 'row security', c.oid::regclass::text,
      array_remove(ARRAY[CASE WHEN c.relrowsecurity THEN 'ALTER TABLE ' || c.oid::regclass || ' ENABLE ROW LEVEL SECURITY' END,
        CASE WHEN c.relforcerowsecurity THEN 'ALTER TABLE ' || c.oid::regclass || ' FORCE ROW LEVEL SECURITY' END], NULL),
      'ALTER TABLE ' || c.oid::regclass || ' NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', '', '',
      ARRAY[CASE WHEN n.nspname = current_schema() THEN NULL ELSE n.nspname::text END, c.relname::text], 'row security', c.oid
    FROM {CLASS} WHERE c.relkind IN ('r', 'p') AND (c.relrowsecurity OR c.relforcerowsecurity) AND {OF_CLASS}
    """,
    # The sequence of a column belongs to the column.
    f"""
    SELECT 'sequence', c.oid::regclass::text,
      ARRAY['CREATE SEQUENCE ' || c.oid::regclass || ' AS ' || format_type(s.seqtypid, NULL) || ' INCREMENT ' || s.seqincrement
        || ' MINVALUE ' || s.seqmin || ' MAXVALUE ' || s.seqmax || ' START ' || s.seqstart || ' CACHE ' || s.seqcache
        || CASE WHEN s.seqcycle THEN ' CYCLE' ELSE ' NO CYCLE' END],
      'DROP SEQUENCE ' || c.oid::regclass, '', '', ARRAY[]::text[], 'pg_class', c.oid
    FROM {CLASS} JOIN pg_sequence s ON s.seqrelid = c.oid
    WHERE {OF_CLASS} AND NOT EXISTS
      (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
    """,
    f"""
    SELECT 'domain', t.oid::regtype::text,
      ARRAY['CREATE DOMAIN ' || t.oid::regtype || ' AS ' || format_type(t.typbasetype, t.typtypmod)
        || CASE WHEN t.typcollation <> b.typcollation THEN ' COLLATE ' || (SELECT quote_ident(l.collname) FROM pg_collation l WHERE l.oid = t.typcollation) ELSE '' END
        || coalesce(' DEFAULT ' || t.typdefault, '') || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce((SELECT string_agg(' CONSTRAINT ' || quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid), '' ORDER BY k.conname)
           FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n'), '')],
      'DROP DOMAIN ' || t.oid::regtype, '', '',
      ARRAY[format_type(t.typbasetype, t.typtypmod) || ' ' || t.typcollation, coalesce(t.typdefault, ''), t.typnotnull::text]
        || ARRAY(SELECT quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) FROM pg_constraint k
           WHERE k.contypid = t.oid AND k.contype <> 'n' ORDER BY k.conname), 'pg_type', t.oid
    FROM pg_type t JOIN pg_type b ON b.oid = t.typbasetype JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype = 'd' AND {_OF_TYPE}
    """,
    # Declarations may need it; it is not compared.
    f"""
    SELECT 'enum', t.oid::regtype::text, ARRAY['CREATE TYPE ' || t.oid::regtype || ' AS ENUM ('
      || (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) || ')'],
      'DROP TYPE ' || t.oid::regtype, '', '', ARRAY[]::text[], 'enum', t.oid
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND {_OF_TYPE}
    """,
    """
    SELECT 'extension', quote_ident(e.extname),
      ARRAY['CREATE EXTENSION IF NOT EXISTS ' || quote_ident(e.extname)
        || CASE WHEN n.nspname = current_schema() THEN '' ELSE ' WITH SCHEMA ' || quote_ident(n.nspname) END],
      'DROP EXTENSION ' || quote_ident(e.extname), '', '', ARRAY[]::text[], 'pg_extension', e.oid
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'
    """,
    f"""
    SELECT 'comment', upper({_OWNER_OF_CLASS}) || ' ' || c.oid::regclass || coalesce('.' || quote_ident(a.attname), ''),
      ARRAY['COMMENT ON ' || CASE WHEN a.attname IS NULL THEN upper({_OWNER_OF_CLASS}) ELSE 'COLUMN' END || ' ' || c.oid::regclass
        || coalesce('.' || quote_ident(a.attname), '') || ' IS ' || quote_literal(d.description)],
      'COMMENT ON ' || CASE WHEN a.attname IS NULL THEN upper({_OWNER_OF_CLASS}) ELSE 'COLUMN' END || ' ' || c.oid::regclass
        || coalesce('.' || quote_ident(a.attname), '') || ' IS NULL',
      {_OWNER_OF_CLASS}, c.oid::regclass::text, ARRAY[]::text[], 'pg_description', d.objoid
    FROM {CLASS} JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND d.objsubid > 0
    WHERE c.relkind IN ('v', 'm', 'S') AND {OF_CLASS}
    """,
    f"""
    SELECT 'comment', upper({_IS_PROCEDURE}) || ' ' || p.oid::regprocedure,
      ARRAY['COMMENT ON ' || upper({_IS_PROCEDURE}) || ' ' || p.oid::regprocedure || ' IS ' || quote_literal(d.description)],
      'COMMENT ON ' || upper({_IS_PROCEDURE}) || ' ' || p.oid::regprocedure || ' IS NULL',
      {_IS_PROCEDURE}, p.oid::regprocedure::text, ARRAY[]::text[], 'pg_description', d.objoid
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_description d
      ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass WHERE p.prokind <> 'a' AND {_OF_PROCEDURE}
    """,
    f"""
    SELECT 'grants', upper({_OWNER_OF_CLASS}) || ' ' || c.oid::regclass,
      ARRAY(SELECT 'GRANT ' || string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type) || ' ON '
        || CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END || c.oid::regclass || ' TO ' || {_GRANTEE} || {_WITH_GRANT}
        FROM aclexplode(c.relacl) g WHERE g.grantee <> c.relowner GROUP BY g.grantee, g.is_grantable ORDER BY 1)
      || ARRAY(SELECT 'GRANT ' || g.privilege_type || ' (' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ') ON '
        || c.oid::regclass || ' TO ' || {_GRANTEE} || {_WITH_GRANT}
        FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) g
        WHERE a.attrelid = c.oid AND a.attnum > 0 GROUP BY g.privilege_type, g.grantee, g.is_grantable ORDER BY 1),
      '', {_OWNER_OF_CLASS}, c.oid::regclass::text, ARRAY[]::text[], 'grants', c.oid
    FROM {CLASS} WHERE c.relkind IN ('v', 'm', 'S') AND {OF_CLASS}
      AND (c.relacl IS NOT NULL OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL))
    """,
    f"""
    SELECT 'grants', upper({_IS_PROCEDURE}) || ' ' || p.oid::regprocedure,
      array_remove(ARRAY[CASE WHEN NOT EXISTS (SELECT FROM aclexplode(p.proacl) g WHERE g.grantee = 0)
        THEN 'REVOKE ALL ON ' || upper({_IS_PROCEDURE}) || ' ' || p.oid::regprocedure || ' FROM PUBLIC' END], NULL)
      || ARRAY(SELECT 'GRANT EXECUTE ON ' || upper({_IS_PROCEDURE}) || ' ' || p.oid::regprocedure || ' TO ' || {_GRANTEE} || {_WITH_GRANT}
        FROM aclexplode(p.proacl) g WHERE g.grantee NOT IN (0, p.proowner) ORDER BY 1),
      '', {_IS_PROCEDURE}, p.oid::regprocedure::text, ARRAY[]::text[], 'grants', p.oid
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.proacl IS NOT NULL AND p.prokind <> 'a' AND {_OF_PROCEDURE}
    """,
)
_STATEMENT = " UNION ALL ".join(f"({part})" for part in _PARTS).replace(":", "\\:")

#: What depends on what: a view's rule stands for the view, a default or constraint for its table, a type of rows for its table.
_NEEDS = """
SELECT CASE WHEN w.oid IS NOT NULL OR f.oid IS NOT NULL OR k.conrelid <> 0 THEN 'pg_class' WHEN k.contypid <> 0 THEN 'pg_type'
    ELSE d.classid::regclass::text END,
  coalesce(w.ev_class, f.adrelid, nullif(k.conrelid, 0), nullif(k.contypid, 0), d.objid),
  CASE WHEN t.typrelid <> 0 THEN 'pg_class' ELSE d.refclassid::regclass::text END,
  coalesce(nullif(t.typrelid, 0), CASE WHEN t.typelem <> 0 THEN coalesce(nullif(e.typrelid, 0), e.oid) END, d.refobjid),
  d.deptype::text,
  CASE WHEN n.nspname <> current_schema() THEN n.nspname END, c.relname, c.relkind::text, a.attname
FROM pg_depend d
  LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
  LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
  LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
  LEFT JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
  LEFT JOIN pg_type e ON e.oid = t.typelem
  LEFT JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
  LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
WHERE d.refobjid >= 16384
""".replace(":", "\\:")

#: What depends on others is a table for its rows that are too long.
_USED_BY_TABLES = frozenset({"function", "domain", "sequence", "extension"})
_SETTINGS = """
SELECT current_setting('search_path'), ARRAY(SELECT quote_ident(n.nspname) FROM pg_namespace n
  WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = n.oid AND d.classid = 'pg_namespace'\\:\\:regclass AND d.deptype = 'e'))
"""


class Postgresql:
    """Reads one database of PostgreSQL."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys: dict[tuple[str, int], Key] = {}

    def read(self) -> Objects:
        """Return the objects, with one statement."""
        result = Objects()
        for (
            kind,
            name,
            create,
            drop,
            of_kind,
            owner,
            shape,
            catalog,
            oid,
        ) in self._connection.execute(text(_STATEMENT)):
            if not create:
                continue
            key = Key(kind, name)
            owned_by = Key(of_kind, owner) if of_kind else None
            result.items[key] = Item(key, tuple(create), drop, owned_by, tuple(shape), oid)
            if catalog.startswith("pg_") and catalog != "pg_description":
                self._keys[catalog, oid] = key
        return result

    def read_needs(self, objects: Objects) -> None:
        """Add what objects need, with one statement."""
        for item in objects.items.values():
            if item.key.kind == "row security":
                schema, table = item.shape
                objects.tables[item.key] = {(schema or None, table, None)}
        members: dict[tuple[str, int], Key] = {}
        rows = self._connection.execute(text(_NEEDS)).fetchall()
        for row in rows:
            if row[4] == "e" and (extension := self._keys.get((row[2], row[3]))):
                members[row[0], row[1]] = extension
        for row in rows:
            node, needed = (row[0], row[1]), (row[2], row[3])
            if node == needed or row[4] == "e":
                continue
            key = self._keys.get(node)
            other = self._keys.get(needed) or members.get(needed)
            if key is not None and other is not None:
                objects.needs.setdefault(key, set()).add(other)
            elif key is not None and row[7] in ("r", "p", "f"):
                ref: TableRef = (row[5], row[6], row[8])
                objects.tables.setdefault(key, set()).add(ref)
            elif key is None and row[0] == "pg_class" and other and other.kind in _USED_BY_TABLES:
                objects.of_tables.add(other)


def scratch_setup(connection: Connection) -> list[str]:
    """Return the statements that give a scratch database the schemas and the search path of a database, read with one statement."""
    path, schemas = connection.execute(text(_SETTINGS)).one()
    made = [f"CREATE SCHEMA IF NOT EXISTS {schema}" for schema in schemas]
    return [*made, f"SET LOCAL search_path = {path}"] if path else made
