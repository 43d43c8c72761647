"""DDL: constructs for ALTER TABLE, and what each backend does for a migration."""

from limbeck.ddl import mssql, mysql, oracle, postgresql, sqlite
from limbeck.ddl.impl import DefaultImpl

__all__ = ["DefaultImpl", "mssql", "mysql", "oracle", "postgresql", "sqlite"]
