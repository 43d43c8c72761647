"""Constructs for ALTER TABLE, and the impls of the dialects."""

from limbeck.ddl import mssql, mysql, oracle, postgresql, sqlite
from limbeck.ddl.impl import DefaultImpl

__all__ = ["DefaultImpl", "mssql", "mysql", "oracle", "postgresql", "sqlite"]
