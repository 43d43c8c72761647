//! A cache of headers for the whole process.
//!
//! A test suite that migrates a database for each test reads the same files hundreds of times.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Read as _, Seek as _};
use std::path::Path;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::read::{failure, for_each};
use super::{Reading, header};
use crate::error::Error;

/// The minimum time since the last modification of a cached file. Two changes within this time may leave the same
/// modification time: file systems store it with a resolution of some milliseconds to two seconds (FAT).
const MIN_AGE: Duration = Duration::from_secs(2);

/// The metadata that reveals a change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fingerprint {
    modified: SystemTime,
    length: u64,
    /// Unix only: inode and change time, since a moved file keeps its modification time.
    identity: Option<(u64, i64, i64)>,
}

impl Fingerprint {
    /// `None` if the system has no modification times.
    fn of(metadata: &Metadata) -> Option<Self> {
        Some(Self {
            modified: metadata.modified().ok()?,
            length: metadata.len(),
            identity: identity(metadata),
        })
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
fn identity(metadata: &Metadata) -> Option<(u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<(u64, i64, i64)> {
    None
}

struct Entry {
    fingerprint: Fingerprint,
    reading: Arc<Reading>,
}

static CACHE: LazyLock<RwLock<HashMap<Arc<Path>, Entry>>> = LazyLock::new(RwLock::default);

/// The readings of all `files`, in their order. The cache is used for files that have not changed.
///
/// # Errors
/// [`Error::Io`] for a file that cannot be read.
pub fn read_all(files: &[Arc<Path>]) -> Result<Vec<Arc<Reading>>, Error> {
    let found = for_each(files, |share| share.iter().map(|path| read_one(path)).collect())?;
    let mut cache = CACHE.write().unwrap_or_else(PoisonError::into_inner);
    let mut readings = Vec::with_capacity(found.len());
    for (
        path,
        Found {
            reading,
            new_fingerprint,
        },
    ) in files.iter().zip(found)
    {
        if let Some(fingerprint) = new_fingerprint {
            let entry = Entry {
                fingerprint,
                reading: Arc::clone(&reading),
            };
            cache.insert(Arc::clone(path), entry);
        }
        readings.push(reading);
    }
    Ok(readings)
}

/// The reading of a file, and its fingerprint if the reading should be added to the cache.
struct Found {
    reading: Arc<Reading>,
    new_fingerprint: Option<Fingerprint>,
}

fn read_one(path: &Path) -> Result<Found, Error> {
    if path.extension().is_some_and(|extension| extension != "py") {
        return Ok(Found {
            reading: Arc::new(Reading::Import("it is byte code")),
            new_fingerprint: None,
        });
    }
    let failed = |source| failure(path, source);
    let entry = CACHE
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(path)
        .map(|entry| (entry.fingerprint.clone(), Arc::clone(&entry.reading)));
    if let Some((fingerprint, reading)) = entry
        && Fingerprint::of(&fs::metadata(path).map_err(failed)?) == Some(fingerprint)
    {
        return Ok(Found {
            reading,
            new_fingerprint: None,
        });
    }
    let mut file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let now = SystemTime::now();
    let source = contents(&mut file, metadata.len()).map_err(failed)?;
    let is_old_enough =
        |fingerprint: &Fingerprint| now.duration_since(fingerprint.modified).is_ok_and(|age| age > MIN_AGE);
    Ok(Found {
        reading: Arc::new(header::read(&source)),
        new_fingerprint: Fingerprint::of(&metadata).filter(is_old_enough),
    })
}

/// Read a file of `length` bytes, usually with one system call.
fn contents(file: &mut File, length: u64) -> std::io::Result<Vec<u8>> {
    let length = usize::try_from(length).unwrap_or(0);
    let mut source = vec![0; length];
    file.read_exact(&mut source).or_else(|error| {
        // The file has been truncated since its metadata was read.
        if error.kind() != ErrorKind::UnexpectedEof {
            return Err(error);
        }
        source.clear();
        file.rewind()?;
        file.read_to_end(&mut source).map(drop)
    })?;
    if length == 0 {
        // Some file systems report no length.
        file.read_to_end(&mut source)?;
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_age(path: &Path, seconds: u64) {
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds))
            .unwrap();
    }

    #[test]
    fn an_old_file_is_read_once_and_a_changed_one_again() {
        let folder = std::env::temp_dir().join(format!("limbeck-cache-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.py");
        fs::write(&path, "revision = 'a'").unwrap();
        set_age(&path, 60);
        let files = [path.as_path().into()];
        let first = read_all(&files).unwrap();
        assert!(Arc::ptr_eq(&first[0], &read_all(&files).unwrap()[0]));
        fs::write(&path, "revision = 'b'").unwrap();
        let second = read_all(&files).unwrap();
        assert_ne!(first[0], second[0]);
        // Too new for the cache.
        assert!(!Arc::ptr_eq(&second[0], &read_all(&files).unwrap()[0]));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_error_for_a_missing_file_has_its_name() {
        let error = read_all(&[Path::new("/nonexistent/a.py").into()]).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/a.py"), "{error}");
    }

    #[test]
    fn no_files_have_no_readings() {
        assert!(read_all(&[]).unwrap().is_empty());
    }
}
