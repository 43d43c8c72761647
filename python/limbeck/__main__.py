"""`python -m limbeck`, and the programs `alembic` and `limbeck`."""

from limbeck.config import main

if __name__ == "__main__":
    main(prog="limbeck")
