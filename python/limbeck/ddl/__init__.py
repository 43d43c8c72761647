"""DDL: constructs for ALTER TABLE, and what each backend does for a migration."""

from . import mssql, mysql, oracle, postgresql, sqlite
from .impl import DefaultImpl

__all__ = ["DefaultImpl", "mssql", "mysql", "oracle", "postgresql", "sqlite"]
