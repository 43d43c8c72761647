"""Usual workflows: output, log, exit status, files and database are the same with both programs."""

from pathlib import Path

import pytest
from support.compare import Twins
from support.programs import Program
from support.twin_projects import make_project, write_linear_history, write_revision

DATA_MIGRATION = '''\
"""fill"""
from alembic import op
import sqlalchemy as sa
from sqlalchemy import orm

revision = "bbbb2"
down_revision = "aaaa1"

Base = orm.declarative_base()


class Thing(Base):
    __tablename__ = "t_aaaa1"
    id = sa.Column(sa.Integer, primary_key=True)


def upgrade():
    with orm.Session(bind=op.get_bind()) as session:
        session.add_all([Thing(id=1), Thing(id=2)])
        session.commit()


def downgrade():
    op.execute("DELETE FROM t_aaaa1")
'''


def test_upgrade_and_downgrade_give_the_same(project_anywhere: Twins) -> None:
    project = project_anywhere
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3", "dddd4")
    for command in (
        "current",
        "upgrade +2",
        "current",
        "upgrade aaaa1+2",
        "current --verbose",
        "downgrade -1",
        "downgrade aaaa1",
        "upgrade head",
        "upgrade head",
        "history --indicate-current",
        "downgrade base",
        "current",
        "stamp cccc3",
        "current",
        "upgrade head --sql",
        "stamp --purge base",
        "heads --verbose",
        "history --verbose",
    ):
        project.alembic(*command.split(), fails=None)


def test_offline_sql_is_the_same(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "bbbb2", "cccc3")
    for command in (
        "upgrade head --sql",
        "upgrade aaaa1:cccc3 --sql",
        "downgrade cccc3:aaaa1 --sql",
        "downgrade cccc3:base --sql",
        "stamp head --sql",
        "stamp aaaa1:head --sql",
        "ensure_version --sql",
    ):
        project.alembic(*command.split())
    for command in ("downgrade base --sql", "upgrade aaaa1:bbbb2", "downgrade bbbb2:aaaa1"):
        project.alembic(*command.split(), fails=True)


def test_env_py_takes_the_url_from_the_environment(
    reference: Program, limbeck: Program, tmp_path: Path
) -> None:
    project = make_project(reference, limbeck, tmp_path)
    write_linear_history(project, "aaaa1", "bbbb2")
    for copy in project.both:
        ini = copy.folder / "alembic.ini"
        ini.write_text(ini.read_text().replace(copy.url, ""))
        copy.env = {"APP_DATABASE_URI": copy.url}
    project.edit(
        "migrations/env.py",
        "config = context.config\n",
        "config = context.config\nimport os\n"
        'config.set_main_option("sqlalchemy.url", os.environ["APP_DATABASE_URI"])\n',
    )
    for command in (
        "current",
        "upgrade head",
        "current",
        "downgrade aaaa1",
        "upgrade bbbb2",
        "downgrade base",
    ):
        project.alembic(*command.split())


def test_data_migration_through_the_orm_gives_the_same(project_anywhere: Twins) -> None:
    project = project_anywhere
    write_revision(project, "aaaa1", None)
    project.write("migrations/versions/bbbb2_fill.py", DATA_MIGRATION)
    project.alembic("upgrade", "head")
    project.alembic("downgrade", "-1")


def test_branches_are_merged(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    write_revision(project, "cccc3", "aaaa1", labels=("side",), message="a branch")
    write_revision(project, "dddd4", None, labels=("lib",), needs="bbbb2")
    for command in (
        "heads",
        "heads --resolve-dependencies",
        "heads --verbose",
        "history",
        "history --verbose",
        "show side",
        "show lib@head",
        "upgrade side@head",
        "current",
        "upgrade lib@head",
        "current --verbose",
        "upgrade heads",
        "current --check-heads",
        "downgrade side@-1",
        "history -r side@base:side@head",
        "history -r current:",
        "history -r :cccc3",
    ):
        # The order of current revisions is undefined.
        project.alembic(*command.split(), fails=None, ordered=not command.startswith("current"))
    for command in ("upgrade head", "show nowhere", "merge aaaa1 cccc3", "current --check-heads"):
        project.alembic(*command.split(), fails=True)
    project.alembic("merge", "bbbb2", "cccc3", "-m", "together", "--rev-id", "eeee5")
    project.same_files()
    project.alembic("upgrade", "heads")
    project.alembic("downgrade", "eeee5-1", fails=None)
    project.alembic("history", "--verbose")


def test_branch_points_are_listed(project: Twins) -> None:
    write_revision(project, "aaaa1", None)
    write_revision(project, "bbbb2", "aaaa1")
    write_revision(project, "cccc3", "aaaa1", labels=("side",))
    project.alembic("branches", ordered=False)
    project.alembic("branches", "--verbose", ordered=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["-m", "plain"],
        ["-m", "Quoted \"word\" and 'another', 50% è"],
        [],
        ["-m", "labelled", "--branch-label", "lab", "--head", "base"],
        ["-m", "apart", "--head", "base"],
        ["-m", "spliced", "--head", "aaaa1", "--splice"],
        ["-m", "depends", "--depends-on", "aaaa"],
        ["-m", "two", "--depends-on", "lone"],
        ["-m", "x" * 70],
        ["-m", "word " * 20],
        ["-m", "here", "--version-path", "migrations/versions"],
    ],
)
def test_revision_options_give_the_same_revision(project: Twins, arguments: list[str]) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    write_revision(project, "lone1", "bbbb2", labels=("lone",))
    project.alembic("revision", "--rev-id", "ffff9", *arguments)
    project.same_files()
    project.alembic("history", "--verbose")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--head", "aaaa1"],
        ["--head", "nowhere"],
        ["--depends-on", "nowhere"],
        ["--rev-id", "no-dash@all"],
        ["--version-path", "elsewhere"],
        ["--sql"],
        ["--autogenerate", "--sql"],
    ],
)
def test_invalid_revision_options_are_refused(project: Twins, arguments: list[str]) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    project.alembic("revision", "-m", "no", *arguments, fails=True)
    project.same_files()


def test_file_template_gives_the_same_file_names(project: Twins) -> None:
    project.edit(
        "alembic.ini",
        "# truncate_slug_length = 40\n",
        "file_template = %%(year)d/%%(slug)s_%%(rev)s\nrecursive_version_locations = true\n"
        "truncate_slug_length = 10\ntimezone = utc\n",
    )
    project.alembic("revision", "-m", "some words and more", "--rev-id", "aaaa1")
    project.alembic("revision", "-m", "next", "--rev-id", "bbbb2")
    project.same_files()
    project.alembic("upgrade", "head")


def test_revision_is_written_to_its_version_location(project: Twins) -> None:
    project.edit(
        "alembic.ini",
        "# recursive_version_locations = false\n",
        "version_locations = %(here)s/one:%(here)s/two\n",
    )
    project.alembic("revision", "-m", "lost", fails=True)
    for id, location in (("aaaa1", "one"), ("bbbb2", "two")):
        project.alembic(
            "revision", "-m", id, "--head", "base", "--version-path", location, "--rev-id", id
        )
    project.alembic("revision", "-m", "beside its parent", "--head", "bbbb2", "--rev-id", "cccc3")
    project.same_files()
    project.alembic("heads")
    project.alembic("upgrade", "heads")


@pytest.mark.parametrize(
    "hook",
    [
        "type = exec\nfmt.executable = cat",
        "type = exec\nfmt.executable = echo\nfmt.options = -n 'two words' REVISION_SCRIPT_FILENAME",
        "type = module\nfmt.module = json.tool\nfmt.options = --help",
        "type = nothing",
        "executable = cat",
        "type = module\nfmt.module = no_such_module",
        "type = console_scripts\nfmt.entrypoint = no-such-entry",
    ],
)
def test_post_write_hooks_run_as_with_alembic(project: Twins, hook: str) -> None:
    project.edit(
        "alembic.ini", "[post_write_hooks]\n", f"[post_write_hooks]\nhooks = fmt\nfmt.{hook}\n"
    )
    project.alembic("revision", "-m", "one", "--rev-id", "aaaa1", fails=None, ordered=False)
    project.same_files()


def test_quiet_prints_only_results(project: Twins) -> None:
    write_linear_history(project, "aaaa1")
    for command in (
        "history",
        "heads",
        "upgrade head",
        "current",
        "revision -m more --rev-id bbbb2",
    ):
        project.alembic("-q", *command.split())


def test_edit_opens_the_editor(project: Twins) -> None:
    write_linear_history(project, "aaaa1", "bbbb2")
    for copy in project.both:
        copy.env = {"EDITOR": "echo"}
    for target in ("head", "aaaa1"):
        project.alembic("edit", target)
    for target in ("base", "current", "nowhere"):
        project.alembic("edit", target, fails=True)
