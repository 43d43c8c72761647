//! One change of a database by a statement.

use sqlparser::ast::{
    ColumnDef, ColumnOption, ColumnOptionDef, DataType, EnumMember, GeneratedExpressionMode, Ident, IndexColumn,
    ObjectName, TableConstraint,
};

/// One change of a database by a statement. `ALTER TABLE t ADD a INT, DROP b` has two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What is changed: `create_table`, `add_column`, `update`, …
    pub kind: &'static str,
    /// The table, as `schema.table` if the statement names a schema.
    pub table: Option<String>,
    /// The column, constraint, index, type or setting.
    pub name: Option<String>,
    /// The name afterwards.
    pub new_name: Option<String>,
    /// The type of a column, in lower case.
    pub data_type: Option<String>,
    /// The default of a column, the condition of a CHECK, or the value of a setting.
    pub expression: Option<String>,
    /// The kind of a constraint: `foreign_key`, `check`, `unique`, `primary_key` or `exclude`.
    pub constraint: Option<&'static str>,
    /// The table that a foreign key refers to, or that a statement reads from.
    pub referred: Option<String>,
    /// The columns of an index or constraint.
    pub columns: Vec<String>,
    /// The labels of an enum.
    pub labels: Vec<String>,
    /// What else the statement says: `concurrently`, `not_valid`, `not_null`, …
    pub flags: Vec<&'static str>,
    /// The columns and constraints of a new table; the constraints of a new column.
    pub parts: Vec<Change>,
}

impl Change {
    pub(super) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    pub(super) fn on(kind: &'static str, table: &str) -> Self {
        Self {
            kind,
            table: Some(table.to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn named(mut self, name: impl Into<Option<String>>) -> Self {
        self.name = name.into();
        self
    }

    pub(super) fn flag(mut self, condition: bool, flag: &'static str) -> Self {
        if condition {
            self.flags.push(flag);
        }
        self
    }

    /// A column of a table with its options.
    pub(super) fn of_column(kind: &'static str, table: &str, column: &ColumnDef) -> Self {
        Self::on(kind, table)
            .named(ident(&column.name))
            .with_type(&column.data_type)
            .with_options(
                table,
                column.options.iter().map(|ColumnOptionDef { option, .. }| option),
            )
    }

    pub(super) fn with_type(mut self, data_type: &DataType) -> Self {
        if let DataType::Enum(members, _) = data_type {
            self.labels = members
                .iter()
                .map(|(EnumMember::Name(label) | EnumMember::NamedValue(label, _))| label.clone())
                .collect();
        }
        self.data_type = Some(data_type.to_string().to_lowercase());
        self
    }

    pub(super) fn with_options<'a>(mut self, table: &str, options: impl Iterator<Item = &'a ColumnOption>) -> Self {
        let column = self.name.clone();
        for option in options {
            match option {
                ColumnOption::NotNull => self.flags.push("not_null"),
                ColumnOption::Default(value) => self.expression = Some(value.to_string()),
                ColumnOption::Identity(_) => self.flags.push("identity"),
                ColumnOption::Generated {
                    generation_expr,
                    generation_expr_mode,
                    ..
                } => {
                    let is_virtual = matches!(generation_expr_mode, Some(GeneratedExpressionMode::Virtual));
                    self.flags.push(match generation_expr {
                        None => "identity",
                        Some(_) if is_virtual => "generated_virtual",
                        Some(_) => "generated_stored",
                    });
                }
                ColumnOption::CharacterSet(_) => self.flags.push("character_set"),
                ColumnOption::Collation(_) => self.flags.push("collation"),
                ColumnOption::DialectSpecific(tokens)
                    if tokens
                        .iter()
                        .any(|token| token.to_string().eq_ignore_ascii_case("auto_increment")) =>
                {
                    self.flags.push("identity");
                }
                ColumnOption::PrimaryKey(_) => self.add_part(table, column.as_ref(), "primary_key"),
                ColumnOption::Unique(_) => self.add_part(table, column.as_ref(), "unique"),
                ColumnOption::Check(check) => {
                    self.add_part(table, column.as_ref(), "check");
                    if let Some(part) = self.parts.last_mut() {
                        part.expression = Some(check.expr.to_string());
                    }
                }
                ColumnOption::ForeignKey(key) => {
                    self.add_part(table, column.as_ref(), "foreign_key");
                    if let Some(part) = self.parts.last_mut() {
                        part.referred = Some(object(&key.foreign_table));
                    }
                }
                _ => {}
            }
        }
        self
    }

    fn add_part(&mut self, table: &str, column: Option<&String>, constraint: &'static str) {
        self.parts.push(Self {
            constraint: Some(constraint),
            columns: column.into_iter().cloned().collect(),
            ..Self::on("add_constraint", table)
        });
    }

    /// A constraint of a table. `None` for an index that MySQL writes in the place of a constraint.
    pub(super) fn of_constraint(table: &str, constraint: &TableConstraint) -> Self {
        let part = Self::on("add_constraint", table);
        let with = |name: &Option<Ident>, kind, columns: Vec<String>| Self {
            constraint: Some(kind),
            columns,
            ..part.clone().named(name.as_ref().map(ident))
        };
        match constraint {
            TableConstraint::Unique(unique) => {
                let name = unique.name.clone().or_else(|| unique.index_name.clone());
                with(&name, "unique", index_columns(&unique.columns))
            }
            TableConstraint::PrimaryKey(key) => with(&key.name, "primary_key", index_columns(&key.columns)),
            TableConstraint::ForeignKey(key) => Self {
                referred: Some(object(&key.foreign_table)),
                ..with(&key.name, "foreign_key", key.columns.iter().map(ident).collect())
            },
            TableConstraint::Check(check) => Self {
                expression: Some(check.expr.to_string()),
                ..with(&check.name, "check", Vec::new())
            },
            TableConstraint::PrimaryKeyUsingIndex(key) => {
                with(&key.name, "primary_key", Vec::new()).flag(true, "using_index")
            }
            TableConstraint::UniqueUsingIndex(unique) => {
                with(&unique.name, "unique", Vec::new()).flag(true, "using_index")
            }
            TableConstraint::Exclude(_) => with(&None, "exclude", Vec::new()),
            TableConstraint::Index(index) => Self {
                columns: index_columns(&index.columns),
                ..Self::on("create_index", table).named(index.name.as_ref().map(ident))
            },
            TableConstraint::FulltextOrSpatial(index) => Self {
                columns: index_columns(&index.columns),
                ..Self::on("create_index", table).named(index.opt_index_name.as_ref().map(ident))
            }
            .flag(index.fulltext, "fulltext")
            .flag(!index.fulltext, "spatial"),
        }
    }
}

/// A name as the database compares it: in lower case unless it is quoted.
pub(super) fn ident(name: &Ident) -> String {
    if name.quote_style.is_some() {
        name.value.clone()
    } else {
        name.value.to_lowercase()
    }
}

/// A name with its schema. PostgreSQL's `public` is left out, because most statements do.
pub(super) fn object(name: &ObjectName) -> String {
    let parts: Vec<_> = name
        .0
        .iter()
        .map(|part| part.as_ident().map_or_else(|| part.to_string(), ident))
        .collect();
    let text = parts.join(".");
    text.strip_prefix("public.").map_or(text.clone(), str::to_owned)
}

pub(super) fn index_columns(columns: &[IndexColumn]) -> Vec<String> {
    columns
        .iter()
        .map(|column| match &column.column.expr {
            sqlparser::ast::Expr::Identifier(name) => ident(name),
            other => other.to_string(),
        })
        .collect()
}
