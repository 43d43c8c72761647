//! The tables and columns that a directive's arguments name.

use ruff_python_ast::{Expr, ExprCall};

/// A table that a directive names, and the columns of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// The table.
    pub table: String,
    /// The columns; none if the directive is about the table as a whole, or computes their names.
    pub columns: Vec<String>,
}

/// Where a directive has an argument: its position, and its name as a keyword.
type Place = (usize, &'static str);

/// Where a directive has a table, and the columns of it.
type TablePlace = (Place, Option<Place>);

/// Where each directive of `op` has its tables.
///
/// Specified by the signatures in Alembic's documentation of operation directives.
const PLACES: [(&str, &[TablePlace]); 17] = [
    ("add_column", &[((0, "table_name"), Some((1, "column")))]),
    ("alter_column", &[((0, "table_name"), Some((1, "column_name")))]),
    ("batch_alter_table", &[((0, "table_name"), None)]),
    ("create_check_constraint", &[((1, "table_name"), None)]),
    ("create_exclude_constraint", &[((1, "table_name"), None)]),
    (
        "create_foreign_key",
        &[
            ((1, "source_table"), Some((3, "local_cols"))),
            ((2, "referent_table"), Some((4, "remote_cols"))),
        ],
    ),
    ("create_index", &[((1, "table_name"), Some((2, "columns")))]),
    ("create_primary_key", &[((1, "table_name"), Some((2, "columns")))]),
    ("create_table", &[((0, "table_name"), None)]),
    ("create_table_comment", &[((0, "table_name"), None)]),
    ("create_unique_constraint", &[((1, "table_name"), Some((2, "columns")))]),
    ("drop_column", &[((0, "table_name"), Some((1, "column_name")))]),
    ("drop_constraint", &[((1, "table_name"), None)]),
    ("drop_index", &[((1, "table_name"), None)]),
    ("drop_table", &[((0, "table_name"), None)]),
    ("drop_table_comment", &[((0, "table_name"), None)]),
    (
        "rename_table",
        &[((0, "old_table_name"), None), ((1, "new_table_name"), None)],
    ),
];

/// The tables that a directive of `op` names.
pub(super) fn of_operation(name: &str, call: &ExprCall) -> Vec<Touch> {
    let Some((_, places)) = PLACES.iter().find(|(directive, _)| *directive == name) else {
        return Vec::new();
    };
    let touch = |(table, columns): &TablePlace| {
        Some(Touch {
            table: strings(argument(call, *table)?).into_iter().next()?,
            columns: columns
                .and_then(|place| argument(call, place))
                .map(strings)
                .unwrap_or_default(),
        })
    };
    places.iter().filter_map(touch).collect()
}

/// The table of a batch, with the columns that a directive of the batch names.
pub(super) fn of_batch(name: &str, call: &ExprCall, table: &str) -> Vec<Touch> {
    let place: Option<Place> = match name {
        "add_column" => Some((0, "column")),
        "alter_column" | "drop_column" => Some((0, "column_name")),
        "create_index" | "create_unique_constraint" => Some((1, "columns")),
        "create_foreign_key" => Some((2, "local_cols")),
        _ => None,
    };
    let columns = place.and_then(|place| argument(call, place)).map(strings);
    vec![Touch {
        table: table.to_owned(),
        columns: columns.unwrap_or_default(),
    }]
}

fn argument(call: &ExprCall, (position, name): Place) -> Option<&Expr> {
    call.arguments.find_argument_value(name, position)
}

/// The names in an argument: a string, strings in a tuple or list, or the first argument of `Column()`.
fn strings(argument: &Expr) -> Vec<String> {
    match argument {
        Expr::StringLiteral(literal) => vec![literal.value.to_str().to_owned()],
        Expr::Tuple(tuple) => tuple.elts.iter().flat_map(strings).collect(),
        Expr::List(list) => list.elts.iter().flat_map(strings).collect(),
        Expr::Call(column) => match column.arguments.args.first() {
            Some(Expr::StringLiteral(literal)) => vec![literal.value.to_str().to_owned()],
            // As in op.f("ix_account_email").
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
