//! The changes of an `ALTER TABLE`.

use sqlparser::ast::{AlterColumnOperation, AlterTable, AlterTableOperation, RenameTableNameKind};

use super::change::{Change, ident, object};

pub(super) fn changes(statement: &AlterTable) -> Vec<Change> {
    let table = object(&statement.name);
    let mut changes: Vec<_> = statement
        .operations
        .iter()
        .filter_map(|operation| change(&table, operation))
        .collect();
    // MySQL's options of the whole statement.
    for option in &statement.operations {
        let flag = match option {
            AlterTableOperation::Algorithm { algorithm, .. } => match algorithm.to_string().as_str() {
                "INSTANT" => "algorithm_instant",
                "INPLACE" => "algorithm_inplace",
                "COPY" => "algorithm_copy",
                _ => continue,
            },
            AlterTableOperation::Lock { lock, .. } if lock.to_string() == "NONE" => "lock_none",
            _ => continue,
        };
        for change in &mut changes {
            change.flags.push(flag);
        }
    }
    changes
}

#[allow(clippy::too_many_lines, reason = "one arm for each operation")]
fn change(table: &str, operation: &AlterTableOperation) -> Option<Change> {
    use AlterTableOperation as Op;
    let on = |kind| Change::on(kind, table);
    Some(match operation {
        Op::Algorithm { .. } | Op::Lock { .. } => return None,
        Op::AddColumn {
            if_not_exists,
            column_def,
            column_position,
            ..
        } => Change::of_column("add_column", table, column_def)
            .flag(*if_not_exists, "if_not_exists")
            .flag(column_position.is_some(), "positioned"),
        Op::AddConstraint { constraint, not_valid } => {
            Change::of_constraint(table, constraint).flag(*not_valid, "not_valid")
        }
        Op::DropColumn {
            column_names,
            if_exists,
            ..
        } => Change {
            columns: column_names.iter().skip(1).map(ident).collect(),
            ..on("drop_column").named(column_names.first().map(ident))
        }
        .flag(*if_exists, "if_exists"),
        Op::DropConstraint { name, .. } => on("drop_constraint").named(ident(name)),
        Op::DropForeignKey { name, .. } => Change {
            constraint: Some("foreign_key"),
            ..on("drop_constraint").named(ident(name))
        },
        Op::DropPrimaryKey { .. } => Change {
            constraint: Some("primary_key"),
            ..on("drop_constraint")
        },
        Op::DropIndex { name } => on("drop_index").named(ident(name)),
        Op::ValidateConstraint { name } => on("validate_constraint").named(ident(name)),
        Op::RenameColumn {
            old_column_name,
            new_column_name,
        } => Change {
            new_name: Some(ident(new_column_name)),
            ..on("rename_column").named(ident(old_column_name))
        },
        Op::RenameTable { table_name } => {
            let (RenameTableNameKind::As(name) | RenameTableNameKind::To(name)) = table_name;
            let mut new_name = object(name);
            // PostgreSQL keeps the schema.
            if let (Some((schema, _)), false) = (table.rsplit_once('.'), new_name.contains('.')) {
                new_name = format!("{schema}.{new_name}");
            }
            Change {
                new_name: Some(new_name),
                ..on("rename_table")
            }
        }
        Op::RenameConstraint { old_name, new_name } => Change {
            new_name: Some(ident(new_name)),
            ..on("rename_constraint").named(ident(old_name))
        },
        Op::ModifyColumn {
            col_name,
            data_type,
            options,
            column_position,
        } => on("modify_column")
            .named(ident(col_name))
            .with_type(data_type)
            .with_options(table, options.iter())
            .flag(column_position.is_some(), "positioned"),
        Op::ChangeColumn {
            old_name,
            new_name,
            data_type,
            options,
            column_position,
        } => Change {
            new_name: Some(ident(new_name)),
            ..on("modify_column")
                .named(ident(old_name))
                .with_type(data_type)
                .with_options(table, options.iter())
        }
        .flag(column_position.is_some(), "positioned"),
        Op::AlterColumn { column_name, op } => {
            let column = |kind| on(kind).named(ident(column_name));
            match op {
                AlterColumnOperation::SetNotNull => column("set_not_null"),
                AlterColumnOperation::DropNotNull => column("drop_not_null"),
                AlterColumnOperation::SetDefault { value } => Change {
                    expression: Some(value.to_string()),
                    ..column("set_default")
                },
                AlterColumnOperation::DropDefault => column("drop_default"),
                AlterColumnOperation::SetDataType { data_type, using, .. } => {
                    let change = column("alter_type").with_type(data_type);
                    Change {
                        expression: using.as_ref().map(ToString::to_string),
                        ..change
                    }
                    .flag(using.is_some(), "using")
                }
                _ => column("alter_column"),
            }
        }
        Op::AttachPartition { .. } | Op::AttachPartitionOf { .. } => on("attach_partition"),
        Op::DetachPartition { .. } | Op::DetachPartitionOf { .. } => on("detach_partition"),
        _ => on("alter_table"),
    })
}
