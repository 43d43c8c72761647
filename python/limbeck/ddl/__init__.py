"""DDL: constructs for ALTER TABLE, and what each backend does for a migration."""

from . import sqlite as sqlite
from .impl import DefaultImpl as DefaultImpl

__all__ = ["DefaultImpl"]
