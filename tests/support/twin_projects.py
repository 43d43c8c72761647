"""Projects made by `alembic init`, in two copies: one for Alembic, one for limbeck."""

from pathlib import Path

from support.compare import Twins, twins
from support.programs import Program

REVISION = '''\
"""{message}"""
from alembic import op
import sqlalchemy as sa

revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = {needs!r}


def upgrade():
    op.create_table("t_{id}", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("t_{id}")
'''


def write_revision(
    project: Twins,
    id: str,
    down: str | tuple[str, ...] | None,
    *,
    labels: tuple[str, ...] | None = None,
    needs: str | tuple[str, ...] | None = None,
    message: str = "",
) -> None:
    """Write a revision file into both copies; its upgrade creates the table `t_<id>`.

    :param needs: `depends_on`
    """
    text = REVISION.format(
        id=id, down=down, labels=labels, needs=needs, message=message or f"make {id}"
    )
    project.write(f"migrations/versions/{id}_.py", text)


def write_linear_history(project: Twins, *ids: str) -> None:
    """Write revisions into both copies, each on the one before it."""
    for down, id in zip((None, *ids), ids, strict=False):
        write_revision(project, id, down)


def make_project(
    reference: Program,
    limbeck: Program,
    folder: Path,
    urls: tuple[str, str] | None = None,
    template: str = "generic",
) -> Twins:
    """Create a project with limbeck's `init`, in two copies, so that Alembic runs the files that limbeck wrote."""
    source = folder / "source"
    source.mkdir()
    done = limbeck.alembic(source, "init", "-t", template, "migrations")
    assert done.returncode == 0, done.stderr
    (source / "migrations" / "versions" / ".keep").touch()
    project = twins(reference, limbeck, folder, urls, source)
    for copy in project.both:
        ini = copy.folder / "alembic.ini"
        address = copy.url.replace("%", "%%")
        ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", address))
    return project
