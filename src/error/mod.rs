//! The engine's only error type.

pub mod store;

use std::path::PathBuf;

/// An error of the engine. All modules share this enum, so [`crate::bindings`] converts every error to a Python
/// exception in one exhaustive match.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// The operating system's error.
        source: std::io::Error,
    },

    // ---- configuration ----
    /// A section that occurs twice in an ini file.
    #[error("line {line}: section '{section}' already exists")]
    IniSectionTwice {
        /// The line of the second occurrence.
        line: usize,
        /// The section.
        section: String,
    },
    /// An option that occurs twice in a section of an ini file.
    #[error("line {line}: option '{option}' in section '{section}' already exists")]
    IniOptionTwice {
        /// The line of the second occurrence.
        line: usize,
        /// The section.
        section: String,
        /// The option, in lower case.
        option: String,
    },
    /// Text before the first section of an ini file.
    #[error("line {line}: no section header before this line")]
    IniNoSection {
        /// The line number.
        line: usize,
        /// The line.
        text: String,
    },
    /// Lines of an ini file that are neither a section nor an option.
    #[error("lines that are neither sections nor options")]
    IniLines {
        /// Line numbers and lines.
        lines: Vec<(usize, String)>,
    },
    /// A percent sign that does not start a reference.
    #[error("option '{option}' in section '{section}': '%' must be followed by '%' or '('")]
    IniPercent {
        /// The section.
        section: String,
        /// The option.
        option: String,
        /// The value from the percent sign on.
        rest: String,
    },
    /// A reference without its end `)s`, or without a name.
    #[error("option '{option}' in section '{section}': malformed reference")]
    IniReference {
        /// The section.
        section: String,
        /// The option.
        option: String,
        /// The value from the percent sign on.
        rest: String,
    },
    /// A reference to an option that does not exist.
    #[error("option '{option}' in section '{section}' refers to '{name}', which does not exist")]
    IniMissing {
        /// The section.
        section: String,
        /// The option.
        option: String,
        /// The option's value as written.
        raw: String,
        /// The missing option.
        name: String,
    },
    /// References that form a cycle or are nested too deeply.
    #[error("option '{option}' in section '{section}' refers to itself")]
    IniDepth {
        /// The section.
        section: String,
        /// The option.
        option: String,
        /// The option's value as written.
        raw: String,
    },
    /// A file that is not TOML.
    #[error("{path}, line {line}, column {column}: {message}")]
    Toml {
        /// The file.
        path: String,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The parser's message.
        message: String,
    },

    // ---- revision files ----
    /// A revision file without `revision`.
    #[error(
        "Could not determine revision id from filename {}. Be sure the 'revision' variable is declared inside the \
         script (please see 'Upgrading from Alembic 0.1 to 0.2' in the documentation).",
        path.file_name().unwrap_or_default().to_string_lossy()
    )]
    NoRevisionIdentifier {
        /// The file.
        path: PathBuf,
    },
    /// A revision file without `down_revision`.
    #[error(
        "Revision file {} has no `down_revision`; add `down_revision = ...`, or `down_revision = None` if revision \
         {revision} is a base",
        path.display()
    )]
    NoDownRevision {
        /// The file.
        path: PathBuf,
        /// The revision of the file.
        revision: String,
    },

    // ---- the revision graph ----
    /// An error of a revision or an identifier that has no variant below.
    #[error("{0}")]
    Revision(String),
    /// A relative step that can lead to several revisions.
    #[error("Ambiguous walk")]
    AmbiguousWalk {
        /// The revisions.
        choices: Vec<String>,
    },
    /// An identifier that matches no revision, or several.
    #[error("{message}")]
    Resolution {
        /// The message.
        message: String,
        /// The identifier.
        argument: String,
        /// The most similar identifier of the graph.
        nearest: Option<String>,
    },
    /// Several heads where one is required.
    #[error("Multiple heads are present for given argument '{argument}'; {}", heads.join(", "))]
    MultipleHeads {
        /// The heads.
        heads: Vec<String>,
        /// The identifier.
        argument: String,
    },
    /// The lower end of a range is not an ancestor of its upper end. [`crate::bindings`] adds the ends to the exception.
    #[error("The range's lower end is not an ancestor of its upper end")]
    RangeNotAncestor,
    /// A cycle of revisions.
    #[error("{}{} is detected in revisions ({})", if *dependency { "dependency " } else { "" },
        if *itself { "self-loop" } else { "cycle" }, revisions.join(", "))]
    RevisionLoop {
        /// Whether the cycle includes dependencies.
        dependency: bool,
        /// Whether one revision names itself.
        itself: bool,
        /// The revisions of the cycle, and those that are only reachable through it.
        revisions: Vec<String>,
    },
    /// A revision refers to one that does not exist.
    #[error("Revision {referrer} names '{missing}' as its {field}, and there is no such revision")]
    MissingRevision {
        /// The identifier that does not exist.
        missing: String,
        /// The revision that refers to it.
        referrer: String,
        /// The header name: `down_revision` or `depends_on`.
        field: &'static str,
    },
    /// A branch label that is already the identifier or a label of another revision.
    #[error("Branch name '{label}' in revision {revision} already used by revision {other}")]
    LabelTaken {
        /// The label.
        label: String,
        /// The revision that declares it.
        revision: String,
        /// The revision that already has the name.
        other: String,
    },

    // ---- plans ----
    /// A revision identifier that is too long for the version table.
    #[error("Revision identifier '{revision}' has {length} characters, and the column {column} holds {limit}")]
    IdentifierTooLong {
        /// The identifier.
        revision: String,
        /// The identifier's length in characters.
        length: usize,
        /// Table and column.
        column: String,
        /// The column's length in characters.
        limit: usize,
    },

    // ---- the version table of a live server ----
    /// The version table could not be read.
    #[error(transparent)]
    Store(#[from] store::Failure),
}

impl Error {
    /// The revisions whose headers cause the error, each with the header name to look at.
    ///
    /// Empty for all errors but cycles, missing revisions and taken labels. A dependency cycle is reported under
    /// `depends_on`, although it may also have edges of `down_revision`.
    #[must_use]
    pub fn causes(&self) -> Vec<(&str, &'static str)> {
        match self {
            Self::RevisionLoop {
                dependency, revisions, ..
            } => {
                let field = if *dependency { "depends_on" } else { "down_revision" };
                revisions.iter().map(|revision| (revision.as_str(), field)).collect()
            }
            Self::MissingRevision { referrer, field, .. } => vec![(referrer, field)],
            Self::LabelTaken { label, revision, other } => {
                let field = if label == other { "revision" } else { "branch_labels" };
                vec![(revision, "branch_labels"), (other, field)]
            }
            _ => Vec::new(),
        }
    }
}
