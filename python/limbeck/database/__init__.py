"""The state of a database, told without Alembic's env.py where that is certain."""
