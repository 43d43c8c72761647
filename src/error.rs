//! The one error type of the engine: what happened, where, and what to do next.

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
}
