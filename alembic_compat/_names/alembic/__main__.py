"""`python -m alembic`."""

from limbeck.__main__ import alembic

if __name__ == "__main__":
    alembic(prog="alembic")
