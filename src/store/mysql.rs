//! Reads the version table of a MySQL or MariaDB server.

use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

use super::target::{Address, Target, Tls};
use super::{VersionTable, Versions, rows, transport_failure};
use crate::error::store::{Failure, Kind};

pub(super) async fn read(target: &Target, table: &VersionTable) -> Result<Versions, Failure> {
    let mut connection = options(target)
        .connect()
        .await
        .map_err(|error| explain(&error, table))?;
    let sql = AssertSqlSafe(table.select('`'));
    let result = sqlx::raw_sql(sql).fetch_all(&mut connection).await;
    // The result is complete, so an error while closing does not matter.
    drop(connection.close().await);
    let result = match result {
        Ok(result) => result,
        // No such table; no such schema.
        Err(error) if error_number(&error).is_some_and(|number| matches!(number, 1146 | 1049)) => {
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

fn options(target: &Target) -> MySqlConnectOptions {
    // Of the session's settings, the driver may change only the encoding.
    let mut options = MySqlConnectOptions::new()
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .ssl_mode(match target.tls {
            Tls::Off => MySqlSslMode::Disabled,
            Tls::Prefer => MySqlSslMode::Preferred,
            Tls::Require => MySqlSslMode::Required,
            Tls::VerifyCa => MySqlSslMode::VerifyCa,
            Tls::VerifyFull => MySqlSslMode::VerifyIdentity,
        });
    options = match &target.address {
        Address::Tcp(host, port) => options.host(host).port(*port),
        Address::Socket(path, _) => options.socket(path),
    };
    let [authority, certificate, key] = &target.certificates;
    if let Some(file) = authority {
        options = options.ssl_ca(file);
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
    options.disable_statement_logging()
}

/// The number of a server's error; `None` for other errors.
fn error_number(error: &sqlx::Error) -> Option<u16> {
    error
        .as_database_error()?
        .try_downcast_ref::<MySqlDatabaseError>()
        .map(MySqlDatabaseError::number)
}

/// The failure for an error of the driver or the server.
fn explain(error: &sqlx::Error, table: &VersionTable) -> Failure {
    let Some(server_error) = error.as_database_error() else {
        return transport_failure(error);
    };
    let message = server_error.message();
    match error_number(error).unwrap_or_default() {
        // Access denied, to the server or to the database; host not allowed.
        1044 | 1045 | 1698 | 1130 => Failure::new(Kind::Refused, message).hint("check user and password"),
        1049 => Failure::new(Kind::NoDatabase, message).hint("create the database first"),
        // Too many connections, shutting down.
        1040 | 1053 | 1203 => Failure::new(Kind::NotReady, message),
        // The handshake, the authentication method or the encryption failed: the Python driver may succeed.
        1043 | 1251 | 3159 => Failure::unsure(format!("the native driver could not log in ({message})")),
        _ => Failure::new(
            Kind::Unreadable,
            format!("the version table {}: {message}", table.display()),
        ),
    }
}
