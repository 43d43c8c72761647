"""limbeck: Alembic's engine in Rust, behind Alembic's own names."""

__version__ = "0.1.0"


def activate() -> None:
    """Make `import alembic` find limbeck from here on, in this process, whatever is installed under that name.

    For environments in which another package has installed Alembic itself as well. Call it before anything imports
    `alembic`; calling it again does no harm.

    Raises `limbeck._activation.AlembicImportedError` (a `RuntimeError`) where Alembic itself is imported already.
    """
    from limbeck._activation import activate

    activate()
