# Settings of Alembic for this installation: the database, and the logging. Those about files are in pyproject.toml.
#
# %(here)s stands for the folder of this file; any other percent sign has to be doubled.

[alembic]
# The database, for env.py.
sqlalchemy.url = driver://user:pass@localhost/dbname

# What follows is for the logging module; env.py reads it.
[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
