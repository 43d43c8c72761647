//! Finds the server and the settings that the URL's Python driver would use.
//!
//! An option, a default or an environment variable that is not in the tables of `drivers` makes the result unsure, with
//! a reason.

use super::drivers::{Driver, Effect, LIBPQ_OVERRIDES, LIBPQ_TLS, MYSQL, POSTGRES};
use super::url::{DatabaseUrl, UrlError};
use crate::error::store::{Failure, Kind};

/// The protocol of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// PostgreSQL and compatible servers.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Host and port.
    Tcp(String, u16),
    /// PostgreSQL: the folder of the socket, and the port in its name. MySQL: the socket; the port is unused.
    Socket(String, u16),
}

/// The TLS mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// None.
    Off,
    /// Encrypted if the server supports it.
    Prefer,
    /// Encrypted, without verification.
    Require,
    /// Encrypted, with verification of the issuer.
    VerifyCa,
    /// Encrypted, with verification of issuer and host name.
    VerifyFull,
}

/// A server and the settings of a connection.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// The protocol.
    pub server: Server,
    /// The address.
    pub address: Address,
    /// The user; `None` for the driver's default.
    pub user: Option<String>,
    /// Password, if any.
    pub password: Option<String>,
    /// Database, if any.
    pub database: Option<String>,
    /// The TLS mode.
    pub tls: Tls,
    /// Files of the authority, the client's certificate and its key.
    pub certificates: [Option<String>; 3],
    /// `application_name`, on PostgreSQL.
    pub application: Option<String>,
    /// The server options of PostgreSQL's `options`.
    pub options: Option<String>,
    /// Whether libpq's environment and password file apply.
    pub libpq: bool,
}

impl std::fmt::Debug for Target {
    /// Shows only the address: the rest may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.display())
    }
}

impl Target {
    /// The server's name in messages, without user and password.
    #[must_use]
    pub fn display(&self) -> String {
        let server = match self.server {
            Server::Postgres => "PostgreSQL",
            Server::MySql => "MySQL/MariaDB",
        };
        let place = match &self.address {
            Address::Tcp(host, port) if host.contains(':') => format!("[{host}]:{port}"),
            Address::Tcp(host, port) => format!("{host}:{port}"),
            Address::Socket(path, _) => path.clone(),
        };
        match &self.database {
            Some(database) => format!("{server} at {place}, database `{database}`"),
            None => format!("{server} at {place}"),
        }
    }
}

/// Where a URL's version table can be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// A server that the native reader supports.
    Server(Box<Target>),
    /// A SQLite file, which Python's `sqlite3` reads.
    SqliteFile(String),
}

/// Find the server or the file of a URL; `env` looks up environment variables.
///
/// # Errors
/// A [`Failure`] of kind [`Kind::Unsure`] if the Python driver might choose differently, or of kind
/// [`Kind::Unreadable`] for a malformed URL.
pub fn find_route(url: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Route, Failure> {
    let url = DatabaseUrl::parse(url).map_err(|error| match error {
        UrlError::NoDialect | UrlError::Port => Failure::new(Kind::Unreadable, error.to_string())
            .hint("write it as `dialect+driver://user:password@host:port/database`"),
        UrlError::Form => Failure::unsure(error.to_string()),
    })?;
    let (server, drivers) = match url.dialect.as_str() {
        "sqlite" => return sqlite(&url),
        "postgresql" => (Server::Postgres, POSTGRES),
        "mysql" | "mariadb" => (Server::MySql, MYSQL),
        other => {
            return Err(Failure::unsure(format!(
                "the native reader does not support `{other}` databases"
            )));
        }
    };
    let name = url.driver.as_deref().unwrap_or("");
    let driver = drivers
        .iter()
        .find(|driver| driver.names.contains(&name))
        .ok_or_else(|| {
            Failure::unsure(format!(
                "the native reader does not have the defaults of the driver `{name}`"
            ))
        })?;
    let target = build_target(&url, server, driver, env)?;
    check_certain(&target, driver, env)?;
    Ok(Route::Server(Box::new(target)))
}

/// The settings in a URL and its options, from which the target is completed.
struct UrlSettings {
    /// The target without its address and its final TLS mode.
    target: Target,
    host: Option<String>,
    port: Option<u16>,
    socket: Option<String>,
    /// Whether TLS with an authority also verifies the host name.
    check_host: bool,
    tls: Option<Tls>,
}

/// Looks up an environment variable. `None` if it is empty, not set, or the driver does not read it.
type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// The target described by the URL, its options and the environment.
fn build_target(
    url: &DatabaseUrl,
    server: Server,
    driver: &Driver,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Target, Failure> {
    let variable = |name: &str| env(name).filter(|value| driver.libpq && !value.is_empty());
    let mut settings = UrlSettings {
        host: url.host.clone(),
        port: url.port,
        socket: None,
        check_host: true,
        tls: None,
        target: Target {
            server,
            address: Address::Socket(String::new(), 0),
            user: url.username.clone(),
            password: url.password.clone(),
            database: url.database.clone().filter(|name| !name.is_empty()),
            tls: driver.tls,
            certificates: [None, None, None],
            application: None,
            options: None,
            libpq: driver.libpq,
        },
    };
    for (key, value) in &url.query {
        if url.query.iter().filter(|(other, _)| other == key).count() > 1 {
            return Err(Failure::unsure(format!("the URL repeats its option `{key}`")));
        }
        let option = driver.options.iter().find(|(name, _)| name == key);
        let (_, effect) = option.ok_or_else(|| driver_decides(format!("the effect of the URL's option `{key}`")))?;
        settings.apply(*effect, key, value)?;
    }
    settings.target.tls = settings.tls(driver, &variable)?;
    if settings.target.certificates[0].is_none() {
        settings.target.certificates[0] = variable("PGSSLROOTCERT");
    }
    settings.target.address = settings.address(driver, &variable)?;
    Ok(settings.target)
}

/// The failure for a setting that depends on the Python driver.
fn driver_decides(what: impl std::fmt::Display) -> Failure {
    Failure::unsure(format!("only the driver determines {what}"))
}

impl UrlSettings {
    /// Apply one option.
    fn apply(&mut self, effect: Effect, key: &str, value: &str) -> Result<(), Failure> {
        let unclear_value = || driver_decides(format!("the meaning of `{value}` for the URL's option `{key}`"));
        let text = Some(value.to_owned());
        match effect {
            Effect::Nothing => {}
            Effect::OnlyIf(values) if values.contains(&value) => {}
            Effect::OnlyIf(_) => return Err(unclear_value()),
            // `host:port` within one option is SQLAlchemy's way to name several servers.
            Effect::Host if value.contains([',', ':']) => return Err(unclear_value()),
            Effect::Host => self.host = text,
            Effect::Port => self.port = Some(value.parse().map_err(|_| unclear_value())?),
            Effect::User => self.target.user = text,
            Effect::Password => self.target.password = text,
            Effect::Database => self.target.database = text,
            Effect::TlsMode(modes) => {
                let (_, tls) = modes
                    .iter()
                    .find(|(name, _)| *name == value)
                    .ok_or_else(unclear_value)?;
                self.tls = Some(*tls);
            }
            Effect::Authority => self.target.certificates[0] = text,
            Effect::Certificate => self.target.certificates[1] = text,
            Effect::Key => self.target.certificates[2] = text,
            Effect::CheckHost => {
                self.check_host = match value {
                    "true" | "True" | "1" => true,
                    "false" | "False" | "0" => false,
                    _ => return Err(unclear_value()),
                }
            }
            Effect::Application => self.target.application = text,
            Effect::ServerOptions => self.target.options = text,
            Effect::Socket => self.socket = text,
        }
        Ok(())
    }

    /// The TLS mode, from the options, the environment or the driver's default.
    fn tls(&self, driver: &Driver, variable: Variables<'_>) -> Result<Tls, Failure> {
        if let Some(tls) = self.tls {
            return Ok(tls);
        }
        if self.target.server == Server::MySql && self.target.certificates[0].is_some() {
            // PyMySQL and the drivers derived from it, which have no TLS by default, verify if an authority is given.
            return match (driver.tls, self.check_host) {
                (Tls::Off, true) => Ok(Tls::VerifyFull),
                (Tls::Off, false) => Ok(Tls::VerifyCa),
                _ => Err(driver_decides("how far `ssl_ca` alone makes it verify")),
            };
        }
        let Some(mode) = variable("PGSSLMODE") else {
            return Ok(driver.tls);
        };
        LIBPQ_TLS
            .iter()
            .find(|(name, _)| *name == mode)
            .map(|(_, tls)| *tls)
            .ok_or_else(|| driver_decides("the mode in PGSSLMODE"))
    }

    /// The address, from the URL, the environment or the driver's default.
    fn address(&self, driver: &Driver, variable: Variables<'_>) -> Result<Address, Failure> {
        let postgres = self.target.server == Server::Postgres;
        let port = match (self.port, variable("PGPORT")) {
            (Some(port), _) => port,
            (None, Some(text)) => text.parse().map_err(|_| driver_decides("the port in PGPORT"))?,
            (None, None) if postgres => 5432,
            (None, None) => 3306,
        };
        let host = self.host.clone().or_else(|| variable("PGHOST"));
        match (&self.socket, host.as_deref()) {
            (Some(path), _) => Ok(Address::Socket(path.clone(), port)),
            (None, Some(path)) if postgres && path.starts_with('/') => Ok(Address::Socket(path.to_owned(), port)),
            (None, Some(host)) if host.starts_with('@') || host.contains(',') => {
                Err(driver_decides(format!("the server of `{host}`")))
            }
            (None, None) if postgres => Err(driver_decides("the server of a URL without a host")),
            (None, None | Some("localhost")) if !postgres && driver.local_socket => {
                Err(driver_decides("the socket of `localhost`"))
            }
            (None, host) => Ok(Address::Tcp(host.unwrap_or("localhost").to_owned(), port)),
        }
    }
}

/// Reject targets that the environment or a default of the driver could still change.
fn check_certain(target: &Target, driver: &Driver, env: &dyn Fn(&str) -> Option<String>) -> Result<(), Failure> {
    if driver.libpq
        && let Some(name) = LIBPQ_OVERRIDES.iter().find(|name| env(name).is_some())
    {
        return Err(Failure::unsure(format!(
            "the environment variable {name} is set, which libpq acts on"
        )));
    }
    if target.server == Server::MySql && target.user.is_none() {
        return Err(Failure::unsure(
            "the URL has no user, and only the driver determines the default",
        ));
    }
    let verifies = matches!(target.tls, Tls::VerifyCa | Tls::VerifyFull);
    if verifies && target.certificates[0].is_none() {
        return Err(Failure::unsure(
            "only the driver determines which authorities it trusts",
        ));
    }
    if !verifies && target.server == Server::Postgres && target.certificates[0].is_some() {
        return Err(Failure::unsure(
            "with a root certificate, libpq verifies more than `sslmode` requires",
        ));
    }
    Ok(())
}

/// The file of a SQLite URL; unsure for a database in memory, a `file:` URI and most options.
fn sqlite(url: &DatabaseUrl) -> Result<Route, Failure> {
    if !matches!(url.driver.as_deref(), None | Some("pysqlite" | "aiosqlite")) {
        return Err(Failure::unsure(
            "the driver of this SQLite URL is not Python's own sqlite3",
        ));
    }
    if url.host.is_some() || url.username.is_some() || url.port.is_some() {
        return Err(Failure::new(Kind::Unreadable, "a SQLite URL names a file, not a host")
            .hint("three slashes before a relative path, four before an absolute one"));
    }
    let harmless = [
        "timeout",
        "check_same_thread",
        "cached_statements",
        "isolation_level",
        "detect_types",
    ];
    if let Some((key, _)) = url.query.iter().find(|(key, _)| !harmless.contains(&key.as_str())) {
        return Err(Failure::unsure(format!(
            "only the driver determines the effect of the URL's option `{key}`"
        )));
    }
    match url.database.as_deref() {
        None | Some("" | ":memory:") => Err(Failure::unsure("a database in memory belongs to one process")),
        Some(path) if path.starts_with("file:") => Err(Failure::unsure("the URL holds a `file:` URI")),
        Some(path) => Ok(Route::SqliteFile(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_variables(_: &str) -> Option<String> {
        None
    }

    fn server(url: &str) -> Target {
        match find_route(url, &no_variables) {
            Ok(Route::Server(target)) => *target,
            other => panic!("{url}: {other:?}"),
        }
    }

    fn unsure(url: &str) -> String {
        match find_route(url, &no_variables) {
            Err(Failure {
                kind: Kind::Unsure,
                message,
                ..
            }) => message,
            other => panic!("{url}: {other:?}"),
        }
    }

    #[test]
    fn drivers_have_default_ports() {
        for driver in ["", "+psycopg", "+psycopg2", "+asyncpg", "+psycopg_async"] {
            let target = server(&format!("postgresql{driver}://u:p@h/d"));
            assert_eq!(target.server, Server::Postgres);
            assert_eq!(target.address, Address::Tcp("h".into(), 5432));
            assert_eq!(target.tls, Tls::Prefer);
            assert_eq!(target.database.as_deref(), Some("d"));
        }
        for driver in ["mysql+pymysql", "mariadb+aiomysql", "mysql+asyncmy"] {
            let target = server(&format!("{driver}://u:p@h:1/d?charset=utf8mb4"));
            assert_eq!(
                (target.server, target.address),
                (Server::MySql, Address::Tcp("h".into(), 1))
            );
            assert_eq!(target.tls, Tls::Off);
        }
        assert!(unsure("postgresql+pg8000://u@h/d").contains("pg8000"));
        assert!(unsure("mssql+pyodbc://u@h/d").contains("mssql"));
    }

    #[test]
    fn tls_modes_follow_options() {
        assert_eq!(server("postgresql://h/d?sslmode=require").tls, Tls::Require);
        assert_eq!(server("postgresql+asyncpg://h/d?ssl=disable").tls, Tls::Off);
        let full = server("postgresql://h/d?sslmode=verify-full&sslrootcert=%2Fca.pem&sslcert=c&sslkey=k");
        assert_eq!(full.tls, Tls::VerifyFull);
        assert_eq!(
            full.certificates,
            [Some("/ca.pem".into()), Some("c".into()), Some("k".into())]
        );
        assert_eq!(server("mysql+pymysql://u@h/d?ssl_ca=a").tls, Tls::VerifyFull);
        assert_eq!(
            server("mysql+pymysql://u@h/d?ssl_ca=a&ssl_check_hostname=false").tls,
            Tls::VerifyCa
        );
        assert_eq!(server("mysql://u@h/d?ssl_mode=REQUIRED").tls, Tls::Require);
        unsure("postgresql://h/d?sslmode=allow");
        unsure("postgresql://h/d?sslmode=verify-full");
        unsure("postgresql://h/d?sslrootcert=x&sslmode=require");
        unsure("mysql://u@h/d?ssl_ca=a");
    }

    #[test]
    fn sockets_have_paths() {
        let target = server("postgresql:///d?host=/run/pg&port=5433");
        assert_eq!(target.address, Address::Socket("/run/pg".into(), 5433));
        let target = server("mysql://u@localhost/d?unix_socket=/run/my.sock");
        assert_eq!(target.address, Address::Socket("/run/my.sock".into(), 3306));
        assert_eq!(
            server("mysql+pymysql://u@/d").address,
            Address::Tcp("localhost".into(), 3306)
        );
        unsure("postgresql:///d");
        unsure("mysql://u@localhost/d");
        unsure("postgresql:///d?host=a:1&host=b:2");
        unsure("postgresql:///d?host=a:1");
        unsure("postgresql://a,b/d");
    }

    #[test]
    fn reasons_name_unknown_options() {
        assert!(unsure("mysql+pymysql://h/d").contains("no user"));
        assert!(unsure("postgresql://h/d?service=x").contains("`service`"));
        assert!(unsure("mysql+pymysql://h/d?read_default_file=x").contains("`read_default_file`"));
        assert!(unsure("mysql+pymysql://h/d?charset=latin1").contains("`latin1`"));
    }

    #[test]
    fn libpq_drivers_read_the_environment() {
        let env = |name: &str| match name {
            "PGHOST" => Some("/run/pg".to_owned()),
            "PGPORT" => Some("6000".to_owned()),
            "PGSSLMODE" => Some("disable".to_owned()),
            _ => None,
        };
        let Ok(Route::Server(target)) = find_route("postgresql:///d", &env) else {
            panic!()
        };
        assert_eq!(target.address, Address::Socket("/run/pg".into(), 6000));
        assert_eq!(target.tls, Tls::Off);
        let env = |name: &str| (name == "PGHOSTADDR").then(|| "10.0.0.1".to_owned());
        assert_eq!(find_route("postgresql://h/d", &env).unwrap_err().kind, Kind::Unsure);
        assert!(find_route("mysql+pymysql://u@h/d", &env).is_ok());
    }

    #[test]
    fn sqlite_urls_have_files() {
        assert_eq!(
            find_route("sqlite:///a/b.db", &no_variables).unwrap(),
            Route::SqliteFile("a/b.db".into())
        );
        assert_eq!(
            find_route("sqlite+aiosqlite:////b.db", &no_variables).unwrap(),
            Route::SqliteFile("/b.db".into())
        );
        unsure("sqlite://");
        unsure("sqlite:///file:x?mode=ro&uri=true");
        unsure("sqlite+pysqlcipher://:pw@/x");
        assert_eq!(
            find_route("sqlite://x.db", &no_variables).unwrap_err().kind,
            Kind::Unreadable
        );
    }

    #[test]
    fn debug_output_has_no_password() {
        let target = server("postgresql://me:hidden@h/d");
        assert_eq!(format!("{target:?}"), "PostgreSQL at h:5432, database `d`");
    }
}
