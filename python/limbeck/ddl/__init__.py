"""DDL: constructs for ALTER TABLE, and what each backend does for a migration."""

from . import sqlite
from .impl import DefaultImpl

__all__ = ["DefaultImpl", "sqlite"]
