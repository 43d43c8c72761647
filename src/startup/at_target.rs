//! `upgrade TARGET --if-behind` without Python, if the database is at the target.
//!
//! The conditions are those of `limbeck.state.at_target`, which decides, and says why, wherever the engine does not.

use crate::config::settings::Settings;
use crate::graph::{Graph, Target};
use crate::plan::Plan;
use crate::script::env_file::{self, Argument};
use crate::store::VersionTable;
use crate::store::target::{Route, find_route};

/// What the command needs from outside of the project.
pub trait Outside {
    /// An environment variable; `None` if it is not set or is not text.
    fn variable(&self, name: &str) -> Option<String>;

    /// The rows of a version table; `None` if there is no table, or it cannot be read.
    fn rows(&self, route: Route, table: VersionTable) -> Option<Vec<String>>;
}

/// The variable that overrides `database_url`.
const URL_VARIABLE: &str = "LIMBECK_DATABASE_URL";
const DEFAULT_TABLE: &str = "alembic_version";

/// The database of an upgrade.
pub(super) struct Database {
    route: Route,
    table: VersionTable,
}

/// The database of an upgrade with `--if-behind`, or with the setting if `given` is false.
///
/// Returns `None` if neither is given, or if it is not certain that env.py uses the database that the settings name.
pub(super) fn database(settings: &Settings, given: bool, outside: &dyn Outside) -> Option<Database> {
    let options = Options::read(settings.limbeck.as_deref()?)?;
    if !(given || options.if_behind) || options.compares_files() {
        return None;
    }
    let variable = |name: &str| outside.variable(name);
    let url = match variable(URL_VARIABLE).filter(|url| !url.is_empty()) {
        Some(url) => url,
        None => expand(&options.database_url?, &variable)?,
    };
    let env = env_file::read(&std::fs::read(&settings.env_file).ok()?);
    if env.doubt.is_some() {
        return None;
    }
    let named = (options.version_table, options.version_table_schema);
    let (name, schema) = match (env.version_table, env.version_table_schema) {
        (Argument::Computed, _) | (_, Argument::Computed) if named == (None, None) => return None,
        (Argument::Computed, _) | (_, Argument::Computed) => named,
        (name, schema) => {
            let literal = (known(name), known(schema));
            if named != (None, None) && named != literal {
                return None;
            }
            literal
        }
    };
    let route = find_route(&url, &variable).ok()?;
    if matches!(route, Route::SqliteFile(_)) && schema.is_some() {
        return None;
    }
    let table = VersionTable {
        name: name.unwrap_or_else(|| DEFAULT_TABLE.to_owned()),
        schema,
        is_sole: true,
    };
    Some(Database { route, table })
}

impl Database {
    /// Whether an upgrade from the rows of the database to a target certainly has no steps.
    pub(super) fn needs_no_steps(self, target: &str, graph: &Graph, outside: &dyn Outside) -> bool {
        let Some(rows) = outside.rows(self.route, self.table) else {
            return false;
        };
        let is_id = |row: &String| graph.named(row).is_some_and(|rev| graph.id(rev) == row);
        rows.iter().all(is_id)
            && Plan::upgrade(graph, &rows, &Target::from(target)).is_ok_and(|plan| plan.steps.is_empty())
    }
}

fn known(argument: Argument) -> Option<String> {
    match argument {
        Argument::Known(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// The options of `[limbeck]` that matter here.
#[derive(Default)]
struct Options {
    database_url: Option<String>,
    version_table: Option<String>,
    version_table_schema: Option<String>,
    if_behind: bool,
    journal: bool,
    checksum_is_off: bool,
}

impl Options {
    /// Read the options. Returns `None` if one is unknown, or may be invalid.
    fn read(section: &[(String, String)]) -> Option<Self> {
        let mut options = Self::default();
        for (name, value) in section {
            let text = || Some(value.clone()).filter(|value| !value.is_empty());
            match name.as_str() {
                "database_url" => options.database_url = text(),
                "version_table" => options.version_table = text(),
                "version_table_schema" => options.version_table_schema = text(),
                "if_behind" => options.if_behind = boolean(value)?,
                "journal" => options.journal = boolean(value)?,
                "lock" | "linear" | "sqlite_transactional_ddl" => {
                    boolean(value)?;
                }
                "checksum" if ["off", "warn", "error"].contains(&value.as_str()) => {
                    options.checksum_is_off = value == "off";
                }
                // What it guards is a run that has something to do.
                "destructive" if ["allow", "ask", "refuse"].contains(&value.as_str()) => {}
                "lock_wait" | "lock_timeout" | "statement_timeout" | "lock_backoff" if is_duration(value) => {}
                "lock_retries" if is_number(value) => {}
                // They matter only to a run, and to commands that do not end here.
                "schema_file" | "scratch_url" if !value.is_empty() => {}
                _ => return None,
            }
        }
        Some(options)
    }

    /// Whether an upgrade compares the files of applied revisions with the journal.
    fn compares_files(&self) -> bool {
        self.journal && !self.checksum_is_off
    }
}

fn boolean(value: &str) -> Option<bool> {
    match value {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" | "" => Some(false),
        _ => None,
    }
}

pub(super) fn is_number(value: &str) -> bool {
    (1..=9).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_duration(value: &str) -> bool {
    let number = ["ms", "min", "s", "h"].iter().find_map(|unit| value.strip_suffix(unit));
    is_number(number.unwrap_or(value))
}

/// Replace `${NAME}` by the environment variable and `$$` by a dollar sign; `None` if a variable is not set.
fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some((name, after)) = after.strip_prefix('{').and_then(|after| after.split_once('}')) {
            expanded.push_str(&variable(name)?);
            rest = after;
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    expanded.push_str(rest);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_expanded() {
        let variable = |name: &str| (name == "A").then(|| "$x".to_owned());
        for (text, expected) in [
            ("${A}/b", Some("$x/b")),
            ("a$$b$c${", Some("a$b$c${")),
            ("$${A}", Some("${A}")),
            ("${B}", None),
            ("${}", None),
        ] {
            assert_eq!(expand(text, &variable).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn unusual_options_are_left_to_python() {
        let read = |name: &str, value: &str| Options::read(&[(name.to_owned(), value.to_owned())]).is_some();
        for (name, value) in [
            ("lock", "yes"),
            ("linear", "on"),
            ("lock_wait", "90"),
            ("lock_timeout", "500ms"),
            ("statement_timeout", "5min"),
            ("lock_retries", "3"),
            ("checksum", "warn"),
            ("destructive", "refuse"),
            ("schema_file", "schema.txt"),
        ] {
            assert!(read(name, value), "{name}");
        }
        for (name, value) in [
            ("lock", "True"),
            ("lock_wait", "1.5"),
            ("lock_retries", "3s"),
            ("checksum", "x"),
            ("destructive", "x"),
            ("other", "1"),
        ] {
            assert!(!read(name, value), "{name}");
        }
    }
}
