"""Operation objects: from and to schema objects, reversed, and as diff tuples."""

import pickle

import pytest
import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.dialects.postgresql import ExcludeConstraint


def rich_table() -> sa.Table:
    metadata = sa.MetaData()
    sa.Table("owner", metadata, sa.Column("id", sa.Integer, primary_key=True), schema="crm")
    return sa.Table(
        "account",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), unique=True),
        sa.Column("owner_id", sa.ForeignKey("crm.owner.id", name="fk_owner", ondelete="CASCADE")),
        sa.Column("open", sa.Boolean(name="ck_open", create_constraint=True)),
        sa.CheckConstraint("id > 0", name="ck_id"),
        sa.UniqueConstraint("name", "open", name="uq_name", deferrable=True),
        schema="bank",
        comment="accounts",
        info={"kept": True},
        prefixes=["TEMPORARY"],
        mysql_engine="InnoDB",
    )


def constraint_named(table: sa.Table, name: str) -> sa.Constraint:
    return next(c for c in table.constraints if c.name == name)


def test_table_round_trip() -> None:
    table = rich_table()
    converted = ops.CreateTableOp.from_table(table).to_table()
    assert converted is not table
    assert (converted.name, converted.schema, converted.comment, converted.info) == (
        "account",
        "bank",
        "accounts",
        {"kept": True},
    )
    assert converted.dialect_kwargs["mysql_engine"] == "InnoDB"
    assert list(converted.c.keys()) == ["id", "name", "owner_id", "open"]

    def names(t: sa.Table, kind: type) -> list[str]:
        return sorted(str(c.name) for c in t.constraints if isinstance(c, kind))

    for kind in (
        sa.PrimaryKeyConstraint,
        sa.UniqueConstraint,
        sa.ForeignKeyConstraint,
        sa.CheckConstraint,
    ):
        assert names(converted, kind) == names(table, kind)


def test_drop_table_reverses_to_create_table() -> None:
    drop = ops.DropTableOp.from_table(rich_table())
    drop.table_kw["mysql_engine"] = "MyISAM"
    create = drop.reverse()
    assert create.to_table().dialect_kwargs["mysql_engine"] == "MyISAM"
    assert create.reverse().table_name == "account"
    assert drop.to_diff_tuple()[0] == "remove_table"
    assert create.to_diff_tuple()[0] == "add_table"


def test_drop_table_by_name_reverses_to_a_table_without_columns() -> None:
    assert list(ops.DropTableOp("account").reverse().to_table().c) == []


@pytest.mark.parametrize(
    ("name", "kind", "verbs"),
    [
        ("uq_name", "unique", ("add_constraint", "remove_constraint")),
        ("ck_id", "check", ("add_constraint", "remove_constraint")),
        ("fk_owner", "foreignkey", ("add_fk", "remove_fk")),
    ],
)
def test_constraint_round_trip(name: str, kind: str, verbs: tuple[str, str]) -> None:
    constraint = constraint_named(rich_table(), name)
    add = ops.AddConstraintOp.from_constraint(constraint)
    drop = add.reverse()
    assert drop.constraint_type == kind
    assert (add.to_diff_tuple()[0], drop.to_diff_tuple()[0]) == verbs
    converted = drop.reverse().to_constraint()
    assert type(converted) is type(constraint)
    assert (converted.name, converted.table.name, converted.table.schema) == (
        name,
        "account",
        "bank",
    )
    assert converted is not constraint


def test_options_of_a_foreign_key_are_kept() -> None:
    add = ops.AddConstraintOp.from_constraint(constraint_named(rich_table(), "fk_owner"))
    converted = add.to_constraint()
    assert isinstance(converted, sa.ForeignKeyConstraint)
    assert converted.ondelete == "CASCADE"
    assert converted.elements[0].target_fullname == "crm.owner.id"


def test_exclusion_constraint_does_not_change_the_model() -> None:
    table = sa.Table("booking", sa.MetaData(), sa.Column("room", sa.Integer))
    original = ExcludeConstraint(("room", "="), name="no_overlap", using="gist")
    table.append_constraint(original)
    drop = ops.DropConstraintOp.from_constraint(original)
    drop.constraint_name = "other"
    drop.table_name = "reservation"
    converted = drop.to_constraint()
    assert (converted.name, converted.table.name) == ("other", "reservation")
    assert (original.name, table.name) == ("no_overlap", "booking")


def test_constraint_by_name_cannot_be_converted() -> None:
    drop = ops.DropConstraintOp("uq_name", "account", type_="unique")
    for method in (drop.to_constraint, drop.reverse, drop.to_diff_tuple):
        with pytest.raises(ValueError, match="original constraint is not present"):
            method()


def test_drop_column_by_name_cannot_be_reversed() -> None:
    with pytest.raises(ValueError, match="original column is not present"):
        ops.DropColumnOp("account", "name").reverse()


def test_index_round_trip() -> None:
    table = rich_table()
    index = sa.Index("ix_name", table.c.name, sa.func.lower(table.c.name), unique=True)
    drop = ops.DropIndexOp.from_index(index)
    drop.kw["postgresql_concurrently"] = True
    converted = drop.reverse().to_index()
    assert converted.dialect_kwargs["postgresql_concurrently"] is True
    assert (converted.name, converted.unique, len(converted.expressions)) == ("ix_name", True, 2)


def test_alter_column_diff_and_reversal() -> None:
    alter = ops.AlterColumnOp(
        "account",
        "name",
        schema="bank",
        existing_type=sa.Integer(),
        existing_nullable=True,
        existing_comment="old",
        modify_type=sa.String(),
        modify_comment=None,
        modify_name="title",
    )
    verbs = [change[0] for change in alter.to_diff_tuple()]
    assert verbs == ["modify_type", "modify_comment"]
    assert alter.to_diff_tuple()[1][-2:] == ("old", None)
    back = alter.reverse()
    assert isinstance(back.modify_type, sa.Integer)
    assert isinstance(back.existing_type, sa.String)
    assert (back.modify_comment, back.existing_comment) == ("old", None)
    assert (back.modify_nullable, back.existing_nullable) == (None, True)


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        ({}, False),
        ({"modify_name": "title"}, False),
        ({"modify_nullable": False}, True),
        ({"modify_server_default": None}, True),
        ({"modify_comment": None}, True),
        ({"modify_type": sa.Integer()}, True),
        ({"modify_storage": "x"}, True),
        ({"existing_storage": "x"}, False),
    ],
)
def test_has_changes(options: dict[str, object], changes: bool) -> None:
    assert ops.AlterColumnOp("account", "name", **options).has_changes() is changes  # type: ignore[arg-type] # mixed on purpose


def test_dialect_keywords_are_reversed() -> None:
    alter = ops.AlterColumnOp("t", "c", modify_storage="new", existing_storage="old", using="x")
    assert alter.reverse().kw == {
        "modify_storage": "old",
        "existing_storage": "new",
        "using": "x",
    }
    with pytest.raises(ValueError, match="modify_storage is given, but not existing_storage"):
        ops.AlterColumnOp("t", "c", modify_storage="new").reverse()


def test_comments_reverse_each_other() -> None:
    first = ops.CreateTableCommentOp("account", "new")
    assert isinstance(first.reverse(), ops.DropTableCommentOp)
    later = ops.CreateTableCommentOp("account", "new", existing_comment="old").reverse()
    assert isinstance(later, ops.CreateTableCommentOp)
    assert (later.comment, later.existing_comment) == ("old", "new")


def test_containers_reverse_in_reverse_order() -> None:
    upgrade = ops.UpgradeOps(
        [
            ops.CreateTableOp("a", [sa.Column("id", sa.Integer)]),
            ops.ModifyTableOps(
                "b",
                [
                    ops.AddColumnOp("b", sa.Column("x", sa.Integer)),
                    ops.AddColumnOp("b", sa.Column("y", sa.Integer)),
                ],
            ),
        ]
    )
    downgrade = upgrade.reverse()
    modified, dropped = downgrade.ops
    assert isinstance(dropped, ops.DropTableOp)
    assert isinstance(modified, ops.ModifyTableOps)
    assert [operation.column_name for operation in modified.ops] == ["y", "x"]  # type: ignore[attr-defined]
    assert [diff[0] for diff in upgrade.as_diffs()] == ["add_table", "add_column", "add_column"]
    assert [type(o) for o in downgrade.reverse().ops] == [ops.CreateTableOp, ops.ModifyTableOps]


def test_script_with_one_or_several_directions() -> None:
    script = ops.MigrationScript("a1", ops.UpgradeOps(), ops.DowngradeOps())
    assert script.upgrade_ops is script.upgrade_ops_list[0]
    script.upgrade_ops = [ops.UpgradeOps(), ops.UpgradeOps()]
    with pytest.raises(ValueError, match="please use the upgrade_ops_list attribute"):
        _ = script.upgrade_ops
    with pytest.raises(TypeError, match="downgrade_ops takes DowngradeOps objects"):
        script.downgrade_ops = ops.UpgradeOps()  # type: ignore[assignment]


def test_scripts_do_not_share_their_imports() -> None:
    one, other = (ops.MigrationScript("a", ops.UpgradeOps(), ops.DowngradeOps()) for _ in "12")
    one.imports.add("import enum")
    assert other.imports == set()


def test_operations_belong_to_their_public_module() -> None:
    operation = ops.ExecuteSQLOp("SELECT 1")
    assert repr(type(operation)) == "<class 'alembic.operations.ops.ExecuteSQLOp'>"
    assert pickle.loads(pickle.dumps(operation)).sqltext == "SELECT 1"
