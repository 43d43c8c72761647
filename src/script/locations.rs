//! Lists the revision files in the version locations.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;

/// The folders with revision files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locations {
    /// The folders, in the order of the configuration; a missing folder counts as empty.
    pub folders: Vec<PathBuf>,
    /// Whether subfolders are included.
    pub recursive: bool,
    /// Whether byte code without source is included.
    pub sourceless: bool,
}

/// The files of the locations.
#[derive(Debug, Default)]
pub struct Listing {
    /// The files without duplicates, with symbolic links resolved.
    pub files: Vec<Arc<Path>>,
    /// Files that were found a second time.
    pub repeated: Vec<PathBuf>,
}

impl Locations {
    /// List the revision files: folder by folder, sorted by name, subfolders after the files of their folder.
    ///
    /// # Errors
    /// [`Error::Io`] for an existing folder that cannot be read.
    pub fn list(&self) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        let mut seen = HashSet::new();
        for location in &self.folders {
            let mut to_visit = vec![location.clone()];
            while let Some(folder) = to_visit.pop() {
                let entries = Entries::of(&folder)?;
                // Symbolic links in the folder's path are resolved once for all files.
                let resolved = fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone());
                let files = self.files(&resolved, &entries)?;
                // One folder, not recursive and without symbolic links, has no duplicates.
                let no_duplicates = self.folders.len() == 1 && !self.recursive && entries.links.is_empty();
                for path in files {
                    if no_duplicates || seen.insert(path.clone()) {
                        listing.files.push(path.into());
                    } else {
                        listing.repeated.push(path);
                    }
                }
                if self.recursive {
                    // Symbolic links to folders are not followed: they may form cycles.
                    let subfolders = entries.folders.iter().rev().filter(|name| *name != "__pycache__");
                    to_visit.extend(subfolders.map(|name| folder.join(name)));
                }
            }
        }
        Ok(listing)
    }

    /// The revision files directly in `folder`, with symbolic links resolved. If `sourceless`, byte code without source
    /// is included, also that in `__pycache__`.
    fn files(&self, folder: &Path, entries: &Entries) -> Result<Vec<PathBuf>, Error> {
        let is_listed = |name: &&OsString| match Kind::of(name) {
            Some(Kind::Source) => true,
            Some(Kind::ByteCode) => self.sourceless && !has_better_file(&folder.join(name)),
            None => false,
        };
        let resolve = |path: PathBuf| fs::canonicalize(&path).unwrap_or(path);
        let names: Vec<&OsString> = entries.files.iter().filter(is_listed).collect();
        let mut files: Vec<PathBuf> = names
            .iter()
            .map(|name| {
                let path = folder.join(name);
                if entries.links.contains(*name) {
                    resolve(path)
                } else {
                    path
                }
            })
            .collect();
        if self.sourceless {
            // PEP 3147: `__pycache__/name.cpython-311.pyc`. As in Alembic, only the part before the first dot is
            // compared: if `2024.01_a.py` exists, the byte code of a missing `2024.02_b.py` is not listed either.
            let stems_here: HashSet<&[u8]> = entries.files.iter().map(|name| before_first_dot(name)).collect();
            let pycache = folder.join("__pycache__");
            for name in Entries::of(&pycache)?.files {
                let path = pycache.join(&name);
                if Kind::of(&name).is_some() && !stems_here.contains(before_first_dot(&name)) && !has_better_file(&path)
                {
                    files.push(resolve(path));
                }
            }
        }
        Ok(files)
    }
}

/// Whether the folder has a better file: the source of byte code, or the `.pyc` of a `.pyo`, which lacks docstrings.
fn has_better_file(path: &Path) -> bool {
    // Not `with_extension()`: for `..pyc` it returns `..`, which always exists.
    let exists_with = |extension: &str| {
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(extension);
        path.with_file_name(name).exists()
    };
    match path.extension().and_then(OsStr::to_str) {
        Some("pyo") => exists_with(".py") || exists_with(".pyc"),
        Some("pyc") => exists_with(".py"),
        _ => false,
    }
}

/// The part of a name before its first dot.
fn before_first_dot(name: &OsStr) -> &[u8] {
    let name = name.as_encoded_bytes();
    name.split(|&byte| byte == b'.').next().unwrap_or(name)
}

enum Kind {
    Source,
    ByteCode,
}

impl Kind {
    /// The kind of a file by its name; `None` for other files, editors' lock files (`.#name`) and `__init__` modules.
    fn of(name: &OsStr) -> Option<Self> {
        let name = name.to_str()?;
        if name.starts_with(".#") || name.starts_with("__init__") {
            return None;
        }
        match name.rsplit_once('.')?.1 {
            "py" => Some(Self::Source),
            "pyc" | "pyo" => Some(Self::ByteCode),
            _ => None,
        }
    }
}

/// The entries of a folder, sorted by name.
#[derive(Default)]
struct Entries {
    files: Vec<OsString>,
    folders: Vec<OsString>,
    /// The members of `files` that are symbolic links.
    links: HashSet<OsString>,
}

impl Entries {
    /// Read a folder; a missing one has no entries.
    fn of(folder: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Io {
            path: folder.display().to_string(),
            source,
        };
        let dir_entries = match fs::read_dir(folder) {
            Ok(dir_entries) => dir_entries,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(Self::default());
            }
            Err(error) => return Err(failed(error)),
        };
        let mut entries = Self::default();
        for entry in dir_entries {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                entries.folders.push(entry.file_name());
            } else if !kind.is_symlink() {
                entries.files.push(entry.file_name());
            } else if !entry.path().is_dir() {
                entries.links.insert(entry.file_name());
                entries.files.push(entry.file_name());
            }
        }
        entries.files.sort_unstable();
        entries.folders.sort_unstable();
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A temporary folder, removed at the end of the test.
    struct Folder(PathBuf);

    impl Folder {
        fn with(name: &str, files: &[&str]) -> Self {
            let home = std::env::temp_dir().join(format!("limbeck-locations-{}-{name}", std::process::id()));
            for file in files {
                let path = home.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            }
            Self(fs::canonicalize(home).unwrap())
        }

        fn list(&self, recursive: bool, sourceless: bool) -> Vec<String> {
            let locations = Locations {
                folders: vec![self.0.clone()],
                recursive,
                sourceless,
            };
            let names = |path: &Arc<Path>| path.strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned();
            locations.list().unwrap().files.iter().map(names).collect()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // Best effort: a remaining temporary file does no harm.
            _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn lists_only_python_files() {
        let folder = Folder::with(
            "plain",
            &[
                "b.py",
                "a.py",
                ".c.py",
                ".#d.py",
                "__init__.py",
                "e.txt",
                "f.pyc",
                "s/g.py",
            ],
        );
        assert_eq!(folder.list(false, false), [".c.py", "a.py", "b.py"]);
    }

    #[test]
    fn lists_subfolders_if_recursive() {
        let folder = Folder::with("deep", &["b.py", "s/t/c.py", "s/a.py", "__pycache__/x.py"]);
        assert_eq!(folder.list(true, false), ["b.py", "s/a.py", "s/t/c.py"]);
    }

    #[cfg(unix)]
    #[test]
    fn does_not_follow_links_to_folders() {
        let folder = Folder::with("links", &["a.py", "s/b.py"]);
        std::os::unix::fs::symlink(&folder.0, folder.0.join("s/up")).unwrap();
        std::os::unix::fs::symlink(&folder.0, folder.0.join("s/up.py")).unwrap();
        assert_eq!(folder.list(true, false), ["a.py", "s/b.py"]);
    }

    #[test]
    fn lists_byte_code_without_source_if_sourceless() {
        let folder = Folder::with(
            "bare",
            &[
                "a.py",
                "a.pyc",
                "b.pyc",
                "__pycache__/a.cpython-311.pyc",
                "__pycache__/c.cpython-311.pyc",
            ],
        );
        assert_eq!(
            folder.list(false, true),
            ["a.py", "b.pyc", "__pycache__/c.cpython-311.pyc"]
        );
    }

    #[test]
    fn byte_code_of_a_source_with_dots_is_skipped() {
        let folder = Folder::with(
            "dots",
            &[
                "2024.01_a.py",
                "2024.01_a.pyc",
                "b.x.pyc",
                "b.x.pyo",
                "..pyc",
                "__pycache__/2024.01_a.cpython-311.pyc",
                "__pycache__/b.x.cpython-311.pyc",
                "__pycache__/c.x.cpython-311.pyc",
            ],
        );
        assert_eq!(
            folder.list(false, true),
            ["..pyc", "2024.01_a.py", "b.x.pyc", "__pycache__/c.x.cpython-311.pyc"]
        );
    }

    #[test]
    fn a_file_found_twice_is_listed_once() {
        let folder = Folder::with("twice", &["a.py"]);
        let locations = Locations {
            folders: vec![folder.0.clone(), folder.0.clone()],
            ..Locations::default()
        };
        let listing = locations.list().unwrap();
        assert_eq!((listing.files.len(), listing.repeated.len()), (1, 1));
    }

    #[test]
    fn a_missing_folder_is_empty() {
        let locations = Locations {
            folders: vec!["/nonexistent/versions".into()],
            ..Locations::default()
        };
        assert!(locations.list().unwrap().files.is_empty());
    }
}
