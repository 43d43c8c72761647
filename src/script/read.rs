//! Reads many revision files, in parallel.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use super::{Reading, header};
use crate::error::Error;

/// The minimum number of files per thread: for fewer, starting a thread costs more than it saves.
const WORTH_A_THREAD: usize = 128;

/// Call `work` on shares of the files, in parallel if there are many. The results are in the order of the files.
///
/// # Errors
/// The first error of `work`.
pub(super) fn for_each<T: Send>(
    files: &[Arc<Path>],
    work: impl Fn(&[Arc<Path>]) -> Result<Vec<T>, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(files.len() / WORTH_A_THREAD)
        .max(1);
    let share = files.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let (mut shares, work) = (files.chunks(share), &work);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        let mut found = work(first)?;
        for other in others {
            // Propagate a thread's panic.
            found.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(found)
    })
}

/// Read the headers of all `files`, in their order, without the cache: for commands that read once.
///
/// # Errors
/// [`Error::Io`] for a file that cannot be read.
pub fn read_once(files: &[Arc<Path>]) -> Result<Vec<Reading>, Error> {
    for_each(files, |share| {
        let mut buffer = vec![0; BUFFER];
        let read = |path: &Arc<Path>| {
            let length = contents(path, &mut buffer).map_err(|source| failure(path, source))?;
            Ok(header::read(&buffer[..length]))
        };
        share.iter().map(read).collect()
    })
}

/// The initial size of the buffer, larger than most files.
const BUFFER: usize = 1 << 16;

/// Read a file into `buffer`, which grows as needed, and return the file's length. Skipping `stat` saves one system call
/// per file.
fn contents(path: &Path, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut file = File::open(path)?;
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..]) {
            Ok(0) => return Ok(length),
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length == buffer.len() {
            buffer.resize(2 * length, 0);
        }
    }
}

pub(super) fn failure(path: &Path, source: std::io::Error) -> Error {
    Error::Io {
        path: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_in_their_order() {
        let home = std::env::temp_dir().join(format!("limbeck-read-{}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        let files: Vec<Arc<Path>> = (0..3 * WORTH_A_THREAD)
            .map(|number| home.join(format!("{number}.py")).into())
            .collect();
        for (number, file) in files.iter().enumerate() {
            std::fs::write(file, format!("revision = 'r{number}'\n")).unwrap();
        }
        std::fs::write(&files[3], format!("revision = 'r3'\n{}", "#\n".repeat(2 * BUFFER))).unwrap();
        for (number, reading) in read_once(&files).unwrap().into_iter().enumerate() {
            let Reading::Known(fields) = reading else {
                panic!("left to Python")
            };
            assert_eq!(fields.revision, Some(format!("r{number}")));
        }
        std::fs::remove_dir_all(&home).unwrap();
        let error = read_once(&files).unwrap_err();
        assert!(error.to_string().contains("0.py"), "{error}");
    }
}
