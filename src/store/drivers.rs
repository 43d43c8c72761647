//! The Python drivers: the options that each accepts in a URL, the effects of these options, and the defaults.

use super::target::Tls;

/// The effect of a URL option on the target.
#[derive(Clone, Copy)]
pub(super) enum Effect {
    /// No effect on the rows that are read.
    Nothing,
    /// No effect for these values; other values make the target unsure.
    OnlyIf(&'static [&'static str]),
    Host,
    Port,
    User,
    Password,
    Database,
    TlsMode(&'static [(&'static str, Tls)]),
    Authority,
    Certificate,
    Key,
    CheckHost,
    Application,
    ServerOptions,
    Socket,
}

/// Python drivers with the same options and defaults.
pub(super) struct Driver {
    /// The names in a URL; empty for the dialect's default driver.
    pub names: &'static [&'static str],
    pub options: &'static [(&'static str, Effect)],
    /// The default TLS mode.
    pub tls: Tls,
    /// Whether `localhost`, or no host, means a socket at the driver's default path.
    pub local_socket: bool,
    /// Whether libpq's environment variables and password file apply.
    pub libpq: bool,
}

pub(super) const LIBPQ_TLS: &[(&str, Tls)] = &[
    ("disable", Tls::Off),
    ("prefer", Tls::Prefer),
    ("require", Tls::Require),
    ("verify-ca", Tls::VerifyCa),
    ("verify-full", Tls::VerifyFull),
];
pub(super) const MYSQL_TLS: &[(&str, Tls)] = &[
    ("DISABLED", Tls::Off),
    ("PREFERRED", Tls::Prefer),
    ("REQUIRED", Tls::Require),
    ("VERIFY_CA", Tls::VerifyCa),
    ("VERIFY_IDENTITY", Tls::VerifyFull),
];
/// Encodings that do not change a revision identifier.
pub(super) const UNICODE: Effect = Effect::OnlyIf(&["utf8", "utf-8", "UTF8", "UTF-8", "utf8mb4", "utf8mb3"]);

pub(super) const POSTGRES: &[Driver] = &[
    Driver {
        names: &["", "psycopg", "psycopg_async", "psycopg2"],
        options: &[
            ("application_name", Effect::Application),
            ("channel_binding", Effect::OnlyIf(&["disable", "prefer"])),
            ("client_encoding", UNICODE),
            ("connect_timeout", Effect::Nothing),
            ("dbname", Effect::Database),
            ("fallback_application_name", Effect::Nothing),
            ("gssencmode", Effect::OnlyIf(&["disable", "prefer"])),
            ("host", Effect::Host),
            ("keepalives", Effect::Nothing),
            ("keepalives_count", Effect::Nothing),
            ("keepalives_idle", Effect::Nothing),
            ("keepalives_interval", Effect::Nothing),
            ("options", Effect::ServerOptions),
            ("password", Effect::Password),
            ("port", Effect::Port),
            ("sslcert", Effect::Certificate),
            ("sslkey", Effect::Key),
            ("sslmode", Effect::TlsMode(LIBPQ_TLS)),
            ("sslrootcert", Effect::Authority),
            ("target_session_attrs", Effect::OnlyIf(&["any"])),
            ("tcp_user_timeout", Effect::Nothing),
            ("user", Effect::User),
        ],
        tls: Tls::Prefer,
        local_socket: true,
        libpq: true,
    },
    Driver {
        names: &["asyncpg"],
        options: &[
            ("async_fallback", Effect::Nothing),
            ("command_timeout", Effect::Nothing),
            ("host", Effect::Host),
            ("port", Effect::Port),
            ("prepared_statement_cache_size", Effect::Nothing),
            ("prepared_statement_name_func", Effect::Nothing),
            ("ssl", Effect::TlsMode(LIBPQ_TLS)),
            ("statement_cache_size", Effect::Nothing),
            ("timeout", Effect::Nothing),
        ],
        tls: Tls::Prefer,
        local_socket: true,
        libpq: true,
    },
];

pub(super) const MYSQL: &[Driver] = &[
    Driver {
        names: &["pymysql", "aiomysql", "asyncmy"],
        options: &[
            ("charset", UNICODE),
            ("connect_timeout", Effect::Nothing),
            ("local_infile", Effect::Nothing),
            ("ssl_ca", Effect::Authority),
            ("ssl_cert", Effect::Certificate),
            ("ssl_check_hostname", Effect::CheckHost),
            ("ssl_key", Effect::Key),
            ("unix_socket", Effect::Socket),
            ("use_unicode", Effect::Nothing),
        ],
        tls: Tls::Off,
        local_socket: false,
        libpq: false,
    },
    Driver {
        names: &["", "mysqldb", "mariadbconnector"],
        options: &[
            ("charset", UNICODE),
            ("connect_timeout", Effect::Nothing),
            ("local_infile", Effect::Nothing),
            ("ssl_ca", Effect::Authority),
            ("ssl_cert", Effect::Certificate),
            ("ssl_key", Effect::Key),
            ("ssl_mode", Effect::TlsMode(MYSQL_TLS)),
            ("unix_socket", Effect::Socket),
            ("use_unicode", Effect::Nothing),
        ],
        tls: Tls::Prefer,
        local_socket: true,
        libpq: false,
    },
    Driver {
        names: &["mysqlconnector"],
        options: &[
            ("charset", UNICODE),
            ("connection_timeout", Effect::Nothing),
            ("ssl_ca", Effect::Authority),
            ("ssl_cert", Effect::Certificate),
            ("ssl_disabled", Effect::OnlyIf(&["false", "False", "0"])),
            ("ssl_key", Effect::Key),
            ("unix_socket", Effect::Socket),
            ("use_unicode", Effect::Nothing),
        ],
        tls: Tls::Prefer,
        local_socket: false,
        libpq: false,
    },
];

/// Environment variables of libpq that may change the server or the connection.
pub(super) const LIBPQ_OVERRIDES: &[&str] = &[
    "PGHOSTADDR",
    "PGSERVICE",
    "PGTARGETSESSIONATTRS",
    "PGREQUIREAUTH",
    "PGREQUIREPEER",
    "PGCHANNELBINDING",
    "PGSSLNEGOTIATION",
    "PGREQUIRESSL",
];
