//! The one error type of the engine: what happened, where, and what to do next.

use std::path::PathBuf;

/// Anything the engine can report. Each module adds its variants here, so that the conversion to Python's
/// exceptions (in [`crate::bindings`]) is one exhaustive match.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the operating system said.
        source: std::io::Error,
    },

    // ---- configuration ----
    /// A section that stands twice in an ini file.
    #[error("line {line}: section '{section}' already exists")]
    IniSectionTwice {
        /// The second one's line.
        line: usize,
        /// Its name.
        section: String,
    },
    /// An option that stands twice in a section.
    #[error("line {line}: option '{option}' in section '{section}' already exists")]
    IniOptionTwice {
        /// The second one's line.
        line: usize,
        /// The section.
        section: String,
        /// The option, in lower case.
        option: String,
    },
    /// Something before the first section of an ini file.
    #[error("line {line}: no section header before this line")]
    IniNoSection {
        /// The line's number.
        line: usize,
        /// The line.
        text: String,
    },
    /// Lines of an ini file that are neither sections nor options.
    #[error("lines that are neither sections nor options")]
    IniLines {
        /// Their numbers, and the lines themselves.
        lines: Vec<(usize, String)>,
    },
    /// A percent sign in a value that begins no reference.
    #[error("option '{option}' in section '{section}': '%' must be followed by '%' or '('")]
    IniPercent {
        /// The section.
        section: String,
        /// The option.
        option: String,
        /// The value from there on.
        rest: String,
    },
    /// A reference in a value that is not closed.
    #[error("option '{option}' in section '{section}': malformed reference")]
    IniReference {
        /// The section.
        section: String,
        /// The option.
        option: String,
        /// The value from there on.
        rest: String,
    },
    /// A reference in a value to an option that there is not.
    #[error("option '{option}' in section '{section}' refers to '{name}', which is not there")]
    IniMissing {
        /// The section.
        section: String,
        /// The option.
        option: String,
        /// Its value as written.
        raw: String,
        /// The option that is missing.
        name: String,
    },
    /// Values that refer to each other in a circle, or through too many steps.
    #[error("option '{option}' in section '{section}' refers to itself")]
    IniDepth {
        /// The section.
        section: String,
        /// The option.
        option: String,
        /// Its value as written.
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
        /// What is wrong.
        message: String,
    },

    // ---- revision files ----
    /// A file that has no `revision`.
    #[error(
        "Could not determine revision id from filename {}. Be sure the 'revision' variable is declared inside the \
         script (please see 'Upgrading from Alembic 0.1 to 0.2' in the documentation).",
        path.file_name().unwrap_or_default().to_string_lossy()
    )]
    NoRevisionIdentifier {
        /// The file.
        path: PathBuf,
    },
    /// A file that has no `down_revision`.
    #[error(
        "Revision file {} does not say which revision {revision} follows on; add `down_revision = ...`, or \
         `down_revision = None` for a base",
        path.display()
    )]
    NoDownRevision {
        /// The file.
        path: PathBuf,
        /// The revision it is for.
        revision: String,
    },
    // ---- the revision graph ----
    /// A revision or a request about revisions that makes no sense, in words.
    #[error("{0}")]
    Revision(String),
    /// An identifier that stands for no revision, or for too many.
    #[error("{message}")]
    Resolution {
        /// What is wrong.
        message: String,
        /// The identifier.
        argument: String,
        /// An identifier that looks much alike.
        hint: Option<String>,
    },
    /// One head is needed and there are several.
    #[error("Multiple heads are present for given argument '{argument}'; {}", heads.join(", "))]
    MultipleHeads {
        /// The heads.
        heads: Vec<String>,
        /// What was asked for.
        argument: String,
    },
    /// The lower end of a range is not below its upper end. The two ends are known to the caller.
    #[error("The range's lower end is not an ancestor of its upper end")]
    RangeNotAncestor,
    /// Revisions that follow or need themselves.
    #[error("{}{} is detected in revisions ({})", if *dependency { "dependency " } else { "" },
        if *itself { "self-loop" } else { "cycle" }, revisions.join(", "))]
    RevisionLoop {
        /// Dependencies are part of the loop.
        dependency: bool,
        /// A revision names itself.
        itself: bool,
        /// The revisions in the loop, and those cut off by it.
        revisions: Vec<String>,
    },
    /// A revision names another one that does not exist.
    #[error("Revision {referrer} names '{missing}' as its {field}, and there is no such revision")]
    MissingRevision {
        /// The identifier that leads nowhere.
        missing: String,
        /// The revision that names it.
        referrer: String,
        /// Where it does so: `down_revision` or `depends_on`.
        field: &'static str,
    },
    // ---- plans ----
    /// A revision whose identifier the version table cannot hold.
    #[error("Revision identifier '{revision}' has {length} characters, and the column {column} holds {limit}")]
    IdentifierTooLong {
        /// The identifier.
        revision: String,
        /// Its length in characters.
        length: usize,
        /// Table and column.
        column: String,
        /// How many characters fit.
        limit: usize,
    },
}
