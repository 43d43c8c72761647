"""limbeck: Alembic's engine in Rust, behind Alembic's own names."""

__version__ = "0.1.0"
