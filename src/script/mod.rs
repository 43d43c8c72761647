//! Revision files and their headers.
//!
//! [`locations`] lists the files, [`header`] reads a header without importing its file, and [`Survey`] reads all
//! headers, with a [`cache`]. A header that cannot be read with certainty needs an import by Python
//! ([`Reading::Import`]). [`env_file`] reads env.py. [`edit`] replaces the parents in a file.

pub mod body;
pub mod cache;
pub mod checksum;
mod depth;
pub mod docstring;
pub mod edit;
pub mod env_file;
pub mod header;
mod lines;
pub mod locations;
pub mod places;
pub mod read;
mod syntax;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use header::{Fields, Value};
pub use locations::Locations;

use crate::error::Error;

/// The result of reading a header without importing its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// The header.
    Known(Fields),
    /// Python has to import the file, for this reason.
    Import(&'static str),
}

/// The complete header of a revision file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The file.
    pub path: Arc<Path>,
    /// `revision`, or the identifier in the file name.
    pub revision: String,
    /// `down_revision`, in the order of the file.
    pub down_revision: Vec<String>,
    /// `depends_on`.
    pub depends_on: Vec<String>,
    /// `branch_labels`.
    pub branch_labels: Vec<String>,
    /// The module's docstring, as written.
    pub doc: Option<Arc<str>>,
}

impl Header {
    /// The header of `path`. If `fields` has no identifier, the one in the file name is used.
    ///
    /// # Errors
    /// [`Error::NoRevisionIdentifier`] if there is no identifier; [`Error::NoDownRevision`] if there is no
    /// `down_revision`.
    pub fn new(path: Arc<Path>, fields: Fields) -> Result<Self, Error> {
        let revision = match fields.revision {
            Some(revision) => revision,
            None => match revision_of_name(&path) {
                Some(revision) => revision,
                None => {
                    return Err(Error::NoRevisionIdentifier {
                        path: path.to_path_buf(),
                    });
                }
            },
        };
        let Some(down_revision) = fields.down_revision else {
            return Err(Error::NoDownRevision {
                path: path.to_path_buf(),
                revision,
            });
        };
        Ok(Self {
            path,
            revision,
            down_revision: down_revision.into_list(),
            depends_on: fields.depends_on.map(Value::into_list).unwrap_or_default(),
            branch_labels: fields.branch_labels.map(Value::into_list).unwrap_or_default(),
            doc: fields.doc,
        })
    }
}

/// The identifier in a file name like `27c6a30d7c24.py`, the form of Alembic's first releases.
fn revision_of_name(path: &Path) -> Option<String> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".py")?;
    let hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (!stem.is_empty() && stem.bytes().all(hexadecimal)).then(|| stem.to_owned())
}

/// A file and the reading of its header.
pub type Surveyed = (Arc<Path>, Arc<Reading>);

/// All revision files of a project with their readings.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// In the order of the version locations, sorted by name within each.
    pub files: Vec<Surveyed>,
    /// Files that were found a second time.
    pub repeated: Vec<PathBuf>,
}

impl Survey {
    /// List and read all files of `locations`. A file that this process has read before is only read again if it has
    /// changed.
    ///
    /// # Errors
    /// [`Error::Io`] for a folder or a file that cannot be read.
    pub fn of(locations: &Locations) -> Result<Self, Error> {
        let listing = locations.list()?;
        let readings = cache::read_all(&listing.files)?;
        Ok(Self {
            files: listing.files.into_iter().zip(readings).collect(),
            repeated: listing.repeated,
        })
    }

    /// Whether `other` has the same files and readings.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        let equal = |((a, x), (b, y)): (&Surveyed, &Surveyed)| a == b && (Arc::ptr_eq(x, y) || x == y);
        self.files.len() == other.files.len()
            && self.files.iter().zip(&other.files).all(equal)
            && self.repeated == other.repeated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_hexadecimal_digits_is_an_identifier() {
        let name = |text: &str| revision_of_name(Path::new(text));
        assert_eq!(name("versions/27c6a30d7c24.py").as_deref(), Some("27c6a30d7c24"));
        assert_eq!(name("ABD.py"), None);
        assert_eq!(name("12_abc.py"), None);
        assert_eq!(name("12.pyc"), None);
        assert_eq!(name(".py"), None);
    }

    #[test]
    fn a_header_without_down_revision_names_its_file() {
        let fields = Fields {
            revision: Some("a".into()),
            ..Fields::default()
        };
        let error = Header::new(Path::new("versions/a.py").into(), fields).unwrap_err();
        assert!(error.to_string().contains("versions/a.py"), "{error}");
    }
}
