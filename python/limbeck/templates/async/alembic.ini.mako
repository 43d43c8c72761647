# Settings of Alembic, the migration tool of SQLAlchemy, over an async driver.
#
# A line that begins with "#" is a comment. %(here)s stands for the folder of this file; any other percent sign has
# to be doubled.

[alembic]
# The folder with env.py, script.py.mako and the revision files.
script_location = ${script_location}

# Folders to import from, put in front of sys.path: "." lets env.py import your application.
prepend_sys_path = .

# What separates the folders in prepend_sys_path and version_locations:
# os (the separator of the operating system), space, newline, ":" or ";".
path_separator = os

# Where revision files are; the first revision of each place needs --version-path.
# version_locations = %(here)s/one/versions:%(here)s/two/versions

# Look into the folders inside a version location too.
# recursive_version_locations = false

# Accept compiled files (.pyc) whose source is missing.
# sourceless = false

# How new revision files are named, from rev, slug, epoch, year, month, day, hour, minute and second:
# file_template = %%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d-%%(rev)s_%%(slug)s
# It may name folders, together with recursive_version_locations:
# file_template = %%(year)d/%%(month).2d/%%(day).2d_%%(rev)s_%%(slug)s

# The longest slug; it is what a file name has of the message.
# truncate_slug_length = 40

# The time zone of dates in new files, such as UTC or Europe/Berlin. Without it they are in local time.
# timezone =

# The encoding of new files.
# output_encoding = utf-8

# Run env.py for "alembic revision" and "alembic history" even where they do not need it.
# revision_environment = false

# The database, for env.py.
sqlalchemy.url = driver://user:pass@localhost/dbname

[post_write_hooks]
# Programs to run on each new revision file, by name:
# hooks = format, lint
#
# a console script of an installed package,
# format.type = console_scripts
# format.entrypoint = black
# format.options = REVISION_SCRIPT_FILENAME
#
# a module of this Python (type "module", key "module"), or a program of the machine:
# lint.type = exec
# lint.executable = ruff
# lint.options = check --fix REVISION_SCRIPT_FILENAME

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
