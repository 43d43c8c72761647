//! What an `env.py` is seen to do with the database URL and the version table.
//!
//! `env.py` is a program, and this is no interpreter: it knows the shapes that programs of this kind have, and it is
//! certain only while every mention of the objects that matter (`context`, its configuration, the engine, the
//! connection) stands in one of those shapes. Anything else is a [`Doubt`], and the program is run instead.

mod names;
mod shapes;

use ruff_python_parser::parse_module;

use super::VersionTable;

/// Why only a run of `env.py` can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What was met, in a few words.
    pub why: String,
    /// The line of `env.py`, counted from 1; 0 if no line is to blame.
    pub line: usize,
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.why),
            line => write!(f, "{}, line {line}", self.why),
        }
    }
}

/// The two answers; each may be certain without the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `Ok`: the engine is made from `sqlalchemy.url` of the configuration, unchanged.
    pub url: Result<(), Doubt>,
    /// `Ok`: the version table that every `context.configure()` names, looked up with the connection's own defaults.
    pub table: Result<VersionTable, Doubt>,
}

/// Look at the text of an `env.py`.
#[must_use]
pub fn look(source: &str) -> Seen {
    let Ok(parsed) = parse_module(source) else {
        let doubt = Doubt {
            why: "env.py cannot be read as Python".into(),
            line: 0,
        };
        return Seen {
            url: Err(doubt.clone()),
            table: Err(doubt),
        };
    };
    let mentions = names::collect(&parsed.syntax().body);
    let found = shapes::judge(&mentions);
    let at_line = |(why, at): (String, usize)| Doubt {
        why,
        line: source.get(..at).map_or(0, |before| before.matches('\n').count() + 1),
    };
    Seen {
        url: found.url.map_err(at_line),
        table: found.table.map_err(at_line),
    }
}

#[cfg(test)]
mod tests;
