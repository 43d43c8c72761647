//! Reads the version table of a PostgreSQL server.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgDatabaseError, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use super::target::{Address, Target, Tls};
use super::{VersionTable, Versions, rows, transport_failure};
use crate::error::store::{Failure, Kind};

pub(super) async fn read(target: &Target, table: &VersionTable) -> Result<Versions, Failure> {
    let mut connection = options(target)?
        .connect()
        .await
        .map_err(|error| explain(&error, table))?;
    // The simple protocol: connection poolers support it, and values arrive as text.
    let sql = AssertSqlSafe(table.select('"'));
    let result = sqlx::raw_sql(sql).fetch_all(&mut connection).await;
    if result.is_ok() && table.is_sole && table.schema.is_none() {
        check_sole(&mut connection, table).await?;
    }
    // The result is complete, so an error while closing does not matter.
    drop(connection.close().await);
    let result = match result {
        Ok(result) => result,
        // No such table; no such schema.
        Err(error) if error_code(&error).is_some_and(|code| matches!(code, "42P01" | "3F000")) => {
            return Ok(Versions::Absent);
        }
        Err(error) => return Err(explain(&error, table)),
    };
    let ids = result
        .iter()
        .map(|row| row.try_get_unchecked(0))
        .collect::<Result<_, _>>();
    rows(ids.map_err(|error| explain(&error, table))?, table)
}

/// Fail if several schemas have the version table. The search path may then lead env.py to another one, for instance
/// because it logs in as another user.
///
/// # Errors
/// A failure of kind [`Kind::Unsure`].
async fn check_sole(connection: &mut PgConnection, table: &VersionTable) -> Result<(), Failure> {
    if table.name.contains(['\'', '\\']) {
        return Err(Failure::unsure("the version table has an unusual name"));
    }
    let sql = format!(
        "SELECT count(*)::text FROM pg_catalog.pg_class WHERE relname = '{}' AND relkind IN ('r', 'p', 'v', 'm', 'f')",
        table.name
    );
    let found = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await;
    let count = found.and_then(|row| row.try_get_unchecked::<String, _>(0));
    match count.map_err(|error| explain(&error, table))?.as_str() {
        "1" => Ok(()),
        count => Err(Failure::unsure(format!(
            "{count} schemas of the database have a table {}",
            table.name
        ))),
    }
}

fn options(target: &Target) -> Result<PgConnectOptions, Failure> {
    let mut options = PgConnectOptions::new_without_pgpass();
    if target.libpq && target.password.is_none() {
        options = password_from_file(target)?;
    }
    options = match &target.address {
        Address::Tcp(host, port) => options.host(host).port(*port),
        Address::Socket(folder, port) => options.socket(folder).port(*port),
    };
    options = options.ssl_mode(match target.tls {
        Tls::Off => PgSslMode::Disable,
        Tls::Prefer => PgSslMode::Prefer,
        Tls::Require => PgSslMode::Require,
        Tls::VerifyCa => PgSslMode::VerifyCa,
        Tls::VerifyFull => PgSslMode::VerifyFull,
    });
    let [authority, certificate, key] = &target.certificates;
    if let Some(file) = authority {
        options = options.ssl_root_cert(file);
    }
    if let Some(file) = certificate {
        options = options.ssl_client_cert(file);
    }
    if let Some(file) = key {
        options = options.ssl_client_key(file);
    }
    if let Some(user) = &target.user {
        options = options.username(user);
    }
    if let Some(password) = &target.password {
        options = options.password(password);
    }
    if let Some(database) = &target.database {
        options = options.database(database);
    }
    if let Some(name) = &target.application {
        options = options.application_name(name);
    }
    if let Some(server_options) = &target.options {
        options = with_server_options(options, server_options)?;
    }
    Ok(options.disable_statement_logging())
}

/// Options with the password from `~/.pgpass`, if any. The driver reads this file only when it parses a URL.
fn password_from_file(target: &Target) -> Result<PgConnectOptions, Failure> {
    let (host, port) = match &target.address {
        Address::Tcp(host, port) | Address::Socket(host, port) => (host, port),
    };
    let mut url = format!("postgres:///?host={}&port={port}", percent_encode_all(host));
    for (key, value) in [("user", &target.user), ("dbname", &target.database)] {
        if let Some(value) = value {
            url = format!("{url}&{key}={}", percent_encode_all(value));
        }
    }
    url.parse()
        .map_err(|error| Failure::unsure(format!("the native driver cannot use this URL ({error})")))
}

/// Add the settings in the URL's `options`, which are `-c name=value` or `--name=value`.
///
/// # Errors
/// A failure of kind [`Kind::Unsure`] for any other form, which the driver does not support.
fn with_server_options(options: PgConnectOptions, text: &str) -> Result<PgConnectOptions, Failure> {
    let unsure = || Failure::unsure("the URL's `options` hold more than `-c name=value`");
    if text.contains(['\\', '\'']) {
        return Err(unsure());
    }
    let mut words = text.split_whitespace();
    let mut pairs = Vec::new();
    while let Some(word) = words.next() {
        let pair = match word
            .strip_prefix("-c")
            .map(str::trim)
            .or_else(|| word.strip_prefix("--"))
        {
            Some("") => words.next().ok_or_else(unsure)?,
            Some(pair) => pair,
            None => return Err(unsure()),
        };
        pairs.push(pair.split_once('=').ok_or_else(unsure)?);
    }
    Ok(options.options(pairs))
}

/// Percent-encode every byte.
fn percent_encode_all(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let pair = [byte >> 4, byte & 15].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default());
        out.push('%');
        out.extend(pair);
    }
    out
}

/// The SQLSTATE of a server's error; `None` for other errors.
fn error_code(error: &sqlx::Error) -> Option<&str> {
    error
        .as_database_error()?
        .try_downcast_ref::<PgDatabaseError>()
        .map(PgDatabaseError::code)
}

/// The failure for an error of the driver or the server.
fn explain(error: &sqlx::Error, table: &VersionTable) -> Failure {
    let Some(server_error) = error.as_database_error() else {
        return transport_failure(error);
    };
    let message = server_error.message();
    match error_code(error).unwrap_or_default() {
        "28P01" | "28000" => Failure::new(Kind::Refused, message).hint("check user and password"),
        "3D000" => Failure::new(Kind::NoDatabase, message).hint("create the database first"),
        // Starting up, shutting down, out of connections.
        "57P01" | "57P02" | "57P03" | "53300" => Failure::new(Kind::NotReady, message),
        _ => Failure::new(
            Kind::Unreadable,
            format!("the version table {}: {message}", table.display()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_options_other_than_pairs_are_unsure() {
        let base = PgConnectOptions::new_without_pgpass;
        assert!(with_server_options(base(), "-c search_path=app -csome.x=1 --a=b").is_ok());
        for odd in ["-c", "-d 5", "-c a", "-c a=\\ b", "-c a='x y'"] {
            assert_eq!(
                with_server_options(base(), odd).unwrap_err().kind,
                Kind::Unsure,
                "{odd}"
            );
        }
    }
}
