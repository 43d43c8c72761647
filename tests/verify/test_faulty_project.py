"""One project with a fault in each revision: all are found, each in its revision, and the right ones in between are verified."""

from pathlib import Path

import sqlalchemy as sa
from limbeck.script.base import ScriptDirectory
from limbeck.verify import verify
from support.compare import describe
from support.reversible import FIRST, Body, write

_RIGHT = Body(
    "op.create_table('right{n}', sa.Column('id', sa.Integer))", "op.drop_table('right{n}')"
)
_INDEX = Body("op.create_index('ix', 't', ['b'])", "pass")
_DEFAULT = Body(
    "with op.batch_alter_table('t') as batch:\n"
    "    batch.alter_column('a', server_default=None, existing_type=sa.String(9))",
    "pass",
)
_ORDER = Body(
    "with op.batch_alter_table('t') as batch:\n    batch.drop_column('a')",
    "with op.batch_alter_table('t') as batch:\n    batch.add_column(sa.Column('a', sa.String(9)))",
)
_ENUM = Body(
    "op.create_table('moods', sa.Column('m', sa.Enum('sad', 'ok', name='mood')))",
    "op.drop_table('moods')",
)
_TRIGGERS = {
    "postgresql": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER tr BEFORE INSERT ON o FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "mysql": ("CREATE TRIGGER tr BEFORE INSERT ON o FOR EACH ROW SET NEW.id = 1",),
    "sqlite": ("CREATE TRIGGER tr AFTER INSERT ON o BEGIN SELECT 1; END",),
}
_LOST_TABLE = Body("op.drop_table('o')", "op.create_table('o', sa.Column('id', sa.Integer))")
_LOST_GRANT = Body(
    "op.drop_table('granted')", "op.create_table('granted', sa.Column('id', sa.Integer))"
)
_NOT_NULL = Body(
    "with op.batch_alter_table('t') as batch:\n"
    "    batch.alter_column('b', nullable=False, existing_type=sa.Integer)",
    "with op.batch_alter_table('t') as batch:\n"
    "    batch.alter_column('b', nullable=True, existing_type=sa.Integer)",
)


def _with_objects(kind: str) -> Body:
    up = ["op.create_table('o', sa.Column('id', sa.Integer))"]
    up += [f"op.execute({text!r})" for text in _TRIGGERS[kind]]
    down = ["op.drop_table('o')"]
    if kind == "postgresql":
        up.append("op.create_table('granted', sa.Column('id', sa.Integer))")
        up.append("op.execute('GRANT SELECT ON granted TO public')")
        down.append("op.drop_table('granted')\nop.execute('DROP FUNCTION f()')")
    return Body("\n".join(up), "\n".join(down))


def test_each_fault_is_found_in_its_revision(database_url: str, tmp_path: Path) -> None:
    kind = sa.make_url(database_url).get_backend_name()
    #: The faulty bodies, and what a finding says.
    faults = [
        (_INDEX, "index t.ix is new"),
        (_DEFAULT, "column t.a was "),
        *([] if kind == "postgresql" else [(_ORDER, "table t was columns id, a, b; ")]),
        *([(_ENUM, "enum mood is new: 'sad', 'ok'")] if kind == "postgresql" else []),
        (_LOST_TABLE, "trigger o.tr is missing: "),
        *([(_LOST_GRANT, "grant granted.public is missing")] if kind == "postgresql" else []),
        (_NOT_NULL, "upgrade() fails: "),
    ]
    bodies = [FIRST, _with_objects(kind)]
    expected: dict[str, str] = {}
    for number, (fault, text) in enumerate(faults):
        bodies.append(fault)
        expected[f"r{len(bodies):04}"] = text
        if fault is not _NOT_NULL:
            bodies.append(Body(*(part.replace("{n}", str(number)) for part in _RIGHT)))
    config = write(tmp_path / "p", database_url, bodies)
    rows = tmp_path / "rows.sql"
    rows.write_text(f"-- at r{len(bodies) - 1:04}\nINSERT INTO t (id) VALUES (1);\n")
    before = describe(database_url)
    script = ScriptDirectory.from_config(config)
    names = [f"r{number:04}" for number in range(1, len(bodies) + 1)]
    report = verify(config, script, names, data=str(rows))
    for name, text in expected.items():
        messages = [found.message for found in report.findings if found.revision == name]
        assert any(text in message for message in messages), (name, text, messages)
    assert {found.revision for found in report.findings} == set(expected)
    assert report.verified == tuple(name for name in names if name not in expected)
    assert describe(database_url) == before
