"""`python -m alembic`."""

from limbeck.__main__ import main

if __name__ == "__main__":
    main(prog="alembic")
