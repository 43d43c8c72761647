//! Checksums of a revision file: of its bytes, and of its syntax tree, which has no formatting and no comments.

use std::fmt::Write as _;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use ruff_python_ast::comparable::ComparableStmt;
use ruff_python_parser::parse_module;
use sha2::{Digest, Sha256};

use super::depth;
use super::header::decode;

/// The version of the tree's checksum. It changes with the parser, because another version may build other trees.
const SCHEME: &str = "1";

/// The checksums of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksums {
    /// SHA-256 of the bytes, in hexadecimal.
    pub file: String,
    /// The scheme, a colon, and SHA-256 of the syntax tree in hexadecimal. `None` for a file that is not UTF-8, has a
    /// syntax error, or may be nested too deeply.
    pub tree: Option<String>,
}

/// Computes the checksums of files in a thread, ahead of the questions.
///
/// They take as long as 4 % of a revision of a few lines on SQLite, which then runs on another core. The thread never waits for
/// a question: to wake it for each one would take as long as the checksums. 10,000 results take 3 MB.
#[derive(Debug)]
pub struct ChecksumsAhead(Receiver<(PathBuf, Option<Checksums>)>);

impl ChecksumsAhead {
    /// Begin with the first files.
    ///
    /// `paths`: the files, in the order of the questions.
    #[must_use]
    pub fn new(paths: Vec<PathBuf>) -> Self {
        let (results, receiver) = channel();
        // Without a thread, `of` computes each file when it is asked for.
        let _ = thread::Builder::new().name("checksums".into()).spawn(move || {
            for path in paths {
                let found = of_file(&path);
                if results.send((path, found)).is_err() {
                    return;
                }
            }
        });
        Self(receiver)
    }

    /// Return the checksums of a file, or `None` if it cannot be read; files before it can no longer be asked for
    /// without computing them again.
    #[must_use]
    pub fn of(&self, path: &Path) -> Option<Checksums> {
        while let Ok((found, checksums)) = self.0.recv() {
            if found == path {
                return checksums;
            }
        }
        of_file(path)
    }
}

fn of_file(path: &Path) -> Option<Checksums> {
    fs::read(path).ok().map(|source| checksums(&source))
}

/// Compute the checksums of a file from its bytes.
fn checksums(source: &[u8]) -> Checksums {
    Checksums {
        file: hexadecimal(&Sha256::digest(source)),
        tree: tree_checksum(source),
    }
}

fn tree_checksum(source: &[u8]) -> Option<String> {
    let text = decode(source)?;
    if depth::may_be_deep(&text) {
        return None;
    }
    let module = parse_module(&text).ok()?;
    let mut input = HashInput(Vec::with_capacity(source.len() * 4));
    for statement in module.suite() {
        ComparableStmt::from(statement).hash(&mut input);
    }
    Some(format!("{SCHEME}:{}", hexadecimal(&Sha256::digest(&input.0))))
}

/// Collects the input of a hash function, with integers in the same form on every machine.
struct HashInput(Vec<u8>);

impl Hasher for HashInput {
    /// Never called.
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn write_u32(&mut self, value: u32) {
        self.write(&value.to_le_bytes());
    }

    fn write_u64(&mut self, value: u64) {
        self.write(&value.to_le_bytes());
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write(&(value as i64).to_le_bytes());
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "\"\"\"add a table\"\"\"\nrevision = 'aa'\ndef upgrade():\n    op.add_column('t', sa.Column('x'))\n";

    fn tree(text: &str) -> Option<String> {
        checksums(text.as_bytes()).tree
    }

    #[test]
    fn formatting_does_not_change_the_tree() {
        let formatted = "# a comment\n\"\"\"add a table\"\"\"\n\nrevision = \"aa\"\n\n\ndef upgrade():\n    op.add_column(\n        \"t\",\n        sa.Column(\"x\"),\n    )\n";
        assert!(tree(FILE).is_some());
        assert_eq!(tree(FILE), tree(formatted));
        assert_ne!(checksums(FILE.as_bytes()).file, checksums(formatted.as_bytes()).file);
    }

    #[test]
    fn each_change_of_a_statement_changes_the_tree() {
        for (old, new) in [
            ("'x'", "'y'"),
            ("add_column", "drop_column"),
            ("'aa'", "b'aa'"),
            ("upgrade()", "upgrade(x)"),
        ] {
            assert_ne!(tree(FILE), tree(&FILE.replace(old, new)), "{old} -> {new}");
        }
    }

    #[test]
    fn tree_is_the_same_in_every_build() {
        assert_eq!(
            tree("x = 1\n").as_deref(),
            Some("1:b0cae204674c655381a2d074ccc4c1f25b7dae1aa903c4125dab7ff89dd40e14")
        );
    }

    #[test]
    fn files_are_found_in_any_order() {
        let folder = std::env::temp_dir().join(format!("limbeck-checksums-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let paths: Vec<_> = (0..48).map(|n| folder.join(format!("{n}.py"))).collect();
        for (number, path) in paths.iter().enumerate() {
            fs::write(path, format!("revision = {number}\n")).unwrap();
        }
        let ahead = ChecksumsAhead::new(paths.clone());
        for number in [0, 1, 7, 3, 47, 0] {
            let expected = checksums(format!("revision = {number}\n").as_bytes());
            assert_eq!(ahead.of(&paths[number]), Some(expected));
        }
        assert_eq!(ahead.of(&folder.join("missing.py")), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn unreadable_file_has_no_tree() {
        assert_eq!(tree("def upgrade(:\n"), None);
        assert_eq!(checksums(b"x = '\xff'\n").tree, None);
    }
}
