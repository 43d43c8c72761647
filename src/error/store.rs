//! The error of reading a version table: a kind for programs, a message and a hint for people.

/// The kind of a [`Failure`]; it decides what the caller does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No server answers at the address.
    Unreachable,
    /// The server refused the user or the password.
    Refused,
    /// The server has no such database.
    NoDatabase,
    /// The server is starting up, shutting down or out of connections; a retry may succeed.
    NotReady,
    /// The server did not answer in time.
    Timeout,
    /// The version table or the URL cannot be used.
    Unreadable,
    /// The native reader might behave differently from the URL's Python driver; the caller uses that driver.
    Unsure,
}

impl Kind {
    /// The name in Python.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Unreachable => "unreachable",
            Kind::Refused => "refused",
            Kind::NoDatabase => "no-database",
            Kind::NotReady => "not-ready",
            Kind::Timeout => "timeout",
            Kind::Unreadable => "unreadable",
            Kind::Unsure => "unsure",
        }
    }
}

/// A failed read of a version table. It never contains a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The kind.
    pub kind: Kind,
    /// What happened, and where.
    pub message: String,
    /// What to do next, if known.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
        }
    }

    /// A failure of kind [`Kind::Unsure`].
    pub fn unsure(why: impl Into<String>) -> Self {
        Self::new(Kind::Unsure, why)
    }

    /// Set the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Put the server's display name in front of the message, except for [`Kind::Unsure`].
    #[must_use]
    pub fn at(mut self, server: &str) -> Self {
        if self.kind != Kind::Unsure {
            self.message = format!("{server}: {}", self.message);
        }
        self
    }
}
