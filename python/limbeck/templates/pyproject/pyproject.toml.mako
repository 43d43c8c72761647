[tool.alembic]
# "%(here)s" stands for the folder of this file; any other percent sign has to be doubled.
# The database and the logging are in alembic.ini.

# The folder with env.py, script.py.mako and the revision files.
script_location = "${script_location}"

# Folders to import from, put in front of sys.path: "." lets env.py import your application.
prepend_sys_path = ["."]

# Where revision files are; the first revision of each place needs --version-path.
# version_locations = ["%(here)s/one/versions", "%(here)s/two/versions"]

# Look into the folders inside a version location too.
# recursive_version_locations = false

# Accept compiled files (.pyc) whose source is missing.
# sourceless = false

# How new revision files are named, from rev, slug, epoch, year, month, day, hour, minute and second.
# It may name folders, together with recursive_version_locations.
# file_template = "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d-%%(rev)s_%%(slug)s"

# The longest slug; it is what a file name has of the message.
# truncate_slug_length = 40

# The time zone of dates in new files, such as "UTC". Without it they are in local time.
# timezone = "UTC"

# The encoding of new files.
# output_encoding = "utf-8"

# Run env.py for "alembic revision" and "alembic history" even where they do not need it.
# revision_environment = false

# Programs to run on each new revision file: a console script of an installed package ("console_scripts" with
# "entrypoint"), a module of this Python ("module" with "module"), a program of the machine ("exec" with "executable").
# [[tool.alembic.post_write_hooks]]
# name = "lint"
# type = "exec"
# executable = "ruff"
# options = "check --fix REVISION_SCRIPT_FILENAME"
