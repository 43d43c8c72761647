"""The catalog of MySQL and MariaDB: a statement for each kind of object of the current database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck.snapshot.sql_text import one_line
from limbeck.snapshot.types import Object

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

#: For each statement, rows of the owner's name, the kind, the name within the owner, and the definition.
_STATEMENTS = (
    """
    SELECT t.table_name, 'table', '', CONCAT('columns ', c.names, '; ', t.engine, ' ', t.table_collation,
      IF(t.create_options = '', '', CONCAT('; ', t.create_options)))
    FROM information_schema.tables t JOIN (
      SELECT table_name, GROUP_CONCAT(column_name ORDER BY ordinal_position SEPARATOR ', ') AS names
      FROM information_schema.columns WHERE table_schema = DATABASE() GROUP BY table_name) c ON c.table_name = t.table_name
    WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'
    """,
    """
    SELECT c.table_name, 'column', c.column_name, CONCAT(c.column_type,
      IF(c.collation_name IS NULL OR c.collation_name = t.table_collation, '', CONCAT(' COLLATE ', c.collation_name)),
      IF(c.is_nullable = 'NO', ' NOT NULL', ''),
      IF(c.column_default IS NULL, '', CONCAT(' DEFAULT ', {default})),
      IF(c.extra = '', '', CONCAT(' ', c.extra)),
      IF(COALESCE(c.generation_expression, '') = '', '', CONCAT(' AS (', c.generation_expression, ')')))
    FROM information_schema.columns c JOIN information_schema.tables t
      ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
    WHERE c.table_schema = DATABASE()
    """,
    """
    SELECT s.table_name, 'index', s.index_name, CONCAT(IF(MIN(s.non_unique) = 0, 'UNIQUE ', ''),
      IF(MIN(s.index_type) = 'BTREE', '', CONCAT(MIN(s.index_type), ' ')), '(',
      GROUP_CONCAT(CONCAT(COALESCE(s.column_name, {key_part}), IF(s.sub_part IS NULL, '', CONCAT('(', s.sub_part, ')')),
        IF(s.collation = 'D', ' DESC', '')) ORDER BY s.seq_in_index SEPARATOR ', '), ')')
    FROM information_schema.statistics s WHERE s.table_schema = DATABASE() GROUP BY s.table_name, s.index_name
    """,
    """
    SELECT k.table_name, 'foreign key', k.constraint_name, CONCAT('(',
      GROUP_CONCAT(k.column_name ORDER BY k.ordinal_position SEPARATOR ', '), ') REFERENCES ',
      IF(MIN(k.referenced_table_schema) = DATABASE(), '', CONCAT(MIN(k.referenced_table_schema), '.')),
      MIN(k.referenced_table_name), ' (',
      GROUP_CONCAT(k.referenced_column_name ORDER BY k.ordinal_position SEPARATOR ', '), ') ON UPDATE ',
      MIN(r.update_rule), ' ON DELETE ', MIN(r.delete_rule))
    FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r
      ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name
    WHERE k.table_schema = DATABASE() GROUP BY k.table_name, k.constraint_name
    """,
    """
    SELECT v.table_name, 'view', '', REPLACE(v.view_definition, CONCAT('`', DATABASE(), '`.'), '')
    FROM information_schema.views v WHERE v.table_schema = DATABASE()
    """,
    """
    SELECT t.event_object_table, 'trigger', t.trigger_name,
      CONCAT(t.action_timing, ' ', t.event_manipulation, ' ', t.action_statement)
    FROM information_schema.triggers t WHERE t.trigger_schema = DATABASE()
    """,
    """
    SELECT r.routine_name, LOWER(r.routine_type), '',
      CONCAT(COALESCE(r.dtd_identifier, ''), ' ', COALESCE(r.routine_definition, ''))
    FROM information_schema.routines r WHERE r.routine_schema = DATABASE()
    """,
    """
    SELECT t.table_name, 'comment', '', QUOTE(t.table_comment) FROM information_schema.tables t
    WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND t.table_comment <> ''
    UNION ALL SELECT c.table_name, 'comment', c.column_name, QUOTE(c.column_comment) FROM information_schema.columns c
    JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
    WHERE c.table_schema = DATABASE() AND c.column_comment <> ''
    """,
    """
    SELECT p.table_name, 'grant', p.grantee, GROUP_CONCAT(p.privilege_type ORDER BY p.privilege_type SEPARATOR ', ')
    FROM information_schema.table_privileges p WHERE p.table_schema = DATABASE() GROUP BY p.table_name, p.grantee
    """,
)
#: MariaDB names the table of a constraint here; MySQL in another view.
_CHECKS_OF_MARIADB = """
SELECT k.table_name, 'constraint', k.constraint_name, CONCAT('CHECK (', k.check_clause, ')')
FROM information_schema.check_constraints k WHERE k.constraint_schema = DATABASE()
"""
_CHECKS_OF_MYSQL = """
SELECT t.table_name, 'constraint', k.constraint_name, CONCAT('CHECK ', k.check_clause)
FROM information_schema.check_constraints k JOIN information_schema.table_constraints t
  ON t.constraint_schema = k.constraint_schema AND t.constraint_name = k.constraint_name
WHERE k.constraint_schema = DATABASE()
"""
_NAMES_OF_SEQUENCES = """
SELECT t.table_name FROM information_schema.tables t
WHERE t.table_schema = DATABASE() AND t.table_type = 'SEQUENCE'
"""
#: Only later versions have `information_schema.sequences`.
_SEQUENCE = """
SELECT '{0}', 'sequence', '', CONCAT('START ', start_value, ' INCREMENT ', increment, ' MIN ', minimum_value, ' MAX ', maximum_value,
  ' CACHE ', cache_size, IF(cycle_option, ' CYCLE', '')) FROM `{1}`
"""
#: How a default is written: MariaDB has literals with quotes, MySQL has their values.
_DEFAULT_OF_MARIADB = "c.column_default"
_DEFAULT_OF_MYSQL = "IF(c.extra LIKE '%DEFAULT_GENERATED%' OR c.data_type IN ('bit', 'timestamp', 'datetime'), c.column_default, QUOTE(c.column_default))"
#: The part of an index that is an expression. The column came with MySQL 8.0.13; MariaDB has no such indexes.
_KEY_PART_OF_MYSQL = "CONCAT('(', s.expression, ')')"
_NO_KEY_PART = "'(expression)'"
_FIRST_WITH_EXPRESSIONS = (8, 0, 13)


#: Bytes of the text that GROUP_CONCAT returns. MySQL cuts off what is longer than 1024, such as the columns of a wide table.
_LONGEST_TEXT = 1 << 20


def read(connection: Connection) -> dict[Object, str]:
    """Return the definition of each object."""
    is_mariadb = getattr(connection.dialect, "is_mariadb", False)
    more = (_CHECKS_OF_MARIADB, *_sequences(connection)) if is_mariadb else (_CHECKS_OF_MYSQL,)
    has_expressions = (
        not is_mariadb and connection.dialect.server_version_info >= _FIRST_WITH_EXPRESSIONS  # type: ignore[operator] # known of a connection
    )
    default = _DEFAULT_OF_MARIADB if is_mariadb else _DEFAULT_OF_MYSQL
    key_part = _KEY_PART_OF_MYSQL if has_expressions else _NO_KEY_PART
    found: dict[Object, str] = {}
    with _long_texts(connection):
        for template in (*_STATEMENTS, *more):
            statement = template.replace("{default}", default).replace("{key_part}", key_part)
            for row in connection.exec_driver_sql(statement.replace("%", "%%")):
                owner, kind, name, definition = map(_text, row)
                found[Object(owner, kind, name)] = one_line(definition, of_mysql=True)
    return found


def _sequences(connection: Connection) -> list[str]:
    """Return the statement for the sequences of MariaDB, if there are any."""
    names = [_text(row[0]) for row in connection.exec_driver_sql(_NAMES_OF_SEQUENCES)]
    parts = [_SEQUENCE.format(n.replace("'", "''"), n.replace("`", "``")) for n in names]
    return [" UNION ALL ".join(parts)] if parts else []


@contextmanager
def _long_texts(connection: Connection) -> Iterator[None]:
    """Within the block, GROUP_CONCAT returns texts of up to `_LONGEST_TEXT` bytes."""
    before = connection.exec_driver_sql("SELECT @@SESSION.group_concat_max_len").scalar_one()
    connection.exec_driver_sql(f"SET SESSION group_concat_max_len = {_LONGEST_TEXT}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"SET SESSION group_concat_max_len = {before}")


def _text(value: object) -> str:
    """Return a value of information_schema, which some drivers return as bytes."""
    return value.decode() if isinstance(value, bytes) else str(value or "")
