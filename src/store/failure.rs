//! Why a version table could not be read: a kind to act on, a message to show.

use super::target::Target;

/// What the caller may do about a [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing answers at that address.
    Unreachable,
    /// The server answers, and refuses this user or password.
    Refused,
    /// The server answers, and has no such database.
    NoDatabase,
    /// The server is starting up, shutting down or out of connections: asking again may help.
    NotReady,
    /// No answer in time.
    Timeout,
    /// The server answers, and the version table cannot be used.
    Unreadable,
    /// This engine is not sure to do what the Python driver would do: Python has to be asked.
    Unsure,
}

impl Kind {
    /// The name that Python sees.
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

/// A version table that was not read. No part of it ever holds a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What the caller may do.
    pub kind: Kind,
    /// What happened, and where.
    pub message: String,
    /// What to do next, where that is known.
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

    /// Python has to be asked, because of `why`.
    pub fn unsure(why: impl Into<String>) -> Self {
        Self::new(Kind::Unsure, why)
    }

    /// The same, with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, naming the server.
    pub(super) fn at(mut self, target: &Target) -> Self {
        if self.kind != Kind::Unsure {
            self.message = format!("{}: {}", target.display(), self.message);
        }
        self
    }

    /// What a driver's error means when it is no answer of the server's: network, TLS, protocol.
    pub(super) fn of_transport(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(error) => Self::new(Kind::Unreachable, error.to_string())
                .hint("check the host and the port, and that the server runs"),
            // Python's drivers have their own TLS library, authentication methods and defaults: they may well succeed.
            other => Self::unsure(format!("the native driver gave up ({other})")),
        }
    }
}
