//! Reads the version table of a live server without Python.
//!
//! * [`url`] parses SQLAlchemy's URLs.
//! * [`target`] finds the server and the settings that the URL's Python driver would use.
//! * [`read`] queries the server, through `postgres` or `mysql`.
//!
//! Where the Python driver might behave differently, the result is a failure of kind [`Kind::Unsure`], and the caller uses
//! Python. SQLite is always read through Python: two SQLite libraries in one process release each other's file locks.

mod drivers;
mod mysql;
mod postgres;
pub mod target;
pub mod url;

use std::time::Duration;

use crate::error::store::{Failure, Kind};
use target::{Server, Target};

/// The name of the version table, and its schema if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionTable {
    /// `alembic_version` by default.
    pub name: String,
    /// The schema (on MySQL, a database); `None` for the connection's default.
    pub schema: Option<String>,
    /// Whether a failure is wanted if, without a schema, other schemas of the database have a table of this name.
    pub is_sole: bool,
}

impl VersionTable {
    /// The query, with identifiers quoted by `quote`.
    fn select(&self, quote: char) -> String {
        let quoted = |name: &str| format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")));
        let table = quoted(&self.name);
        let from = self
            .schema
            .as_ref()
            .map_or(table.clone(), |schema| format!("{}.{table}", quoted(schema)));
        format!("SELECT version_num FROM {from}")
    }

    /// The table's name in messages.
    #[must_use]
    pub fn display(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// The contents of the version table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// There is no version table.
    Absent,
    /// The rows, in the server's order.
    Rows(Vec<String>),
}

/// Read the version table of `target` within `limit`.
///
/// # Errors
/// [`Failure`]; its [`Kind`] decides what the caller does next.
pub async fn read(target: &Target, table: &VersionTable, limit: Duration) -> Result<Versions, Failure> {
    let answer = async {
        match target.server {
            Server::Postgres => postgres::read(target, table).await,
            Server::MySql => mysql::read(target, table).await,
        }
    };
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer.map_err(|failure| failure.at(&target.display())),
        Err(_) => Err(
            Failure::new(Kind::Timeout, format!("no answer within {} s", limit.as_secs_f64())).at(&target.display()),
        ),
    }
}

/// Convert the rows of a result; NULL is an error.
fn rows(found: Vec<Option<String>>, table: &VersionTable) -> Result<Versions, Failure> {
    found
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .map(Versions::Rows)
        .ok_or_else(|| {
            Failure::new(
                Kind::Unreadable,
                format!("the version table {} holds a NULL row", table.display()),
            )
            .hint("delete that row; `alembic current` shows what remains")
        })
}

/// A driver's error that is not an answer of the server: network, TLS, protocol.
fn transport_failure(error: &sqlx::Error) -> Failure {
    match error {
        sqlx::Error::Io(error) => Failure::new(Kind::Unreachable, error.to_string())
            .hint("check the host and the port, and that the server runs"),
        // Python's drivers have their own TLS library, authentication methods and defaults, and may succeed.
        other => Failure::unsure(format!("the native driver gave up ({other})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted() {
        let table = VersionTable {
            name: "a\"b".into(),
            schema: Some("s;--".into()),
            is_sole: false,
        };
        assert_eq!(table.select('"'), r#"SELECT version_num FROM "s;--"."a""b""#);
        let table = VersionTable {
            name: "a`b".into(),
            schema: None,
            is_sole: false,
        };
        assert_eq!(table.select('`'), "SELECT version_num FROM `a``b`");
    }

    #[test]
    fn a_null_row_is_rejected() {
        let table = VersionTable {
            name: "alembic_version".into(),
            schema: Some("app".into()),
            is_sole: false,
        };
        let failure = rows(vec![Some("a".into()), None], &table).unwrap_err();
        assert_eq!(failure.kind, Kind::Unreadable);
        assert!(failure.message.contains("app.alembic_version"));
        assert_eq!(rows(vec![], &table).unwrap(), Versions::Rows(vec![]));
    }
}
