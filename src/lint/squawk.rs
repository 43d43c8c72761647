//! The rules of squawk, a linter of PostgreSQL's statements, over the statements of a step.

use squawk_linter::{Linter, Rule};
use squawk_syntax::SourceFile;

/// A finding of squawk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squawk {
    /// The index of the statement.
    pub statement: usize,
    /// The rule as squawk names it.
    pub rule: String,
    /// What is wrong.
    pub message: String,
    /// What to do instead.
    pub help: Option<String>,
}

/// Check the statements of a step with rules of squawk.
///
/// * `statements` - the texts, in the order of their execution.
/// * `rules` - the names of rules; unknown names are left out.
/// * `in_transaction` - whether the statements are executed in a transaction.
#[must_use]
pub fn squawk(statements: &[String], rules: &[String], in_transaction: bool) -> Vec<Squawk> {
    let mut text = String::new();
    let mut starts = Vec::with_capacity(statements.len());
    for statement in statements {
        starts.push(text.len());
        text.push_str(statement.trim_end().trim_end_matches(';'));
        text.push_str(";\n");
    }
    let rules = rules.iter().filter_map(|name| Rule::try_from(name.as_str()).ok());
    let mut linter = Linter::from(rules);
    linter.settings.assume_in_transaction = in_transaction;
    let file = SourceFile::parse(&text);
    let violations = linter.lint(&file, &text);
    violations
        .into_iter()
        .map(|violation| {
            let at = usize::from(violation.text_range.start());
            Squawk {
                statement: starts.partition_point(|start| *start <= at).saturating_sub(1),
                rule: violation.code.to_string(),
                message: violation.message,
                help: violation.help,
            }
        })
        .collect()
}
